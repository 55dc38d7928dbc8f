/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of processors and memory that refer to one another: pinning, schedulers, cache allocation,
 * guest cells and their distances, and the tables of the firmware.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

static bool is(const struct node *n, const char *name, const char *value)
{
	return node_attr_is(n, name, value);
}

/* The first child of that name, before n, with the same value. */
static const struct node *earlier(const struct node *n, const char *attr)
{
	for (const struct node *o = node_child(n->parent, node_name(n)); o != n; o = node_next(o)) {
		if (is(o, attr, node_attr(n, attr)))
			return o;
	}
	return NULL;
}

static struct node *find_iothread(struct conf *c, long long id)
{
	NODE_EACH(t, node_child(c->root, "iothreadids"), "iothread")
	{
		if (node_attr_num(t, "id", 0) == id)
			return t;
	}
	return NULL;
}

/* The list of I/O threads has as many as their number says; it is written if it says more than
 * that. */
int rule_iothreads(struct conf *c, struct node *n)
{
	struct node *count = node_child(c->root, "iothreads");
	struct node *list = node_child(c->root, "iothreadids");
	long long wanted = node_num(count, 0), have = (long long)node_count(list, "iothread"), id = 1;
	struct bits used = {{0}};
	bool given = have;

	(void)n;
	NODE_EACH(t, list, "iothread")
	{
		if (earlier(t, "id"))
			return refuse_xml("duplicate iothread id '%s' found", node_attr(t, "id"));
		if (node_attr_num(t, "id", 0) < VALUE_SET_MAX)
			bits_put(&used, (int)node_attr_num(t, "id", 0), true);
	}
	wanted = have > wanted ? have : wanted;
	if (!wanted)
		return 0;
	if (wanted > FORMAT_LIST_MAX)
		return refuse_config("more than %d iothreads", FORMAT_LIST_MAX);
	if (!count && !(count = node_add(c->root, "iothreads")))
		return -1;
	if (node_set_textf(count, "%lld", wanted) < 0)
		return -1;
	if (!list && !(list = node_add(c->root, "iothreadids")))
		return -1;
	for (; have < wanted; id++) {
		struct node *t = bits_has(&used, (int)id) ? NULL : node_add(list, "iothread");

		if (!t && !bits_has(&used, (int)id))
			return -1;
		if (t && node_setf(t, "id", "%lld", id) < 0)
			return -1;
		have += !!t;
	}
	if (!given)
		list->show |= SHOW_NEVER;
	return 0;
}

/* Sorts by the order of the list of I/O threads. */
static void sort_as_threads(struct conf *c, struct node *n, const char *name, const char *attr)
{
	NODE_EACH(t, node_child(c->root, "iothreadids"), "iothread")
	{
		NODE_EACH(p, n, name)
		{
			if (node_attr_is(p, attr, node_attr(t, "id"))) {
				node_unlink(p);
				node_insert(n, p, NULL);
				break;
			}
		}
	}
}

/* Pins of missing vCPUs count for nothing; the others' sets are read. */
int rule_vcpupin(struct conf *c, struct node *n)
{
	if (node_attr_num(n, "vcpu", 0) >= node_num(node_child(c->root, "vcpu"), 1))
		return node_set(n, "vcpu", NULL);
	return 0;
}

int rule_iothreadpin(struct conf *c, struct node *n)
{
	if (!find_iothread(c, node_attr_num(n, "iothread", 0)))
		return refuse_config("Cannot find 'iothread' : %s", node_attr(n, "iothread"));
	return 0;
}

int rule_pins(struct conf *c, struct node *n)
{
	struct node *next;

	for (struct node *p = node_child(n, "vcpupin"); p; p = next) {
		next = node_next(p);
		if (!node_attr(p, "vcpu"))
			node_remove(p);
	}
	node_sort(n, "vcpupin", node_compare_number, "vcpu");
	for (struct node *p = node_child(n, "vcpupin"); p; p = next) {
		next = node_next(p);
		if (next && is(p, "vcpu", node_attr(next, "vcpu")))
			return refuse_internal("duplicate vcpupin for vcpu '%s'", node_attr(p, "vcpu"));
	}
	NODE_EACH(p, n, "iothreadpin")
	{
		if (earlier(p, "iothread"))
			return refuse_internal("duplicate iothreadpin for same iothread '%s'",
								   node_attr(p, "iothread"));
	}
	sort_as_threads(c, n, "iothreadpin", "iothread");
	return 0;
}

/* Every scheduler element becomes one for each thread that it names. */
static int schedulers(struct conf *c, struct node *n, const char *name, const char *attr)
{
	long long max = node_num(node_child(c->root, "vcpu"), 1);
	struct bits seen = {{0}}, set;
	size_t count = node_count(n, name);

	for (struct node *s = node_child(n, name), *next, *last; count--; s = next) {
		next = node_next(s);
		last = s;
		bits_parse(node_attr(s, attr), &set);
		for (int i = bits_next(&set, 0); i >= 0; i = bits_next(&set, i + 1)) {
			struct node *one;

			if (*attr == 'v' && i >= max)
				return refuse_config("vCPU '%d' is not present in domain definition", i);
			if (*attr == 'i' && !find_iothread(c, i))
				return refuse_config("Cannot find 'iothread' : %d", i);
			if (bits_has(&seen, i))
				return refuse_detail("'%s' attributes '%s' must not overlap", name, attr);
			bits_put(&seen, i, true);
			if (!(one = node_copy(s)))
				return -1;
			node_insert_after(last, one);
			last = one;
			if (node_setf(one, attr, "%d", i) < 0)
				return -1;
		}
		node_remove(s);
	}
	if (*attr == 'v')
		node_sort(n, name, node_compare_number, attr);
	else
		sort_as_threads(c, n, name, attr);
	return 0;
}

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

int rule_schedulers(struct conf *c, struct node *n)
{
	return schedulers(c, n, "vcpusched", "vcpus") < 0
			   ? -1
			   : schedulers(c, n, "iothreadsched", "iothreads");
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

int rule_cpu_migratable(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(n, "migratable") && !is(n, "mode", "host-passthrough") &&
		!is(n, "mode", "maximum"))
		return error_set(
			FROM_CPU, ERR_CONFIG_UNSUPPORTED,
			"Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU "
			"mode");
	return 0;
}

int rule_cpu_model(struct conf *c, struct node *n)
{
	const struct node *model = node_child(n, "model"), *vendor = node_child(n, "vendor");
	const char *vendor_id = node_attr(model, "vendor_id");

	(void)c;
	if (vendor_id && strlen(vendor_id) != 12)
		return error_set(FROM_CPU, ERR_XML_ERROR, "vendor_id must be exactly %d characters long",
						 12);
	if (vendor_id && strchr(vendor_id, ','))
		return error_set(FROM_CPU, ERR_XML_ERROR, "vendor id is invalid");
	if (vendor && vendor->text && !(model && model->text))
		return error_set(FROM_CPU, ERR_XML_ERROR, "CPU vendor specified without CPU model");
	return 0;
}

int rule_cpu_features(struct conf *c, struct node *n)
{
	const struct node *model = node_child(n, "model");

	(void)c;
	if (node_child(n, "feature") && is(n, "mode", "custom") && !(model && model->text))
		return error_set(FROM_CPU, ERR_XML_ERROR,
						 "Non-empty feature list specified without CPU model");
	NODE_EACH(f, n, "feature")
	{
		if (!*node_attr(f, "name"))
			return error_set(FROM_CPU, ERR_XML_ERROR, "Invalid CPU feature name");
		if (earlier(f, "name"))
			return error_set(FROM_CPU, ERR_XML_ERROR, "CPU feature '%s' specified more than once",
							 node_attr(f, "name"));
	}
	return 0;
}

int rule_cpu_cache(struct conf *c, struct node *n)
{
	long long level = node_attr_num(n, "level", 1);

	(void)c;
	return level < 1 || level > 3 ? error_set(FROM_CPU, ERR_XML_ERROR,
											  "invalid CPU cache level, must be in range [1,3]")
								  : 0;
}

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
		if (earlier(cell, "id"))
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
		if (earlier(a, "level"))
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
		if (earlier(m, "cellid"))
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

int rule_usb_controllers(struct conf *c, struct node *n)
{
	bool none = false, other = false, master = false;

	(void)c;
	NODE_EACH(usb, n, "controller")
	{
		if (!is(usb, "type", "usb"))
			continue;
		if (is(usb, "model", "none") ? other || none : none)
			return refuse_detail(
				"Can't add another USB controller: USB is disabled for this domain");
		none = none || is(usb, "model", "none");
		other = other || !is(usb, "model", "none");
		master = master || !node_child(usb, "master");
	}
	if (other && !master)
		return refuse_detail("No master USB controller specified");
	return 0;
}

int rule_devices(struct conf *c, struct node *n)
{
	bool none = false;

	NODE_EACH(usb, n, "controller")
	none = none || (is(usb, "type", "usb") && is(usb, "model", "none"));
	if (node_count(n, "tpm") > 2)
		return refuse_xml(
			"a maximum of two TPM devices is supported, one of them being a TPM Proxy "
			"device");
	NODE_EACH(input, n, "input")
	{
		if (none && is(input, "bus", "usb"))
			return refuse_config("Can't add USB input device. USB bus is disabled");
	}
	NODE_EACH(dev, n, "hostdev")
	{
		if (none && is(dev, "type", "usb"))
			return refuse_config("Can't add host USB device: USB is disabled in this host");
	}
	if (none && node_child(n, "hub"))
		return refuse_config("Can't add USB hub: USB is disabled for this domain");
	NODE_EACH(v, n, "video")
	{
		if (is(node_child(v, "model"), "primary", "yes") && node_child(n, "video") != v) {
			struct node *first = node_child(n, "video");

			node_unlink(v);
			node_insert(n, v, first);
			break;
		}
	}
	(void)c;
	return 0;
}

/* The entries that a table knows, in its order; others are dropped. */
static int keep_entries(struct node *table, const char *const *names)
{
	for (; *names; names++) {
		struct node *found = NULL;

		NODE_EACH(e, table, "entry")
		found = found ? found : is(e, "name", *names) && e->text ? e : NULL;
		if (found) {
			node_unlink(found);
			node_set(found, "name", *names);
			node_insert(table, found, NULL);
			found->show |= 1u << 31;
		}
	}
	for (struct node *e = node_child(table, "entry"), *next; e; e = next) {
		next = node_next(e);
		if (e->show & 1u << 31)
			e->show &= ~(1u << 31);
		else
			node_remove(e);
	}
	if (!table->children)
		table->show |= SHOW_NEVER;
	return 0;
}

static int bios_date(const struct node *bios)
{
	int month, day, year;
	char rest;

	NODE_EACH(e, bios, "entry")
	{
		if (!is(e, "name", "date"))
			continue;
		if (sscanf(e->text, "%d/%d/%d%c", &month, &day, &year, &rest) != 3 || month < 1 ||
			month > 12 || day < 1 || day > 31 || year < 0 || (year >= 100 && year < 1900))
			return refuse_detail("Invalid BIOS 'date' format");
	}
	return 0;
}

static int system_uuid(struct conf *c, struct node *system)
{
	struct domain_reading *r = c->data;
	struct node *own = node_child(c->root, "uuid");
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	NODE_EACH(e, system, "entry")
	{
		if (!is(e, "name", "uuid"))
			continue;
		if (uuid_parse(e->text, bytes) < 0)
			return refuse_detail("malformed <sysinfo> uuid element");
		uuid_format(bytes, text);
		if (node_set_text(e, text) < 0)
			return -1;
		if (r->uuid_generated)
			return node_set_text(own, text);
		if (!node_text_is(own, text))
			return refuse_detail("UUID mismatch between <uuid> and <sysinfo>");
	}
	return 0;
}

int rule_sysinfo(struct conf *c, struct node *n)
{
	static const char *const bios[] = {"vendor", "version", "date", "release", NULL};
	static const char *const system[] = {"manufacturer", "product", "version", "serial",
										 "uuid",         "sku",     "family",  NULL};
	static const char *const board[] = {"manufacturer", "product",  "version", "serial",
										"asset",        "location", NULL};
	static const char *const chassis[] = {"manufacturer", "version", "serial",
										  "asset",        "sku",     NULL};
	struct node *next;

	if (node_child(n, "bios"))
		keep_entries(node_child(n, "bios"), bios);
	if (node_child(n, "system"))
		keep_entries(node_child(n, "system"), system);
	for (struct node *b = node_child(n, "baseBoard"); b; b = next) {
		next = node_next(b);
		keep_entries(b, board);
	}
	if (node_child(n, "chassis"))
		keep_entries(node_child(n, "chassis"), chassis);
	NODE_EACH(e, node_child(n, "oemStrings"), "entry")
	{
		if (!e->text && node_set_text(e, "") < 0)
			return -1;
	}
	NODE_EACH(e, n, "entry")
	{
		if (!e->text && !node_attr(e, "file"))
			return refuse_xml("Firmware entry must have either value or 'file' attribute");
		if (node_attr(e, "file"))
			node_set_text(e, NULL);
	}
	return bios_date(node_child(n, "bios")) < 0 ? -1 : system_uuid(c, node_child(n, "system"));
}
