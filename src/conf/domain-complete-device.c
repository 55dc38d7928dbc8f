/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What devices get from the others around them: places in their lists, buses, addresses,
 * controllers, ports, consoles.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

static bool is(const struct node *n, const char *name, const char *value)
{
	return node_attr_is(n, name, value);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "sda" is 0, "sdb" 1, "sdaa" 26; digits may follow. -1 if it is no name of a disk. */
int domain_disk_index(const char *name)
{
	static const char *const prefixes[] = {"fd", "hd", "vd", "sd", "xvd", "ubd"};
	const char *p = NULL;
	long idx = 0;

	for (size_t i = 0; !p && i < sizeof prefixes / sizeof *prefixes; i++)
		p = starts(name, prefixes[i]) ? name + strlen(prefixes[i]) : NULL;
	if (!p || !islower((unsigned char)*p))
		return -1;
	for (bool first = true; islower((unsigned char)*p) && idx < 1 << 24; p++, first = false)
		idx = (first ? 0 : (idx + 1) * 26) + (*p - 'a');
	return p[strspn(p, "0123456789")] ? -1 : (int)idx;
}

static const char *disk_name(const struct node *disk)
{
	return node_attr(node_child(disk, "target"), "dev");
}

/* Moves every node of that name, in turn, to the place that the function gives among the earlier
 * ones (NULL: after them). */
static void arrange(struct node *parent, const char *name,
					struct node *(*place)(const struct node *first, const struct node *n))
{
	struct node *next;

	for (struct node *n = node_child(parent, name); n; n = next) {
		struct node *before = place(node_child(parent, name), n);

		next = node_next(n);
		if (before && before != n) {
			node_unlink(n);
			node_insert(parent, n, before);
		}
	}
}

/* Disks of a bus stand together, by the number in their name. */
static struct node *disk_place(const struct node *first, const struct node *n)
{
	const char *bus = node_attr(node_child(n, "target"), "bus"), *name = disk_name(n);
	struct node *at = NULL;
	bool last = false;

	for (const struct node *d = first; d != n; d = node_next(d)) {
		const char *other = disk_name(d);

		if (!same(node_attr(node_child(d, "target"), "bus"), bus))
			continue;
		if (name && other && domain_disk_index(other) > domain_disk_index(name)) {
			if (!at || last)
				return (struct node *)(uintptr_t)d;
		} else {
			at = node_next(d);
			last = true;
		}
	}
	return at;
}

static struct node *controller_place(const struct node *first, const struct node *n)
{
	long long index = node_attr_num(n, "index", -1);
	struct node *after = NULL;

	for (const struct node *o = first; o != n; o = node_next(o)) {
		long long other = node_attr_num(o, "index", -1);

		if (!is(o, "type", node_attr(n, "type")))
			continue;
		if (index != -1 && (other > index || (other == index && !node_child(n, "master") &&
											  node_child(o, "master"))))
			return (struct node *)(uintptr_t)o;
		after = node_next(o);
	}
	return after;
}

static struct node *find_controller(const struct node *devices, const char *type, long long index)
{
	NODE_EACH(o, devices, "controller")
	{
		if (is(o, "type", type) && node_attr_num(o, "index", -1) == index)
			return o;
	}
	return NULL;
}

static struct node *add_controller(struct node *devices, const char *type, long long index,
								   const char *model)
{
	struct node *n = find_controller(devices, type, index);

	if (n)
		return n;
	n = node_add(devices, "controller");
	if (!n || node_set(n, "type", type) < 0 || node_setf(n, "index", "%lld", index) < 0 ||
		node_set(n, "model", model) < 0)
		return NULL;
	return n;
}

/* As many controllers as the highest number asks for; a domain has no use for more than a few. */
static int add_controllers(struct node *devices, const char *type, long long most,
						   const char *model)
{
	if (most >= FORMAT_LIST_MAX)
		return refuse_config("more than %d %s controllers", FORMAT_LIST_MAX, type);
	for (long long i = 0; i <= most; i++) {
		if (!add_controller(devices, type, i, model))
			return -1;
	}
	return 0;
}

static bool is_usb2(const struct node *n)
{
	return is(n, "type", "usb") && (is(n, "model", "ich9-ehci1") || is(n, "model", "ich9-uhci1") ||
									is(n, "model", "ich9-uhci2") || is(n, "model", "ich9-uhci3"));
}

/* Companions of a USB 2 controller share the number of the one before them. */
static long long companion_index(struct node *devices, const struct node *n)
{
	const struct node *before = NULL;

	for (const struct node *o = node_child(devices, "controller"); o != n; o = node_next(o))
		before = is(o, "type", "usb") ? o : before;
	if (!before || !is_usb2(before))
		return -1;
	NODE_EACH(o, devices, "controller")
	{
		if (o != n && is(o, "type", "usb") && is(o, "index", node_attr(before, "index")) &&
			same(node_attr(o, "model"), node_attr(n, "model")))
			return -1;
	}
	return node_attr_num(before, "index", -1);
}

static int free_index(const struct node *devices, const char *type)
{
	struct bits used = {{0}};
	int index = 0;

	NODE_EACH(o, devices, "controller")
	{
		long long at = node_attr_num(o, "index", -1);

		if (is(o, "type", type) && at >= 0 && at < VALUE_SET_MAX)
			bits_put(&used, (int)at, true);
	}
	while (bits_has(&used, index))
		index++;
	return index;
}

int domain_complete_controllers(struct conf *c)
{
	struct node *devices = node_child(c->root, "devices");

	arrange(devices, "disk", disk_place);
	arrange(devices, "controller", controller_place);
	NODE_EACH(n, devices, "controller")
	{
		long long index = is_usb2(n) ? companion_index(devices, n) : -1;

		if (node_attr(n, "index"))
			continue;
		if (index < 0)
			index = free_index(devices, node_attr(n, "type"));
		if (node_setf(n, "index", "%lld", index) < 0)
			return -1;
	}
	return 0;
}

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

static bool is_scsi_hostdev(const struct node *n)
{
	return is(n, "mode", "subsystem") && is(n, "type", "scsi");
}

static int disk_address(struct node *devices, struct node *disk)
{
	const struct node *target = node_child(disk, "target");
	const char *name = disk_name(disk), *bus = node_attr(target, "bus");
	int idx;

	if (node_child(disk, "address") || !name)
		return 0;
	if ((idx = domain_disk_index(name)) < 0)
		return refuse_xml("Unknown disk name '%s' and no address specified", name);
	if (strcmp(bus, "scsi") == 0) {
		NODE_EACH(h, devices, "hostdev")
		{
			if (is_scsi_hostdev(h) && drive_is(h, idx / 7, 0, 0, idx % 7))
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

		if ((disk || (strcmp(node_name(n), "hostdev") == 0 && is_scsi_hostdev(n))) && unit < 7 &&
			drive_is(n, controller, 0, 0, unit))
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
		const struct node *controller = find_controller(devices, "scsi", ++at->controller);

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
	if (!is_scsi_hostdev(n))
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
								 disk_name(d) ? disk_name(d) : "(null)");
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

/* The first console of a full virtual machine is the first serial port, seen from outside: it is
 * written as that port is. */
static int alias_console(struct node *console, const struct node *serial)
{
	struct node *next, *copy;

	for (struct node *n = console->children; n; n = next) {
		next = n->next;
		if (strcmp(node_name(n), "target") != 0)
			node_remove(n);
	}
	for (const struct node *n = serial->children; n; n = n->next) {
		if (strcmp(node_name(n), "target") == 0)
			continue;
		if (!(copy = node_copy(n)))
			return -1;
		node_insert(console, copy, NULL);
	}
	if (node_set(console, "type", node_attr(serial, "type")) < 0)
		return -1;
	return node_set(node_child(console, "target"), "port",
					node_attr(node_child(serial, "target"), "port"));
}

static struct node *new_console(struct node *devices)
{
	struct node *n = node_add(devices, "console"), *target = n ? node_need(n, "target") : NULL;
	struct node *first = node_child(devices, "console");

	if (!target || node_set(target, "type", "serial") < 0)
		return NULL;
	if (first != n) {
		node_unlink(n);
		node_insert(devices, n, first);
	}
	return n;
}

static struct node *serial_of(struct node *devices, const struct node *console)
{
	struct node *n = node_add(devices, "serial"), *target;

	if (!n || node_set(n, "type", node_attr(console, "type")) < 0)
		return NULL;
	for (const struct node *s = console->children; s; s = s->next) {
		struct node *copy;

		if (strcmp(node_name(s), "target") == 0)
			continue;
		if (!(copy = node_copy(s)))
			return NULL;
		node_insert(n, copy, NULL);
	}
	target = node_need(n, "target");
	return target && node_set(target, "port", "0") == 0 ? n : NULL;
}

static bool has_console(const struct node *serial)
{
	const char *type = node_attr(node_child(serial, "target"), "type");

	return !type || (strcmp(type, "usb-serial") != 0 && strcmp(type, "pci-serial") != 0 &&
					 strcmp(type, "isa-debug") != 0);
}

static int complete_console(struct conf *c, struct node *devices)
{
	struct node *console = node_child(devices, "console"), *serial = node_child(devices, "serial");
	bool is_serial = is(node_child(console, "target"), "type", "serial");

	for (const struct node *n = console ? node_next(console) : NULL; n; n = node_next(n)) {
		if (is(node_child(n, "target"), "type", "serial"))
			return refuse_config("Only the first console can be a serial port");
	}
	if (!domain_os_is(c, "hvm"))
		return 0;
	if (is_serial && !serial && !(serial = serial_of(devices, console)))
		return -1;
	if (!is_serial && (!serial || !has_console(serial)))
		return 0;
	if (!is_serial && !(console = new_console(devices)))
		return -1;
	return alias_console(console, serial);
}

static int add_for_disks(struct node *devices, const char *bus)
{
	long long most = -1;

	NODE_EACH(d, devices, "disk")
	{
		const struct node *a = node_child(d, "address");
		long long i = node_attr_num(a, "controller", 0);

		if (is(node_child(d, "target"), "bus", bus) && is(a, "type", "drive"))
			most = i > most ? i : most;
	}
	return add_controllers(devices, bus, most, NULL);
}

static int add_virtio_serial(struct node *devices, const char *name)
{
	NODE_EACH(n, devices, name)
	{
		const struct node *a = node_child(n, "address");
		long long index = is(a, "type", "virtio-serial") ? node_attr_num(a, "controller", 0) : 0;

		if (is(node_child(n, "target"), "type", "virtio") &&
			!add_controller(devices, "virtio-serial", index, NULL))
			return -1;
	}
	return 0;
}

static int add_ccid(struct node *devices)
{
	NODE_EACH(n, devices, "smartcard")
	{
		struct node *a = node_child(n, "address");
		long long highest = -1;

		if (!a) {
			NODE_EACH(o, devices, "smartcard")
			{
				const struct node *other = node_child(o, "address");
				long long slot = node_attr_num(other, "slot", -1);

				if (is(other, "type", "ccid") && is(other, "controller", "0"))
					highest = slot > highest ? slot : highest;
			}
			a = node_add(n, "address");
			if (!a || node_set(a, "type", "ccid") < 0 || node_set(a, "controller", "0") < 0 ||
				node_setf(a, "slot", "%lld", highest + 1) < 0)
				return -1;
		}
		if (!add_controller(devices, "ccid",
							is(a, "type", "ccid") ? node_attr_num(a, "controller", 0) : 0, NULL))
			return -1;
	}
	return 0;
}

static int add_for_hostdevs(struct node *devices)
{
	const char *model = NULL;
	long long most = -1;

	NODE_EACH(h, devices, "hostdev")
	{
		const struct node *a = node_child(h, "address");
		long long i = node_attr_num(a, "controller", 0);

		if (!is_scsi_hostdev(h) || i <= most)
			continue;
		most = i;
		if (node_attr(find_controller(devices, "scsi", i), "model"))
			model = node_attr(find_controller(devices, "scsi", i), "model");
	}
	return add_controllers(devices, "scsi", most, model);
}

int domain_complete_implicit(struct conf *c)
{
	static const char *const buses[] = {"scsi", "fdc", "ide", "sata"};
	struct node *devices = node_child(c->root, "devices");

	if (complete_console(c, devices) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		if (add_for_disks(devices, buses[i]) < 0)
			return -1;
	}
	if (add_virtio_serial(devices, "channel") < 0 || add_virtio_serial(devices, "console") < 0 ||
		add_ccid(devices) < 0)
		return -1;
	return add_for_hostdevs(devices);
}
