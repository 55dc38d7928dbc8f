/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain's tunables, each shown without values and set with some: memtune, blkiotune, numatune,
 * blkdeviotune, perf.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one of these commands is about. */
struct tunable {
	enum rvirt_proc get, set;
	const char *what; /* "Unable to get number of WHAT parameters" */
	const char *set_failed;
};

/* The text of a value where it is not the usual one; NULL: the usual one. Owned by the caller. */
typedef char *value_text(const struct rvirt_wire_typed_param *p);

static void print_values(struct shell *sh, const struct rvirt_wire_typed_param *list, uint32_t n,
						 value_text *text_of)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < n; i++) {
		CLEANUP_FREE char *text = text_of ? text_of(&list[i]) : NULL;
		CLEANUP_FREE char *usual = typed_format(&list[i]);

		out_text(sh, "%-15s: %s\n", list[i].field, text ? text : usual);
		json_object_set_new(object, list[i].field, text ? json_string(text) : typed_json(&list[i]));
	}
	out_value(sh, object);
}

/* Asks how many values there are, then for them, and shows them. */
static int show(struct shell *sh, const struct tunable *t, const struct rvirt_wire_domain *dom,
				unsigned flags, value_text *text_of)
{
	struct rvirt_wire_dom_nparams_flags_args args = {*dom, 0, flags};
	struct rvirt_wire_params_nparams_ret ret = {0};

	if (domain_wait(rvirt_call_send(sh->conn, t->get, &args), &ret) < 0)
		return out_fail_at(sh, "Unable to get number of %s parameters", t->what);
	args.nparams = ret.nparams;
	rvirt_wire_clear(t->get, &ret);
	if (!args.nparams)
		return 0;
	if (domain_wait(rvirt_call_send(sh->conn, t->get, &args), &ret) < 0)
		return out_fail_at(sh, "Unable to get %s parameters", t->what);
	print_values(sh, ret.params, ret.n_params, text_of);
	rvirt_wire_clear(t->get, &ret);
	return 0;
}

/* Sets what params has, or shows what there is. */
static int tune(struct shell *sh, const struct tunable *t, const struct rvirt_wire_domain *dom,
				unsigned flags, struct typed *params, value_text *text_of)
{
	struct rvirt_wire_dom_params_flags_args args = {*dom, params->n, params->list, flags};

	/* texts are asked for with a flag that older hosts did not know */
	enum { STRING_OKAY = 4 };

	if (!params->n)
		return show(sh, t, dom, flags | STRING_OKAY, text_of);
	if (domain_wait(rvirt_call_send(sh->conn, t->set, &args), NULL) < 0)
		return out_fail_at(sh, "%s", t->set_failed);
	return domain_done(sh, dom, "changed");
}

/* What stands for no limit. */
#define UNLIMITED 9007199254740991ULL

static char *limit_text(const struct rvirt_wire_typed_param *p)
{
	if (p->value.type != RVIRT_TYPED_PARAM_ULLONG || p->value.u.ul != UNLIMITED)
		return NULL;
	return shell_strdup("unlimited");
}

/* Adds the limit of an option in KiB: negative means none. 0 or -1. */
static int add_limit(struct shell *sh, const struct invocation *in, const char *option,
					 const char *name, struct typed *params)
{
	const char *text = args_text(in, option);
	uint64_t bytes = 0;
	char *end;
	int given;

	if (text && strtoll(text, &end, 10) < 0 && !*end) {
		typed_ull(params, name, UNLIMITED);
		return 0;
	}
	if ((given = args_read_size(sh, in, option, 1024, &bytes)) < 0)
		return out_refuse(sh, "Unable to parse integer parameter %s", option);
	if (given)
		typed_ull(params, name, bytes / 1024 + (bytes % 1024 != 0));
	return 0;
}

static int memtune_run(struct shell *sh, const struct invocation *in)
{
	static const struct tunable memory = {RVIRT_PROC_DOMAIN_GET_MEMORY_PARAMETERS,
										  RVIRT_PROC_DOMAIN_SET_MEMORY_PARAMETERS, "memory",
										  "Unable to change memory parameters"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct typed params = {.n = 0};
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		add_limit(sh, in, "hard-limit", "hard_limit", &params) < 0 ||
		add_limit(sh, in, "soft-limit", "soft_limit", &params) < 0 ||
		add_limit(sh, in, "swap-hard-limit", "swap_hard_limit", &params) < 0 ||
		add_limit(sh, in, "min-guarantee", "min_guarantee", &params) < 0)
		return -1;
	return tune(sh, &memory, &dom, flags, &params, limit_text);
}

static int blkiotune_run(struct shell *sh, const struct invocation *in)
{
	static const struct tunable blkio = {RVIRT_PROC_DOMAIN_GET_BLKIO_PARAMETERS,
										 RVIRT_PROC_DOMAIN_SET_BLKIO_PARAMETERS, "blkio",
										 "Unable to change blkio parameters"};
	static const struct {
		const char *option, *name;
	} devices[] = {{"device-weights", "device_weight"},
				   {"device-read-iops-sec", "device_read_iops_sec"},
				   {"device-write-iops-sec", "device_write_iops_sec"},
				   {"device-read-bytes-sec", "device_read_bytes_sec"},
				   {"device-write-bytes-sec", "device_write_bytes_sec"}};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct typed params = {.n = 0};
	unsigned flags;
	int weight, given;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(given = args_get_int(sh, in, "weight", &weight)) < 0)
		return -1;
	if (given && weight <= 0)
		return out_refuse(sh, "Invalid value of %d for I/O weight", weight);
	if (given)
		typed_uint(&params, "weight", (unsigned)weight);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		const char *text = args_text(in, devices[i].option);

		if (args_given(in, devices[i].option) && !text)
			return out_refuse(sh, "Unable to parse string parameter");
		if (text)
			typed_text(&params, devices[i].name, text);
	}
	return tune(sh, &blkio, &dom, flags, &params, NULL);
}

static const char *const numa_modes[] = {"strict", "preferred", "interleave", "restrictive"};
#define N_NUMA_MODES (int)(sizeof(numa_modes) / sizeof(*numa_modes))

static char *numa_text(const struct rvirt_wire_typed_param *p)
{
	if (p->value.type != RVIRT_TYPED_PARAM_INT || strcmp(p->field, "numa_mode") != 0 ||
		p->value.u.i < 0 || p->value.u.i >= N_NUMA_MODES)
		return NULL;
	return shell_strdup(numa_modes[p->value.u.i]);
}

static int numatune_run(struct shell *sh, const struct invocation *in)
{
	static const struct tunable numa = {RVIRT_PROC_DOMAIN_GET_NUMA_PARAMETERS,
										RVIRT_PROC_DOMAIN_SET_NUMA_PARAMETERS, "numa",
										"Unable to change numa parameters"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct typed params = {.n = 0};
	const char *mode, *nodes;
	unsigned flags;
	int number = 0;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "nodeset", &nodes) < 0 || args_get_text(sh, in, "mode", &mode) < 0)
		return -1;
	if (nodes)
		typed_text(&params, "numa_nodeset", nodes);
	while (mode && number < N_NUMA_MODES && strcmp(mode, numa_modes[number]) != 0)
		number++;
	if (mode && number == N_NUMA_MODES && args_parse_int(mode, &number) < 0)
		return out_refuse(sh, "Invalid mode: %s", mode);
	if (mode)
		typed_int(&params, "numa_mode", number);
	return tune(sh, &numa, &dom, flags, &params, numa_text);
}

/* The limits of a disk; the options are the names with '-' for '_'. */
static const char *const iotune_sizes[] = {"total_bytes_sec",
										   "read_bytes_sec",
										   "write_bytes_sec",
										   "total_bytes_sec_max",
										   "read_bytes_sec_max",
										   "write_bytes_sec_max",
										   NULL};
static const char *const iotune_counts[] = {"total_iops_sec",
											"read_iops_sec",
											"write_iops_sec",
											"total_iops_sec_max",
											"read_iops_sec_max",
											"write_iops_sec_max",
											"size_iops_sec",
											"total_bytes_sec_max_length",
											"read_bytes_sec_max_length",
											"write_bytes_sec_max_length",
											"total_iops_sec_max_length",
											"read_iops_sec_max_length",
											"write_iops_sec_max_length",
											NULL};

static int add_iotune(struct shell *sh, const struct invocation *in, const char *const *names,
					  bool size, struct typed *params)
{
	for (; *names; names++) {
		CLEANUP_FREE char *option = shell_strdup(*names);
		uint64_t value = 0;
		int given;

		for (char *at = option; (at = strchr(at, '_')); at++)
			*at = '-';
		given =
			size ? args_get_size(sh, in, option, 1, &value) : args_get_ull(sh, in, option, &value);
		if (given < 0)
			return out_refuse(sh, "Unable to parse integer parameter");
		if (given)
			typed_ull(params, *names, value);
	}
	return 0;
}

static int show_iotune(struct shell *sh, const struct rvirt_wire_domain *dom, const char *disk,
					   unsigned flags)
{
	enum { STRING_OKAY = 4 };
	struct rvirt_wire_domain_get_block_io_tune_args args = {*dom, NULL, 0, flags | STRING_OKAY};
	struct rvirt_wire_domain_get_block_io_tune_ret ret = {0};

	if (rvirt_call_domain_get_block_io_tune(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get number of block I/O throttle parameters");
	args.nparams = ret.nparams;
	args.disk = borrow(disk);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_BLOCK_IO_TUNE, &ret);
	if (!args.nparams)
		return 0;
	if (rvirt_call_domain_get_block_io_tune(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get block I/O throttle parameters");
	typed_print(sh, ret.params, ret.n_params);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_BLOCK_IO_TUNE, &ret);
	return 0;
}

static int blkdeviotune_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct typed params = {.n = 0};
	const char *disk, *group = args_text(in, "group-name");
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "device", &disk) < 0 ||
		add_iotune(sh, in, iotune_sizes, true, &params) < 0)
		return -1;
	if (args_given(in, "group-name") && !group) {
		out_refuse(sh, "Failed to get option 'group-name': Option argument is empty");
		return out_refuse(sh, "Unable to parse group-name parameter");
	}
	if (group)
		typed_text(&params, "group_name", group);
	if (add_iotune(sh, in, iotune_counts, false, &params) < 0)
		return -1;
	if (!params.n)
		return show_iotune(sh, &dom, disk, flags);
	struct rvirt_wire_domain_set_block_io_tune_args args = {dom, borrow(disk), params.n,
															params.list, flags};
	if (rvirt_call_domain_set_block_io_tune(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to change block I/O throttle");
	return domain_done(sh, &dom, "changed");
}

static char *perf_text(const struct rvirt_wire_typed_param *p)
{
	return shell_strdup(p->value.u.b ? "enabled" : "disabled");
}

static int show_perf(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, flags);
	struct rvirt_wire_params64_ret ret = {0};

	if (rvirt_call_domain_get_perf_events(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get perf events");
	print_values(sh, ret.params, ret.n_params, perf_text);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_PERF_EVENTS, &ret);
	return 0;
}

static int perf_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_STRINGS struct strings on = {0}, off = {0};
	struct typed params = {.n = 0};
	const char *enable, *disable;
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || args_get_text(sh, in, "enable", &enable) < 0 ||
		args_get_text(sh, in, "disable", &disable) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (enable)
		strings_split(&on, enable, ',');
	if (disable)
		strings_split(&off, disable, ',');
	if (on.n + off.n > sizeof(params.list) / sizeof(*params.list))
		return out_refuse(sh, "too many events");
	for (size_t i = 0; i < on.n; i++)
		if (*on.at[i])
			typed_bool(&params, on.at[i], true);
	for (size_t i = 0; i < off.n; i++)
		if (*off.at[i])
			typed_bool(&params, off.at[i], false);
	if (!params.n)
		return show_perf(sh, &dom, flags);
	struct rvirt_wire_dom_params64_flags_args args = {dom, params.n, params.list, flags};
	if (rvirt_call_domain_set_perf_events(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to enable/disable perf events");
	print_values(sh, params.list, params.n, perf_text);
	return 0;
}

static const struct arg memtune_args[] = {
	ARG_DOMAIN_ANY(0),
	{"hard-limit", ARG_INT, "the most it takes, KiB unless it has a unit, -1 for no limit"},
	{"soft-limit", ARG_INT, "the most it takes while memory is short"},
	{"swap-hard-limit", ARG_INT, "the most it takes with swap"},
	{"min-guarantee", ARG_INT, "what it is sure to get"},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg blkiotune_args[] = {
	ARG_DOMAIN_ANY(0),
	{"weight", ARG_INT, "its share against others"},
	{"device-weights", ARG_STRING, "the same for devices: PATH,WEIGHT,PATH,WEIGHT..."},
	{"device-read-iops-sec", ARG_STRING, "reads a second: PATH,NUMBER..."},
	{"device-write-iops-sec", ARG_STRING, "writes a second: PATH,NUMBER..."},
	{"device-read-bytes-sec", ARG_STRING, "bytes read a second: PATH,NUMBER..."},
	{"device-write-bytes-sec", ARG_STRING, "bytes written a second: PATH,NUMBER..."},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg numatune_args[] = {
	ARG_DOMAIN_ANY(0),
	{"mode", ARG_STRING, "strict, preferred, interleave, restrictive or a number"},
	{"nodeset", ARG_STRING, "nodes such as 0-1,3"},
	ARGS_AFFECT,
	{NULL},
};
static const struct arg perf_args[] = {
	ARG_DOMAIN_ANY(0),
	{"enable", ARG_STRING, "counters to turn on, with commas"},
	{"disable", ARG_STRING, "counters to turn off, with commas"},
	ARGS_AFFECT,
	{NULL},
};
#define LIMIT(new_, old_, help_)                                                                   \
	{old_, ARG_ALIAS, new_},                                                                       \
	{                                                                                              \
		new_, ARG_INT, help_                                                                       \
	}
static const struct arg blkdeviotune_args[] = {
	ARG_DOMAIN_ANY(0),
	{"device", ARG_DATA, "target or source of a disk"},
	LIMIT("total-bytes-sec", "total_bytes_sec", "bytes a second"),
	LIMIT("read-bytes-sec", "read_bytes_sec", "bytes read a second"),
	LIMIT("write-bytes-sec", "write_bytes_sec", "bytes written a second"),
	LIMIT("total-iops-sec", "total_iops_sec", "operations a second"),
	LIMIT("read-iops-sec", "read_iops_sec", "reads a second"),
	LIMIT("write-iops-sec", "write_iops_sec", "writes a second"),
	LIMIT("total-bytes-sec-max", "total_bytes_sec_max", "bytes a second, for a while"),
	LIMIT("read-bytes-sec-max", "read_bytes_sec_max", "bytes read a second, for a while"),
	LIMIT("write-bytes-sec-max", "write_bytes_sec_max", "bytes written a second, for a while"),
	LIMIT("total-iops-sec-max", "total_iops_sec_max", "operations a second, for a while"),
	LIMIT("read-iops-sec-max", "read_iops_sec_max", "reads a second, for a while"),
	LIMIT("write-iops-sec-max", "write_iops_sec_max", "writes a second, for a while"),
	LIMIT("size-iops-sec", "size_iops_sec", "bytes that count as one operation"),
	{"group_name", ARG_ALIAS, "group-name"},
	{"group-name", ARG_STRING, "name of the disks that share these limits"},
	LIMIT("total-bytes-sec-max-length", "total_bytes_sec_max_length", "seconds of that while"),
	LIMIT("read-bytes-sec-max-length", "read_bytes_sec_max_length", "seconds of that while"),
	LIMIT("write-bytes-sec-max-length", "write_bytes_sec_max_length", "seconds of that while"),
	LIMIT("total-iops-sec-max-length", "total_iops_sec_max_length", "seconds of that while"),
	LIMIT("read-iops-sec-max-length", "read_iops_sec_max_length", "seconds of that while"),
	LIMIT("write-iops-sec-max-length", "write_iops_sec_max_length", "seconds of that while"),
	ARGS_AFFECT,
	{NULL},
};

const struct cmd *cmd_tune_rows(void)
{
	static const struct cmd rows[] = {
		{"memtune", "domain", "show or set a domain's memory limits",
		 "Shows how much of the host's memory a domain may take, or limits it.", memtune_args,
		 CMD_WRITES, memtune_run},
		{"blkiotune", "domain", "show or set a domain's share of the host's disks",
		 "Shows how a domain's disks are weighed against others', or sets it.", blkiotune_args,
		 CMD_WRITES, blkiotune_run},
		{"numatune", "domain", "show or set where a domain's memory comes from",
		 "Shows from which nodes of the host a domain takes its memory, or sets it.", numatune_args,
		 CMD_WRITES, numatune_run},
		{"blkdeviotune", "domain", "show or set the limits of a disk",
		 "Shows how much a guest may do with a disk, or limits it.", blkdeviotune_args, CMD_WRITES,
		 blkdeviotune_run},
		{"perf", "domain", "show or set which counters watch a domain",
		 "Shows which of the host's performance counters watch a domain, or turns some on or off.",
		 perf_args, CMD_WRITES, perf_run},
		{NULL},
	};

	return rows;
}
