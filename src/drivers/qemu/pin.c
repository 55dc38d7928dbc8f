/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the host's processors run a machine's virtual CPUs and the rest of its process.
 */
#include "config.h"
#include "drivers/domains/threads.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>

/* The processors that a set means; NULL: all. */
static void set_bits(const char *set, struct bits *ret)
{
	if (!set || bits_parse(set, ret) < 0)
		host_cpus(ret);
}

void tune_tell(struct vm *vm, struct params *what)
{
	struct rvirt_wire_domain_event_callback_tunable_msg m = {0};

	if (params_give(what, &m.n_params, &m.params) == 0)
		vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_TUNABLE, &m, &m.dom);
	error_reset();
}

static void tell_pin(struct vm *vm, const char *name, const char *set)
{
	struct params what = {0};

	params_string(&what, name, set);
	tune_tell(vm, &what);
}

/* -- arguments -- */

/* The set of a map that came in; NULL with the error set: empty, or of a processor that the host
 * can't have. */
static char *read_map(const uint8_t *map, uint32_t n, const char *empty)
{
	CLEANUP_FREE char *set = domain_map_text(map, n);

	if (set && !*set) {
		error_set(FROM_QEMU, ERR_INVALID_ARG, "%s", empty);
		return NULL;
	}
	return steal(&set);
}

/* -- virtual CPUs -- */

static int pin_live(struct vm *vm, unsigned vcpu, const char *set)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	const struct vm_thread *t;
	struct bits cpus;
	char name[48];

	if (vm_vcpu_threads(vm, &threads) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (!(t = vm_thread_find(&threads, vcpu)))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "vcpu %u is out of range of live cpu count %u",
						 vcpu, vm->d.def->max_vcpus);
	set_bits(set, &cpus);
	if (thread_set_cpus(t->tid, &cpus) < 0 || domain_pin_vcpu(vm->d.def, vcpu, set) < 0)
		return -1;
	snprintf(name, sizeof name, "cputune.vcpupin%u", vcpu);
	tell_pin(vm, name, set);
	return vm_save_status(vm);
}

static int pin_vcpu(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned vcpu,
					const uint8_t *map, uint32_t n_map, unsigned flags)
{
	CLEANUP_FREE char *set = NULL;
	struct domain_def *live, *config;

	if (qemu_flags(flags, TUNE_AFFECT, "qemuDomainPinVcpuFlags") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, flags, &live, &config) < 0)
		return -1;
	if (config && vcpu >= config->max_vcpus)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "vcpu %u is out of range of persistent cpu count %u", vcpu,
						 config->max_vcpus);
	if (!(set = read_map(map, n_map, "Empty cpu list for pinning")) ||
		(live && pin_live(vm, vcpu, set) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_pin_vcpu(config, vcpu, set) < 0 ? -1 : vm_save_config(vm);
}

int qemu_domain_pin_vcpu(struct driver_conn *conn,
						 const struct rvirt_wire_dom_vcpu_cpumap_args *args)
{
	if (args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinVcpu") < 0)
		return -1;
	return pin_vcpu(conn, &args->dom, args->vcpu, args->cpumap, args->n_cpumap,
					RVIRT_DOMAIN_AFFECT_LIVE);
}

int qemu_domain_pin_vcpu_flags(struct driver_conn *conn,
							   const struct rvirt_wire_domain_pin_vcpu_flags_args *args)
{
	if (args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinVcpuFlags") < 0)
		return -1;
	return pin_vcpu(conn, &args->dom, args->vcpu, args->cpumap, args->n_cpumap, args->flags);
}

int qemu_domain_get_vcpu_pin_info(struct driver_conn *conn,
								  const struct rvirt_wire_domain_get_vcpu_pin_info_args *args,
								  struct rvirt_wire_cpumaps_num_ret *ret)
{
	static const char function[] = "virDomainGetVcpuPinInfo";
	QEMU_LOCKED(q, conn);
	struct vm *vm;
	const struct domain_def *def;
	struct bits cpus;

	if (domain_maps_alloc(args->ncpumaps, args->maplen, "ncpumaps", &ret->n_cpumaps,
						  &ret->cpumaps) < 0 ||
		args_there(args->maplen ? args : NULL, "cpumaps", function) < 0 ||
		args_positive(args->ncpumaps, "ncpumaps", function) < 0 ||
		args_exclusive(args->flags, function) < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainGetVcpuPinInfo") < 0 ||
		!(vm = vm_find(q, &args->dom)) || !(def = domain_one_def(&vm->d, args->flags, NULL)))
		return -1;
	for (; ret->num < args->ncpumaps && ret->num < (int)def->max_vcpus; ret->num++) {
		set_bits(domain_vcpu_set(def, (unsigned)ret->num), &cpus);
		domain_map_put(&cpus, ret->cpumaps + (size_t)ret->num * (size_t)args->maplen, args->maplen);
	}
	return 0;
}

/* -- the rest of the process -- */

static int pin_emulator_live(struct vm *vm, const char *set)
{
	struct bits cpus;

	set_bits(set, &cpus);
	if (thread_set_cpus(vm->pid, &cpus) < 0 || domain_pin_emulator(vm->d.def, set) < 0)
		return -1;
	tell_pin(vm, "cputune.emulatorpin", set);
	return vm_save_status(vm);
}

int qemu_domain_pin_emulator(struct driver_conn *conn,
							 const struct rvirt_wire_dom_cpumap_flags_args *args)
{
	CLEANUP_FREE char *set = NULL;
	struct domain_def *live, *config;

	if (args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinEmulator") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainPinEmulator") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		!(set = read_map(args->cpumap, args->n_cpumap, "Empty cpu list for pinning")) ||
		(live && pin_emulator_live(vm, set) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_pin_emulator(config, set) < 0 ? -1 : vm_save_config(vm);
}

int qemu_domain_get_emulator_pin_info(struct driver_conn *conn,
									  const struct rvirt_wire_dom_maplen_flags_args *args,
									  struct rvirt_wire_cpumaps_count_ret *ret)
{
	static const char function[] = "virDomainGetEmulatorPinInfo";
	QEMU_LOCKED(q, conn);
	struct vm *vm;
	const struct domain_def *def;
	struct bits cpus;

	if (domain_maps_alloc(1, args->maplen, "ncpumaps", &ret->n_cpumaps, &ret->cpumaps) < 0 ||
		args_there(args->maplen ? args : NULL, "cpumap", function) < 0 ||
		args_exclusive(args->flags, function) < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainGetEmulatorPinInfo") < 0 ||
		!(vm = vm_find(q, &args->dom)) || !(def = domain_one_def(&vm->d, args->flags, NULL)))
		return -1;
	set_bits(domain_emulator_set(def), &cpus);
	domain_map_put(&cpus, ret->cpumaps, args->maplen);
	ret->count = 1;
	return 0;
}
