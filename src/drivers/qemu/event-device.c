/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU tells of a machine's devices, to clients.
 */
#include "config.h"
#include "drivers/qemu/event.h"

#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"

#include <string.h>

static const char *text_of(const json_t *data, const char *key)
{
	const char *text = qmp_text(data, key);

	return text ? text : "";
}

/* Which number a word has in a list that ends in NULL; missing if it is not there. */
static int number_of(const char *const *words, const char *word, int missing)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return missing;
}

/* -- disks -- */

static struct node *disk_of_node(const struct vm *vm, const char *node)
{
	char name[QEMU_NODE_NAME_LEN];

	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		if (strcmp(qemu_disk_top(disk, name), node) == 0)
			return disk;
	}
	return NULL;
}

void event_io_error(struct vm *vm, const json_t *data)
{
	static const char *const actions[] = {"ignore", "stop", "report", NULL};
	int action = number_of(actions, text_of(data, "action"), RVIRT_DOMAIN_EVENT_IO_ERROR_REPORT);
	const char *device = text_of(data, "device");
	const struct node *disk = starts(device, "drive-")
								  ? qemu_alias_find(vm->d.def, device + strlen("drive-"))
								  : disk_of_node(vm, text_of(data, "node-name"));
	const char *path = child_attr(disk, "source", "file");
	const char *alias = disk ? qemu_alias(disk) : "";
	struct rvirt_wire_domain_event_callback_io_error_msg m = {.msg = {.action = action}};
	struct rvirt_wire_domain_event_callback_io_error_reason_msg r = {.msg = {.action = action}};

	path = path ? path : child_attr(disk, "source", "dev");
	m.msg.src_path = strdup(path ? path : "");
	m.msg.dev_alias = strdup(alias);
	r.msg.src_path = strdup(path ? path : "");
	r.msg.dev_alias = strdup(alias);
	r.msg.reason = strdup(qmp_bool(data, "nospace", false) ? "enospc" : "");
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_IO_ERROR, &m, &m.msg.dom);
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON, &r, &r.msg.dom);
	if (action == RVIRT_DOMAIN_EVENT_IO_ERROR_PAUSE)
		event_pause(vm, RVIRT_DOMAIN_PAUSED_IOERROR);
}

void event_tray(struct vm *vm, const json_t *data)
{
	struct node *disk = qemu_alias_find(vm->d.def, text_of(data, "id"));
	bool open = qmp_bool(data, "tray-open", false);
	struct rvirt_wire_domain_event_callback_tray_change_msg m = {
		.msg = {.reason = open ? RVIRT_DOMAIN_EVENT_TRAY_CHANGE_OPEN
							   : RVIRT_DOMAIN_EVENT_TRAY_CHANGE_CLOSE}};

	if (!disk)
		return;
	if (node_set(node_child(disk, "target"), "tray", open ? "open" : NULL) == 0)
		vm_save_status(vm);
	m.msg.dev_alias = strdup(qemu_alias(disk));
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_TRAY_CHANGE, &m, &m.msg.dom);
}

/* -- others -- */

void event_watchdog(struct vm *vm, const json_t *data)
{
	static const char *const actions[] = {"none",     "pause", "reset",      "poweroff",
										  "shutdown", "debug", "inject-nmi", NULL};
	int action = number_of(actions, text_of(data, "action"), RVIRT_DOMAIN_EVENT_WATCHDOG_NONE);
	struct rvirt_wire_domain_event_callback_watchdog_msg m = {.msg = {.action = action}};

	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_WATCHDOG, &m, &m.msg.dom);
	if (action == RVIRT_DOMAIN_EVENT_WATCHDOG_PAUSE)
		event_pause(vm, RVIRT_DOMAIN_PAUSED_WATCHDOG);
}

void event_balloon(struct vm *vm, const json_t *data)
{
	unsigned long long kib = qmp_ull(data, "actual", 0) / 1024;
	struct rvirt_wire_domain_event_callback_balloon_change_msg m = {.msg = {.actual = kib}};

	if (domain_def_set_current_memory(vm->d.def, kib) == 0)
		vm_save_status(vm);
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE, &m, &m.msg.dom);
}

/* QEMU counts from what its clock began with, the definition from UTC. */
void event_rtc(struct vm *vm, const json_t *data)
{
	struct node *clock = node_child(vm->d.def->root, "clock");
	long long offset = qmp_int(data, "offset", 0);
	struct rvirt_wire_domain_event_callback_rtc_change_msg m = {0};

	if (is(clock, "offset", "variable")) {
		offset += vm->clock_began_at;
		if (node_setf(clock, "adjustment", "%lld", offset) == 0)
			vm_save_status(vm);
	}
	m.msg.offset = offset;
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_RTC_CHANGE, &m, &m.msg.dom);
}

void event_memory_failure(struct vm *vm, const json_t *data)
{
	static const char *const recipients[] = {"hypervisor", "guest", NULL};
	static const char *const actions[] = {"ignore", "inject", "fatal", "reset", NULL};
	const json_t *flags = json_object_get(data, "flags");
	struct rvirt_wire_domain_event_memory_failure_msg m = {
		.recipient = number_of(recipients, text_of(data, "recipient"), 0),
		.action = number_of(actions, text_of(data, "action"), 0),
	};

	if (qmp_bool(flags, "action-required", false))
		m.flags |= RVIRT_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED;
	if (qmp_bool(flags, "recursive", false))
		m.flags |= RVIRT_DOMAIN_MEMORY_FAILURE_RECURSIVE;
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_MEMORY_FAILURE, &m, &m.dom);
}
