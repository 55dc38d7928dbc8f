/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's own network interfaces.
 */
#include "config.h"
#include "drivers/test/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>
#include <strings.h>

static struct test_object *find(struct test_node *node, const char *name)
{
	struct test_object *o = test_object_by_name(node, TEST_INTERFACE, name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_INTERFACE, "no interface with matching name '%s'", name);
	return o;
}

static int wire(const struct test_object *o, struct rvirt_wire_interface *ret)
{
	if (test_object_text(o->name, &ret->name) < 0)
		return -1;
	return test_object_text(o->detail ? o->detail : "", &ret->mac);
}

int test_connect_num_of_interfaces(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = test_object_count(node, TEST_INTERFACE, TEST_OBJECT_ACTIVE);
	return 0;
}

int test_connect_num_of_defined_interfaces(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = test_object_count(node, TEST_INTERFACE, TEST_OBJECT_INACTIVE);
	return 0;
}

int test_connect_list_interfaces(struct driver_conn *conn,
								 const struct rvirt_wire_maxnames_args *args,
								 struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return test_object_names(node, TEST_INTERFACE, TEST_OBJECT_ACTIVE, args->maxnames,
							 "REMOTE_INTERFACE_LIST_MAX", ret);
}

int test_connect_list_defined_interfaces(struct driver_conn *conn,
										 const struct rvirt_wire_maxnames_args *args,
										 struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return test_object_names(node, TEST_INTERFACE, TEST_OBJECT_INACTIVE, args->maxnames,
							 "REMOTE_INTERFACE_LIST_MAX", ret);
}

int test_connect_list_all_interfaces(struct driver_conn *conn,
									 const struct rvirt_wire_need_results_flags_args *args,
									 struct rvirt_wire_ifaces_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_flags(args->flags, TEST_OBJECT_ACTIVE | TEST_OBJECT_INACTIVE,
						"testConnectListAllInterfaces") < 0)
		return -1;
	ret->count = (uint32_t)test_object_count(node, TEST_INTERFACE, args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->ifaces = calloc(ret->count + 1, sizeof *ret->ifaces)))
		return error_oom();
	TEST_OBJECT_EACH(o, node, TEST_INTERFACE)
	{
		if (test_object_matches(o, args->flags) && wire(o, &ret->ifaces[ret->n_ifaces++]) < 0)
			return -1;
	}
	return 0;
}

int test_interface_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								  struct rvirt_wire_iface_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->name);

	return o ? wire(o, &ret->iface) : -1;
}

int test_interface_lookup_by_mac_string(struct driver_conn *conn,
										const struct rvirt_wire_mac_args *args,
										struct rvirt_wire_iface_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *found = NULL;

	TEST_OBJECT_EACH(o, node, TEST_INTERFACE)
	{
		if (!o->detail || strcasecmp(o->detail, args->mac) != 0)
			continue;
		if (found)
			return error_set(FROM_TEST, ERR_MULTIPLE_INTERFACES, NULL);
		found = o;
	}
	if (!found)
		return error_set(FROM_TEST, ERR_NO_INTERFACE, "no interface with matching mac '%s'",
						 args->mac);
	return wire(found, &ret->iface);
}

int test_interface_get_xml_desc(struct driver_conn *conn,
								const struct rvirt_wire_iface_flags_args *args,
								struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o;

	if (test_args_flags(args->flags, 0, "testInterfaceGetXMLDesc") < 0 ||
		!(o = find(node, args->iface.name)))
		return -1;
	return test_object_text(o->xml, &ret->xml);
}

int test_interface_is_active(struct driver_conn *conn, const struct rvirt_wire_iface_args *args,
							 struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->iface.name);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

static int set_active(struct driver_conn *conn, const struct rvirt_wire_iface_flags_args *args,
					  bool active, const char *function)
{
	TEST_LOCKED(node, conn);
	struct test_object *o;

	if (test_args_flags(args->flags, 0, function) < 0 || !(o = find(node, args->iface.name)))
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
	struct test_object *o = find(node, args->iface.name);

	if (!o)
		return -1;
	test_object_remove(node, TEST_INTERFACE, o);
	return 0;
}
