/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names by which QEMU knows the devices of a running domain.
 */
#include "config.h"
#include "drivers/qemu/alias.h"

#include <stdio.h>

#include "conf/format.h"
#include "drivers/qemu/device.h"

enum { ALIAS_LEN = 64 };

/* Elements whose devices are numbered. */
static const char *const numbered[][2] = {
	{"interface", "net"},     {"serial", "serial"},   {"parallel", "parallel"},
	{"channel", "channel"},   {"console", "console"}, {"input", "input"},
	{"video", "video"},       {"sound", "sound"},     {"rng", "rng"},
	{"watchdog", "watchdog"}, {"tpm", "tpm"},         {"hub", "hub"},
	{"hostdev", "hostdev"},   {"redirdev", "redir"},  {"smartcard", "smartcard"},
	{"vsock", "vsock"},       {"filesystem", "fs"},   {"memballoon", "balloon"},
	{"iommu", "iommu"},       {"shmem", "shmem"}};

const char *qemu_alias(const struct node *device)
{
	const char *name = child_attr(device, "alias", "name");

	return name ? name : "";
}

struct node *qemu_alias_find(const struct domain_def *def, const char *alias)
{
	const struct node *devices = node_child(def->root, "devices");

	for (struct node *n = devices->children; n; n = n->next)
		if (strcmp(qemu_alias(n), alias) == 0)
			return n;
	return NULL;
}

static int set(struct node *device, const char *name)
{
	struct node *alias = node_need(device, "alias");

	if (!alias || node_set(alias, "name", name) < 0)
		return -1;
	alias->show = SHOW_LIVE;
	return 0;
}

/* "vda" is 0, "vdb" 1, "sdaa" 26. */
static unsigned disk_number(const char *name)
{
	size_t len = name ? strcspn(name, "abcdefghijklmnopqrstuvwxyz") : 0;
	unsigned n = 0;

	if (!name)
		return 0;
	name += len + (starts(name + len, "xvd") || starts(name + len, "ubd") ? 3 : 2);
	for (bool first = true; *name >= 'a' && *name <= 'z' && n < 1u << 20; name++, first = false)
		n = (first ? 0 : (n + 1) * 26) + (unsigned)(*name - 'a');
	return n;
}

static void name_disk(const struct node *devices, const struct node *n, char name[ALIAS_LEN])
{
	const char *bus = child_attr(n, "target", "bus");
	const struct node *a = node_child(n, "address");
	long long controller = node_attr_num(a, "controller", 0), unit = node_attr_num(a, "unit", 0);
	long long own = node_attr_num(a, "bus", 0), target = node_attr_num(a, "target", 0);

	if (text_is(bus, "virtio") || text_is(bus, "usb")) {
		snprintf(name, ALIAS_LEN, "%s-disk%u", bus, disk_number(child_attr(n, "target", "dev")));
	} else if (text_is(bus, "scsi") &&
			   !is(qemu_controller(devices, "scsi", controller), "model", "lsilogic")) {
		snprintf(name, ALIAS_LEN, "scsi%lld-%lld-%lld-%lld", controller, own, target, unit);
	} else {
		snprintf(name, ALIAS_LEN, "%s%lld-%lld-%lld", bus ? bus : "disk", controller, own, unit);
	}
}

static void name_controller(const struct node *root, const struct node *n, char name[ALIAS_LEN])
{
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	long long index = node_attr_num(n, "index", 0);
	enum qemu_board board = qemu_board_of(root);

	if (text_is(type, "pci") && index == 0 && text_is(model, "pcie-root"))
		snprintf(name, ALIAS_LEN, "pcie.0");
	else if (text_is(type, "pci"))
		snprintf(name, ALIAS_LEN, "pci.%lld", index);
	else if (text_is(type, "usb") && index == 0)
		snprintf(name, ALIAS_LEN, "usb");
	else if ((text_is(type, "ide") && index == 0) ||
			 (text_is(type, "sata") && index == 0 && board == BOARD_Q35))
		snprintf(name, ALIAS_LEN, "ide");
	else
		snprintf(name, ALIAS_LEN, "%s%lld", type, index);
}

/* The lowest number that no other device has. */
static void name_numbered(const struct domain_def *def, const char *prefix, char name[ALIAS_LEN])
{
	unsigned number = 0;

	do
		snprintf(name, ALIAS_LEN, "%s%u", prefix, number++);
	while (qemu_alias_find(def, name));
}

/* The first console may be the first serial port. */
static bool is_first_serial(const struct domain_def *def, const struct node *n)
{
	return is_called(n, "console") && child_is(n, "target", "type", "serial") &&
		   node_child(def->root, "devices/serial");
}

int qemu_alias_one(struct domain_def *def, struct node *n)
{
	const struct node *devices = node_child(def->root, "devices");
	char name[ALIAS_LEN] = "";

	if (*qemu_alias(n)) {
		return 0;
	} else if (is_first_serial(def, n)) {
		snprintf(name, sizeof name, "%s", qemu_alias(node_child(devices, "serial")));
	} else if (is_called(n, "disk")) {
		name_disk(devices, n, name);
	} else if (is_called(n, "controller")) {
		name_controller(def->root, n, name);
	} else if (is_called(n, "memory")) {
		if (has_address(n, "dimm"))
			snprintf(name, sizeof name, "%s%lld", node_attr(n, "model"),
					 node_attr_num(node_child(n, "address"), "slot", 0));
		else
			name_numbered(def, "mem", name);
	} else if (is_called(n, "console")) {
		/* its number is its place, where the serial port counts */
		unsigned place = 0;

		for (const struct node *o = node_child(devices, "console"); o != n; o = node_next(o))
			place++;
		snprintf(name, sizeof name, "console%u", place);
	} else {
		for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++)
			if (is_called(n, numbered[i][0]))
				name_numbered(def, numbered[i][1], name);
	}
	return *name && format_find(n->row, ROW_ELEMENT, "alias", n, &(int){0}) ? set(n, name) : 0;
}

int qemu_alias_all(struct domain_def *def)
{
	const struct node *devices = node_child(def->root, "devices");

	NODE_EACH(n, devices, "serial")
	{
		if (qemu_alias_one(def, n) < 0)
			return -1;
	}
	for (struct node *n = devices->children; n; n = n->next)
		if (qemu_alias_one(def, n) < 0)
			return -1;
	return 0;
}
