/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools that are disks: their partitions are the volumes, made and removed by parted(8).
 */
#include "config.h"
#include "drivers/storage/disk.h"

#include "base/error.h"
#include "conf/volume.h"
#include "drivers/storage/command.h"
#include "drivers/storage/device.h"
#include "drivers/storage/type.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <rvirt/constants.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

static const char *format_of(const struct def *def)
{
	return node_attr(node_child(def->root, "source/format"), "type");
}

static bool is_dos(const struct def *def)
{
	return strcmp(format_of(def), "dos") == 0;
}

static int complete(struct def *def)
{
	return strcmp(format_of(def), "unknown") == 0
			   ? node_set(node_child(def->root, "source/format"), "type", "dos")
			   : 0;
}

static struct device_content content_of(const struct def *def)
{
	const char *format = format_of(def);

	if (strcmp(format, "lvm2") == 0)
		return (struct device_content){"LVM2_member", format, false};
	return (struct device_content){strcmp(format, "dvh") == 0 ? "sgi" : format, format, true};
}

/* -- the disk -- */

static int build(const struct def *def, unsigned flags)
{
	const char *device = device_first(def);
	const char *const argv[] = {
		"parted", "--script", device, "mklabel", is_dos(def) ? "msdos" : format_of(def), NULL};
	struct device_content wanted = content_of(def);

	if (!device)
		return -1;
	if (flags & RVIRT_STORAGE_POOL_BUILD_OVERWRITE ? device_clear(device) < 0
												   : device_check_empty(device, &wanted) < 0)
		return -1;
	return command_run(argv);
}

/* What the kernel knew of it goes too, unless it is in use. */
static int remove_table(const struct def *def)
{
	const char *device = device_first(def);
	const char *const argv[] = {"blockdev", "--rereadpt", device, NULL};

	if (!device || device_clear(device) < 0)
		return -1;
	if (command_run(argv) < 0)
		error_reset();
	return 0;
}

static int start(const struct def *def)
{
	struct device_content wanted = content_of(def);
	const char *device = device_first(def);

	if (!device)
		return -1;
	device_settle();
	if (access(device, F_OK) < 0)
		return error_set(FROM_STORAGE, ERR_INVALID_ARG, "device path '%s' doesn't exist", device);
	return device_check_content(device, &wanted);
}

/* -- names of partitions -- */

/* What their names begin with ("/dev/sda", "/dev/loop0p"), owned by the caller. */
static char *name_base(const struct def *def)
{
	const struct node *node = device_next(def, NULL);
	const char *device = node_attr(node, "path");
	CLEANUP_FREE char *real = realpath(device, NULL);
	const char *name = real ? real : device;
	bool mapped = strncmp(name, "/dev/dm-", 8) == 0;
	char *base;

	name = mapped ? device : name;
	if (asprintf(&base, "%s%s", name,
				 isdigit((unsigned char)name[strlen(name) - 1]) ||
						 (mapped && !node_attr_is(node, "part_separator", "no"))
					 ? "p"
					 : "") >= 0)
		return base;
	error_oom();
	return NULL;
}

/* A link in the pool's folder that stays the same when disks are found in another order. Takes
 * *path over, and gives it back where there is none. NULL with NO_MEMORY. */
static char *stable_path(const struct def *def, char **path)
{
	const char *target = def_text(def, "target/path");
	DIR *dir =
		strcmp(target, "/dev") != 0 && strncmp(target, "/dev/", 5) == 0 ? opendir(target) : NULL;
	struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir))) {
		CLEANUP_FREE char *link = NULL, *real = NULL;

		if (*entry->d_name == '.' || asprintf(&link, "%s/%s", target, entry->d_name) < 0)
			continue;
		real = realpath(link, NULL);
		if (real && strcmp(real, *path) == 0)
			found = steal(&link);
	}
	if (dir)
		closedir(dir);
	return found ? found : steal(path);
}

/* -- looking at it -- */

static struct storage_volume *volume_of(const struct def *def, const char *base,
										const struct disk_part *part)
{
	CLEANUP(cleanup_storage_volume) struct storage_volume *vol = calloc(1, sizeof *vol);
	CLEANUP_FREE char *path = NULL;
	uint64_t size = 0;

	if (!vol || asprintf(&path, "%s%u", base, part->number) < 0 ||
		!(vol->name = strdup(strrchr(path, '/') + 1)) ||
		storage_volume_extent(vol, node_attr(device_next(def, NULL), "path"), part->start,
							  part->end) < 0) {
		error_oom();
		return NULL;
	}
	/* the extended one can't be opened once there is something in it */
	if (device_size(path, &size, &vol->st) < 0 && part->kind != DISK_EXTENDED)
		return NULL;
	vol->device = true;
	vol->image.format = "none";
	vol->physical = size;
	vol->image.capacity = part->kind == DISK_EXTENDED ? part->end - part->start : size;
	vol->allocation = part->kind == DISK_EXTENDED ? 0 : size;
	vol->path = stable_path(def, &path);
	return vol->path ? steal(&vol) : NULL;
}

static int add_hole(struct storage_scan *scan, const struct disk_part *part)
{
	struct storage_extent *more = reallocarray(scan->holes, scan->n_holes + 1, sizeof *scan->holes);

	if (!more)
		return error_oom();
	scan->holes = more;
	more[scan->n_holes++] = (struct storage_extent){NULL, part->start, part->end};
	scan->available += part->end - part->start;
	return 0;
}

static int scan(const struct def *def, struct storage_scan *ret)
{
	CLEANUP_TABLE struct disk_table table = {0};
	CLEANUP_FREE char *base = NULL;
	struct storage_volume **end = &ret->volumes, *extended = NULL;
	const char *device = device_first(def);

	device_settle();
	if (!device || disk_table_read(device, &table) < 0 || !(base = name_base(def)))
		return -1;
	for (const struct disk_part *p = table.parts; p < table.parts + table.n; p++) {
		struct storage_volume *vol;

		ret->capacity = p->end > ret->capacity ? p->end : ret->capacity;
		if (p->kind == DISK_FREE) {
			if (add_hole(ret, p) < 0)
				return -1;
			continue;
		}
		vol = volume_of(def, base, p);
		if (!vol)
			return -1;
		*end = vol;
		end = &vol->next;
		ret->allocation += vol->allocation;
		if (p->kind == DISK_LOGICAL && extended)
			extended->allocation += vol->allocation;
		if (p->kind == DISK_EXTENDED)
			extended = vol;
	}
	return 0;
}

/* -- volumes -- */

/* Keeps others from changing the table, our own threads and those who hold to the convention. The
 * descriptor, or -1 with the error set. */
static int lock_disk(const char *device)
{
	int fd = open(device, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		error_errno(FROM_STORAGE, errno, "cannot lock '%s'", device);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static unsigned count(const struct disk_table *table, enum disk_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < table->n; i++)
		n += table->parts[i].kind == kind;
	return n;
}

/* What parted is asked for: a kind of partition, and what is said to be in it. Tables that know no
 * kinds take the word for a name. */
static int choose_kind(const struct def *pool, const struct def *def,
					   const struct disk_table *table, const char **ret_kind, const char **ret_fs)
{
	const char *format = node_attr(node_child(def->root, "target/format"), "type");
	unsigned extended = count(table, DISK_EXTENDED);

	*ret_kind = "primary";
	*ret_fs = NULL;
	if (!is_dos(pool))
		return 0;
	if (strcmp(format, "extended") == 0) {
		*ret_kind = format;
		return extended ? error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
									"extended partition already exists")
						: 0;
	}
	*ret_fs = strncmp(format, "fat", 3) == 0 || strcmp(format, "linux-swap") == 0 ? format : "ext2";
	if (count(table, DISK_PRIMARY) + extended < 4)
		return 0;
	*ret_kind = "logical";
	return extended ? 0
					: error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
								"no extended partition found and no primary partition available");
}

static int remove_part(const char *device, unsigned number)
{
	char text[16];
	const char *const argv[] = {"parted", "--script", device, "rm", text, NULL};

	snprintf(text, sizeof text, "%u", number);
	return command_run(argv);
}

/* Makes a partition where there is room. 0 with what has become of it, or -1. */
static int make_part(const struct def *pool, const struct def *def, const char *device,
					 struct disk_part *ret)
{
	CLEANUP_TABLE struct disk_table before = {0}, after = {0};
	const char *kind = NULL, *fs = NULL, *argv[12] = {"parted", "--script", "--align", "none"};
	uint64_t begin = 0, end = 0;
	char from[32], to[32];
	int n = 4;

	if (disk_table_read(device, &before) < 0 || choose_kind(pool, def, &before, &kind, &fs) < 0 ||
		disk_find_room(&before, volume_amount(def, "capacity", 0), strcmp(kind, "logical") == 0,
					   &begin, &end) < 0)
		return -1;
	snprintf(from, sizeof from, "%lluB", (unsigned long long)begin);
	snprintf(to, sizeof to, "%lluB", (unsigned long long)end - 1);
	argv[n++] = device;
	argv[n++] = "mkpart";
	argv[n++] = kind;
	if (fs)
		argv[n++] = fs;
	argv[n++] = from;
	argv[n++] = to;
	if (command_run(argv) < 0 || disk_table_read(device, &after) < 0)
		return -1;
	for (size_t i = 0; i < after.n; i++)
		if (after.parts[i].number && after.parts[i].start == begin) {
			*ret = after.parts[i];
			return 0;
		}
	return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "the new partition of '%s' is not there",
					 device);
}

static int volume_make(const struct def *pool, const struct def *def, const char *path,
					   const struct storage_from *from, unsigned flags)
{
	const char *device = device_first(pool), *name = def_text(def, "name");
	CLEANUP_CLOSE int lock = device ? lock_disk(device) : -1;
	CLEANUP_FREE char *base = lock < 0 ? NULL : name_base(pool), *made = NULL;
	struct disk_part part = {0};
	struct error cause;

	(void)path;
	(void)flags;
	if (!base || make_part(pool, def, device, &part) < 0)
		return -1;
	device_settle();
	if (asprintf(&made, "%s%u", base, part.number) < 0) {
		made = NULL;
		error_oom();
	} else if (strcmp(strrchr(made, '/') + 1, name) != 0) {
		error_set(FROM_STORAGE, ERR_INVALID_ARG, "invalid partition name '%s', expected '%s'", name,
				  strrchr(made, '/') + 1);
	} else if (part.kind == DISK_EXTENDED || device_fill(def, made, from) == 0) {
		return 0;
	}
	error_take(&cause);
	remove_part(device, part.number);
	error_give(&cause);
	return -1;
}

static int volume_remove(const struct def *pool, const struct storage_volume *vol)
{
	const char *device = device_first(pool), *name;
	CLEANUP_CLOSE int lock = device ? lock_disk(device) : -1;
	CLEANUP_FREE char *base = lock < 0 ? NULL : name_base(pool);
	size_t len;

	if (!base)
		return -1;
	name = strrchr(base, '/') + 1;
	len = strlen(name);
	if (strncmp(vol->name, name, len) != 0 || !vol->name[len] ||
		vol->name[len + strspn(vol->name + len, "0123456789")])
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
						 "Volume path '%s' did not start with parent pool source device name.",
						 vol->name);
	return remove_part(device, (unsigned)strtoul(vol->name + len, NULL, 10));
}

const struct storage_type storage_type_disk = {
	.name = "disk",
	.complete = complete,
	.build = build,
	.remove = remove_table,
	.start = start,
	.scan = scan,
	.formats = STORAGE_PARTITIONS,
	.devices = true,
	.volume_make = volume_make,
	.volume_remove = volume_remove,
};
