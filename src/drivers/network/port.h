/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports: what is connected to a network, and by what. Wants a change begun, or the hub's lock where
 * it only looks.
 */
#ifndef DRIVERS_NETWORK_PORT_H
#define DRIVERS_NETWORK_PORT_H

#include "drivers/network/network.h"

/* NULL with the error set. */
struct network_port *port_find(const struct object *o, const unsigned char uuid[UUID_LEN]);

/* Fills in how a port is plugged into an active network, by what both say, and keeps it. Takes *def
 * over. NULL with the error set. */
enum port_add {
	PORT_RECLAIM = 1, /* it says itself how it is plugged, and was so before */
	PORT_KEPT = 2,    /* its file is there */
};
struct network_port *port_add(struct networks *nw, struct object *o, struct def **def,
							  unsigned flags);

/* Whether the network keeps what a port is promised. 0, or -1 with the error set. */
int port_check_floor(const struct object *o, const struct def *port);

void port_remove(struct networks *nw, struct object *o, struct network_port *port);

#endif
