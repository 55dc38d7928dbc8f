/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The features of a document's processor: which it has, and changes of their list.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/error.h"

#include <string.h>

static const char *const policies[] = {"force", "require", "optional", "disable", "forbid"};

static bool is_host(const struct node *cpu)
{
	return node_child(cpu, "arch");
}

/* A host's features have no policy: it has them. */
static unsigned policy_of(const struct node *feature)
{
	const char *text = node_attr(feature, "policy");
	unsigned i = 0;

	while (text && i < CPU_N_POLICIES && strcmp(policies[i], text) != 0)
		i++;
	return text && i < CPU_N_POLICIES ? i : CPU_REQUIRE;
}

int cpu_features(const struct node *cpu, unsigned policy, struct cpu_set *ret_set)
{
	const struct node *model = node_child(cpu, "model");
	struct cpu_set set = {{0}};

	if (is_host(cpu) && policy != CPU_REQUIRE && policy != CPU_EFFECTIVE) {
		*ret_set = set;
		return 0;
	}
	if (model && model->text && (policy == CPU_REQUIRE || policy == CPU_EFFECTIVE)) {
		const struct cpu_model *m = cpu_model_find(model->text);

		if (!m)
			return error_set(FROM_CPU, ERR_INTERNAL_ERROR, "Unknown CPU model %s", model->text);
		set = m->features;
	}
	NODE_EACH(f, cpu, "feature")
	{
		unsigned own = policy_of(f);
		int i;

		if (policy == CPU_EFFECTIVE ? own == CPU_OPTIONAL : own != policy)
			continue;
		if ((i = cpu_feature_find(node_attr(f, "name"))) < 0)
			return error_set(FROM_CPU, ERR_INTERNAL_ERROR, "Unknown CPU feature %s",
							 node_attr(f, "name"));
		cpu_set_put(&set, (size_t)i,
					policy != CPU_EFFECTIVE || own == CPU_FORCE || own == CPU_REQUIRE);
	}
	*ret_set = set;
	return 0;
}

static struct node *find(const struct node *cpu, const char *name)
{
	NODE_EACH(f, cpu, "feature")
	{
		if (node_attr_is(f, "name", name))
			return f;
	}
	return NULL;
}

int cpu_put_policy(struct node *cpu, const char *name, const char *policy)
{
	struct node *f = find(cpu, name);

	if (!f && (!(f = node_add(cpu, "feature")) || node_set(f, "name", name) < 0))
		return -1;
	return node_set(f, "policy", policy);
}

static int disable_missing(struct node *cpu, const struct cpu_set *removed)
{
	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		const char *name = cpu_feature_at(i)->name;

		if (cpu_set_has(removed, i) && !find(cpu, name) && cpu_put_policy(cpu, name, "disable") < 0)
			return -1;
	}
	return 0;
}

int cpu_disable_removed(struct node *cpu)
{
	const struct node *model = node_child(cpu, "model");
	const struct cpu_model *m = model && model->text ? cpu_model_find(model->text) : NULL;

	return m ? disable_missing(cpu, &m->removed) : 0;
}

int cpu_expand(struct node *cpu)
{
	const struct node *model = node_child(cpu, "model");
	const struct cpu_model *m = model && model->text ? cpu_model_find(model->text) : NULL;
	CLEANUP(cleanup_node) struct node *old = NULL;
	bool host = is_host(cpu);

	if (!m)
		return error_set(FROM_CPU, ERR_INTERNAL_ERROR, "unknown CPU model %s",
						 model && model->text ? model->text : "(null)");
	if (!(old = node_copy(cpu)))
		return -1;
	node_remove_all(cpu, "feature");
	for (size_t i = 0; i < CPU_N_FEATURES; i++)
		if (cpu_set_has(&m->features, i) &&
			cpu_put_policy(cpu, cpu_feature_at(i)->name, host ? NULL : "require") < 0)
			return -1;
	NODE_EACH(f, old, "feature")
	{
		unsigned policy = policy_of(f);

		if ((host || policy == CPU_REQUIRE || policy == CPU_DISABLE) &&
			cpu_put_policy(cpu, node_attr(f, "name"), node_attr(f, "policy")) < 0)
			return -1;
	}
	if (!host && disable_missing(cpu, &m->removed) < 0)
		return -1;
	node_sort(cpu, "feature", node_compare_text, "name");
	return 0;
}

void cpu_filter(struct node *cpu, bool (*keep)(const struct node *feature, const void *context),
				const void *context)
{
	struct node *f = node_child(cpu, "feature");

	while (f) {
		struct node *next = node_next(f);

		if (!keep(f, context))
			node_remove(f);
		f = next;
	}
}
