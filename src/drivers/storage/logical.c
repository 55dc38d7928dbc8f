/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools that are volume groups of LVM: their logical volumes are the volumes.
 */
#include "config.h"
#include "drivers/storage/logical.h"

#include "base/error.h"
#include "conf/volume.h"
#include "conf/xml.h"
#include "drivers/storage/command.h"
#include "drivers/storage/device.h"
#include "drivers/storage/type.h"

#include <rvirt/constants.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LVM's own rule for names. Also, one with '@' in front would be a tag, which is many groups. */
static bool is_name(const char *name)
{
	return name && *name && *name != '-' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		   strlen(name) < 128 &&
		   name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
							 "0123456789_.+-")] == '\0';
}

/* The volume group; NULL with the error set. */
static const char *group_of(const struct def *def)
{
	const char *name = def_text(def, "source/name");

	if (is_name(name))
		return name;
	error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "cannot find logical volume group name '%s'",
			  name ? name : "");
	return NULL;
}

/* -- the group -- */

static int check_devices(const struct def *def, bool overwrite)
{
	static const struct device_content wanted = {"LVM2_member", "LVM2_member", false};
	const struct node *device = NULL;

	if (!device_next(def, NULL))
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "missing source device");
	while ((device = device_next(def, device))) {
		const char *path = node_attr(device, "path");

		if (command_path(path, "source device") < 0 ||
			(!overwrite && device_check_empty(path, &wanted) < 0))
			return -1;
	}
	return 0;
}

static int run_on_device(const char *program, const char *device)
{
	const char *const argv[] = {program, "--yes", device, NULL};

	return command_run(argv);
}

/* Takes back what was made of the devices up to one. The error stays. */
static void unmake(const struct def *def, const struct node *last)
{
	struct error cause;

	error_take(&cause);
	for (const struct node *d = device_next(def, NULL); d && d != last; d = device_next(def, d))
		run_on_device("pvremove", node_attr(d, "path"));
	error_give(&cause);
}

static int build(const struct def *def, unsigned flags)
{
	const char *group = group_of(def), **argv;
	const struct node *device = NULL;
	size_t n = 0;
	int r;

	if (!group || check_devices(def, flags & RVIRT_STORAGE_POOL_BUILD_OVERWRITE) < 0)
		return -1;
	argv = calloc(node_count(node_child(def->root, "source"), "device") + 3, sizeof *argv);
	if (!argv)
		return error_oom();
	argv[n++] = "vgcreate";
	argv[n++] = group;
	while ((device = device_next(def, device))) {
		argv[n++] = node_attr(device, "path");
		if (device_clear(argv[n - 1]) < 0 || run_on_device("pvcreate", argv[n - 1]) < 0)
			break;
	}
	r = device ? -1 : command_run(argv);
	free(argv);
	if (r < 0)
		unmake(def, device);
	return r;
}

static int remove_group(const struct def *def)
{
	const char *const argv[] = {"vgremove", "-f", group_of(def), NULL};
	const struct node *device = NULL;

	if (!argv[2] || command_run(argv) < 0)
		return -1;
	while ((device = device_next(def, device)))
		if (command_path(node_attr(device, "path"), "source device") < 0 ||
			run_on_device("pvremove", node_attr(device, "path")) < 0)
			return -1;
	return 0;
}

static bool exists(const char *group)
{
	const char *const argv[] = {"vgs", "--noheadings", "-o", "vg_name", group, NULL};
	CLEANUP_COMMAND struct command_end end = {0};

	return command_try(argv, &end) == 0 && end.status == 0;
}

static int set_active(const char *group, const char *how)
{
	const char *const argv[] = {"vgchange", how, group, NULL};

	return command_run(argv);
}

static int start(const struct def *def)
{
	const char *group = group_of(def);

	if (!group)
		return -1;
	if (!exists(group))
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED,
						 "cannot find logical volume group name '%s'", group);
	return set_active(group, "-aly");
}

static int stop(const struct def *def)
{
	const char *group = group_of(def);

	return group ? set_active(group, "-aln") : -1;
}

static int scan(const struct def *def, struct storage_scan *ret)
{
	const char *group = group_of(def);
	const char *const volumes[] = {
		"lvs",  "--reportformat",
		"json", "--units",
		"b",    "--nosuffix",
		"-o",   "lv_name,origin,lv_uuid,devices,segtype,seg_size,vg_extent_size,lv_size,lv_attr",
		group,  NULL};
	const char *const space[] = {"vgs", "--reportformat",  "json", "--units", "b", "--nosuffix",
								 "-o",  "vg_size,vg_free", group,  NULL};
	CLEANUP_FREE char *list = NULL, *amounts = NULL;

	if (!group)
		return -1;
	device_settle();
	if (command_read(volumes, &list) < 0 || command_read(space, &amounts) < 0 ||
		logical_read_volumes(list, def_text(def, "target/path"), &ret->volumes) < 0 ||
		logical_read_space(amounts, &ret->capacity, &ret->available) < 0)
		return -1;
	ret->allocation = ret->capacity - ret->available;
	for (struct storage_volume *vol = ret->volumes; vol; vol = vol->next)
		if (device_size(vol->path, &vol->physical, &vol->st) < 0)
			return -1;
	return 0;
}

static int find_sources(const char *spec, struct buf *to)
{
	static const char *const argv[] = {"pvs", "--reportformat",  "json",
									   "-o",  "pv_name,vg_name", NULL};
	CLEANUP_FREE char *list = NULL;

	(void)spec;
	return command_read(argv, &list) < 0 ? -1 : logical_read_sources(list, to);
}

/* -- volumes -- */

static int remove_volume(const char *group, const char *name)
{
	CLEANUP_FREE char *path = NULL;
	const char *off[] = {"lvchange", "-aln", NULL, NULL};
	const char *gone[] = {"lvremove", "-f", NULL, NULL};

	if (asprintf(&path, "%s/%s", group, name) < 0) {
		path = NULL;
		return error_oom();
	}
	off[2] = gone[2] = path;
	device_settle();
	/* it says itself why it can't be removed */
	if (command_run(off) < 0)
		error_reset();
	return command_run(gone);
}

/* A snapshot's origin lies in the same group. */
static int check_origin(const struct def *pool, const char *origin)
{
	const char *target = def_text(pool, "target/path");
	size_t len = strlen(target);

	if (strncmp(origin, target, len) == 0 && origin[len] == '/' && is_name(origin + len + 1))
		return 0;
	return error_set(FROM_STORAGE, ERR_INVALID_ARG, "'%s' is no volume of the volume group '%s'",
					 origin, def_text(pool, "source/name"));
}

static unsigned long long kib(unsigned long long bytes)
{
	return bytes / 1024 + (bytes % 1024 != 0);
}

static int create(const struct def *pool, const struct def *def, const char *group,
				  const char *name)
{
	const char *origin = def_text(def, "backingStore/path");
	unsigned long long capacity = volume_amount(def, "capacity", 0);
	unsigned long long allocation = volume_amount(def, "allocation", capacity);
	char size[32], all[32];
	const char *argv[16] = {"lvcreate", "--yes", "--name", name, "-L", size};
	int n = 6;

	if (origin && check_origin(pool, origin) < 0)
		return -1;
	snprintf(size, sizeof size, "%lluK",
			 kib(allocation != capacity && !allocation ? 1 : allocation));
	snprintf(all, sizeof all, "%lluK", kib(capacity));
	if (allocation != capacity) {
		argv[n++] = "--type";
		argv[n++] = "snapshot";
		argv[n++] = "--virtualsize";
		argv[n++] = all;
	}
	if (origin)
		argv[n++] = "-s";
	argv[n++] = origin ? origin : group;
	return command_run(argv);
}

static int volume_make(const struct def *pool, const struct def *def, const char *path,
					   const struct storage_from *from, unsigned flags)
{
	const char *group = group_of(pool), *name = def_text(def, "name");
	struct error cause;

	(void)flags;
	if (!group)
		return -1;
	if (!is_name(name))
		return error_set(FROM_STORAGE, ERR_INVALID_ARG, "invalid name of a logical volume: '%s'",
						 name);
	if (create(pool, def, group, name) < 0)
		return -1;
	device_settle();
	if (device_fill(def, path, from) == 0)
		return 0;
	error_take(&cause);
	remove_volume(group, name);
	error_give(&cause);
	return -1;
}

static int volume_remove(const struct def *pool, const struct storage_volume *vol)
{
	const char *group = group_of(pool);

	return group ? remove_volume(group, vol->name) : -1;
}

const struct storage_type storage_type_logical = {
	.name = "logical",
	.build = build,
	.remove = remove_group,
	.start = start,
	.stop = stop,
	.scan = scan,
	.find_sources = find_sources,
	.formats = STORAGE_NO_FORMATS,
	.devices = true,
	.volume_make = volume_make,
	.volume_remove = volume_remove,
};
