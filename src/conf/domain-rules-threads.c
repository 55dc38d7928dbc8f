/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of virtual CPUs and I/O threads: how many, which are there, where they are pinned, how they
 * are scheduled.
 */
#include "config.h"

#include <stdlib.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

int rule_vcpu(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *text = n->in ? xml_text(n->in) : NULL;
	bool single = xml_child(xml_child(c->root->in, "vcpus"), "vcpu");
	long long max = node_num(n, 1), now = node_attr_num(n, "current", max);

	if (text && !*text)
		return refuse_xml("maximum vcpus count must be an integer");
	if (now > max && !single)
		return refuse_config("maximum vCPU count must not be less than current vCPU count");
	return now == max ? node_set(n, "current", NULL) : 0;
}

static int list_vcpu(struct node *list, const struct node *given, long long id)
{
	struct node *made = node_add(list, "vcpu");

	if (!made || node_setf(made, "id", "%lld", id) < 0)
		return -1;
	if (!given)
		return node_set(made, "enabled", "no");
	return node_set(made, "enabled", node_attr(given, "enabled")) < 0 ||
				   node_set(made, "hotpluggable", node_attr(given, "hotpluggable")) < 0
			   ? -1
			   : node_set(made, "order", node_attr(given, "order"));
}

/* The list of single processors: every one has its line, in order; the last of an id counts. */
int rule_vcpus(struct conf *c, struct node *n)
{
	struct node *vcpu = node_child(c->root, "vcpu"), *given = n->children;
	long long max = node_num(vcpu, 1), online = 0;
	CLEANUP_FREE const struct node **by_id = NULL;
	size_t count = node_count(n, "vcpu");

	if (!given)
		return 0;
	if (max > VALUE_SET_MAX)
		return refuse_config("more than %d virtual CPUs can't be listed one by one", VALUE_SET_MAX);
	if (!(by_id = calloc((size_t)max + 1, sizeof *by_id)))
		return error_oom();
	for (const struct node *g = given; g; g = g->next) {
		long long id = node_attr_num(g, "id", 0);

		if (id >= max)
			return refuse_xml("vcpu id '%s' is out of range of maximum vcpu count",
							  node_attr(g, "id"));
		by_id[id] = g;
	}
	for (long long i = 0; i < max; i++) {
		if (list_vcpu(n, by_id[i], i) < 0)
			return -1;
	}
	while (count--)
		node_remove(n->children);
	NODE_EACH(v, n, "vcpu")
	online += node_attr_is(v, "enabled", "yes");
	return online == max ? node_set(vcpu, "current", NULL)
						 : node_setf(vcpu, "current", "%lld", online);
}

int domain_set_vcpu_states(struct node *root, unsigned vcpus)
{
	NODE_EACH(v, node_child(root, "vcpus"), "vcpu")
	{
		bool on = node_attr_num(v, "id", 0) < (long long)vcpus;

		if (node_set(v, "enabled", on ? "yes" : "no") < 0 ||
			(!on && node_set(v, "hotpluggable", "yes") < 0))
			return -1;
	}
	return 0;
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
		if (domain_earlier(t, "id"))
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
		if (domain_earlier(p, "iothread"))
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

int rule_schedulers(struct conf *c, struct node *n)
{
	return schedulers(c, n, "vcpusched", "vcpus") < 0
			   ? -1
			   : schedulers(c, n, "iothreadsched", "iothreads");
}
