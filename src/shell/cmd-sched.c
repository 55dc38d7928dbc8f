/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a domain gets processor time, and what it got: schedinfo, cpu-stats.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"
#include "typed.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int get_scheduler(struct shell *sh, const struct rvirt_wire_domain *dom, int n,
						 unsigned flags, bool with_flags, struct rvirt_wire_params_ret *ret)
{
	struct rvirt_wire_dom_nparams_args plain = {*dom, n};
	/* texts are asked for with a flag that older hosts did not know */
	enum { STRING_OKAY = 4 };
	struct rvirt_wire_dom_nparams_flags_args args = {*dom, n, flags | STRING_OKAY};

	/* one of the two can be asked for at a time */
	if (flags == (RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG))
		args.flags = STRING_OKAY;
	if (with_flags ? rvirt_call_domain_get_scheduler_parameters_flags(sh->conn, &args, ret)
				   : rvirt_call_domain_get_scheduler_parameters(sh->conn, &plain, ret))
		return out_fail(sh);
	return 0;
}

/* A text as the value of a parameter of this type. 0 or -1. */
static int read_value(const char *text, const struct rvirt_wire_typed_param *like,
					  struct typed *params)
{
	struct rvirt_wire_typed_param *p = &params->list[params->n++];
	unsigned long long big;
	char *end;

	*p = *like;
	errno = 0;
	switch (p->value.type) {
	case RVIRT_TYPED_PARAM_INT:
		p->value.u.i = (int)strtol(text, &end, 0);
		break;
	case RVIRT_TYPED_PARAM_UINT:
		p->value.u.ui = (unsigned)(big = strtoul(text, &end, 0));
		/* a negative one wraps around, as the C library and virsh have it */
		if (big > UINT_MAX && *text != '-')
			return -1;
		break;
	case RVIRT_TYPED_PARAM_LLONG:
		p->value.u.l = strtoll(text, &end, 0);
		break;
	case RVIRT_TYPED_PARAM_ULLONG:
		p->value.u.ul = strtoull(text, &end, 0);
		break;
	case RVIRT_TYPED_PARAM_DOUBLE:
		p->value.u.d = strtod(text, &end);
		break;
	case RVIRT_TYPED_PARAM_BOOLEAN:
		p->value.u.b = strtol(text, &end, 0) != 0;
		break;
	default:
		return -1;
	}
	return errno || end == text || *end ? -1 : 0;
}

/* Adds NAME=VALUE, NAME being one of those that are there. 0 or -1. */
static int add_setting(struct shell *sh, const char *name, size_t len, const char *value,
					   const struct rvirt_wire_params_ret *now, struct typed *params)
{
	for (uint32_t i = 0; i < now->n_params; i++) {
		const struct rvirt_wire_typed_param *p = &now->params[i];

		if (strlen(p->field) != len || strncmp(p->field, name, len) != 0)
			continue;
		if (params->n == sizeof(params->list) / sizeof(*params->list) ||
			read_value(value, p, params) < 0)
			return out_cause(sh, RVIRT_ERR_INVALID_ARG, RVIRT_FROM_NONE,
							 "invalid argument: Invalid value for field '%s': expected %s",
							 p->field,
							 p->value.type == RVIRT_TYPED_PARAM_UINT ? "unsigned int" : "a number");
		return 1;
	}
	return 0;
}

static int add_settings(struct shell *sh, const struct invocation *in,
						const struct rvirt_wire_params_ret *now, struct typed *params)
{
	static const char *const options[] = {"weight", "cap"};
	const char *text;
	size_t at = 0;

	for (int i = 0; i < 2; i++) {
		int found = 1;

		if (args_get_text(sh, in, options[i], &text) < 0)
			return -1;
		if (text)
			found = add_setting(sh, options[i], strlen(options[i]), text, now, params);
		if (found <= 0)
			return found < 0 ? -1 : out_refuse(sh, "invalid scheduler option: %s", options[i]);
	}
	while ((text = args_rest(in, &at))) {
		const char *equals = strchr(text, '=');
		int found;

		if (!equals)
			return out_refuse(sh, "Invalid syntax for --set, expecting name=value");
		found = add_setting(sh, text, (size_t)(equals - text), equals + 1, now, params);
		if (found < 0)
			return -1;
		if (!found)
			return out_refuse(sh, "invalid scheduler option: %.*s", (int)(equals - text), text);
	}
	return 0;
}

static int schedule(struct shell *sh, const struct invocation *in,
					const struct rvirt_wire_domain *dom, int n, unsigned flags)
{
	bool with_flags = flags || args_given(in, "current");
	struct rvirt_wire_params_ret now = {0};
	struct typed params = {.n = 0};
	int rc;

	if (get_scheduler(sh, dom, n, flags, with_flags, &now) < 0)
		return -1;
	rc = add_settings(sh, in, &now, &params);
	if (rc == 0 && params.n) {
		struct rvirt_wire_dom_params_args plain = {*dom, params.n, params.list};
		struct rvirt_wire_dom_params_flags_args args = {*dom, params.n, params.list, flags};

		if (with_flags ? rvirt_call_domain_set_scheduler_parameters_flags(sh->conn, &args)
					   : rvirt_call_domain_set_scheduler_parameters(sh->conn, &plain))
			rc = out_fail(sh);
		rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_SCHEDULER_PARAMETERS, &now);
		if (rc == 0)
			rc = get_scheduler(sh, dom, n, flags, with_flags, &now);
	} else if (rc == 0 && flags == (RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG)) {
		rc = out_refuse(sh, "cannot query both live and config at once");
	}
	if (rc == 0)
		typed_print(sh, now.params, now.n_params);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_SCHEDULER_PARAMETERS, &now);
	return rc;
}

static int schedinfo_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_args args;
	struct rvirt_wire_type_nparams_ret ret = {0};
	unsigned flags;
	int n;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_args(&dom);
	if (rvirt_call_domain_get_scheduler_type(sh->conn, &args, &ret) < 0) {
		out_text(sh, "%-15s: %s\n", "Scheduler", "Unknown");
		return out_fail(sh);
	}
	out_text(sh, "%-15s: %s\n", "Scheduler", ret.type);
	n = ret.nparams;
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_SCHEDULER_TYPE, &ret);
	return n ? schedule(sh, in, &dom, n, flags) : 0;
}

enum { CPUS_AT_ONCE = 128 }; /* of the protocol */

static int get_stats(struct shell *sh, const struct invocation *in,
					 const struct rvirt_wire_domain_get_cpu_stats_args *args,
					 struct rvirt_wire_domain_get_cpu_stats_ret *ret)
{
	if (rvirt_call_domain_get_cpu_stats(sh->conn, args, ret) == 0)
		return 0;
	return out_fail_at(sh, "Failed to retrieve CPU statistics for domain '%s'",
					   args_text(in, "domain"));
}

/* How many there are of what args ask for; -1 with the error reported. */
static int count_stats(struct shell *sh, const struct invocation *in,
					   const struct rvirt_wire_domain *dom, int cpu, unsigned ncpus)
{
	struct rvirt_wire_domain_get_cpu_stats_args args = {*dom, 0, cpu, ncpus, 0};
	struct rvirt_wire_domain_get_cpu_stats_ret ret = {0};
	int n;

	if (get_stats(sh, in, &args, &ret) < 0)
		return -1;
	n = ret.nparams;
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_CPU_STATS, &ret);
	return n;
}

/* The figures of one CPU, or of all together; times are in nanoseconds. */
static json_t *print_stats(struct shell *sh, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < n; i++) {
		const struct rvirt_wire_typed_param *p = &list[i];
		size_t len = strlen(p->field);
		CLEANUP_FREE char *text = typed_format(p);

		if (p->value.type == RVIRT_TYPED_PARAM_ULLONG && len > 4 &&
			strcmp(p->field + len - 4, "time") == 0)
			out_text(sh, "\t%-12s %9llu.%09llu seconds\n", p->field,
					 (unsigned long long)p->value.u.ul / 1000000000,
					 (unsigned long long)p->value.u.ul % 1000000000);
		else
			out_text(sh, "\t%-12s %s\n", p->field, text);
		json_object_set_new(object, p->field, typed_json(p));
	}
	return object;
}

/* The figures of count CPUs from first on; of n each. */
static int show_cpus(struct shell *sh, const struct invocation *in,
					 const struct rvirt_wire_domain *dom, int first, int count, int n, json_t *all)
{
	while (count > 0) {
		int some = count < CPUS_AT_ONCE ? count : CPUS_AT_ONCE;
		struct rvirt_wire_domain_get_cpu_stats_args args = {*dom, (unsigned)n, first,
															(unsigned)some, 0};
		struct rvirt_wire_domain_get_cpu_stats_ret ret = {0};

		if (get_stats(sh, in, &args, &ret) < 0)
			return -1;
		for (int i = 0; i < some && (uint32_t)((i + 1) * n) <= ret.n_params; i++) {
			json_t *one;

			out_text(sh, "CPU%d:\n", first + i);
			one = print_stats(sh, ret.params + i * n, (uint32_t)n);
			json_object_set_new(one, "cpu", json_integer(first + i));
			json_array_append_new(all, one);
		}
		rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_CPU_STATS, &ret);
		first += some;
		count -= some;
	}
	return 0;
}

/* first: where to start; count: how many, -1 for all. */
static int show_per_cpu(struct shell *sh, const struct invocation *in,
						const struct rvirt_wire_domain *dom, int first, int count, json_t *all)
{
	int cpus = count_stats(sh, in, dom, 0, 0), n;

	if (cpus < 0)
		return -1;
	if (first >= cpus)
		return out_refuse(sh, "Start CPU %d is out of range (min: 0, max: %d)", first, cpus - 1);
	if (count < 0 || count > cpus) {
		if (count > cpus)
			out_text(sh, "Only %d CPUs available to show\n", cpus);
		count = cpus - first;
	}
	if ((n = count_stats(sh, in, dom, 0, 1)) < 0)
		return -1;
	if (n)
		return show_cpus(sh, in, dom, first, count, n, all);
	out_text(sh, "No per-CPU stats available");
	return 0;
}

static int show_total(struct shell *sh, const struct invocation *in,
					  const struct rvirt_wire_domain *dom, json_t *object)
{
	struct rvirt_wire_domain_get_cpu_stats_args args = {*dom, 0, -1, 1, 0};
	struct rvirt_wire_domain_get_cpu_stats_ret ret = {0};
	int n = count_stats(sh, in, dom, -1, 1);

	if (n < 0)
		return -1;
	if (!n) {
		out_text(sh, "No total stats available");
		return 0;
	}
	args.nparams = (unsigned)n;
	if (get_stats(sh, in, &args, &ret) < 0)
		return -1;
	out_text(sh, "Total:\n");
	json_object_set_new(object, "total", print_stats(sh, ret.params, ret.n_params));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_CPU_STATS, &ret);
	return 0;
}

static int cpu_stats_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	bool total = args_given(in, "total"), each;
	int first = 0, count = -1, has_first, has_count, rc = 0;
	json_t *object, *all;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(has_first = args_get_int(sh, in, "start", &first)) < 0)
		return -1;
	if (first < 0)
		return out_refuse(sh, "Invalid value for start CPU");
	if ((has_count = args_get_int(sh, in, "count", &count)) < 0)
		return -1;
	if (has_count && count < 0)
		return out_refuse(sh, "Invalid value for number of CPUs to show");
	each = has_first || has_count;
	object = json_object();
	json_object_set_new(object, "cpus", all = json_array());
	if (each || !total)
		rc = show_per_cpu(sh, in, &dom, first, count, all);
	if (rc == 0 && (total || !each))
		rc = show_total(sh, in, &dom, object);
	if (rc == 0)
		out_value(sh, object);
	else
		json_decref(object);
	return rc;
}

static const struct arg schedinfo_args[] = {
	ARG_DOMAIN_ANY(0),
	{"weight", ARG_INT, "the parameter weight", ARG_NAMED},
	{"cap", ARG_INT, "the parameter cap", ARG_NAMED},
	{"current", ARG_BOOL, "now or from the next boot on, by its state"},
	{"config", ARG_BOOL, "from the next boot on"},
	{"live", ARG_BOOL, "now, on the running guest"},
	{"set", ARG_REST, "NAME=VALUE of a parameter"},
	{NULL},
};
static const struct arg cpu_stats_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"total", ARG_BOOL, "of all CPUs together"},
	{"start", ARG_INT, "from this CPU on"},
	{"count", ARG_INT, "of so many CPUs"},
	{NULL},
};

const struct cmd *cmd_sched_rows(void)
{
	static const struct cmd rows[] = {
		{"schedinfo", "domain", "show or set a domain's scheduling",
		 "Shows how a domain is scheduled against others, or sets it.", schedinfo_args, CMD_WRITES,
		 schedinfo_run},
		{"cpu-stats", "domain", "what each CPU of the host did for a domain",
		 "Shows the time that a running guest took on each CPU of the host, and in all.",
		 cpu_stats_args, 0, cpu_stats_run},
		{NULL},
	};

	return rows;
}
