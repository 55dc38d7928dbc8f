/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survives the daemon: definitions, what is active, ports; and finding it again.
 */
#include "config.h"
#include "drivers/network/network.h"

#include "base/fd.h"
#include "base/log.h"
#include "conf/networkport.h"
#include "drivers/network/host.h"
#include "drivers/network/port.h"
#include "drivers/place.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

int network_save_active(struct networks *nw, const struct object *o)
{
	int r;

	networks_pause(nw);
	r = store_save_active(&nw->store, o->name, o->active ? o->def : NULL);
	networks_resume(nw);
	return r;
}

/* -- ports: a file for each, named by its network's UUID and its own -- */

static char *port_file(const struct networks *nw, const struct object *o,
					   const unsigned char uuid[UUID_LEN])
{
	char network[UUID_TEXT_LEN], port[UUID_TEXT_LEN], *path;

	if (asprintf(&path, "%s/%s.%s.port", nw->store.run_dir, uuid_format(o->uuid, network),
				 uuid_format(uuid, port)) >= 0)
		return path;
	error_oom();
	return NULL;
}

int network_save_port(struct networks *nw, const struct object *o, const struct network_port *p)
{
	CLEANUP_FREE char *path = port_file(nw, o, p->uuid), *xml = path ? def_format(p->def, 0) : NULL;
	int r;

	if (!xml)
		return -1;
	networks_pause(nw);
	r = place_make(FROM_NETWORK, nw->store.run_dir) < 0
			? -1
			: place_write_volatile(FROM_NETWORK, path, xml);
	networks_resume(nw);
	return r;
}

void network_forget_port(struct networks *nw, const struct object *o,
						 const unsigned char uuid[UUID_LEN])
{
	CLEANUP_FREE char *path = port_file(nw, o, uuid);

	if (path)
		unlink(path);
}

/* Takes the ports of active networks back; what is left of others goes. */
static void load_port(struct networks *nw, const char *path, const char *name)
{
	CLEANUP_FREE char *network = strndup(name, UUID_TEXT_LEN - 1);
	CLEANUP_FREE char *text = fd_read_regular_file(path, DEF_XML_MAX, NULL);
	CLEANUP(cleanup_def) struct def *def = NULL;
	unsigned char uuid[UUID_LEN];
	struct object *o = NULL;

	if (network && uuid_parse(network, uuid) == 0)
		o = object_by_uuid(nw->list, uuid);
	if (!o || !o->active || !text) {
		unlink(path);
	} else if (def_parse(def_kind_networkport(), text, 0, &def) < 0 ||
			   !port_add(nw, o, &def, PORT_RECLAIM | PORT_KEPT)) {
		log_error("a port of network '%s' is lost: %s", o->name, error_last()->message);
		unlink(path);
	}
	error_reset();
}

static void load_ports(struct networks *nw)
{
	DIR *dir = opendir(nw->store.run_dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL;
		size_t len = strlen(entry->d_name);

		if (len <= 5 || strcmp(entry->d_name + len - 5, ".port") != 0)
			continue;
		if (asprintf(&path, "%s/%s", nw->store.run_dir, entry->d_name) < 0)
			path = NULL;
		else
			load_port(nw, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
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
	load_ports(nw);
	OBJECT_EACH(o, nw->list)
	{
		if (o->autostart && !o->active)
			start_again(nw, o);
	}
	return 0;
}
