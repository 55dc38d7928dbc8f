/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the host's performance counters a domain is watched with: <perf> of its definition.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

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
};
enum { N_EVENTS = sizeof events / sizeof events[0] };

static struct node *find_event(const struct domain_def *def, const char *name)
{
	NODE_EACH(event, node_child(def->root, "perf"), "event")
	{
		if (node_attr_is(event, "name", name))
			return event;
	}
	return NULL;
}

int test_domain_get_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_params64_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct params params = {0};

	if (args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, "testDomainGetPerfEvents") < 0 ||
		!(d = test_find(node, &args->dom)) ||
		args_exclusive(args->flags, "virDomainGetPerfEvents") < 0 ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	for (int i = 0; i < N_EVENTS; i++)
		params_bool(&params, events[i], node_attr_is(find_event(def, events[i]), "enabled", "yes"));
	return params_give(&params, &ret->n_params, &ret->params);
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

static int set_events(struct domain_def *def, const struct rvirt_wire_typed_param *params,
					  uint32_t n)
{
	for (uint32_t i = 0; def && i < n; i++) {
		struct node *event = need_event(def, params[i].field);

		if (!event || node_set(event, "enabled", params[i].value.u.b ? "yes" : "no") < 0)
			return -1;
	}
	return 0;
}

int test_domain_set_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_params64_flags_args *args)
{
	struct param_rule rules[N_EVENTS + 1] = {0};
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *live, *config;

	for (int i = 0; i < N_EVENTS; i++)
		rules[i] = (struct param_rule){events[i], RVIRT_TYPED_PARAM_BOOLEAN};
	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetPerfEvents") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetPerfEvents") < 0 ||
		params_check(args->params, args->n_params, rules) < 0 ||
		!(d = test_find(node, &args->dom)) ||
		args_exclusive(args->flags, "virDomainSetPerfEvents") < 0 ||
		domain_defs(d, args->flags, &live, &config) < 0 ||
		set_events(live, args->params, args->n_params) < 0)
		return -1;
	return set_events(config, args->params, args->n_params);
}
