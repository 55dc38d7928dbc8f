/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's devices.
 */
#include "config.h"
#include "drivers/test/device.h"

#include "drivers/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/nodedev.h"

#include <string.h>

enum { DEVICES_MAX = 65536 };
enum { DEVICE_CREATED, DEVICE_DELETED };

/* The capabilities that can be asked for, in the order of their bits. */
static const char *const caps[] = {
	"system",      "pci",        "usb_device", "usb",     "net",    "scsi_host",
	"scsi_target", "scsi",       "storage",    "fc_host", "vports", "scsi_generic",
	"drm",         "mdev_types", "mdev",       "ccw",     "css",    "vdpa",
	"ap_card",     "ap_queue",   "ap_matrix",  "vpd"};
enum { VPORTS = 10, N_CAPS = sizeof caps / sizeof caps[0] };
/* what a device is, rather than something that it can besides */
static const unsigned own_caps = ~(1u << 9 | 1u << 10 | 1u << 13 | 1u << 21);

static struct object *find(struct test_node *node, const char *name)
{
	struct object *o = object_by_name(node->objects[TEST_DEVICE], name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", name);
	return o;
}

/* The bits of all capabilities below n. */
static unsigned types_of(const struct node *n)
{
	unsigned types = 0;

	NODE_EACH(c, n, "capability")
	{
		for (int i = 0; i < N_CAPS; i++)
			types |= node_attr_is(c, "type", caps[i]) ? 1u << i : 0;
		types |= node_attr_is(c, "type", "vport_ops") ? 1u << VPORTS : 0;
		types |= types_of(c);
	}
	return types;
}

static bool has_cap(const struct object *o, const char *cap)
{
	for (int i = 0; cap && i < N_CAPS; i++)
		if (strcmp(caps[i], cap) == 0)
			return types_of(o->def->root) >> i & 1;
	return !cap;
}

static bool has_any(const struct object *o, unsigned flags)
{
	return !flags || flags & types_of(o->def->root);
}

int test_node_num_of_devices(struct driver_conn *conn, const struct rvirt_wire_cap_flags_args *args,
							 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testNodeNumOfDevices") < 0)
		return -1;
	OBJECT_EACH(o, node->objects[TEST_DEVICE])
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

	if (args_max(args->maxnames, DEVICES_MAX, "maxnames", "REMOTE_NODE_DEVICE_LIST_MAX") < 0 ||
		args_flags(FROM_TEST, args->flags, 0, "testNodeListDevices") < 0)
		return -1;
	if (!(ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_DEVICE])
	{
		if (ret->n_names == (unsigned)args->maxnames)
			break;
		if (has_cap(o, args->cap) && object_text(o->name, &ret->names[ret->n_names++]) < 0)
			return -1;
	}
	return 0;
}

int test_connect_list_all_node_devices(struct driver_conn *conn,
									   const struct rvirt_wire_need_results_flags_args *args,
									   struct rvirt_wire_devices_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, (1u << N_CAPS) - 1, "testConnectListAllNodeDevices") < 0)
		return -1;
	OBJECT_EACH(o, node->objects[TEST_DEVICE])
	{
		ret->count += has_any(o, args->flags);
	}
	if (!args->need_results)
		return 0;
	if (!(ret->devices = calloc(ret->count + 1, sizeof *ret->devices)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_DEVICE])
	{
		if (has_any(o, args->flags) &&
			object_text(o->name, &ret->devices[ret->n_devices++].name) < 0)
			return -1;
	}
	return 0;
}

int test_node_device_lookup_by_name(struct driver_conn *conn,
									const struct rvirt_wire_name_args *args,
									struct rvirt_wire_dev_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);

	return o ? object_text(o->name, &ret->dev.name) : -1;
}

int test_node_device_get_xml_desc(struct driver_conn *conn,
								  const struct rvirt_wire_device_name_flags_args *args,
								  struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testNodeDeviceGetXMLDesc") < 0 ||
		!(o = find(node, args->name)))
		return -1;
	return (ret->xml = def_format(o->def, 0)) ? 0 : -1;
}

int test_node_device_get_parent(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								struct rvirt_wire_parent_name_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);
	const char *parent;

	if (!o)
		return -1;
	parent = def_text(o->def, "parent");
	return parent ? object_text(parent, &ret->parent_name) : 0;
}

int test_node_device_num_of_caps(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
								 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);

	if (!o)
		return -1;
	ret->num = __builtin_popcount(types_of(o->def->root) & own_caps);
	return 0;
}

int test_node_device_list_caps(struct driver_conn *conn,
							   const struct rvirt_wire_name_maxnames_args *args,
							   struct rvirt_wire_device_names_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_max(args->maxnames, DEVICES_MAX, "maxnames", "REMOTE_NODE_DEVICE_CAPS_LIST_MAX") < 0 ||
		!(o = find(node, args->name)))
		return -1;
	if (!(ret->names = calloc(N_CAPS, sizeof *ret->names)))
		return error_oom();
	for (int i = 0; i < N_CAPS && ret->n_names < (unsigned)args->maxnames; i++)
		if ((types_of(o->def->root) & own_caps) >> i & 1 &&
			object_text(caps[i], &ret->names[ret->n_names++]) < 0)
			return -1;
	return 0;
}

static void tell(struct test_node *node, const struct object *o, int event)
{
	struct rvirt_wire_node_device_event_lifecycle_msg m = {.event = event};

	if (node->hub.members && object_text(o->name, &m.dev.name) == 0)
		hub_tell(&node->hub, RVIRT_PROC_NODE_DEVICE_EVENT_LIFECYCLE, &m);
}

static const struct node *fc_host(const struct def *def)
{
	const struct node *found = NULL;

	NODE_EACH(c, def->root, "capability")
	{
		NODE_EACH(n, c, "capability")
		found = !found && node_attr_is(n, "type", "fc_host") ? n : found;
	}
	return found;
}

static const char *fc_text(const struct def *def, const char *name)
{
	const struct node *n = node_child(fc_host(def), name);

	return n ? n->text : NULL;
}

static bool says(const struct node *parent, const char *attr, const struct def *def,
				 const char *name)
{
	const char *wanted = node_attr(parent, attr), *have = fc_text(def, name);

	return wanted && have && strcmp(wanted, have) == 0;
}

/* Which device a new one shall be below: by its name, or by its numbers. */
static struct object *find_parent(struct test_node *node, const struct def *def)
{
	const struct node *parent = node_child(def->root, "parent");
	bool numbers = node_attr(parent, "wwnn"), fabric = node_attr(parent, "fabric_wwn");
	struct object *o = NULL;

	OBJECT_EACH(d, node->objects[TEST_DEVICE])
	{
		if (o)
			break;
		if (parent && parent->text ? strcmp(d->name, parent->text) == 0
			: numbers ? says(parent, "wwnn", d->def, "wwnn") && says(parent, "wwpn", d->def, "wwpn")
			: fabric  ? says(parent, "fabric_wwn", d->def, "fabric_wwn")
					  : false)
			o = d;
	}
	if (o && has_cap(o, "vports"))
		return o;
	if (o)
		error_set(FROM_NODEDEV, ERR_INTERNAL_ERROR,
				  "Parent device %s is not capable of vport operations", o->name);
	else if ((parent && parent->text) || numbers || fabric)
		error_set(FROM_NODEDEV, ERR_INTERNAL_ERROR, "Could not find parent device for '%s'",
				  def_name(def));
	else
		error_set(FROM_NODEDEV, ERR_INTERNAL_ERROR, "Could not find any vport capable device");
	return NULL;
}

static int set_fc(struct def *def, const char *name, const char *value)
{
	struct node *n = node_child(fc_host(def), name);

	return n && value ? node_set_text(n, value) : 0;
}

/* It is the only device that can be made, after a given one. */
static const char vport[] = "scsi_host12";

struct object *test_device_make_vport(struct test_node *node, const char *wwnn, const char *wwpn)
{
	const struct object *model = find(node, "scsi_host11");
	CLEANUP(cleanup_def) struct def *def = model ? def_copy(model->def) : NULL;
	struct object *o;

	if (!def || node_set_text(node_child(def->root, "name"), vport) < 0 ||
		set_fc(def, "wwnn", wwnn) < 0 || set_fc(def, "wwpn", wwpn) < 0 ||
		object_assign(&node->objects[TEST_DEVICE], &def, 0, &o) < 0)
		return NULL;
	o->active = true;
	tell(node, o, DEVICE_CREATED);
	return o;
}

static void drop(struct test_node *node, struct object *o)
{
	tell(node, o, DEVICE_DELETED);
	object_remove(&node->objects[TEST_DEVICE], o);
}

int test_device_drop_vport(struct test_node *node)
{
	struct object *o = find(node, vport);

	if (!o)
		return -1;
	drop(node, o);
	return 0;
}

int test_node_device_create_xml(struct driver_conn *conn,
								const struct rvirt_wire_xml_desc_flags_args *args,
								struct rvirt_wire_dev_ret *ret)
{
	TEST_LOCKED(node, conn);
	CLEANUP(cleanup_def) struct def *wanted = NULL;
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, RVIRT_NODE_DEVICE_CREATE_XML_VALIDATE,
				   "testNodeDeviceCreateXML") < 0 ||
		nodedev_parse_new(args->xml_desc, args->flags ? DEF_VALIDATE : 0, &wanted) < 0)
		return -1;
	if (!fc_host(wanted))
		return error_set(FROM_NODEDEV, ERR_INTERNAL_ERROR, "Device is not a fibre channel HBA");
	if (!find_parent(node, wanted) ||
		!(o = test_device_make_vport(node, fc_text(wanted, "wwnn"), fc_text(wanted, "wwpn"))))
		return -1;
	return object_text(o->name, &ret->dev.name);
}

int test_node_device_destroy(struct driver_conn *conn, const struct rvirt_wire_name_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->name);

	if (!o)
		return -1;
	/* as in libvirt: what can't be destroyed stays, and nobody is told */
	if (fc_host(o->def))
		drop(node, o);
	return 0;
}
