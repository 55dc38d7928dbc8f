/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU tells by itself: states, and what clients want to know. To add an event: a function and
 * its row. They run in the monitors' thread with the lock held, and wait for nothing.
 */
#include "config.h"
#include "drivers/qemu/event.h"
#include "drivers/qemu/migrate.h"

#include "base/log.h"
#include "drivers/qemu/guest.h"

#include <string.h>

void vm_tell(struct vm *vm, int procedure, void *msg, struct rvirt_wire_domain *dom)
{
	if (vm->qemu->hub.members && domain_wire(&vm->d, dom) == 0)
		hub_tell(&vm->qemu->hub, procedure, msg);
	else
		wire_clear(wire_op_by_number(procedure)->args, msg);
}

void vm_tell_lifecycle(struct vm *vm, int event, int detail)
{
	struct rvirt_wire_domain_event_callback_lifecycle_msg m = {
		.msg = {.event = event, .detail = detail}};

	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE, &m, &m.msg.dom);
}

void event_state(struct vm *vm, int state, int reason)
{
	domain_set_state(&vm->d, state, reason);
	vm_save_status(vm);
	pthread_cond_broadcast(&vm->changed);
}

/* -- virtual CPUs run or not -- */

static int suspended_detail(int reason)
{
	switch (reason) {
	case RVIRT_DOMAIN_PAUSED_MIGRATION:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_MIGRATED;
	case RVIRT_DOMAIN_PAUSED_IOERROR:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_IOERROR;
	case RVIRT_DOMAIN_PAUSED_WATCHDOG:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_WATCHDOG;
	case RVIRT_DOMAIN_PAUSED_FROM_SNAPSHOT:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT;
	case RVIRT_DOMAIN_PAUSED_POSTCOPY:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_POSTCOPY;
	case RVIRT_DOMAIN_PAUSED_POSTCOPY_FAILED:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED;
	default:
		return RVIRT_DOMAIN_EVENT_SUSPENDED_PAUSED;
	}
}

static int resumed_detail(int reason)
{
	switch (reason) {
	case RVIRT_DOMAIN_RUNNING_MIGRATED:
		return RVIRT_DOMAIN_EVENT_RESUMED_MIGRATED;
	case RVIRT_DOMAIN_RUNNING_FROM_SNAPSHOT:
		return RVIRT_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT;
	case RVIRT_DOMAIN_RUNNING_POSTCOPY:
		return RVIRT_DOMAIN_EVENT_RESUMED_POSTCOPY;
	default:
		return RVIRT_DOMAIN_EVENT_RESUMED_UNPAUSED;
	}
}

void event_pause(struct vm *vm, int reason)
{
	if (vm->d.state != RVIRT_DOMAIN_RUNNING)
		return;
	event_state(vm, RVIRT_DOMAIN_PAUSED, reason);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, suspended_detail(reason));
}

static void on_stop(struct vm *vm, const json_t *data)
{
	int reason = vm->pause_reason;

	(void)data;
	vm->pause_reason = RVIRT_DOMAIN_PAUSED_UNKNOWN;
	/* that a guest which is to start again was stopped for that is nobody's concern */
	if (vm->restarting)
		return;
	if (vm->async == VM_ASYNC_MIGRATION_OUT && reason == RVIRT_DOMAIN_PAUSED_UNKNOWN)
		reason = vm->migration && vm->migration->postcopy ? RVIRT_DOMAIN_PAUSED_POSTCOPY
														  : RVIRT_DOMAIN_PAUSED_MIGRATION;
	event_pause(vm, reason);
	pthread_cond_broadcast(&vm->changed);
}

static void on_resume(struct vm *vm, const json_t *data)
{
	int reason = vm->run_reason ? vm->run_reason : RVIRT_DOMAIN_RUNNING_UNPAUSED;

	(void)data;
	vm->run_reason = 0;
	if (vm->d.state == RVIRT_DOMAIN_RUNNING)
		return;
	event_state(vm, RVIRT_DOMAIN_RUNNING, reason);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_RESUMED, resumed_detail(reason));
}

/* -- the guest ends, or begins again -- */

static void on_shutdown(struct vm *vm, const json_t *data)
{
	bool again = vm->reboot_wanted || strcmp(vm->d.def->on_poweroff, "restart") == 0;
	bool by_guest = qmp_bool(data, "guest", false);

	guest_see(vm, AGENT_SIGN_SHUTDOWN);
	/* of what is ended for another purpose (a save) nobody is told */
	if (vm->d.state == RVIRT_DOMAIN_SHUTDOWN || !vm_active(vm) || (vm->dying && !vm->destroying))
		return;
	/* a reset that -no-reboot turned into an end */
	if (strcmp(qmp_text(data, "reason") ? qmp_text(data, "reason") : "", "guest-reset") == 0)
		again = strcmp(vm->d.def->on_reboot, "destroy") != 0;
	if (again && !vm->dying) {
		vm->restarting = true;
		vm_task(vm, vm_restart);
		return;
	}
	event_state(vm, RVIRT_DOMAIN_SHUTDOWN, RVIRT_DOMAIN_SHUTDOWN_UNKNOWN);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SHUTDOWN,
					  by_guest ? RVIRT_DOMAIN_EVENT_SHUTDOWN_GUEST
							   : RVIRT_DOMAIN_EVENT_SHUTDOWN_HOST);
	vm->shutdown_seen = true;
	if (!vm->dying && strcmp(vm->d.def->on_poweroff, "preserve") != 0)
		vm_signal_end(vm);
}

static void on_reset(struct vm *vm, const json_t *data)
{
	struct rvirt_wire_domain_event_callback_reboot_msg m = {0};

	(void)data;
	guest_see(vm, AGENT_SIGN_RESET);
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_REBOOT, &m, &m.msg.dom);
	if (vm->d.state == RVIRT_DOMAIN_PMSUSPENDED || vm->d.state == RVIRT_DOMAIN_CRASHED)
		vm_save_status(vm);
}

static const struct {
	const char *name;
	void (*function)(struct vm *vm, const json_t *data);
} rows[] = {
	{"BALLOON_CHANGE", event_balloon},
	{"BLOCK_IO_ERROR", event_io_error},
	{"BLOCK_WRITE_THRESHOLD", event_write_threshold},
	{"DEVICE_DELETED", event_device_deleted},
	{"DEVICE_TRAY_MOVED", event_tray},
	{"GUEST_CRASHLOADED", event_crash_loaded},
	{"GUEST_PANICKED", event_panic},
	{"JOB_STATUS_CHANGE", event_job_status},
	{"MEMORY_FAILURE", event_memory_failure},
	{"RESET", on_reset},
	{"RESUME", on_resume},
	{"RTC_CHANGE", event_rtc},
	{"SHUTDOWN", on_shutdown},
	{"SPICE_CONNECTED", event_graphics_connect},
	{"SPICE_DISCONNECTED", event_graphics_disconnect},
	{"SPICE_INITIALIZED", event_graphics_initialize},
	{"STOP", on_stop},
	{"SUSPEND", event_suspend},
	{"SUSPEND_DISK", event_suspend_disk},
	{"VNC_CONNECTED", event_graphics_connect},
	{"VNC_DISCONNECTED", event_graphics_disconnect},
	{"VNC_INITIALIZED", event_graphics_initialize},
	{"VSERPORT_CHANGE", event_port},
	{"WAKEUP", event_wakeup},
	{"WATCHDOG", event_watchdog},
};

static void event(void *opaque, const char *name, json_t *data, int64_t seconds,
				  int64_t microseconds)
{
	struct vm *vm = opaque;

	hub_lock(&vm->qemu->hub);
	event_of_monitor(vm, name, data, seconds, microseconds);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].name, name) == 0) {
			rows[i].function(vm, data);
			break;
		}
	error_reset();
	hub_unlock(&vm->qemu->hub);
}

/* The process has ended, or can't be talked to any more. */
static void closed(void *opaque, const char *why)
{
	struct vm *vm = opaque;

	hub_lock(&vm->qemu->hub);
	log_debug("domain %s: monitor closed: %s", vm->d.name, why);
	vm->hung_up = true;
	if (vm_active(vm) && !vm->dying && !vm->starting)
		vm_task(vm, vm_ended);
	pthread_cond_broadcast(&vm->changed);
	hub_unlock(&vm->qemu->hub);
}

const struct qmp_handler vm_events = {.event = event, .closed = closed};
