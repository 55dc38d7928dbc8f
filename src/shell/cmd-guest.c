/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest is asked, mostly by way of its agent: time, file systems, users, CPUs, power.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int show_time(struct shell *sh, const struct rvirt_wire_domain *dom, bool pretty)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_seconds_nseconds_ret ret;
	char text[32];
	struct tm tm;
	time_t seconds;

	if (rvirt_call_domain_get_time(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	seconds = (time_t)ret.seconds;
	if (pretty && gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		out_text(sh, "Time: %s", text);
	else
		out_text(sh, "Time: %lld", (long long)ret.seconds);
	out_value(sh, json_pack("{s:I, s:I}", "seconds", (json_int_t)ret.seconds, "nanoseconds",
							(json_int_t)ret.nseconds));
	return 0;
}

static int domtime_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_set_time_args args;
	bool now = args_given(in, "now"), sync = args_given(in, "sync");
	int64_t seconds = 0;
	struct timespec host;
	int given;

	if (args_exclusive(sh, in, "time", "now") < 0 || args_exclusive(sh, in, "time", "sync") < 0 ||
		args_exclusive(sh, in, "now", "sync") < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(given = args_get_llong(sh, in, "time", &seconds)) < 0)
		return -1;
	if (!given && !now && !sync)
		return show_time(sh, &dom, args_given(in, "pretty"));
	args = (struct rvirt_wire_domain_set_time_args){dom, seconds, 0,
													sync ? RVIRT_DOMAIN_TIME_SYNC : 0};
	if (now) {
		clock_gettime(CLOCK_REALTIME, &host);
		args.seconds = host.tv_sec;
		args.nseconds = (unsigned)host.tv_nsec;
	}
	if (rvirt_call_domain_set_time(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "time set");
}

static int domhostname_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_hostname_ret ret = {0};
	const char *source;
	unsigned flags = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "source", &source) < 0)
		return -1;
	if (source && strcmp(source, "lease") == 0)
		flags = RVIRT_DOMAIN_GET_HOSTNAME_LEASE;
	else if (source && strcmp(source, "agent") == 0)
		flags = RVIRT_DOMAIN_GET_HOSTNAME_AGENT;
	else if (source)
		return out_refuse(sh, "Unknown data source '%s'", source);
	args = domain_flags_args(&dom, flags);
	if (rvirt_call_domain_get_hostname(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get hostname");
	out_text(sh, "%s\n", ret.hostname);
	out_value(sh, json_pack("{s:o}", "hostname", out_json_text(ret.hostname)));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_HOSTNAME, &ret);
	return 0;
}

static int domcontrol_run(struct shell *sh, const struct invocation *in)
{
	static const char *const states[] = {"ok", "background job", "occupied", "error"};
	static const char *const reasons[] = {"", "unknown", "monitor failure",
										  "internal (locking) error"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_state_details_state_time_ret ret;
	const char *state;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_get_control_info(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	state = ret.state < 4 ? states[ret.state] : "unknown";
	if (ret.state != 0 && ret.state != 3)
		out_text(sh, "%s (%0.3fs)\n", state, (double)ret.state_time / 1000.0);
	else if (ret.state == 3 && ret.details > 0 && ret.details < 4)
		out_text(sh, "%s: %s\n", state, reasons[ret.details]);
	else
		out_text(sh, "%s\n", state);
	out_value(sh,
			  json_pack("{s:s, s:I}", "state", state, "state_time_ms", (json_int_t)ret.state_time));
	return 0;
}

static void add_fs(struct table *table, const struct rvirt_wire_domain_fsinfo *fs, json_t *all)
{
	CLEANUP_FREE char *disks = shell_strdup("");
	json_t *names = json_array();

	for (uint32_t i = 0; i < fs->n_dev_aliases; i++) {
		char *more = shell_printf("%s%s%s", disks, i ? "," : "", fs->dev_aliases[i]);

		free(disks);
		disks = more;
		json_array_append_new(names, out_json_text(fs->dev_aliases[i]));
	}
	table_add(table, (const char *[]){fs->mountpoint, fs->name, fs->fstype, disks});
	json_array_append_new(
		all, json_pack("{s:o, s:o, s:o, s:o}", "mountpoint", out_json_text(fs->mountpoint), "name",
					   out_json_text(fs->name), "type", out_json_text(fs->fstype), "disks", names));
}

static int domfsinfo_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Mountpoint", "Name", "Type", "Target"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *text = NULL;
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_info_count_ret ret = {0};
	struct table *table;
	json_t *all;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_get_fsinfo(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get filesystem information");
	table = table_new(4, heads);
	all = json_array();
	for (uint32_t i = 0; i < ret.n_info; i++)
		add_fs(table, &ret.info[i], all);
	text = table_format(table, true);
	table_free(table);
	if (ret.n_info)
		out_text(sh, "%s", text);
	else
		out_note(sh, "No filesystems are mounted in the domain");
	out_value(sh, json_pack("{s:o}", "filesystems", all));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_FSINFO, &ret);
	return 0;
}

/* domfsfreeze and domfsthaw. */
static int fs_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_STRINGS struct strings points = {0};
	struct rvirt_wire_dom_mountpoints_flags_args args;
	struct rvirt_wire_filesystems_ret ret;
	bool freeze = strcmp(in->cmd->name, "domfsfreeze") == 0;
	const char *point;
	size_t at = 0;
	int rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	while ((point = args_rest(in, &at)))
		strings_add(&points, point);
	args = (struct rvirt_wire_dom_mountpoints_flags_args){dom, (uint32_t)points.n, points.at, 0};
	rc = freeze ? rvirt_call_domain_fsfreeze(sh->conn, &args, &ret)
				: rvirt_call_domain_fsthaw(sh->conn, &args, &ret);
	if (rc < 0)
		return out_fail_at(sh, "Unable to %s filesystems", freeze ? "freeze" : "thaw");
	out_note(sh, "%s %d filesystem(s)\n", freeze ? "Froze" : "Thawed", ret.filesystems);
	out_value(sh, json_pack("{s:i}", "filesystems", ret.filesystems));
	return 0;
}

static int domfstrim_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_fstrim_args args;
	const char *point;
	uint64_t minimum = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_ull(sh, in, "minimum", &minimum) < 0 ||
		args_get_text(sh, in, "mountpoint", &point) < 0)
		return -1;
	args = (struct rvirt_wire_domain_fstrim_args){dom, borrow(point), minimum, 0};
	if (rvirt_call_domain_fstrim(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to invoke fstrim");
	return domain_done(sh, &dom, "trimmed");
}

static int set_user_password_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_set_user_password_args args;
	const char *user, *password;

	if (args_get_text(sh, in, "user", &user) < 0 ||
		args_get_text(sh, in, "password", &password) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_domain_set_user_password_args){
		dom, borrow(user), borrow(password),
		args_given(in, "encrypted") ? RVIRT_DOMAIN_PASSWORD_ENCRYPTED : 0};
	if (rvirt_call_domain_set_user_password(sh->conn, &args) < 0)
		return out_fail(sh);
	out_note(sh, "Password set successfully for %s in %s", user, args_text(in, "domain"));
	return domain_done(sh, &dom, "password set");
}

static int guestinfo_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit kinds[] = {
		{"user", RVIRT_DOMAIN_GUEST_INFO_USERS},
		{"os", RVIRT_DOMAIN_GUEST_INFO_OS},
		{"timezone", RVIRT_DOMAIN_GUEST_INFO_TIMEZONE},
		{"hostname", RVIRT_DOMAIN_GUEST_INFO_HOSTNAME},
		{"filesystem", RVIRT_DOMAIN_GUEST_INFO_FILESYSTEM},
		{"disk", RVIRT_DOMAIN_GUEST_INFO_DISKS},
		{"interface", RVIRT_DOMAIN_GUEST_INFO_INTERFACES},
		{NULL, 0},
	};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_types_flags_args args;
	struct rvirt_wire_domain_get_guest_info_ret ret = {0};
	json_t *object;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_dom_types_flags_args){dom, args_bits(in, kinds), 0};
	if (rvirt_call_domain_get_guest_info(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	object = json_object();
	for (uint32_t i = 0; i < ret.n_params; i++) {
		CLEANUP_FREE char *text = typed_format(&ret.params[i]);

		out_text(sh, "%-20s: %s\n", ret.params[i].field, text);
		json_object_set_new(object, ret.params[i].field, typed_json(&ret.params[i]));
	}
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_GUEST_INFO, &ret);
	return 0;
}

static int show_guestvcpus(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_params64_ret ret = {0};

	if (rvirt_call_domain_get_guest_vcpus(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	typed_print(sh, ret.params, ret.n_params);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_GUEST_VCPUS, &ret);
	return 0;
}

/* An option that another one needs. */
static int needs(struct shell *sh, const struct invocation *in, const char *option,
				 const char *needed)
{
	if (!args_given(in, option) || args_given(in, needed))
		return 0;
	return out_refuse(sh, "Option --%s is required by option --%s", needed, option);
}

static int guestvcpus_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_cpumap_state_flags_args args;
	bool enable = args_given(in, "enable"), disable = args_given(in, "disable");
	const char *list;

	if (args_exclusive(sh, in, "enable", "disable") < 0 || needs(sh, in, "enable", "cpulist") < 0 ||
		needs(sh, in, "disable", "cpulist") < 0 || args_get_text(sh, in, "cpulist", &list) < 0)
		return -1;
	if (list && !enable && !disable)
		return out_refuse(sh,
						  "One of options --enable or --disable is required by option --cpulist");
	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (!list)
		return show_guestvcpus(sh, &dom);
	args = (struct rvirt_wire_dom_cpumap_state_flags_args){dom, borrow(list), enable, 0};
	if (rvirt_call_domain_set_guest_vcpus(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, enable ? "enabled" : "disabled");
}

static int guest_agent_timeout_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_timeout_flags_args args = {.timeout =
														 RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK};
	struct rvirt_wire_result_ret ret;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_int(sh, in, "timeout", &args.timeout) < 0)
		return -1;
	args.dom = dom;
	if (rvirt_call_domain_agent_set_response_timeout(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "timeout set");
}

/* The ways in which a guest or a host can sleep, by the protocol's numbers. */
static int sleep_target(const char *name)
{
	static const char *const names[] = {"mem", "disk", "hybrid"};

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

static int dompmsuspend_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_pm_suspend_for_duration_args args;
	uint64_t duration = 0;
	const char *target, *name = args_text(in, "domain");
	int number;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_ull(sh, in, "duration", &duration) < 0 ||
		args_get_text(sh, in, "target", &target) < 0)
		return -1;
	if ((number = sleep_target(target)) < 0)
		return out_refuse(sh, "Invalid target");
	args =
		(struct rvirt_wire_domain_pm_suspend_for_duration_args){dom, (unsigned)number, duration, 0};
	if (rvirt_call_domain_pm_suspend_for_duration(sh->conn, &args) < 0)
		return out_fail_at(sh, "Domain '%s' could not be suspended", name);
	out_note(sh, "Domain '%s' successfully suspended", name);
	return domain_done(sh, &dom, "suspended");
}

static int dompmwakeup_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	const char *name = args_text(in, "domain");

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_pm_wakeup(sh->conn, &args) < 0)
		return out_fail_at(sh, "Domain '%s' could not be woken up", name);
	out_note(sh, "Domain '%s' successfully woken up", name);
	return domain_done(sh, &dom, "woken up");
}

static int nodesuspend_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_target_duration_flags_args args = {0};
	int64_t duration = 0;
	const char *target;
	int number;

	if (args_get_text(sh, in, "target", &target) < 0 ||
		args_get_llong(sh, in, "duration", &duration) < 0)
		return -1;
	if ((number = sleep_target(target)) < 0)
		return out_refuse(sh, "Invalid target");
	if (duration <= 0)
		return out_refuse(sh, "Invalid duration");
	args.target = (unsigned)number;
	args.duration = (uint64_t)duration;
	if (rvirt_call_node_suspend_for_duration(sh->conn, &args) < 0)
		return out_fail_at(sh, "The host was not suspended");
	out_value(sh, json_pack("{s:s}", "result", "suspended"));
	return 0;
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE

static const struct arg domtime_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"now", ARG_BOOL, "set it to the time here"},
	{"pretty", ARG_BOOL, "show it as a date"},
	{"sync", ARG_BOOL, "set it from the guest's own clock"},
	{"time", ARG_INT, "set it to so many seconds since 1970"},
	{NULL},
};
static const struct arg domhostname_args[] = {
	ARG_DOMAIN_ANY(ACTIVE), {"source", ARG_STRING, "who knows: lease or agent", ARG_NAMED}, {NULL}};
static const struct arg active_args[] = {ARG_DOMAIN_ANY(ACTIVE), {NULL}};
static const struct arg fs_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"mountpoint", ARG_REST, "where it is mounted; all without it"},
	{NULL}};
static const struct arg domfstrim_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"minimum", ARG_INT, "pass over free ranges of fewer bytes"},
	{"mountpoint", ARG_STRING, "only the file system mounted there"},
	{NULL},
};
static const struct arg password_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"user", ARG_DATA, "name of a user of the guest"},
	{"password", ARG_DATA, "the new password"},
	{"encrypted", ARG_BOOL, "it is encrypted already"},
	{NULL},
};
static const struct arg guestinfo_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"user", ARG_BOOL, "who is logged in"},
	{"os", ARG_BOOL, "the operating system"},
	{"timezone", ARG_BOOL, "the time zone"},
	{"hostname", ARG_BOOL, "the host name"},
	{"filesystem", ARG_BOOL, "what is mounted"},
	{"disk", ARG_BOOL, "the disks"},
	{"interface", ARG_BOOL, "the network interfaces"},
	{NULL},
};
static const struct arg guestvcpus_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"cpulist", ARG_STRING, "virtual CPUs such as 0-2,4"},
	{"enable", ARG_BOOL, "turn them on"},
	{"disable", ARG_BOOL, "turn them off"},
	{NULL},
};
static const struct arg timeout_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"timeout", ARG_INT, "seconds to wait for the agent; -2 for ever", ARG_NAMED},
	{NULL},
};
static const struct arg pmsuspend_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"target", ARG_DATA, "mem, disk or hybrid"},
	{"duration", ARG_INT, "wake it up after so many seconds", ARG_NAMED},
	{NULL},
};
static const struct arg nodesuspend_args[] = {
	{"target", ARG_DATA, "mem, disk or hybrid"},
	{"duration", ARG_INT, "wake it up after so many seconds, at least 60", ARG_REQUIRED},
	{NULL},
};

const struct cmd *cmd_guest_rows(void)
{
	static const struct cmd rows[] = {
		{"domtime", "monitor", "time of a guest",
		 "Shows what time it is for a guest, or sets its clock.", domtime_args, CMD_WRITES,
		 domtime_run},
		{"domhostname", "domain", "host name of a guest", "Prints how a guest calls itself.",
		 domhostname_args, 0, domhostname_run},
		{"domcontrol", "monitor", "whether a domain can be controlled",
		 "Shows whether the hypervisor can be asked about a domain just now.", active_args, 0,
		 domcontrol_run},
		{"domfsinfo", "domain", "file systems of a guest", "Lists what is mounted in a guest.",
		 active_args, 0, domfsinfo_run},
		{"domfsfreeze", "domain", "freeze file systems of a guest",
		 "Makes file systems of a guest take no writes until they are thawed.", fs_args, CMD_WRITES,
		 fs_run},
		{"domfsthaw", "domain", "thaw file systems of a guest",
		 "Lets file systems of a guest take writes again.", fs_args, CMD_WRITES, fs_run},
		{"domfstrim", "domain", "trim file systems of a guest",
		 "Tells the disks of a guest which of their blocks are free.", domfstrim_args, CMD_WRITES,
		 domfstrim_run},
		{"set-user-password", "domain", "set the password of a user of a guest",
		 "Lets the guest's agent set a password. The words of a command line can be seen by others "
		 "of this host: the shell's own prompt is the better place.",
		 password_args, CMD_WRITES, set_user_password_run},
		{"guestinfo", "monitor", "what a guest's agent tells of it",
		 "Shows users, system, time zone, name, file systems, disks and interfaces of a guest.",
		 guestinfo_args, 0, guestinfo_run},
		{"guestvcpus", "domain", "show or turn on and off CPUs inside a guest",
		 "Shows which CPUs a guest uses, or lets its agent turn some on or off.", guestvcpus_args,
		 CMD_WRITES, guestvcpus_run},
		{"guest-agent-timeout", "domain", "how long to wait for a guest's agent",
		 "Sets how long the host waits for an answer of the guest's agent.", timeout_args,
		 CMD_WRITES, guest_agent_timeout_run},
		{"dompmsuspend", "domain", "let a guest go to sleep",
		 "Asks the guest's agent to send the guest to sleep.", pmsuspend_args, CMD_WRITES,
		 dompmsuspend_run},
		{"dompmwakeup", "domain", "wake a guest up", "Wakes up a guest that went to sleep.",
		 active_args, CMD_WRITES, dompmwakeup_run},
		{"nodesuspend", "host", "let the host sleep for a while",
		 "Suspends the host, which wakes up by itself.", nodesuspend_args, CMD_WRITES,
		 nodesuspend_run},
		{NULL},
	};

	return rows;
}
