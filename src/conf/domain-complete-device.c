/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What devices get from the others around them: buses, addresses, units, ports, shared limits.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

static const char *default_bus(const struct node *disk, const char *name)
{
	static const char *const buses[][2] = {
		{"hd", "ide"}, {"sd", "scsi"}, {"vd", "virtio"}, {"xvd", "xen"}, {"ubd", "uml"}};

	if (is(disk, "device", "floppy"))
		return "fdc";
	for (size_t i = 0; name && i < 5; i++) {
		if (starts(name, buses[i][0]))
			return buses[i][1];
	}
	return "ide";
}

static struct node *drive_address(struct node *device, long long controller, long long bus,
								  long long unit)
{
	struct node *a = node_add(device, "address");

	if (!a || node_set(a, "type", "drive") < 0 ||
		node_setf(a, "controller", "%lld", controller) < 0 ||
		node_setf(a, "bus", "%lld", bus) < 0 || node_set(a, "target", "0") < 0 ||
		node_setf(a, "unit", "%lld", unit) < 0)
		return NULL;
	return a;
}

/* True if a SCSI device stands there: a disk, or a host device. */
static bool drive_is(const struct node *device, long long controller, long long bus,
					 long long target, long long unit)
{
	const struct node *a = node_child(device, "address");

	return is(a, "type", "drive") && node_attr_num(a, "controller", 0) == controller &&
		   node_attr_num(a, "bus", 0) == bus && node_attr_num(a, "target", 0) == target &&
		   node_attr_num(a, "unit", 0) == unit;
}

bool domain_is_scsi_hostdev(const struct node *n)
{
	return is(n, "mode", "subsystem") && is(n, "type", "scsi");
}

static int disk_address(struct node *devices, struct node *disk)
{
	const struct node *target = node_child(disk, "target");
	const char *name = domain_disk_name(disk), *bus = node_attr(target, "bus");
	int idx;

	if (node_child(disk, "address") || !name)
		return 0;
	if ((idx = domain_disk_index(name)) < 0)
		return refuse_xml("Unknown disk name '%s' and no address specified", name);
	if (strcmp(bus, "scsi") == 0) {
		NODE_EACH(h, devices, "hostdev")
		{
			if (domain_is_scsi_hostdev(h) && drive_is(h, idx / 7, 0, 0, idx % 7))
				return refuse_config("using disk target name '%s' conflicts with SCSI host device "
									 "address controller='%u' bus='%u' target='%u' unit='%u",
									 name, (unsigned)idx / 7, 0, 0, (unsigned)idx % 7);
		}
		return drive_address(disk, idx / 7, 0, idx % 7) ? 0 : -1;
	}
	if (strcmp(bus, "ide") == 0)
		return drive_address(disk, idx / 4, idx % 4 / 2, idx % 2) ? 0 : -1;
	if (strcmp(bus, "sata") == 0)
		return drive_address(disk, idx / 6, 0, idx % 6) ? 0 : -1;
	if (strcmp(bus, "fdc") == 0)
		return drive_address(disk, idx / 2, 0, idx % 2) ? 0 : -1;
	return 0;
}

static bool has_tuning(const struct node *iotune)
{
	for (const struct node *n = iotune ? iotune->children : NULL; n; n = n->next) {
		if (n->text && strcmp(node_name(n), "group_name") != 0)
			return true;
	}
	return false;
}

/* A group has the limits of its first member that has any. */
static int share_tuning(struct node *devices, struct node *disk)
{
	struct node *own = node_child(disk, "iotune"), *copy;
	const struct node *group = node_child(own, "group_name");

	if (!group || !group->text || has_tuning(own))
		return 0;
	NODE_EACH(d, devices, "disk")
	{
		const struct node *tune = node_child(d, "iotune"), *other = node_child(tune, "group_name");

		if (!has_tuning(tune) || !other || !same(other->text, group->text))
			continue;
		if (!(copy = node_copy(tune)))
			return -1;
		node_remove(own);
		node_insert(disk, copy, NULL);
		return 0;
	}
	return 0;
}

static int disk_source(struct node *disk)
{
	struct node *source = node_child(disk, "source");
	const char *name = node_attr(source, "name");

	if (is(disk, "type", "network") && is(source, "protocol", "iscsi") && name &&
		!strchr(name, '/'))
		return node_setf(source, "name", "%s/0", name);
	if (is(disk, "type", "nvme") && source && !node_attr(source, "managed"))
		return node_set(source, "managed", "yes");
	return 0;
}

static int complete_disk(struct node *devices, struct node *disk)
{
	struct node *target = node_need(disk, "target");
	const char *name = node_attr(target, "dev");
	bool readonly;

	if (!target)
		return -1;
	if (name && starts(name, "ioemu:") && node_setf(target, "dev", "%s", name + 6) < 0)
		return -1;
	name = node_attr(target, "dev");
	if (is(disk, "device", "cdrom") && !node_need(disk, "readonly"))
		return -1;
	readonly = node_child(disk, "readonly");
	if (!node_attr(target, "bus") && node_set(target, "bus", default_bus(disk, name)) < 0)
		return -1;
	if (disk_source(disk) < 0)
		return -1;
	if (is(disk, "type", "vhostuser") && !node_attr(disk, "snapshot") &&
		node_set(disk, "snapshot", "no") < 0)
		return -1;
	if (readonly && is(disk, "snapshot", "no"))
		node_set(disk, "snapshot", NULL);
	return disk_address(devices, disk) < 0 ? -1 : share_tuning(devices, disk);
}

/* Whether a kind of controller has that unit. */
static bool has_unit(const char *model, int unit)
{
	static const struct {
		const char *model;
		int max, reserved;
	} limits[] = {{"ibmvscsi", 31, 7},    {"lsisas1068", 1, -1},  {"lsilogic", 16383, 7},
				  {"vmpvscsi", 16383, 7}, {"buslogic", 16383, 7}, {"ncr53c90", 6, -1},
				  {"dc390", 6, -1},       {"am53c974", 6, -1}};

	for (size_t i = 0; model && i < sizeof limits / sizeof *limits; i++) {
		if (strcmp(limits[i].model, model) == 0)
			return unit <= limits[i].max && unit != limits[i].reserved;
	}
	return true;
}

/* The units of a SCSI controller that are taken, as bits. */
static unsigned taken_units(const struct node *devices, long long controller)
{
	unsigned taken = 0;

	for (const struct node *n = devices->children; n; n = n->next) {
		bool disk = strcmp(node_name(n), "disk") == 0 && is(node_child(n, "target"), "bus", "scsi");
		long long unit = node_attr_num(node_child(n, "address"), "unit", 0);

		if ((disk || (strcmp(node_name(n), "hostdev") == 0 && domain_is_scsi_hostdev(n))) &&
			unit < 7 && drive_is(n, controller, 0, 0, unit))
			taken |= 1u << unit;
	}
	return taken;
}

/* Where free units are looked for: units are never given back. */
struct scsi_place {
	long long controller; /* -1: none yet */
	unsigned units;       /* the free ones, as bits */
};

static struct node *scsi_address(struct node *devices, struct node *n, struct scsi_place *at)
{
	int unit = 0;

	while (!at->units) {
		const struct node *controller = domain_find_controller(devices, "scsi", ++at->controller);

		at->units = 0x7f & ~taken_units(devices, at->controller);
		for (int i = 0; i < 7; i++)
			at->units &= has_unit(node_attr(controller, "model"), i) ? ~0u : ~(1u << i);
	}
	while (!(at->units >> unit & 1))
		unit++;
	at->units &= ~(1u << unit);
	return drive_address(n, at->controller, 0, unit);
}

static int complete_hostdev(struct node *devices, struct node *n, struct scsi_place *at)
{
	const struct node *a = node_child(n, "address");
	struct node *source = node_child(n, "source");
	const char *name = node_attr(source, "name"), *model = node_attr(n, "model");

	if (is(n, "type", "mdev") && a &&
		((same(model, "vfio-pci") && !is(a, "type", "pci")) ||
		 (same(model, "vfio-ccw") && !is(a, "type", "ccw"))))
		return refuse_xml("Unsupported address type '%s' with mediated device model '%s'",
						  node_attr(a, "type"), model);
	if (!domain_is_scsi_hostdev(n))
		return 0;
	if (is(source, "protocol", "iscsi") && name && !strchr(name, '/') &&
		node_setf(source, "name", "%s/0", name) < 0)
		return -1;
	if (!a && !(a = scsi_address(devices, n, at)))
		return -1;
	NODE_EACH(d, devices, "disk")
	{
		long long ctl = node_attr_num(a, "controller", 0), bus = node_attr_num(a, "bus", 0);
		long long target = node_attr_num(a, "target", 0), unit = node_attr_num(a, "unit", 0);

		if (is(a, "type", "drive") && is(node_child(d, "target"), "bus", "scsi") &&
			drive_is(d, ctl, bus, target, unit))
			return refuse_xml("SCSI host address controller='%lld' bus='%lld' target='%lld' "
							  "unit='%lld' in use by a SCSI disk",
							  ctl, bus, target, unit);
	}
	return 0;
}

/* A port without number gets the next after the highest. */
static int complete_ports(struct node *devices, const char *name)
{
	long long highest = -1;

	NODE_EACH(n, devices, name)
	{
		long long port = (int)node_attr_num(node_child(n, "target"), "port", -1);

		highest = port > highest ? port : highest;
	}
	NODE_EACH(n, devices, name)
	{
		struct node *target = node_child(n, "target");

		if (!node_attr(target, "port") && node_setf(target, "port", "%lld", ++highest) < 0)
			return -1;
	}
	return 0;
}

static int complete_isa_serials(struct node *devices)
{
	bool used[4] = {false};
	int count = 0;

	NODE_EACH(n, devices, "serial")
	{
		const struct node *target = node_child(n, "target");
		long long port = node_attr_num(target, "port", -1);

		if (!is(target, "type", "isa-serial"))
			continue;
		if (count++ >= 4 || port >= 4)
			return refuse_internal("Maximum supported number of ISA serial ports is '%d'", 4);
		if (port >= 0 && used[port])
			return refuse_internal("target port '%lld' already allocated", port);
		if (port >= 0)
			used[port] = true;
	}
	NODE_EACH(n, devices, "serial")
	{
		struct node *target = node_child(n, "target");
		int port = 0;

		if (!is(target, "type", "isa-serial") || node_attr(target, "port"))
			continue;
		while (used[port])
			port++;
		used[port] = true;
		if (node_setf(target, "port", "%d", port) < 0)
			return -1;
	}
	return 0;
}

static int complete_consoles(struct node *devices)
{
	int port = 0;

	NODE_EACH(n, devices, "console")
	{
		struct node *target = node_child(n, "target");

		if (node_setf(target, "port", "%d", port++) < 0 ||
			(is(target, "type", "none") && node_set(target, "type", "serial") < 0))
			return -1;
	}
	return 0;
}

static int complete_small(struct conf *c, struct node *devices)
{
	NODE_EACH(n, devices, "serial")
	{
		if (is(node_child(n, "target"), "type", "isa-debug") && !domain_arch_is_x86(c))
			return refuse_config("isa-debug serial type only valid on x86 architecture");
	}
	NODE_EACH(n, devices, "filesystem")
	{
		if (!node_attr(n, "accessmode") && !node_attr(node_child(n, "source"), "socket") &&
			node_set(n, "accessmode", "passthrough") < 0)
			return -1;
	}
	NODE_EACH(n, devices, "memory")
	{
		if (is(n, "model", "virtio-pmem") && !node_attr(n, "access") &&
			node_set(n, "access", "shared") < 0)
			return -1;
	}
	NODE_EACH(n, devices, "vsock")
	{
		struct node *cid = node_need(n, "cid");

		if (!cid || (!node_attr(cid, "auto") &&
					 node_set(cid, "auto", node_attr(cid, "address") ? "no" : "yes") < 0))
			return -1;
	}
	NODE_EACH(n, devices, "controller")
	{
		if (node_attr(node_child(n, "driver"), "iothread") && !is(n, "model", "virtio-scsi") &&
			!is(n, "model", "virtio-transitional") && !is(n, "model", "virtio-non-transitional"))
			return refuse_xml("'iothread' attribute only supported for virtio scsi controllers");
	}
	return 0;
}

int domain_complete_devices(struct conf *c)
{
	struct node *devices = node_child(c->root, "devices");
	struct scsi_place at = {.controller = -1};

	if (complete_isa_serials(devices) < 0)
		return -1;
	NODE_EACH(d, devices, "disk")
	{
		if (complete_disk(devices, d) < 0)
			return -1;
	}
	NODE_EACH(d, devices, "disk")
	{
		const struct node *source = node_child(d, "source");

		if (node_attr(source, "fdgroup"))
			return refuse_config("driver does not support FD passing for disk '%s'",
								 domain_disk_name(d) ? domain_disk_name(d) : "(null)");
	}
	NODE_EACH(h, devices, "hostdev")
	{
		if (complete_hostdev(devices, h, &at) < 0)
			return -1;
	}
	if (complete_small(c, devices) < 0 || complete_ports(devices, "parallel") < 0 ||
		complete_ports(devices, "serial") < 0)
		return -1;
	return complete_consoles(devices);
}
