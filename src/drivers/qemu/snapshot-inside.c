/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots inside of qcow2 images. QEMU makes those of what runs, memory and all, by its commands
 * for people, as libvirt has it: they choose the image for the memory by the same rule by which
 * -loadvm looks for it. qemu-img makes those of what does not run.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/buf.h"
#include "base/log.h"
#include "drivers/qemu/device.h"
#include "drivers/storage/command.h"

#include <string.h>

enum { HOURS_MS = 24 * 3600 * 1000 }; /* to write memory may take any time; who gives up destroys */

/* -- what runs -- */

/* The command with a name in quotes, which may hold anything. */
static char *quoted(const char *command, const char *name)
{
	CLEANUP_BUF struct buf b = {0};

	if (buf_printf(&b, "%s \"", command) < 0)
		return NULL;
	for (const char *p = name; *p; p++) {
		const char *special = *p == '\n' ? "\\n" : *p == '\r' ? "\\r" : NULL;

		if (special
				? buf_puts(&b, special) < 0
				: ((*p == '"' || *p == '\\') && buf_puts(&b, "\\") < 0) || buf_add(&b, p, 1) < 0)
			return NULL;
	}
	return buf_puts(&b, "\"") < 0 ? NULL : buf_steal_text(&b);
}

/* What QEMU says to it, without the end of the line: nothing if it was done. *ret belongs to the
 * caller. 0 or -1. */
static int tell(struct vm *vm, const char *command, const char *name, char **ret)
{
	CLEANUP_FREE char *line = quoted(command, name);
	CLEANUP_JSON json_t *answer = NULL;
	const char *text;
	int r;

	if (!line || vm_nested_begin(vm) < 0)
		return -1;
	r = vm_call_for(vm, "human-monitor-command", json_pack("{s:s}", "command-line", line), -1,
					HOURS_MS, &answer);
	vm_job_end(vm);
	if (r < 0)
		return -1;
	text = json_is_string(answer) ? json_string_value(answer) : "";
	*ret = strndup(text, strcspn(text, "\r\n"));
	return *ret ? 0 : error_oom();
}

int snapshot_keep(struct vm *vm, const char *name)
{
	CLEANUP_FREE char *said = NULL;

	if (tell(vm, "savevm", name, &said) < 0)
		return -1;
	if (!*said)
		return 0;
	if (strstr(said, "No block device can accept snapshots"))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "this domain does not have a device to take snapshots");
	return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "Failed to take snapshot: %s", said);
}

int snapshot_discard(struct vm *vm, const char *name)
{
	CLEANUP_FREE char *said = NULL;

	if (tell(vm, "delvm", name, &said) < 0)
		return -1;
	if (!*said)
		return 0;
	if (strstr(said, "No block device supports snapshots"))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "this domain does not have a device to delete snapshots");
	return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "Failed to delete snapshot: %s", said);
}

/* -- what does not run -- */

/* The disk's image as qemu-img is told of it: its format is not to be guessed. NULL with the error
 * set. */
static char *image_options(const struct node *disk)
{
	const char *file = child_attr(disk, "source", "file");
	const char *path = file ? file : child_attr(disk, "source", "dev");
	CLEANUP_BUF struct buf b = {0};

	if (!path || *path != '/') {
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
				  "internal inactive snapshots are not supported on '%s' disks",
				  node_attr(disk, "type"));
		return NULL;
	}
	if (buf_printf(&b,
				   "driver=qcow2,file.driver=%s,file.filename=", file ? "file" : "host_device") < 0)
		return NULL;
	for (const char *p = path; *p; p++)
		if (buf_add(&b, p, 1) < 0 || (*p == ',' && buf_puts(&b, ",") < 0))
			return NULL;
	return buf_steal_text(&b);
}

static int on_image(const struct node *disk, const char *name, enum snapshot_image_op op)
{
	static const char *const options[] = {"-c", "-a", "-d"};
	CLEANUP_FREE char *image = NULL;

	if (!child_is(disk, "driver", "type", "qcow2"))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "Disk device '%s' does not support snapshotting",
						 child_attr(disk, "target", "dev"));
	if (!(image = image_options(disk)))
		return -1;
	return command_run((const char *const[]){"qemu-img", "snapshot", options[op], name,
											 "--image-opts", image, NULL});
}

/* Those that the snapshot holds. */
static bool is_inside(const struct moment *m, const struct node *disk)
{
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (node_attr_is(row, "name", child_attr(disk, "target", "dev")))
			return node_attr_is(row, "snapshot", "internal");
	}
	return false;
}

/* Takes back what was made in the disks before that one. The error that is set stays. */
static void undo(const struct moment *m, const struct node *from, const struct node *failed)
{
	struct error cause;

	error_take(&cause);
	for (const struct node *disk = from; disk != failed; disk = node_next(disk))
		if (is_inside(m, disk) && on_image(disk, moment_name(m), SNAPSHOT_IMAGE_DELETE) < 0)
			log_warning("snapshot %s: %s", moment_name(m), error_last()->message);
	error_give(&cause);
}

static int on_images(const struct moment *m, enum snapshot_image_op op)
{
	const struct node *first = node_child(node_child(m->domain->root, "devices"), "disk");
	struct error cause = {0};
	int r = 0;

	for (const struct node *disk = first; disk; disk = node_next(disk)) {
		if (!is_inside(m, disk) || on_image(disk, moment_name(m), op) == 0)
			continue;
		if (op == SNAPSHOT_IMAGE_CREATE) {
			undo(m, first, disk);
			return -1;
		}
		if (r == 0)
			error_take(&cause);
		r = -1;
	}
	if (r < 0)
		error_give(&cause);
	return r;
}

int snapshot_images(struct vm *vm, const struct moment *m, enum snapshot_image_op op)
{
	int r;

	vm_unlocked(vm);
	r = on_images(m, op);
	vm_locked(vm);
	return r;
}
