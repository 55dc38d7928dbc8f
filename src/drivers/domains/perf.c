/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the host's performance counters a domain is watched with: <perf> of its definition.
 */
#include "config.h"
#include "drivers/domains/limits.h"

#include <string.h>

static const char *const events[] = {
	"cmt",
	"mbmt",
	"mbml",
	"cpu_cycles",
	"instructions",
	"cache_references",
	"cache_misses",
	"branch_instructions",
	"branch_misses",
	"bus_cycles",
	"stalled_cycles_frontend",
	"stalled_cycles_backend",
	"ref_cpu_cycles",
	"cpu_clock",
	"task_clock",
	"page_faults",
	"context_switches",
	"cpu_migrations",
	"page_faults_min",
	"page_faults_maj",
	"alignment_faults",
	"emulation_faults",
	NULL,
};
enum { N_EVENTS = sizeof events / sizeof events[0] - 1 };

const char *const *domain_perf_names(void)
{
	return events;
}

static struct node *find_event(const struct domain_def *def, const char *name)
{
	NODE_EACH(event, node_child(def->root, "perf"), "event")
	{
		if (node_attr_is(event, "name", name))
			return event;
	}
	return NULL;
}

bool domain_perf_enabled(const struct domain_def *def, const char *name)
{
	return node_attr_is(find_event(def, name), "enabled", "yes");
}

void domain_put_perf(struct params *params, const struct domain_def *def)
{
	for (int i = 0; i < N_EVENTS; i++)
		params_bool(params, events[i], domain_perf_enabled(def, events[i]));
}

int domain_check_perf(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	struct param_rule rules[N_EVENTS + 1] = {0};

	for (int i = 0; i < N_EVENTS; i++)
		rules[i] = (struct param_rule){events[i], RVIRT_TYPED_PARAM_BOOLEAN};
	return params_check(list, n, rules);
}

/* The event's element, in the order of the list above; NULL with NO_MEMORY. */
static struct node *need_event(struct domain_def *def, const char *name)
{
	struct node *perf = node_need(def->root, "perf"), *event = find_event(def, name);
	struct node *before = NULL;

	if (event || !perf)
		return event;
	for (int i = N_EVENTS - 1; strcmp(events[i], name) != 0; i--)
		if (find_event(def, events[i]))
			before = find_event(def, events[i]);
	if (!(event = node_add(perf, "event")) || node_set(event, "name", name) < 0)
		return NULL;
	if (before) {
		node_unlink(event);
		node_insert(perf, event, before);
	}
	return event;
}

int domain_set_perf(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct node *event = need_event(def, list[i].field);

		if (!event || node_set(event, "enabled", list[i].value.u.b ? "yes" : "no") < 0)
			return -1;
	}
	return 0;
}
