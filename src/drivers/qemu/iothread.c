/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * I/O threads: which there are, where they run and how they poll, in the definition and while the
 * machine runs.
 */
#include "config.h"
#include "drivers/domains/threads.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>

enum { NAME_SIZE = 24 };

static const char *object_name(unsigned id, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "iothread%u", id);
	return name;
}

/* -- coming and going -- */

static int add_live(struct vm *vm, unsigned id)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	char name[NAME_SIZE];
	struct bits cpus;
	const struct vm_thread *t;
	const char *set;

	if (domain_iothread(vm->d.def, id))
		return domain_add_iothread(vm->d.def, id, FROM_QEMU); /* which refuses it */
	if (vm_call(vm, "object-add",
				json_pack("{s:s, s:s}", "qom-type", "iothread", "id", object_name(id, name)),
				NULL) < 0 ||
		vm_check_active(vm) < 0 || domain_add_iothread(vm->d.def, id, FROM_QEMU) < 0)
		return -1;
	/* it began with the place of the thread that made it */
	if ((set = domain_iothread_set(vm->d.def, id)) || domain_emulator_set(vm->d.def)) {
		if (!set || bits_parse(set, &cpus) < 0)
			host_cpus(&cpus);
		if (vm_iothreads(vm, &threads) < 0 || vm_check_active(vm) < 0)
			return -1;
		if ((t = vm_thread_find(&threads, id)) && thread_set_cpus(t->tid, &cpus) < 0)
			return -1;
	}
	return vm_save_status(vm);
}

/* 0 if no device has the thread. */
static int check_unused(const struct domain_def *def, unsigned id)
{
	const struct node *devices = node_child(def->root, "devices");

	NODE_EACH(disk, devices, "disk")
	{
		if (node_attr_num(node_child(disk, "driver"), "iothread", 0) == (long long)id)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "cannot remove IOThread %u since it is being used by disk '%s'", id,
							 child_attr(disk, "target", "dev"));
	}
	NODE_EACH(controller, devices, "controller")
	{
		if (node_attr_num(node_child(controller, "driver"), "iothread", 0) == (long long)id)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "cannot remove IOThread '%u' since it is being used by controller "
							 "'%s'",
							 id, node_attr(controller, "index"));
	}
	return 0;
}

static int delete_live(struct vm *vm, unsigned id)
{
	char name[NAME_SIZE];

	if (vm_call(vm, "object-del", json_pack("{s:s}", "id", object_name(id, name)), NULL) < 0 ||
		vm_check_active(vm) < 0 || domain_delete_iothread(vm->d.def, id) < 0)
		return -1;
	return vm_save_status(vm);
}

int qemu_domain_add_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_dom_iothread_id_flags_args *args)
{
	struct domain_def *live, *config;

	if (qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainAddIOThread") < 0)
		return -1;
	if (!args->iothread_id)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "invalid value of 0 for iothread_id");

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0)
		return -1;
	if (config && domain_iothread(config, args->iothread_id))
		return domain_add_iothread(config, args->iothread_id, FROM_QEMU);
	if (live && add_live(vm, args->iothread_id) < 0)
		return -1;
	if (!config)
		return 0;
	return domain_add_iothread(config, args->iothread_id, FROM_QEMU) < 0 ? -1 : vm_save_config(vm);
}

int qemu_domain_del_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_dom_iothread_id_flags_args *args)
{
	unsigned id = args->iothread_id;
	struct domain_def *live, *config;

	if (args_nonzero(id, "iothread_id", "virDomainDelIOThread") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainDelIOThread") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && (domain_check_iothread(live, id) < 0 || check_unused(live, id) < 0)) ||
		(config && (domain_check_iothread(config, id) < 0 || check_unused(config, id) < 0)) ||
		(live && delete_live(vm, id) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_delete_iothread(config, id) < 0 ? -1 : vm_save_config(vm);
}

/* -- where they run -- */

static int pin_live(struct vm *vm, unsigned id, const char *set)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	const struct vm_thread *t;
	struct params what = {0};
	struct bits cpus;
	char name[48];

	if (vm_iothreads(vm, &threads) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (!domain_iothread(vm->d.def, id) || !(t = vm_thread_find(&threads, id)))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "iothread %u not found", id);
	if (bits_parse(set, &cpus) < 0 || thread_set_cpus(t->tid, &cpus) < 0 ||
		domain_pin_iothread(vm->d.def, id, set) < 0)
		return -1;
	snprintf(name, sizeof name, "cputune.iothreadpin%u", id);
	params_string(&what, name, set);
	tune_tell(vm, &what);
	return vm_save_status(vm);
}

int qemu_domain_pin_iothread(struct driver_conn *conn,
							 const struct rvirt_wire_domain_pin_iothread_args *args)
{
	CLEANUP_FREE char *set = domain_map_text(args->cpumap, args->n_cpumap);
	unsigned id = args->iothreads_id;
	struct domain_def *live, *config;

	if (!set || args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinIOThread") < 0 ||
		args_exclusive(args->flags, "virDomainPinIOThread") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainPinIOThread") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0)
		return -1;
	if (!*set)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Empty iothread cpumap list for pinning");
	if (live)
		return pin_live(vm, id, set);
	if (!domain_iothread(config, id))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "iothreadid %u not found", id);
	return domain_pin_iothread(config, id, set) < 0 ? -1 : vm_save_config(vm);
}

/* -- what there is -- */

static int put_info(struct rvirt_wire_domain_get_iothread_info_ret *ret, unsigned id,
					const struct bits *cpus)
{
	struct rvirt_wire_domain_iothread_info *info = &ret->info[ret->n_info];

	info->iothread_id = id;
	if (domain_map_give(cpus, &info->n_cpumap, &info->cpumap) < 0)
		return -1;
	ret->count = ++ret->n_info;
	return 0;
}

static int info_live(struct vm *vm, struct rvirt_wire_domain_get_iothread_info_ret *ret)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};
	struct bits cpus;

	if (vm_iothreads(vm, &threads) < 0)
		return -1;
	if (!(ret->info = calloc(threads.n + 1, sizeof *ret->info)))
		return error_oom();
	for (size_t i = 0; i < threads.n; i++)
		if (thread_get_cpus(threads.list[i].tid, &cpus) < 0 ||
			put_info(ret, threads.list[i].number, &cpus) < 0)
			return -1;
	return 0;
}

static int info_config(const struct domain_def *def,
					   struct rvirt_wire_domain_get_iothread_info_ret *ret)
{
	const struct node *list = node_child(def->root, "iothreadids");
	struct bits cpus;

	if (!(ret->info = calloc(node_count(list, "iothread") + 1, sizeof *ret->info)))
		return error_oom();
	NODE_EACH(t, list, "iothread")
	{
		unsigned id = (unsigned)node_attr_num(t, "id", 0);
		const char *set = domain_iothread_set(def, id);

		if (!set || bits_parse(set, &cpus) < 0)
			host_cpus(&cpus);
		if (put_info(ret, id, &cpus) < 0)
			return -1;
	}
	return 0;
}

int qemu_domain_get_iothread_info(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_domain_get_iothread_info_ret *ret)
{
	const struct domain_def *def;
	bool live;

	if (args_exclusive(args->flags, "virDomainGetIOThreadInfo") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainGetIOThreadInfo") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || !(def = domain_one_def(&vm->d, args->flags, &live)))
		return -1;
	return live ? info_live(vm, ret) : info_config(def, ret);
}

/* -- how they poll, and how many helpers they may have -- */

static const struct param_rule rules[] = {
	{"poll_max_ns", RVIRT_TYPED_PARAM_ULLONG},  {"poll_grow", RVIRT_TYPED_PARAM_UINT},
	{"poll_shrink", RVIRT_TYPED_PARAM_UINT},    {"thread_pool_min", RVIRT_TYPED_PARAM_INT},
	{"thread_pool_max", RVIRT_TYPED_PARAM_INT}, {0}};

static unsigned long long value_of(const struct rvirt_wire_typed_param *p)
{
	switch (p->value.type) {
	case RVIRT_TYPED_PARAM_ULLONG:
		return p->value.u.ul;
	case RVIRT_TYPED_PARAM_UINT:
		return p->value.u.ui;
	default:
		return (unsigned long long)(long long)p->value.u.i;
	}
}

/* QEMU's limit of each is that of a signed number of 32 bits, or 64 for the time. */
static int check_values(const struct rvirt_wire_domain_set_iothread_params_args *args)
{
	char name[16];

	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *p = &args->params[i];
		bool pool = p->value.type == RVIRT_TYPED_PARAM_INT;

		if (pool && p->value.u.i < 0)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "%s (%d) must not be negative", p->field,
							 p->value.u.i);
		if (pool || value_of(p) <= INT_MAX)
			continue;
		snprintf(name, sizeof name, "%s", p->field);
		for (char *c = name; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "%s (%llu) must be less than or equal to %d",
						 name, value_of(p), INT_MAX);
	}
	return 0;
}

static int check_pool(const struct rvirt_wire_domain_set_iothread_params_args *args,
					  const struct node *thread)
{
	const struct rvirt_wire_typed_param *min, *max;
	long long low, high;

	min = params_find(args->params, args->n_params, "thread_pool_min");
	max = params_find(args->params, args->n_params, "thread_pool_max");
	low = min ? min->value.u.i : node_attr_num(thread, "thread_pool_min", -1);
	high = max ? max->value.u.i : node_attr_num(thread, "thread_pool_max", -1);
	if ((min || max) && low >= 0 && high >= 0 && low > high)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "thread_pool_min (%lld) can't be greater than thread_pool_max (%lld)", low,
						 high);
	return 0;
}

/* What a definition keeps of it. */
static int keep(struct node *thread, const struct rvirt_wire_domain_set_iothread_params_args *args)
{
	for (uint32_t i = 0; i < args->n_params; i++)
		if (args->params[i].value.type == RVIRT_TYPED_PARAM_INT) {
			thread->parent->show &= ~(unsigned)SHOW_NEVER;
			if (node_setf(thread, args->params[i].field, "%d", args->params[i].value.u.i) < 0)
				return -1;
		}
	return 0;
}

static int set_one(struct vm *vm, unsigned id, const struct rvirt_wire_typed_param *p)
{
	char path[48], name[16];

	snprintf(path, sizeof path, "/objects/iothread%u", id);
	snprintf(name, sizeof name, "%s", p->field);
	for (char *c = name; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return vm_call(vm, "qom-set",
				   json_pack("{s:s, s:s, s:I}", "path", path, "property", name, "value",
							 (json_int_t)value_of(p)),
				   NULL);
}

/* The bounds of the pool change one by one, and must fit each other in between. */
static int set_live(struct vm *vm, const struct rvirt_wire_domain_set_iothread_params_args *args)
{
	static const char *const up[] = {"thread_pool_max", "thread_pool_min"};
	struct node *thread = domain_iothread(vm->d.def, args->iothread_id);
	const struct rvirt_wire_typed_param *max, *p;
	bool grows;

	for (uint32_t i = 0; i < args->n_params; i++)
		if (args->params[i].value.type != RVIRT_TYPED_PARAM_INT &&
			set_one(vm, args->iothread_id, &args->params[i]) < 0)
			return -1;
	max = params_find(args->params, args->n_params, up[0]);
	grows = !max || max->value.u.i >= node_attr_num(thread, up[0], 64);
	for (int i = 0; i < 2; i++) {
		p = params_find(args->params, args->n_params, up[grows ? i : 1 - i]);
		if (p && set_one(vm, args->iothread_id, p) < 0)
			return -1;
	}
	if (vm_check_active(vm) < 0 || !(thread = domain_iothread(vm->d.def, args->iothread_id)))
		return -1;
	return keep(thread, args) < 0 ? -1 : vm_save_status(vm);
}

static int check_params(const struct domain_def *def,
						const struct rvirt_wire_domain_set_iothread_params_args *args, bool live)
{
	struct node *thread = domain_iothread(def, args->iothread_id);

	if (!thread)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "cannot find IOThread '%u' in iothreadids",
						 args->iothread_id);
	for (uint32_t i = 0; !live && i < args->n_params; i++)
		if (args->params[i].value.type != RVIRT_TYPED_PARAM_INT)
			return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
							 "configuring persistent polling values is not supported");
	return check_pool(args, thread);
}

int qemu_domain_set_iothread_params(struct driver_conn *conn,
									const struct rvirt_wire_domain_set_iothread_params_args *args)
{
	struct domain_def *live, *config;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetIOThreadParams") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainSetIOThreadParams") < 0)
		return -1;
	if (!args->iothread_id)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "invalid value of 0 for iothread_id");
	if (params_check(args->params, args->n_params, rules) < 0 || check_values(args) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && check_params(live, args, true) < 0) ||
		(config && check_params(config, args, false) < 0) || (live && set_live(vm, args) < 0))
		return -1;
	if (!config)
		return 0;
	return keep(domain_iothread(config, args->iothread_id), args) < 0 ? -1 : vm_save_config(vm);
}
