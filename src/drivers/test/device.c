/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's devices.
 */
#include "config.h"
#include "drivers/test/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { DEVICES_MAX = 65536 };

/* The capabilities that can be asked for, in the order of their bits. */
static const char *const caps[] = {
	"system",      "pci",        "usb_device", "usb",     "net",    "scsi_host",
	"scsi_target", "scsi",       "storage",    "fc_host", "vports", "scsi_generic",
	"drm",         "mdev_types", "mdev",       "ccw",     "css",    "vdpa",
	"ap_card",     "ap_queue",   "ap_matrix",  "vpd"};
enum { N_CAPS = sizeof caps / sizeof caps[0] };
/* what a device is, rather than something that it can besides */
static const unsigned own_caps = ~(1u << 9 | 1u << 10 | 1u << 13 | 1u << 21);

static struct test_object *find(struct test_node *node, const char *name)
{
	struct test_object *o = test_object_by_name(node, TEST_DEVICE, name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", name);
	return o;
}

static bool has_cap(const struct test_object *o, const char *cap)
{
	for (int i = 0; cap && i < N_CAPS; i++)
		if (strcmp(caps[i], cap) == 0)
			return o->types >> i & 1;
	return !cap;
}

int test_node_num_of_devices(struct driver_conn *conn, const struct rvirt_wire_cap_flags_args *args,
							 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_flags(args->flags, 0, "testNodeNumOfDevices") < 0)
		return -1;
	TEST_OBJECT_EACH(o, node, TEST_DEVICE)
	{
		ret->num += has_cap(o, args->cap);
	}
	return 0;
}

int test_node_list_devices(struct driver_conn *conn,
						   const struct rvirt_wire_cap_maxnames_flags_args *args,
						   struct rvirt_wire_device_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_max(args->maxnames, DEVICES_MAX, "maxnames", "REMOTE_NODE_DEVICE_LIST_MAX") < 0 ||
		test_args_flags(args->flags, 0, "testNodeListDevices") < 0)
		return -1;
	if (!(ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names)))
		return error_oom();
	TEST_OBJECT_EACH(o, node, TEST_DEVICE)
	{
		if (ret->n_names == (unsigned)args->maxnames)
			break;
		if (has_cap(o, args->cap) && test_object_text(o->name, &ret->names[ret->n_names++]) < 0)
			return -1;
	}
	return 0;
}

int test_connect_list_all_node_devices(struct driver_conn *conn,
									   const struct rvirt_wire_need_results_flags_args *args,
									   struct rvirt_wire_devices_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_flags(args->flags, (1u << N_CAPS) - 1, "testConnectListAllNodeDevices") < 0)
		return -1;
	TEST_OBJECT_EACH(o, node, TEST_DEVICE)
	{
		ret->count += !args->flags || args->flags & o->types;
	}
	if (!args->need_results)
		return 0;
	if (!(ret->devices = calloc(ret->count + 1, sizeof *ret->devices)))
		return error_oom();
	TEST_OBJECT_EACH(o, node, TEST_DEVICE)
	{
		if ((!args->flags || args->flags & o->types) &&
			test_object_text(o->name, &ret->devices[ret->n_devices++].name) < 0)
			return -1;
	}
	return 0;
}

int test_node_device_lookup_by_name(struct driver_conn *conn,
									const struct rvirt_wire_name_args *args,
									struct rvirt_wire_dev_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->name);

	return o ? test_object_text(o->name, &ret->dev.name) : -1;
}

int test_node_device_get_xml_desc(struct driver_conn *conn,
								  const struct rvirt_wire_device_name_flags_args *args,
								  struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o;

	if (test_args_flags(args->flags, 0, "testNodeDeviceGetXMLDesc") < 0 ||
		!(o = find(node, args->name)))
		return -1;
	return test_object_text(o->xml, &ret->xml);
}

int test_node_device_get_parent(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								struct rvirt_wire_parent_name_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->name);

	if (!o)
		return -1;
	return o->detail ? test_object_text(o->detail, &ret->parent_name) : 0;
}

int test_node_device_num_of_caps(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o = find(node, args->name);

	if (!o)
		return -1;
	ret->num = __builtin_popcount(o->types & own_caps);
	return 0;
}

int test_node_device_list_caps(struct driver_conn *conn,
							   const struct rvirt_wire_name_maxnames_args *args,
							   struct rvirt_wire_device_names_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_object *o;

	if (test_args_max(args->maxnames, DEVICES_MAX, "maxnames", "REMOTE_NODE_DEVICE_CAPS_LIST_MAX") <
			0 ||
		!(o = find(node, args->name)))
		return -1;
	if (!(ret->names = calloc(N_CAPS, sizeof *ret->names)))
		return error_oom();
	for (int i = 0; i < N_CAPS && ret->n_names < (unsigned)args->maxnames; i++)
		if ((o->types & own_caps) >> i & 1 &&
			test_object_text(caps[i], &ret->names[ret->n_names++]) < 0)
			return -1;
	return 0;
}
