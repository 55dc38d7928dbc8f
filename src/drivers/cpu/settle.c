/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what a guest's processor is wished to be to what it is on this host.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/error.h"

static bool is_relative(const struct node *cpu)
{
	if (node_attr_is(cpu, "mode", "host-model") || node_attr_is(cpu, "match", "minimum"))
		return true;
	NODE_EACH(f, cpu, "feature")
	{
		if (node_attr_is(f, "policy", "optional"))
			return true;
	}
	return false;
}

static int settle_optional(struct node *cpu, const struct node *host)
{
	struct cpu_set has;

	if (cpu_features(host, CPU_EFFECTIVE, &has) < 0)
		return -1;
	NODE_EACH(f, cpu, "feature")
	{
		int i = cpu_feature_find(node_attr(f, "name"));

		if (!node_attr_is(f, "policy", "optional"))
			continue;
		if (i < 0)
			return error_set(FROM_CPU, ERR_INTERNAL_ERROR, "unknown CPU feature %s",
							 node_attr(f, "name"));
		if (node_set(f, "policy", cpu_set_has(&has, (size_t)i) ? "require" : "disable") < 0)
			return -1;
	}
	return 0;
}

static int copy_text(struct node *cpu, const struct node *from, const char *name)
{
	const struct node *n = node_child(from, name);
	struct node *own;

	if (!n || !n->text)
		return 0;
	return (own = node_need(cpu, name)) ? node_set_text(own, n->text) : -1;
}

/* The host's model and features, and then what the guest says of features. */
static int take_model(struct node *cpu, const struct node *host)
{
	CLEANUP(cleanup_node) struct node *wish = node_copy(cpu);
	bool host_model = node_attr_is(cpu, "mode", "host-model");

	if (!wish || node_set(cpu, "mode", "custom") < 0 || node_set(cpu, "match", "exact") < 0)
		return -1;
	node_remove_all(cpu, "feature");
	if (copy_text(cpu, host, "model") < 0 || (host_model && copy_text(cpu, host, "vendor") < 0))
		return -1;
	NODE_EACH(f, host, "feature")
	{
		if (cpu_put_policy(cpu, node_attr(f, "name"), node_attr(f, "policy")) < 0)
			return -1;
	}
	NODE_EACH(f, wish, "feature")
	{
		if (cpu_put_policy(cpu, node_attr(f, "name"), node_attr(f, "policy")) < 0)
			return -1;
	}
	return 0;
}

int cpu_settle(struct node *cpu, const struct node *host)
{
	if (is_relative(cpu)) {
		if (!host)
			return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED, "unknown host CPU model");
		if (settle_optional(cpu, host) < 0)
			return -1;
		if ((node_attr_is(cpu, "mode", "host-model") || node_attr_is(cpu, "match", "minimum")) &&
			take_model(cpu, host) < 0)
			return -1;
	}
	return cpu_disable_removed(cpu);
}
