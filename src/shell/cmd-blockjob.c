/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * blockjob: what a host does with a domain's disk, how far it is, how fast, and its end.
 */
#include "config.h"

#include "blockwait.h"
#include "domain.h"
#include "output.h"
#include "table.h"

static const char *const type_words[] = {"Unknown job",  "Block Pull",          "Block Copy",
										 "Block Commit", "Active Block Commit", "Backup"};
static int set_speed(struct shell *sh, const struct rvirt_wire_domain *dom, const char *path,
					 uint64_t bandwidth, bool bytes)
{
	struct rvirt_wire_dom_path_bandwidth_flags_args args = {
		*dom, borrow(path), bandwidth, bytes ? RVIRT_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES : 0};

	if (rvirt_call_domain_block_job_set_speed(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, dom, "changed");
}

/* 0 with the bandwidth in bytes a second (raw: in MiB unless bytes is asked for), or -1 with the
 * error reported: old hosts know it in MiB alone. */
static int get_job(struct shell *sh, const struct rvirt_wire_domain *dom, const char *path,
				   bool raw, bool bytes, struct rvirt_wire_domain_get_block_job_info_ret *ret)
{
	struct rvirt_wire_dom_path_flags_args args = {
		*dom, borrow(path), bytes || !raw ? RVIRT_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES : 0};
	int code;

	if (rvirt_call_domain_get_block_job_info(sh->conn, &args, ret) == 0)
		return 0;
	code = rvirt_last_error().code;
	if (bytes || raw || (code != RVIRT_ERR_INVALID_ARG && code != RVIRT_ERR_OVERFLOW))
		return out_fail(sh);
	args.flags = 0;
	if (rvirt_call_domain_get_block_job_info(sh->conn, &args, ret) < 0)
		return out_fail(sh);
	if (ret->bandwidth >> 44)
		return out_refuse(sh, "overflow in converting %llu MiB/s to bytes\n",
						  (unsigned long long)ret->bandwidth);
	ret->bandwidth <<= 20;
	return 0;
}

static void print_raw(struct shell *sh, const char *type,
					  const struct rvirt_wire_domain_get_block_job_info_ret *job)
{
	out_text(sh, " type=%s\n bandwidth=%llu\n cur=%llu\n end=%llu\n", type,
			 (unsigned long long)job->bandwidth, (unsigned long long)job->cur,
			 (unsigned long long)job->end);
}

static void print_job(struct shell *sh, const char *type,
					  const struct rvirt_wire_domain_get_block_job_info_ret *job)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	int percent = job->end ? (int)((double)job->cur * 100 / (double)job->end) : 100;
	double speed = (double)job->bandwidth;
	size_t unit = 0;

	out_progress(sh, "%s: [%3d %%]", type, job->cur < job->end && percent > 99 ? 99 : percent);
	for (; speed >= 1024 && unit < 6; unit++)
		speed /= 1024;
	if (job->bandwidth)
		out_text(sh, "    Bandwidth limit: %llu bytes/s (%.3f %s/s)",
				 (unsigned long long)job->bandwidth, speed, units[unit]);
	out_text(sh, "\n");
}

static int show_job(struct shell *sh, const struct rvirt_wire_domain *dom, const char *path,
					bool raw, bool bytes)
{
	struct rvirt_wire_domain_get_block_job_info_ret job;
	const char *type;

	if (get_job(sh, dom, path, raw, bytes, &job) < 0)
		return -1;
	if (!job.found) {
		if (!raw)
			out_note(sh, "No current block job for %s", path);
		out_value(sh, json_pack("{s:b}", "found", 0));
		return 0;
	}
	type = type_words[job.type > 0 && job.type < 6 ? job.type : 0];
	if (raw)
		print_raw(sh, type, &job);
	else
		print_job(sh, type, &job);
	out_value(sh, json_pack("{s:b, s:s, s:I, s:I, s:I}", "found", 1, "type", type, "current",
							(json_int_t)job.cur, "end", (json_int_t)job.end, "bandwidth",
							(json_int_t)job.bandwidth));
	return 0;
}

/* Which of two groups of options a line mixes, in the order of the rows. */
static int refuse_mix(struct shell *sh, const struct invocation *in)
{
	static const char *const pairs[][2] = {
		{"raw", "abort"},   {"raw", "pivot"},   {"raw", "async"},   {"raw", "bandwidth"},
		{"info", "abort"},  {"info", "pivot"},  {"info", "async"},  {"info", "bandwidth"},
		{"bytes", "abort"}, {"bytes", "pivot"}, {"bytes", "async"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (args_exclusive(sh, in, pairs[i][0], pairs[i][1]) < 0)
			return -1;
	return 0;
}

static int blockjob_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	bool bytes = args_given(in, "bytes"), async = args_given(in, "async");
	bool pivot = args_given(in, "pivot");
	uint64_t bandwidth;
	const char *path;

	if (refuse_mix(sh, in) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "path", &path) < 0)
		return -1;
	if (args_given(in, "bandwidth"))
		return block_get_bandwidth(sh, in, &bandwidth) < 0
				   ? -1
				   : set_speed(sh, &dom, path, bandwidth, bytes);
	if (!args_given(in, "abort") && !pivot && !async)
		return show_job(sh, &dom, path, args_given(in, "raw"), bytes);
	if (block_abort(sh, &dom, path, pivot, async) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "aborted");
}

static const struct arg blockjob_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"path", ARG_DATA, "target or source of a disk"},
	{"abort", ARG_BOOL, "end the job"},
	{"async", ARG_BOOL, "end it without waiting"},
	{"pivot", ARG_BOOL, "end it by changing to the copy"},
	{"info", ARG_BOOL, "show how far it is"},
	{"bytes", ARG_BOOL, "the bandwidth is in bytes a second"},
	{"raw", ARG_BOOL, "show it as the host tells it"},
	{"bandwidth", ARG_INT, "MiB a second at most"},
	{NULL},
};
const struct cmd *cmd_blockjob_rows(void)
{
	static const struct cmd rows[] = {
		{"blockjob", "domain", "show or change the job of a disk",
		 "Shows how far the job of a disk is, limits or ends it.", blockjob_args, CMD_WRITES,
		 blockjob_run},
		{NULL},
	};

	return rows;
}
