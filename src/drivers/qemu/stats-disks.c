/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Figures of a machine's disks, and where that is wanted of the images below them. Of a machine
 * that does not run they are those of the files.
 */
#include "config.h"
#include "drivers/qemu/stats.h"

#include "base/fd.h"
#include "drivers/qemu/device.h"
#include "drivers/storage/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(const struct node *store)
{
	const struct node *source = node_child(store, "source");
	const char *file = node_attr(source, "file");

	return file ? file : node_attr(source, "dev");
}

/* What an image is called, at place i. */
static void put_names(const struct node *disk, const struct node *store, unsigned i,
					  struct params *p)
{
	const struct node *source = node_child(store, "source");
	char name[32];

	stats_put_text(p, "block", i, "name", child_attr(disk, "target", "dev"));
	if (path_of(store))
		stats_put_text(p, "block", i, "path", path_of(store));
	if (!node_attr(source, "index"))
		return;
	snprintf(name, sizeof name, "block.%u.backingIndex", i);
	params_uint(p, name, (unsigned)node_attr_num(source, "index", 0));
}

/* all: what is nothing too. */
static void put_sizes(const struct disk_stats *s, bool all, unsigned i, struct params *p)
{
	if (!s->capacity)
		return;
	if (all || s->allocation)
		stats_put(p, s->allocation, "block.%u.allocation", i);
	stats_put(p, s->capacity, "block.%u.capacity", i);
	stats_put(p, s->physical, "block.%u.physical", i);
}

/* -- while it runs -- */

static void put_counts(const struct disk_stats *s, unsigned i, struct params *p)
{
	stats_put(p, (unsigned long long)s->rd_req, "block.%u.rd.reqs", i);
	stats_put(p, (unsigned long long)s->rd_bytes, "block.%u.rd.bytes", i);
	stats_put(p, (unsigned long long)s->rd_ns, "block.%u.rd.times", i);
	stats_put(p, (unsigned long long)s->wr_req, "block.%u.wr.reqs", i);
	stats_put(p, (unsigned long long)s->wr_bytes, "block.%u.wr.bytes", i);
	stats_put(p, (unsigned long long)s->wr_ns, "block.%u.wr.times", i);
	stats_put(p, (unsigned long long)s->fl_req, "block.%u.fl.reqs", i);
	stats_put(p, (unsigned long long)s->fl_ns, "block.%u.fl.times", i);
}

/* -- what the files say -- */

static void look(const char *path, struct disk_stats *ret)
{
	CLEANUP_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	CLEANUP_FREE unsigned char *head = malloc(STORAGE_IMAGE_HEAD);
	CLEANUP(storage_image_clear) struct storage_image image = {0};
	struct stat st;
	ssize_t n;

	*ret = (struct disk_stats){0};
	if (fd < 0 || !head || fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return;
	n = pread(fd, head, STORAGE_IMAGE_HEAD, 0);
	if (n < 0 || storage_image_read(head, (size_t)n, &image) < 0)
		return;
	ret->physical = (unsigned long long)(S_ISREG(st.st_mode) ? st.st_size : lseek(fd, 0, SEEK_END));
	ret->allocation = (unsigned long long)st.st_blocks * 512;
	ret->capacity = image.capacity ? image.capacity : ret->physical;
}

/* Where the image is raw whatever its guest has written there. */
static void look_at_disk(const struct node *disk, struct disk_stats *ret)
{
	look(path_of(disk), ret);
	if (!child_attr(disk, "driver", "type") || child_is(disk, "driver", "type", "raw"))
		ret->capacity = ret->physical;
}

/* -- */

/* The images below one; the place behind the last of them. */
static unsigned put_below(const struct node *disk, unsigned i, struct params *p)
{
	const struct node *store = node_child(disk, "backingStore");
	struct disk_stats s;

	for (; store && node_child(store, "source"); store = node_child(store, "backingStore")) {
		put_names(disk, store, i, p);
		look(path_of(store), &s);
		put_sizes(&s, true, i++, p);
	}
	return i;
}

static unsigned count_images(const struct node *devices, bool backing)
{
	unsigned n = 0;

	NODE_EACH(disk, devices, "disk")
	{
		const struct node *store = backing ? node_child(disk, "backingStore") : NULL;

		for (n++; store && node_child(store, "source"); store = node_child(store, "backingStore"))
			n++;
	}
	return n;
}

static void put_disks(const struct domain_def *def, const struct disk_answers *answers,
					  bool backing, struct params *p)
{
	const struct node *devices = node_child(def->root, "devices");
	unsigned i = 0;

	params_uint(p, "block.count", count_images(devices, backing));
	NODE_EACH(disk, devices, "disk")
	{
		struct disk_stats s;

		put_names(disk, disk, i, p);
		if (answers) {
			disk_stats(answers, disk, &s);
			put_counts(&s, i, p);
		} else {
			look_at_disk(disk, &s);
		}
		put_sizes(&s, answers, i++, p);
		if (backing)
			i = put_below(disk, i, p);
	}
}

int stats_add_disks(struct vm *vm, bool asks, bool backing, struct params *p)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = NULL;
	CLEANUP_DISK_ANSWERS struct disk_answers answers = {0};

	if (asks && (disk_ask(vm, &answers) < 0 || vm_check_active(vm) < 0))
		return -1;
	if (asks && !backing) {
		put_disks(vm->d.def, &answers, false, p);
		return 0;
	}
	/* files may lie far away */
	if (!(copy = domain_def_copy(vm->d.def)))
		return -1;
	vm_unlocked(vm);
	put_disks(copy, asks ? &answers : NULL, backing, p);
	vm_locked(vm);
	return 0;
}
