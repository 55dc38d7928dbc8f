/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of single devices: disks, file systems, input, sound, memory …; storage sources,
 * interfaces, host devices and character devices have files of their own.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

int rule_disk_driver(struct conf *c, struct node *n)
{
	(void)c;
	if (is(n, "rerror_policy", "enospace"))
		return refuse_config("Invalid disk read error policy: 'enospace'");
	return is(n, "type", "aio") ? node_set(n, "type", "raw") : 0;
}

int rule_geometry(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr_num(n, "cyls", 0) || !node_attr_num(n, "heads", 0) ||
		!node_attr_num(n, "secs", 0))
		n->show |= SHOW_NEVER;
	return 0;
}

/* Credentials stand in the disk or in its source, not in both; a disk without source is a file. */
int rule_disk(struct conf *c, struct node *n)
{
	struct node *source = node_child(n, "source");

	(void)c;
	if (!source && node_set(n, "type", "file") < 0)
		return -1;
	if (node_child(n, "auth") && node_child(source, "auth"))
		return refuse_config("an <auth> definition already found for disk source");
	if (node_child(n, "encryption") && node_child(source, "encryption"))
		return refuse_config("an <encryption> definition already found for disk source");
	if (is(n, "type", "volume") && node_child(source, "auth"))
		node_child(source, "auth")->show |= SHOW_NEVER;
	if (is(n, "type", "network") && source)
		node_show(source, "startupPolicy", SHOW_NEVER);
	return 0;
}

int rule_filesystem(struct conf *c, struct node *n)
{
	static const char *const paths[] = {"dir", "dev", "file", "name"};
	struct node *source = node_child(n, "source");
	const char *target = node_attr(node_child(n, "target"), "dir"), *usage, *units;
	bool ram = is(n, "type", "ram"), volume = is(n, "type", "volume"), path = false;
	unsigned long long bytes;

	(void)c;
	if (node_attr_num(n, "fmode", 0) > 0777)
		return refuse_xml("invalid fmode: '%s'", node_attr(n, "fmode"));
	if (node_attr_num(n, "dmode", 0) > 0777)
		return refuse_xml("invalid dmode: '%s'", node_attr(n, "dmode"));
	for (size_t i = 0; i < 4; i++)
		path = path || node_attr(source, paths[i]);
	if (!ram && !volume && !path && !node_attr(source, "socket"))
		return target ? error_set(FROM_DOMAIN, ERR_NO_SOURCE, "%s", target)
					  : error_set(FROM_DOMAIN, ERR_NO_SOURCE, NULL);
	if (volume) {
		const char *pool = node_attr(source, "pool"), *name = node_attr(source, "volume");
		const char *mode = node_attr(source, "mode");

		if ((pool || name) && !(pool && name))
			return refuse_xml(
				"'pool' and 'volume' must be specified together for 'pool' type source");
		if (pool && mode && strcmp(mode, "host") != 0 && strcmp(mode, "direct") != 0)
			return refuse_config("unknown source mode '%s' for volume type disk", mode);
		if (source)
			node_set(source, "mode", NULL);
	}
	if (ram) {
		usage = node_attr(source, "usage");
		units = node_attr(source, "units");
		if (!usage)
			return refuse_xml("missing 'usage' attribute for RAM filesystem");
		if (value_parse_ull(usage, 10, &bytes) < 0)
			return refuse_xml("cannot parse usage '%s' for RAM filesystem", usage);
		if (value_scale(&bytes, units, 1024, ULLONG_MAX) < 0)
			return -1;
		node_set(source, "socket", NULL);
		return node_setf(source, "usage", "%llu", bytes / 1024) < 0
				   ? -1
				   : node_set(source, "units", "KiB");
	}
	if ((is(n, "type", "mount") || is(n, "type", "bind")) && node_attr(source, "socket"))
		return node_set(source, "dir", NULL);
	return source ? node_set(source, "socket", NULL) : 0;
}

int rule_input_source(struct conf *c, struct node *n)
{
	bool needs = is(n->parent, "type", "passthrough") || is(n->parent, "type", "evdev");

	(void)c;
	if (needs && !node_attr(n, "evdev") && !node_attr(n, "dev"))
		return refuse_xml("Missing evdev path for input device");
	return 0;
}

static const char *input_bus(const struct conf *c, const struct node *n)
{
	const char *arch = node_attr(node_child(c->root, "os/type"), "arch");
	bool vz = is(c->root, "type", "vz") || is(c->root, "type", "parallels");

	if (domain_os_is(c, "hvm")) {
		if ((is(n, "type", "mouse") || is(n, "type", "keyboard")) && domain_arch_is_x86(c))
			return "ps2";
		if (strncmp(arch, "s390", 4) == 0 || is(n, "type", "passthrough"))
			return "virtio";
		return is(n, "type", "evdev") ? NULL : "usb";
	}
	if (domain_os_is(c, "xen") || domain_os_is(c, "xenpvh") ||
		(domain_os_is(c, "linux") && is(c->root, "type", "xen")))
		return "xen";
	return vz ? "parallels" : "ps2";
}

int rule_input(struct conf *c, struct node *n)
{
	const struct node *address = node_child(n, "address");
	bool none = is(n, "bus", "none");

	if (!node_attr(n, "bus") && node_set(n, "bus", input_bus(c, n)) < 0)
		return -1;
	if (none)
		node_set(n, "bus", NULL);
	if (is(n, "bus", "usb") && node_attr(address, "type") && !is(address, "type", "usb"))
		return refuse_xml("Invalid address for a USB device");
	if (is(n, "type", "keyboard") && (is(n, "bus", "ps2") || is(n, "bus", "xen")))
		n->show |= SHOW_NOMIG;
	return 0;
}

int rule_tpm_backend(struct conf *c, struct node *n)
{
	struct node *source = node_child(n, "source");

	(void)c;
	if (is(n, "type", "external") && !source)
		return refuse_xml("missing external TPM backend type");
	return 0;
}

int rule_audio_io(struct conf *c, struct node *n)
{
	bool fixed = is(n, "fixedSettings", "yes");

	(void)c;
	if (fixed && !is(n, "mixingEngine", "yes"))
		return refuse_config("fixed audio settings requires mixing engine");
	if (node_child(n, "settings") && !fixed)
		return refuse_config("audio settings specified without fixed settings flag");
	return fixed && !node_need(n, "settings") ? -1 : 0;
}

int rule_acceleration(struct conf *c, struct node *n)
{
	(void)c;
	if (!n->nattrs)
		return refuse_config("missing values for acceleration");
	return 0;
}

int rule_stats(struct conf *c, struct node *n)
{
	(void)c;
	return node_attr_num(n, "period", 0) <= 0 ? node_set(n, "period", NULL) : 0;
}

int rule_shmem_size(struct conf *c, struct node *n)
{
	(void)c;
	node_set(n, "unit", NULL);
	if (!n->text)
		return 0;
	return node_set(n, "unit", "M") < 0
			   ? -1
			   : node_set_textf(n, "%llu", strtoull(n->text, NULL, 10) >> 20);
}

int rule_shmem(struct conf *c, struct node *n)
{
	(void)c;
	if (node_child(n, "msi") && !node_child(n, "server"))
		return refuse_xml("msi option is only supported with a server");
	return 0;
}

int rule_memory(struct conf *c, struct node *n)
{
	struct node *target = node_child(n, "target"), *label = node_child(target, "label/size");
	const struct node *node = node_child(target, "node");
	long long size = node_num(node_child(target, "size"), 0), labelled = node_num(label, 0);

	(void)c;
	if (node && node->text && node_num(node, 0) < 0)
		return refuse_xml("invalid value of memory device node");
	if (labelled && labelled < 128)
		return refuse_xml("nvdimm label must be at least 128KiB");
	if (is(n, "model", "nvdimm") && labelled >= size)
		return refuse_xml("label size must be smaller than NVDIMM size");
	if (!is(n, "model", "virtio-mem"))
		return 0;
	if (!node_num(node_child(target, "block"), 0)) {
		node_remove_all(target, "requested");
		return 0;
	}
	target = node_child(n, "target");
	if (!node_child(target, "requested")) {
		struct node *requested = node_add(target, "requested");

		if (!requested || node_set_text(requested, "0") < 0 ||
			node_set(requested, "unit", "KiB") < 0)
			return -1;
	}
	label = node_need(target, "current");
	return !label || node_set_text(label, "0") < 0 ? -1 : node_set(label, "unit", "KiB");
}
