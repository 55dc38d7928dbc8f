/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's networks.
 */
#include "config.h"
#include "drivers/test/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { NETWORK_DEFINED, NETWORK_UNDEFINED, NETWORK_STARTED, NETWORK_STOPPED };

static struct test_object *find(struct test_node *node, const char *name)
{
	struct test_object *o = test_object_by_name(node, TEST_NETWORK, name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_NETWORK, "no network with matching name '%s'", name);
	return o;
}

static struct test_object *find_uuid(struct test_node *node, const unsigned char *uuid)
{
	struct test_object *o = test_object_by_uuid(node, TEST_NETWORK, uuid);
	char text[UUID_TEXT_LEN];

	if (!o)
		error_set(FROM_TEST, ERR_NO_NETWORK, "no network with matching uuid '%s'",
				  uuid_format(uuid, text));
	return o;
}

static int wire(const struct test_object *o, struct rvirt_wire_network *ret)
{
	memcpy(ret->uuid, o->uuid, UUID_LEN);
	return test_object_text(o->name, &ret->name);
}

static void tell(struct test_node *node, const struct test_object *o, int event)
{
	struct rvirt_wire_network_event_lifecycle_msg m = {.event = event};

	if (node->conns && wire(o, &m.net) == 0)
		test_event_queue(node, RVIRT_PROC_NETWORK_EVENT_LIFECYCLE, &m);
}

int test_connect_num_of_networks(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = test_object_count(node, TEST_NETWORK, TEST_OBJECT_ACTIVE);
	return 0;
}

int test_connect_num_of_defined_networks(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = test_object_count(node, TEST_NETWORK, TEST_OBJECT_INACTIVE);
	return 0;
}

int test_connect_list_networks(struct driver_conn *conn,
							   const struct rvirt_wire_maxnames_args *args,
							   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return test_object_names(node, TEST_NETWORK, TEST_OBJECT_ACTIVE, args->maxnames,
							 "REMOTE_NETWORK_LIST_MAX", ret);
}

int test_connect_list_defined_networks(struct driver_conn *conn,
									   const struct rvirt_wire_maxnames_args *args,
									   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return test_object_names(node, TEST_NETWORK, TEST_OBJECT_INACTIVE, args->maxnames,
							 "REMOTE_NETWORK_LIST_MAX", ret);
}

int test_connect_list_all_networks(struct driver_conn *conn,
								   const struct rvirt_wire_need_results_flags_args *args,
								   struct rvirt_wire_nets_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_flags(args->flags, TEST_OBJECT_FILTERS, "testConnectListAllNetworks") < 0)
		return -1;
	ret->count = (uint32_t)test_object_count(node, TEST_NETWORK, args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->nets = calloc(ret->count + 1, sizeof *ret->nets)))
		return error_oom();
	TEST_OBJECT_EACH(o, node, TEST_NETWORK)
	{
		if (test_object_matches(o, args->flags) && wire(o, &ret->nets[ret->n_nets++]) < 0)
			return -1;
	}
	return 0;
}

int test_network_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->name);

	return o ? wire(o, &ret->net) : -1;
}

int test_network_lookup_by_uuid(struct driver_conn *conn, const struct rvirt_wire_uuid_args *args,
								struct rvirt_wire_net_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find_uuid(node, args->uuid);

	return o ? wire(o, &ret->net) : -1;
}

int test_network_get_xml_desc(struct driver_conn *conn,
							  const struct rvirt_wire_net_flags_args *args,
							  struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o;

	if (test_args_flags(args->flags, 0, "testNetworkGetXMLDesc") < 0 ||
		!(o = find(node, args->net.name)))
		return -1;
	return test_object_text(o->xml, &ret->xml);
}

int test_network_get_bridge_name(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
								 struct rvirt_wire_name_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->net.name);

	if (!o)
		return -1;
	if (!o->detail)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.",
						 o->name);
	return test_object_text(o->detail, &ret->name);
}

int test_network_get_autostart(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
							   struct rvirt_wire_autostart_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->net.name);

	if (!o)
		return -1;
	ret->autostart = o->autostart;
	return 0;
}

int test_network_set_autostart(struct driver_conn *conn,
							   const struct rvirt_wire_net_autostart_args *args)
{
	TEST_LOCKED(node, conn);
	struct test_object *o = find(node, args->net.name);

	if (!o)
		return -1;
	o->autostart = args->autostart != 0;
	return 0;
}

int test_network_is_active(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
						   struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find_uuid(node, args->net.uuid);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

int test_network_is_persistent(struct driver_conn *conn, const struct rvirt_wire_net_args *args,
							   struct rvirt_wire_persistent_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find_uuid(node, args->net.uuid);

	if (!o)
		return -1;
	ret->persistent = o->persistent;
	return 0;
}

int test_network_create(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	TEST_CHANGING(node, conn);
	struct test_object *o = find(node, args->net.name);

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
	TEST_CHANGING(node, conn);
	struct test_object *o = find(node, args->net.name);

	if (!o)
		return -1;
	o->active = false;
	tell(node, o, NETWORK_STOPPED);
	return 0;
}

int test_network_undefine(struct driver_conn *conn, const struct rvirt_wire_net_args *args)
{
	TEST_CHANGING(node, conn);
	struct test_object *o = find(node, args->net.name);

	if (!o)
		return -1;
	if (o->active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "Network '%s' is still running",
						 args->net.name);
	tell(node, o, NETWORK_UNDEFINED);
	test_object_remove(node, TEST_NETWORK, o);
	return 0;
}
