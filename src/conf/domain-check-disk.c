/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of complete disks.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"

static const char *source_path(const struct node *source)
{
	static const char *const names[] = {"file", "dev", "dir", "name"};
	const char *path = NULL;

	for (size_t i = 0; !path && i < 4; i++)
		path = node_attr(source, names[i]);
	return path;
}

static int check_auth(const struct node *holder, const struct node *source)
{
	static const char *const usages[] = {"none", "volume", "ceph", "iscsi", "tls", "vtpm"};
	static const char *const without[] = {"nbd", "sheepdog", "gluster", "tftp", "vxhs", "nfs"};
	const struct node *auth = node_child(holder, "auth");
	const char *protocol = node_attr(source, "protocol");
	const char *type = node_attr(node_child(auth, "secret"), "type");
	bool known = false;

	if (!auth)
		auth = node_child(source, "auth");
	if (!auth || !protocol)
		return 0;
	type = node_attr(node_child(auth, "secret"), "type");
	for (size_t i = 0; i < 6; i++) {
		if (strcmp(without[i], protocol) == 0)
			return refuse_config("authentication is not supported for protocol '%s'", protocol);
		known = known || (type && strcmp(usages[i], type) == 0);
	}
	if (!known)
		return refuse_config("unknown secret type '%s'", type ? type : "<null>");
	if ((strcmp(protocol, "iscsi") == 0 && strcmp(type, "iscsi") != 0) ||
		(strcmp(protocol, "rbd") == 0 && strcmp(type, "ceph") != 0))
		return refuse_config("invalid secret type '%s'", type);
	return 0;
}

/* One member of the chain of images; holder is the disk or the backing store. */
static int check_chain(const struct node *holder)
{
	const struct node *source = node_child(holder, "source");
	const struct node *encryption = node_child(holder, "encryption");
	const struct node *backing = node_child(holder, "backingStore");

	if (is(holder, "type", "network") && check_auth(holder, source) < 0)
		return -1;
	if (!encryption)
		encryption = node_child(source, "encryption");
	if (is(encryption, "format", "luks") && node_child(encryption, "cipher"))
		return refuse_config("supplying <cipher> for domain disk definition is unnecessary");
	return backing && node_attr(backing, "type") ? check_chain(backing) : 0;
}

static int check_lun(const struct node *disk, const struct node *source)
{
	const char *format = node_attr(node_child(disk, "driver"), "type");
	const struct node *encryption = node_child(disk, "encryption");

	if (is(disk, "type", "network") && !is(source, "protocol", "iscsi"))
		return refuse_config("disk device='lun' is not supported for protocol='%s'",
							 node_attr(source, "protocol"));
	if (!is(disk, "type", "network") && !is(disk, "type", "block") && !is(disk, "type", "volume"))
		return refuse_config("disk device='lun' is only valid for block type disk source");
	if (format && strcmp(format, "raw") != 0)
		return refuse_config("disk device 'lun' must use 'raw' format");
	if (node_child(source, "slices/slice"))
		return refuse_config("disk device 'lun' doesn't support storage slice");
	if (!encryption)
		encryption = node_child(source, "encryption");
	if (encryption && !is(encryption, "format", "default"))
		return refuse_config("disk device 'lun' doesn't support encryption");
	return 0;
}

static int check_not_lun(const struct node *disk, const struct node *source)
{
	if (node_child(source, "reservations"))
		return refuse_config("<reservations/> allowed only for lun devices");
	if (node_attr(disk, "rawio"))
		return refuse_config("rawio can be used only with device='lun'");
	if (node_attr(disk, "sgio"))
		return refuse_config("sgio can be used only with device='lun'");
	return 0;
}

static bool has(const struct node *tune, const char *a, const char *b)
{
	char name[64];
	size_t la = strlen(a);

	memcpy(name, a, la);
	memcpy(name + la, b, strlen(b) + 1);
	tune = node_child(tune, name);
	return tune && tune->text;
}

static int check_iotune(const struct node *tune)
{
	static const char *const kinds[] = {"bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"};

	for (size_t i = 0; i < 4; i++) {
		if (has(tune, "total_", kinds[i]) &&
			(has(tune, "read_", kinds[i]) || has(tune, "write_", kinds[i])))
			return refuse_xml("total and read/write %s cannot be set at the same time", kinds[i]);
	}
	return 0;
}

static int check_virtio_only(const struct node *disk, const char *bus)
{
	const struct node *driver = node_child(disk, "driver");

	if (node_attr(disk, "model"))
		return refuse_config("disk model '%s' not supported for bus '%s'", node_attr(disk, "model"),
							 bus);
	if (node_attr(driver, "queues"))
		return refuse_config(
			"queues attribute in disk driver element is only supported by virtio-blk");
	if (node_attr(driver, "event_idx"))
		return refuse_config("disk event_idx mode supported only for virtio bus");
	if (node_attr(driver, "ioeventfd"))
		return refuse_config("disk ioeventfd mode supported only for virtio bus");
	return domain_check_no_virtio(driver);
}

/* What a disk that another process serves can't have. */
static int check_vhostuser(const struct node *disk, const char *bus)
{
	static const char *const driver[][2] = {{"cache", "cache"},
											{"error_policy", "error_policy"},
											{"rerror_policy", "error_policy"},
											{"io", "io"},
											{"ioeventfd", "ioeventfd"},
											{"copy_on_read", "copy_on_read"},
											{"discard", "discard"},
											{"iothread", "iothread"},
											{"detect_zeroes", "detect_zeroes"}};
	static const char *const elements[] = {
		"iotune", "backingStore", "encryption", "readonly", "shareable", "transient", "serial",
		"wwn",    "vendor",       "product",    "auth",     "geometry",  "blockio"};

	if (strcmp(bus, "virtio") != 0)
		return refuse_config("vhostuser disk supports only virtio bus");
	if (!is(disk, "snapshot", "no"))
		return refuse_config("only snapshot=no is supported with vhostuser disk");
	for (size_t i = 0; i < sizeof driver / sizeof *driver; i++) {
		if (node_attr(node_child(disk, "driver"), driver[i][0]))
			return refuse_config("%s is not supported with vhostuser disk", driver[i][1]);
	}
	if (node_child(disk, "driver/metadata_cache/max_size") &&
		node_child(disk, "driver/metadata_cache/max_size")->text)
		return refuse_config("metadata_cache is not supported with vhostuser disk");
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		const struct node *n = node_child(disk, elements[i]);

		if (n && (n->text || n->children || n->nattrs || (n->row->flags & ROW_KEEP)))
			return refuse_config("%s is not supported with vhostuser disk", elements[i]);
	}
	return 0;
}

static int check_printable(const struct node *disk, const char *name, size_t most)
{
	const struct node *n = node_child(disk, name);

	for (const char *p = n ? n->text : NULL; p && *p; p++) {
		if (!isprint((unsigned char)*p))
			return refuse_xml("disk %s is not printable string", name);
	}
	if (n && n->text && strlen(n->text) > most)
		return refuse_config("disk %s is more than %zu characters", name, most);
	return 0;
}

static int check_startup(const struct node *disk, const struct node *source)
{
	const char *policy = node_attr(source, "startupPolicy"), *type = node_attr(disk, "type");

	if (!policy)
		return 0;
	if (strcmp(type, "volume") != 0 && strcmp(type, "file") != 0 && strcmp(type, "block") != 0 &&
		strcmp(type, "dir") != 0)
		return refuse_xml("disk startupPolicy '%s' is not allowed for disk of '%s' type", policy,
						  type);
	if (!is(disk, "device", "cdrom") && !is(disk, "device", "floppy") &&
		strcmp(policy, "requisite") == 0)
		return refuse_xml("disk startupPolicy 'requisite' is allowed only for cdrom or floppy");
	return 0;
}

static int check_wwn(const struct node *disk)
{
	const struct node *n = node_child(disk, "wwn");

	return common_check_wwn(n ? n->text : NULL);
}

static int check_names(const struct node *disk, const struct node *source, const char *name,
					   const char *bus)
{
	bool floppy = is(disk, "device", "floppy");
	bool hard = is(disk, "device", "disk") || is(disk, "device", "lun");
	bool local = is(disk, "type", "file") || is(disk, "type", "block") || is(disk, "type", "dir");

	if (floppy && strcmp(bus, "fdc") != 0)
		return refuse_internal("Invalid bus type '%s' for floppy disk", bus);
	if (!floppy && strcmp(bus, "fdc") == 0)
		return refuse_internal("Invalid bus type '%s' for disk", bus);
	if (node_attr(node_child(disk, "target"), "removable") && strcmp(bus, "usb") != 0)
		return refuse_xml("removable is only valid for usb disks");
	if (check_startup(disk, source) < 0 || check_wwn(disk) < 0)
		return -1;
	if (hard && !starts(name, "hd") && !starts(name, "sd") && !starts(name, "vd") &&
		!starts(name, "xvd") && !starts(name, "ubd"))
		return refuse_internal("Invalid harddisk device name: %s", name);
	if (floppy && !starts(name, "fd"))
		return refuse_internal("Invalid floppy device name: %s", name);
	if (is(disk, "device", "disk") &&
		((local && !source_path(source)) ||
		 (is(disk, "type", "network") && is(source, "protocol", "none"))))
		return error_set(FROM_DOMAIN, ERR_NO_SOURCE, "%s", name);
	return 0;
}

static int no_target(const struct node *disk, const struct node *source)
{
	const char *path = source_path(source);

	if (is(disk, "type", "volume") && node_attr(source, "pool"))
		return error_set(FROM_DOMAIN, ERR_NO_TARGET, "pool = '%s', volume = '%s'",
						 node_attr(source, "pool"), node_attr(source, "volume"));
	return path ? error_set(FROM_DOMAIN, ERR_NO_TARGET, "%s", path)
				: error_set(FROM_DOMAIN, ERR_NO_TARGET, NULL);
}

int domain_check_disk(struct conf *c, const struct node *disk)
{
	const struct node *source = node_child(disk, "source"), *target = node_child(disk, "target");
	const char *name = node_attr(target, "dev"), *bus = node_attr(target, "bus");
	const char *address = node_attr(node_child(disk, "address"), "type");

	if (!name)
		return no_target(disk, source);
	if (check_chain(disk) < 0)
		return -1;
	if (is(disk, "sgio", "unfiltered"))
		return refuse_config("unfiltered sgio is no longer supported");
	if (is(disk, "device", "lun") ? check_lun(disk, source) < 0 : check_not_lun(disk, source) < 0)
		return -1;
	if (check_iotune(node_child(disk, "iotune")) < 0)
		return -1;
	if (address && strcmp(address, "drive") != 0 &&
		(strcmp(bus, "ide") == 0 || strcmp(bus, "fdc") == 0 || strcmp(bus, "scsi") == 0 ||
		 strcmp(bus, "sata") == 0))
		return refuse_config("Invalid address type '%s' for the disk '%s' with the bus type '%s'",
							 address, name, bus);
	if (strcmp(bus, "virtio") != 0 && check_virtio_only(disk, bus) < 0)
		return -1;
	if (is(disk, "type", "nvme") && node_attr_num(source, "namespace", 1) == 0)
		return refuse_config("NVMe namespace can't be zero");
	if (is(disk, "type", "vhostuser") && check_vhostuser(disk, bus) < 0)
		return -1;
	for (const struct node *n = disk; n; n = node_child(n, "backingStore")) {
		if (domain_check_seclabels(c, node_child(n, "source")) < 0)
			return -1;
	}
	if (node_attr(target, "tray") && !is(disk, "device", "cdrom") && !is(disk, "device", "floppy"))
		return refuse_config("tray is only valid for cdrom and floppy");
	if (check_printable(disk, "vendor", 8) < 0 || check_printable(disk, "product", 16) < 0)
		return -1;
	return check_names(disk, source, name, bus);
}

const char *domain_disk_path(const struct node *disk)
{
	return source_path(node_child(disk, "source"));
}
