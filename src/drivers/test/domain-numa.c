/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a domain's memory comes from, and what its CPUs are said to have used.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/limits.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

int test_domain_get_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_nparams_flags_args *args,
									struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct params params = {0};

	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, "testDomainGetNumaParameters") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = DOMAIN_N_NUMA_PARAMS;
		return 0;
	}
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	domain_put_numa(&params, def, args->flags & STRING_OKAY);
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

int test_domain_set_numa_parameters(struct driver_conn *conn,
									const struct rvirt_wire_dom_params_flags_args *args)
{
	TEST_LOCKED(node, conn);
	CLEANUP(domain_numa_clear) struct domain_numa want = {0};
	struct domain *d;
	struct domain_def *def;
	bool live;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetNumaParameters") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetNumaParameters") < 0 ||
		domain_check_numa(args->params, args->n_params) < 0 || !(d = test_find(node, &args->dom)) ||
		!(def = domain_one_def(d, args->flags, &live)) ||
		domain_read_numa(args->params, args->n_params, FROM_TEST, &want) < 0)
		return -1;
	if (live && domain_numa_differs(def, &want))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "can't change numatune mode for running domain");
	return domain_set_numa(def, &want);
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
	TEST_LOCKED(node, conn);

	if (domain_check_cpu_stats(args) < 0 ||
		args_flags(FROM_TEST, args->flags, STRING_OKAY, "testDomainGetCPUStats") < 0 ||
		!test_find_active(node, &args->dom))
		return -1;
	return args->start_cpu == -1 ? total_cpu_stats(args, ret)
								 : each_cpu_stats(args, node->info.cores, ret);
}
