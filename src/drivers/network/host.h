/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network on the host: its bridge, its addresses, its dnsmasq, its part in the firewall. Wants
 * `changing` held and the hub's lock not. Functions that can fail return 0, or -1 with the error
 * set.
 */
#ifndef DRIVERS_NETWORK_HOST_H
#define DRIVERS_NETWORK_HOST_H

#include "drivers/network/network.h"

/* Starts what the definition of an object says, or leaves nothing behind. */
int host_start(struct networks *nw, const struct object *o);
void host_stop(struct networks *nw, const struct object *o);

/* Turns what runs into what def says, one section of which has changed. */
int host_change(struct networks *nw, const struct object *o, const struct def *def,
				unsigned section);

/* Whether it still runs, as far as can be seen. */
bool host_is_running(const struct object *o);

/* Starts again what a running network needs and has lost, all but the firewall. */
int host_repair(struct networks *nw, const struct object *o);

/* Puts the rules of all active networks in place. */
int host_reload_firewall(struct networks *nw);

/* Removes files of a network that is no more. */
void host_forget(struct networks *nw, const char *name);

#endif
