/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survives the daemon: definitions, what is active, ports; and finding it again.
 */
#include "config.h"
#include "drivers/network/network.h"

#include "base/log.h"
#include "drivers/network/host.h"

int network_save_active(struct networks *nw, const struct object *o)
{
	int r;

	networks_pause(nw);
	r = store_save_active(&nw->store, o->name, o->active ? o->def : NULL);
	networks_resume(nw);
	return r;
}

void network_forget_port(struct networks *nw, const struct object *o,
						 const unsigned char uuid[UUID_LEN])
{
	(void)nw;
	(void)o;
	(void)uuid;
}

/* -- at start -- */

static void load_defined(void *opaque, struct def **def)
{
	struct networks *nw = opaque;
	struct object *o;

	if (network_check(nw, *def) < 0 || network_assign(nw, def, 0, &o) < 0) {
		log_error("network '%s' is not loaded: %s", def_name(*def), error_last()->message);
		error_reset();
		return;
	}
	o->autostart = store_autostarts(&nw->store, o->name);
}

/* One that was running when the daemon ended. */
static void load_active(void *opaque, struct def **def)
{
	struct networks *nw = opaque;
	struct object *o;

	if (network_assign(nw, def, OBJECT_ASSIGN_LIVE, &o) < 0) {
		log_error("network '%s' is not found again: %s", def_name(*def), error_last()->message);
		error_reset();
		return;
	}
	o->active = true;
}

/* Whether it still runs; what it has lost is started. */
static void find_again(struct networks *nw, struct object *o)
{
	if (!host_is_running(o)) {
		log_info("network '%s' has ended meanwhile", o->name);
		network_stop(nw, o);
		return;
	}
	if (host_repair(nw, o) < 0) {
		log_error("network '%s' runs without dnsmasq: %s", o->name, error_last()->message);
		error_reset();
	}
}

static void start_again(struct networks *nw, struct object *o)
{
	if (network_start(nw, o) == 0)
		return;
	log_error("network '%s' is not started: %s", o->name, error_last()->message);
	error_reset();
}

int networks_load(struct networks *nw)
{
	bool any = false;

	if (store_each(&nw->store, false, load_defined, nw) < 0 ||
		store_each(&nw->store, true, load_active, nw) < 0)
		return -1;
	for (struct object *o = nw->list, *next; o; o = next) {
		next = o->next;
		if (o->active)
			find_again(nw, o);
		any = any || o->active;
		if (!o->active && !o->persistent)
			object_remove(&nw->list, o);
	}
	if (any && host_reload_firewall(nw) < 0) {
		log_error("networks run without their rules: %s", error_last()->message);
		error_reset();
	}
	OBJECT_EACH(o, nw->list)
	{
		if (o->autostart && !o->active)
			start_again(nw, o);
	}
	return 0;
}
