/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of complete devices, each on its own and with what it refers to. Disks and interfaces have
 * files of their own.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"

int domain_check_seclabels(struct conf *c, const struct node *source)
{
	NODE_EACH(own, source, "seclabel")
	{
		NODE_EACH(label, c->root, "seclabel")
		{
			const char *a = node_attr(own, "model"), *b = node_attr(label, "model");
			bool same = (!a && !b) || (a && b && strcmp(a, b) == 0);

			if (same && !is(label, "relabel", "yes"))
				return refuse_config(
					"label overrides require relabeling to be enabled at the domain "
					"level");
		}
	}
	return 0;
}

static int check_audio_id(struct conf *c, const struct node *n)
{
	const char *id = node_attr(node_child(n, "audio"), "id");

	if (!id)
		return 0;
	NODE_EACH(a, node_child(c->root, "devices"), "audio")
	{
		if (is(a, "id", id))
			return 0;
	}
	return refuse_xml("no audio device with ID %s", id);
}

static int check_hostdev_address(const struct node *n, const char *type)
{
	const char *a = node_attr(node_child(n, "address"), "type");

	if (!a)
		return 0;
	if (strcmp(type, "pci") == 0 && strcmp(a, "unassigned") != 0 && strcmp(a, "pci") != 0)
		return refuse_internal("PCI host devices must use 'pci' or 'unassigned' address type");
	if (strcmp(type, "scsi") == 0 && strcmp(a, "drive") != 0)
		return refuse_config("SCSI host device must use 'drive' address type");
	if (strcmp(type, "scsi_host") == 0 && strcmp(a, "pci") != 0 && strcmp(a, "ccw") != 0)
		return refuse_config("SCSI_host host device must use 'pci' or 'ccw' address type");
	if (strcmp(type, "usb") == 0 && strcmp(a, "usb") != 0)
		return refuse_config("USB host device must use 'usb' address type");
	return 0;
}

static int check_hostdev(struct conf *c, const struct node *n)
{
	const struct node *teaming = node_child(n, "teaming");
	bool subsystem = is(n, "mode", "subsystem");

	(void)c;
	if (subsystem && check_hostdev_address(n, node_attr(n, "type")) < 0)
		return -1;
	if (subsystem && is(n, "type", "scsi") && is(n, "sgio", "unfiltered"))
		return refuse_config("unfiltered sgio is no longer supported");
	if (!teaming || !node_attr(teaming, "type"))
		return 0;
	if (!is(teaming, "type", "transient"))
		return refuse_config("teaming hostdev devices must have type='transient'");
	if (!node_attr(teaming, "persistent"))
		return refuse_config("missing required persistent attribute in hostdev teaming element");
	if (!subsystem || !is(n, "type", "pci"))
		return refuse_config("teaming is only supported for pci hostdev devices");
	return 0;
}

static int check_video(struct conf *c, const struct node *n)
{
	const struct node *model = node_child(n, "model"), *driver = node_child(n, "driver");
	const struct node *resolution = node_child(model, "resolution");
	static const char *const qxl[] = {"ram", "vram64", "vgamem"};

	NODE_EACH(v, node_child(c->root, "devices"), "video")
	{
		if (is(node_child(v, "model"), "type", "none") &&
			node_count(node_child(c->root, "devices"), "video") > 1)
			return refuse_config(
				"a 'none' video type must be the only video device defined for the domain");
	}
	if (is(driver, "name", "vhostuser") && !is(model, "type", "virtio"))
		return refuse_config("'vhostuser' driver is only supported with 'virtio' device");
	if (!is(driver, "name", "vhostuser") &&
		node_attr(node_child(model, "acceleration"), "rendernode"))
		return refuse_config("unsupported rendernode accel attribute without 'vhostuser'");
	if (resolution && (!node_attr_num(resolution, "x", 0) || !node_attr_num(resolution, "y", 0)))
		return refuse_config("video resolution values must be greater than 0");
	for (size_t i = 0; i < 3 && !is(model, "type", "qxl"); i++) {
		if (node_attr(model, qxl[i]))
			return refuse_config("%s attribute only supported for video type qxl", qxl[i]);
	}
	if (is(model, "type", "ramfb") && node_child(n, "address"))
		return refuse_config("address not supported for video type ramfb");
	return is(model, "type", "virtio") ? 0 : domain_check_no_virtio(driver);
}

static int out_of_range(const struct node *n, const char *name, long long min, long long max,
						const char *text)
{
	long long v = node_attr_num(n, name, min);

	if (v < min || v > max)
		return refuse_config("PCI controller %s '%lld' out of range - must be %lld-%lld", text, v,
							 min, max);
	return 0;
}

static int check_controller(struct conf *c, const struct node *n)
{
	const struct node *target = node_child(n, "target");
	long long index = node_attr_num(n, "index", 0);

	(void)c;
	if (!is(n, "type", "pci"))
		return 0;
	if ((is(n, "model", "pci-root") || is(n, "model", "pcie-root")) && node_child(n, "address"))
		return refuse_config("pci-root and pcie-root controllers should not have an address");
	if (index > 255)
		return refuse_config("PCI controller index %lld too high, maximum is 255", index);
	if (out_of_range(target, "index", 0, 30, "target index") < 0)
		return -1;
	if (node_attr(target, "index") && (index == 0) != (node_attr_num(target, "index", 0) == 0))
		return refuse_config(
			"Only the PCI controller with index 0 can have target index 0, and vice versa");
	if (out_of_range(target, "chassisNr", 1, 255, "chassisNr") < 0 ||
		out_of_range(target, "chassis", 0, 255, "chassis") < 0 ||
		out_of_range(target, "port", 0, 255, "port") < 0 ||
		out_of_range(target, "busNr", 1, 254, "busNr") < 0)
		return -1;
	if (node_child(target, "node") && node_child(target, "node")->text && index == 0)
		return refuse_config(
			"The PCI controller with index=0 can't be associated with a NUMA node");
	return 0;
}

static int check_channel_name(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	if (!name)
		return refuse_config("Missing source channel attribute for char device");
	if (strspn(name, chars) < strlen(name))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG,
						 "Invalid character in source channel for char device");
	return 0;
}

static int check_stream_source(const struct node *n, const struct node *s)
{
	if (is(n, "type", "tcp") && !node_attr(s, "host"))
		return refuse_internal("Missing source host attribute for char device");
	if (is(n, "type", "tcp") && !node_attr(s, "service"))
		return refuse_internal("Missing source service attribute for char device");
	if (is(s, "mode", "bind") && node_attr(node_child(s, "reconnect"), "enabled"))
		return refuse_internal("chardev reconnect is possible only for connect mode");
	return 0;
}

/* The source half of a character device. */
static int check_source(struct conf *c, const struct node *n)
{
	const struct node *s = node_child(n, "source"), *target = node_child(n, "target");
	bool automatic = strcmp(node_name(n), "channel") == 0 &&
					 (is(target, "type", "virtio") || is(target, "type", "xen"));
	bool connects = false;

	if ((is(n, "type", "file") || is(n, "type", "dev") || is(n, "type", "pipe") ||
		 (is(n, "type", "unix") && !automatic)) &&
		!node_attr(s, "path"))
		return refuse_internal("Missing source path attribute for char device");
	if (is(n, "type", "nmdm") && !node_attr(s, "master") != !node_attr(s, "slave"))
		return refuse_internal(
			"Should define both master and slave path attributes for nmdm device");
	if ((is(n, "type", "tcp") || is(n, "type", "unix")) && check_stream_source(n, s) < 0)
		return -1;
	NODE_EACH(u, n, "source")
	connects = connects || (is(u, "mode", "connect") && node_attr(u, "service"));
	if (is(n, "type", "udp") && !connects)
		return refuse_internal("Missing source service attribute for char device");
	if ((is(n, "type", "spiceport") || is(n, "type", "dbus")) &&
		check_channel_name(node_attr(s, "channel")) < 0)
		return -1;
	return domain_check_seclabels(c, s);
}

static int check_smartcard(struct conf *c, const struct node *n)
{
	const struct node *a = node_child(n, "address");

	if (a && !is(a, "type", "ccid"))
		return refuse_config("Controllers must use the 'ccid' address type");
	return is(n, "mode", "passthrough") ? check_source(c, n) : 0;
}

static int check_rng(struct conf *c, const struct node *n)
{
	const struct node *backend = node_child(n, "backend");

	return is(backend, "model", "egd") ? check_source(c, backend) : 0;
}

static int check_redirdev(struct conf *c, const struct node *n)
{
	bool usb = false;

	NODE_EACH(o, node_child(c->root, "devices"), "controller")
	usb = usb || (is(o, "type", "usb") && !is(o, "model", "none"));
	if (!usb)
		return refuse_config("cannot add redirected USB device: USB is disabled for this domain");
	return check_source(c, n);
}

static int check_input_bus(struct conf *c, const struct node *n)
{
	const char *bus = node_attr(n, "bus") ? node_attr(n, "bus") : "none",
			   *type = node_attr(n, "type");
	bool simple = is(n, "type", "mouse") || is(n, "type", "keyboard");
	bool vz = is(c->root, "type", "vz") || is(c->root, "type", "parallels");
	const char *needs = "parallels";

	if (domain_os_is(c, "hvm")) {
		if (strcmp(bus, "ps2") == 0 && !simple)
			return refuse_internal("ps2 bus does not support %s input device", type);
		return strcmp(bus, "xen") == 0 ? refuse_internal("unsupported input bus %s", bus) : 0;
	}
	if (domain_os_is(c, "xen") || domain_os_is(c, "xenpvh") ||
		(domain_os_is(c, "linux") && is(c->root, "type", "xen")))
		needs = "xen";
	else if (!vz)
		return refuse_internal("Input devices are not supported by this virtualization driver.");
	if (strcmp(bus, needs) != 0)
		return vz ? refuse_internal("parallels containers don't support input bus %s", bus)
				  : refuse_internal("unsupported input bus %s", bus);
	return simple ? 0 : refuse_internal("%s bus does not support %s input device", needs, type);
}

static int check_input(struct conf *c, const struct node *n)
{
	const char *model = node_attr(n, "model");

	if (check_input_bus(c, n) < 0)
		return -1;
	if (is(n, "type", "passthrough") && !is(n, "bus", "virtio"))
		return refuse_config("only bus 'virtio' is supported for 'passthrough' input devices");
	if (is(n, "type", "evdev") && node_attr(n, "bus"))
		return refuse_config("input evdev doesn't support bus element");
	if (model && !is(n, "bus", "virtio"))
		return refuse_config("only bus 'virtio' is supported for input model '%s'", model);
	return 0;
}

static int check_filesystem(struct conf *c, const struct node *n)
{
	static const char *const paths[] = {"dir", "dev", "file", "name", "socket"};
	const struct node *source = node_child(n, "source");
	const char *path = NULL;

	(void)c;
	for (size_t i = 0; !path && i < 5; i++)
		path = node_attr(source, paths[i]);
	if (!node_attr(node_child(n, "target"), "dir"))
		return path ? error_set(FROM_DOMAIN, ERR_NO_TARGET, "%s", path)
					: error_set(FROM_DOMAIN, ERR_NO_TARGET, NULL);
	if (node_child(n, "boot") && !is(node_child(n, "driver"), "type", "virtiofs"))
		return refuse_config("boot order is only supported for virtiofs");
	return 0;
}

static int check_shmem(struct conf *c, const struct node *n)
{
	const char *name = node_attr(n, "name");

	(void)c;
	if (strchr(name, '/'))
		return refuse_config("shmem name cannot include '/' character");
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return refuse_config("shmem name cannot be equal to '%s'", name);
	return 0;
}

static int check_tpm(struct conf *c, const struct node *n)
{
	const struct node *b = node_child(n, "backend"), *source = node_child(b, "source");
	const struct node *banks = node_child(b, "active_pcr_banks");

	(void)c;
	if (banks && banks->children && !is(b, "version", "2.0"))
		return refuse_xml("<active_pcr_banks/> requires TPM version '2.0'");
	if (!is(b, "type", "external"))
		return 0;
	if (!is(source, "type", "unix"))
		return refuse_xml("only source type 'unix' is supported for external TPM device");
	if (is(source, "mode", "bind"))
		return refuse_xml("only 'client' mode is supported for external TPM device");
	if (!node_attr(source, "path"))
		return refuse_xml("missing socket path for external TPM device");
	return 0;
}

static int check_file_memory(struct conf *c, const struct node *n, const char *model)
{
	const char *arch = node_attr(node_child(c->root, "os/type"), "arch");
	const struct node *path = node_child(n, "source/path");
	bool nvdimm = strcmp(model, "nvdimm") == 0, ppc = strncmp(arch, "ppc64", 5) == 0;

	if (!(path && path->text))
		return refuse_detail("path is required for model '%s'", model);
	if (is(n, "discard", "yes"))
		return nvdimm ? refuse_config("discard is not supported for nvdimms")
					  : refuse_config("discard is not supported for model '%s'", model);
	if (nvdimm && ppc && !node_num(node_child(n, "target/label/size"), 0))
		return refuse_config("label size is required for NVDIMM device");
	if (nvdimm && !ppc && node_child(n, "uuid"))
		return refuse_config("UUID is not supported for NVDIMM device");
	if (!nvdimm && !is(n, "access", "shared"))
		return refuse_config("shared access mode required for virtio-pmem device");
	if (!nvdimm && node_child(n, "target/node"))
		return refuse_config("virtio-pmem does not support NUMA nodes");
	return 0;
}

static int check_virtio_mem(const struct node *n)
{
	long long size = node_num(node_child(n, "target/size"), 0);
	long long block = node_num(node_child(n, "target/block"), 0);
	long long requested = node_num(node_child(n, "target/requested"), 0);

	if (requested > size)
		return refuse_detail("requested size must be smaller than or equal to @size (%lldKiB)",
							 size);
	if (block & (block - 1))
		return refuse_detail("block size must be a power of two");
	if (block < 2048)
		return refuse_detail("block size too small, must be at least %dKiB", 2048);
	if (requested % block)
		return refuse_detail("requested size must be an integer multiple of block size");
	return 0;
}

static int check_memory(struct conf *c, const struct node *n)
{
	const struct node *node = node_child(n, "target/node");
	long long cells = (long long)node_count(node_child(c->root, "cpu/numa"), "cell");
	const char *model = node_attr(n, "model");

	if (node && node->text && !cells)
		return refuse_detail("can't add memory backend as guest has no NUMA nodes configured");
	if (node && node->text && node_num(node, 0) >= cells)
		return refuse_detail(
			"can't add memory backend for guest node '%s' as the guest has only '%lld' "
			"NUMA nodes configured",
			node->text, cells);
	if (strcmp(model, "nvdimm") == 0 || strcmp(model, "virtio-pmem") == 0)
		return check_file_memory(c, n, model);
	if (strcmp(model, "virtio-mem") == 0)
		return check_virtio_mem(n);
	if (strcmp(model, "sgx-epc") == 0 && node_child(n, "address"))
		return refuse_config("memory device address is not supported for model 'sgx-epc'");
	return 0;
}

static int check_iommu(struct conf *c, const struct node *n)
{
	const struct node *driver = node_child(n, "driver");

	(void)c;
	if (!is(n, "model", "intel") && driver && driver->nattrs)
		return refuse_xml("iommu model '%s' doesn't support additional attributes",
						  node_attr(n, "model"));
	if (!is(n, "model", "virtio") && node_child(n, "address"))
		return refuse_xml("iommu model '%s' can't have address", node_attr(n, "model"));
	return 0;
}

static int check_vsock(struct conf *c, const struct node *n)
{
	(void)c;
	if (node_attr_num(node_child(n, "cid"), "address", 3) < 3)
		return refuse_config("guest CIDs must be >= 3");
	return domain_is_virtio(node_attr(n, "model"))
			   ? 0
			   : domain_check_no_virtio(node_child(n, "driver"));
}

static int check_graphics(struct conf *c, const struct node *n)
{
	NODE_EACH(l, n, "listen")
	{
		if (is(l, "type", "network") && !node_attr(l, "network"))
			return refuse_xml("'network' attribute is required for listen type 'network'");
	}
	if (is(n, "type", "vnc"))
		return check_audio_id(c, n);
	if (is(n, "type", "dbus") && node_attr(n, "p2p") && node_attr(n, "address"))
		return refuse_xml("D-Bus p2p with an address is not supported");
	return 0;
}

static int check_audio(struct conf *c, const struct node *n)
{
	NODE_EACH(o, node_child(c->root, "devices"), "audio")
	{
		if (o != n && is(o, "id", node_attr(n, "id")))
			return refuse_xml("audio ID %s is used multiple times", node_attr(n, "id"));
	}
	return 0;
}

static int check_address(const struct node *n)
{
	if (is(node_child(n, "address"), "type", "unassigned") && strcmp(node_name(n), "hostdev") != 0)
		return refuse_config("address of type 'unassigned' is supported only for hostdevs");
	return 0;
}

/* Interfaces that are host devices are checked as such, too. */
static int check_passthrough(struct node *devices)
{
	NODE_EACH(n, devices, "interface")
	{
		const char *type = node_attr(node_child(n, "source/address"), "type");

		if (is(n, "type", "hostdev") && check_hostdev_address(n, type ? type : "usb") < 0)
			return -1;
	}
	return 0;
}

int domain_check_devices(struct conf *c)
{
	/* in the order in which contradictions are reported */
	static const struct {
		const char *name;
		int (*check)(struct conf *c, const struct node *n);
	} checks[] = {{"disk", domain_check_disk},
				  {"interface", domain_check_interface},
				  {"sound", check_audio_id},
				  {"hostdev", check_hostdev},
				  {"video", check_video},
				  {"controller", check_controller},
				  {"smartcard", check_smartcard},
				  {"serial", check_source},
				  {"parallel", check_source},
				  {"channel", check_source},
				  {"console", check_source},
				  {"input", check_input},
				  {"filesystem", check_filesystem},
				  {"watchdog", NULL},
				  {"memballoon", NULL},
				  {"rng", check_rng},
				  {"nvram", NULL},
				  {"hub", NULL},
				  {"shmem", check_shmem},
				  {"tpm", check_tpm},
				  {"panic", NULL},
				  {"memory", check_memory},
				  {"redirdev", check_redirdev},
				  {"iommu", check_iommu},
				  {"vsock", check_vsock},
				  {"graphics", check_graphics},
				  {"audio", check_audio}};
	struct node *devices = node_child(c->root, "devices");

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (strcmp(checks[i].name, "hostdev") == 0 && check_passthrough(devices) < 0)
			return -1;
		NODE_EACH(n, devices, checks[i].name)
		{
			if (check_address(n) < 0 || (checks[i].check && checks[i].check(c, n) < 0))
				return -1;
		}
	}
	return 0;
}
