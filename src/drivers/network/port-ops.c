/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The calls about ports.
 */
#include "config.h"
#include "drivers/network/ops.h"
#include "drivers/network/port.h"

#include "conf/networkport.h"
#include "drivers/params.h"

#include <stdio.h>
#include <string.h>

/* An active network. NULL with the error set. */
static struct object *find_active(struct networks *nw, const struct rvirt_wire_network *wire)
{
	struct object *o = network_find(nw, wire);

	if (!o || o->active)
		return o;
	network_refuse(ERR_OPERATION_INVALID, "network '%s' is not active", o->name);
	return NULL;
}

/* A port, and its network. NULL with the error set. */
static struct network_port *find(struct networks *nw, const struct rvirt_wire_network_port *wire,
								 struct object **ret_o)
{
	struct object *o = network_find(nw, &wire->net);
	struct network_port *p = o ? port_find(o, wire->uuid) : NULL;

	*ret_o = o;
	return p;
}

static int port_wire(const struct object *o, const struct network_port *p,
					 struct rvirt_wire_network_port *ret)
{
	memcpy(ret->uuid, p->uuid, UUID_LEN);
	return network_wire(o, &ret->net);
}

int network_op_network_list_all_ports(struct driver_conn *conn,
									  const struct rvirt_wire_network_list_all_ports_args *args,
									  struct rvirt_wire_ports_count_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	struct object *o;

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkListAllPorts") < 0 ||
		!(o = find_active(nw, &args->network)))
		return -1;
	for (const struct network_port *p = network_of(o)->ports; p; p = p->next)
		ret->count++;
	if (!args->need_results)
		return 0;
	if (!(ret->ports = calloc(ret->count + 1, sizeof *ret->ports)))
		return error_oom();
	for (const struct network_port *p = network_of(o)->ports; p; p = p->next)
		if (port_wire(o, p, &ret->ports[ret->n_ports++]) < 0)
			return -1;
	return 0;
}

int network_op_network_port_lookup_by_uuid(struct driver_conn *conn,
										   const struct rvirt_wire_network_uuid_args *args,
										   struct rvirt_wire_port_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	struct object *o = network_find(nw, &args->network);
	struct network_port *p = o ? port_find(o, args->uuid) : NULL;

	return p ? port_wire(o, p, &ret->port) : -1;
}

int network_op_network_port_create_xml(struct driver_conn *conn,
									   const struct rvirt_wire_network_xml_flags_args *args,
									   struct rvirt_wire_port_ret *ret)
{
	enum {
		RECLAIM = RVIRT_NETWORK_PORT_CREATE_RECLAIM,
		VALIDATE = RVIRT_NETWORK_PORT_CREATE_VALIDATE
	};
	NETWORKS_CHANGING(nw, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct network_port *p;
	struct object *o;
	const char *type;
	bool reclaim = args->flags & RECLAIM, plugged;

	if (args_flags(FROM_NETWORK, args->flags, RECLAIM | VALIDATE, "networkPortCreateXML") < 0 ||
		!(o = network_find(nw, &args->network)) ||
		def_parse(def_kind_networkport(), args->xml, args->flags & VALIDATE ? DEF_VALIDATE : 0,
				  &def) < 0 ||
		!find_active(nw, &args->network))
		return -1;
	type = node_attr(node_child(def->root, "plug"), "type");
	plugged = type && strcmp(type, "none") != 0;
	if (plugged != reclaim)
		return network_refuse(ERR_INVALID_ARG,
							  reclaim ? "Port reclaim requested but plug type is none"
									  : "Port reclaim not requested but plug type is not none");
	p = port_add(nw, o, &def, reclaim ? PORT_RECLAIM : 0);
	return p ? port_wire(o, p, &ret->port) : -1;
}

int network_op_network_port_get_xml_desc(struct driver_conn *conn,
										 const struct rvirt_wire_port_flags_args *args,
										 struct rvirt_wire_xml_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	struct object *o;
	const struct network_port *p;

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkPortGetXMLDesc") < 0 ||
		!(p = find(nw, &args->port, &o)))
		return -1;
	return (ret->xml = def_format(p->def, 0)) ? 0 : -1;
}

int network_op_network_port_delete(struct driver_conn *conn,
								   const struct rvirt_wire_port_flags_args *args)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o;
	struct network_port *p;

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkPortDelete") < 0 ||
		!(p = find(nw, &args->port, &o)))
		return -1;
	port_remove(nw, o, p);
	return 0;
}

/* The parameters, by where they stand in the description. */
static const struct {
	const char *name, *element, *attr;
} parameters[] = {
	{"inbound.average", "inbound", "average"},   {"inbound.peak", "inbound", "peak"},
	{"inbound.floor", "inbound", "floor"},       {"inbound.burst", "inbound", "burst"},
	{"outbound.average", "outbound", "average"}, {"outbound.peak", "outbound", "peak"},
	{"outbound.burst", "outbound", "burst"},
};
enum { N_PARAMETERS = sizeof parameters / sizeof parameters[0] };

int network_op_network_port_get_parameters(struct driver_conn *conn,
										   const struct rvirt_wire_port_nparams_flags_args *args,
										   struct rvirt_wire_params_nparams_ret *ret)
{
	NETWORKS_LOCKED(nw, conn);
	struct params list = {0};
	const struct network_port *p;
	struct object *o;

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkPortGetParameters") < 0 ||
		!(p = find(nw, &args->port, &o)))
		return -1;
	for (size_t i = 0; i < N_PARAMETERS; i++) {
		const struct node *n =
			node_child(node_child(p->def->root, "bandwidth"), parameters[i].element);

		if (n)
			params_uint(&list, parameters[i].name,
						(unsigned)node_attr_ull(n, parameters[i].attr, 0));
	}
	return params_give(&list, &ret->n_params, &ret->params);
}

/* A direction without what it must have is none. */
static void drop_empty(struct node *bandwidth)
{
	struct node *in = node_child(bandwidth, "inbound"), *out = node_child(bandwidth, "outbound");

	if (in && !node_attr(in, "average") && !node_attr(in, "floor"))
		node_remove(in);
	if (out && !node_attr(out, "average"))
		node_remove(out);
}

static int set_parameters(struct def *def, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	struct node *bandwidth = node_need(def->root, "bandwidth");

	if (!bandwidth)
		return -1;
	node_remove_all(bandwidth, "inbound");
	node_remove_all(bandwidth, "outbound");
	for (uint32_t i = 0; i < n; i++) {
		for (size_t j = 0; j < N_PARAMETERS; j++) {
			struct node *direction;

			if (strcmp(list[i].field, parameters[j].name) != 0 ||
				list[i].value.type != RVIRT_TYPED_PARAM_UINT || !list[i].value.u.ui)
				continue;
			direction = node_need(bandwidth, parameters[j].element);
			if (!direction ||
				node_setf(direction, parameters[j].attr, "%u", list[i].value.u.ui) < 0)
				return -1;
		}
	}
	drop_empty(bandwidth);
	if (bandwidth->children)
		bandwidth->show &= ~(unsigned)SHOW_NEVER;
	else
		node_remove(bandwidth);
	return 0;
}

int network_op_network_port_set_parameters(struct driver_conn *conn,
										   const struct rvirt_wire_port_params_flags_args *args)
{
	static const struct param_rule rules[] = {
		{"inbound.average", RVIRT_TYPED_PARAM_UINT},  {"inbound.peak", RVIRT_TYPED_PARAM_UINT},
		{"inbound.floor", RVIRT_TYPED_PARAM_UINT},    {"inbound.burst", RVIRT_TYPED_PARAM_UINT},
		{"outbound.average", RVIRT_TYPED_PARAM_UINT}, {"outbound.peak", RVIRT_TYPED_PARAM_UINT},
		{"outbound.burst", RVIRT_TYPED_PARAM_UINT},   {NULL, 0},
	};
	NETWORKS_CHANGING(nw, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct network_port *p;
	struct object *o;

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkPortSetParameters") < 0 ||
		!(p = find(nw, &args->port, &o)) || params_check(args->params, args->n_params, rules) < 0 ||
		!(def = def_copy(p->def)) || set_parameters(def, args->params, args->n_params) < 0 ||
		port_check_floor(o, def) < 0)
		return -1;
	def_free(p->def);
	p->def = steal(&def);
	return network_save_port(nw, o, p);
}
