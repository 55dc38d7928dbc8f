/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits for what a domain's disks may do: <iotune> of a disk, as a list of parameters. A caller
 * that asks for none (nparams 0) is told how many there are.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/iotune.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG };
int test_domain_get_block_io_tune(struct driver_conn *conn,
								  const struct rvirt_wire_domain_get_block_io_tune_args *args,
								  struct rvirt_wire_domain_get_block_io_tune_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	const struct node *disk;

	if (args_nparams(args->nparams, IOTUNE_PARAMS_MAX) < 0 ||
		args_there(args->nparams ? args->disk : (char *)ret, "disk", "virDomainGetBlockIoTune") <
			0 ||
		args_exclusive(args->flags, "virDomainGetBlockIoTune") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | IOTUNE_STRING_OKAY,
				   "testDomainGetBlockIoTune") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = IOTUNE_N;
		return 0;
	}
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!(disk = test_domain_disk(def, args->disk)))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "disk '%s' was not found in the domain config",
						 args->disk);
	return iotune_give(node_child(disk, "iotune"), args->nparams, args->flags, &ret->n_params,
					   &ret->params);
}

/* A limit for long is not above the one for short. */
static int check_bursts(const struct node *tune)
{
	char max[48];

	for (int i = 0; i < 6; i++) {
		const char *name = iotune_rules[i].name;

		snprintf(max, sizeof max, "%s_max", name);
		if (iotune_figure(tune, name) > iotune_figure(tune, max))
			return error_set(FROM_TEST, ERR_INVALID_ARG, "%s cannot be set higher than %s ", name,
							 max);
	}
	return 0;
}

static int set_all(struct node *disk, const struct rvirt_wire_domain_set_block_io_tune_args *args)
{
	for (uint32_t i = 0; i < args->n_params; i++)
		if (iotune_set_param(disk, &args->params[i]) < 0)
			return -1;
	return 0;
}

int test_domain_set_block_io_tune(struct driver_conn *conn,
								  const struct rvirt_wire_domain_set_block_io_tune_args *args)
{
	static const char function[] = "virDomainSetBlockIoTune";
	TEST_LOCKED(node, conn);
	struct domain *d;
	CLEANUP(cleanup_node) struct node *plan = NULL;
	const struct domain_def *def;
	struct node *disk;

	if (args_positive((int)args->n_params, "nparams", function) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetBlockIoTune") < 0 ||
		params_check(args->params, args->n_params, iotune_rules) < 0 ||
		!(d = test_find(node, &args->dom)) || args_exclusive(args->flags, function) < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!(disk = test_domain_disk(def, args->disk)))
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "missing persistent configuration for disk '%s'", args->disk);
	if (iotune_check_amounts(args->params, args->n_params, FROM_TEST) < 0)
		return -1;
	if (!(plan = node_copy(disk)) || set_all(plan, args) < 0)
		return error_oom();
	if (iotune_check_directions(node_child(plan, "iotune"), FROM_TEST) < 0 ||
		check_bursts(node_child(plan, "iotune")) < 0)
		return -1;
	return set_all(disk, args);
}
