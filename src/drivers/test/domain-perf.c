/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the host's performance counters a domain is watched with: <perf> of its definition.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/limits.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

int test_domain_get_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_params64_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct params params = {0};

	if (args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, "testDomainGetPerfEvents") < 0 ||
		!(d = test_find(node, &args->dom)) ||
		args_exclusive(args->flags, "virDomainGetPerfEvents") < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	domain_put_perf(&params, def);
	return params_give(&params, &ret->n_params, &ret->params);
}

int test_domain_set_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_params64_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *live, *config;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetPerfEvents") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetPerfEvents") < 0 ||
		domain_check_perf(args->params, args->n_params) < 0 || !(d = test_find(node, &args->dom)) ||
		args_exclusive(args->flags, "virDomainSetPerfEvents") < 0 ||
		domain_defs(d, args->flags, &live, &config) < 0 ||
		(live && domain_set_perf(live, args->params, args->n_params) < 0))
		return -1;
	return config ? domain_set_perf(config, args->params, args->n_params) : 0;
}
