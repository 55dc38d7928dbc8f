/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processor time of a machine as its control group has counted it, or without one as its process
 * has.
 */
#include "config.h"
#include "drivers/params.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/qemu.h"

int qemu_domain_get_cpu_stats(struct driver_conn *conn,
							  const struct rvirt_wire_domain_get_cpu_stats_args *args,
							  struct rvirt_wire_domain_get_cpu_stats_ret *ret)
{
	enum { STRING_OKAY = 4, N_TOTAL = 3 };
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	struct cgroup_times group;
	struct proc_times times;
	const struct vm *vm;

	if (domain_check_cpu_stats(args) < 0 ||
		qemu_flags(args->flags, STRING_OKAY, "qemuDomainGetCPUStats") < 0 ||
		!(vm = vm_find(q, &args->dom)) || vm_check_active(vm) < 0)
		return -1;
	/* a group of version 2 does not count by processor */
	if (args->start_cpu != -1)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "the time on each processor is not counted by cgroups of version 2; ask "
						 "for the total");
	if (!args->nparams) {
		ret->nparams = N_TOTAL;
		return 0;
	}
	proc_cpu_times(vm->pid, &times);
	group = (struct cgroup_times){.total_ns = times.user_ns + times.system_ns,
								  .user_ns = times.user_ns,
								  .system_ns = times.system_ns};
	if (cgroup_has(vm->cgroup, "cpu") && cgroup_get_times(vm->cgroup, &group) < 0)
		return -1;
	params_ull(&params, "cpu_time", group.total_ns);
	params_ull(&params, "user_time", group.user_ns);
	params_ull(&params, "system_time", group.system_ns);
	if (params_give_max(&params, (int)args->nparams, &ret->n_params, &ret->params) < 0)
		return -1;
	ret->nparams = (int)ret->n_params;
	return 0;
}
