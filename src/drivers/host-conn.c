/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections to the host's own objects.
 */
#include "config.h"
#include "drivers/host-conn.h"

#include "transport/uri.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host_conn {
	struct driver_conn conn;
	struct hub *hub;
	struct hub_member member;
	void *owner;
};

int host_conn_open(const char *name, enum error_domain domain, struct hub *hub, void *owner,
				   const struct uri *uri, struct driver_sink *sink, struct driver_conn **ret_conn)
{
	bool root = geteuid() == 0;
	struct host_conn *conn;

	if (strcmp(uri->path, "/session") != 0 && !(root && strcmp(uri->path, "/system") == 0))
		return error_set(domain, ERR_INTERNAL_ERROR, "unexpected %s URI path '%s', try %s:///%s",
						 name, uri->path, name, root ? "system" : "session");
	if (!(conn = calloc(1, sizeof *conn)))
		return error_oom();
	conn->conn.sink = conn->member.sink = sink;
	conn->hub = hub;
	conn->owner = owner;
	hub_join(hub, &conn->member);
	*ret_conn = &conn->conn;
	return 0;
}

void *host_conn_owner(const struct driver_conn *conn)
{
	return ((const struct host_conn *)conn)->owner;
}

void host_conn_close(struct driver_conn *opaque)
{
	struct host_conn *conn = (struct host_conn *)opaque;

	hub_leave(conn->hub, &conn->member);
	free(conn);
}
