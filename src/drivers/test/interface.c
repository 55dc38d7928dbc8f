/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's own network interfaces.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/interface.h"

#include <string.h>
#include <strings.h>

static struct object *find(struct test_node *node, const char *name)
{
	struct object *o = object_by_name(node->objects[TEST_INTERFACE], name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_INTERFACE, "no interface with matching name '%s'", name);
	return o;
}

/* The MAC address as it was written, or NULL. */
static const char *mac_of(const struct object *o)
{
	return node_attr(node_child(o->def->root, "mac"), "address");
}

static int wire(const struct object *o, struct rvirt_wire_interface *ret)
{
	if (object_text(o->name, &ret->name) < 0)
		return -1;
	return object_text(mac_of(o) ? mac_of(o) : "", &ret->mac);
}

int test_connect_num_of_interfaces(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_INTERFACE], OBJECT_ACTIVE);
	return 0;
}

int test_connect_num_of_defined_interfaces(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_INTERFACE], OBJECT_INACTIVE);
	return 0;
}

int test_connect_list_interfaces(struct driver_conn *conn,
								 const struct rvirt_wire_maxnames_args *args,
								 struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_INTERFACE], OBJECT_ACTIVE, args->maxnames,
						"REMOTE_INTERFACE_LIST_MAX", ret);
}

int test_connect_list_defined_interfaces(struct driver_conn *conn,
										 const struct rvirt_wire_maxnames_args *args,
										 struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_INTERFACE], OBJECT_INACTIVE, args->maxnames,
						"REMOTE_INTERFACE_LIST_MAX", ret);
}

int test_connect_list_all_interfaces(struct driver_conn *conn,
									 const struct rvirt_wire_need_results_flags_args *args,
									 struct rvirt_wire_ifaces_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, OBJECT_ACTIVE | OBJECT_INACTIVE,
				   "testConnectListAllInterfaces") < 0)
		return -1;
	ret->count = (uint32_t)object_count(node->objects[TEST_INTERFACE], args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->ifaces = calloc(ret->count + 1, sizeof *ret->ifaces)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_INTERFACE])
	{
		if (object_matches(o, args->flags) && wire(o, &ret->ifaces[ret->n_ifaces++]) < 0)
			return -1;
	}
	return 0;
}

int test_interface_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								  struct rvirt_wire_iface_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);

	return o ? wire(o, &ret->iface) : -1;
}

int test_interface_lookup_by_mac_string(struct driver_conn *conn,
										const struct rvirt_wire_mac_args *args,
										struct rvirt_wire_iface_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *found = NULL;

	OBJECT_EACH(o, node->objects[TEST_INTERFACE])
	{
		if (!mac_of(o) || strcasecmp(mac_of(o), args->mac) != 0)
			continue;
		if (found)
			return error_set(FROM_TEST, ERR_MULTIPLE_INTERFACES, NULL);
		found = o;
	}
	if (!found)
		return error_set(FROM_TEST, ERR_NO_INTERFACE, "no interface with matching mac '%s'",
						 args->mac);
	/* the address as it was asked for */
	if (object_text(found->name, &ret->iface.name) < 0)
		return -1;
	return object_text(args->mac, &ret->iface.mac);
}

int test_interface_get_xml_desc(struct driver_conn *conn,
								const struct rvirt_wire_iface_flags_args *args,
								struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testInterfaceGetXMLDesc") < 0 ||
		!(o = find(node, args->iface.name)))
		return -1;
	return (ret->xml = def_format(o->def, 0)) ? 0 : -1;
}

int test_interface_is_active(struct driver_conn *conn, const struct rvirt_wire_iface_args *args,
							 struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->iface.name);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

static int set_active(struct driver_conn *conn, const struct rvirt_wire_iface_flags_args *args,
					  bool active, const char *function)
{
	TEST_LOCKED(node, conn);
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, function) < 0 || !(o = find(node, args->iface.name)))
		return -1;
	if (o->active == active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, NULL);
	o->active = active;
	return 0;
}

int test_interface_create(struct driver_conn *conn, const struct rvirt_wire_iface_flags_args *args)
{
	return set_active(conn, args, true, "testInterfaceCreate");
}

int test_interface_destroy(struct driver_conn *conn, const struct rvirt_wire_iface_flags_args *args)
{
	return set_active(conn, args, false, "testInterfaceDestroy");
}

int test_interface_undefine(struct driver_conn *conn, const struct rvirt_wire_iface_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->iface.name);

	if (!o)
		return -1;
	object_remove(&node->objects[TEST_INTERFACE], o);
	return 0;
}

int test_interface_define_xml(struct driver_conn *conn,
							  const struct rvirt_wire_xml_flags_args *args,
							  struct rvirt_wire_iface_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, RVIRT_INTERFACE_DEFINE_VALIDATE,
				   "testInterfaceDefineXML") < 0 ||
		def_parse(def_kind_interface(), args->xml, args->flags ? DEF_VALIDATE : 0, &def) < 0 ||
		object_assign(&node->objects[TEST_INTERFACE], &def, 0, &o) < 0)
		return -1;
	return wire(o, &ret->iface);
}

/* A transaction keeps the interfaces as they were; those that come back are not active, as in
 * libvirt. */
int test_interface_change_begin(struct driver_conn *conn, const struct rvirt_wire_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testInterfaceChangeBegin") < 0)
		return -1;
	if (node->changing_interfaces)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "there is another transaction running.");
	if (object_copy_list(node->objects[TEST_INTERFACE], false, &node->kept_interfaces) < 0)
		return -1;
	node->changing_interfaces = true;
	return 0;
}

int test_interface_change_commit(struct driver_conn *conn, const struct rvirt_wire_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testInterfaceChangeCommit") < 0)
		return -1;
	if (!node->changing_interfaces)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "no transaction running, nothing to be committed.");
	object_free_list(&node->kept_interfaces);
	node->changing_interfaces = false;
	return 0;
}

int test_interface_change_rollback(struct driver_conn *conn,
								   const struct rvirt_wire_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testInterfaceChangeRollback") < 0)
		return -1;
	if (!node->changing_interfaces)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "no transaction running, nothing to rollback.");
	object_free_list(&node->objects[TEST_INTERFACE]);
	node->objects[TEST_INTERFACE] = steal(&node->kept_interfaces);
	node->changing_interfaces = false;
	return 0;
}
