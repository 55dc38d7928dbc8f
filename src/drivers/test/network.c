/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's networks.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/network.h"

#include <string.h>

enum { NETWORK_DEFINED, NETWORK_UNDEFINED, NETWORK_STARTED, NETWORK_STOPPED };

static struct object *find(struct test_node *node, const char *name)
{
	struct object *o = object_by_name(node->objects[TEST_NETWORK], name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_NETWORK, "no network with matching name '%s'", name);
	return o;
}

static struct object *find_uuid(struct test_node *node, const unsigned char *uuid)
{
	struct object *o = object_by_uuid(node->objects[TEST_NETWORK], uuid);
	char text[UUID_TEXT_LEN];

	if (!o)
		error_set(FROM_TEST, ERR_NO_NETWORK, "no network with matching uuid '%s'",
				  uuid_format(uuid, text));
	return o;
}

static int wire(const struct object *o, struct rvirt_wire_network *ret)
{
	memcpy(ret->uuid, o->uuid, UUID_LEN);
	return object_text(o->name, &ret->name);
}

static void tell(struct test_node *node, const struct object *o, int event)
{
	struct rvirt_wire_network_event_lifecycle_msg m = {.event = event};

	if (node->hub.members && wire(o, &m.net) == 0)
		hub_tell(&node->hub, RVIRT_PROC_NETWORK_EVENT_LIFECYCLE, &m);
}

int test_connect_num_of_networks(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_NETWORK], OBJECT_ACTIVE);
	return 0;
}

int test_connect_num_of_defined_networks(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_NETWORK], OBJECT_INACTIVE);
	return 0;
}

int test_connect_list_networks(struct driver_conn *conn,
							   const struct rvirt_wire_maxnames_args *args,
							   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_NETWORK], OBJECT_ACTIVE, args->maxnames,
						"REMOTE_NETWORK_LIST_MAX", ret);
}

int test_connect_list_defined_networks(struct driver_conn *conn,
									   const struct rvirt_wire_maxnames_args *args,
									   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_NETWORK], OBJECT_INACTIVE, args->maxnames,
						"REMOTE_NETWORK_LIST_MAX", ret);
}

int test_connect_list_all_networks(struct driver_conn *conn,
								   const struct rvirt_wire_need_results_flags_args *args,
								   struct rvirt_wire_nets_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, OBJECT_FILTERS, "testConnectListAllNetworks") < 0)
		return -1;
	ret->count = (uint32_t)object_count(node->objects[TEST_NETWORK], args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->nets = calloc(ret->count + 1, sizeof *ret->nets)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_NETWORK])
	{
		if (object_matches(o, args->flags) && wire(o, &ret->nets[ret->n_nets++]) < 0)
			return -1;
	}
	return 0;
}

int test_network_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);

	return o ? wire(o, &ret->net) : -1;
}

int test_network_lookup_by_uuid(struct driver_conn *conn, const struct rvirt_wire_uuid_args *args,
								struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find_uuid(node, args->uuid);

	return o ? wire(o, &ret->net) : -1;
}

int test_network_get_xml_desc(struct driver_conn *conn,
							  const struct rvirt_wire_net_flags_args *args,
							  struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testNetworkGetXMLDesc") < 0 ||
		!(o = find(node, args->net.name)))
		return -1;
	return (ret->xml = def_format(o->def, 0)) ? 0 : -1;
}

int test_network_get_bridge_name(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
								 struct rvirt_wire_name_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->net.name);
	const char *bridge;

	if (!o)
		return -1;
	if (!(bridge = node_attr(node_child(o->def->root, "bridge"), "name")))
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.",
						 o->name);
	return object_text(bridge, &ret->name);
}

int test_network_get_autostart(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
							   struct rvirt_wire_autostart_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->net.name);

	if (!o)
		return -1;
	ret->autostart = o->autostart;
	return 0;
}

int test_network_set_autostart(struct driver_conn *conn,
							   const struct rvirt_wire_net_autostart_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->net.name);

	if (!o)
		return -1;
	o->autostart = args->autostart != 0;
	return 0;
}

int test_network_is_active(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
						   struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find_uuid(node, args->net.uuid);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

int test_network_is_persistent(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
							   struct rvirt_wire_persistent_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find_uuid(node, args->net.uuid);

	if (!o)
		return -1;
	ret->persistent = o->persistent;
	return 0;
}

int test_network_create(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->net.name);

	if (!o)
		return -1;
	if (o->active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "Network '%s' is already running",
						 args->net.name);
	o->active = true;
	tell(node, o, NETWORK_STARTED);
	return 0;
}

int test_network_destroy(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->net.name);

	if (!o)
		return -1;
	o->active = false;
	tell(node, o, NETWORK_STOPPED);
	if (!o->persistent)
		object_remove(&node->objects[TEST_NETWORK], o);
	return 0;
}

int test_network_undefine(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->net.name);

	if (!o)
		return -1;
	if (o->active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "Network '%s' is still running",
						 args->net.name);
	tell(node, o, NETWORK_UNDEFINED);
	object_remove(&node->objects[TEST_NETWORK], o);
	return 0;
}

static int define(struct driver_conn *conn, const char *xml, uint32_t flags, const char *function,
				  struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_TEST, flags, RVIRT_NETWORK_DEFINE_VALIDATE, function) < 0 ||
		def_parse(def_kind_network(), xml, flags ? DEF_VALIDATE : 0, &def) < 0 ||
		object_assign(&node->objects[TEST_NETWORK], &def, 0, &o) < 0)
		return -1;
	tell(node, o, NETWORK_DEFINED);
	return wire(o, &ret->net);
}

int test_network_define_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
							struct rvirt_wire_net_ret *ret)
{
	return define(conn, args->xml, 0, "testNetworkDefineXMLFlags", ret);
}

int test_network_define_xml_flags(struct driver_conn *conn,
								  const struct rvirt_wire_xml_flags_args *args,
								  struct rvirt_wire_net_ret *ret)
{
	return define(conn, args->xml, args->flags, "testNetworkDefineXMLFlags", ret);
}

static int create(struct driver_conn *conn, const char *xml, uint32_t flags, const char *function,
				  struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_TEST, flags, RVIRT_NETWORK_CREATE_VALIDATE, function) < 0 ||
		def_parse(def_kind_network(), xml, flags ? DEF_VALIDATE : 0, &def) < 0 ||
		object_assign(&node->objects[TEST_NETWORK], &def,
					  OBJECT_ASSIGN_LIVE | OBJECT_ASSIGN_INACTIVE, &o) < 0)
		return -1;
	o->active = true;
	tell(node, o, NETWORK_STARTED);
	return wire(o, &ret->net);
}

int test_network_create_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
							struct rvirt_wire_net_ret *ret)
{
	return create(conn, args->xml, 0, "testNetworkCreateXMLFlags", ret);
}

int test_network_create_xml_flags(struct driver_conn *conn,
								  const struct rvirt_wire_xml_flags_args *args,
								  struct rvirt_wire_net_ret *ret)
{
	return create(conn, args->xml, args->flags, "testNetworkCreateXMLFlags", ret);
}

int test_network_update(struct driver_conn *conn, const struct rvirt_wire_network_update_args *args)
{
	enum { LIVE = RVIRT_NETWORK_UPDATE_AFFECT_LIVE, CONFIG = RVIRT_NETWORK_UPDATE_AFFECT_CONFIG };
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *live = NULL, *config = NULL;
	struct object *o;
	uint32_t flags = args->flags;

	if (args_flags(FROM_TEST, flags, LIVE | CONFIG, "testNetworkUpdate") < 0 ||
		!(o = find_uuid(node, args->net.uuid)))
		return -1;
	if (!flags)
		flags = o->active ? LIVE : CONFIG;
	if (!o->active && (flags & LIVE))
		return error_set(FROM_NETWORK, ERR_OPERATION_INVALID, "network is not running");
	if (!o->persistent && (flags & CONFIG))
		return error_set(FROM_NETWORK, ERR_OPERATION_INVALID,
						 "cannot change persistent config of a transient network");
	if ((flags & LIVE) && network_update(o->def, args->command, args->section, args->parent_index,
										 args->xml, &live) < 0)
		return -1;
	if ((flags & CONFIG) && network_update(object_next(o), args->command, args->section,
										   args->parent_index, args->xml, &config) < 0)
		return -1;
	if (o->active && o->persistent && !o->next_def && !(o->next_def = def_copy(o->def)))
		return -1;
	if (config)
		object_set_next(o, &config);
	if (live) {
		def_free(o->def);
		o->def = steal(&live);
	}
	return 0;
}
