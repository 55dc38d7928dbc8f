/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What devices and machines need of each other, of the board and of the binary.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "drivers/cpu/map.h"
#include "drivers/qemu/check.h"

/* What QEMU's own syntax can't carry in a name. */
static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *text && *text != '-';
}

static int check_cpu(const struct defining *d)
{
	const struct node *cpu = node_child(d->root, "cpu"), *model = node_child(cpu, "model");
	const json_t *cpus = qemu_caps_cpus(d->caps, is(d->root, "type", "kvm"));
	bool custom = !node_attr(cpu, "mode") || is(cpu, "mode", "custom");

	if (custom && model && model->text && !json_object_get(cpus, model->text) &&
		!cpu_model_find(model->text))
		return refuse("CPU model '%s' is not known to '%s'", model->text, qemu_caps_path(d->caps));
	if (node_attr(model, "vendor_id") && !is_plain(node_attr(model, "vendor_id")))
		return refuse("CPU vendor_id '%s' is not supported", node_attr(model, "vendor_id"));
	NODE_EACH(f, cpu, "feature")
	{
		if (cpu_feature_find(node_attr(f, "name")) < 0)
			return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED, "unknown CPU feature: %s",
							 node_attr(f, "name"));
	}
	return 0;
}

static int check_boot(const struct defining *d)
{
	const struct node *loader = node_child(d->root, "os/loader");

	if (child_is(d->root, "os", "firmware", "efi") && loader && loader->text)
		return refuse("a loader can't be named together with firmware autoselection");
	if (d->board == BOARD_MICROVM || d->board == BOARD_ISA || d->board == BOARD_OTHER)
		return refuse("machine type '%s' is not supported by the QEMU driver: it has no PCI",
					  child_attr(d->root, "os/type", "machine"));
	return 0;
}

int check_machine(const struct defining *d)
{
	struct qemu_machine machine;
	const char *name = child_attr(d->root, "os/type", "machine");
	long long vcpus = node_num(node_child(d->root, "vcpu"), 1);

	if (check_boot(d) < 0 || check_cpu(d) < 0)
		return -1;
	if (qemu_caps_machine(d->caps, name, &machine) && vcpus > machine.max_cpus)
		return refuse("Maximum CPUs greater than specified machine type limit %d",
					  machine.max_cpus);
	if (node_num(node_child(d->root, "maxMemory"), 0) && !node_child(d->root, "cpu/numa/cell"))
		return refuse("At least one numa node has to be configured when enabling memory hotplug");
	if (node_child(d->devices, "memory") && !node_attr(node_child(d->root, "maxMemory"), "slots"))
		return refuse("cannot use/hotplug a memory device when domain 'maxMemory' is not defined");
	return 0;
}

static bool has_iothread(const struct defining *d, const char *id)
{
	long long count = node_num(node_child(d->root, "iothreads"), 0);
	bool listed = false;

	NODE_EACH(t, node_child(d->root, "iothreadids"), "iothread")
	{
		listed = true;
		if (is(t, "id", id))
			return true;
	}
	return !listed && strtoll(id, NULL, 10) <= count;
}

static int check_disk(const struct defining *d, const struct node *n)
{
	const char *name = child_attr(n, "target", "dev"), *bus = child_attr(n, "target", "bus");
	const struct node *driver = node_child(n, "driver"), *source = node_child(n, "source");
	const char *format = node_attr(driver, "type"), *thread = node_attr(driver, "iothread");

	name = name ? name : "";
	if (text_is(bus, "ide") && d->board == BOARD_Q35)
		return refuse("IDE controllers are unsupported for this QEMU binary or machine type");
	if (thread && !text_is(bus, "virtio"))
		return refuse("IOThreads not available for bus %s target %s", bus, name);
	if (thread && !has_iothread(d, thread))
		return refuse("Disk iothread '%s' not defined in iothreadid", thread);
	if (is(n, "device", "floppy") != text_is(bus, "fdc"))
		return refuse("disk '%s': a floppy is on bus 'fdc', and nothing else", name);
	if (is(n, "device", "lun") && (!text_is(bus, "scsi") || !is(n, "type", "block")))
		return refuse("disk device='lun' is only supported for disk type='block' on bus 'scsi'");
	if (is(n, "device", "cdrom") && (text_is(bus, "virtio") || text_is(bus, "usb")))
		return refuse("disk type of '%s' does not support ejectable media", name);
	if (node_child(n, "shareable") && source && !text_is(format, "raw"))
		return refuse("shared access for disk '%s' requires use of supported storage format", name);
	if (is(driver, "io", "native") && node_attr(driver, "cache") && !is(driver, "cache", "none") &&
		!is(driver, "cache", "directsync"))
		return refuse("native I/O needs either no disk cache or directsync cache mode, QEMU will "
					  "fallback to aio=threads");
	if (is(n, "type", "dir") && !text_is(format, "fat"))
		return refuse("unsupported disk driver type for '%s'", format ? format : "");
	return 0;
}

static int check_interface(const struct node *n)
{
	const char *mac = child_attr(n, "mac", "address");

	if (child_is(n, "link", "state", "down") && is(n, "type", "hostdev"))
		return refuse("link state of interface '%s' can't be set", mac);
	if (child_attr(n, "rom", "file") && child_attr(n, "rom", "file")[0] == '\0')
		return refuse("rom file of interface '%s' is empty", mac);
	if (node_child(n, "bandwidth") && !is(n, "type", "network") && !is(n, "type", "bridge"))
		return refuse("<bandwidth> of an interface of type '%s' is not supported",
					  node_attr(n, "type"));
	return 0;
}

static int check_type(const struct defining *d, const char *what, const char *type)
{
	return qemu_caps_has(d->caps, type) ? 0
										: refuse("%s is not supported with this QEMU binary", what);
}

static int check_video(const struct defining *d, const struct node *n)
{
	static const char *const types[][2] = {
		{"vga", "VGA"},    {"cirrus", "cirrus-vga"},     {"vmvga", "vmware-svga"},
		{"qxl", "qxl"},    {"virtio", "virtio-gpu-pci"}, {"bochs", "bochs-display"},
		{"ramfb", "ramfb"}};
	const struct node *model = node_child(n, "model");
	bool first = node_child(d->devices, "video") == n;

	if (!first && !is(model, "type", "qxl") && !is(model, "type", "virtio"))
		return refuse("video type '%s' is only valid as primary video device",
					  node_attr(model, "type"));
	if (!is(model, "type", "qxl") && !is(model, "type", "virtio") &&
		node_attr_num(model, "heads", 1) > 1)
		return refuse("video type '%s' has one head", node_attr(model, "type"));
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (is(model, "type", types[i][0]) && check_type(d, "this video model", types[i][1]) < 0)
			return -1;
	return 0;
}

static int check_controller(const struct defining *d, const struct node *n)
{
	const char *thread = child_attr(n, "driver", "iothread");

	if (is(n, "type", "ide") && d->board == BOARD_Q35)
		return refuse("IDE controllers are unsupported for this QEMU binary or machine type");
	if (is(n, "type", "ide") && node_attr_num(n, "index", 0) > 0)
		return refuse("Only a single IDE controller is supported for this machine type");
	if (thread && !has_iothread(d, thread))
		return refuse("controller iothread '%s' not defined in iothreadid", thread);
	return 0;
}

static int check_character(const struct node *n)
{
	static const char *const served[] = {"null",  "vc",  "pty", "file", "dev",      "pipe",
										 "stdio", "udp", "tcp", "unix", "spicevmc", "spiceport"};
	const char *type = node_attr(n, "type");

	if (child_is(n, "source", "tls", "yes"))
		return refuse("tls='yes' of <%s> is not supported by the QEMU driver", node_name(n));
	if (child_is(n, "protocol", "type", "tls") || child_is(n, "protocol", "type", "telnets"))
		return refuse("<protocol> of <%s> is not supported by the QEMU driver", node_name(n));
	for (size_t i = 0; i < sizeof served / sizeof served[0]; i++)
		if (text_is(type, served[i]))
			return 0;
	return refuse("type='%s' of <%s> is not supported by the QEMU driver", type, node_name(n));
}

/* Other processes reach all of the guest's memory. */
static bool shares_memory(const struct defining *d)
{
	bool all = child_is(d->root, "memoryBacking/access", "mode", "shared");
	const struct node *numa = node_child(d->root, "cpu/numa");

	if (!numa)
		return all;
	NODE_EACH(cell, numa, "cell")
	{
		const char *access = node_attr(cell, "memAccess");

		if (access ? strcmp(access, "shared") != 0 : !all)
			return false;
	}
	return true;
}

static int check_shared_memory(const struct defining *d, const char *what)
{
	return shares_memory(d) ? 0 : refuse("'%s' requires shared memory", what);
}

static int check_filesystem(const struct defining *d, const struct node *n)
{
	if (!child_is(n, "driver", "type", "virtiofs"))
		return 0;
	if (!is(n, "accessmode", "passthrough") && node_attr(n, "accessmode"))
		return refuse("virtiofs only supports passthrough accessmode");
	if (node_child(n, "readonly"))
		return refuse("virtiofs does not yet support read-only mode");
	if (node_attr(n, "multidevs"))
		return refuse("virtiofs does not support multidevs");
	if (node_attr(n, "fmode") || node_attr(n, "dmode"))
		return refuse("virtiofs does not support fmode and dmode");
	return check_type(d, "virtiofs", "vhost-user-fs-device") < 0
			   ? -1
			   : check_shared_memory(d, "virtiofs");
}

static int check_one(const struct defining *d, const struct node *n)
{
	if (is_called(n, "disk"))
		return check_disk(d, n);
	if (is_called(n, "interface"))
		return check_interface(n);
	if (is_called(n, "video"))
		return check_video(d, n);
	if (is_called(n, "controller"))
		return check_controller(d, n);
	if (is_called(n, "serial") || is_called(n, "parallel") || is_called(n, "channel") ||
		is_called(n, "console"))
		return check_character(n);
	if (is_called(n, "filesystem"))
		return check_filesystem(d, n);
	if (is_called(n, "tpm") && child_is(n, "backend", "type", "emulator"))
		return check_type(d, "an emulated TPM", "tpm-emulator");
	if (is_called(n, "graphics") && is(n, "type", "spice"))
		return check_type(d, "spice graphics", "chardev-spicevmc");
	if (is_called(n, "redirdev"))
		return check_character(n) < 0 ? -1 : check_type(d, "<redirdev>", "usb-redir");
	if (is_called(n, "smartcard"))
		return check_type(d, "<smartcard>", "ccid-card-passthru");
	if (is_called(n, "vsock") && !child_attr(n, "cid", "address"))
		return refuse("auto='yes' of <cid> is not supported by the QEMU driver: name an address");
	if (is_called(n, "vsock"))
		return check_type(d, "<vsock>", "vhost-vsock-device");
	return 0;
}

int check_devices(const struct defining *d)
{
	bool spice = false;

	NODE_EACH(n, d->devices, "graphics")
	spice = spice || is(n, "type", "spice");
	for (const struct node *n = d->devices->children; n; n = n->next) {
		if (check_one(d, n) < 0)
			return -1;
		if ((is(n, "type", "spicevmc") || is(n, "type", "spiceport")) && !spice)
			return refuse("type='%s' of <%s> needs <graphics type='spice'>", node_attr(n, "type"),
						  node_name(n));
	}
	return 0;
}
