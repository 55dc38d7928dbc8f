/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Disks of a command line: their nodes, from the bottom of the chain up, and their devices.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "drivers/qemu/command-impl.h"

static bool is_cdrom(const struct node *n)
{
	return is(n, "device", "cdrom");
}

bool qemu_disk_is_empty(const struct node *n)
{
	const struct node *source = node_child(n, "source");

	return !source || (!node_attr(source, "file") && !node_attr(source, "dev") &&
					   !node_attr(source, "dir") && !node_attr(source, "protocol"));
}

static void nodes(struct line *l, const struct node *disk, const struct node *store)
{
	const struct node *backing = node_child(store, "backingStore");
	bool read_only = store != disk || node_child(disk, "readonly");

	if (backing && node_attr(backing, "type"))
		nodes(l, disk, backing);
	line_json(l, "-blockdev", qemu_storage_json(disk, store));
	line_json(l, "-blockdev", qemu_format_json(disk, store, read_only));
}

const char *qemu_disk_top(const struct node *n, char name[QEMU_NODE_NAME_LEN])
{
	if (child_is(n, "driver", "copy_on_read", "on")) {
		snprintf(name, QEMU_NODE_NAME_LEN, "libvirt-CoR-%s", child_attr(n, "target", "dev"));
		return name;
	}
	return qemu_node_format(qemu_store_index(n), name);
}

json_t *qemu_copy_on_read_json(const struct node *n)
{
	char name[QEMU_NODE_NAME_LEN];
	json_t *o = json_object();

	put(o, "driver", "copy-on-read");
	put(o, "node-name", qemu_disk_top(n, name));
	put(o, "file", qemu_node_format(qemu_store_index(n), name));
	put(o, "discard", "unmap");
	return o;
}

static void put_policy(json_t *o, const struct node *driver)
{
	const char *write = node_attr(driver, "error_policy"),
			   *read = node_attr(driver, "rerror_policy");

	if (!read && !text_is(write, "enospace"))
		read = write;
	put(o, "werror", text_is(write, "enospace") ? "enospc" : write);
	put(o, "rerror", read);
}

/* What all disks have. */
static void put_common(json_t *o, const struct line *l, const struct node *n)
{
	const struct node *driver = node_child(n, "driver"), *blockio = node_child(n, "blockio");
	const char *cache = node_attr(driver, "cache");
	char name[QEMU_NODE_NAME_LEN];

	if (!qemu_disk_is_empty(n))
		put(o, "drive", qemu_disk_top(n, name));
	put_alias(o, n);
	if (!is(n, "device", "floppy")) /* its controller boots */
		put_boot(o, l, n);
	put_number(o, "logical_block_size", blockio, "logical_block_size");
	put_number(o, "physical_block_size", blockio, "physical_block_size");
	if (cache)
		put(o, "write-cache",
			text_is(cache, "writethrough") || text_is(cache, "directsync") ? "off" : "on");
	put_policy(o, driver);
	if (node_child(n, "shareable"))
		put_bool(o, "share-rw", true);
	put(o, "serial", child_text(n, "serial"));
}

/* Sixteen hexadecimal digits; QEMU takes a negative number for the same bits. */
static void put_wwn(json_t *o, const struct node *n)
{
	const char *wwn = child_text(n, "wwn");

	if (wwn)
		put_int(o, "wwn", (long long)strtoull(wwn, NULL, 16));
}

static void put_virtio_disk(json_t *o, const struct line *l, const struct node *n)
{
	const struct node *driver = node_child(n, "driver");

	put_virtio_driver(o, "virtio-blk-pci", node_attr(n, "model"));
	put_onoff(o, "ioeventfd", driver, "ioeventfd");
	put_onoff(o, "event_idx", driver, "event_idx");
	if (node_attr(driver, "iothread"))
		putf(o, "iothread", "iothread%s", node_attr(driver, "iothread"));
	put_number(o, "num-queues", driver, "queues");
	put_number(o, "queue-size", driver, "queue_size");
	put_virtio_options(o, driver);
	put_address(o, l, n);
}

static void put_scsi_disk(json_t *o, const struct line *l, const struct node *n)
{
	const struct node *a = node_child(n, "address"), *target = node_child(n, "target");
	long long controller = node_attr_num(a, "controller", 0);
	bool lun = is(n, "device", "lun");

	put(o, "driver", lun ? "scsi-block" : is_cdrom(n) ? "scsi-cd" : "scsi-hd");
	putf(o, "bus", "scsi%lld.0", controller);
	if (is(qemu_controller(l->devices, "scsi", controller), "model", "lsilogic")) {
		put_int(o, "scsi-id", node_attr_num(a, "unit", 0));
	} else {
		put_int(o, "channel", node_attr_num(a, "bus", 0));
		put_int(o, "scsi-id", node_attr_num(a, "target", 0));
		put_int(o, "lun", node_attr_num(a, "unit", 0));
	}
	if (!lun)
		putf(o, "device_id", "%s%s", child_text(n, "serial") ? "" : "drive-",
			 child_text(n, "serial") ? child_text(n, "serial") : qemu_alias(n));
	put(o, "vendor", child_text(n, "vendor"));
	put(o, "product", child_text(n, "product"));
	put_wwn(o, n);
	put_number(o, "rotation_rate", target, "rotation_rate");
	put_onoff(o, "removable", target, "removable");
}

static void put_ide_disk(json_t *o, const struct line *l, const struct node *n)
{
	const struct node *a = node_child(n, "address");
	long long controller = node_attr_num(a, "controller", 0), unit = node_attr_num(a, "unit", 0);

	put(o, "driver", is_cdrom(n) ? "ide-cd" : "ide-hd");
	if (child_is(n, "target", "bus", "ide")) {
		putf(o, "bus", "ide.%lld", node_attr_num(a, "bus", 0));
		put_int(o, "unit", unit);
	} else {
		const struct node *sata = qemu_controller(l->devices, "sata", controller);

		putf(o, "bus", "%s.%lld", sata ? qemu_alias(sata) : "ide", unit);
	}
	put_wwn(o, n);
	put_number(o, "rotation_rate", node_child(n, "target"), "rotation_rate");
}

json_t *device_disk(const struct line *l, const struct node *n)
{
	const char *bus = child_attr(n, "target", "bus");
	const struct node *a = node_child(n, "address");
	json_t *o = json_object();

	if (text_is(bus, "virtio")) {
		put_virtio_disk(o, l, n);
	} else if (text_is(bus, "scsi")) {
		put_scsi_disk(o, l, n);
	} else if (text_is(bus, "ide") || text_is(bus, "sata")) {
		put_ide_disk(o, l, n);
	} else if (text_is(bus, "fdc")) {
		put(o, "driver", "floppy");
		put_int(o, "unit", node_attr_num(a, "unit", 0));
	} else if (text_is(bus, "usb")) {
		put(o, "driver", "usb-storage");
		put_address(o, l, n);
		put_bool(o, "removable", child_is(n, "target", "removable", "on"));
	} else {
		json_decref(o);
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "disk bus '%s' is not supported",
				  bus ? bus : "(none)");
		return NULL;
	}
	put_common(o, l, n);
	return o;
}

void command_disks(struct line *l)
{
	NODE_EACH(hub, l->devices, "hub")
	line_json(l, "-device", device_hub(l, hub));
	NODE_EACH(n, l->devices, "disk")
	{
		if (!qemu_disk_is_empty(n)) {
			nodes(l, n, n);
			if (child_is(n, "driver", "copy_on_read", "on"))
				line_json(l, "-blockdev", qemu_copy_on_read_json(n));
		}
		line_json(l, "-device", device_disk(l, n));
	}
}

/* libvirt's name of a limit, and QEMU's. */
static const char *const limits[][2] = {{"total_bytes_sec", "bps"},
										{"read_bytes_sec", "bps_rd"},
										{"write_bytes_sec", "bps_wr"},
										{"total_iops_sec", "iops"},
										{"read_iops_sec", "iops_rd"},
										{"write_iops_sec", "iops_wr"},
										{"total_bytes_sec_max", "bps_max"},
										{"read_bytes_sec_max", "bps_rd_max"},
										{"write_bytes_sec_max", "bps_wr_max"},
										{"total_iops_sec_max", "iops_max"},
										{"read_iops_sec_max", "iops_rd_max"},
										{"write_iops_sec_max", "iops_wr_max"},
										{"total_bytes_sec_max_length", "bps_max_length"},
										{"read_bytes_sec_max_length", "bps_rd_max_length"},
										{"write_bytes_sec_max_length", "bps_wr_max_length"},
										{"total_iops_sec_max_length", "iops_max_length"},
										{"read_iops_sec_max_length", "iops_rd_max_length"},
										{"write_iops_sec_max_length", "iops_wr_max_length"},
										{"size_iops_sec", "iops_size"}};

const char *qemu_throttle_name(const char *limit)
{
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (strcmp(limits[i][0], limit) == 0)
			return limits[i][1];
	return NULL;
}

json_t *qemu_throttle_json(const struct node *n)
{
	const struct node *tune = node_child(n, "iotune");
	const char *bus = child_attr(n, "target", "bus");
	json_t *o = json_object();

	/* the part of the device that has the disk */
	if (text_is(bus, "virtio"))
		putf(o, "id", "/machine/peripheral/%s/virtio-backend", qemu_alias(n));
	else if (text_is(bus, "usb"))
		putf(o, "id", "/machine/peripheral/%s/%s.0/legacy[0]", qemu_alias(n), qemu_alias(n));
	else
		put(o, "id", qemu_alias(n));
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		const struct node *limit = tune ? node_child(tune, limits[i][0]) : NULL;

		if (limit)
			put_int(o, limits[i][1], node_num(limit, 0));
		else if (i < 6)
			put_int(o, limits[i][1], 0);
	}
	put(o, "group", child_text(tune, "group_name"));
	return o;
}
