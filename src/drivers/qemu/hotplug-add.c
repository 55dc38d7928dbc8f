/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device comes to a running machine: what it stands on first, the device last. Each step has one
 * that undoes it, and where one fails those before it are undone from the last to the first.
 */
#include "config.h"
#include "drivers/qemu/hotplug-impl.h"

#include "drivers/qemu/access.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/plug.h"

#include <stdio.h>

static const struct {
	const char *add, *remove, *key; /* by which it is removed */
} steps[] = {
	[PLUG_NODE] = {"blockdev-add", "blockdev-del", "node-name"},
	[PLUG_NETDEV] = {"netdev_add", "netdev_del", "id"},
	[PLUG_OBJECT] = {"object-add", "object-del", "id"},
	[PLUG_CHARDEV] = {"chardev-add", "chardev-remove", "id"},
	[PLUG_DEVICE] = {"device_add", "device_del", "id"},
};

int plug_step(struct plugging *p, enum plug_step step, json_t *args, json_t **ret_value)
{
	json_t *undo;

	if (!args)
		return -1;
	undo = json_pack("{s:s, s:{s:O}}", "execute", steps[step].remove, "arguments", steps[step].key,
					 json_object_get(args, steps[step].key));
	if (!undo) {
		json_decref(args);
		return error_oom();
	}
	if (vm_call(p->vm, steps[step].add, args, ret_value) < 0) {
		json_decref(undo);
		return -1;
	}
	return json_array_append_new(p->undo, undo) < 0 ? error_oom() : 0;
}

void plug_undo(struct plugging *p)
{
	struct error cause;

	error_take(&cause);
	for (size_t i = json_array_size(p->undo); i > 0; i--) {
		json_t *call = json_array_get(p->undo, i - 1);

		vm_call(p->vm, qmp_text(call, "execute"), json_incref(json_object_get(call, "arguments")),
				NULL);
	}
	error_give(&cause);
}

int plug_device(struct plugging *p)
{
	struct qemu_command_env env = {.dir = p->vm->dir, .monitor_fd = -1, .vsock_fd = -1};

	return plug_step(p, PLUG_DEVICE, qemu_device_json(p->def, p->vm->caps, &env, p->n), NULL);
}

/* -- disks -- */

static int add_nodes(struct plugging *p, const struct node *store)
{
	const struct node *backing = node_child(store, "backingStore");
	bool below = store != p->n;

	if (backing && node_attr(backing, "type") && add_nodes(p, backing) < 0)
		return -1;
	if (plug_step(p, PLUG_NODE, qemu_storage_json(p->n, store), NULL) < 0)
		return -1;
	return plug_step(p, PLUG_NODE,
					 qemu_format_json(p->n, store, below || node_child(p->n, "readonly")), NULL);
}

static int add_all_nodes(struct plugging *p)
{
	if (qemu_disk_is_empty(p->n))
		return 0;
	if (add_nodes(p, p->n) < 0)
		return -1;
	return child_is(p->n, "driver", "copy_on_read", "on")
			   ? plug_step(p, PLUG_NODE, qemu_copy_on_read_json(p->n), NULL)
			   : 0;
}

int hotplug_add_nodes(struct vm *vm, const struct node *disk)
{
	CLEANUP_JSON json_t *done = json_array();
	struct plugging p = {.vm = vm, .n = node_copy(disk), .undo = done};
	CLEANUP(cleanup_node) struct node *copy = p.n;

	if (!done || !copy)
		return error_oom();
	if (add_all_nodes(&p) == 0)
		return 0;
	plug_undo(&p);
	return -1;
}

static int add_disk(struct plugging *p)
{
	if (add_all_nodes(p) < 0 || plug_device(p) < 0)
		return -1;
	return node_child(p->n, "iotune") && !qemu_disk_is_empty(p->n)
			   ? vm_call(p->vm, "block_set_io_throttle", qemu_throttle_json(p->n), NULL)
			   : 0;
}

static int plug_disk(struct plugging *p)
{
	struct qemu_prepare how = vm_prepare_how(p->vm);
	struct access_file *given = NULL;
	int r;

	vm_unlocked(p->vm);
	r = qemu_prepare_disk(p->def, p->n, &how) < 0 || access_give_disk(p->vm->qemu, p->n, &given) < 0
			? -1
			: 0;
	vm_locked(p->vm);
	if (r == 0)
		r = add_disk(p);
	if (r == 0) {
		access_join(&p->vm->given, &given);
		return 0;
	}
	plug_undo(p);
	access_take_back(&given);
	return -1;
}

/* -- interfaces -- */

/* QEMU gets a copy of each descriptor under a name, by which the backend then calls it. */
static int give_taps(struct plugging *p, const struct network_tap *tap, json_t *backend)
{
	CLEANUP_BUF struct buf names = {0};

	for (unsigned i = 0; i < tap->n_fds; i++) {
		char name[64];

		snprintf(name, sizeof name, "tap-%s-%u", qemu_alias(p->n), i);
		if (buf_printf(&names, "%s%s", i ? ":" : "", name) < 0 ||
			vm_call_for(p->vm, "getfd", json_pack("{s:s}", "fdname", name), tap->fds[i], VM_CALL_MS,
						NULL) < 0)
			return -1;
	}
	if (tap->n_fds == 0)
		return 0;
	return json_object_set_new(backend, tap->n_fds == 1 ? "fd" : "fds",
							   json_string((const char *)buf_at(&names))) < 0
			   ? error_oom()
			   : 0;
}

static int add_interface(struct plugging *p, const struct network_tap *tap)
{
	struct qemu_backend how = {.taps = tap->fds, .n_taps = tap->n_fds};
	json_t *backend = qemu_netdev_json(p->n, &how);

	if (!backend)
		return -1;
	if (give_taps(p, tap, backend) < 0) {
		json_decref(backend);
		return -1;
	}
	if (plug_step(p, PLUG_NETDEV, backend, NULL) < 0 || plug_device(p) < 0)
		return -1;
	if (!child_is(p->n, "link", "state", "down"))
		return 0;
	return vm_call(p->vm, "set_link", json_pack("{s:s, s:b}", "name", qemu_alias(p->n), "up", 0),
				   NULL);
}

static int plug_in(struct plugging *p)
{
	struct network_tap tap;
	int r;

	if (is(p->n, "type", "hostdev"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "live attach of interfaces of type 'hostdev' is not supported");
	vm_unlocked(p->vm);
	r = plug_interface(p->vm->qemu->host, p->def, p->n, &tap);
	vm_locked(p->vm);
	if (r < 0)
		return -1;
	r = add_interface(p, &tap);
	if (r < 0)
		plug_undo(p);
	vm_unlocked(p->vm);
	if (tap.n_fds)
		network_tap_close(&tap);
	if (r < 0)
		unplug_interface(p->vm->qemu->host, p->n);
	vm_locked(p->vm);
	return r;
}

/* -- others -- */

static int plug_rng(struct plugging *p)
{
	if (child_is(p->n, "backend", "model", "egd"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "live attach of a random number generator with an EGD backend is not "
						 "supported");
	if (plug_step(p, PLUG_OBJECT, qemu_rng_json(p->n), NULL) == 0 && plug_device(p) == 0)
		return 0;
	plug_undo(p);
	return -1;
}

static int plug_input(struct plugging *p)
{
	if (!is(p->n, "bus", "usb") && !is(p->n, "bus", "virtio"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "input device on bus '%s' cannot be hot plugged.", node_attr(p->n, "bus"));
	return plug_device(p);
}

static int plug_controller(struct plugging *p)
{
	if (!is(p->n, "type", "scsi"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "'%s' controller cannot be hot plugged.", node_attr(p->n, "type"));
	return plug_device(p);
}

static const struct {
	const char *element;
	int (*plug)(struct plugging *p);
} kinds[] = {{"disk", plug_disk},        {"interface", plug_in},          {"rng", plug_rng},
			 {"input", plug_input},      {"controller", plug_controller}, {"channel", plug_chardev},
			 {"serial", plug_chardev},   {"redirdev", plug_chardev},      {"memory", plug_memory},
			 {"watchdog", plug_watchdog}};

static int plug_any(struct plugging *p)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (is_called(p->n, kinds[i].element))
			return kinds[i].plug(p);
	return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
					 "live attach of device '%s' is not supported", node_name(p->n));
}

/* What is refused whatever else the machine has. */
static int check_kind(const struct node *n)
{
	const char *bus = child_attr(n, "target", "bus");

	if (!is_called(n, "disk") || text_is(bus, "virtio") || text_is(bus, "scsi") ||
		text_is(bus, "usb"))
		return 0;
	return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED, "disk bus '%s' cannot be hotplugged.",
					 bus ? bus : "");
}

/* -- the definition -- */

/* Puts a copy of a device into a definition, before the same one as where it is from. */
static struct node *put_into(struct domain_def *def, const struct node *n)
{
	const struct node *next = node_next(n);
	const char *target = next && is_called(n, "disk") ? child_attr(next, "target", "dev") : NULL;
	struct node *copy = node_copy(n);

	if (copy)
		node_insert(node_child(def->root, "devices"), copy,
					target ? domain_def_find_device(def, "disk", target) : NULL);
	return copy;
}

static int tell_added(struct vm *vm, const struct node *n)
{
	struct rvirt_wire_domain_event_callback_device_added_msg m = {.dev_alias =
																	  strdup(qemu_alias(n))};

	if (!m.dev_alias)
		return error_oom();
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_ADDED, &m, &m.dom);
	return 0;
}

static int plug(struct vm *vm, struct domain_def *def, const struct node *n)
{
	CLEANUP_JSON json_t *done = json_array();
	struct plugging p = {.vm = vm, .def = def, .n = put_into(def, n), .undo = done};

	if (!p.n || !done)
		return error_oom();
	if (qemu_alias_one(def, p.n) < 0 || plug_any(&p) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (!put_into(vm->d.def, p.n) ||
		(is_called(p.n, "memory") && hotplug_count_memory(vm->d.def, p.n, true) < 0))
		return error_oom();
	vm_save_status(vm);
	return tell_added(vm, p.n);
}

int hotplug_attach(struct vm *vm, const struct domain_def *read, const struct node *device)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = domain_def_copy(vm->d.def);
	const struct node *devices = node_child(read->root, "devices");

	if (!def || check_kind(device) < 0)
		return -1;
	NODE_EACH(c, devices, "controller")
	{
		const char *type = node_attr(c, "type");

		if (c == device ||
			qemu_controller(node_child(def->root, "devices"), type, node_attr_num(c, "index", 0)))
			continue;
		if (!text_is(type, "scsi"))
			return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
							 "the device needs another %s controller, which a running domain can't "
							 "get",
							 type);
		if (plug(vm, def, c) < 0)
			return -1;
	}
	return plug(vm, def, device);
}
