/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting and stopping.
 */
#include "config.h"
#include "drivers/network/host.h"
#include "drivers/network/network.h"

#include "base/log.h"

#include <string.h>

/* What it will be when it is started again is what it is. */
static void back_to_next(struct object *o)
{
	if (!o->next_def)
		return;
	def_free(o->def);
	o->def = steal(&o->next_def);
}

/* As in libvirt, the ports that masquerading uses stand in what runs. */
static int show_ports(struct object *o)
{
	struct node *forward = node_child(o->def->root, "forward"), *nat, *port;

	if (strcmp(network_mode(o->def), "nat") != 0 || node_child(forward, "nat/port"))
		return 0;
	if (o->persistent && !o->next_def && !(o->next_def = def_copy(o->def)))
		return -1;
	if (!(nat = node_need(forward, "nat")) || !(port = node_need(nat, "port")) ||
		node_set(port, "start", "1024") < 0)
		return -1;
	return node_set(port, "end", "65535");
}

int network_start(struct networks *nw, struct object *o)
{
	int r;

	if (o->active)
		return network_refuse(ERR_OPERATION_INVALID, "network is already active");
	if (show_ports(o) < 0)
		return -1;
	networks_pause(nw);
	r = host_start(nw, o);
	networks_resume(nw);
	if (r < 0) {
		back_to_next(o);
		return -1;
	}
	o->active = true;
	if (network_save_active(nw, o) == 0)
		return 0;
	network_stop(nw, o);
	return -1;
}

/* The ports of what does not run any more. */
static void drop_ports(struct networks *nw, struct object *o)
{
	struct network *own = network_of(o);
	struct network_port *p;

	while ((p = own->ports)) {
		own->ports = p->next;
		network_forget_port(nw, o, p->uuid);
		def_free(p->def);
		free(p);
	}
}

void network_stop(struct networks *nw, struct object *o)
{
	struct error saved;

	error_take(&saved);
	networks_pause(nw);
	host_stop(nw, o);
	networks_resume(nw);
	o->active = false;
	if (network_save_active(nw, o) < 0)
		log_warning("network '%s': %s", o->name, error_last()->message);
	drop_ports(nw, o);
	back_to_next(o);
	error_give(&saved);
}
