/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The scheduler's parameters: how much of the processors' time a machine and the kinds of its
 * threads get.
 */
#include "config.h"
#include "drivers/domains/limits.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Parameters in their order: their elements, and the group of threads that they are of. */
static const struct {
	const char *name, *element;
	enum rvirt_typed_param_type type;
	const char *threads; /* NULL: the whole machine */
} rows[] = {
	{"cpu_shares", "shares", RVIRT_TYPED_PARAM_ULLONG, NULL},
	{"vcpu_period", "period", RVIRT_TYPED_PARAM_ULLONG, "vcpu0"},
	{"vcpu_quota", "quota", RVIRT_TYPED_PARAM_LLONG, "vcpu0"},
	{"emulator_period", "emulator_period", RVIRT_TYPED_PARAM_ULLONG, "emulator"},
	{"emulator_quota", "emulator_quota", RVIRT_TYPED_PARAM_LLONG, "emulator"},
	{"global_period", "global_period", RVIRT_TYPED_PARAM_ULLONG, NULL},
	{"global_quota", "global_quota", RVIRT_TYPED_PARAM_LLONG, NULL},
	{"iothread_period", "iothread_period", RVIRT_TYPED_PARAM_ULLONG, "iothread"},
	{"iothread_quota", "iothread_quota", RVIRT_TYPED_PARAM_LLONG, "iothread"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static int check_session(const struct qemu *q)
{
	return q->privileged ? 0
						 : error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
									 "CPU tuning is not available in session mode");
}

static int check_controller(const struct vm *vm)
{
	return cgroup_has(vm->cgroup, "cpu") ? 0
										 : error_set(FROM_QEMU, ERR_OPERATION_INVALID,
													 "cgroup CPU controller is not mounted");
}

int qemu_domain_get_scheduler_type(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
								   struct rvirt_wire_type_nparams_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm || check_session(q) < 0 || (vm_active(vm) && check_controller(vm) < 0))
		return -1;
	if (!(ret->type = strdup("posix")))
		return error_oom();
	ret->nparams = N_ROWS;
	return 0;
}

/* -- looking -- */

static void put_config(struct params *params, const struct domain_def *def)
{
	const struct node *tune = node_child(def->root, "cputune");

	for (int i = 0; i < N_ROWS; i++) {
		long long value = node_num(tune ? node_child(tune, rows[i].element) : NULL, 0);

		if (rows[i].type == RVIRT_TYPED_PARAM_ULLONG)
			params_ull(params, rows[i].name, (unsigned long long)value);
		else
			params_llong(params, rows[i].name, value);
	}
}

/* Of a group of threads; without any of its kind there is nothing to tell. */
static int get_bandwidth(const struct vm *vm, const char *threads, unsigned long long *ret_period,
						 long long *ret_quota)
{
	const struct node *first = node_child(vm->d.def->root, "iothreadids/iothread");
	CLEANUP_FREE char *path = NULL;
	char name[32];

	*ret_period = 0;
	*ret_quota = 0;
	snprintf(name, sizeof name, "%s", threads ? threads : "");
	if (strcmp(name, "iothread") == 0) {
		if (!first)
			return 0;
		snprintf(name, sizeof name, "iothread%lld", node_attr_num(first, "id", 0));
	}
	if (!(path = *name ? cgroup_of_threads(vm->cgroup, name) : strdup(vm->cgroup)))
		return error_oom();
	if (*name && access(path, F_OK) < 0) { /* none has been called for: no limit */
		*ret_period = 100000;
		*ret_quota = CGROUP_QUOTA_MAX;
		return 0;
	}
	return cgroup_get_bandwidth(path, ret_period, ret_quota);
}

static int put_live(struct params *params, const struct vm *vm)
{
	unsigned long long shares, period;
	long long quota;

	if (cgroup_get_weight(vm->cgroup, &shares) < 0)
		return -1;
	params_ull(params, rows[0].name, shares);
	for (int i = 1; i < N_ROWS; i += 2) {
		if (get_bandwidth(vm, rows[i].threads, &period, &quota) < 0)
			return -1;
		params_ull(params, rows[i].name, period);
		params_llong(params, rows[i + 1].name, quota);
	}
	return 0;
}

static int get_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom, int nparams,
						 unsigned flags, const char *function, struct rvirt_wire_params_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	const struct domain_def *def;
	struct vm *vm;
	bool live;

	if (args_nparams(nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_there(nparams ? dom : NULL, "params", function) < 0 ||
		qemu_flags(flags, TUNE_AFFECT | TUNE_STRING_OKAY, "qemuDomainGetSchedulerParametersFlags") <
			0 ||
		!(vm = vm_find(q, dom)) || check_session(q) < 0 ||
		!(def = domain_one_def(&vm->d, flags & TUNE_AFFECT, &live)) ||
		(live && check_controller(vm) < 0))
		return -1;
	if (!live)
		put_config(&params, def);
	else if (put_live(&params, vm) < 0)
		params.failed = true;
	return params_give_max(&params, nparams, &ret->n_params, &ret->params);
}

int qemu_domain_get_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_nparams_args *args,
										 struct rvirt_wire_params_ret *ret)
{
	return get_scheduler(conn, &args->dom, args->nparams, 0, "virDomainGetSchedulerParameters",
						 ret);
}

int qemu_domain_get_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_nparams_flags_args *args,
											   struct rvirt_wire_params_ret *ret)
{
	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, "virDomainGetSchedulerParametersFlags") < 0)
		return -1;
	return get_scheduler(conn, &args->dom, args->nparams, args->flags,
						 "virDomainGetSchedulerParametersFlags", ret);
}

/* -- changing -- */

static int out_of_range(const char *name, long long low, long long high)
{
	return error_set(FROM_QEMU, ERR_INVALID_ARG, "value of '%s' is out of range [%lld, %lld]", name,
					 low, high);
}

/* 0 is nothing said. */
static int check_ranges(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	struct param_rule rules[N_ROWS + 1] = {0};

	for (int i = 0; i < N_ROWS; i++)
		rules[i] = (struct param_rule){rows[i].name, rows[i].type};
	if (params_check(list, n, rules) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		const struct rvirt_wire_typed_param *t = &list[i];
		unsigned long long period = t->value.u.ul;
		long long quota = t->value.u.l;

		if (t->value.type == RVIRT_TYPED_PARAM_LLONG) {
			if ((quota > 0 && quota < CGROUP_QUOTA_MIN) || quota > CGROUP_QUOTA_MAX)
				return out_of_range(t->field, CGROUP_QUOTA_MIN, CGROUP_QUOTA_MAX);
		} else if (strcmp(t->field, rows[0].name) != 0 && period &&
				   (period < CGROUP_PERIOD_MIN || period > CGROUP_PERIOD_MAX)) {
			return out_of_range(t->field, CGROUP_PERIOD_MIN, CGROUP_PERIOD_MAX);
		}
	}
	return 0;
}

static const char *element_of(const char *name)
{
	for (int i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].element;
	return NULL;
}

static int keep(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	char path[48], text[24];

	for (uint32_t i = 0; i < n; i++) {
		bool shares = strcmp(list[i].field, rows[0].name) == 0;

		snprintf(path, sizeof path, "cputune/%s", element_of(list[i].field));
		snprintf(text, sizeof text, "%lld", (long long)list[i].value.u.l);
		if (domain_def_set_text(def, path, list[i].value.u.l || shares ? text : NULL) < 0)
			return -1;
	}
	return 0;
}

/* In a copy first, so that the definition tells what the kernel has taken. */
static int set_live(struct vm *vm, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = domain_def_copy(vm->d.def);
	CLEANUP_VM_THREADS struct vm_threads vcpus = {0}, iothreads = {0};
	struct params what = {0};
	char name[64];

	if (!copy || keep(copy, list, n) < 0 || vm_vcpu_threads(vm, &vcpus) < 0 ||
		vm_iothreads(vm, &iothreads) < 0 || vm_check_active(vm) < 0 ||
		tune_group(vm->cgroup, copy) < 0 ||
		(tune_has_bandwidths(copy) && tune_bandwidths(vm->cgroup, copy, &vcpus, &iothreads) < 0) ||
		keep(vm->d.def, list, n) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "cputune.%s", list[i].field);
		if (list[i].value.type == RVIRT_TYPED_PARAM_ULLONG)
			params_ull(&what, name, list[i].value.u.ul);
		else
			params_llong(&what, name, list[i].value.u.l);
	}
	tune_tell(vm, &what);
	return vm_save_status(vm);
}

static int set_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						 const struct rvirt_wire_typed_param *list, uint32_t n, unsigned flags,
						 const char *function)
{
	struct domain_def *live, *config;

	if (args_there(n ? list : NULL, "params", function) < 0 ||
		qemu_flags(flags, TUNE_AFFECT, "qemuDomainSetSchedulerParametersFlags") < 0 ||
		check_ranges(list, n) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || check_session(q) < 0 || domain_defs(&vm->d, flags, &live, &config) < 0 ||
		(live && (check_controller(vm) < 0 || set_live(vm, list, n) < 0)))
		return -1;
	if (!config)
		return 0;
	return keep(config, list, n) < 0 ? -1 : vm_save_config(vm);
}

int qemu_domain_set_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_params_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, 0,
						 "virDomainSetSchedulerParameters");
}

int qemu_domain_set_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_params_flags_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, args->flags,
						 "virDomainSetSchedulerParametersFlags");
}
