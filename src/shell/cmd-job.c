/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Work of a host on a domain that takes a while: jobs, backups, the parameters of a migration,
 * dirty rates.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "job-show.h"
#include "output.h"
#include "table.h"
#include "typed.h"

#include <stdlib.h>
#include <string.h>

/* A call about a domain whose arguments are flags alone. 0, or -1 with the error reported. */
static int act(struct shell *sh, const struct invocation *in, enum rvirt_proc proc, unsigned flags,
			   const char *result)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, flags);
	if (domain_wait(rvirt_call_send(sh->conn, proc, &args), NULL) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, result);
}

static int domjobabort_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_args args;

	if (args_given(in, "postcopy"))
		return act(sh, in, RVIRT_PROC_DOMAIN_ABORT_JOB_FLAGS, RVIRT_DOMAIN_ABORT_JOB_POSTCOPY,
				   "aborted");
	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_args(&dom);
	if (rvirt_call_domain_abort_job(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "aborted");
}

static int show_old_job(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_domain_get_job_info_ret job;

	if (rvirt_call_domain_get_job_info(sh->conn, &args, &job) < 0)
		return out_fail(sh);
	job_show_old(sh, &job);
	return 0;
}

static int domjobinfo_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {
		{"completed", RVIRT_DOMAIN_JOB_STATS_COMPLETED},
		{"keep-completed", RVIRT_DOMAIN_JOB_STATS_KEEP_COMPLETED},
		{NULL, 0},
	};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	unsigned flags = args_bits(in, bits);
	enum job_show how = args_given(in, "rawstats")    ? JOB_SHOW_RAW
						: args_given(in, "anystats")  ? JOB_SHOW_ANY
						: args_given(in, "completed") ? JOB_SHOW_COMPLETED
													  : JOB_SHOW_USUAL;
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_type_params_ret ret = {0};

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, flags);
	if (rvirt_call_domain_get_job_stats(sh->conn, &args, &ret) < 0) {
		if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT)
			return out_fail(sh);
		if (flags || how == JOB_SHOW_RAW)
			return out_fail_at(sh, "Optional flags or --rawstats are not supported by the daemon");
		return show_old_job(sh, &dom);
	}
	job_show(sh, ret.type, ret.params, ret.n_params, how);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_JOB_STATS, &ret);
	return 0;
}

static int backup_begin_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *backup = NULL, *checkpoint = NULL;
	struct rvirt_wire_domain_backup_begin_args args;
	const char *file, *second;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "backupxml", &file) < 0 ||
		args_get_text(sh, in, "checkpointxml", &second) < 0 ||
		!(backup = file ? file_read(sh, file) : shell_strdup("<domainbackup/>")) ||
		(second && !(checkpoint = file_read(sh, second))))
		return -1;
	args = (struct rvirt_wire_domain_backup_begin_args){
		dom, backup, checkpoint,
		args_given(in, "reuse-external") ? RVIRT_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL : 0};
	if (rvirt_call_domain_backup_begin(sh->conn, &args) < 0)
		return out_fail(sh);
	out_note(sh, "Backup started\n");
	return domain_done(sh, &dom, "started");
}

static int backup_dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_xml_ret ret = {0};

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_backup_get_xml_desc(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	xml = ret.xml;
	return document_print(sh, in, xml);
}

static int setspeed_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_bandwidth_flags_args args = {.bandwidth = 0};

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_ull(sh, in, "bandwidth", &args.bandwidth) < 0)
		return -1;
	args.dom = dom;
	args.flags = args_given(in, "postcopy") ? RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY : 0;
	if (rvirt_call_domain_migrate_set_max_speed(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "changed");
}

static int getspeed_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_bandwidth_ret ret;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(
		&dom, args_given(in, "postcopy") ? RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY : 0);
	if (rvirt_call_domain_migrate_get_max_speed(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	out_text(sh, "%llu\n", (unsigned long long)ret.bandwidth);
	out_value(sh, json_pack("{s:I}", "bandwidth_mib", (json_int_t)ret.bandwidth));
	return 0;
}

static int setmaxdowntime_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_downtime_flags_args args = {.flags = 0};
	int64_t downtime = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_llong(sh, in, "downtime", &downtime) < 0)
		return -1;
	if (downtime < 1)
		return out_refuse(sh, "migrate: Invalid downtime");
	args.dom = dom;
	args.downtime = (uint64_t)downtime;
	if (rvirt_call_domain_migrate_set_max_downtime(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "changed");
}

static int getmaxdowntime_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_downtime_ret ret;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_migrate_get_max_downtime(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	out_text(sh, "%llu\n", (unsigned long long)ret.downtime);
	out_value(sh, json_pack("{s:I}", "downtime_ms", (json_int_t)ret.downtime));
	return 0;
}

static int compcache_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_cache_size_flags_args set = {.flags = 0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_cache_size_ret ret;
	int given;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(given = args_get_ull(sh, in, "size", &set.cache_size)) < 0)
		return -1;
	set.dom = dom;
	if (given && rvirt_call_domain_migrate_set_compression_cache(sh->conn, &set) < 0)
		return out_fail(sh);
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_migrate_get_compression_cache(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	out_text(sh, "Compression cache: %.3f MiB", (double)ret.cache_size / 1048576);
	out_value(sh, json_pack("{s:I}", "cache_size", (json_int_t)ret.cache_size));
	return 0;
}

static int postcopy_run(struct shell *sh, const struct invocation *in)
{
	return act(sh, in, RVIRT_PROC_DOMAIN_MIGRATE_START_POST_COPY, 0, "switched");
}

static int dirtyrate_run(struct shell *sh, const struct invocation *in)
{
	static const char *const modes[] = {"page-sampling", "dirty-bitmap", "dirty-ring"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_seconds_flags_args args = {.seconds = 1};
	const char *mode;
	unsigned m = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_int(sh, in, "seconds", &args.seconds) < 0 ||
		args_get_text(sh, in, "mode", &mode) < 0)
		return -1;
	while (mode && m < 3 && strcmp(mode, modes[m]) != 0)
		m++;
	if (m == 3)
		return out_refuse(sh, "Unknown calculation mode '%s'", mode);
	args.dom = dom;
	args.flags = m;
	if (rvirt_call_domain_start_dirty_rate_calc(sh->conn, &args) < 0)
		return out_fail(sh);
	out_note(sh, "Start to calculate domain's memory dirty rate successfully.\n");
	return domain_done(sh, &dom, "started");
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE
static const struct arg active_args[] = {ARG_DOMAIN_ANY(ACTIVE), {NULL}};
static const struct arg jobabort_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"postcopy", ARG_BOOL, "interrupt a migration after its switch"},
	{NULL}};
static const struct arg jobinfo_args[] = {
	ARG_DOMAIN_ANY(0),
	{"completed", ARG_BOOL, "of the last one that ended"},
	{"keep-completed", ARG_BOOL, "and let the host keep it"},
	{"anystats", ARG_BOOL, "also of one that failed"},
	{"rawstats", ARG_BOOL, "as the host tells it"},
	{NULL},
};
static const struct arg backup_begin_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"backupxml", ARG_STRING, "file with the XML of the backup", 0, file_complete},
	{"checkpointxml", ARG_STRING, "file with the XML of a checkpoint", 0, file_complete},
	{"reuse-external", ARG_BOOL, "use the files that are there"},
	{NULL},
};
static const struct arg backup_dumpxml_args[] = {ARG_DOMAIN_ANY(ACTIVE), ARGS_XPATH, {NULL}};
static const struct arg setspeed_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"bandwidth", ARG_INT, "MiB a second at most", ARG_REQUIRED},
	{"postcopy", ARG_BOOL, "after the switch"},
	{NULL},
};
static const struct arg getspeed_args[] = {
	ARG_DOMAIN_ANY(ACTIVE), {"postcopy", ARG_BOOL, "after the switch"}, {NULL}};
static const struct arg downtime_args[] = {
	ARG_DOMAIN_ANY(ACTIVE), {"downtime", ARG_INT, "milliseconds", ARG_REQUIRED}, {NULL}};
static const struct arg compcache_args[] = {
	ARG_DOMAIN_ANY(ACTIVE), {"size", ARG_INT, "bytes"}, {NULL}};
static const struct arg dirtyrate_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"seconds", ARG_INT, "how long to count"},
	{"mode", ARG_STRING, "page-sampling, dirty-bitmap or dirty-ring"},
	{NULL},
};

const struct cmd *cmd_job_rows(void)
{
	static const struct cmd rows[] = {
		{"domjobinfo", "domain", "what a host does with a domain",
		 "Shows the job that a host has with a domain, and how far it is.", jobinfo_args, 0,
		 domjobinfo_run},
		{"domjobabort", "domain", "end what a host does with a domain",
		 "Ends the job that a host has with a domain.", jobabort_args, CMD_WRITES, domjobabort_run},
		{"backup-begin", "domain", "start a backup of a domain's disks",
		 "Starts a backup of a running guest's disks, by an XML file.", backup_begin_args,
		 CMD_WRITES, backup_begin_run},
		{"backup-dumpxml", "domain", "XML of a backup", "Prints the XML of the backup that runs.",
		 backup_dumpxml_args, 0, backup_dumpxml_run},
		{"migrate-setspeed", "domain", "limit the bandwidth of migrations",
		 "Sets how much of the network a migration of a domain may take.", setspeed_args,
		 CMD_WRITES, setspeed_run},
		{"migrate-getspeed", "domain", "the bandwidth of migrations",
		 "Shows how much of the network a migration of a domain may take.", getspeed_args, 0,
		 getspeed_run},
		{"migrate-setmaxdowntime", "domain", "limit the pause of migrations",
		 "Sets how long a guest may stand still at the end of its migration.", downtime_args,
		 CMD_WRITES, setmaxdowntime_run},
		{"migrate-getmaxdowntime", "domain", "the pause of migrations",
		 "Shows how long a guest may stand still at the end of its migration.", active_args, 0,
		 getmaxdowntime_run},
		{"migrate-compcache", "domain", "show or set the cache of compressed migrations",
		 "Shows the size of the cache for pages that are sent again, or sets it.", compcache_args,
		 CMD_WRITES, compcache_run},
		{"migrate-postcopy", "domain", "switch a migration to the other host",
		 "Lets the guest run on the other host before all of its memory is there.", active_args,
		 CMD_WRITES, postcopy_run},
		{"domdirtyrate-calc", "monitor", "count how fast a guest changes its memory",
		 "Starts counting; domstats --dirtyrate shows the result.", dirtyrate_args, CMD_WRITES,
		 dirtyrate_run},
		{NULL},
	};

	return rows;
}
