/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A source that conducts its migration by itself: it is a client of the other daemon, by the public
 * API as any other. A tunnelled guest travels in a stream of that connection.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <rvirt/rvirt.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum { FEATURE_PARAMS = 13, MAX_PARAMS = 64 };

struct peer {
	const struct driver_peers *api;
	struct rvirt_conn *conn;
	struct rvirt_wire_typed_param params[MAX_PARAMS];
	uint32_t n;
	unsigned flags;

	/* what goes from one host to the other */
	uint32_t n_cookie;
	uint8_t *cookie;
	char *xml, *uri;

	/* a tunnel */
	struct rvirt_stream *stream;
	int from_qemu, to_tunnel; /* a pair: the source's QEMU writes into the second */
	pthread_t pump;
	bool pumps;
	int result;
	struct error error;
};

static void clear_peer(struct peer *p)
{
	if (p->from_qemu >= 0)
		close(p->from_qemu);
	if (p->to_tunnel >= 0)
		close(p->to_tunnel);
	if (p->stream)
		p->api->stream_free(p->stream);
	if (p->conn)
		p->api->close(p->conn);
	free(p->cookie);
	free(p->xml);
	free(p->uri);
	error_clear(&p->error);
}

static int call(struct peer *p, enum rvirt_proc procedure, const void *args, void *ret)
{
	struct rvirt_call *sent = p->api->send(p->conn, procedure, args);

	return sent ? p->api->wait(sent, ret) : -1;
}

static void keep_cookie(struct peer *p, uint32_t n, uint8_t *cookie)
{
	free(p->cookie);
	p->n_cookie = n;
	p->cookie = cookie;
}

static int set_text(struct peer *p, const char *name, const char *value)
{
	uint32_t i = 0;

	while (i < p->n && strcmp(p->params[i].field, name) != 0)
		i++;
	if (i == MAX_PARAMS)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "too many migration parameters: no room for %s", name);
	p->params[i] = (struct rvirt_wire_typed_param){
		.field = (char *)(uintptr_t)name,
		.value = {.type = RVIRT_TYPED_PARAM_STRING, .u.s = (char *)(uintptr_t)value}};
	if (i == p->n)
		p->n++;
	return 0;
}

/* -- the phases on the other host; without the lock -- */

static int open_peer(struct peer *p, const char *uri)
{
	/* nobody would answer pings while the guest is sent */
	const struct rvirt_open_options options = {.keepalive_interval = -1};
	const struct rvirt_wire_feature_args feature = {FEATURE_PARAMS};
	struct rvirt_wire_supported_ret ret = {0};

	p->conn = p->api->open(uri, &options);
	if (!p->conn)
		return error_prefix("cannot open the destination of the migration");
	if (call(p, RVIRT_PROC_CONNECT_SUPPORTS_FEATURE, &feature, &ret) < 0)
		return -1;
	if (!ret.supported)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "Destination libvirt does not support migration with extensible "
						 "parameters");
	return 0;
}

static int prepare_tunnel(struct peer *p, const struct rvirt_wire_params_cookie_in_flags_args *args)
{
	struct rvirt_wire_cookie_out_ret ret = {0};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(FROM_QEMU, errno, "cannot make a tunnel for the migration");
	p->from_qemu = pair[0];
	p->to_tunnel = pair[1];
	p->stream =
		p->api->stream_open(p->conn, RVIRT_PROC_DOMAIN_MIGRATE_PREPARE_TUNNEL3_PARAMS, args, &ret);
	if (!p->stream)
		return -1;
	keep_cookie(p, ret.n_cookie_out, ret.cookie_out);
	return 0;
}

static int prepare(struct peer *p)
{
	struct rvirt_wire_params_cookie_in_flags_args args;
	struct rvirt_wire_cookie_out_uri_out_ret ret = {0};

	if (set_text(p, RVIRT_MIGRATE_PARAM_DEST_XML, p->xml) < 0)
		return -1;
	args = (struct rvirt_wire_params_cookie_in_flags_args){p->n, p->params, p->n_cookie, p->cookie,
														   p->flags};
	if (p->flags & RVIRT_MIGRATE_TUNNELLED)
		return prepare_tunnel(p, &args);
	if (call(p, RVIRT_PROC_DOMAIN_MIGRATE_PREPARE3_PARAMS, &args, &ret) < 0)
		return -1;
	keep_cookie(p, ret.n_cookie_out, ret.cookie_out);
	p->uri = ret.uri_out;
	return p->uri ? set_text(p, RVIRT_MIGRATE_PARAM_URI, p->uri) : 0;
}

static int finish(struct peer *p, const char *name, bool cancelled)
{
	struct rvirt_wire_domain_migrate_finish3_params_args args;
	struct rvirt_wire_dom_cookie_out_ret ret = {0};

	if (set_text(p, RVIRT_MIGRATE_PARAM_DEST_NAME, name) < 0)
		return -1;
	args = (struct rvirt_wire_domain_migrate_finish3_params_args){p->n,      p->params, p->n_cookie,
																  p->cookie, p->flags,  cancelled};
	if (call(p, RVIRT_PROC_DOMAIN_MIGRATE_FINISH3_PARAMS, &args, &ret) < 0)
		return -1;
	free(ret.dom.name);
	free(ret.cookie_out);
	return 0;
}

/* -- the tunnel -- */

static int move(struct peer *p)
{
	enum { CHUNK = 256 * 1024 };
	CLEANUP_FREE char *data = malloc(CHUNK);
	ssize_t n;

	if (!data)
		return error_oom();
	for (;;) {
		do
			n = read(p->from_qemu, data, CHUNK);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return error_errno(FROM_QEMU, errno, "cannot read from the tunnel of the migration");
		if (n == 0)
			return p->api->stream_finish(p->stream);
		if (p->api->stream_send(p->stream, data, (size_t)n) < 0)
			return -1;
	}
}

static void *pump(void *opaque)
{
	struct peer *p = opaque;

	p->result = move(p);
	if (p->result < 0)
		error_take(&p->error);
	/* QEMU notices */
	shutdown(p->from_qemu, SHUT_RDWR);
	return NULL;
}

static int start_pump(struct peer *p)
{
	sigset_t all, before;
	int r;

	if (!p->stream)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&p->pump, NULL, pump, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return error_errno(FROM_QEMU, r, "cannot start a thread for the tunnel");
	p->pumps = true;
	return 0;
}

/* result: how the source sees it; what went wrong in the tunnel is the cause of what did at its
 * end. */
static int stop_pump(struct peer *p, int result)
{
	if (!p->pumps)
		return result;
	p->pumps = false;
	if (result < 0)
		shutdown(p->from_qemu, SHUT_RDWR);
	pthread_join(p->pump, NULL);
	if (p->result == 0)
		return result;
	error_give(&p->error);
	return -1;
}

/* -- all of it; with the lock -- */

static int perform(struct vm *vm, struct peer *p, const struct migrate_wish *w)
{
	struct rvirt_wire_cookie_out_ret ret = {0};
	struct migrate_wish here = *w;
	int r = start_pump(p);

	if (p->uri)
		here.uri = p->uri;
	if (r == 0)
		r = migrate_out_perform(vm, &here, p->cookie, p->n_cookie, steal_fd(&p->to_tunnel), &ret);
	vm_unlocked(vm);
	r = stop_pump(p, r);
	vm_locked(vm);
	keep_cookie(p, ret.n_cookie_out, ret.cookie_out);
	return r;
}

/* After begin. 0 when the guest runs there, or -1 with the first error, and the guest is here. */
static int go(struct vm *vm, struct peer *p, const struct migrate_wish *w, const char *name)
{
	struct error cause = {0};
	int r;

	vm_unlocked(vm);
	r = prepare(p);
	vm_locked(vm);
	if (r < 0)
		return -1;
	if (w->flags & RVIRT_MIGRATE_OFFLINE)
		keep_cookie(p, 0, NULL);
	else
		r = perform(vm, p, w);
	if (r < 0)
		error_take(&cause);
	vm_unlocked(vm);
	if (r == 0) {
		r = finish(p, name, false);
	} else {
		keep_cookie(p, 0, NULL);
		finish(p, name, true);
	}
	vm_locked(vm);
	if (r < 0 && cause.code)
		error_give(&cause);
	return r;
}

static int begin(struct vm *vm, struct driver_conn *conn, struct peer *p,
				 const struct migrate_wish *w)
{
	struct rvirt_wire_cookie_out_xml_ret ret = {0};

	if (migrate_out_begin(vm, conn, w, &ret) < 0)
		return -1;
	keep_cookie(p, ret.n_cookie_out, ret.cookie_out);
	p->xml = ret.xml;
	if (vm->d.state == RVIRT_DOMAIN_PAUSED)
		p->flags |= RVIRT_MIGRATE_PAUSED;
	return 0;
}

int migrate_p2p(struct vm *vm, struct driver_conn *conn,
				const struct rvirt_wire_domain_migrate_perform3_params_args *args,
				const struct migrate_wish *w)
{
	CLEANUP(clear_peer)
	struct peer p = {.api = vm->qemu->peers, .from_qemu = -1, .to_tunnel = -1, .n = args->n_params};
	CLEANUP_FREE char *name = strdup(w->name ? w->name : vm->d.name);
	struct error cause = {0};
	int r;

	if (!name)
		return error_oom();
	if (!p.api)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "this process opens no connections to other hosts");
	if (!args->dconnuri)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "peer-to-peer migration to no URI");
	if (args->n_params)
		memcpy(p.params, args->params, args->n_params * sizeof *args->params);
	p.flags = w->flags & ~(unsigned)(RVIRT_MIGRATE_CHANGE_PROTECTION |
									 RVIRT_MIGRATE_ABORT_ON_ERROR | RVIRT_MIGRATE_AUTO_CONVERGE);
	vm_ref(vm);
	vm_unlocked(vm);
	r = open_peer(&p, args->dconnuri);
	vm_locked(vm);
	if (r == 0)
		r = begin(vm, conn, &p, w);
	if (r == 0) {
		r = go(vm, &p, w, name);
		if (r < 0) {
			error_take(&cause);
			migrate_out_confirm(vm, w->flags, true);
			error_give(&cause);
		} else {
			r = migrate_out_confirm(vm, w->flags, false);
		}
	}
	/* which speaks with the other host, and may have an error of its own */
	error_take(&cause);
	vm_unlocked(vm);
	clear_peer(&p);
	vm_locked(vm);
	error_give(&cause);
	p = (struct peer){.from_qemu = -1, .to_tunnel = -1};
	vm_unref(vm);
	return r;
}
