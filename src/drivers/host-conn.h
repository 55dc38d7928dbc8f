/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections to a driver of the host's own objects: its networks, its secrets. There is one set of
 * them in a daemon, guarded by a hub; it is at /system of root's daemon, and at /session.
 */
#ifndef DRIVERS_HOST_CONN_H
#define DRIVERS_HOST_CONN_H

#include "base/error.h"
#include "drivers/hub.h"

/* What a driver's open() does; name is the driver's. owner is what host_conn_owner() gives back. 0,
 * or -1 with INTERNAL_ERROR for another path. */
int host_conn_open(const char *name, enum error_domain domain, struct hub *hub, void *owner,
				   const struct uri *uri, struct driver_sink *sink, struct driver_conn **ret_conn);

void *host_conn_owner(const struct driver_conn *conn);

/* A driver's close(). */
void host_conn_close(struct driver_conn *conn);

#endif
