/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device leaves a running machine. Its guest has to let it go, which may take long or never come;
 * what it stood on is removed after that, and it leaves the definition last.
 */
#include "config.h"
#include "drivers/qemu/hotplug.h"

#include "base/fd.h"
#include "base/log.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/event.h"
#include "drivers/qemu/plug.h"

enum { UNPLUG_MS = 5000 };

/* -- what it stood on -- */

/* What can't be removed is of no use to anybody: it stays until the machine ends. */
static void drop(struct vm *vm, const char *command, const char *key, const char *name)
{
	if (vm_call(vm, command, json_pack("{s:s}", key, name), NULL) < 0)
		log_debug("domain %s: %s", vm->d.name, error_last()->message);
	error_reset();
}

void hotplug_drop_nodes(struct vm *vm, const struct node *disk)
{
	char name[QEMU_NODE_NAME_LEN];

	if (qemu_disk_is_empty(disk))
		return;
	if (child_is(disk, "driver", "copy_on_read", "on"))
		drop(vm, "blockdev-del", "node-name", qemu_disk_top(disk, name));
	for (const struct node *store = disk; store; store = node_child(store, "backingStore")) {
		unsigned index = qemu_store_index(store);

		if (!index)
			continue;
		drop(vm, "blockdev-del", "node-name", qemu_node_format(index, name));
		drop(vm, "blockdev-del", "node-name", qemu_node_storage(index, name));
	}
}

/* Whether a chain of images has the file. */
static bool has_file(const struct node *disk, const char *path)
{
	for (const struct node *store = disk; store; store = node_child(store, "backingStore"))
		if (text_is(child_attr(store, "source", "file"), path) ||
			text_is(child_attr(store, "source", "dev"), path))
			return true;
	return false;
}

static bool other_has_file(const struct domain_def *def, const struct node *but, const char *path)
{
	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		if (disk != but && has_file(disk, path))
			return true;
	}
	return false;
}

void hotplug_take_back(struct vm *vm, const struct node *disk)
{
	struct access_file *back = NULL, **at = &vm->given;

	while (*at) {
		struct access_file *f = *at;

		if (!has_file(disk, f->path) || other_has_file(vm->d.def, disk, f->path)) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		f->next = back;
		back = f;
	}
	access_take_back(&back);
}

/* -- the end -- */

static void tell_removed(struct vm *vm, const char *alias)
{
	struct rvirt_wire_domain_event_callback_device_removed_msg m = {
		.msg = {.dev_alias = strdup(alias)}};

	if (m.msg.dev_alias)
		vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED, &m, &m.msg.dom);
}

/* After QEMU has let go of the device. */
static int finish(struct vm *vm, struct node *n)
{
	/* what a device stands on, by the beginning of its name */
	static const struct {
		const char *element, *command, *key, *prefix;
	} rows[] = {
		{"interface", "netdev_del", "id", "host"},  {"rng", "object-del", "id", "obj"},
		{"memory", "object-del", "id", "mem"},      {"channel", "chardev-remove", "id", "char"},
		{"serial", "chardev-remove", "id", "char"}, {"redirdev", "chardev-remove", "id", "char"}};
	CLEANUP_FREE char *alias = strdup(qemu_alias(n));

	if (!alias)
		return error_oom();
	if (is_called(n, "disk"))
		hotplug_drop_nodes(vm, n);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_FREE char *below = NULL;

		if (!is_called(n, rows[i].element))
			continue;
		if (asprintf(&below, "%s%s", rows[i].prefix, alias) < 0) {
			below = NULL;
			return error_oom();
		}
		drop(vm, rows[i].command, rows[i].key, below);
	}
	if (is_called(n, "interface")) {
		vm_unlocked(vm);
		unplug_interface(vm->qemu->host, n);
		vm_locked(vm);
	}
	if (vm_check_active(vm) < 0)
		return -1;
	if (is_called(n, "disk"))
		hotplug_take_back(vm, n);
	if (is_called(n, "memory") && hotplug_count_memory(vm->d.def, n, false) < 0)
		return -1;
	node_remove(n);
	tell_removed(vm, alias);
	return vm_save_status(vm);
}

/* -- while it runs -- */

static int check_kind(const struct node *n)
{
	static const char *const kinds[] = {"disk",    "interface", "rng",      "input",  "controller",
										"channel", "serial",    "redirdev", "memory", "watchdog"};
	const char *model = child_attr(node_child(n, "target"), "model", "name");
	const char *bus = child_attr(n, "target", "bus"), *on = node_attr(n, "bus");
	bool served = false;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		served = served || is_called(n, kinds[i]);
	if (!served)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "live detach of device '%s' is not supported", node_name(n));
	if (is_called(n, "disk") && !text_is(bus, "virtio") && !text_is(bus, "scsi") &&
		!text_is(bus, "usb"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "disk bus '%s' cannot be detached from a running domain", bus ? bus : "");
	if (is_called(n, "input") && !text_is(on, "usb") && !text_is(on, "virtio"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "input device on bus '%s' cannot be detached", on ? on : "");
	if (is_called(n, "serial") && !text_is(model, "usb-serial") && !text_is(model, "pci-serial"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "a serial port of model '%s' can't be hot unplugged", model ? model : "");
	if (is_called(n, "watchdog") && !is(n, "model", "i6300esb"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "a watchdog of model '%s' can't be hot unplugged", node_attr(n, "model"));
	if (is_called(n, "controller") && !is(n, "type", "scsi"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "'%s' controller cannot be hot unplugged.", node_attr(n, "type"));
	return 0;
}

/* A controller that has disks stays. */
static int check_use(const struct vm *vm, const struct node *controller)
{
	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		if (child_is(disk, "target", "bus", "scsi") &&
			node_attr_num(node_child(disk, "address"), "controller", 0) ==
				node_attr_num(controller, "index", 0))
			return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
							 "device cannot be detached: device is busy");
	}
	return 0;
}

/* Asks, and waits for the event. 1: it is gone; 0: not yet; -1. */
static int ask(struct vm *vm, const char *alias)
{
	int64_t deadline = now_ms() + UNPLUG_MS;
	int r;

	vm->unplugging = alias;
	vm->unplugged = false;
	r = vm_call(vm, "device_del", json_pack("{s:s}", "id", alias), NULL);
	while (r == 0 && !vm->unplugged && vm_check_active(vm) == 0 && vm_wait(vm, deadline))
		;
	vm->unplugging = NULL;
	if (r < 0 || vm_check_active(vm) < 0)
		return -1;
	return vm->unplugged;
}

int hotplug_detach(struct vm *vm, struct node *n)
{
	CLEANUP_FREE char *alias = strdup(qemu_alias(n));
	int r;

	if (!alias)
		return error_oom();
	if (is_called(n, "disk") && blockjob_check_none(vm, n) < 0)
		return -1;
	if (check_kind(n) < 0 || (is_called(n, "controller") && check_use(vm, n) < 0))
		return -1;
	r = ask(vm, alias);
	if (r <= 0)
		return r;
	return finish(vm, n);
}

/* -- later -- */

static bool is_listed(const json_t *list, const char *alias)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		if (text_is(qmp_text(entry, "name"), alias))
			return true;
	}
	return false;
}

/* The first device that could leave and has left, or NULL. */
static struct node *first_gone(const struct vm *vm, const json_t *list)
{
	struct node *n = node_child(vm->d.def->root, "devices")->children;

	for (; n; n = n->next)
		if (check_kind(n) == 0 && *qemu_alias(n) && !is_listed(list, qemu_alias(n)))
			break;
	error_reset();
	return n;
}

int hotplug_look(struct vm *vm)
{
	CLEANUP_JSON json_t *list = NULL;
	struct node *n;

	if (vm_call(vm, "qom-list", json_pack("{s:s}", "path", "/machine/peripheral"), &list) < 0)
		return -1;
	while (vm_check_active(vm) == 0 && (n = first_gone(vm, list)))
		if (finish(vm, n) < 0)
			return -1;
	return hotplug_count_vcpus(vm);
}

static void look_later(struct vm *vm)
{
	vm_locked(vm);
	if (vm_job_begin(vm, VM_JOB_MODIFY, "device-deleted") == 0) {
		if (vm_active(vm) && hotplug_look(vm) < 0)
			log_debug("domain %s: %s", vm->d.name, error_last()->message);
		vm_job_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}

void event_device_deleted(struct vm *vm, const json_t *data)
{
	const char *alias = qmp_text(data, "device");

	if (!alias || vm->dying)
		return;
	if (!vm->unplugging || strcmp(vm->unplugging, alias) != 0) {
		vm_task(vm, look_later);
		return;
	}
	vm->unplugged = true;
	pthread_cond_broadcast(&vm->changed);
}
