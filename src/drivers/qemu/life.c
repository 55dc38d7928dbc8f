/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a machine: its process from the first moment to what is left to do after the last.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"
#include "base/log.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/helper.h"
#include "drivers/qemu/launch.h"
#include "drivers/qemu/perf.h"
#include "drivers/qemu/plug.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/setup.h"
#include "drivers/qemu/snapshot.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

enum {
	TERM_MS = 10000, /* that a process has to end by itself */
	KILL_MS = 30000, /* that the kernel has to end it */
	DEAD_MS = 1000,  /* between the end of the monitor and that of the process */
};

/* -- start -- */

struct qemu_prepare vm_prepare_how(const struct vm *vm)
{
	const struct qemu *q = vm->qemu;

	return (struct qemu_prepare){.ports = q->ports,
								 .dir = vm->dir,
								 .nvram_dir = q->nvram_dir,
								 .drop = q->drop,
								 .nvram_uid = (int)q->uid,
								 .nvram_gid = (int)q->gid};
}

static const char *emulator_of(const struct domain_def *def)
{
	const struct node *n = node_child(def->root, "devices/emulator");

	return n && n->text ? n->text : "";
}

/* What it begins with: what -incoming says, or a snapshot's name, or neither. */
struct origin {
	const char *incoming, *snapshot;
};

/* Prepares a copy of the definition and runs it. Without the lock, but the job keeps the definition
 * as it is. */
static int prepare_and_run(struct vm *vm, const struct origin *from, struct domain_def **ret_def,
						   struct qemu_caps **ret_caps, struct launched *ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = domain_def_copy(vm->d.def);
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	struct qemu_prepare how = vm_prepare_how(vm);
	struct launch start = {.def = def, .incoming = from->incoming, .snapshot = from->snapshot};

	if (!def || !(start.caps = caps = qemu_caps_get(vm->qemu->caps, emulator_of(def))))
		return -1;
	if (qemu_cpu_prepare(def->root, caps) < 0)
		return -1;
	if (qemu_prepare(def, &how) < 0 || launch_process(vm, &start, ret) < 0) {
		qemu_unprepare(def, &how);
		return -1;
	}
	*ret_def = steal(&def);
	*ret_caps = steal(&caps);
	return 0;
}

static int launch(struct vm *vm, const struct origin *from, struct launched *ret)
{
	struct domain_def *def = NULL;
	int r;

	if (!(vm->dir = launch_dir(vm)))
		return -1;
	vm_unlocked(vm);
	r = prepare_and_run(vm, from, &def, &vm->caps, ret);
	vm_locked(vm);
	if (def) {
		domain_def_free(vm->d.def);
		vm->d.def = def;
	}
	return r;
}

/* What a process that did not become a machine has said is the error then. */
static void explain(struct vm *vm, const struct launched *l)
{
	bool ended;

	vm_unlocked(vm);
	ended = proc_wait(l->pid, l->pidfd, DEAD_MS);
	if (ended)
		launch_explain(l);
	vm_locked(vm);
}

static int connect_monitor(struct vm *vm, struct launched *l)
{
	enum { GREETING_MS = 60000 };

	if (vm_connect(vm, steal_fd(&l->monitor_fd), GREETING_MS) == 0)
		return 0;
	explain(vm, l);
	return -1;
}

static int start(struct vm *vm, const struct origin *from)
{
	CLEANUP(launch_clear) struct launched l = LAUNCHED_NONE;

	int r = launch(vm, from, &l);

	vm->pid = l.pid; /* which may be there although it failed */
	vm->pidfd = l.pidfd;
	vm->cgroup = l.cgroup;
	vm->given = l.given;
	vm->helpers = l.helpers;
	vm->start_time = l.pid ? proc_start_time(l.pid) : 0;
	return r < 0 || vm_save_status(vm) < 0 || connect_monitor(vm, &l) < 0 ? -1 : setup_guest(vm);
}

static int start_from(struct vm *vm, const struct origin *from)
{
	struct error cause;

	if (vm_active(vm))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is already running");
	if (domains_start(&vm->qemu->domains, &vm->d, RVIRT_DOMAIN_RUNNING_BOOTED) < 0)
		return -1;
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_STARTING_UP);
	vm->dying = vm->shutdown_seen = vm->reboot_wanted = vm->restarting = false;
	vm->pause_reason = vm->run_reason = 0;
	vm->agent_timeout = RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
	vm->clock_began_at = node_attr_num(node_child(vm->d.def->root, "clock"), "adjustment", 0);
	vm->starting = true;
	if (start(vm, from) == 0) {
		vm->starting = false;
		return vm_save_status(vm);
	}
	error_take(&cause);
	vm->quiet = true;
	vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FAILED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
	vm->quiet = false;
	error_give(&cause);
	return -1;
}

int vm_start(struct vm *vm, const char *incoming)
{
	return start_from(vm, &(struct origin){.incoming = incoming});
}

int vm_start_from(struct vm *vm, const char *snapshot)
{
	return start_from(vm, &(struct origin){.snapshot = snapshot});
}

int vm_boot(struct vm *vm, bool paused)
{
	if (paused) {
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_USER);
	} else if (vm_run_cpus(vm, RVIRT_DOMAIN_RUNNING_BOOTED) < 0) {
		struct error cause;

		error_take(&cause);
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FAILED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
		error_give(&cause);
		return -1;
	}
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_BOOTED);
	if (paused)
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, RVIRT_DOMAIN_EVENT_SUSPENDED_PAUSED);
	return paused ? vm_save_status(vm) : 0;
}

/* -- virtual CPUs -- */

int vm_run_cpus(struct vm *vm, int reason)
{
	int r;

	vm->run_reason = reason;
	r = vm_call(vm, "cont", NULL, NULL);
	vm->run_reason = 0;
	return r;
}

int vm_pause_cpus(struct vm *vm, int reason)
{
	int r;

	vm->pause_reason = reason;
	r = vm_call(vm, "stop", NULL, NULL);
	vm->pause_reason = 0;
	return r;
}

void vm_restart(struct vm *vm)
{
	int reason = RVIRT_DOMAIN_RUNNING_BOOTED;
	bool done = false;

	vm_locked(vm);
	if (vm->d.state == RVIRT_DOMAIN_CRASHED)
		reason = RVIRT_DOMAIN_RUNNING_CRASHED;
	if (vm_job_begin(vm, VM_JOB_MODIFY, "restart") == 0) {
		done = vm_call(vm, "system_reset", NULL, NULL) == 0 && vm_run_cpus(vm, reason) == 0;
		vm_job_end(vm);
	}
	vm->restarting = vm->reboot_wanted = false;
	if (!done && vm_active(vm)) {
		log_warning("domain %s is ended, for it can't be started again: %s", vm->d.name,
					error_last()->message);
		vm_signal_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}

/* -- end -- */

static void send_signal(const struct vm *vm, int number)
{
	if (vm->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, vm->pidfd, number, NULL, 0);
	else if (vm->pid > 0 && proc_start_time(vm->pid) == vm->start_time)
		kill(vm->pid, number);
}

void vm_signal_end(struct vm *vm)
{
	send_signal(vm, SIGTERM);
	send_signal(vm, SIGCONT);
}

int vm_kill(struct vm *vm, bool graceful)
{
	pid_t pid = vm->pid;
	int pidfd = vm->pidfd < 0 ? -1 : dup(vm->pidfd);
	bool ended;

	vm->dying = true;
	if (pid <= 0)
		return 0;
	vm_signal_end(vm);
	vm_unlocked(vm);
	ended = proc_wait(pid, pidfd, TERM_MS);
	vm_locked(vm);
	if (!ended && !graceful) {
		send_signal(vm, SIGKILL);
		vm_unlocked(vm);
		ended = proc_wait(pid, pidfd, KILL_MS);
		vm_locked(vm);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (ended)
		return 0;
	vm->dying = false;
	return error_set(FROM_NONE, ERR_SYSTEM_ERROR,
					 "Failed to terminate process %d with SIG%s: Device or resource busy", (int)pid,
					 graceful ? "TERM" : "KILL");
}

void vm_stopped(struct vm *vm, int reason, int detail)
{
	struct qemu *q = vm->qemu;
	struct access_file *given = steal(&vm->given);
	struct helper *helpers = steal(&vm->helpers);
	int64_t deadline = now_ms() + DEAD_MS;
	struct qemu_prepare how;

	vm->dying = true;
	guest_disconnect(vm);
	/* its last words are told first */
	while (vm->destroying && vm->monitor && !vm->hung_up && vm_wait(vm, deadline))
		;
	vm_disconnect(vm);
	blockjobs_forget(vm);
	vm_unlocked(vm);
	launch_clean(vm);
	unplug_all(q->host, vm->d.def);
	helpers_end(&helpers);
	access_take_back(&given);
	cgroup_remove(vm->cgroup);
	vm_locked(vm);
	perf_stop(vm);
	free(steal(&vm->cgroup));
	vm_forget_status(vm);
	how = vm_prepare_how(vm);
	qemu_unprepare(vm->d.def, &how);
	qemu_caps_unref(steal(&vm->caps));
	if (vm->pidfd >= 0)
		close(steal_fd(&vm->pidfd));
	free(steal(&vm->dir));
	vm->pid = 0;
	domains_shut(&q->domains, &vm->d, reason);
	if (!vm->quiet)
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STOPPED, detail);
	vm->starting = vm->dying = vm->destroying = false;
	pthread_cond_broadcast(&vm->changed);
	if (vm->d.persistent || vm->removed || vm->staying)
		return;
	tpm_forget(q, vm->d.def, 0);
	if (snapshots_drop_all(vm) < 0)
		log_warning("domain %s: %s", vm->d.name, error_last()->message);
	domains_remove(&q->domains, &vm->d);
}

void vm_abandon(struct vm *vm, int reason, int detail)
{
	if (vm_kill(vm, false) < 0)
		log_error("domain %s: %s", vm->d.name, error_last()->message);
	vm_stopped(vm, reason, detail);
}

/* How a process that nobody ended has ended. */
static void stopped_by_itself(struct vm *vm)
{
	if (vm->shutdown_seen) {
		vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_SHUTDOWN, RVIRT_DOMAIN_EVENT_STOPPED_SHUTDOWN);
		return;
	}
	log_warning("domain %s: QEMU ended without the guest having shut down", vm->d.name);
	vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_CRASHED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
}

void vm_ended(struct vm *vm)
{
	int id;

	vm_locked(vm);
	id = vm->d.id;
	if (vm_active(vm) && !vm->dying && !vm->removed) {
		if (vm_kill(vm, false) < 0)
			log_error("domain %s: %s", vm->d.name, error_last()->message);
		vm_job_begin_end(vm);
		if (vm_active(vm) && vm->d.id == id)
			stopped_by_itself(vm);
		vm_job_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}
