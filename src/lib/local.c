/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The drivers of this process, and what a connection to one answers itself, being its own session.
 */
#include "config.h"
#include "lib/local.h"

#include <pthread.h>
#include <string.h>

/* Features of CONNECT_SUPPORTS_FEATURE that need no daemon. */
enum { FEATURE_TYPED_PARAM_STRING = 9, FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER = 16 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct driver_host *shared_host;

static void make_host(void)
{
	shared_host = driver_host_new(&(struct driver_host_options){0});
}

__attribute__((destructor)) static void free_host(void)
{
	driver_host_free(shared_host);
}

/* What the drivers of this process share. */
static struct driver_host *host(void)
{
	pthread_once(&once, make_host);
	if (!shared_host)
		error_set(FROM_NONE, ERR_INTERNAL_ERROR, "the drivers of this process could not be set up");
	return shared_host;
}

bool local_claims(const struct uri *uri)
{
	if (uri_is_remote(uri))
		return false;
	for (const struct driver *const *d = driver_list(); *d; d++)
		if (!(*d)->daemon_only && (*d)->claims(uri))
			return true;
	return false;
}

int local_open(const struct uri *uri, unsigned flags, struct driver_conn **ret)
{
	struct driver_host *h = host();
	struct driver_conn *conn = h ? driver_open(h, uri->name, flags, NULL) : NULL;

	if (!conn)
		return -1;
	*ret = conn;
	return 0;
}

static int get_uri(struct rvirt_conn *conn, struct rvirt_wire_uri_ret *ret)
{
	ret->uri = uri_format(conn->uri);
	return ret->uri ? 0 : -1;
}

static int list_authentication(struct rvirt_wire_types_ret *ret)
{
	ret->types = calloc(1, sizeof *ret->types);
	if (!ret->types)
		return error_oom();
	ret->n_types = 1;
	return 0;
}

static int supports_feature(const struct rvirt_wire_feature_args *args,
							struct rvirt_wire_supported_ret *ret)
{
	ret->supported = args->feature == FEATURE_TYPED_PARAM_STRING ||
					 args->feature == FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER;
	return 0;
}

static int session_call(struct rvirt_conn *conn, const struct wire_op *op, const void *args,
						void *ret)
{
	switch (op->number) {
	case RVIRT_PROC_CONNECT_OPEN:
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "connection already open");
	case RVIRT_PROC_AUTH_LIST:
		return list_authentication(ret);
	case RVIRT_PROC_CONNECT_SUPPORTS_FEATURE:
		return supports_feature(args, ret);
	case RVIRT_PROC_CONNECT_GET_URI:
		return get_uri(conn, ret);
	case RVIRT_PROC_CONNECT_IS_SECURE:
		((struct rvirt_wire_secure_ret *)ret)->secure = 1;
		return 0;
	case RVIRT_PROC_CONNECT_REGISTER_CLOSE_CALLBACK:
	case RVIRT_PROC_CONNECT_UNREGISTER_CLOSE_CALLBACK:
		return 0; /* such a connection never closes by itself */
	default:
		return error_set(FROM_NONE, ERR_NO_SUPPORT, "%s in this process: %s",
						 conn->local->driver->name, op->name);
	}
}

/* What could not be sent to a daemon (a text that is NULL) is no driver's to stumble over. */
static int check_args(const struct wire_op *op, const void *args)
{
	CLEANUP_BUF struct buf scratch = {0};

	return wire_encode(op->args, args, &scratch) < 0 ? error_prefix("%s", op->name) : 0;
}

int local_open_stream(struct rvirt_conn *conn, const struct wire_op *op, const void *args,
					  void *ret, struct driver_stream **ret_stream)
{
	return check_args(op, args) < 0 ? -1
									: driver_open_stream(conn->local, op, args, ret, ret_stream);
}

int local_call_fds(struct rvirt_conn *conn, const struct wire_op *op, const void *args, void *ret,
				   const struct rvirt_fds *fds, struct rvirt_fds *ret_fds)
{
	static const struct rvirt_fds none;

	return check_args(op, args) < 0
			   ? -1
			   : driver_call_fds(conn->local, op, args, ret, fds ? fds : &none, ret_fds);
}

int local_call(struct rvirt_conn *conn, const struct wire_op *op, const void *args, void *ret)
{
	if (check_args(op, args) < 0)
		return -1;
	if (op->flags & WIRE_OP_SESSION)
		return session_call(conn, op, args, ret);
	return driver_call(conn->local, op, args, ret);
}
