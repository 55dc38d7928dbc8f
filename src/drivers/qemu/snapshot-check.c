/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which snapshots can be made of which disks.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "drivers/qemu/device.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define refuse(...) error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

static bool is_empty(const struct node *disk)
{
	const struct node *source = node_child(disk, "source");

	return !source || (!source->nattrs && !source->children);
}

static const char *target_of(const struct node *row)
{
	return node_attr(row, "name");
}

/* -- in the images -- */

static int check_inside(const struct vm *vm, const struct moment *m, const struct node *row,
						const struct node *disk)
{
	const char *format = child_attr(disk, "driver", "type");
	bool local = is(disk, "type", "file") || is(disk, "type", "block");

	if (snapshot_is(m, "disk-snapshot") && vm_active(vm))
		return refuse(
			"active qemu domains require external disk snapshots; disk %s requested internal",
			target_of(row));
	if (!vm_active(vm) && is(disk, "type", "network"))
		return error_set(
			FROM_QEMU, ERR_INTERNAL_ERROR,
			"internal inactive snapshots are not supported on 'network' disks using '%s' protocol",
			child_attr(disk, "source", "protocol"));
	if (!vm_active(vm) && !local)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "internal inactive snapshots are not supported on '%s' disks",
						 node_attr(disk, "type"));
	if (format && strcmp(format, "qcow2") != 0)
		return refuse("internal snapshot for disk %s unsupported for storage type %s",
					  target_of(row), format);
	return 0;
}

/* -- beside them -- */

/* The file or device that will hold what changes from now on. */
static int check_place(const struct node *row, bool reuse)
{
	bool block = is(row, "type", "block");
	const char *path = child_attr(row, "source", block ? "dev" : "file");
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return error_errno(FROM_QEMU, errno, "unable to stat for disk %s: %s", target_of(row),
							   path);
		if (reuse)
			return error_errno(FROM_QEMU, errno, "missing existing file for disk %s: %s",
							   target_of(row), path);
		return block ? error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
								 "block device snapshot target '%s' doesn't exist", path)
					 : 0;
	}
	if (block ? !S_ISBLK(st.st_mode) : !S_ISREG(st.st_mode))
		return refuse("mismatch between configured type for snapshot disk '%s' and the type of "
					  "existing file '%s'",
					  target_of(row), path);
	if (!reuse && !block && st.st_size > 0)
		return refuse(
			"external snapshot file for disk %s already exists and is not a block device: %s",
			target_of(row), path);
	return 0;
}

static int check_outside(const struct vm *vm, struct node *row, const struct node *disk, bool reuse)
{
	const char *when = vm_active(vm) ? "active" : "inactive", *type = node_attr(row, "type");
	const char *format = child_attr(row, "driver", "type");
	struct node *driver = node_need(row, "driver");
	bool block = text_is(type, "block");

	if (!driver || (!format && node_set(driver, "type", format = "qcow2") < 0))
		return -1;
	/* in the order in which documents have them */
	node_unlink(driver);
	node_insert(row, driver, row->children);
	if (!text_is(format, "qcow2") && !text_is(format, "qed"))
		return refuse("external snapshot format for disk %s is unsupported: %s", target_of(row),
					  format);
	if (!vm_active(vm) && !is(disk, "type", "file") && !is(disk, "type", "block"))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "external inactive snapshots are not supported on '%s' disks",
						 node_attr(disk, "type"));
	if (vm_active(vm) && is(disk, "device", "lun"))
		return refuse("external active snapshots are not supported on scsi passthrough devices");
	if (!block && !text_is(type, "file"))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "external %s snapshots are not supported on '%s' disks", when, type);
	if (!child_attr(row, "source", block ? "dev" : "file"))
		return refuse("external snapshot of disk %s has no place", target_of(row));
	return check_place(row, reuse);
}

/* -- all of them -- */

struct count {
	bool inside, left_out;
	int outside;
};

static int check_row(const struct vm *vm, struct moment *m, struct node *row, unsigned flags,
					 struct count *n)
{
	const struct node *disk = domain_def_find_device(vm->d.def, "disk", target_of(row));

	if (!disk)
		return refuse("no disk named '%s'", target_of(row));
	if (is(row, "snapshot", "internal")) {
		n->inside = true;
		return check_inside(vm, m, row, disk);
	}
	if (is(row, "snapshot", "external")) {
		n->outside++;
		return check_outside(vm, row, disk, flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT);
	}
	if (!is_empty(disk) && !node_child(disk, "readonly"))
		n->left_out = true;
	return 0;
}

static int judge(const struct moment *m, const struct count *n)
{
	const struct node *memory = node_child(m->def->root, "memory");
	bool inside = is(memory, "snapshot", "internal"), outside = is(memory, "snapshot", "external");

	if (!n->inside && !n->outside && !inside && !outside)
		return refuse("nothing selected for snapshot");
	if ((inside && !n->inside) || (n->inside && n->left_out))
		return refuse("internal and full system snapshots require all disks to be selected for "
					  "snapshot");
	if (snapshot_is(m, "disk-snapshot") && !n->outside)
		return refuse("disk-only snapshots require at least one disk to be selected for snapshot");
	if ((n->inside && n->outside) || (inside && n->outside) || (outside && n->inside))
		return refuse("mixing internal and external targets for a snapshot is not yet supported");
	return 0;
}

int snapshot_check(const struct vm *vm, struct moment *m, unsigned flags)
{
	const struct node *root = vm->d.def->root;
	struct count n = {0};

	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (check_row(vm, m, row, flags, &n) < 0)
			return -1;
	}
	if (judge(m, &n) < 0)
		return -1;
	if (n.inside && child_is(root, "os/loader", "type", "pflash"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "internal snapshots of a VM with pflash based firmware are not supported");
	return 0;
}
