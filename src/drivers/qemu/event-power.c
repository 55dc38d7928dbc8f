/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Guests that sleep, wake up, or panic.
 */
#include "config.h"
#include "drivers/qemu/event.h"

#include "base/log.h"
#include "drivers/qemu/guest.h"

#include <string.h>

void event_suspend(struct vm *vm, const json_t *data)
{
	struct rvirt_wire_domain_event_callback_pmsuspend_msg m = {0};

	(void)data;
	guest_see(vm, AGENT_SIGN_SUSPEND);
	if (vm->d.state == RVIRT_DOMAIN_RUNNING) {
		event_state(vm, RVIRT_DOMAIN_PMSUSPENDED, RVIRT_DOMAIN_PMSUSPENDED_UNKNOWN);
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_PMSUSPENDED,
						  RVIRT_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
	}
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_PMSUSPEND, &m, &m.msg.dom);
}

void event_suspend_disk(struct vm *vm, const json_t *data)
{
	struct rvirt_wire_domain_event_callback_pmsuspend_disk_msg m = {0};

	(void)data;
	guest_see(vm, AGENT_SIGN_SUSPEND);
	if (vm->d.state == RVIRT_DOMAIN_RUNNING) {
		event_state(vm, RVIRT_DOMAIN_PMSUSPENDED, RVIRT_DOMAIN_PMSUSPENDED_UNKNOWN);
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_PMSUSPENDED, RVIRT_DOMAIN_EVENT_PMSUSPENDED_DISK);
	}
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK, &m, &m.msg.dom);
}

void event_wakeup(struct vm *vm, const json_t *data)
{
	struct rvirt_wire_domain_event_callback_pmwakeup_msg m = {0};

	(void)data;
	if (vm->d.state == RVIRT_DOMAIN_PMSUSPENDED) {
		event_state(vm, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_WAKEUP);
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_WAKEUP);
	}
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_PMWAKEUP, &m, &m.msg.dom);
}

/* -- panic -- */

static void end_crashed(struct vm *vm)
{
	int id;

	vm_locked(vm);
	id = vm->d.id;
	if (vm_active(vm) && !vm->dying) {
		if (vm_kill(vm, false) < 0)
			log_error("domain %s: %s", vm->d.name, error_last()->message);
		vm_job_begin_end(vm);
		if (vm_active(vm) && vm->d.id == id)
			vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_CRASHED, RVIRT_DOMAIN_EVENT_STOPPED_CRASHED);
		vm_job_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}

/* The same once its memory has been kept. */
static void end_dumped(struct vm *vm)
{
	vm_dump_crashed(vm);
	end_crashed(vm);
}

static void restart_dumped(struct vm *vm)
{
	vm_dump_crashed(vm);
	vm_restart(vm);
}

/* What becomes of a guest that has crashed is its definition's to say. */
void event_panic(struct vm *vm, const json_t *data)
{
	const char *action = vm->d.def->on_crash;
	bool dump = action && strstr(action, "coredump");

	(void)data;
	if (vm->dying || vm->d.state == RVIRT_DOMAIN_CRASHED)
		return;
	event_state(vm, RVIRT_DOMAIN_CRASHED, RVIRT_DOMAIN_CRASHED_PANICKED);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_CRASHED, RVIRT_DOMAIN_EVENT_CRASHED_PANICKED);
	if (!action || strcmp(action, "preserve") == 0)
		return;
	if (strstr(action, "restart")) {
		vm->restarting = true;
		vm_task(vm, dump ? restart_dumped : vm_restart);
	} else {
		vm_task(vm, dump ? end_dumped : end_crashed);
	}
}

void event_crash_loaded(struct vm *vm, const json_t *data)
{
	(void)data;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_CRASHED, RVIRT_DOMAIN_EVENT_CRASHED_CRASHLOADED);
}
