/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The drivers of this build, opening one by name, and calling it by procedure. Knows no driver but
 * by its place in the list.
 */
#include "config.h"
#include "drivers/driver.h"

#include "base/error.h"
#include "base/fds.h"
#include "drivers/network/network.h"
#include "drivers/qemu/qemu.h"
#include "drivers/secret/secret.h"
#include "drivers/storage/storage.h"
#include "drivers/test/test.h"
#include "transport/uri.h"

#include <stdlib.h>
#include <string.h>

/* To add a driver: its struct here, behind those that it opens itself. */
static const struct driver *const drivers[] = {
	&test_driver, &storage_driver, &network_driver, &secret_driver, &qemu_driver, NULL,
};
enum { N_DRIVERS = sizeof drivers / sizeof drivers[0] - 1 };

struct driver_host {
	void *states[N_DRIVERS];
};

const struct driver *const *driver_list(void)
{
	return drivers;
}

void driver_host_free(struct driver_host *host)
{
	if (!host)
		return;
	for (int i = N_DRIVERS; i-- > 0;)
		if (host->states[i])
			drivers[i]->state_free(host->states[i]);
	free(host);
}

struct driver_host *driver_host_new(const struct driver_host_options *options)
{
	struct driver_host *host = calloc(1, sizeof *host);

	if (!host) {
		error_oom();
		return NULL;
	}
	for (int i = 0; i < N_DRIVERS; i++) {
		if (!drivers[i]->state_new)
			continue;
		host->states[i] = drivers[i]->state_new(host, options);
		if (!host->states[i]) {
			driver_host_free(host);
			return NULL;
		}
	}
	return host;
}

bool driver_host_is_busy(const struct driver_host *host)
{
	for (int i = 0; i < N_DRIVERS; i++)
		if (drivers[i]->is_busy && drivers[i]->is_busy(host->states[i]))
			return true;
	return false;
}

static struct driver_conn *open_with(struct driver_host *host, int i, const struct uri *uri,
									 unsigned flags, struct driver_sink *sink)
{
	struct driver_conn *conn = NULL;

	if (drivers[i]->open(host->states[i], uri, sink, &conn) < 0)
		return NULL;
	conn->driver = drivers[i];
	conn->secondary = NULL;
	conn->readonly = flags & DRIVER_OPEN_READONLY;
	return conn;
}

/* Opens the secondary drivers under the path of a connection, behind it. 0 or -1. */
static int open_secondaries(struct driver_host *host, struct driver_conn *conn,
							const struct uri *uri, unsigned flags)
{
	struct driver_conn *last = conn;

	for (int i = 0; i < N_DRIVERS; i++) {
		if (!drivers[i]->secondary)
			continue;
		last->secondary = open_with(host, i, uri, flags, conn->sink);
		if (!last->secondary)
			return error_prefix("%s", drivers[i]->name);
		last = last->secondary;
	}
	return 0;
}

const char *driver_default_name(void)
{
	return "test:///default";
}

bool driver_opens_at_once(const char *name)
{
	CLEANUP_URI struct uri *uri = NULL;

	if (!name || !*name)
		name = driver_default_name();
	if (uri_parse(name, &uri) < 0)
		return true;
	for (int i = 0; i < N_DRIVERS; i++)
		if (drivers[i]->claims(uri))
			return drivers[i]->opens_at_once && drivers[i]->opens_at_once(uri);
	return true;
}

struct driver_conn *driver_open(struct driver_host *host, const char *name, unsigned flags,
								struct driver_sink *sink)
{
	CLEANUP_URI struct uri *uri = NULL;
	struct driver_conn *conn;
	int i = 0;

	if (!name || !*name)
		name = driver_default_name();
	if (uri_parse(name, &uri) < 0)
		return NULL;
	while (drivers[i] && !drivers[i]->claims(uri))
		i++;
	if (!drivers[i]) {
		error_set(FROM_NONE, ERR_NO_CONNECT, "%s", name);
		return NULL;
	}
	conn = open_with(host, i, uri, flags, sink);
	if (!conn || !drivers[i]->wants_secondaries || open_secondaries(host, conn, uri, flags) == 0)
		return conn;
	driver_close(conn);
	return NULL;
}

void driver_close(struct driver_conn *conn)
{
	struct driver_conn *next;

	for (; conn; conn = next) {
		next = conn->secondary;
		conn->driver->close(conn);
	}
}

bool driver_has(const struct driver *driver, const struct wire_op *op)
{
	return op->number < driver_n_invokers && driver_invokers[op->number].has &&
		   driver_invokers[op->number].has(&driver->ops);
}

/* The first of a connection and its secondaries that has the operation, or NULL. */
static struct driver_conn *server_of(struct driver_conn *conn, const struct wire_op *op)
{
	while (conn && !driver_has(conn->driver, op))
		conn = conn->secondary;
	return conn;
}

bool driver_supports(struct driver_conn *conn, const struct wire_op *op)
{
	return server_of(conn, op);
}

/* Which errors tell of a kind of object, by a part of the names of its procedures: the first that
 * fits. What is of no kind is the domain's, as in libvirt. */
static const struct {
	const char *part;
	int error_domain;
} kinds[] = {
	{"QEMU", FROM_NONE},
	{"SNAPSHOT", FROM_DOMAIN_SNAPSHOT},
	{"CHECKPOINT", FROM_DOMAIN_CHECKPOINT},
	{"DOMAIN", FROM_DOMAIN},
	{"NWFILTER", FROM_NWFILTER},
	{"NETWORK", FROM_NETWORK},
	{"INTERFACE", FROM_INTERFACE},
	{"STORAGE", FROM_STORAGE},
	{"SECRET", FROM_SECRET},
	{"NODE_DEVICE", FROM_NODEDEV},
	{"NODE_NUM_OF_DEVICES", FROM_NODEDEV},
	{"NODE_LIST_DEVICES", FROM_NODEDEV},
};

static int unsupported(const struct driver_conn *conn, const struct wire_op *op)
{
	int domain = FROM_DOMAIN;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strstr(op->name, kinds[i].part)) {
			domain = kinds[i].error_domain;
			break;
		}
	return error_set(domain, ERR_NO_SUPPORT, "%s: %s", conn->driver->name, op->name);
}

static int invoke(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret,
				  struct driver_stream **ret_stream, const struct rvirt_fds *fds,
				  struct rvirt_fds *ret_fds)
{
	struct driver_conn *server = server_of(conn, op);

	if (!server)
		return unsupported(conn, op);
	if (driver_invokers[op->number].invoke(server, args, ret, ret_stream, fds, ret_fds) == 0)
		return 0;
	wire_clear(op->ret, ret);
	return -1;
}

int driver_open_stream(struct driver_conn *conn, const struct wire_op *op, const void *args,
					   void *ret, struct driver_stream **ret_stream)
{
	return invoke(conn, op, args, ret, ret_stream, NULL, NULL);
}

int driver_call_fds(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret,
					const struct rvirt_fds *fds, struct rvirt_fds *ret_fds)
{
	CLEANUP(cleanup_driver_stream) struct driver_stream *unwanted = NULL;

	return invoke(conn, op, args, ret, &unwanted, fds, ret_fds);
}

int driver_call(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret)
{
	CLEANUP_FDS struct rvirt_fds unwanted = {0};

	return driver_call_fds(conn, op, args, ret, &(const struct rvirt_fds){0}, &unwanted);
}
