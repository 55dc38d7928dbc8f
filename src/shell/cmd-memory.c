/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain's memory: setmem, setmaxmem, dommemstat.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"

#define MEMORY_STATS_MAX 1024 /* of the protocol */

/* Reads the options and finds the domain; asks for its memory to become --size. */
static int set_memory(struct shell *sh, const struct invocation *in, unsigned flags,
					  struct rvirt_wire_domain *ret_dom, uint64_t *ret_kib)
{
	struct rvirt_wire_dom_memory_flags_args args;
	uint64_t bytes = 0;

	if (domain_find(sh, in, BY_ANY, ret_dom) < 0 || args_get_size(sh, in, "size", 1024, &bytes) < 0)
		return -1;
	*ret_kib = bytes / 1024 + (bytes % 1024 != 0);
	args = (struct rvirt_wire_dom_memory_flags_args){*ret_dom, *ret_kib, flags};
	if (rvirt_call_domain_set_memory_flags(sh->conn, &args) == 0)
		return 0;
	return flags & RVIRT_DOMAIN_MEM_MAXIMUM ? out_fail_at(sh, "Unable to change MaxMemorySize")
											: out_fail(sh);
}

static int report_memory(struct shell *sh, const struct rvirt_wire_domain *dom, const char *key,
						 uint64_t kib)
{
	out_value(sh, json_pack("{s:o, s:o, s:I}", "name", out_json_text(dom->name), "uuid",
							out_json_uuid(dom->uuid), key, (json_int_t)kib));
	return 0;
}

static int setmem_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	unsigned flags;
	uint64_t kib;

	if (domain_affect(sh, in, &flags) < 0)
		return -1;
	/* without an option it is the running guest that is meant */
	if (!flags && !args_given(in, "current"))
		flags = RVIRT_DOMAIN_AFFECT_LIVE;
	if (set_memory(sh, in, flags, &dom, &kib) < 0)
		return -1;
	return report_memory(sh, &dom, "memory_kib", kib);
}

static int setmaxmem_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	unsigned flags;
	uint64_t kib;

	if (domain_affect(sh, in, &flags) < 0 ||
		set_memory(sh, in, flags | RVIRT_DOMAIN_MEM_MAXIMUM, &dom, &kib) < 0)
		return -1;
	return report_memory(sh, &dom, "max_memory_kib", kib);
}

static const char *stat_name(int tag)
{
	static const char *const names[] = {
		"swap_in",        "swap_out",    "major_fault", "minor_fault",
		"unused",         "available",   "actual",      "rss",
		"usable",         "last_update", "disk_caches", "hugetlb_pgalloc",
		"hugetlb_pgfail",
	};

	return tag >= 0 && (size_t)tag < sizeof(names) / sizeof(*names) ? names[tag] : NULL;
}

static int set_period(struct shell *sh, const struct invocation *in,
					  const struct rvirt_wire_domain *dom, int period, unsigned flags)
{
	struct rvirt_wire_dom_period_flags_args args = {*dom, period, flags};

	if (!flags && !args_given(in, "current") && dom->id >= 0)
		args.flags = RVIRT_DOMAIN_AFFECT_LIVE;
	if (period < 0)
		return out_refuse(sh, "Invalid collection period value '%d'", period);
	if (rvirt_call_domain_set_memory_stats_period(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to change balloon collection period.");
	return domain_done(sh, dom, "period changed");
}

static int dommemstat_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_max_stats_flags_args args;
	struct rvirt_wire_stats_ret ret = {0};
	json_t *object;
	unsigned flags;
	int period, given;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	given = args_get_int(sh, in, "period", &period);
	if (given != 0)
		return given < 0 ? -1 : set_period(sh, in, &dom, period, flags);
	args = (struct rvirt_wire_dom_max_stats_flags_args){dom, MEMORY_STATS_MAX, 0};
	if (rvirt_call_domain_memory_stats(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to get memory statistics for domain %s",
						   args_text(in, "domain"));
	object = json_object();
	for (uint32_t i = 0; i < ret.n_stats; i++) {
		const char *name = stat_name(ret.stats[i].tag);

		if (!name)
			continue;
		out_text(sh, "%s %llu\n", name, (unsigned long long)ret.stats[i].val);
		json_object_set_new(object, name, json_integer((json_int_t)ret.stats[i].val));
	}
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_MEMORY_STATS, &ret);
	return 0;
}

static const struct arg setmem_args[] = {
	ARG_DOMAIN_ANY(0),
	{"kilobytes", ARG_ALIAS, "size"},
	{"size", ARG_INT, "new size, KiB unless it has a unit", ARG_REQUIRED},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg dommemstat_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"period", ARG_INT, "seconds between collections, from now on", ARG_NAMED},
	ARGS_AFFECT,
	{NULL},
};

const struct cmd *cmd_memory_rows(void)
{
	static const struct cmd rows[] = {
		{"setmem", "domain", "change the memory of a domain",
		 "Changes how much memory the guest has, within its maximum.", setmem_args, CMD_WRITES,
		 setmem_run},
		{"setmaxmem", "domain", "change the memory maximum of a domain",
		 "Changes how much memory the guest can be given.", setmem_args, CMD_WRITES, setmaxmem_run},
		{"dommemstat", "monitor", "memory statistics of a domain",
		 "Shows what a running guest does with its memory.", dommemstat_args, 0, dommemstat_run},
		{NULL},
	};

	return rows;
}
