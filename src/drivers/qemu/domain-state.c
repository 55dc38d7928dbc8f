/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a machine as clients ask for it: start, suspend, resume, shutdown, reboot, reset,
 * destroy.
 */
#include "config.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/save.h"

#include <string.h>

static int create(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags,
				  struct rvirt_wire_domain *ret)
{
	enum {
		SERVED = RVIRT_DOMAIN_START_PAUSED | RVIRT_DOMAIN_START_BYPASS_CACHE |
				 RVIRT_DOMAIN_START_FORCE_BOOT
	};

	if (qemu_flags(flags, SERVED, "qemuDomainCreateWithFlags") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	struct vm *saved = vm_find(q, dom);

	if (saved && !vm_active(saved) && saved->d.managed_save &&
		!(flags & RVIRT_DOMAIN_START_FORCE_BOOT))
		return save_start_managed(saved, flags) < 0 ? -1 : ret ? domain_wire(&saved->d, ret) : 0;

	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm)
		return -1;
	if (vm_active(vm))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is already running");
	if (vm->d.managed_save && save_drop_managed(vm) < 0)
		return -1;
	if (vm_start(vm, NULL) < 0 || vm_boot(vm, flags & RVIRT_DOMAIN_START_PAUSED) < 0)
		return -1;
	return ret ? domain_wire(&vm->d, ret) : 0;
}

int qemu_domain_create(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return create(conn, &args->dom, 0, NULL);
}

int qemu_domain_create_with_flags(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_dom_ret *ret)
{
	return create(conn, &args->dom, args->flags, &ret->dom);
}

/* Descriptors are for containers, and no concern of a virtual machine. */
int qemu_domain_create_with_files(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_dom_ret *ret, const struct rvirt_fds *fds)
{
	(void)fds;
	return create(conn, &args->dom, args->flags, &ret->dom);
}

int qemu_domain_suspend(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_SUSPEND);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (vm->d.state == RVIRT_DOMAIN_PMSUSPENDED)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is pmsuspended");
	return vm->d.state == RVIRT_DOMAIN_PAUSED ? 0 : vm_pause_cpus(vm, RVIRT_DOMAIN_PAUSED_USER);
}

int qemu_domain_resume(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (vm->d.state == RVIRT_DOMAIN_RUNNING)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is already running");
	if (vm->d.state == RVIRT_DOMAIN_PMSUSPENDED)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is pmsuspended");
	return vm_run_cpus(vm, RVIRT_DOMAIN_RUNNING_UNPAUSED);
}

/* -- through the guest -- */

/* By ACPI; again: the guest is to start again when it has powered off. */
static int power_button(struct vm *vm, bool again)
{
	bool before = vm->reboot_wanted;

	vm->reboot_wanted = again;
	if (vm_call(vm, "system_powerdown", NULL, NULL) == 0)
		return vm_save_status(vm);
	vm->reboot_wanted = before;
	return -1;
}

/* By the agent. A guest that starts again does so by itself. */
static int ask_agent(struct vm *vm, bool again)
{
	enum { SHUTDOWN_S = 60 }; /* it may take long to end what runs */
	int r;

	if (guest_turn_begin(vm, "shutdown") < 0)
		return -1;
	vm->reboot_wanted = false;
	r = guest_call_until(vm, "guest-shutdown",
						 json_pack("{s:s}", "mode", again ? "reboot" : "powerdown"), SHUTDOWN_S,
						 again ? AGENT_SIGN_RESET : AGENT_SIGN_SHUTDOWN);
	guest_turn_end(vm);
	return r;
}

/* By the ways that flags allow: first the agent, then the button, unless only the agent is meant.
 */
static int press(struct qemu *q, const struct rvirt_wire_domain *dom, unsigned flags, bool reboot)
{
	/* the numbers of both calls' flags are the same */
	bool button = !flags || flags & RVIRT_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
	struct vm *found = vm_find(q, dom);
	bool again;
	int r;

	if (!found)
		return -1;
	again = reboot ? strcmp(found->d.def->on_reboot, "destroy") != 0
				   : strcmp(found->d.def->on_poweroff, "restart") == 0;
	if (!flags || flags & RVIRT_DOMAIN_SHUTDOWN_GUEST_AGENT) {
		vm_ref(found);
		r = ask_agent(found, again);
		/* it may have ended although nobody answered */
		if (r < 0 && button && !vm_active(found) && error_last()->code == ERR_AGENT_UNRESPONSIVE)
			r = 0;
		vm_unref(found);
		if (r == 0 || !button)
			return r;
	}

	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	return !vm || vm_check_active(vm) < 0 ? -1 : power_button(vm, again);
}

static int shut_down(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(flags, RVIRT_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | RVIRT_DOMAIN_SHUTDOWN_GUEST_AGENT,
				   "qemuDomainShutdownFlags") < 0)
		return -1;
	return press(q, dom, flags, false);
}

int qemu_domain_shutdown(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return shut_down(conn, &args->dom, 0);
}

int qemu_domain_shutdown_flags(struct driver_conn *conn,
							   const struct rvirt_wire_dom_flags_args *args)
{
	return shut_down(conn, &args->dom, args->flags);
}

int qemu_domain_reboot(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags,
				   RVIRT_DOMAIN_REBOOT_ACPI_POWER_BTN | RVIRT_DOMAIN_REBOOT_GUEST_AGENT,
				   "qemuDomainReboot") < 0)
		return -1;

	return press(q, &args->dom, args->flags, true);
}

int qemu_domain_reset(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags, 0, "qemuDomainReset") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 || vm_call(vm, "system_reset", NULL, NULL) < 0)
		return -1;
	vm->reboot_wanted = false;
	if (vm->d.state == RVIRT_DOMAIN_CRASHED)
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_CRASHED);
	return vm_save_status(vm);
}

/* -- the plug -- */

/* The process is ended first, whatever jobs there are: then those fail, and the machine is ours. */
static int destroy(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;
	int id;

	if (qemu_flags(flags, RVIRT_DOMAIN_DESTROY_GRACEFUL, "qemuDomainDestroyFlags") < 0 ||
		!(vm = vm_find(q, dom)) || vm_check_active(vm) < 0)
		return -1;
	id = vm->d.id;
	vm_ref(vm);
	vm->destroying = true;
	if (vm_kill(vm, flags & RVIRT_DOMAIN_DESTROY_GRACEFUL) < 0) {
		vm->destroying = false;
		vm_unref(vm);
		return -1;
	}
	vm_job_begin_end(vm);
	if (vm_active(vm) && vm->d.id == id)
		vm_stopped(vm, RVIRT_DOMAIN_SHUTOFF_DESTROYED, RVIRT_DOMAIN_EVENT_STOPPED_DESTROYED);
	vm_job_end(vm);
	vm_unref(vm);
	return 0;
}

int qemu_domain_destroy(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return destroy(conn, &args->dom, 0);
}

int qemu_domain_destroy_flags(struct driver_conn *conn,
							  const struct rvirt_wire_dom_flags_args *args)
{
	return destroy(conn, &args->dom, args->flags);
}
