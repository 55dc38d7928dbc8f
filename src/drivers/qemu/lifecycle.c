/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What becomes of a machine when its guest powers off, starts again or crashes, as clients change
 * it; and the rate at which its memory changes, as they have it measured.
 */
#include "config.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/tune.h"

/* What this driver does not do. */
static int check_action(const char *event, const char *action)
{
	if (text_is(action, "rename-restart"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "qemu driver doesn't support the 'rename-restart' action for "
						 "'on_reboot'/'on_poweroff'/'on_crash'");
	if (text_is(action, "preserve") && !text_is(event, "on_crash"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "qemu driver doesn't support the 'preserve' action for "
						 "'on_reboot'/'on_poweroff'");
	return 0;
}

static int set_live(struct vm *vm, const char *event, const char *action)
{
	bool ends = text_is(action, "destroy");

	if (text_is(event, "on_reboot") &&
		vm_call(vm, "set-action", json_pack("{s:s}", "reboot", ends ? "shutdown" : "reset"), NULL) <
			0)
		return -1;
	if (vm_check_active(vm) < 0 || domain_def_set_lifecycle(vm->d.def, event, action) < 0)
		return -1;
	return vm_save_status(vm);
}

int qemu_domain_set_lifecycle_action(struct driver_conn *conn,
									 const struct rvirt_wire_domain_set_lifecycle_action_args *args)
{
	struct domain_def *live, *config;
	const char *event, *action;

	if (domain_read_lifecycle(args->type, args->action, &event, &action) < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainSetLifecycleAction") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || check_action(event, action) < 0 ||
		domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && set_live(vm, event, action) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_def_set_lifecycle(config, event, action) < 0 ? -1 : vm_save_config(vm);
}

/* No machine of this driver has <launchSecurity>, so there is nothing to tell. */
int qemu_domain_get_launch_security_info(struct driver_conn *conn,
										 const struct rvirt_wire_dom_flags_args *args,
										 struct rvirt_wire_params64_ret *ret)
{
	QEMU_LOCKED(q, conn);

	(void)ret;
	if (qemu_flags(args->flags, TUNE_STRING_OKAY, "qemuDomainGetLaunchSecurityInfo") < 0)
		return -1;
	return vm_find(q, &args->dom) ? 0 : -1;
}

/* -- how fast memory changes -- */

int qemu_domain_start_dirty_rate_calc(struct driver_conn *conn,
									  const struct rvirt_wire_dom_seconds_flags_args *args)
{
	enum { SAMPLING = 0, BITMAP = 1, RING = 2, SECONDS_MIN = 1, SECONDS_MAX = 60 };
	static const char *const modes[] = {"page-sampling", "dirty-bitmap", "dirty-ring"};
	const char *mode = modes[args->flags & RING ? 2 : args->flags & BITMAP ? 1 : 0];

	if (qemu_flags(args->flags, BITMAP | RING, "qemuDomainStartDirtyRateCalc") < 0)
		return -1;
	if (args->flags & BITMAP && args->flags & RING)
		return args_either(args->flags, BITMAP, "VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP", RING,
						   "VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING", "virDomainStartDirtyRateCalc");
	if (args->seconds < SECONDS_MIN || args->seconds > SECONDS_MAX)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "seconds=%d is invalid, please choose value within [%d, %d].",
						 args->seconds, SECONDS_MIN, SECONDS_MAX);

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (args->flags & RING &&
		!child_is(node_child(vm->d.def->root, "features/kvm"), "dirty-ring", "state", "on"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "dirty-ring calculation mode requires dirty-ring feature enabled.");
	return vm_call(vm, "calc-dirty-rate",
				   json_pack("{s:i, s:s}", "calc-time", args->seconds, "mode", mode), NULL);
}
