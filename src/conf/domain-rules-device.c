/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of single devices, except disks' sources (domain-rules.c) and interfaces
 * (domain-rules-net.c).
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

static bool is(const struct node *n, const char *name, const char *value)
{
	return node_attr_is(n, name, value);
}

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

/* What may follow a type, as a word list with blanks around each. */
static const char *controller_models(const char *type)
{
	static const char *const models[][2] = {
		{"scsi", " auto buslogic lsilogic lsisas1068 vmpvscsi ibmvscsi virtio-scsi lsisas1078 "
				 "virtio-transitional virtio-non-transitional ncr53c90 dc390 am53c974 "},
		{"usb", " piix3-uhci piix4-uhci ehci ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 "
				"vt82c686b-uhci pci-ohci nec-xhci qusb1 qusb2 qemu-xhci none "},
		{"pci",
		 " pci-root pcie-root pci-bridge dmi-to-pci-bridge pcie-to-pci-bridge pcie-root-port "
		 "pcie-switch-upstream-port pcie-switch-downstream-port pci-expander-bus "
		 "pcie-expander-bus "},
		{"ide", " piix3 piix4 ich6 "},
		{"virtio-serial", " virtio virtio-transitional virtio-non-transitional "},
	};

	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		if (strcmp(models[i][0], type) == 0)
			return models[i][1];
	}
	return "";
}

static int usb_controller(struct node *n)
{
	const char *model = node_attr(n, "model");
	struct node *master = node_child(n, "master");
	static const char *const companions[] = {"ich9-uhci1", "ich9-uhci2", "ich9-uhci3"};

	if (is(n, "model", "none")) {
		node_remove_all(n, "alias");
		node_remove_all(n, "master");
		node_remove_all(n, "acpi");
		node_remove_all(n, "address");
		master = NULL;
	}
	for (int i = 0; model && !master && i < 3; i++) {
		if (strcmp(model, companions[i]) == 0)
			return node_setf(node_need(n, "master"), "startport", "%d", 2 * i);
	}
	return 0;
}

int rule_controller(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	struct node *target = node_child(n, "target"), *node = node_child(target, "node");
	char word[64];

	(void)c;
	snprintf(word, sizeof word, " %s ", model ? model : "");
	if (model && (!*model || strchr(model, ' ') || !strstr(controller_models(type), word)))
		return refuse_config("Unknown model type '%s'", model);
	if (node && node_num(node, 0) < 0)
		return refuse_xml("invalid NUMA node in target");
	return strcmp(type, "usb") == 0 ? usb_controller(n) : 0;
}

int rule_database(struct conf *c, struct node *n)
{
	(void)c;
	return n->text && *n->text != '/' ? refuse_xml("expecting absolute path: %s", n->text) : 0;
}

int rule_smartcard(struct conf *c, struct node *n)
{
	(void)c;
	if (is(n, "mode", "host-certificates") && node_count(n, "certificate") != 3)
		return refuse_xml("host-certificates mode needs exactly three certificates");
	node_remove_all(node_child(n, "source"), "seclabel");
	return 0;
}

/* Two sources at most: where to listen comes first. */
static int udp_sources(struct node *n)
{
	struct node *first = node_child(n, "source"), *second = first ? node_next(first) : NULL;

	if (!is(n, "type", "udp"))
		return 0;
	if (second && node_next(second))
		return refuse_xml("only two source elements are allowed for character device");
	for (struct node *s = first; s; s = node_next(s)) {
		if (!node_attr(s, "host") && !node_attr(s, "service"))
			s->show |= SHOW_NEVER;
	}
	if (second && is(first, "mode", node_attr(second, "mode"))) {
		node_remove(first->show & SHOW_NEVER ? first : second);
	} else if (second && is(first, "mode", "connect")) {
		node_unlink(first);
		node_insert(n, first, NULL);
	}
	return 0;
}

static int chardev(struct node *n)
{
	const struct node *target = node_child(n, "target");

	if (udp_sources(n) < 0)
		return -1;
	if (is(n, "type", "spicevmc") &&
		!(strcmp(node_name(n), "channel") == 0 && is(target, "type", "virtio")))
		return refuse_config("spicevmc device type only supports virtio");
	return 0;
}

int rule_serial(struct conf *c, struct node *n)
{
	const struct node *address = node_child(n, "address");

	(void)c;
	if (chardev(n) < 0)
		return -1;
	if (is(node_child(n, "target"), "type", "usb-serial") && node_attr(address, "type") &&
		!is(address, "type", "usb"))
		return refuse_config("usb-serial requires address of usb type");
	return 0;
}

int rule_parallel(struct conf *c, struct node *n)
{
	(void)c;
	return chardev(n);
}

int rule_console(struct conf *c, struct node *n)
{
	(void)c;
	return chardev(n);
}

int rule_channel(struct conf *c, struct node *n)
{
	(void)c;
	return chardev(n);
}

int rule_redirdev(struct conf *c, struct node *n)
{
	const struct node *address = node_child(n, "address");
	struct node *source = node_child(n, "source");

	(void)c;
	if (udp_sources(n) < 0)
		return -1;
	node_remove_all(source, "seclabel");
	if (is(n, "type", "dbus") && !node_attr(source, "channel")) {
		source = node_need(n, "source");
		if (!source || node_set(source, "channel", "org.qemu.usbredir") < 0)
			return -1;
	}
	if (node_attr(address, "type") && !is(address, "type", "usb"))
		return refuse_xml("Invalid address for a USB device");
	return 0;
}

int rule_rng(struct conf *c, struct node *n)
{
	struct node *backend = node_child(n, "backend");

	(void)c;
	node_remove_all(node_child(backend, "source"), "seclabel");
	return udp_sources(backend);
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

int rule_tpm(struct conf *c, struct node *n)
{
	(void)c;
	(void)n;
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

int rule_video(struct conf *c, struct node *n)
{
	(void)c;
	(void)n;
	return 0;
}

/* The type of a host device, by its mode. */
int rule_hostdev(struct conf *c, struct node *n)
{
	static const char *const types[2][6] = {{"usb", "pci", "scsi", "scsi_host", "mdev", NULL},
											{"storage", "misc", "net", NULL}};
	const char *type = node_attr(n, "type");
	bool subsystem = is(n, "mode", "subsystem"), found = false;
	const xmlNode *source = xml_child(n->in, "source");

	(void)c;
	for (const char *const *t = types[!subsystem]; *t; t++)
		found = found || strcmp(*t, type) == 0;
	if (!found)
		return refuse_config("unknown host device source address type '%s'", type);
	if (!source)
		return refuse_xml("Missing <source> element in hostdev device");
	if (!subsystem)
		return 0;
	if (strcmp(type, "usb") != 0 && xmlHasProp(source, (const xmlChar *)"startupPolicy"))
		return refuse_config("Setting startupPolicy is only allowed for USB devices");
	if (node_attr(n, "sgio") && strcmp(type, "scsi") != 0)
		return refuse_xml("sgio is only supported for scsi host device");
	if (node_attr(n, "rawio") && strcmp(type, "scsi") != 0)
		return refuse_xml("rawio is only supported for scsi host device");
	return 0;
}

static int hostdev_model(struct node *n)
{
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	bool mdev = strcmp(type, "mdev") == 0;

	if (!model)
		return mdev ? error_set(FROM_XML, ERR_XML_ERROR,
								"Missing required attribute 'model' in element 'hostdev'")
					: 0;
	if (!mdev && strcmp(type, "scsi_host") != 0)
		return refuse_xml("'model' attribute in <hostdev> is only supported when type='%s'", type);
	if (mdev && (strcmp(model, "vfio-pci") == 0 || strcmp(model, "vfio-ccw") == 0 ||
				 strcmp(model, "vfio-ap") == 0))
		return 0;
	if (!mdev && strcmp(model, "default") == 0)
		return node_set(n, "model", NULL);
	if (!mdev && domain_is_virtio(model))
		return 0;
	return error_set(FROM_XML, ERR_XML_ERROR,
					 "Invalid value for attribute 'model' in element 'hostdev': '%s'.", model);
}

static int hostdev_usb(struct node *source)
{
	bool vendor = node_child(source, "vendor"), product = node_child(source, "product");
	struct node *address = node_child(source, "address");

	if (vendor && !product)
		return refuse_internal("missing product");
	if (product && !vendor)
		return refuse_internal("missing vendor");
	if (address && !node_attr_num(address, "bus", 0) && !node_attr_num(address, "device", 0))
		node_remove(address);
	return 0;
}

int rule_hostdev_source(struct conf *c, struct node *n)
{
	const char *wwpn = node_attr(n, "wwpn");
	const struct node *dev = n->parent;

	(void)c;
	if (hostdev_model(n->parent) < 0)
		return -1;
	if (is(dev, "type", "usb"))
		return hostdev_usb(n);
	if (is(dev, "type", "pci") && !node_child(n, "address")) {
		struct node *address = node_add(n, "address");

		return !address || node_set(address, "domain", "0x0000") < 0 ||
					   node_set(address, "bus", "0x00") < 0 || node_set(address, "slot", "0x00") < 0
				   ? -1
				   : node_set(address, "function", "0x0");
	}
	if (wwpn) {
		const char *p = wwpn + (strncmp(wwpn, "naa.", 4) == 0 ? 4 : 0);
		size_t digits;

		if (p == wwpn)
			return refuse_xml("malformed 'wwpn' value");
		p += strncmp(p, "0x", 2) == 0 ? 2 : 0;
		digits = strspn(p, "0123456789abcdefABCDEF");
		if (digits != 16 || p[digits])
			return refuse_xml("malformed 'wwpn' value");
	}
	return 0;
}

int rule_hostdev_scsi(struct conf *c, struct node *n)
{
	const struct node *auth = node_child(n, "auth"), *secret = node_child(auth, "secret");
	const char *type = node_attr(secret, "type");

	(void)c;
	if (hostdev_model(n->parent) < 0)
		return -1;
	if (!node_attr(n, "protocol")) {
		if (!node_attr(node_child(n, "adapter"), "name"))
			return refuse_xml("'adapter' name must be specified for scsi hostdev source");
		return 0;
	}
	if (node_count(n, "host") < 1)
		return refuse_xml("missing the host address for the iSCSI hostdev");
	if (node_count(n, "host") > 1)
		return refuse_xml("only one source host address may be specified for the iSCSI hostdev");
	node_set(node_child(n, "host"), "socket", NULL);
	if (!auth)
		return 0;
	if (!type || !strstr(" none volume ceph iscsi tls vtpm ", type))
		return refuse_config("invalid secret type %s", type ? type : "(null)");
	if (strcmp(type, "iscsi") != 0)
		return refuse_internal("hostdev invalid secret type '%s'", type);
	return 0;
}

static int usb_number(struct node *n, const char *name, const char *fmt, int most)
{
	const char *text = node_attr(n, name);
	int v;

	if (!text)
		return 0;
	if (value_parse_int(text, 0, &v) < 0)
		return error_set(
			FROM_XML, ERR_XML_ERROR,
			"Invalid value for attribute '%s' in element 'usbdev': '%s'. Expected integer "
			"value",
			name, text);
	if (most && v != -1 && (v & ~most))
		return refuse_internal("Invalid USB Class code 0x%x", (unsigned)v);
	if (v < 0)
		return node_set(n, name, NULL);
	return strcmp(fmt, "02") == 0 ? node_setf(n, name, "0x%02X", (unsigned)v)
								  : node_setf(n, name, "0x%04X", (unsigned)v);
}

int rule_usbdev(struct conf *c, struct node *n)
{
	const char *version = node_attr(n, "version");
	unsigned major, minor;
	char *end;

	(void)c;
	if (usb_number(n, "class", "02", 0xff) < 0 || usb_number(n, "vendor", "04", 0) < 0 ||
		usb_number(n, "product", "04", 0) < 0)
		return -1;
	if (!version)
		return 0;
	if (strcmp(version, "-1") == 0)
		return node_set(n, "version", NULL);
	major = (unsigned)strtoul(version, &end, 10);
	if (end == version || *end != '.' || value_parse_uint(end + 1, 10, &minor) < 0 ||
		major >= 100 || minor >= 100)
		return refuse_xml("Cannot parse USB device version %s", version);
	if (strlen(end + 1) == 1)
		minor *= 10;
	return node_setf(n, "version", "%u.%02u", major, minor);
}

int rule_hub(struct conf *c, struct node *n)
{
	(void)c;
	(void)n;
	return 0;
}

int rule_stats(struct conf *c, struct node *n)
{
	(void)c;
	return node_attr_num(n, "period", 0) <= 0 ? node_set(n, "period", NULL) : 0;
}

int rule_rate_bytes(struct conf *c, struct node *n)
{
	(void)c;
	(void)n;
	return 0;
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
