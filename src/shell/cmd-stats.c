/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Statistics: domstats of many domains in one call, nodecpustats and nodememstats of the host.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_param(struct shell *sh, const struct rvirt_wire_typed_param *p, json_t *object)
{
	CLEANUP_FREE char *text = typed_format(p);

	out_text(sh, "  %s=%s\n", p->field, text);
	json_object_set_new(object, p->field, typed_json(p));
}

static void print_records(struct shell *sh, const struct rvirt_wire_ret_stats_ret *ret)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < ret->n_ret_stats; i++) {
		const struct rvirt_wire_domain_stats_record *record = &ret->ret_stats[i];
		json_t *one = domain_json(&record->dom), *stats = json_object();

		out_text(sh, "%sDomain: '%s'\n", i > 0 ? "\n" : "", record->dom.name);
		for (uint32_t j = 0; j < record->n_params; j++)
			print_param(sh, &record->params[j], stats);
		json_object_set_new(one, "stats", stats);
		json_array_append_new(all, one);
	}
	out_value(sh, json_pack("{s:o}", "domains", all));
}

static int domstats_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit kinds[] = {
		{"state", RVIRT_DOMAIN_STATS_STATE},
		{"cpu-total", RVIRT_DOMAIN_STATS_CPU_TOTAL},
		{"balloon", RVIRT_DOMAIN_STATS_BALLOON},
		{"vcpu", RVIRT_DOMAIN_STATS_VCPU},
		{"interface", RVIRT_DOMAIN_STATS_INTERFACE},
		{"block", RVIRT_DOMAIN_STATS_BLOCK},
		{"perf", RVIRT_DOMAIN_STATS_PERF},
		{"iothread", RVIRT_DOMAIN_STATS_IOTHREAD},
		{"memory", RVIRT_DOMAIN_STATS_MEMORY},
		{"dirtyrate", RVIRT_DOMAIN_STATS_DIRTYRATE},
		{"vm", RVIRT_DOMAIN_STATS_VM},
		{NULL, 0},
	};
	static const struct args_bit filters[] = {
		{"list-active", RVIRT_CONNECT_LIST_DOMAINS_ACTIVE},
		{"list-inactive", RVIRT_CONNECT_LIST_DOMAINS_INACTIVE},
		{"list-persistent", RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT},
		{"list-transient", RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT},
		{"list-running", RVIRT_CONNECT_LIST_DOMAINS_RUNNING},
		{"list-paused", RVIRT_CONNECT_LIST_DOMAINS_PAUSED},
		{"list-shutoff", RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF},
		{"list-other", RVIRT_CONNECT_LIST_DOMAINS_OTHER},
		{"enforce", RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS},
		{"backing", RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_BACKING},
		{"nowait", RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT},
		{NULL, 0},
	};
	CLEANUP_FREE struct rvirt_wire_domain *domains = NULL;
	CLEANUP_FREE const char **names = NULL;
	struct rvirt_wire_doms_stats_flags_args args = {.stats = args_bits(in, kinds),
													.flags = args_bits(in, filters)};
	struct rvirt_wire_ret_stats_ret ret = {0};
	const char *name;
	size_t at = 0, n = 0;
	int result;

	names = shell_alloc(in->n_values * sizeof(*names));
	while ((name = args_rest(in, &at)))
		names[n++] = name;
	if (n && domain_find_all(sh, names, n, BY_ANY, &domains) < 0)
		return -1;
	args.n_doms = (uint32_t)n;
	args.doms = domains;
	result = rvirt_call_connect_get_all_domain_stats(sh->conn, &args, &ret);
	if (result < 0)
		out_fail(sh);
	else
		print_records(sh, &ret);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_ALL_DOMAIN_STATS, &ret);
	for (size_t i = 0; i < n; i++)
		domain_clear(&domains[i]);
	return result;
}

/* -- of the host -- */

enum cpu_stat { CPU_USER, CPU_SYSTEM, CPU_IDLE, CPU_IOWAIT, CPU_INTR, CPU_USAGE, N_CPU_STATS };

static const struct {
	const char *field, *label, *key;
} cpu_stats[N_CPU_STATS] = {
	{"user", "user:", "user"}, {"kernel", "system:", "system"},
	{"idle", "idle:", "idle"}, {"iowait", "iowait:", "iowait"},
	{"intr", "intr:", "intr"}, {"utilization", "usage:", "usage"},
};

struct cpu_times {
	uint64_t value[N_CPU_STATS];
	bool have[N_CPU_STATS];
	bool none; /* the host has nothing to tell */
};

/* A host is asked first how many values it has. */
static int read_times(struct shell *sh, int cpu, struct cpu_times *t)
{
	struct rvirt_wire_cpu_num_nparams_flags_args args = {cpu, 0, 0};
	struct rvirt_wire_node_get_cpu_stats_ret count = {0}, ret = {0};

	*t = (struct cpu_times){0};
	if (rvirt_call_node_get_cpu_stats(sh->conn, &args, &count) < 0)
		return out_fail_at(sh, "Unable to get number of cpu stats");
	args.nparams = count.nparams;
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_STATS, &count);
	t->none = args.nparams == 0;
	if (t->none)
		return 0;
	if (rvirt_call_node_get_cpu_stats(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get node cpu stats");
	for (uint32_t i = 0; i < ret.n_params; i++) {
		for (int j = 0; j < N_CPU_STATS; j++) {
			if (strcmp(ret.params[i].field, cpu_stats[j].field) != 0)
				continue;
			t->value[j] = ret.params[i].value;
			t->have[j] = true;
		}
	}
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_STATS, &ret);
	return 0;
}

static void print_percent(struct shell *sh, json_t **object, const char *label, const char *key,
						  double percent)
{
	/* jansson has no word for what a division by zero gives */
	json_t *json = json_real(percent);

	out_field(sh, object, 15, label, key, json ? json : json_null(), "%5.1lf%%", percent);
}

static void print_difference(struct shell *sh, json_t **object, const struct cpu_times *before,
							 const struct cpu_times *after)
{
	double diff[N_CPU_STATS] = {0}, total = 0;

	for (int i = 0; i < CPU_USAGE; i++) {
		diff[i] = (double)(after->value[i] - before->value[i]);
		total += diff[i];
	}
	print_percent(sh, object, "usage:", "usage", (diff[CPU_USER] + diff[CPU_SYSTEM]) / total * 100);
	for (int i = 0; i < CPU_USAGE; i++)
		if (before->have[i])
			print_percent(sh, object, cpu_stats[i].label, cpu_stats[i].key, diff[i] / total * 100);
}

static int nodecpustats_run(struct shell *sh, const struct invocation *in)
{
	const struct timespec second = {1, 0};
	struct cpu_times first, then;
	json_t *object = json_object();
	int cpu = -1; /* all */

	if (args_get_int(sh, in, "cpu", &cpu) < 0 || read_times(sh, cpu, &first) < 0) {
		json_decref(object);
		return -1;
	}
	if (first.none) {
		out_value(sh, object);
		return 0;
	}
	if (!args_given(in, "percent")) {
		for (int i = 0; i < CPU_USAGE; i++)
			if (first.have[i])
				out_field(sh, &object, 15, cpu_stats[i].label, cpu_stats[i].key,
						  json_integer((json_int_t)first.value[i]), "%20llu",
						  (unsigned long long)first.value[i]);
	} else if (first.have[CPU_USAGE]) {
		print_percent(sh, &object, "usage:", "usage", (double)first.value[CPU_USAGE]);
		print_percent(sh, &object, "idle:", "idle", 100.0 - (double)first.value[CPU_USAGE]);
	} else {
		fflush(stdout);
		nanosleep(&second, NULL);
		if (read_times(sh, cpu, &then) < 0) {
			json_decref(object);
			return -1;
		}
		print_difference(sh, &object, &first, &then);
	}
	out_value(sh, object);
	return 0;
}

static int nodememstats_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_nparams_cell_num_flags_args args = {0, -1, 0}; /* -1: all cells */
	struct rvirt_wire_node_get_memory_stats_ret count = {0}, ret = {0};
	json_t *object;

	if (args_get_int(sh, in, "cell", &args.cell_num) < 0)
		return -1;
	if (rvirt_call_node_get_memory_stats(sh->conn, &args, &count) < 0)
		return out_fail_at(sh, "Unable to get number of memory stats");
	args.nparams = count.nparams;
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_MEMORY_STATS, &count);
	if (args.nparams && rvirt_call_node_get_memory_stats(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get memory stats");
	object = json_object();
	for (uint32_t i = 0; i < ret.n_params; i++) {
		out_text(sh, "%-7s: %20llu KiB\n", ret.params[i].field,
				 (unsigned long long)ret.params[i].value);
		json_object_set_new(object, ret.params[i].field,
							json_integer((json_int_t)ret.params[i].value));
	}
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_MEMORY_STATS, &ret);
	return 0;
}

static const struct arg domstats_args[] = {
	{"state", ARG_BOOL, "state"},
	{"cpu-total", ARG_BOOL, "time on the host's processors"},
	{"balloon", ARG_BOOL, "memory balloon"},
	{"vcpu", ARG_BOOL, "virtual CPUs"},
	{"interface", ARG_BOOL, "network interfaces"},
	{"block", ARG_BOOL, "block devices"},
	{"perf", ARG_BOOL, "perf events"},
	{"iothread", ARG_BOOL, "IOThreads"},
	{"memory", ARG_BOOL, "memory bandwidth"},
	{"dirtyrate", ARG_BOOL, "rate at which memory is written"},
	{"vm", ARG_BOOL, "what the hypervisor itself tells"},
	{"list-active", ARG_BOOL, "only active domains"},
	{"list-inactive", ARG_BOOL, "only inactive domains"},
	{"list-persistent", ARG_BOOL, "only persistent domains"},
	{"list-transient", ARG_BOOL, "only transient domains"},
	{"list-running", ARG_BOOL, "only domains that run"},
	{"list-paused", ARG_BOOL, "only paused domains"},
	{"list-shutoff", ARG_BOOL, "only domains that are shut off"},
	{"list-other", ARG_BOOL, "only domains in any other state"},
	{"raw", ARG_BOOL, "values as they are (they always are)"},
	{"enforce", ARG_BOOL, "fail if a kind is not known to the host"},
	{"backing", ARG_BOOL, "with the backing chains of block devices"},
	{"nowait", ARG_BOOL, "only what can be told at once"},
	{"domain", ARG_REST, "domains (all if none is named)", 0, domain_complete},
	{NULL},
};
static const struct arg nodecpustats_args[] = {
	{"cpu", ARG_INT, "of one CPU only"},
	{"percent", ARG_BOOL, "shares of one second instead of times"},
	{NULL},
};
static const struct arg nodememstats_args[] = {
	{"cell", ARG_INT, "of one NUMA cell only"},
	{NULL},
};

const struct cmd *cmd_stats_rows(void)
{
	static const struct cmd rows[] = {
		{"domstats", "monitor", "statistics of domains",
		 "Shows statistics of some or all domains, of the kinds that are asked for, else of all.",
		 domstats_args, 0, domstats_run},
		{"nodecpustats", "host", "processor times of the host",
		 "Shows how the host's processors spent their time, in nanoseconds.", nodecpustats_args, 0,
		 nodecpustats_run},
		{"nodememstats", "host", "memory of the host", "Shows what the host's memory is used for.",
		 nodememstats_args, 0, nodememstats_run},
		{NULL},
	};

	return rows;
}
