/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition gets when its domain starts.
 */
#include "config.h"
#include "drivers/qemu/prepare.h"

#include "base/error.h"
#include "drivers/place.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/chain.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/ports.h"

#include <errno.h>
#include <sys/stat.h>

/* The highest number of a block node in a chain, and in the copy of it. */
static unsigned highest(const struct node *store)
{
	static const char *const others[] = {"backingStore", "mirror"};
	unsigned most = qemu_store_index(store);

	for (size_t i = 0; i < 2; i++) {
		const struct node *other = node_child(store, others[i]);
		unsigned number = other ? highest(other) : 0;

		most = number > most ? number : most;
	}
	return most;
}

/* A drive without a medium takes a number too, as with libvirt. */
static int number_chain(struct node *store, unsigned *next)
{
	struct node *backing = node_child(store, "backingStore");

	if (qemu_store_set_index(store, ++*next) < 0)
		return -1;
	return backing && node_attr(backing, "type") ? number_chain(backing, next) : 0;
}

static int find_volume(struct node *disk, const struct qemu_prepare *how)
{
	struct node *source = node_child(disk, "source");
	const char *pool = node_attr(source, "pool"), *volume = node_attr(source, "volume");
	CLEANUP_FREE char *path = NULL;

	if (!is(disk, "type", "volume") || !source)
		return 0;
	if (!how->find_volume)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "disk type='volume' is not supported without storage pools");
	path = how->find_volume(how->opaque, pool, volume);
	if (!path || node_set(source, "file", path) < 0)
		return -1;
	node_show(source, "file", SHOW_NEVER);
	return 0;
}

int qemu_number_store(const struct domain_def *live, struct node *store, unsigned taken)
{
	unsigned next = taken;

	NODE_EACH(other, node_child(live->root, "devices"), "disk")
	{
		if (other != store && highest(other) > next)
			next = highest(other);
	}
	return number_chain(store, &next);
}

int qemu_prepare_disk(struct domain_def *live, struct node *disk, const struct qemu_prepare *how)
{
	if (find_volume(disk, how) < 0 || qemu_chain_find(disk) < 0)
		return -1;
	return qemu_number_store(live, disk, 0);
}

/* Sockets that a document leaves to us. */
int qemu_prepare_chardev(struct node *n, const char *dir)
{
	const char *name = child_attr(n, "target", "name");
	struct node *source;

	if (!is(n, "type", "unix") || child_attr(n, "source", "path"))
		return 0;
	source = node_need(n, "source");
	if (!source || node_set(source, "mode", "bind") < 0)
		return -1;
	/* a name may hold anything, its socket's name may not */
	if (name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return node_setf(source, "path", "%s/%s", dir, name);
	return node_setf(source, "path", "%s/%s.sock", dir, qemu_alias(n));
}

/* The attributes that hold ports, and where ports for each begin. */
static const struct {
	const char *attr;
	int first;
} ports[] = {{"port", QEMU_PORT_FIRST}, {"websocket", QEMU_WEBSOCKET_FIRST}};

static bool is_automatic(const struct node *graphics, size_t i)
{
	return i == 0
			   ? is(graphics, "autoport", "yes") && !child_is(graphics, "listen", "type", "none") &&
					 !child_is(graphics, "listen", "type", "socket") &&
					 !node_attr(graphics, "socket")
			   : is(graphics, ports[i].attr, "-1");
}

/* The listeners that say no address. */
static int set_listen(struct node *graphics)
{
	static const char loopback[] = "127.0.0.1";

	if (!is(graphics, "type", "vnc") && !is(graphics, "type", "spice"))
		return 0;
	NODE_EACH(n, graphics, "listen")
	{
		if (!is(n, "type", "address") || node_attr(n, "address"))
			continue;
		if (node_set(n, "address", loopback) < 0 ||
			(n == node_child(graphics, "listen") && node_set(graphics, "listen", loopback) < 0))
			return -1;
		node_show(n, "address", SHOW_LIVE | SHOW_NOMIG);
		node_show(graphics, "listen", SHOW_LIVE | SHOW_NOMIG);
	}
	return 0;
}

static int set_ports(struct node *graphics, const struct qemu_prepare *how)
{
	for (size_t i = 0; i < 2; i++) {
		int port;

		if (!is(graphics, "type", "vnc") && (i > 0 || !is(graphics, "type", "spice")))
			continue;
		if (!is_automatic(graphics, i)) {
			qemu_ports_mark(how->ports, (int)node_attr_num(graphics, ports[i].attr, 0));
			continue;
		}
		port = qemu_ports_take(how->ports, ports[i].first);
		if (port < 0 || node_setf(graphics, ports[i].attr, "%d", port) < 0)
			return -1;
	}
	return 0;
}

static void each_port(const struct domain_def *live, const struct qemu_prepare *how,
					  void (*call)(struct qemu_ports *ports, int port))
{
	NODE_EACH(n, node_child(live->root, "devices"), "graphics")
	{
		for (size_t i = 0; i < 2; i++)
			call(how->ports, (int)node_attr_num(n, ports[i].attr, 0));
	}
}

void qemu_unprepare(const struct domain_def *live, const struct qemu_prepare *how)
{
	each_port(live, how, qemu_ports_give_back);
}

void qemu_prepare_again(const struct domain_def *live, const struct qemu_prepare *how)
{
	each_port(live, how, qemu_ports_mark);
}

static int set_firmware(struct domain_def *live, const struct qemu_prepare *how)
{
	bool uefi = child_is(live->root, "os", "firmware", "efi") ||
				child_is(live->root, "os/loader", "type", "pflash");

	if (!uefi)
		return 0;
	if (!how->nvram_dir)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "UEFI is not supported here");
	if (firmware_choose(live, how->nvram_dir) < 0)
		return -1;
	if (how->only_looks)
		return 0;
	if (place_make(FROM_QEMU, how->nvram_dir) < 0)
		return -1;
	if (how->drop && chmod(how->nvram_dir, 0711) < 0)
		return error_errno(FROM_QEMU, errno, "cannot open '%s' to guests' user", how->nvram_dir);
	return firmware_make_nvram(live, how->drop ? how->nvram_uid : -1,
							   how->drop ? how->nvram_gid : -1);
}

/* An image that may be missing, and is: the drive is empty, or the disk is not there. */
static void drop_missing(struct node *disk)
{
	const char *file = child_attr(disk, "source", "file");

	if (!child_is(disk, "source", "startupPolicy", "optional") || !file || access(file, F_OK) == 0)
		return;
	if (is(disk, "device", "cdrom") || is(disk, "device", "floppy"))
		node_remove(node_child(disk, "source"));
	else
		node_remove(disk);
}

int qemu_prepare(struct domain_def *live, const struct qemu_prepare *how)
{
	const struct node *devices = node_child(live->root, "devices");
	unsigned next = 0;

	for (size_t i = node_count(devices, "disk"); i > 0 && !how->without_images; i--)
		drop_missing(domain_def_device(live, "disk", i - 1));
	if (qemu_alias_all(live) < 0 || set_firmware(live, how) < 0)
		return -1;
	/* the last disk has the first number, as libvirt does it */
	for (size_t i = node_count(devices, "disk"); i > 0; i--) {
		struct node *disk = domain_def_device(live, "disk", i - 1);

		if (!node_child(disk, "source")) /* there is nothing that could have a format */
			node_set(node_child(disk, "driver"), "type", NULL);
		if (find_volume(disk, how) < 0 || (!how->without_images && qemu_chain_find(disk) < 0) ||
			number_chain(disk, &next) < 0)
			return -1;
	}
	for (struct node *n = devices->children; n; n = n->next) {
		bool character = is_called(n, "serial") || is_called(n, "channel") ||
						 is_called(n, "parallel") || is_called(n, "console");

		if (character && qemu_prepare_chardev(n, how->dir) < 0)
			return -1;
		if (is_called(n, "graphics") && (set_listen(n) < 0 || set_ports(n, how) < 0))
			return -1;
	}
	return 0;
}
