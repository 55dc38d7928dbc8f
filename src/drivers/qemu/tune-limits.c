/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parameters of memory, disks and nodes of the host that a machine may use.
 */
#include "config.h"
#include "drivers/domains/limits.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>

/* What the three kinds differ in. */
struct kind {
	const char *get_api, *get_function, *set_api, *set_function; /* libvirt's names */
	const char *session;                                         /* "X tuning is not …" */
	const char *controller, *missing;
	int n;
	int (*check)(const struct rvirt_wire_typed_param *list, uint32_t n);
};

static const struct kind memory = {"virDomainGetMemoryParameters",
								   "qemuDomainGetMemoryParameters",
								   "virDomainSetMemoryParameters",
								   "qemuDomainSetMemoryParameters",
								   "Memory",
								   "memory",
								   "cgroup memory controller is not mounted",
								   DOMAIN_N_MEMORY_PARAMS,
								   domain_check_memory_names};
static const struct kind blkio = {"virDomainGetBlkioParameters",
								  "qemuDomainGetBlkioParameters",
								  "virDomainSetBlkioParameters",
								  "qemuDomainSetBlkioParameters",
								  "Block I/O",
								  "io",
								  "blkio cgroup isn't mounted",
								  DOMAIN_N_BLKIO_PARAMS,
								  domain_check_blkio};
static const struct kind numa = {"virDomainGetNumaParameters",
								 "qemuDomainGetNumaParameters",
								 "virDomainSetNumaParameters",
								 "qemuDomainSetNumaParameters",
								 "NUMA",
								 "cpuset",
								 "cgroup cpuset controller is not mounted",
								 DOMAIN_N_NUMA_PARAMS,
								 domain_check_numa};

static int check_session(const struct qemu *q, const struct kind *k)
{
	return q->privileged ? 0
						 : error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
									 "%s tuning is not available in session mode", k->session);
}

static int check_controller(const struct vm *vm, const struct kind *k)
{
	return cgroup_has(vm->cgroup, k->controller)
			   ? 0
			   : error_set(FROM_QEMU, ERR_OPERATION_INVALID, "%s", k->missing);
}

/* The checks of a question. The definition that is meant, or NULL: *ret_n is how many parameters
 * there are, -1 with the error set. */
static const struct domain_def *asked(struct qemu *q,
									  const struct rvirt_wire_dom_nparams_flags_args *args,
									  const struct kind *k, struct vm **ret_vm, bool *ret_live,
									  int32_t *ret_n)
{
	const struct domain_def *def;

	*ret_n = -1;
	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		(k != &numa && args_exclusive(args->flags, k->get_api) < 0) ||
		qemu_flags(args->flags, TUNE_AFFECT | TUNE_STRING_OKAY, k->get_function) < 0 ||
		!(*ret_vm = vm_find(q, &args->dom)) || (k != &numa && check_session(q, k) < 0) ||
		!(def = domain_one_def(&(*ret_vm)->d, args->flags & TUNE_AFFECT, ret_live)))
		return NULL;
	if (args->nparams)
		return def;
	*ret_n = k->n;
	return NULL;
}

/* -- memory -- */

static unsigned long long kib_of(unsigned long long bytes)
{
	return bytes == CGROUP_NO_LIMIT ? DOMAIN_NO_LIMIT : bytes / 1024;
}

static int put_memory(struct params *params, const char *group)
{
	unsigned long long hard, soft, swap;

	if (cgroup_get_memory(group, "memory.max", &hard) < 0 ||
		cgroup_get_memory(group, "memory.high", &soft) < 0 ||
		cgroup_get_memory(group, "memory.swap.max", &swap) < 0)
		return -1;
	if (swap != CGROUP_NO_LIMIT && hard != CGROUP_NO_LIMIT)
		swap += hard;
	params_ull(params, "hard_limit", kib_of(hard));
	params_ull(params, "soft_limit", kib_of(soft));
	params_ull(params, "swap_hard_limit", kib_of(swap));
	return 0;
}

int qemu_domain_get_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_nparams_flags_args *args,
									  struct rvirt_wire_params_nparams_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	struct vm *vm;
	bool live;
	const struct domain_def *def = asked(q, args, &memory, &vm, &live, &ret->nparams);

	if (!def)
		return ret->nparams < 0 ? -1 : 0;
	ret->nparams = 0;
	if (!live)
		domain_put_memory(&params, def);
	else if (check_controller(vm, &memory) < 0 || put_memory(&params, vm->cgroup) < 0)
		return -1;
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

static int set_memory_live(struct vm *vm, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = domain_def_copy(vm->d.def);

	if (!copy || domain_set_memory(copy, list, n) < 0 || tune_set_memory(vm->cgroup, copy) < 0 ||
		domain_set_memory(vm->d.def, list, n) < 0)
		return -1;
	return vm_save_status(vm);
}

/* The checks of a change that need no machine. */
static int changed(const struct rvirt_wire_dom_params_flags_args *args, const struct kind *k)
{
	return args_there(args->n_params ? args : NULL, "params", k->set_api) < 0 ||
				   qemu_flags(args->flags, TUNE_AFFECT, k->set_function) < 0
			   ? -1
			   : k->check(args->params, args->n_params);
}

int qemu_domain_set_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_params_flags_args *args)
{
	const struct rvirt_wire_typed_param *list = args->params;
	struct domain_def *live, *config;
	uint32_t n = args->n_params;

	if (changed(args, &memory) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || check_session(q, &memory) < 0 ||
		domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && check_controller(vm, &memory) < 0) ||
		domain_check_memory(list, n, vm->d.def, FROM_QEMU) < 0 ||
		(live && set_memory_live(vm, list, n) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_set_memory(config, list, n) < 0 ? -1 : vm_save_config(vm);
}

/* -- disks -- */

int qemu_domain_get_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_nparams_flags_args *args,
									 struct rvirt_wire_params_nparams_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	struct vm *vm;
	bool live;
	const struct domain_def *def = asked(q, args, &blkio, &vm, &live, &ret->nparams);

	if (!def)
		return ret->nparams < 0 ? -1 : 0;
	ret->nparams = 0;
	if (live && check_controller(vm, &blkio) < 0)
		return -1;
	domain_put_blkio(&params, def, args->flags & TUNE_STRING_OKAY);
	if (live && params.n && cgroup_get_io_weight(vm->cgroup, &params.list[0].value.u.ui) < 0)
		params.failed = true;
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

/* Devices that have lost a figure are told so before the others. */
static int set_blkio_live(struct vm *vm, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = domain_def_copy(vm->d.def);
	size_t n_rows;
	const struct domain_blkio *rows = domain_blkio_rows(&n_rows);
	const struct node *weight;

	if (!copy || domain_set_blkio(copy, list, n) < 0)
		return -1;
	NODE_EACH(device, node_child(vm->d.def->root, "blkiotune"), "device")
	{
		for (size_t i = 0; i < n_rows; i++)
			if (node_child(device, rows[i].element) &&
				cgroup_set_io(vm->cgroup, child_text(device, "path"), rows[i].element, 0) < 0)
				return -1;
	}
	weight = node_child(copy->root, "blkiotune/weight");
	if ((weight && cgroup_set_io_weight(vm->cgroup, (unsigned)node_num(weight, 0)) < 0) ||
		tune_set_io_list(vm->cgroup, copy) < 0 || domain_set_blkio(vm->d.def, list, n) < 0)
		return -1;
	return vm_save_status(vm);
}

int qemu_domain_set_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_params_flags_args *args)
{
	struct domain_def *live, *config;

	if (changed(args, &blkio) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || check_session(q, &blkio) < 0 ||
		domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && (check_controller(vm, &blkio) < 0 ||
				  set_blkio_live(vm, args->params, args->n_params) < 0)))
		return -1;
	if (!config)
		return 0;
	return domain_set_blkio(config, args->params, args->n_params) < 0 ? -1 : vm_save_config(vm);
}

/* -- nodes -- */

int qemu_domain_get_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_nparams_flags_args *args,
									struct rvirt_wire_params_nparams_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	struct vm *vm;
	bool live;
	const struct domain_def *def = asked(q, args, &numa, &vm, &live, &ret->nparams);

	if (!def)
		return ret->nparams < 0 ? -1 : 0;
	ret->nparams = 0;
	domain_put_numa(&params, def, args->flags & TUNE_STRING_OKAY);
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

/* Where memory is moves only where QEMU has not bound it. */
static int set_numa_live(struct vm *vm, const struct domain_numa *want)
{
	const struct node *now = node_child(vm->d.def->root, "numatune/memory");

	if (check_controller(vm, &numa) < 0)
		return -1;
	if (domain_numa_differs(vm->d.def, want))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "can't change numatune mode for running domain");
	if (want->set && !is(now, "mode", "restrictive"))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "change of nodeset for running domain requires restrictive numa mode");
	if ((want->set && cgroup_set_nodes(vm->cgroup, want->set) < 0) ||
		domain_set_numa(vm->d.def, want) < 0)
		return -1;
	return vm_save_status(vm);
}

int qemu_domain_set_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_params_flags_args *args)
{
	CLEANUP(domain_numa_clear) struct domain_numa want = {0};
	struct domain_def *live, *config;

	if (changed(args, &numa) < 0 ||
		domain_read_numa(args->params, args->n_params, FROM_QEMU, &want) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && (check_session(q, &numa) < 0 || set_numa_live(vm, &want) < 0)))
		return -1;
	if (!config)
		return 0;
	return domain_set_numa(config, &want) < 0 ? -1 : vm_save_config(vm);
}
