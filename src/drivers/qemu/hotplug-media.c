/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is changed of a device of a running machine: the medium in a drive, the link of an
 * interface.
 */
#include "config.h"
#include "drivers/qemu/hotplug.h"

#include "drivers/qemu/access.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

/* -- media -- */

/* The drive as it is, with the medium of another. NULL with NO_MEMORY. */
static struct node *with_medium(const struct node *drive, const struct node *wish)
{
	static const char *const parts[] = {"source", "backingStore"};
	const char *format = child_attr(wish, "driver", "type");
	CLEANUP(cleanup_node) struct node *n = node_copy(drive);
	struct node *driver;

	if (!n || node_set(n, "type", node_attr(wish, "type")) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const struct node *part = node_child(wish, parts[i]);
		struct node *copy;

		node_remove_all(n, parts[i]);
		if (!part)
			continue;
		if (!(copy = node_copy(part)))
			return NULL;
		node_insert(n, copy, NULL);
	}
	if (!format)
		return steal(&n);
	if (!(driver = node_need(n, "driver")) || node_set(driver, "type", format) < 0)
		return NULL;
	return steal(&n);
}

static int on_drive(struct vm *vm, const char *command, const struct node *drive)
{
	return vm_call(vm, command, json_pack("{s:s}", "id", qemu_alias(drive)), NULL);
}

/* Opens the drive and takes out what is in it. A guest may have locked it. */
static int take_out(struct vm *vm, const struct node *drive, bool force)
{
	if (vm_call(vm, "blockdev-open-tray",
				json_pack("{s:s, s:b}", "id", qemu_alias(drive), "force", force), NULL) < 0)
		return -1;
	return on_drive(vm, "blockdev-remove-medium", drive);
}

static int add_medium(struct vm *vm, const struct node *drive)
{
	char top[QEMU_NODE_NAME_LEN];

	if (hotplug_add_nodes(vm, drive) < 0)
		return -1;
	if (vm_call(vm, "blockdev-insert-medium",
				json_pack("{s:s, s:s}", "id", qemu_alias(drive), "node-name",
						  qemu_disk_top(drive, top)),
				NULL) == 0 &&
		(!node_child(drive, "iotune") ||
		 vm_call(vm, "block_set_io_throttle", qemu_throttle_json(drive), NULL) == 0))
		return 0;
	hotplug_drop_nodes(vm, drive);
	return -1;
}

/* Puts in what is new; where that can't be, what was in the drive before. */
static int put_in(struct vm *vm, const struct node *drive, const struct node *before)
{
	char top[QEMU_NODE_NAME_LEN];
	struct error cause;
	int r = qemu_disk_is_empty(drive) ? 0 : add_medium(vm, drive);

	if (r == 0)
		return on_drive(vm, "blockdev-close-tray", drive);
	error_take(&cause);
	if (!qemu_disk_is_empty(before))
		vm_call(vm, "blockdev-insert-medium",
				json_pack("{s:s, s:s}", "id", qemu_alias(before), "node-name",
						  qemu_disk_top(before, top)),
				NULL);
	on_drive(vm, "blockdev-close-tray", before);
	error_give(&cause);
	return -1;
}

/* Finds out what the new medium stands on, and gives its files to the guest's user. */
static int prepare(struct vm *vm, struct node *drive, struct access_file **given)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = domain_def_copy(vm->d.def);
	struct qemu_prepare how = vm_prepare_how(vm);
	int r;

	if (!def)
		return -1;
	vm_unlocked(vm);
	r = qemu_prepare_disk(def, drive, &how) < 0 || access_give_disk(vm->qemu, drive, given) < 0 ? -1
																								: 0;
	vm_locked(vm);
	return r;
}

static int exchange(struct vm *vm, struct node *drive, struct node *changed, bool force)
{
	struct access_file *given = NULL;
	struct node *own = NULL;

	if (prepare(vm, changed, &given) < 0 || take_out(vm, drive, force) < 0 ||
		put_in(vm, changed, drive) < 0 || vm_check_active(vm) < 0 || !(own = node_copy(changed))) {
		access_take_back(&given);
		return -1;
	}
	access_join(&vm->given, &given);
	/* it is closed now, whatever it was */
	node_set(node_child(own, "target"), "tray", NULL);
	node_insert(drive->parent, own, drive);
	node_unlink(drive);
	hotplug_drop_nodes(vm, drive);
	if (vm_active(vm))
		hotplug_take_back(vm, drive);
	node_free(drive);
	return vm_check_active(vm) < 0 ? -1 : vm_save_status(vm);
}

int hotplug_change_medium(struct vm *vm, struct node *drive, const struct node *wish, bool force)
{
	CLEANUP(cleanup_node) struct node *changed = NULL;

	if (!is(drive, "device", "cdrom") && !is(drive, "device", "floppy"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "disk '%s' of a running domain can't be changed: it has no media",
						 child_attr(drive, "target", "dev"));
	if (!is(wish, "device", node_attr(drive, "device")) ||
		!child_is(wish, "target", "bus", child_attr(drive, "target", "bus")))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "cannot modify field 'bus' or 'device' of the disk");
	if (blockjob_check_none(vm, drive) < 0)
		return -1;
	changed = with_medium(drive, wish);
	return changed ? exchange(vm, drive, changed, force) : error_oom();
}

/* -- interfaces -- */

/* What says of an interface all but its link and what it has only while it runs; owned by the
 * caller. NULL with NO_MEMORY. */
static char *without_link(const struct node *interface)
{
	static const char *const parts[] = {"link", "target", "alias", "address"};
	CLEANUP(cleanup_node) struct node *n = node_copy(interface);
	CLEANUP_BUF struct buf b = {0};
	struct node *source = node_child(n, "source");

	if (!n)
		return NULL;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		node_remove_all(n, parts[i]);
	if (source && is(n, "type", "network")) {
		node_set(source, "bridge", NULL);
		node_set(source, "portid", NULL);
	}
	return node_write(n, &b, 0, 0) < 0 ? NULL : buf_steal_text(&b);
}

int hotplug_change_link(struct vm *vm, struct node *interface, const struct node *wish)
{
	const char *state = child_attr(wish, "link", "state");
	CLEANUP_FREE char *before = without_link(interface);
	CLEANUP_FREE char *after = without_link(wish);
	struct node *link;

	if (!before || !after)
		return error_oom();
	if (strcmp(before, after) != 0)
		return error_set(
			FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
			"of an interface of a running domain only the link's state can be changed");
	if (vm_call(
			vm, "set_link",
			json_pack("{s:s, s:b}", "name", qemu_alias(interface), "up", !text_is(state, "down")),
			NULL) < 0 ||
		vm_check_active(vm) < 0)
		return -1;
	link = state ? node_need(interface, "link") : node_child(interface, "link");
	if (link && !state)
		node_remove(link);
	else if (state && (!link || node_set(link, "state", state) < 0))
		return error_oom();
	return vm_save_status(vm);
}

/* -- size -- */

int qemu_domain_block_resize(struct driver_conn *conn,
							 const struct rvirt_wire_domain_block_resize_args *args)
{
	bool bytes = args->flags & RVIRT_DOMAIN_BLOCK_RESIZE_BYTES;
	unsigned long long limit = (unsigned long long)INT64_MAX / (bytes ? 1 : 1024);
	unsigned long long size = bytes ? args->size : args->size * 1024;
	char name[QEMU_NODE_NAME_LEN];
	const struct node *disk = NULL;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_BLOCK_RESIZE_BYTES, "qemuDomainBlockResize") < 0)
		return -1;
	if (args->size > limit)
		return error_set(FROM_QEMU, ERR_OVERFLOW, "size must be less than %llu", limit);

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	NODE_EACH(n, node_child(vm->d.def->root, "devices"), "disk")
	{
		if (text_is(child_attr(n, "target", "dev"), args->disk) ||
			text_is(child_attr(n, "source", "file"), args->disk) ||
			text_is(child_attr(n, "source", "dev"), args->disk))
			disk = n;
	}
	if (!disk)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "disk '%s' was not found in the domain config",
						 args->disk);
	if (qemu_disk_is_empty(disk))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "can't resize empty or readonly disk '%s'", args->disk);
	/* images with a format of their own have sectors */
	if (!child_is(disk, "driver", "type", "raw"))
		size = (size + 511) / 512 * 512;
	return vm_call(
		vm, "block_resize",
		json_pack("{s:s, s:I}", "node-name", qemu_disk_top(disk, name), "size", (json_int_t)size),
		NULL);
}
