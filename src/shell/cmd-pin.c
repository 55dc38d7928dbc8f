/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a domain's threads may run, and its I/O threads: vcpupin, emulatorpin, iothreadinfo,
 * iothreadpin, iothreadadd, iothreaddel, iothreadset, setvcpu.
 */
#include "config.h"

#include "cpus.h"
#include "domain.h"
#include "output.h"
#include "table.h"
#include "typed.h"

#include <stdio.h>
#include <string.h>

/* The map of an option's list of CPUs. 1, 0 if it is not given, -1 with the error reported. */
static int get_map(struct shell *sh, const struct invocation *in, int cpus, struct cpus_map *ret)
{
	const char *list;

	if (args_get_text(sh, in, "cpulist", &list) < 0)
		return -1;
	if (!list)
		return 0;
	return cpus_parse(sh, list, cpus, ret) < 0 ? -1 : 1;
}

static bool is_transient(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_persistent_ret ret;

	return rvirt_call_domain_is_persistent(sh->conn, &args, &ret) == 0 && !ret.persistent;
}

static int show_vcpupin(struct shell *sh, const struct rvirt_wire_domain *dom, int cpus, int vcpu,
						unsigned flags)
{
	static const char *const heads[] = {"VCPU", "CPU Affinity"};
	struct rvirt_wire_dom_flags_args count_args =
		domain_flags_args(dom, flags | RVIRT_DOMAIN_VCPU_MAXIMUM);
	struct rvirt_wire_domain_get_vcpu_pin_info_args args = {*dom, 0, (cpus + 7) / 8, flags};
	struct rvirt_wire_cpumaps_num_ret ret = {0};
	CLEANUP_FREE char *text = NULL;
	struct rvirt_wire_num_ret count;
	struct table *table;
	json_t *all;

	if (flags & RVIRT_DOMAIN_AFFECT_LIVE && dom->id < 0)
		return out_refuse(sh, "cannot get vcpupin for offline domain");
	if (flags & RVIRT_DOMAIN_AFFECT_CONFIG && is_transient(sh, dom))
		return out_refuse(sh, "cannot get vcpupin for transient domain");
	if (rvirt_call_domain_get_vcpus_flags(sh->conn, &count_args, &count) < 0)
		return out_fail(sh);
	args.ncpumaps = count.num;
	if (vcpu >= count.num)
		return out_refuse(sh, "vcpu %d is out of range of %s cpu count %d", vcpu,
						  flags & RVIRT_DOMAIN_AFFECT_CONFIG || dom->id < 0 ? "persistent" : "live",
						  count.num);
	if (rvirt_call_domain_get_vcpu_pin_info(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	table = table_new(2, heads);
	all = json_array();
	for (int i = 0; i < ret.num && (size_t)(i + 1) * (size_t)args.maplen <= ret.n_cpumaps; i++) {
		CLEANUP_FREE char *set =
			cpus_text(ret.cpumaps + (size_t)i * (size_t)args.maplen, (size_t)args.maplen);
		CLEANUP_FREE char *number = shell_printf("%d", i);

		if (vcpu >= 0 && i != vcpu)
			continue;
		table_add(table, (const char *[]){number, set});
		json_array_append_new(all, json_pack("{s:i, s:s}", "vcpu", i, "affinity", set));
	}
	text = table_format(table, true);
	table_free(table);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "vcpus", all));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_VCPU_PIN_INFO, &ret);
	return 0;
}

static int vcpupin_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct cpus_map map = {0};
	unsigned flags, vcpu = 0;
	int has_vcpu, has_map, cpus, rc;

	has_map = args_given(in, "cpulist");
	if (domain_affect(sh, in, &flags) < 0 ||
		(!has_map && args_exclusive(sh, in, "live", "config") < 0))
		return -1;
	has_vcpu = args_get_uint(sh, in, "vcpu", &vcpu);
	if (has_map && has_vcpu == 0)
		return out_refuse(sh, "vcpupin: Missing vCPU number in pin mode.");
	if (has_vcpu < 0)
		return -1;
	if (domain_find(sh, in, BY_ANY, &dom) < 0 || (cpus = cpus_of_host(sh)) < 0 ||
		(has_map = get_map(sh, in, cpus, &map)) < 0)
		return -1;
	if (!has_map)
		return show_vcpupin(sh, &dom, cpus, has_vcpu ? (int)vcpu : -1, flags);
	if (flags || args_given(in, "current")) {
		struct rvirt_wire_domain_pin_vcpu_flags_args args = {dom, vcpu, (uint32_t)map.n, map.bits,
															 flags};

		rc = rvirt_call_domain_pin_vcpu_flags(sh->conn, &args);
	} else {
		struct rvirt_wire_dom_vcpu_cpumap_args args = {dom, vcpu, (uint32_t)map.n, map.bits};

		rc = rvirt_call_domain_pin_vcpu(sh->conn, &args);
	}
	if (rc < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "pinned");
}

static int show_emulatorpin(struct shell *sh, const struct rvirt_wire_domain *dom, int cpus,
							unsigned flags)
{
	struct rvirt_wire_dom_maplen_flags_args args = {*dom, (cpus + 7) / 8, flags};
	struct rvirt_wire_cpumaps_count_ret ret = {0};
	CLEANUP_FREE char *set = NULL;

	if (rvirt_call_domain_get_emulator_pin_info(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	set = cpus_text(ret.cpumaps, ret.n_cpumaps);
	out_note(sh, "%s %s\n", "emulator:", "CPU Affinity");
	out_note(sh, "----------------------------------\n");
	out_text(sh, "       *: %s\n", set);
	out_value(sh, json_pack("{s:s}", "affinity", set));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_EMULATOR_PIN_INFO, &ret);
	return 0;
}

static int emulatorpin_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_cpumap_flags_args args;
	struct cpus_map map = {0};
	unsigned flags;
	int cpus, has_map;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(cpus = cpus_of_host(sh)) < 0 || (has_map = get_map(sh, in, cpus, &map)) < 0)
		return -1;
	if (!has_map)
		return show_emulatorpin(sh, &dom, cpus, flags);
	args = (struct rvirt_wire_dom_cpumap_flags_args){
		dom, (uint32_t)map.n, map.bits,
		flags || args_given(in, "current") ? flags : RVIRT_DOMAIN_AFFECT_LIVE};
	if (rvirt_call_domain_pin_emulator(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "pinned");
}

static int iothreadinfo_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"IOThread ID", "CPU Affinity"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *text = NULL;
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_domain_get_iothread_info_ret ret = {0};
	struct table *table;
	unsigned flags;
	json_t *all;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, flags);
	if (rvirt_call_domain_get_iothread_info(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get domain IOThreads information");
	table = table_new(2, heads);
	all = json_array();
	for (uint32_t i = 0; i < ret.n_info; i++) {
		const struct rvirt_wire_domain_iothread_info *t = &ret.info[i];
		CLEANUP_FREE char *id = shell_printf("%u", t->iothread_id);
		CLEANUP_FREE char *set = cpus_text(t->cpumap, t->n_cpumap);

		table_add(table, (const char *[]){id, set});
		json_array_append_new(
			all, json_pack("{s:I, s:s}", "id", (json_int_t)t->iothread_id, "affinity", set));
	}
	text = table_format(table, true);
	table_free(table);
	if (ret.n_info)
		out_text(sh, "%s", text);
	else
		out_note(sh, "No IOThreads found for the domain");
	out_value(sh, json_pack("{s:o}", "iothreads", all));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_IOTHREAD_INFO, &ret);
	return 0;
}

static int iothreadpin_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_pin_iothread_args args;
	struct cpus_map map = {0};
	unsigned flags, id = 0;
	int cpus;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_uint(sh, in, "iothread", &id) < 0 || (cpus = cpus_of_host(sh)) < 0 ||
		get_map(sh, in, cpus, &map) < 0)
		return -1;
	args = (struct rvirt_wire_domain_pin_iothread_args){dom, id, (uint32_t)map.n, map.bits, flags};
	if (rvirt_call_domain_pin_iothread(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "pinned");
}

/* iothreadadd and iothreaddel. */
static int iothread_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_iothread_id_flags_args args;
	bool add = strcmp(in->cmd->name, "iothreadadd") == 0;
	unsigned flags;
	int id = 0, rc;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_int(sh, in, "id", &id) < 0)
		return -1;
	if (id <= 0)
		return out_refuse(sh, "Invalid IOThread id value: '%d'", id);
	args = (struct rvirt_wire_dom_iothread_id_flags_args){dom, (unsigned)id, flags};
	rc = add ? rvirt_call_domain_add_iothread(sh->conn, &args)
			 : rvirt_call_domain_del_iothread(sh->conn, &args);
	if (rc < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, add ? "added" : "deleted");
}

static int iothreadset_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct typed params = {.n = 0};
	uint64_t poll = 0;
	unsigned flags, value;
	int id = 0, given, number;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_int(sh, in, "id", &id) < 0)
		return -1;
	if (id <= 0)
		return out_refuse(sh, "Invalid IOThread id value: '%d'", id);
	if ((given = args_get_ull(sh, in, "poll-max-ns", &poll)) < 0)
		return -1;
	if (given)
		typed_ull(&params, "poll_max_ns", poll);
	if ((given = args_get_uint(sh, in, "poll-grow", &value)) < 0)
		return -1;
	if (given)
		typed_uint(&params, "poll_grow", value);
	if ((given = args_get_uint(sh, in, "poll-shrink", &value)) < 0)
		return -1;
	if (given)
		typed_uint(&params, "poll_shrink", value);
	if ((given = args_get_int(sh, in, "thread-pool-min", &number)) < 0)
		return -1;
	if (given)
		typed_int(&params, "thread_pool_min", number);
	if ((given = args_get_int(sh, in, "thread-pool-max", &number)) < 0)
		return -1;
	if (given)
		typed_int(&params, "thread_pool_max", number);
	if (!params.n)
		return out_refuse(sh, "Not enough arguments passed, nothing to set");
	struct rvirt_wire_domain_set_iothread_params_args args = {dom, (unsigned)id, params.n,
															  params.list, flags};
	if (rvirt_call_domain_set_iothread_params(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "changed");
}

static int setvcpu_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_cpumap_state_flags_args args;
	bool enable = args_given(in, "enable"), disable = args_given(in, "disable");
	const char *list;
	unsigned flags;

	if (args_exclusive(sh, in, "enable", "disable") < 0 || domain_affect(sh, in, &flags) < 0)
		return -1;
	if (!enable && !disable)
		return out_refuse(sh, "one of --enable, --disable is required");
	if (args_get_text(sh, in, "vcpulist", &list) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_dom_cpumap_state_flags_args){dom, borrow(list), enable, flags};
	if (rvirt_call_domain_set_vcpu(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, enable ? "enabled" : "disabled");
}

#define ARG_CPULIST                                                                                \
	{                                                                                              \
		"cpulist", ARG_STRING, "CPUs of the host such as 0-3,^2, or r for all", ARG_EMPTY          \
	}

static const struct arg vcpupin_args[] = {ARG_DOMAIN_ANY(0),
										  {"vcpu", ARG_INT, "number of a virtual CPU"},
										  ARG_CPULIST,
										  ARGS_AFFECT,
										  {NULL}};
static const struct arg emulatorpin_args[] = {ARG_DOMAIN_ANY(0), ARG_CPULIST, ARGS_AFFECT, {NULL}};
static const struct arg iothreadinfo_args[] = {ARG_DOMAIN_ANY(0), ARGS_AFFECT, {NULL}};
static const struct arg iothreadpin_args[] = {
	ARG_DOMAIN_ANY(0),
	{"iothread", ARG_INT, "id of an I/O thread", ARG_REQUIRED},
	{"cpulist", ARG_DATA, "CPUs of the host such as 0-3,^2, or r for all"},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg iothread_args[] = {
	ARG_DOMAIN_ANY(0),
	{"id", ARG_INT, "id of an I/O thread", ARG_REQUIRED},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg iothreadset_args[] = {
	ARG_DOMAIN_ANY(0),
	{"id", ARG_INT, "id of an I/O thread", ARG_REQUIRED},
	{"poll-max-ns", ARG_INT, "how long it polls at most, in nanoseconds"},
	{"poll-grow", ARG_INT, "how polling grows"},
	{"poll-shrink", ARG_INT, "how polling shrinks"},
	{"thread-pool-min", ARG_INT, "least number of its workers"},
	{"thread-pool-max", ARG_INT, "greatest number of its workers"},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg setvcpu_args[] = {
	ARG_DOMAIN_ANY(0),
	{"vcpulist", ARG_DATA, "virtual CPUs such as 0-2,4"},
	{"enable", ARG_BOOL, "plug them in"},
	{"disable", ARG_BOOL, "take them out"},
	ARGS_AFFECT,
	{NULL},
};

const struct cmd *cmd_pin_rows(void)
{
	static const struct cmd rows[] = {
		{"vcpupin", "domain", "show or set where virtual CPUs may run",
		 "Shows on which CPUs of the host each virtual CPU may run, or pins one.", vcpupin_args,
		 CMD_WRITES, vcpupin_run},
		{"emulatorpin", "domain", "show or set where a domain's other threads may run",
		 "Shows on which CPUs of the host the hypervisor's own threads may run, or pins them.",
		 emulatorpin_args, CMD_WRITES, emulatorpin_run},
		{"iothreadinfo", "domain", "I/O threads of a domain",
		 "Lists the I/O threads of a domain and where they may run.", iothreadinfo_args, 0,
		 iothreadinfo_run},
		{"iothreadpin", "domain", "set where an I/O thread may run",
		 "Pins an I/O thread of a domain to CPUs of the host.", iothreadpin_args, CMD_WRITES,
		 iothreadpin_run},
		{"iothreadadd", "domain", "add an I/O thread to a domain",
		 "Gives a domain one more I/O thread.", iothread_args, CMD_WRITES, iothread_run},
		{"iothreaddel", "domain", "take an I/O thread from a domain",
		 "Takes an I/O thread that no disk uses from a domain.", iothread_args, CMD_WRITES,
		 iothread_run},
		{"iothreadset", "domain", "change an I/O thread of a domain",
		 "Sets how an I/O thread of a running guest polls, and its workers.", iothreadset_args,
		 CMD_WRITES, iothreadset_run},
		{"setvcpu", "domain", "plug virtual CPUs in or out",
		 "Gives a domain the virtual CPUs with these numbers, or takes them.", setvcpu_args,
		 CMD_WRITES, setvcpu_run},
		{NULL},
	};

	return rows;
}
