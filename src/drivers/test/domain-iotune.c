/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits for what a domain's disks may do: <iotune> of a disk, as a list of parameters. A caller
 * that asks for none (nparams 0) is told how many there are.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };
enum { PARAMS_MAX = 32 };

static const unsigned long long limit_max = 1000000000000000;

/* The parameters are named as the elements are. */
static const struct param_rule rules[] = {{"total_bytes_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_bytes_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_bytes_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"total_iops_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_iops_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_iops_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"total_bytes_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_bytes_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_bytes_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"total_iops_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_iops_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_iops_sec_max", RVIRT_TYPED_PARAM_ULLONG},
										  {"size_iops_sec", RVIRT_TYPED_PARAM_ULLONG},
										  {"group_name", RVIRT_TYPED_PARAM_STRING},
										  {"total_bytes_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_bytes_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_bytes_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {"total_iops_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {"read_iops_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {"write_iops_sec_max_length", RVIRT_TYPED_PARAM_ULLONG},
										  {0}};
enum { N_RULES = sizeof rules / sizeof rules[0] - 1 };

static unsigned long long figure(const struct node *tune, const char *name)
{
	return (unsigned long long)node_num(tune ? node_child(tune, name) : NULL, 0);
}

int test_domain_get_block_io_tune(struct driver_conn *conn,
								  const struct rvirt_wire_domain_get_block_io_tune_args *args,
								  struct rvirt_wire_domain_get_block_io_tune_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	const struct node *disk, *tune, *group;
	struct params params = {0};

	if (args_nparams(args->nparams, PARAMS_MAX) < 0 ||
		args_there(args->nparams ? args->disk : (char *)ret, "disk", "virDomainGetBlockIoTune") <
			0 ||
		args_exclusive(args->flags, "virDomainGetBlockIoTune") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, "testDomainGetBlockIoTune") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = N_RULES;
		return 0;
	}
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!(disk = test_domain_disk(def, args->disk)))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "disk '%s' was not found in the domain config",
						 args->disk);
	tune = node_child(disk, "iotune");
	group = tune ? node_child(tune, "group_name") : NULL;
	for (int i = 0; i < N_RULES && i < args->nparams; i++) {
		if (rules[i].type != RVIRT_TYPED_PARAM_STRING)
			params_ull(&params, rules[i].name, figure(tune, rules[i].name));
		else if (args->flags & STRING_OKAY)
			params_string(&params, rules[i].name, group && group->text ? group->text : "");
	}
	return params_give(&params, &ret->n_params, &ret->params);
}

/* What a figure is once the parameters are in force. */
static unsigned long long planned(const struct rvirt_wire_domain_set_block_io_tune_args *args,
								  const struct node *tune, const char *name)
{
	const struct rvirt_wire_typed_param *t = params_find(args->params, args->n_params, name);

	return t ? t->value.u.ul : figure(tune, name);
}

/* A limit of both directions and one of a single direction exclude each other, and a limit for long
 * is not above the one for short. */
static int check_figures(const struct rvirt_wire_domain_set_block_io_tune_args *args,
						 const struct node *tune)
{
	static const char *const kinds[] = {"bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"};
	static const char *const directions[] = {"total", "read", "write"};
	char name[32], max[40];

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		unsigned long long v[3];

		for (int j = 0; j < 3; j++) {
			snprintf(name, sizeof name, "%s_%s", directions[j], kinds[i]);
			v[j] = planned(args, tune, name);
		}
		if (v[0] && (v[1] || v[2]))
			return error_set(FROM_TEST, ERR_INVALID_ARG,
							 "total and read/write of %s cannot be set at the same time", kinds[i]);
	}
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof name, "%s_%s", directions[i % 3], kinds[i / 3]);
		snprintf(max, sizeof max, "%s_max", name);
		if (planned(args, tune, name) > planned(args, tune, max))
			return error_set(FROM_TEST, ERR_INVALID_ARG, "%s cannot be set higher than %s ", name,
							 max);
	}
	return 0;
}

/* 0 and an empty name are as good as none. */
static int set_figure(struct node *disk, const struct rvirt_wire_typed_param *t)
{
	bool text = t->value.type == RVIRT_TYPED_PARAM_STRING;
	struct node *tune = node_child(disk, "iotune"), *n;

	if (text ? !*t->value.u.s : !t->value.u.ul) {
		if (tune)
			node_remove_all(tune, t->field);
		if (tune && !tune->children)
			node_remove(tune);
		return 0;
	}
	if (!(tune = node_need(disk, "iotune")) || !(n = node_need(tune, t->field)))
		return -1;
	return text ? node_set_text(n, t->value.u.s)
				: node_set_textf(n, "%llu", (unsigned long long)t->value.u.ul);
}

int test_domain_set_block_io_tune(struct driver_conn *conn,
								  const struct rvirt_wire_domain_set_block_io_tune_args *args)
{
	static const char function[] = "virDomainSetBlockIoTune";
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct node *disk;

	if (args_positive((int)args->n_params, "nparams", function) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetBlockIoTune") < 0 ||
		params_check(args->params, args->n_params, rules) < 0 ||
		!(d = test_find(node, &args->dom)) || args_exclusive(args->flags, function) < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!(disk = test_domain_disk(def, args->disk)))
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "missing persistent configuration for disk '%s'", args->disk);
	for (uint32_t i = 0; i < args->n_params; i++)
		if (args->params[i].value.type == RVIRT_TYPED_PARAM_ULLONG &&
			args->params[i].value.u.ul > limit_max)
			return error_set(FROM_TEST, ERR_ARGUMENT_UNSUPPORTED,
							 "block I/O throttle limit value must be no more than %llu", limit_max);
	if (check_figures(args, node_child(disk, "iotune")) < 0)
		return -1;
	for (uint32_t i = 0; i < args->n_params; i++)
		if (set_figure(disk, &args->params[i]) < 0)
			return -1;
	return 0;
}
