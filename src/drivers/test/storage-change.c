/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is done to the host's storage pools.
 */
#include "config.h"
#include "drivers/test/storage.h"

#include "drivers/args.h"
#include "drivers/test/device.h"
#include "drivers/test/ops.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(struct test_node *node, const struct object *o, int event)
{
	struct rvirt_wire_storage_pool_event_lifecycle_msg m = {.event = event};

	if (node->hub.members && test_pool_wire(o, &m.pool) == 0)
		hub_tell(&node->hub, RVIRT_PROC_STORAGE_POOL_EVENT_LIFECYCLE, &m);
}

/* The virtual host bus adapter that a pool lives by, or NULL. */
static const struct node *fc_adapter(const struct object *o)
{
	const struct node *adapter = node_child(o->def->root, "source/adapter");

	return node_attr_is(adapter, "type", "fc_host") ? adapter : NULL;
}

/* -- defining -- */

int test_storage_pool_define_xml(struct driver_conn *conn,
								 const struct rvirt_wire_xml_flags_args *args,
								 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, RVIRT_STORAGE_POOL_DEFINE_VALIDATE,
				   "testStoragePoolDefineXML") < 0 ||
		def_parse(def_kind_pool(), args->xml, args->flags ? DEF_VALIDATE : 0, &def) < 0 ||
		test_pool_assign(node, &def, 0, &o) < 0)
		return -1;
	tell(node, o, RVIRT_STORAGE_POOL_EVENT_DEFINED);
	return test_pool_wire(o, &ret->pool);
}

int test_storage_pool_create_xml(struct driver_conn *conn,
								 const struct rvirt_wire_xml_flags_args *args,
								 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	const struct node *fc;
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolCreateXML") < 0 ||
		def_parse(def_kind_pool(), args->xml, 0, &def) < 0 ||
		test_pool_assign(node, &def, OBJECT_ASSIGN_LIVE | OBJECT_ASSIGN_INACTIVE, &o) < 0)
		return -1;
	fc = fc_adapter(o);
	if (fc && !test_device_make_vport(node, node_attr(fc, "wwnn"), node_attr(fc, "wwpn"))) {
		object_remove(&node->objects[TEST_POOL], o);
		return -1;
	}
	o->persistent = false;
	o->active = true;
	tell(node, o, RVIRT_STORAGE_POOL_EVENT_STARTED);
	return test_pool_wire(o, &ret->pool);
}

/* Nothing is made or destroyed: it is only told. */
static int pretend(struct driver_conn *conn, const struct rvirt_wire_pool_flags_args *args,
				   const char *function, int event)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, function) < 0 ||
		!(o = test_pool_find_in_state(node, args->pool.name, false)))
		return -1;
	tell(node, o, event);
	return 0;
}

int test_storage_pool_build(struct driver_conn *conn, const struct rvirt_wire_pool_flags_args *args)
{
	return pretend(conn, args, "testStoragePoolBuild", RVIRT_STORAGE_POOL_EVENT_CREATED);
}

int test_storage_pool_delete(struct driver_conn *conn,
							 const struct rvirt_wire_pool_flags_args *args)
{
	return pretend(conn, args, "testStoragePoolDelete", RVIRT_STORAGE_POOL_EVENT_DELETED);
}

/* -- starting and stopping -- */

int test_storage_pool_create(struct driver_conn *conn,
							 const struct rvirt_wire_pool_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolCreate") < 0 ||
		!(o = test_pool_find_in_state(node, args->pool.name, false)))
		return -1;
	o->active = true;
	tell(node, o, RVIRT_STORAGE_POOL_EVENT_STARTED);
	return 0;
}

int test_storage_pool_destroy(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = test_pool_find_in_state(node, args->pool.name, true);

	if (!o)
		return -1;
	o->active = false;
	if (fc_adapter(o) && test_device_drop_vport(node) < 0)
		return -1;
	tell(node, o, RVIRT_STORAGE_POOL_EVENT_STOPPED);
	if (!o->persistent)
		object_remove(&node->objects[TEST_POOL], o);
	return 0;
}

int test_storage_pool_undefine(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = test_pool_find_in_state(node, args->pool.name, false);

	if (!o)
		return -1;
	tell(node, o, RVIRT_STORAGE_POOL_EVENT_UNDEFINED);
	object_remove(&node->objects[TEST_POOL], o);
	return 0;
}

int test_storage_pool_refresh(struct driver_conn *conn,
							  const struct rvirt_wire_pool_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct rvirt_wire_storage_pool_event_refresh_msg m = {0};
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolRefresh") < 0 ||
		!(o = test_pool_find_in_state(node, args->pool.name, true)))
		return -1;
	if (node->hub.members && test_pool_wire(o, &m.pool) == 0)
		hub_tell(&node->hub, RVIRT_PROC_STORAGE_POOL_EVENT_REFRESH, &m);
	return 0;
}

/* -- looking for sources -- */

static const char groups[] = "<sources>\n"
							 "  <source>\n"
							 "    <device path='/dev/sda20'/>\n"
							 "    <name>testvg1</name>\n"
							 "    <format type='lvm2'/>\n"
							 "  </source>\n"
							 "  <source>\n"
							 "    <device path='/dev/sda21'/>\n"
							 "    <name>testvg2</name>\n"
							 "    <format type='lvm2'/>\n"
							 "  </source>\n"
							 "</sources>\n";

static int give_shares(const char *host, char **ret)
{
	if (!host)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "hostname must be specified for netfs sources");
	if (asprintf(ret,
				 "<sources>\n"
				 "  <source>\n"
				 "    <host name='%s'/>\n"
				 "    <dir path='/testshare'/>\n"
				 "    <format type='nfs'/>\n"
				 "  </source>\n"
				 "</sources>\n",
				 host) < 0)
		return error_oom();
	return 0;
}

int test_connect_find_storage_pool_sources(struct driver_conn *conn,
										   const struct rvirt_wire_type_src_spec_flags_args *args,
										   struct rvirt_wire_xml_ret *ret)
{
	CLEANUP_FREE char *host = NULL;

	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testConnectFindStoragePoolSources") < 0)
		return -1;
	if (strcmp(args->type, "dir") == 0)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "unknown storage pool type %s", args->type);
	if (args->src_spec && pool_source_host(args->type, args->src_spec, &host) < 0)
		return -1;
	if (strcmp(args->type, "logical") == 0)
		return object_text(groups, &ret->xml);
	if (strcmp(args->type, "netfs") == 0)
		return give_shares(host, &ret->xml);
	return error_set(FROM_TEST, ERR_NO_SUPPORT, "pool type '%s' does not support source discovery",
					 args->type);
}
