/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The end of a snapshot beside the images: what went into its new images since is written into
 * those that they stand on, which the machine uses again.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/log.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/hotplug.h"
#include "drivers/storage/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_outside(const struct node *row)
{
	return is(row, "snapshot", "external");
}

static const struct node *disk_of(const struct domain_def *def, const struct node *row)
{
	return domain_def_find_device(def, "disk", node_attr(row, "name"));
}

/* Whether an earlier attempt, which another disk has ended, has merged this one. */
static bool is_merged(const struct node *disk, const struct node *before)
{
	return text_is(store_path(disk), store_path(before));
}

int snapshot_check_merge(const struct vm *vm, const struct moment *m)
{
	if (!m->domain)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "snapshot '%s' does not say what its images stand on", moment_name(m));
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const struct node *disk = disk_of(vm->d.def, row), *before = disk_of(m->domain, row);
		const char *path = store_path(row);

		if (!is_outside(row))
			continue;
		if (!disk || !before || !store_path(before) || !path ||
			(!text_is(store_path(disk), path) && !is_merged(disk, before)))
			return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
							 "disk '%s' does not use the image of snapshot '%s' any more",
							 node_attr(row, "name"), moment_name(m));
	}
	return 0;
}

/* -- of a machine that runs -- */

static int merge_running(struct vm *vm, const char *name)
{
	struct node *disk = domain_def_find_device(vm->d.def, "disk", name);
	struct blockjob_commit how = {
		.top = disk, .base = disk ? store_below(disk) : NULL, .delete_images = true};
	struct blockjob *job;

	if (!how.base)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "disk '%s' has no backing image", name);
	if (blockjob_commit(vm, disk, &how) < 0 || blockjob_wait(vm, name) < 0 ||
		vm_check_active(vm) < 0 || !(disk = domain_def_find_device(vm->d.def, "disk", name)))
		return -1;
	/* it has ended by itself where somebody else has ended it */
	job = blockjob_of(vm, disk);
	return job ? blockjob_leave(vm, job, true, false) : 0;
}

static int merge_all_running(struct vm *vm, const struct moment *m)
{
	int r = 0;

	if (blockjob_check_any(vm) < 0 || vm_nested_begin(vm) < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (r == 0 && is_outside(row) && (r = vm_check_active(vm)) == 0 &&
			!is_merged(disk_of(vm->d.def, row), disk_of(m->domain, row)))
			r = merge_running(vm, node_attr(row, "name"));
	}
	vm_job_end(vm);
	return r;
}

/* -- of one that does not -- */

/* Without the lock. */
static int commit_images(const struct domain_def *def, const struct moment *m)
{
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const struct node *disk = disk_of(def, row);

		if (is_outside(row) && !is_merged(disk, disk_of(m->domain, row)) &&
			command_run((const char *const[]){"qemu-img", "commit", "-q", "-d", "-f",
											  store_format(disk), store_path(disk), NULL}) < 0)
			return -1;
	}
	return 0;
}

/* The definition with the images of before. 0 or -1. */
static int go_back(const struct domain_def *def, const struct moment *m, struct domain_def **ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = domain_def_copy(def);

	if (!next)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		struct node *disk = domain_def_find_device(next, "disk", node_attr(row, "name"));

		if (!is_outside(row))
			continue;
		if (store_become(disk, disk_of(m->domain, row)) < 0)
			return -1;
		node_remove_all(disk, "backingStore");
	}
	*ret = steal(&next);
	return 0;
}

static void remove_file(const struct vm *vm, const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		log_warning("domain %s: unable to remove '%s': %s", vm->d.name, path, strerror(errno));
}

static int merge_images(struct vm *vm, const struct moment *m)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	int r;

	vm_unlocked(vm);
	r = commit_images(vm->d.def, m);
	vm_locked(vm);
	if (r < 0 || go_back(vm->d.def, m, &next) < 0 || hotplug_keep_config(vm, &next) < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (is_outside(row) && is(row, "type", "file"))
			remove_file(vm, store_path(row));
	}
	return 0;
}

int snapshot_merge(struct vm *vm, const struct moment *m)
{
	const char *memory = child_attr(m->def->root, "memory", "file");

	if ((vm_active(vm) ? merge_all_running(vm, m) : merge_images(vm, m)) < 0)
		return -1;
	if (memory)
		remove_file(vm, memory);
	return 0;
}
