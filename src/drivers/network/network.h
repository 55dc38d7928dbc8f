/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The networks of this host: what the driver's files share.
 *
 * Two locks. Who changes anything holds `changing` for as long as the change takes, dnsmasq's start
 * included. The hub's lock guards what all may look at; a change holds it too, but for the moments
 * in which it waits (networks_pause()), so that nobody who only looks ever waits for the host.
 */
#ifndef DRIVERS_NETWORK_NETWORK_H
#define DRIVERS_NETWORK_NETWORK_H

#include "base/error.h"
#include "conf/network.h"
#include "drivers/args.h"
#include "drivers/driver.h"
#include "drivers/hub.h"
#include "drivers/object.h"
#include "drivers/store.h"

extern const struct driver network_driver;

struct network_port {
	struct network_port *next;
	unsigned char uuid[UUID_LEN];
	struct def *def;
};

/* What a network has beside its definition: object.own. */
struct network {
	struct network_port *ports;
};

struct networks {
	struct hub hub;
	pthread_mutex_t changing; /* taken before the hub's lock */
	struct object *list;
	struct store store;
	char *lib_dir; /* leases, and what dnsmasq reads again */
};

/* Locks the networks of a connection for the caller's scope: NETWORKS_LOCKED(nw, conn) to look,
 * NETWORKS_CHANGING(nw, conn) to change; what has happened is told afterwards. */
struct networks *networks_lock(struct driver_conn *conn);
void networks_unlock(struct networks **nw);
#define NETWORKS_LOCKED(name, conn)                                                                \
	__attribute__((cleanup(networks_unlock))) struct networks *name = networks_lock(conn)
struct networks *networks_begin(struct driver_conn *conn);
void networks_end(struct networks **nw);
#define NETWORKS_CHANGING(name, conn)                                                              \
	__attribute__((cleanup(networks_end))) struct networks *name = networks_begin(conn)

/* Between the two, in a change, others may look. */
static inline void networks_pause(struct networks *nw)
{
	pthread_mutex_unlock(&nw->hub.lock);
}

static inline void networks_resume(struct networks *nw)
{
	pthread_mutex_lock(&nw->hub.lock);
}

#define network_refuse(code, ...) error_set(FROM_NETWORK, code, __VA_ARGS__)

static inline struct network *network_of(const struct object *o)
{
	return o->own;
}

/* -- network.c -- */

/* Queues an event of a network's lifecycle. */
void network_tell(struct networks *nw, const struct object *o, int event);

/* -- list.c -- */

/* NULL with the error set. */
struct object *network_find(struct networks *nw, const struct rvirt_wire_network *wire);

int network_wire(const struct object *o, struct rvirt_wire_network *ret);

const char *network_mode(const struct def *def); /* "none" where it says nothing */
const char *network_bridge(const struct def *def);
bool network_is_virtual(const struct def *def); /* it has a bridge of our own */

/* -- define.c -- */

/* object_assign(), which gives the object its own part. */
int network_assign(struct networks *nw, struct def **def, unsigned flags,
				   struct object **ret_object);

/* -- check.c -- */

/* What a definition must be beside well formed; fills in the bridge's name and its MAC address. 0,
 * or -1 with the error set. */
int network_check(const struct networks *nw, struct def *def);

/* -- state.c -- */

/* Reads what there is, finds again what runs, and starts what is to be started. 0, or -1 with the
 * error set if the folders can't be used. */
int networks_load(struct networks *nw);

/* Keep what is said, without the hub's lock meanwhile; in a change. 0, or -1 with the error set. */
int network_save_active(struct networks *nw, const struct object *o);
int network_save_port(struct networks *nw, const struct object *o, const struct network_port *p);
void network_forget_port(struct networks *nw, const struct object *o,
						 const unsigned char uuid[UUID_LEN]);

/* -- start.c, in a change -- */

/* Makes it run, and its object active; it is not. 0, or -1 with the error set and nothing left. */
int network_start(struct networks *nw, struct object *o);
void network_stop(struct networks *nw, struct object *o);

#endif
