/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks come, change and go.
 */
#include "config.h"
#include "drivers/network/host.h"
#include "drivers/network/network.h"
#include "drivers/network/ops.h"

#include <string.h>

static void own_free(void *opaque)
{
	struct network *own = opaque;

	for (struct network_port *p = own->ports, *next; p; p = next) {
		next = p->next;
		def_free(p->def);
		free(p);
	}
	free(own);
}

int network_assign(struct networks *nw, struct def **def, unsigned flags,
				   struct object **ret_object)
{
	struct network *own = calloc(1, sizeof *own);
	struct object *o;

	if (!own)
		return error_oom();
	if (object_assign(&nw->list, def, flags, &o) < 0) {
		free(own);
		return -1;
	}
	if (o->own) {
		free(own);
	} else {
		o->own = own;
		o->own_free = own_free;
	}
	*ret_object = o;
	return 0;
}

/* Options of dnsmasq's own, which libvirt passes on, could say anything. */
static int read_def(struct networks *nw, const char *xml, bool validate, struct def **ret_def)
{
	CLEANUP(cleanup_def) struct def *def = NULL;

	if (def_parse(def_kind_network(), xml, validate ? DEF_VALIDATE : 0, &def) < 0)
		return -1;
	if (strstr(xml, "http://libvirt.org/schemas/network/dnsmasq/1.0"))
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "<dnsmasq:options> of network '%s' is not supported", def_name(def));
	if (network_check(nw, def) < 0)
		return -1;
	*ret_def = steal(&def);
	return 0;
}

static int save(struct networks *nw, const struct def *def)
{
	int r;

	networks_pause(nw);
	r = store_save(&nw->store, def);
	networks_resume(nw);
	return r;
}

static int define(struct driver_conn *conn, const char *xml, uint32_t flags,
				  struct rvirt_wire_net_ret *ret)
{
	NETWORKS_CHANGING(nw, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_NETWORK, flags, RVIRT_NETWORK_DEFINE_VALIDATE, "networkDefineXMLFlags") <
			0 ||
		read_def(nw, xml, flags & RVIRT_NETWORK_DEFINE_VALIDATE, &def) < 0 ||
		object_find_same(nw->list, def, 0, &o) < 0 || save(nw, def) < 0 ||
		network_assign(nw, &def, 0, &o) < 0)
		return -1;
	network_tell(nw, o, RVIRT_NETWORK_EVENT_DEFINED);
	return network_wire(o, &ret->net);
}

int network_op_network_define_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
								  struct rvirt_wire_net_ret *ret)
{
	return define(conn, args->xml, 0, ret);
}

int network_op_network_define_xml_flags(struct driver_conn *conn,
										const struct rvirt_wire_xml_flags_args *args,
										struct rvirt_wire_net_ret *ret)
{
	return define(conn, args->xml, args->flags, ret);
}

static int create(struct driver_conn *conn, const char *xml, uint32_t flags,
				  struct rvirt_wire_net_ret *ret)
{
	NETWORKS_CHANGING(nw, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_NETWORK, flags, RVIRT_NETWORK_CREATE_VALIDATE, "networkCreateXMLFlags") <
			0 ||
		read_def(nw, xml, flags & RVIRT_NETWORK_CREATE_VALIDATE, &def) < 0 ||
		network_assign(nw, &def, OBJECT_ASSIGN_LIVE | OBJECT_ASSIGN_INACTIVE, &o) < 0)
		return -1;
	if (network_start(nw, o) < 0) {
		if (!o->persistent)
			object_remove(&nw->list, o);
		return -1;
	}
	network_tell(nw, o, RVIRT_NETWORK_EVENT_STARTED);
	return network_wire(o, &ret->net);
}

int network_op_network_create_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
								  struct rvirt_wire_net_ret *ret)
{
	return create(conn, args->xml, 0, ret);
}

int network_op_network_create_xml_flags(struct driver_conn *conn,
										const struct rvirt_wire_xml_flags_args *args,
										struct rvirt_wire_net_ret *ret)
{
	return create(conn, args->xml, args->flags, ret);
}

int network_op_network_create(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o = network_find(nw, &args->net);

	if (!o || network_start(nw, o) < 0)
		return -1;
	network_tell(nw, o, RVIRT_NETWORK_EVENT_STARTED);
	return 0;
}

int network_op_network_destroy(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o = network_find(nw, &args->net);

	if (!o)
		return -1;
	if (!o->active)
		return network_refuse(ERR_OPERATION_INVALID, "network '%s' is not active", o->name);
	network_stop(nw, o);
	network_tell(nw, o, RVIRT_NETWORK_EVENT_STOPPED);
	if (!o->persistent) {
		host_forget(nw, o->name);
		object_remove(&nw->list, o);
	}
	return 0;
}

int network_op_network_undefine(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o = network_find(nw, &args->net);

	if (!o)
		return -1;
	if (!o->persistent)
		return network_refuse(ERR_OPERATION_INVALID, "can't undefine transient network");
	networks_pause(nw);
	store_forget(&nw->store, o->name);
	networks_resume(nw);
	network_tell(nw, o, RVIRT_NETWORK_EVENT_UNDEFINED);
	if (!o->active) {
		host_forget(nw, o->name);
		object_remove(&nw->list, o);
		return 0;
	}
	o->persistent = o->autostart = false;
	def_free(o->next_def);
	o->next_def = NULL;
	return 0;
}

int network_op_network_set_autostart(struct driver_conn *conn,
									 const struct rvirt_wire_net_autostart_args *args)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o = network_find(nw, &args->net);
	bool on = args->autostart != 0;
	int r = 0;

	if (!o)
		return -1;
	if (!o->persistent)
		return network_refuse(ERR_OPERATION_INVALID, "cannot set autostart for transient network");
	networks_pause(nw);
	if (on != o->autostart)
		r = store_save_autostart(&nw->store, o->name, on);
	networks_resume(nw);
	if (r == 0)
		o->autostart = on;
	return r;
}

/* Puts changed definitions in place, the host being changed already. */
static int put(struct networks *nw, struct object *o, struct def **live, struct def **config)
{
	if (*live && o->persistent && !o->next_def && !(o->next_def = def_copy(o->def)))
		return -1;
	if (*config) {
		if (save(nw, *config) < 0)
			return -1;
		object_set_next(o, config);
	}
	if (!*live)
		return 0;
	def_free(o->def);
	o->def = steal(live);
	return network_save_active(nw, o);
}

int network_op_network_update(struct driver_conn *conn,
							  const struct rvirt_wire_network_update_args *args)
{
	enum { LIVE = RVIRT_NETWORK_UPDATE_AFFECT_LIVE, CONFIG = RVIRT_NETWORK_UPDATE_AFFECT_CONFIG };
	NETWORKS_CHANGING(nw, conn);
	CLEANUP(cleanup_def) struct def *live = NULL, *config = NULL;
	struct object *o;
	uint32_t flags = args->flags;
	int r = 0;

	if (args_flags(FROM_NETWORK, flags, LIVE | CONFIG, "networkUpdate") < 0 ||
		!(o = network_find(nw, &args->net)))
		return -1;
	if (!flags)
		flags = o->active ? LIVE : CONFIG;
	if (!o->active && (flags & LIVE))
		return network_refuse(ERR_OPERATION_INVALID, "network is not running");
	if (!o->persistent && (flags & CONFIG))
		return network_refuse(ERR_OPERATION_INVALID,
							  "cannot change persistent config of a transient network");
	if ((flags & LIVE) && network_update(o->def, args->command, args->section, args->parent_index,
										 args->xml, &live) < 0)
		return -1;
	if ((flags & CONFIG) && network_update(object_next(o), args->command, args->section,
										   args->parent_index, args->xml, &config) < 0)
		return -1;
	if (live) {
		networks_pause(nw);
		r = host_change(nw, o, live, args->section);
		networks_resume(nw);
	}
	return r < 0 ? -1 : put(nw, o, &live, &config);
}
