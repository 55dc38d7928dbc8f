/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of the whole: what contradicts itself across devices and settings.
 */
#include "config.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/twins.h"
#include "conf/value.h"

static int check_appid(const struct node *resource)
{
	const char *id = node_attr(node_child(resource, "fibrechannel"), "appid");

	for (const char *p = id; p && *p; p++) {
		if (!isprint((unsigned char)*p))
			return refuse_xml("Fibre Channel 'appid' is not a printable string");
	}
	if (id && (!*id || strlen(id) > 128))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG,
						 "Fibre Channel 'appid' string length must be between [%d, %d]", 1, 128);
	return 0;
}

static int check_disk_names(const struct node *devices)
{
	CLEANUP_TWINS struct twins names = {0};
	const struct node *one, *two;
	const char *first, *second;

	NODE_EACH(disk, devices, "disk")
	{
		if (twins_add(&names, disk, node_attr(node_child(disk, "target"), "dev")) < 0)
			return -1;
	}
	if (!(one = twins_find(&names, &two)))
		return 0;
	first = domain_disk_path(one);
	second = domain_disk_path(two);
	return refuse_xml("target '%s' duplicated for disk sources '%s' and '%s'",
					  node_attr(node_child(one, "target"), "dev"), first ? first : "<null>",
					  second ? second : "<null>");
}

static bool same_attr(const struct node *a, const struct node *b, const char *name)
{
	const char *x = node_attr(a, name), *y = node_attr(b, name);

	return x == y || (x && y && strcmp(x, y) == 0);
}

static bool same_address(const struct node *a, const struct node *b, const char *const *names)
{
	const struct node *x = node_child(a, "source/address"), *y = node_child(b, "source/address");

	for (; *names; names++) {
		if (node_attr_num(x, *names, 0) != node_attr_num(y, *names, 0))
			return false;
	}
	return true;
}

static bool same_usb(const struct node *a, const struct node *b)
{
	static const char *const place[] = {"bus", "device", NULL};
	const struct node *x = node_child(a, "source"), *y = node_child(b, "source");
	const struct node *address = node_child(x, "address");

	if (node_attr_num(address, "bus", 0) && node_attr_num(address, "device", 0))
		return same_address(a, b, place);
	return same_attr(node_child(x, "vendor"), node_child(y, "vendor"), "id") &&
		   same_attr(node_child(x, "product"), node_child(y, "product"), "id");
}

static const char *hostdev_type(const struct node *n)
{
	const char *type;

	if (strcmp(node_name(n), "interface") != 0)
		return node_attr(n, "type");
	type = node_attr(node_child(n, "source/address"), "type");
	return type ? type : "usb";
}

static bool same_hostdev(const struct node *a, const struct node *b)
{
	static const char *const pci[] = {"domain", "bus", "slot", "function", NULL};
	static const char *const scsi[] = {"bus", "target", "unit", NULL};
	const struct node *x = node_child(a, "source"), *y = node_child(b, "source");
	const char *type = hostdev_type(a);

	if (is(a, "mode", "capabilities") != is(b, "mode", "capabilities") ||
		strcmp(type, hostdev_type(b)) != 0)
		return false;
	if (is(a, "mode", "capabilities"))
		return x->children && y->children && node_text_is(x->children, y->children->text);
	if (strcmp(type, "pci") == 0)
		return same_address(a, b, pci);
	if (strcmp(type, "usb") == 0)
		return same_usb(a, b);
	if (strcmp(type, "scsi_host") == 0)
		return same_attr(x, y, "wwpn");
	if (strcmp(type, "mdev") == 0)
		return same_attr(node_child(x, "address"), node_child(y, "address"), "uuid");
	if (!same_attr(x, y, "protocol"))
		return false;
	if (node_attr(x, "protocol"))
		return same_attr(x, y, "name") &&
			   same_attr(node_child(x, "host"), node_child(y, "host"), "name") &&
			   same_attr(node_child(x, "host"), node_child(y, "host"), "port");
	return same_attr(node_child(x, "adapter"), node_child(y, "adapter"), "name") &&
		   same_address(a, b, scsi);
}

static bool is_hostdev(const struct node *n)
{
	return strcmp(node_name(n), "hostdev") == 0 ||
		   (strcmp(node_name(n), "interface") == 0 && is(n, "type", "hostdev"));
}

static int check_hostdevs(const struct node *devices)
{
	bool ramfb = false;

	for (const struct node *a = devices->children; a; a = a->next) {
		if (!is_hostdev(a))
			continue;
		for (const struct node *b = a->next; b; b = b->next) {
			if (is_hostdev(b) && same_hostdev(a, b))
				return refuse_xml("Hostdev already exists in the domain configuration");
		}
		if (is(a, "ramfb", "on") && ramfb)
			return refuse_config("Only one vgpu device can have 'ramfb' enabled");
		ramfb = ramfb || is(a, "ramfb", "on");
	}
	return 0;
}

static bool same_drive(const struct node *a, const struct node *b)
{
	static const char *const names[] = {"controller", "bus", "target", "unit"};
	const struct node *x = node_child(a, "address"), *y = node_child(b, "address");

	if (!is(x, "type", "drive") || !is(y, "type", "drive"))
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (node_attr_num(x, names[i], 0) != node_attr_num(y, names[i], 0))
			return false;
	}
	return true;
}

static int check_drives(const struct node *devices)
{
	NODE_EACH(a, devices, "disk")
	{
		const struct node *at = node_child(a, "address"), *target = node_child(a, "target");

		for (const struct node *b = node_next(a); b; b = node_next(b)) {
			if (same_attr(target, node_child(b, "target"), "bus") && same_drive(a, b))
				return refuse_config("Found duplicate drive address for disk with target name '%s' "
									 "controller='%s' bus='%s' target='%s' unit='%s'",
									 node_attr(target, "dev"), node_attr(at, "controller"),
									 node_attr(at, "bus"), node_attr(at, "target"),
									 node_attr(at, "unit"));
		}
	}
	NODE_EACH(a, devices, "hostdev")
	{
		const struct node *at = node_child(a, "address");

		if (!is(a, "type", "scsi"))
			continue;
		for (const struct node *b = node_next(a); b; b = node_next(b)) {
			/* the words have bus and controller the wrong way round, and people search for them */
			if (is(b, "type", "scsi") && same_drive(a, b))
				return refuse_config(
					"SCSI host address controller='%s' bus='%s' target='%s' unit='%s' "
					"in use by another SCSI host device",
					node_attr(at, "bus"), node_attr(at, "controller"), node_attr(at, "target"),
					node_attr(at, "unit"));
		}
	}
	return 0;
}

static int check_topology(struct conf *c)
{
	const struct node *t = node_child(c->root, "cpu/topology");
	static const char *const names[] = {"dies", "cores", "threads"};
	unsigned long long count = (unsigned long long)node_attr_num(t, "sockets", 1);

	for (size_t i = 0; i < 3; i++) {
		count *= (unsigned long long)node_attr_num(t, names[i], 1);
		if (count > UINT_MAX)
			return refuse_config("cpu topology results in more than %u cpus", UINT_MAX);
	}
	return 0;
}

static int check_aliases(const struct node *devices)
{
	const struct node *console = node_child(devices, "console"), *twin;
	bool alias = is(node_child(console, "target"), "type", "serial");
	CLEANUP_TWINS struct twins all = {0};

	for (const struct node *n = devices->children; n; n = n->next) {
		const char *name = node_attr(node_child(n, "alias"), "name");

		/* a console that is a serial port has the alias of that */
		if (name && !(alias && n == console) && twins_add(&all, n, name) < 0)
			return -1;
	}
	if ((twin = twins_find(&all, NULL)))
		return refuse_config("non unique alias detected: %s",
							 node_attr(node_child(twin, "alias"), "name"));
	return 0;
}

static int check_iommu(struct conf *c)
{
	const struct node *driver = node_child(c->root, "devices/iommu/driver");

	if (is(driver, "intremap", "on") &&
		!is(node_child(c->root, "features/ioapic"), "driver", "qemu"))
		return refuse_config(
			"IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')");
	if (is(driver, "eim", "on") && !is(driver, "intremap", "on"))
		return refuse_config("IOMMU eim requires interrupt remapping to be enabled");
	return 0;
}

static int check_lifecycle(struct conf *c)
{
	static const char *const events[] = {"on_poweroff", "on_reboot"};

	for (size_t i = 0; i < 2; i++) {
		const char *action = node_child(c->root, events[i])->text;

		if (strncmp(action, "coredump", 8) == 0)
			return refuse_config("Lifecycle event '%s' doesn't support '%s' action", events[i] + 3,
								 action);
	}
	return 0;
}

/* The first pages that are for one of these nodes. */
static const struct node *pages_of(const struct node *pages, const struct bits *nodes)
{
	struct bits other;

	NODE_EACH(p, pages, "page")
	{
		const char *set = node_attr(p, "nodeset");

		if (set && bits_parse(set, &other) == 0 && bits_overlap(nodes, &other))
			return p;
	}
	return NULL;
}

static int check_hugepages(struct conf *c)
{
	int cells = (int)node_count(node_child(c->root, "cpu/numa"), "cell"), next;
	const struct node *pages = node_child(c->root, "memoryBacking/hugepages"), *master = NULL;
	struct bits own, taken = {{0}};

	NODE_EACH(p, pages, "page")
	{
		const char *set = node_attr(p, "nodeset");

		if (!set && master)
			return refuse_detail("two master hugepages detected: %s and %s", node_attr(p, "size"),
								 node_attr(master, "size"));
		if (!set) {
			master = p;
			continue;
		}
		bits_parse(set, &own);
		if (bits_overlap(&own, &taken))
			return refuse_detail("nodeset attribute of hugepages of sizes %s and %s intersect",
								 node_attr(p, "size"), node_attr(pages_of(pages, &own), "size"));
		if ((next = bits_next(&own, cells)) >= 0)
			return refuse_detail("hugepages: node %d not found", next);
		bits_add(&taken, &own);
	}
	return 0;
}

static int check_firmware(const struct node *os, const struct node *loader,
						  const struct node *nvram)
{
	static const char after[] = "cannot be specified when firmware autoselection is enabled";

	if (node_attr(loader, "readonly"))
		return refuse_detail("loader attribute 'readonly' %s", after);
	if (node_attr(loader, "type"))
		return refuse_detail("loader attribute 'type' %s", after);
	if (loader && loader->text)
		return refuse_detail("loader path %s", after);
	if (node_attr(nvram, "template"))
		return refuse_detail("nvram attribute 'template' %s", after);
	if (is(loader, "secure", "no"))
		return refuse_detail("loader attribute 'secure' %s", after);
	if (nvram && (nvram->text || node_attr(nvram, "type")) && !is(os, "firmware", "efi"))
		return refuse_detail("firmware type '%s' does not support nvram",
							 node_attr(os, "firmware"));
	return 0;
}

static int check_os(struct conf *c)
{
	const struct node *os = node_child(c->root, "os"), *loader = node_child(os, "loader");
	const struct node *nvram = node_child(os, "nvram");
	const char *firmware = node_attr(os, "firmware");

	if (!loader && !nvram)
		return 0;
	if (firmware && check_firmware(os, loader, nvram) < 0)
		return -1;
	if (!firmware && !(loader && loader->text))
		return refuse_detail("no loader path specified and firmware auto selection disabled");
	if (is(loader, "stateless", "yes")) {
		if (node_attr(nvram, "template"))
			return refuse_detail("NVRAM template is not permitted when loader is stateless");
		if (nvram && (nvram->text || node_attr(nvram, "type")))
			return refuse_detail("NVRAM is not permitted when loader is stateless");
	} else if (is(loader, "stateless", "no")) {
		if (!firmware && !is(loader, "type", "pflash"))
			return refuse_detail("Only pflash loader type permits NVRAM");
		if (firmware && !is(os, "firmware", "efi"))
			return refuse_detail("Only EFI firmware permits NVRAM");
	}
	return 0;
}

static int check_bounds(struct conf *c, const char *name, long long min, long long max)
{
	long long v = node_num(node_child(node_child(c->root, "cputune"), name), 0);

	if (v > 0 && (v < min || v > max))
		return refuse_config("Value of cputune '%s' must be in range [%lld, %lld]", name, min, max);
	return 0;
}

static int check_cputune(struct conf *c)
{
	static const char *const periods[] = {"period", "global_period", "emulator_period",
										  "iothread_period"};
	static const char *const quotas[] = {"quota", "global_quota", "emulator_quota",
										 "iothread_quota"};

	if (check_bounds(c, "shares", 2, 262144) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		if (check_bounds(c, periods[i], 1000, 1000000) < 0)
			return -1;
	}
	for (size_t i = 0; i < 4; i++) {
		if (check_bounds(c, quotas[i], 1000, 17592186044415) < 0)
			return -1;
	}
	return 0;
}

static int check_boot(struct conf *c)
{
	long long timeout = node_attr_num(node_child(c->root, "os/bootmenu"), "timeout", 0);
	long long reboot = node_attr_num(node_child(c->root, "os/bios"), "rebootTimeout", 0);

	if (timeout > 65535)
		return refuse_config("invalid value for boot menu timeout, must be in range [0,65535]");
	if (reboot < -1 || reboot > 65535)
		return refuse_config("invalid value for rebootTimeout, must be in range [-1,65535]");
	return 0;
}

static int check_videos(const struct node *devices)
{
	const struct node *first = node_child(devices, "video");

	for (const struct node *v = first ? node_next(first) : NULL; v; v = node_next(v)) {
		if (is(node_child(v, "model"), "primary", "yes"))
			return refuse_config("Only one primary video device is supported");
	}
	return 0;
}

static int check_blkio(struct conf *c)
{
	const struct node *tune = node_child(c->root, "blkiotune");

	NODE_EACH(a, tune, "device")
	{
		const char *path = node_child(a, "path")->text;

		for (const struct node *b = node_child(tune, "device"); b != a; b = node_next(b)) {
			if (node_text_is(node_child(b, "path"), path))
				return refuse_config("duplicate blkio device path '%s'", path);
		}
	}
	return 0;
}

static int check_idmap(struct conf *c)
{
	const struct node *map = node_child(c->root, "idmap");
	const struct node *uid = node_child(map, "uid"), *gid = node_child(map, "gid");

	if (!uid != !gid)
		return refuse_config("uid and gid should be mapped both");
	if (uid && (!is(uid, "start", "0") || !is(gid, "start", "0")))
		return refuse_config("You must map the root user of container");
	return 0;
}

static int check_filesystems(const struct node *devices)
{
	NODE_EACH(a, devices, "filesystem")
	{
		const char *dir = node_attr(node_child(a, "target"), "dir");

		for (const struct node *b = node_child(devices, "filesystem"); b != a; b = node_next(b)) {
			if (is(node_child(a, "driver"), "type", "virtiofs") &&
				is(node_child(b, "driver"), "type", "virtiofs") &&
				is(node_child(b, "target"), "dir", dir))
				return refuse_config("filesystem target '%s' specified twice", dir);
		}
	}
	return 0;
}

static int check_pool(const struct node *n)
{
	long long min = node_attr_num(n, "thread_pool_min", -1);
	long long max = node_attr_num(n, "thread_pool_max", -1);

	if (max == 0)
		return refuse_config("thread_pool_max must be a positive integer");
	if (min > max)
		return refuse_config("thread_pool_min must be smaller or equal to thread_pool_max");
	return 0;
}

static int check_iothreads(struct conf *c)
{
	const struct node *all = node_child(c->root, "defaultiothread");

	NODE_EACH(t, node_child(c->root, "iothreadids"), "iothread")
	{
		if (check_pool(t) < 0)
			return -1;
	}
	return all && all->nattrs ? check_pool(all) : 0;
}

int domain_check(struct conf *c)
{
	const struct node *devices = node_child(c->root, "devices");

	if (domain_check_devices(c) < 0 || check_appid(node_child(c->root, "resource")) < 0)
		return -1;
	if (check_disk_names(devices) < 0 || check_hostdevs(devices) < 0 || check_drives(devices) < 0)
		return -1;
	if (check_topology(c) < 0 || check_aliases(devices) < 0 || check_iommu(c) < 0)
		return -1;
	if (check_lifecycle(c) < 0 || check_hugepages(c) < 0 || check_os(c) < 0 || check_cputune(c) < 0)
		return -1;
	if (check_boot(c) < 0 || check_videos(devices) < 0 || check_blkio(c) < 0 || check_idmap(c) < 0)
		return -1;
	return domain_check_cells(c) < 0 || check_filesystems(devices) < 0 ? -1 : check_iothreads(c);
}
