/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which networks there are, and what is known of each.
 */
#include "config.h"
#include "drivers/network/network.h"
#include "drivers/network/ops.h"

#include <string.h>

struct object *network_find(struct networks *nw, const struct rvirt_wire_network *wire)
{
	struct object *o = object_by_uuid(nw->list, wire->uuid);
	char text[UUID_TEXT_LEN];

	if (!o)
		network_refuse(ERR_NO_NETWORK, "no network with matching uuid '%s' (%s)",
					   uuid_format(wire->uuid, text), wire->name);
	return o;
}

int network_wire(const struct object *o, struct rvirt_wire_network *ret)
{
	memcpy(ret->uuid, o->uuid, UUID_LEN);
	return object_text(o->name, &ret->name);
}

const char *network_mode(const struct def *def)
{
	const char *mode = node_attr(node_child(def->root, "forward"), "mode");

	return mode ? mode : "none";
}

const char *network_bridge(const struct def *def)
{
	return node_attr(node_child(def->root, "bridge"), "name");
}

bool network_is_virtual(const struct def *def)
{
	static const char *const modes[] = {"none", "nat", "route", "open", NULL};
	size_t i = 0;

	while (modes[i] && strcmp(modes[i], network_mode(def)) != 0)
		i++;
	return modes[i];
}

int network_op_connect_num_of_networks(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);

	ret->num = object_count(nw->list, OBJECT_ACTIVE);
	return 0;
}

int network_op_connect_num_of_defined_networks(struct driver_conn *conn,
											   struct rvirt_wire_num_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);

	ret->num = object_count(nw->list, OBJECT_INACTIVE);
	return 0;
}

int network_op_connect_list_networks(struct driver_conn *conn,
									 const struct rvirt_wire_maxnames_args *args,
									 struct rvirt_wire_names_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);

	return object_names(nw->list, OBJECT_ACTIVE, args->maxnames, "REMOTE_NETWORK_LIST_MAX", ret);
}

int network_op_connect_list_defined_networks(struct driver_conn *conn,
											 const struct rvirt_wire_maxnames_args *args,
											 struct rvirt_wire_names_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);

	return object_names(nw->list, OBJECT_INACTIVE, args->maxnames, "REMOTE_NETWORK_LIST_MAX", ret);
}

int network_op_connect_list_all_networks(struct driver_conn *conn,
										 const struct rvirt_wire_need_results_flags_args *args,
										 struct rvirt_wire_nets_count_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);

	if (args_flags(FROM_NETWORK, args->flags, OBJECT_FILTERS, "networkConnectListAllNetworks") < 0)
		return -1;
	ret->count = (uint32_t)object_count(nw->list, args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->nets = calloc(ret->count + 1, sizeof *ret->nets)))
		return error_oom();
	OBJECT_EACH(o, nw->list)
	{
		if (object_matches(o, args->flags) && network_wire(o, &ret->nets[ret->n_nets++]) < 0)
			return -1;
	}
	return 0;
}

int network_op_network_lookup_by_name(struct driver_conn *conn,
									  const struct rvirt_wire_name_args *args,
									  struct rvirt_wire_net_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = object_by_name(nw->list, args->name);

	if (o)
		return network_wire(o, &ret->net);
	return network_refuse(ERR_NO_NETWORK, "no network with matching name '%s'", args->name);
}

int network_op_network_lookup_by_uuid(struct driver_conn *conn,
									  const struct rvirt_wire_uuid_args *args,
									  struct rvirt_wire_net_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = object_by_uuid(nw->list, args->uuid);
	char text[UUID_TEXT_LEN];

	if (o)
		return network_wire(o, &ret->net);
	return network_refuse(ERR_NO_NETWORK, "no network with matching uuid '%s'",
						  uuid_format(args->uuid, text));
}

/* The description of what runs says how many are connected. */
static char *live_xml(const struct object *o)
{
	CLEANUP_FREE char *xml = def_format(o->def, 0);
	CLEANUP_BUF struct buf b = {0};
	size_t ports = 0, head = strlen("<network");

	for (const struct network_port *p = network_of(o)->ports; p; p = p->next)
		ports++;
	if (!xml || !ports)
		return steal(&xml);
	if (buf_printf(&b, "%.*s connections='%zu'%s", (int)head, xml, ports, xml + head) < 0)
		return NULL;
	return buf_steal_text(&b);
}

int network_op_network_get_xml_desc(struct driver_conn *conn,
									const struct rvirt_wire_net_flags_args *args,
									struct rvirt_wire_xml_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o;

	if (args_flags(FROM_NETWORK, args->flags, RVIRT_NETWORK_XML_INACTIVE, "networkGetXMLDesc") <
			0 ||
		!(o = network_find(nw, &args->net)))
		return -1;
	ret->xml =
		args->flags & RVIRT_NETWORK_XML_INACTIVE ? def_format(object_next(o), 0) : live_xml(o);
	return ret->xml ? 0 : -1;
}

int network_op_network_get_bridge_name(struct driver_conn *conn,
									   const struct rvirt_wire_net_args *args,
									   struct rvirt_wire_name_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = network_find(nw, &args->net);
	const char *bridge;

	if (!o)
		return -1;
	if (!(bridge = network_bridge(o->def)))
		return network_refuse(ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.",
							  o->name);
	return object_text(bridge, &ret->name);
}

int network_op_network_get_autostart(struct driver_conn *conn,
									 const struct rvirt_wire_net_args *args,
									 struct rvirt_wire_autostart_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = network_find(nw, &args->net);

	if (!o)
		return -1;
	ret->autostart = o->autostart;
	return 0;
}

int network_op_network_is_active(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
								 struct rvirt_wire_active_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = network_find(nw, &args->net);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

int network_op_network_is_persistent(struct driver_conn *conn,
									 const struct rvirt_wire_net_args *args,
									 struct rvirt_wire_persistent_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = network_find(nw, &args->net);

	if (!o)
		return -1;
	ret->persistent = o->persistent;
	return 0;
}
