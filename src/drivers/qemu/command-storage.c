/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Block nodes: the file or peer of an image, its format on top, and what it stands on below.
 */
#include "config.h"

#include <stdio.h>

#include "drivers/qemu/command-impl.h"

const char *qemu_node_storage(unsigned index, char name[QEMU_NODE_NAME_LEN])
{
	snprintf(name, QEMU_NODE_NAME_LEN, "libvirt-%u-storage", index);
	return name;
}

const char *qemu_node_format(unsigned index, char name[QEMU_NODE_NAME_LEN])
{
	snprintf(name, QEMU_NODE_NAME_LEN, "libvirt-%u-format", index);
	return name;
}

static const struct node *numbered(const struct node *store)
{
	return is_called(store, "backingStore") ? store : node_child(store, "source");
}

unsigned qemu_store_index(const struct node *store)
{
	return (unsigned)node_attr_num(numbered(store), "index", 0);
}

int qemu_store_set_index(struct node *store, unsigned index)
{
	struct node *n = (struct node *)(uintptr_t)numbered(store);

	if (!n)
		return 0;
	if (!index)
		return node_set(n, "index", NULL);
	if (node_setf(n, "index", "%u", index) < 0)
		return -1;
	node_show(n, "index", SHOW_LIVE);
	return 0;
}

static void put_cache(json_t *o, const struct node *disk)
{
	const char *cache = child_attr(disk, "driver", "cache");
	json_t *modes;

	if (!cache)
		return;
	modes = json_object();
	put_bool(modes, "direct", text_is(cache, "none") || text_is(cache, "directsync"));
	put_bool(modes, "no-flush", text_is(cache, "unsafe"));
	json_object_set_new(o, "cache", modes);
}

static void put_nbd(json_t *o, const struct node *source)
{
	const struct node *host = node_child(source, "host");
	json_t *server = json_object();

	put(o, "driver", "nbd");
	if (is(host, "transport", "unix")) {
		put(server, "type", "unix");
		put(server, "path", node_attr(host, "socket"));
	} else {
		put(server, "type", "inet");
		put(server, "host", node_attr(host, "name"));
		put(server, "port", node_attr(host, "port") ? node_attr(host, "port") : "10809");
	}
	json_object_set_new(o, "server", server);
	put(o, "export", node_attr(source, "name"));
}

static void put_place(json_t *o, const struct node *disk, const struct node *store)
{
	const struct node *source = node_child(store, "source");
	const char *type = node_attr(store, "type");
	/* where a volume is was found out when the domain was prepared */
	const char *file = node_attr(source, "file"), *dev = node_attr(source, "dev");

	if (text_is(type, "network")) {
		put_nbd(o, source);
	} else if (text_is(type, "dir")) {
		put(o, "driver", "vvfat");
		put(o, "dir", node_attr(source, "dir"));
		put_bool(o, "floppy", is(disk, "device", "floppy"));
		put_bool(o, "rw", !node_child(disk, "readonly"));
	} else {
		put(o, "driver", dev ? "host_device" : "file");
		put(o, "filename", dev ? dev : file);
		put(o, "aio", child_attr(disk, "driver", "io"));
	}
}

json_t *qemu_storage_json(const struct node *disk, const struct node *store)
{
	char name[QEMU_NODE_NAME_LEN];
	json_t *o = json_object();

	put_place(o, disk, store);
	put(o, "node-name", qemu_node_storage(qemu_store_index(store), name));
	put_cache(o, disk);
	put_bool(o, "auto-read-only", true);
	put(o, "discard", "unmap");
	return o;
}

/* What it stands on: a node, or (an empty element) nothing. */
static void put_backing(json_t *o, const struct node *store)
{
	const struct node *backing = node_child(store, "backingStore");
	char name[QEMU_NODE_NAME_LEN];

	if (backing && node_attr(backing, "type"))
		put(o, "backing", qemu_node_format(qemu_store_index(backing), name));
	else if (backing)
		json_object_set_new(o, "backing", json_null());
}

json_t *qemu_format_json(const struct node *disk, const struct node *store, bool read_only)
{
	const struct node *driver = node_child(disk, "driver");
	bool below = is_called(store, "backingStore");
	const char *format =
		store == disk ? node_attr(driver, "type") : child_attr(store, "format", "type");
	char name[QEMU_NODE_NAME_LEN];
	json_t *o = json_object();

	if (!format || text_is(format, "fat") || text_is(format, "dir") || text_is(format, "iso") ||
		text_is(format, "aio"))
		format = "raw";
	put(o, "node-name", qemu_node_format(qemu_store_index(store), name));
	put_bool(o, "read-only", read_only);
	if (!below) {
		put(o, "discard", node_attr(driver, "discard"));
		if (is(driver, "detect_zeroes", "unmap") && !is(driver, "discard", "unmap"))
			put(o, "detect-zeroes", "on");
		else
			put(o, "detect-zeroes", node_attr(driver, "detect_zeroes"));
	}
	put_cache(o, disk);
	put(o, "driver", format);
	put(o, "file", qemu_node_storage(qemu_store_index(store), name));
	if (strcmp(format, "raw") != 0)
		put_backing(o, store);
	return o;
}
