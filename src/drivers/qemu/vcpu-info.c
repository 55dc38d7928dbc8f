/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's kernel knows of the threads that run a machine's virtual CPUs.
 */
#include "config.h"
#include "drivers/domains/threads.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/threads.h"

int qemu_domain_get_vcpus(struct driver_conn *conn,
						  const struct rvirt_wire_dom_maxinfo_maplen_args *args,
						  struct rvirt_wire_info_cpumaps_ret *ret)
{
	enum { RUNS = 1 };
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	struct bits cpus;
	size_t n;

	if (domain_maps_alloc(args->maxinfo, args->maplen, "maxinfo", &ret->n_cpumaps, &ret->cpumaps) <
			0 ||
		args_there(args->maxinfo ? args : NULL, "info", "virDomainGetVcpus") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm)
		return -1;
	if (!vm_active(vm))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot retrieve vcpu information for inactive domain");
	if (vm_vcpu_threads(vm, &threads) < 0)
		return -1;
	n = (size_t)args->maxinfo < threads.n ? (size_t)args->maxinfo : threads.n;
	if (!(ret->info = calloc(n + 1, sizeof *ret->info)))
		return error_oom();
	for (size_t i = 0; i < n; i++, ret->n_info++) {
		const struct vm_thread *t = &threads.list[i];

		ret->info[i] = (struct rvirt_wire_vcpu_info){.number = t->number,
													 .state = RUNS,
													 .cpu_time = proc_thread_ns(vm->pid, t->tid),
													 .cpu = proc_thread_processor(vm->pid, t->tid)};
		if (!args->maplen)
			continue;
		if (thread_get_cpus(t->tid, &cpus) < 0)
			return -1;
		domain_map_put(&cpus, ret->cpumaps + i * (size_t)args->maplen, args->maplen);
	}
	return 0;
}
