/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver: its state and connections to it.
 */
#include "config.h"
#include "drivers/network/network.h"
#include "drivers/host-conn.h"

#include "base/log.h"
#include "drivers/network/ops.h"
#include "drivers/place.h"
#include "transport/uri.h"

#include <string.h>

static struct networks *of(struct driver_conn *conn)
{
	return host_conn_owner(conn);
}

struct networks *networks_lock(struct driver_conn *conn)
{
	struct networks *nw = of(conn);

	hub_lock(&nw->hub);
	return nw;
}

void networks_unlock(struct networks **nw)
{
	hub_unlock(&(*nw)->hub);
}

struct networks *networks_begin(struct driver_conn *conn)
{
	struct networks *nw = of(conn);

	pthread_mutex_lock(&nw->changing);
	hub_lock(&nw->hub);
	return nw;
}

void networks_end(struct networks **nw)
{
	/* what is told may make its hearer change something */
	pthread_mutex_unlock(&(*nw)->changing);
	hub_unlock(&(*nw)->hub);
}

void network_tell(struct networks *nw, const struct object *o, int event)
{
	struct rvirt_wire_network_event_lifecycle_msg m = {.event = event};

	if (nw->hub.members && network_wire(o, &m.net) == 0)
		hub_tell(&nw->hub, RVIRT_PROC_NETWORK_EVENT_LIFECYCLE, &m);
}

/* -- the state -- */

static void state_free(void *opaque)
{
	struct networks *nw = opaque;

	object_free_list(&nw->list);
	hub_clear(&nw->hub);
	pthread_mutex_destroy(&nw->changing);
	store_clear(&nw->store);
	free(nw->lib_dir);
	free(nw);
}

static void *state_new(struct driver_host *host, const struct driver_host_options *options)
{
	struct networks *nw = calloc(1, sizeof *nw);

	(void)host;
	if (!nw) {
		error_oom();
		return NULL;
	}
	hub_init(&nw->hub);
	pthread_mutex_init(&nw->changing, NULL);
	if (!options->daemon)
		return nw;
	nw->lib_dir = place_path(options->state_dir, PLACE_LIB, "network");
	if (!nw->lib_dir ||
		store_init(&nw->store, options->state_dir, "network", def_kind_network()) < 0) {
		state_free(nw);
		return NULL;
	}
	/* a daemon without networks is better than none */
	pthread_mutex_lock(&nw->changing);
	networks_resume(nw);
	if (networks_load(nw) < 0) {
		log_error("networks can't be kept: %s", error_last()->message);
		error_reset();
	}
	networks_pause(nw);
	pthread_mutex_unlock(&nw->changing);
	return nw;
}

/* -- connections -- */

static bool claims(const struct uri *uri)
{
	return strcmp(uri->driver, "network") == 0;
}

/* Changes wait for the host; a list does not wait for them. */
static bool waits(const struct wire_op *op, const void *args)
{
	(void)args;
	return !(op->flags & WIRE_OP_READ) || !(op->flags & WIRE_OP_QUICK);
}

static int open_conn(void *opaque, const struct uri *uri, struct driver_sink *sink,
					 struct driver_conn **ret_conn)
{
	struct networks *all = opaque;

	return host_conn_open("network", FROM_NETWORK, &all->hub, all, uri, sink, ret_conn);
}

int network_op_connect_get_type(struct driver_conn *conn, struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	return object_text("network", &ret->type);
}

const struct driver network_driver = {
	.name = "network",
	.daemon_only = true,
	.secondary = true,
	.claims = claims,
	.waits = waits,
	.state_new = state_new,
	.state_free = state_free,
	.open = open_conn,
	.close = host_conn_close,
	.ops =
		{
#define OP(name) .name = network_op_##name,
#include "drivers/network/ops.def"
#undef OP
		},
};
