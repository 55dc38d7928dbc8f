/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of disks, as all drivers have them.
 */
#include "config.h"
#include "drivers/domains/iotune.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const unsigned long long limit_max = 1000000000000000;

const struct param_rule iotune_rules[IOTUNE_N + 1] = {
	{"total_bytes_sec", RVIRT_TYPED_PARAM_ULLONG},
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

unsigned long long iotune_figure(const struct node *tune, const char *name)
{
	return (unsigned long long)node_num(tune ? node_child(tune, name) : NULL, 0);
}

int iotune_give(const struct node *tune, int nparams, unsigned flags, uint32_t *ret_n,
				struct rvirt_wire_typed_param **ret_params)
{
	const struct node *group = tune ? node_child(tune, "group_name") : NULL;
	struct params params = {0};

	for (int i = 0; i < IOTUNE_N && i < nparams; i++) {
		const struct param_rule *rule = &iotune_rules[i];

		if (rule->type != RVIRT_TYPED_PARAM_STRING)
			params_ull(&params, rule->name, iotune_figure(tune, rule->name));
		else if (flags & IOTUNE_STRING_OKAY)
			params_string(&params, rule->name, group && group->text ? group->text : "");
	}
	return params_give(&params, ret_n, ret_params);
}

int iotune_check_amounts(const struct rvirt_wire_typed_param *params, uint32_t n, int error_domain)
{
	for (uint32_t i = 0; i < n; i++)
		if (params[i].value.type == RVIRT_TYPED_PARAM_ULLONG && params[i].value.u.ul > limit_max)
			return error_set(error_domain, ERR_ARGUMENT_UNSUPPORTED,
							 "block I/O throttle limit value must be no more than %llu", limit_max);
	return 0;
}

int iotune_check_directions(const struct node *tune, int error_domain)
{
	static const char *const kinds[] = {"bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"};
	static const char *const directions[] = {"total", "read", "write"};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		unsigned long long v[3];

		for (int j = 0; j < 3; j++) {
			char name[32];

			snprintf(name, sizeof name, "%s_%s", directions[j], kinds[i]);
			v[j] = iotune_figure(tune, name);
		}
		if (v[0] && (v[1] || v[2]))
			return error_set(error_domain, ERR_INVALID_ARG,
							 "total and read/write of %s cannot be set at the same time", kinds[i]);
	}
	return 0;
}

int iotune_set(struct node *disk, const char *name, unsigned long long figure, const char *text)
{
	struct node *tune = node_child(disk, "iotune"), *n;

	if (text ? !*text : !figure) {
		if (tune)
			node_remove_all(tune, name);
		if (tune && !tune->children)
			node_remove(tune);
		return 0;
	}
	if (!(tune = node_need(disk, "iotune")) || !(n = node_need(tune, name)))
		return -1;
	return text ? node_set_text(n, text) : node_set_textf(n, "%llu", figure);
}

int iotune_set_param(struct node *disk, const struct rvirt_wire_typed_param *param)
{
	bool text = param->value.type == RVIRT_TYPED_PARAM_STRING;

	return iotune_set(disk, param->field, text ? 0 : param->value.u.ul,
					  text ? param->value.u.s : NULL);
}
