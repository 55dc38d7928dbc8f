/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of the guest's cells: their CPUs, caches, distances, and where their memory comes from.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

int rule_distances(struct conf *c, struct node *n)
{
	(void)c;
	return node_child(n, "sibling") ? 0 : refuse_xml("NUMA distances defined without siblings");
}

int rule_numa_cache(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *associativity = xml_attr(n->in, "associativity");
	CLEANUP_FREE char *policy = xml_attr(n->in, "policy");
	const char *level = node_attr(n, "level");
	struct node *size = node_child(n, "size"), *line = node_child(n, "line");
	long long cell = node_attr_num(n->parent, "id", 0);
	unsigned v;

	(void)c;
	if (!level)
		return refuse_xml("Missing 'level' attribute in cache element for NUMA node %lld", cell);
	if (value_parse_uint(level, 10, &v) < 0 || !v)
		return refuse_xml("Invalid 'level' attribute in cache element for NUMA node %lld", cell);
	if (!associativity)
		return refuse_xml("Missing 'associativity' attribute in cache element for NUMA node %lld",
						  cell);
	if (!policy)
		return refuse_xml("Missing 'policy' attribute in cache element for NUMA node %lld", cell);
	if (!size || !node_attr(size, "value"))
		return refuse_xml("missing element or attribute './size/@value'");
	if (!line || !node_attr(line, "value"))
		return refuse_xml("missing element or attribute './line/@value'");
	if (is(line, "value", "0"))
		node_remove(line);
	else if (node_set(line, "unit", "B") < 0)
		return -1;
	return node_setf(n, "level", "%u", v);
}

static int check_distances(struct node *numa)
{
	long long count = (long long)node_count(numa, "cell");

	NODE_EACH(cell, numa, "cell")
	{
		long long own = node_attr_num(cell, "id", 0);

		NODE_EACH(s, node_child(cell, "distances"), "sibling")
		{
			long long id = node_attr_num(s, "id", 0), value = node_attr_num(s, "value", 0);

			if (id >= count)
				return refuse_xml(
					"'sibling_id %lld' does not refer to a valid cell within NUMA 'cell id "
					"%lld'",
					id, own);
			if (value < 10 || value > 255 || (id == own) != (value == 10))
				return refuse_xml(
					"'value %lld' is invalid for 'sibling id %lld' under NUMA 'cell id "
					"%lld'",
					value, id, own);
		}
	}
	return 0;
}

/* A distance that one side gives holds for the other side as well, unless that one says otherwise:
 * in the order of the document. */
static int complete_distances(struct node *numa, size_t count)
{
	CLEANUP_FREE unsigned *d = calloc(count * count + 1, sizeof *d);
	CLEANUP_FREE bool *has = calloc(count + 1, sizeof *has);
	size_t i = 0;

	if (!d || !has)
		return error_oom();
	NODE_EACH(cell, numa, "cell")
	{
		i = (size_t)node_attr_num(cell, "id", 0);
		NODE_EACH(s, node_child(cell, "distances"), "sibling")
		{
			size_t id = (size_t)node_attr_num(s, "id", 0);
			unsigned value = (unsigned)node_attr_num(s, "value", 0);

			if (!has[i])
				d[i * count + i] = 10;
			has[i] = true;
			d[i * count + id] = value;
			if (!has[id])
				d[id * count + id] = 10;
			has[id] = true;
			if (!d[id * count + i])
				d[id * count + i] = value;
		}
	}
	NODE_EACH(cell, numa, "cell")
	{
		struct node *distances, *s;

		i = (size_t)node_attr_num(cell, "id", 0);
		node_remove_all(cell, "distances");
		if (!has[i])
			continue;
		if (!(distances = node_add(cell, "distances")))
			return -1;
		for (size_t j = 0; j < count; j++) {
			if (!d[i * count + j])
				continue;
			s = node_add(distances, "sibling");
			if (!s || node_setf(s, "id", "%zu", j) < 0 ||
				node_setf(s, "value", "%u", d[i * count + j]) < 0)
				return -1;
		}
	}
	return 0;
}

static int cell_cpus(struct node *numa, struct node *cell, struct bits *taken)
{
	CLEANUP_FREE char *text = NULL;
	struct bits set, other;

	if (!node_attr(cell, "cpus"))
		return 0;
	if (bits_parse(node_attr(cell, "cpus"), &set) < 0)
		return error_set(FROM_NONE, ERR_INVALID_ARG, "Failed to parse bitmap '%s'",
						 node_attr(cell, "cpus"));
	if (bits_next(&set, 0) < 0)
		return node_set(cell, "cpus", NULL);
	if (bits_overlap(&set, taken)) {
		struct node *o = node_child(numa, "cell");

		while (!node_attr(o, "cpus") || bits_parse(node_attr(o, "cpus"), &other) < 0 ||
			   !bits_overlap(&set, &other))
			o = node_next(o);
		return refuse_config("NUMA cells %s and %s have overlapping vCPU ids",
							 node_attr(cell, "id"), node_attr(o, "id"));
	}
	bits_add(taken, &set);
	return !(text = bits_text(&set)) ? -1 : node_set(cell, "cpus", text);
}

/* vCPUs that the cells name must exist. */
int rule_cells(struct conf *c, struct node *n)
{
	long long max = node_num(node_child(c->root, "vcpu"), 1), count = 0;
	int highest = 0;
	struct bits set;

	NODE_EACH(cell, node_child(n, "cpu/numa"), "cell")
	{
		if (!node_attr(cell, "cpus") || bits_parse(node_attr(cell, "cpus"), &set) < 0)
			continue;
		for (int i = bits_next(&set, 0); i >= 0; i = bits_next(&set, i + 1)) {
			count++;
			highest = i > highest ? i : highest;
		}
	}
	if (count > max)
		return refuse_internal("Number of CPUs in <numa> exceeds the <vcpu> count");
	if (highest >= max)
		return refuse_internal("CPU IDs in <numa> exceed the <vcpu> count");
	return 0;
}

int rule_numa(struct conf *c, struct node *n)
{
	size_t count = node_count(n, "cell"), i = 0;
	struct bits taken = {{0}};

	(void)c;
	if (count > 1024)
		return refuse_config("more than %d NUMA cells", 1024);
	NODE_EACH(cell, n, "cell")
	{
		if (!node_attr(cell, "id") && node_setf(cell, "id", "%zu", i) < 0)
			return -1;
		if (node_attr_num(cell, "id", 0) >= (long long)count)
			return refuse_xml(
				"Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous "
				"ranges or ranges not starting from 0 are not allowed");
		if (domain_earlier(cell, "id"))
			return refuse_xml("Duplicate NUMA cell info for cell id '%s'", node_attr(cell, "id"));
		if (cell_cpus(n, cell, &taken) < 0)
			return -1;
		i++;
	}
	if (check_distances(n) < 0 || complete_distances(n, count) < 0)
		return -1;
	node_sort(n, "cell", node_compare_number, "id");
	return 0;
}

static int check_cell_caches(const struct node *cell)
{
	NODE_EACH(a, cell, "cache")
	{
		if (node_attr_num(a, "level", 0) > 3)
			return refuse_xml("Ain't nobody heard of that much cache level");
		if (domain_earlier(a, "level"))
			return refuse_xml("Cache level '%s' already defined", node_attr(a, "level"));
	}
	return 0;
}

static const struct node *find_cell(const struct node *numa, const char *id)
{
	NODE_EACH(cell, numa, "cell")
	{
		if (is(cell, "id", id))
			return cell;
	}
	return NULL;
}

static int check_link(const struct node *numa, const struct node *l)
{
	static const char *const all[] = {"initiator", "target", "cache"};
	const char *from = node_attr(l, "initiator"), *to = node_attr(l, "target");
	const struct node *initiator = find_cell(numa, from), *target = find_cell(numa, to);
	bool cached = !node_attr(l, "cache");

	if (!initiator)
		return refuse_xml("'initiator' refers to a non-existent NUMA node");
	if (!target)
		return refuse_xml("'target' refers to a non-existent NUMA node");
	if (!node_attr(initiator, "cpus"))
		return refuse_xml("NUMA nodes without CPUs can't be initiator");
	NODE_EACH(cache, target, "cache")
	cached = cached || is(cache, "level", node_attr(l, "cache"));
	if (!cached)
		return refuse_xml("'cache' refers to a non-existent NUMA node cache");
	for (const struct node *o = l->parent->children; o != l; o = o->next) {
		size_t same = 0;

		while (same < 3 && node_attr_num(o, all[same], 0) == node_attr_num(l, all[same], 0))
			same++;
		if (same == 3 && is(o, "type", node_attr(l, "type")) &&
			strcmp(node_name(o), node_name(l)) == 0)
			return refuse_xml("Duplicate info for NUMA latencies");
		if (strcmp(from, to) != 0 && is(o, "target", from) && is(o, "initiator", to))
			return refuse_xml("Link already defined");
	}
	return 0;
}

int domain_check_cells(struct conf *c)
{
	const struct node *numa = node_child(c->root, "cpu/numa");
	const struct node *links = node_child(numa, "interconnects");

	NODE_EACH(cell, numa, "cell")
	{
		if (check_cell_caches(cell) < 0)
			return -1;
	}
	for (const struct node *l = links ? links->children : NULL; l; l = l->next) {
		if (check_link(numa, l) < 0)
			return -1;
	}
	return 0;
}

/* Where the guest's memory comes from. It is read after the guest's cells, which stand behind it.
 */
static int place_memory(struct conf *c, struct node *numatune)
{
	struct node *memory = node_child(numatune, "memory"), *vcpu = node_child(c->root, "vcpu");
	bool fixed = is(vcpu, "placement", "static"), set = node_attr(memory, "nodeset");
	const char *placement = node_attr(memory, "placement");

	if (!memory && fixed)
		return 0;
	if (memory && !memory->nattrs && fixed) {
		node_remove(memory);
		return 0;
	}
	if (!memory && !(memory = node_add(numatune, "memory")))
		return -1;
	if (!node_attr(memory, "mode") && node_set(memory, "mode", "strict") < 0)
		return -1;
	if (node_count(numatune, "memory") == 1 && !placement && !set && !memory->in)
		placement = "auto";
	if (!placement && set)
		placement = "static";
	if (!placement || strcmp(placement, "default") == 0)
		placement = set || fixed ? "static" : "auto";
	if (strcmp(placement, "static") == 0 && !set)
		return refuse_config(
			"nodeset for NUMA memory tuning must be set if 'placement' is 'static'");
	if (strcmp(placement, "static") == 0)
		return node_set(memory, "placement", NULL);
	node_set(memory, "nodeset", NULL);
	return node_set(memory, "placement", "auto");
}

int rule_numatune_memory(struct conf *c, struct node *numatune)
{
	if (place_memory(c, numatune) < 0)
		return -1;
	if (!xml_child(numatune->in, "memnode"))
		return 0;
	if (is(node_child(numatune, "memory"), "placement", "auto"))
		return refuse_config("Per-node binding is not compatible with automatic NUMA placement.");
	if (!node_child(c->root, "cpu/numa/cell"))
		return refuse_xml("Element 'memnode' is invalid without any guest NUMA cells");
	return 0;
}

int rule_numatune(struct conf *c, struct node *numatune)
{
	const struct node *memory = node_child(numatune, "memory");
	long long cells = (long long)node_count(node_child(c->root, "cpu/numa"), "cell");

	NODE_EACH(m, numatune, "memnode")
	{
		if (node_attr_num(m, "cellid", 0) >= cells)
			return refuse_xml(
				"Argument 'cellid' in memnode element must correspond to existing guest's "
				"NUMA cell");
		if (domain_earlier(m, "cellid"))
			return refuse_xml("Multiple memnode elements with cellid %s", node_attr(m, "cellid"));
		if (is(memory, "mode", "restrictive") && !is(m, "mode", "restrictive"))
			return refuse_xml("'restrictive' mode is required in memnode element when mode is "
							  "'restrictive' in memory element");
	}
	node_sort(numatune, "memnode", node_compare_number, "cellid");
	return 0;
}

/* Pinning by hand keeps the placement by hand. */
static bool is_pinned(struct conf *c)
{
	const struct node *tune = node_child(c->root, "cputune");

	return node_attr(node_child(c->root, "vcpu"), "cpuset") || node_child(tune, "vcpupin") ||
		   node_child(tune, "emulatorpin") || node_child(tune, "iothreadpin");
}

int domain_finish_tuning(struct conf *c)
{
	struct node *numatune = node_child(c->root, "numatune"), *vcpu = node_child(c->root, "vcpu");

	if (!node_child(c->root, "cputune") && rule_iothreads(c, c->root) < 0)
		return -1;
	if (!numatune && is(vcpu, "placement", "auto") &&
		(!(numatune = node_add(c->root, "numatune")) || place_memory(c, numatune) < 0))
		return -1;
	if (is(node_child(numatune, "memory"), "placement", "auto") && !is_pinned(c))
		return node_set(vcpu, "placement", "auto");
	return 0;
}
