/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Figures of a machine's threads, and of the rate at which its memory changes.
 */
#include "config.h"
#include "drivers/qemu/stats.h"

#include "drivers/qemu/device.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/threads.h"

#include <stdio.h>

int stats_add_vcpus(struct vm *vm, bool asks, struct params *p)
{
	enum { VCPU_RUNNING = 1 };
	CLEANUP_VM_THREADS struct vm_threads threads = {0};

	if (asks && (vm_vcpu_threads(vm, &threads) < 0 || vm_check_active(vm) < 0))
		return -1;
	params_uint(p, "vcpu.current", vm->d.def->vcpus);
	params_uint(p, "vcpu.maximum", vm->d.def->max_vcpus);
	for (size_t i = 0; i < threads.n; i++) {
		const struct vm_thread *t = &threads.list[i];
		char name[32];

		snprintf(name, sizeof name, "vcpu.%u.state", t->number);
		params_int(p, name, VCPU_RUNNING);
		stats_put(p, proc_thread_ns(vm->pid, t->tid), "vcpu.%u.time", t->number);
		stats_put(p, 0, "vcpu.%u.wait", t->number);
		stats_put(p, proc_thread_delay_ns(vm->pid, t->tid), "vcpu.%u.delay", t->number);
	}
	return 0;
}

int stats_add_iothreads(struct vm *vm, struct params *p)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	char name[48];

	if (!node_child(vm->d.def->root, "iothreads"))
		return 0;
	if (vm_iothreads(vm, &threads) < 0)
		return -1;
	if (threads.n)
		params_uint(p, "iothread.count", (unsigned)threads.n);
	for (size_t i = 0; i < threads.n; i++) {
		const struct vm_thread *t = &threads.list[i];

		stats_put(p, t->poll_max_ns, "iothread.%u.poll-max-ns", t->number);
		snprintf(name, sizeof name, "iothread.%u.poll-grow", t->number);
		params_uint(p, name, (unsigned)t->poll_grow);
		snprintf(name, sizeof name, "iothread.%u.poll-shrink", t->number);
		params_uint(p, name, (unsigned)t->poll_shrink);
	}
	return 0;
}

/* -- how fast memory changes: as it was measured the last time -- */

static int status_of(const char *status)
{
	return text_is(status, "measured") ? 2 : text_is(status, "measuring");
}

int stats_add_dirty_rate(struct vm *vm, struct params *p)
{
	CLEANUP_JSON json_t *answer = NULL;
	const char *mode;
	const json_t *vcpu;
	size_t i;

	if (vm_call(vm, "query-dirty-rate", NULL, &answer) < 0)
		return -1;
	mode = qmp_text(answer, "mode");
	params_int(p, "dirtyrate.calc_status", status_of(qmp_text(answer, "status")));
	params_llong(p, "dirtyrate.calc_start_time", qmp_int(answer, "start-time", 0));
	params_int(p, "dirtyrate.calc_period", (int)qmp_int(answer, "calc-time", 0));
	params_string(p, "dirtyrate.calc_mode", mode ? mode : "page-sampling");
	if (!json_object_get(answer, "dirty-rate"))
		return 0;
	params_llong(p, "dirtyrate.megabytes_per_second", qmp_int(answer, "dirty-rate", 0));
	json_array_foreach(json_object_get(answer, "vcpu-dirty-rate"), i, vcpu)
	{
		stats_put(p, qmp_ull(vcpu, "dirty-rate", 0), "dirtyrate.vcpu.%u.megabytes_per_second",
				  (unsigned)qmp_int(vcpu, "id", (long long)i));
	}
	return 0;
}
