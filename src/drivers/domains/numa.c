/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a domain's memory comes from: <numatune> of a definition.
 */
#include "config.h"
#include "drivers/domains/limits.h"

#include "conf/value.h"

#include <stdlib.h>
#include <string.h>

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

void domain_put_numa(struct params *params, const struct domain_def *def, bool strings)
{
	const struct node *memory = node_child(def->root, "numatune/memory");
	const char *set = node_attr(memory, "nodeset");

	params_int(params, "numa_mode", mode_of(memory));
	if (strings)
		params_string(params, "numa_nodeset", set ? set : "");
}

void domain_numa_clear(struct domain_numa *numa)
{
	free(numa->set);
	numa->set = NULL;
}

int domain_check_numa(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	static const struct param_rule rules[] = {
		{"numa_mode", RVIRT_TYPED_PARAM_INT}, {"numa_nodeset", RVIRT_TYPED_PARAM_STRING}, {0}};

	return params_check(list, n, rules);
}

int domain_read_numa(const struct rvirt_wire_typed_param *list, uint32_t n, enum error_domain from,
					 struct domain_numa *ret)
{
	*ret = (struct domain_numa){.mode = -1};
	for (uint32_t i = 0; i < n; i++) {
		const struct rvirt_wire_typed_param *t = &list[i];

		if (t->value.type == RVIRT_TYPED_PARAM_INT) {
			ret->mode = t->value.u.i;
			if (ret->mode < 0 || ret->mode >= N_MODES)
				return error_set(from, ERR_INVALID_ARG, "unsupported numatune mode: '%d'",
								 ret->mode);
		} else if (!(ret->set = value_set(t->value.u.s))) {
			if (value_is_empty_set(t->value.u.s))
				return error_set(from, ERR_OPERATION_INVALID, "Invalid nodeset of 'numatune': %s",
								 t->value.u.s);
			return error_set(FROM_NONE, ERR_INVALID_ARG, "Failed to parse bitmap '%s'",
							 t->value.u.s);
		}
	}
	return 0;
}

bool domain_numa_differs(const struct domain_def *def, const struct domain_numa *want)
{
	const struct node *memory = node_child(def->root, "numatune/memory");

	return want->mode != -1 && memory && mode_of(memory) != want->mode;
}

int domain_set_numa(struct domain_def *def, const struct domain_numa *want)
{
	struct node *memory = node_child(def->root, "numatune/memory"), *tune;

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
