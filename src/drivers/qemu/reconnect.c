/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After the daemon's start: machines whose process may still run are found again, or it is told how
 * they ended; and those that start by themselves do.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"

#include "base/log.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/hotplug.h"
#include "drivers/qemu/launch.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/perf.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/state.h"

#include <string.h>

/* QEMU's word for its state, as ours. */
static void take_run_state(struct vm *vm, const char *status)
{
	if (strcmp(status, "running") == 0) {
		if (vm->d.state != RVIRT_DOMAIN_RUNNING)
			domain_set_state(&vm->d, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_UNPAUSED);
	} else if (strcmp(status, "shutdown") == 0) {
		vm->shutdown_seen = true;
		domain_set_state(&vm->d, RVIRT_DOMAIN_SHUTDOWN, RVIRT_DOMAIN_SHUTDOWN_UNKNOWN);
	} else if (strcmp(status, "guest-panicked") == 0) {
		domain_set_state(&vm->d, RVIRT_DOMAIN_CRASHED, RVIRT_DOMAIN_CRASHED_PANICKED);
	} else if (strcmp(status, "suspended") == 0) {
		domain_set_state(&vm->d, RVIRT_DOMAIN_PMSUSPENDED, 0);
	} else if (vm->d.state == RVIRT_DOMAIN_RUNNING) {
		int reason = strcmp(status, "io-error") == 0   ? RVIRT_DOMAIN_PAUSED_IOERROR
					 : strcmp(status, "watchdog") == 0 ? RVIRT_DOMAIN_PAUSED_WATCHDOG
													   : RVIRT_DOMAIN_PAUSED_UNKNOWN;

		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, reason);
	}
}

/* Its binary may have changed meanwhile; what runs can do at least that. */
static void find_caps(struct vm *vm)
{
	const struct node *emulator = node_child(vm->d.def->root, "devices/emulator");
	CLEANUP_FREE char *path = emulator && emulator->text ? strdup(emulator->text) : NULL;

	if (!path)
		return;
	vm_unlocked(vm);
	vm->caps = qemu_caps_get(vm->qemu->caps, path);
	vm_locked(vm);
	if (!vm->caps)
		log_warning("domain %s: %s", vm->d.name, error_last()->message);
}

/* Connects to a process that runs, and asks what has become of its guest meanwhile. 0 or -1. */
static int reconnect(struct vm *vm)
{
	enum { GREETING_MS = 30000 };
	CLEANUP_FREE char *path = launch_monitor_path(vm);
	CLEANUP_JSON json_t *status = NULL;
	const char *word;
	struct qemu_prepare how = vm_prepare_how(vm);
	int fd;

	qemu_prepare_again(vm->d.def, &how);
	if (!path || (fd = qmp_connect(path)) < 0 || vm_connect(vm, fd, GREETING_MS) < 0 ||
		vm_call(vm, "query-status", NULL, &status) < 0)
		return -1;
	word = qmp_text(status, "status");
	if (word)
		take_run_state(vm, word);
	find_caps(vm);
	if (perf_start(vm) < 0) {
		log_warning("domain %s: %s", vm->d.name, error_last()->message);
		error_reset();
	}
	if (guest_find(vm) < 0 || hotplug_look(vm) < 0 || blockjobs_found(vm) < 0 ||
		migrate_found(vm) < 0)
		return -1;
	return vm_save_status(vm);
}

/* The process is gone, or was never a machine. */
static void report_gone(struct vm *vm)
{
	if (vm->shutdown_seen)
		vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_SHUTDOWN, RVIRT_DOMAIN_EVENT_STOPPED_SHUTDOWN);
	else if (vm->starting)
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FAILED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
	else
		vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_CRASHED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
}

/* What was going on when the daemon ended goes on. */
static void go_on(struct vm *vm)
{
	if (vm->d.state != RVIRT_DOMAIN_SHUTDOWN)
		return;
	if (vm->reboot_wanted || strcmp(vm->d.def->on_poweroff, "restart") == 0) {
		vm->restarting = true;
		vm_task(vm, vm_restart);
	} else if (strcmp(vm->d.def->on_poweroff, "preserve") != 0) {
		vm_signal_end(vm);
	}
}

void vm_found(struct vm *vm)
{
	vm_locked(vm);
	vm->pidfd = proc_open(vm->pid, vm->start_time);
	if (vm->pidfd < 0 || vm->starting) {
		report_gone(vm);
	} else if (reconnect(vm) == 0) {
		go_on(vm);
	} else {
		log_error("domain %s: its monitor can't be reached: %s", vm->d.name, error_last()->message);
		if (proc_start_time(vm->pid) != vm->start_time)
			report_gone(vm);
	}
	error_reset();
	vm_job_end(vm);
	vm_unlocked(vm);
}

void vm_autostart(struct vm *vm)
{
	vm_locked(vm);
	if (vm_job_begin(vm, VM_JOB_MODIFY, "autostart") == 0) {
		if (!vm_active(vm) && !vm->removed && (vm_start(vm, NULL) < 0 || vm_boot(vm, false) < 0))
			log_error("domain %s is not started: %s", vm->d.name, error_last()->message);
		vm_job_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}
