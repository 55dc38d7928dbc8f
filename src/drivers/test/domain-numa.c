/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a domain's memory comes from, and what its CPUs are said to have used.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 16 };
enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

static const char *const modes[] = {"strict", "preferred", "interleave", "restrictive"};
enum { N_MODES = sizeof modes / sizeof modes[0] };

static int mode_of(const struct node *memory)
{
	const char *mode = node_attr(memory, "mode");

	for (int i = 0; mode && i < N_MODES; i++)
		if (strcmp(mode, modes[i]) == 0)
			return i;
	return 0;
}

int test_domain_get_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_nparams_flags_args *args,
									struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	const struct node *memory;
	const char *set;
	struct params params = {0};

	if (args_nparams(args->nparams, PARAMS_MAX) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, "testDomainGetNumaParameters") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = 2;
		return 0;
	}
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	memory = node_child(def->root, "numatune/memory");
	set = node_attr(memory, "nodeset");
	params_int(&params, "numa_mode", mode_of(memory));
	if (args->flags & STRING_OKAY)
		params_string(&params, "numa_nodeset", set ? set : "");
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

/* What a call wants to set; mode -1 and set NULL: as it is. */
struct numa {
	int mode;
	char *set; /* in canonical spelling, owned */
};

static int read_numa(const struct rvirt_wire_dom_params_flags_args *args, struct numa *ret)
{
	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *t = &args->params[i];

		if (t->value.type == RVIRT_TYPED_PARAM_INT) {
			ret->mode = t->value.u.i;
			if (ret->mode < 0 || ret->mode >= N_MODES)
				return error_set(FROM_TEST, ERR_INVALID_ARG, "unsupported numatune mode: '%d'",
								 ret->mode);
		} else if (!(ret->set = value_set(t->value.u.s))) {
			if (value_is_empty_set(t->value.u.s))
				return error_set(FROM_TEST, ERR_OPERATION_INVALID,
								 "Invalid nodeset of 'numatune': %s", t->value.u.s);
			return error_set(FROM_NONE, ERR_INVALID_ARG, "Failed to parse bitmap '%s'",
							 t->value.u.s);
		}
	}
	return 0;
}

static int set_numa(struct domain_def *def, bool live, const struct numa *want)
{
	struct node *memory = node_child(def->root, "numatune/memory"), *tune;

	if (live && want->mode != -1 && memory && mode_of(memory) != want->mode)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "can't change numatune mode for running domain");
	if (want->mode == -1 && !want->set)
		return 0;
	if (!want->set && !node_attr(memory, "nodeset") && !node_attr_is(memory, "placement", "auto"))
		return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED,
						 "nodeset for NUMA memory tuning must be set if 'placement' is 'static'");
	if (!(tune = node_need(def->root, "numatune")) || !(memory = node_need(tune, "memory")))
		return -1;
	if ((want->mode != -1 || !node_attr(memory, "mode")) &&
		node_set(memory, "mode", modes[want->mode == -1 ? 0 : want->mode]) < 0)
		return -1;
	if (!want->set)
		return 0;
	if (node_set(memory, "placement", NULL) < 0)
		return -1;
	return node_set(memory, "nodeset", want->set);
}

int test_domain_set_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_params_flags_args *args)
{
	static const struct param_rule rules[] = {
		{"numa_mode", RVIRT_TYPED_PARAM_INT}, {"numa_nodeset", RVIRT_TYPED_PARAM_STRING}, {0}};
	TEST_LOCKED(node, conn);
	struct numa want = {.mode = -1};
	struct domain *d;
	struct domain_def *def;
	bool live;
	int rc = -1;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetNumaParameters") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetNumaParameters") < 0 ||
		params_check(args->params, args->n_params, rules) < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, &live)))
		return -1;
	if (read_numa(args, &want) == 0)
		rc = set_numa(def, live, &want);
	free(want.set);
	return rc;
}

static const uint64_t total_cpu_time = 48772617035;

/* All CPUs together: one list. */
static int total_cpu_stats(const struct rvirt_wire_domain_get_cpu_stats_args *args,
						   struct rvirt_wire_domain_get_cpu_stats_ret *ret)
{
	struct params params = {0};

	if (!args->nparams) {
		ret->nparams = 3;
		return 0;
	}
	params_ull(&params, "cpu_time", total_cpu_time);
	params_ull(&params, "user_time", 5540000000);
	params_ull(&params, "system_time", 6460000000);
	if (params_give_max(&params, (int)args->nparams, &ret->n_params, &ret->params) < 0)
		return -1;
	ret->nparams = (int)ret->n_params;
	return 0;
}

/* The lists of the CPUs one behind the other, each of nparams. */
static int each_cpu_stats(const struct rvirt_wire_domain_get_cpu_stats_args *args, int cpus,
						  struct rvirt_wire_domain_get_cpu_stats_ret *ret)
{
	struct params params = {0};
	uint64_t share = total_cpu_time / (unsigned)(cpus > 0 ? cpus : 1);

	if (!args->ncpus || !args->nparams) {
		ret->nparams = args->ncpus ? 2 : cpus;
		return 0;
	}
	if (args->start_cpu >= cpus)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "start_cpu %d larger than maximum of %d",
						 args->start_cpu, cpus - 1);
	ret->nparams = args->nparams > 1 ? 2 : 1;
	for (unsigned i = 0; i < args->ncpus && args->start_cpu + (int)i < cpus; i++) {
		uint64_t time = share + (unsigned)args->start_cpu + i;

		params_ull(&params, "cpu_time", time);
		if (args->nparams > 1)
			params_ull(&params, "vcpu_time", time - 1234567890);
	}
	return params_give(&params, &ret->n_params, &ret->params);
}

int test_domain_get_cpu_stats(struct driver_conn *conn,
							  const struct rvirt_wire_domain_get_cpu_stats_args *args,
							  struct rvirt_wire_domain_get_cpu_stats_ret *ret)
{
	enum { STATS_NCPUS_MAX = 128 };
	static const char function[] = "virDomainGetCPUStats";
	TEST_LOCKED(node, conn);

	if (args->nparams > PARAMS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "nparams too large");
	if (args->ncpus > STATS_NCPUS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "ncpus too large");
	if (args->start_cpu < -1)
		return args_not_negative(args->start_cpu, "start_cpu", function);
	if (args->start_cpu == -1 && args->ncpus != 1)
		return args_refuse(FROM_DOMAIN, function, "start_cpu",
						   "ncpus must be 1 when start_cpu is -1");
	if (args->nparams && args_there(args->ncpus ? args : NULL, "params", function) < 0)
		return -1;
	if (args_flags(FROM_TEST, args->flags, STRING_OKAY, "testDomainGetCPUStats") < 0 ||
		!test_find_active(node, &args->dom))
		return -1;
	return args->start_cpu == -1 ? total_cpu_stats(args, ret)
								 : each_cpu_stats(args, node->info.cores, ret);
}
