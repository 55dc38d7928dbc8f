/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's tunables as lists of parameters: scheduler, memory, block I/O, NUMA, CPU figures. A
 * caller that asks for none (nparams 0) is told how many there are.
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

static const struct param_rule scheduler_rules[] = {{"weight", RVIRT_TYPED_PARAM_UINT}, {0}};

int test_domain_get_scheduler_type(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
								   struct rvirt_wire_type_nparams_ret *ret)
{
	(void)conn;
	(void)args;
	if (!(ret->type = strdup("fair")))
		return error_oom();
	ret->nparams = 1;
	return 0;
}

static int get_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom, int nparams,
						 unsigned flags, const char *function, struct rvirt_wire_params_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct params params = {0};

	if (args_nparams(nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_there(nparams ? dom : NULL, "params", function) < 0)
		return -1;
	if (args_flags(FROM_TEST, flags, 0, "testDomainGetSchedulerParametersFlags") < 0 ||
		!test_find(node, dom))
		return -1;
	params_uint(&params, "weight", 50);
	return params_give(&params, &ret->n_params, &ret->params);
}

int test_domain_get_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_nparams_args *args,
										 struct rvirt_wire_params_ret *ret)
{
	return get_scheduler(conn, &args->dom, args->nparams, 0, "virDomainGetSchedulerParameters",
						 ret);
}

int test_domain_get_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_nparams_flags_args *args,
											   struct rvirt_wire_params_ret *ret)
{
	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, "virDomainGetSchedulerParametersFlags") < 0)
		return -1;
	/* libvirt sets this flag itself, and then refuses it */
	return get_scheduler(conn, &args->dom, args->nparams, args->flags | STRING_OKAY,
						 "virDomainGetSchedulerParametersFlags", ret);
}

/* The weight is checked and forgotten. */
static int set_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						 const struct rvirt_wire_typed_param *params, uint32_t n, unsigned flags,
						 const char *function)
{
	TEST_LOCKED(node, conn);

	if (args_there(n ? params : NULL, "params", function) < 0 ||
		args_flags(FROM_TEST, flags, 0, "testDomainSetSchedulerParametersFlags") < 0 ||
		params_check(params, n, scheduler_rules) < 0)
		return -1;
	return test_find(node, dom) ? 0 : -1;
}

int test_domain_set_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_params_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, 0,
						 "virDomainSetSchedulerParameters");
}

int test_domain_set_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_params_flags_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, args->flags,
						 "virDomainSetSchedulerParametersFlags");
}

/* How many parameters are asked for: -1 with the error set, 0 for their count, which is then in
 * *ret_n. */
static int asked(const struct rvirt_wire_dom_nparams_flags_args *args, int all, const char *api,
				 const char *function, int32_t *ret_n)
{
	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, api) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, function) < 0)
		return -1;
	*ret_n = args->nparams ? 0 : all;
	return args->nparams;
}

static struct domain_def *getter(struct test_node *node,
								 const struct rvirt_wire_dom_nparams_flags_args *args)
{
	struct domain *d = test_find(node, &args->dom);

	return d ? domain_one_def(d, args->flags, NULL) : NULL;
}

static struct domain_def *
setter(struct test_node *node, const struct rvirt_wire_dom_params_flags_args *args,
	   int (*check)(const struct rvirt_wire_typed_param *list, uint32_t n), const char *function)
{
	struct domain *d;
	char api[64];

	/* testDomainX is the driver's part of virDomainX */
	snprintf(api, sizeof api, "vir%s", function + strlen("test"));
	if (args_there(args->n_params ? args : NULL, "params", api) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, function) < 0 ||
		check(args->params, args->n_params) < 0 || !(d = test_find(node, &args->dom)))
		return NULL;
	return domain_one_def(d, args->flags, NULL);
}

int test_domain_get_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_nparams_flags_args *args,
									  struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain_def *def;
	struct params params = {0};
	int n = asked(args, DOMAIN_N_MEMORY_PARAMS, "virDomainGetMemoryParameters",
				  "testDomainGetMemoryParameters", &ret->nparams);

	if (n <= 0)
		return n;
	if (!(def = getter(node, args)))
		return -1;
	domain_put_memory(&params, def);
	return params_give_max(&params, n, &ret->n_params, &ret->params);
}

int test_domain_set_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_params_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain_def *def =
		setter(node, args, domain_check_memory_names, "testDomainSetMemoryParameters");
	const struct domain *d;

	if (!def || !(d = test_find(node, &args->dom)) ||
		domain_check_memory(args->params, args->n_params, d->def, FROM_TEST) < 0)
		return -1;
	return domain_set_memory(def, args->params, args->n_params);
}

int test_domain_get_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_nparams_flags_args *args,
									 struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain_def *def;
	struct params params = {0};
	int n = asked(args, DOMAIN_N_BLKIO_PARAMS, "virDomainGetBlkioParameters",
				  "testDomainGetBlkioParameters", &ret->nparams);

	if (n <= 0)
		return n;
	if (!(def = getter(node, args)))
		return -1;
	domain_put_blkio(&params, def, args->flags & STRING_OKAY);
	return params_give_max(&params, n, &ret->n_params, &ret->params);
}

int test_domain_set_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_params_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain_def *def = setter(node, args, domain_check_blkio, "testDomainSetBlkioParameters");

	return def ? domain_set_blkio(def, args->params, args->n_params) : -1;
}
