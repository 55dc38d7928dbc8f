/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of shares in caches and memory bandwidth: groups of virtual CPUs, and what watches them.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

int rule_cache(struct conf *c, struct node *n)
{
	const char *size = node_attr(n, "size"), *unit;
	unsigned long long bytes;

	(void)c;
	if (!size || !*size)
		return refuse_xml("missing element or attribute './@size'");
	if (value_parse_ull(size, 10, &bytes) < 0)
		return refuse_xml("Invalid value '%s' for element or attribute './@size'", size);
	if (value_scale(&bytes, node_attr(n, "unit"), 1024, ULLONG_MAX) < 0)
		return -1;
	bytes = value_pretty(bytes, &unit);
	return node_setf(n, "size", "%llu", bytes) < 0 ? -1 : node_set(n, "unit", unit);
}

/* The vCPUs of a group, as far as they exist. */
static int group_vcpus(struct conf *c, struct node *n, struct bits *ret_set)
{
	const char *text = node_attr(n, "vcpus");
	long long max = node_num(node_child(c->root, "vcpu"), 1);

	if (bits_parse(text, ret_set) < 0)
		return refuse_xml("Invalid %s attribute 'vcpus' value '%s'", node_name(n), text);
	for (int i = bits_next(ret_set, (int)(max < VALUE_SET_MAX ? max : VALUE_SET_MAX)); i >= 0;
		 i = bits_next(ret_set, i + 1))
		bits_put(ret_set, i, false);
	return 0;
}

static int invalid(const char *what)
{
	return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "%s", what);
}

/* A monitor of the group, read before this one, is for just these. */
static bool is_monitored(const struct node *group, const struct bits *vcpus)
{
	struct bits other;
	size_t found = 0;

	NODE_EACH(m, group, "monitor")
	{
		if (bits_parse(node_attr(m, "vcpus"), &other) == 0 && bits_equal(vcpus, &other))
			found++;
	}
	return found > 1;
}

static int monitors(struct conf *c, struct node *group, const struct bits *vcpus, bool allocates)
{
	struct bits set, taken = {{0}};
	bool whole = false, all;

	NODE_EACH(m, group, "monitor")
	{
		CLEANUP_FREE char *text = NULL;

		if (node_attr(m, "level") && node_attr_num(m, "level", 0) != 3)
			return refuse_xml("Invalid monitor cache level '%s'", node_attr(m, "level"));
		if (group_vcpus(c, m, &set) < 0)
			return -1;
		if (bits_next(&set, 0) < 0)
			return invalid("vcpus is empty");
		for (int i = bits_next(&set, 0); i >= 0; i = bits_next(&set, i + 1)) {
			if (!bits_has(vcpus, i))
				return invalid("Monitor vcpus conflicts with allocation");
		}
		/* one for the whole of an allocation may stand beside those for its parts */
		all = allocates && bits_equal(&set, vcpus);
		if (all ? whole : bits_overlap(&set, &taken))
			return invalid(all || is_monitored(group, &set)
							   ? "Identical vcpus found in same type monitors"
							   : "vcpus overlaps in resctrl groups");
		whole = whole || all;
		if (!all)
			bits_add(&taken, &set);
		if (!(text = bits_text(&set)) || node_set(m, "vcpus", text) < 0)
			return -1;
	}
	return 0;
}

static int collisions(const struct node *group)
{
	NODE_EACH(a, group, "cache")
	{
		for (const struct node *b = node_child(group, "cache"); b != a; b = node_next(b)) {
			if (is(a, "level", node_attr(b, "level")) && is(a, "id", node_attr(b, "id")) &&
				(is(a, "type", node_attr(b, "type")) || is(a, "type", "both") ||
				 is(b, "type", "both")))
				return error_set(
					FROM_NONE, ERR_XML_ERROR,
					"Colliding cache allocations for cache level '%s' id '%s', type '%s'",
					node_attr(a, "level"), node_attr(a, "id"), node_attr(a, "type"));
		}
	}
	return 0;
}

/* Caches by level, type (both, code, data stand in this order) and number. */
static void sort_caches(struct node *group)
{
	node_sort(group, "cache", node_compare_number, "id");
	node_sort(group, "cache", node_compare_text, "type");
	node_sort(group, "cache", node_compare_number, "level");
}

static int bandwidths(struct node *group)
{
	NODE_EACH(n, group, "node")
	{
		if (node_attr_num(n, "bandwidth", 0) > 100)
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "Memory Bandwidth value exceeding 100 is invalid.");
	}
	node_sort(group, "node", node_compare_number, "id");
	NODE_EACH(n, group, "node")
	{
		const struct node *next = node_next(n);

		if (next && is(n, "id", node_attr(next, "id")))
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "Memory Bandwidth already defined for node %s", node_attr(n, "id"));
	}
	return 0;
}

static bool allocating(const struct node *group)
{
	return node_child(group, "cache") || node_child(group, "node");
}

/* To which group a vCPU belongs. Groups have no vCPU in common unless they have all; then the first
 * stands here, and whether any of them allocates. */
struct owners {
	const struct node *group[VALUE_SET_MAX];
	bool allocates[VALUE_SET_MAX];
};

static int check_owner(const struct owners *all, const struct node *group, const struct bits *vcpus)
{
	const struct node *owner = NULL;
	struct bits other;

	for (int i = bits_next(vcpus, 0); i >= 0 && !owner; i = bits_next(vcpus, i + 1))
		owner = all->group[i];
	if (!owner)
		return 0;
	if (bits_parse(node_attr(owner, "vcpus"), &other) < 0 || !bits_equal(vcpus, &other))
		return refuse_xml("Overlapping vcpus in resctrls");
	return strcmp(node_name(group), "cachetune") == 0
			   ? refuse_xml("Identical vcpus in cachetunes found")
			   : 0;
}

static void own(struct owners *all, const struct node *group, const struct bits *vcpus)
{
	all->allocates[bits_next(vcpus, 0)] |= allocating(group);
	for (int i = bits_next(vcpus, 0); i >= 0; i = bits_next(vcpus, i + 1))
		all->group[i] = all->group[i] ? all->group[i] : group;
}

static int resource_group(struct conf *c, struct owners *all, struct node *g)
{
	CLEANUP_FREE char *text = NULL;
	struct bits set;
	bool allocates;

	if (group_vcpus(c, g, &set) < 0)
		return -1;
	if (bits_next(&set, 0) < 0) {
		node_remove(g);
		return 0;
	}
	if (check_owner(all, g, &set) < 0)
		return -1;
	allocates = allocating(g) || all->allocates[bits_next(&set, 0)];
	if (collisions(g) < 0 || bandwidths(g) < 0 || monitors(c, g, &set, allocates) < 0)
		return -1;
	sort_caches(g);
	if (!(text = bits_text(&set)) || node_set(g, "vcpus", text) < 0 ||
		node_setf(g, "id", "vcpus_%s", text) < 0)
		return -1;
	if (g->children)
		own(all, g, &set);
	else
		node_remove(g);
	return 0;
}

int rule_cputune(struct conf *c, struct node *n)
{
	static const char *const names[] = {"cachetune", "memorytune"};
	CLEANUP_FREE struct owners *all = calloc(1, sizeof *all);
	struct node *next;

	if (!all)
		return error_oom();
	for (size_t i = 0; i < 2; i++) {
		for (struct node *g = node_child(n, names[i]); g; g = next) {
			next = node_next(g);
			if (resource_group(c, all, g) < 0)
				return -1;
		}
	}
	return 0;
}
