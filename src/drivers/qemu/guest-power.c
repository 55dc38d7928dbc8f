/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Guests go to sleep by their agents, and are woken up.
 */
#include "config.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/ops.h"

/* Whether the board can sleep and wake up: asks QEMU. */
static int check_board(struct qemu *q, const struct rvirt_wire_domain *dom)
{
	CLEANUP_JSON json_t *machine = NULL;

	VM_JOB(vm, q, dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0 || vm_call(vm, "query-current-machine", NULL, &machine) < 0)
		return -1;
	if (!qmp_bool(machine, "wakeup-suspend-support", false))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "Domain does not have suspend support");
	return 0;
}

/* What the definition has turned off. */
static int check_states(const struct domain_def *def, unsigned target)
{
	const struct node *pm = node_child(def->root, "pm");

	if (target != 1 && child_is(pm, "suspend-to-mem", "enabled", "no"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "S3 state is disabled for this domain");
	if (target != 0 && child_is(pm, "suspend-to-disk", "enabled", "no"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "S4 state is disabled for this domain");
	return 0;
}

int qemu_domain_pm_suspend_for_duration(
	struct driver_conn *conn, const struct rvirt_wire_domain_pm_suspend_for_duration_args *args)
{
	/* by the protocol's numbers: memory, disk, both */
	static const char *const commands[] = {"guest-suspend-ram", "guest-suspend-disk",
										   "guest-suspend-hybrid"};

	if (qemu_flags(args->flags, 0, "qemuDomainPMSuspendForDuration") < 0)
		return -1;
	if (args->duration)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED, "Duration not supported. Use 0");
	if (args->target >= sizeof commands / sizeof commands[0])
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Unknown suspend target: %u", args->target);

	QEMU_LOCKED(q, conn);

	if (check_board(q, &args->dom) < 0)
		return -1;

	GUEST_TURN(vm, q, &args->dom);

	if (!vm || check_states(vm->d.def, args->target) < 0)
		return -1;
	return guest_call_until(vm, commands[args->target], NULL, vm->agent_timeout,
							AGENT_SIGN_SUSPEND);
}

int qemu_domain_pm_wakeup(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	if (qemu_flags(args->flags, 0, "qemuDomainPMWakeup") < 0)
		return -1;

	QEMU_LOCKED(q, conn);

	if (check_board(q, &args->dom) < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	return !vm || vm_check_active(vm) < 0 ? -1 : vm_call(vm, "system_wakeup", NULL, NULL);
}
