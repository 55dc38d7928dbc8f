/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Turning domains on and off: start, suspend, resume, shutdown, reboot, reset, destroy, autostart;
 * and dom-fd-associate, which lends one what it starts with.
 */
#include "config.h"

#include "console.h"
#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* What a plain command (a domain, one call) says. */
struct words {
	const char *verb; /* "Failed to VERB domain 'x'" */
	const char *past; /* "Domain 'x' PAST" */
	const char *result;
};

/* Finds the domain, makes the call with flags or, without any, the older call that every host has
 * (0: there is none). */
static int act(struct shell *sh, const struct invocation *in, enum rvirt_proc plain,
			   enum rvirt_proc with_flags, unsigned flags, const struct words *w)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_args args;
	struct rvirt_wire_dom_flags_args flags_args;
	struct rvirt_call *call;
	const char *name = args_text(in, "domain");

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_args(&dom);
	flags_args = domain_flags_args(&dom, flags);
	if (plain && !flags)
		call = rvirt_call_send(sh->conn, plain, &args);
	else
		call = rvirt_call_send(sh->conn, with_flags, &flags_args);
	if (domain_wait(call, NULL) < 0)
		return out_fail_at(sh, "Failed to %s domain '%s'", w->verb, name);
	out_note(sh, "Domain '%s' %s\n", name, w->past);
	return domain_done(sh, &dom, w->result);
}

static int suspend_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"suspend", "suspended", "suspended"};

	return act(sh, in, RVIRT_PROC_DOMAIN_SUSPEND, 0, 0, &words);
}

static int resume_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"resume", "resumed", "resumed"};

	return act(sh, in, RVIRT_PROC_DOMAIN_RESUME, 0, 0, &words);
}

static int reset_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"reset", "was reset", "reset"};

	return act(sh, in, 0, RVIRT_PROC_DOMAIN_RESET, 0, &words);
}

static int destroy_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"destroy", "destroyed", "destroyed"};
	unsigned flags = (args_given(in, "graceful") ? RVIRT_DOMAIN_DESTROY_GRACEFUL : 0) |
					 (args_given(in, "remove-logs") ? RVIRT_DOMAIN_DESTROY_REMOVE_LOGS : 0);

	return act(sh, in, RVIRT_PROC_DOMAIN_DESTROY, RVIRT_PROC_DOMAIN_DESTROY_FLAGS, flags, &words);
}

/* The ways to ask a guest to stop; a bit of the flags each, in this order. */
static const char *const modes[] = {"acpi", "agent", "initctl", "signal", "paravirt"};
#define N_MODES (sizeof(modes) / sizeof(*modes))

static int mode_flag(const char *name)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (strcmp(modes[i], name) == 0)
			return 1 << i;
	return 0;
}

static void mode_complete(struct shell *sh, const struct invocation *in, unsigned what,
						  struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	for (size_t i = 0; i < N_MODES; i++)
		strings_add(to, modes[i]);
}

/* comma: what stands before the last "or" of the error. */
static int mode_flags(struct shell *sh, const struct invocation *in, const char *comma,
					  unsigned *ret)
{
	CLEANUP_STRINGS struct strings names = {0};
	const char *mode;

	*ret = 0;
	if (args_get_text(sh, in, "mode", &mode) < 0)
		return -1;
	if (mode)
		strings_split(&names, mode, ',');
	for (size_t i = 0; i < names.n; i++) {
		int flag = mode_flag(names.at[i]);

		if (!flag)
			return out_refuse(sh,
							  "Unknown mode %s value, expecting 'acpi', 'agent', 'initctl', "
							  "'signal'%s or 'paravirt'",
							  names.at[i], comma);
		*ret |= (unsigned)flag;
	}
	return 0;
}

static int shutdown_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"shutdown", "is being shutdown", "shutting down"};
	unsigned flags;

	if (mode_flags(sh, in, ",", &flags) < 0)
		return -1;
	return act(sh, in, RVIRT_PROC_DOMAIN_SHUTDOWN, RVIRT_PROC_DOMAIN_SHUTDOWN_FLAGS, flags, &words);
}

static int reboot_run(struct shell *sh, const struct invocation *in)
{
	static const struct words words = {"reboot", "is being rebooted", "rebooting"};
	unsigned flags;

	if (mode_flags(sh, in, "", &flags) < 0)
		return -1;
	return act(sh, in, 0, RVIRT_PROC_DOMAIN_REBOOT, flags, &words);
}

static int autostart_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_autostart_args args;
	const char *name = args_text(in, "domain"), *mark;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_dom_autostart_args){dom, !args_given(in, "disable")};
	mark = args.autostart ? "mark" : "unmark";
	if (rvirt_call_domain_set_autostart(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to %s domain '%s' as autostarted", mark, name);
	out_note(sh, "Domain '%s' %sed as autostarted\n", name, mark);
	return domain_done(sh, &dom, args.autostart ? "autostart on" : "autostart off");
}

static int start_with_flags(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags,
							const struct rvirt_fds *fds)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, flags);
	struct rvirt_wire_dom_args plain = domain_args(dom);
	struct rvirt_wire_dom_ret ret = {0};

	if (!flags && !fds->n)
		return rvirt_call_domain_create(sh->conn, &plain);
	if ((fds->n ? rvirt_call_domain_create_with_files(sh->conn, &args, &ret, fds)
				: rvirt_call_domain_create_with_flags(sh->conn, &args, &ret)) < 0)
		return -1;
	domain_clear(&ret.dom);
	return 0;
}

/* What --force-boot means on a host that does not know it: a saved state is thrown away before the
 * start. */
static int forget_saved_state(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_result_ret saved;

	if (rvirt_call_domain_has_managed_save_image(sh->conn, &args, &saved) < 0 || saved.result <= 0)
		return 0;
	return rvirt_call_domain_managed_save_remove(sh->conn, &args);
}

static int start_domain(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags,
						const struct rvirt_fds *fds)
{
	int code;

	if (start_with_flags(sh, dom, flags, fds) == 0)
		return 0;
	code = rvirt_last_error().code;
	if (!(flags & RVIRT_DOMAIN_START_FORCE_BOOT))
		return out_fail_at(sh, "Failed to start domain '%s'", dom->name);
	if (code != RVIRT_ERR_NO_SUPPORT && code != RVIRT_ERR_INVALID_ARG)
		return out_fail(sh);
	if (forget_saved_state(sh, dom) < 0)
		return out_fail(sh);
	return start_domain(sh, dom, flags & ~(unsigned)RVIRT_DOMAIN_START_FORCE_BOOT, fds);
}

static int start_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_fds fds;
	unsigned flags = (args_given(in, "paused") ? RVIRT_DOMAIN_START_PAUSED : 0) |
					 (args_given(in, "autodestroy") ? RVIRT_DOMAIN_START_AUTODESTROY : 0) |
					 (args_given(in, "bypass-cache") ? RVIRT_DOMAIN_START_BYPASS_CACHE : 0) |
					 (args_given(in, "force-boot") ? RVIRT_DOMAIN_START_FORCE_BOOT : 0) |
					 (args_given(in, "reset-nvram") ? RVIRT_DOMAIN_START_RESET_NVRAM : 0);

	if (domain_find(sh, in, BY_NAME | BY_UUID, &dom) < 0)
		return -1;
	if (dom.id >= 0)
		return out_refuse(sh, "Domain is already active");
	if (args_get_fds(sh, in, &fds) < 0)
		return -1;
	if (start_domain(sh, &dom, flags | console_start_flags(in), &fds) < 0)
		return -1;
	out_note(sh, "Domain '%s' started\n", dom.name);
	domain_done(sh, &dom, "started");
	return console_after_start(sh, in, &dom);
}

static int associate_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_name_flags_args args = {
		.flags =
			(args_given(in, "seclabel-writable") ? RVIRT_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE
												 : 0) |
			(args_given(in, "seclabel-restore") ? RVIRT_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE : 0)};
	struct rvirt_fds fds;
	const char *name;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "name", &name) < 0 ||
		args_get_fds(sh, in, &fds) < 0)
		return -1;
	args.dom = dom;
	args.name = borrow(name);
	if (rvirt_call_domain_fd_associate(sh->conn, &args, &fds) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "associated");
}

static const struct arg associate_args[] = {
	ARG_DOMAIN_ANY(0),
	{"name", ARG_DATA, "name of the group"},
	{"pass-fds", ARG_DATA, "file descriptors N,M,..."},
	{"seclabel-writable", ARG_BOOL, "with labels that let a guest write"},
	{"seclabel-restore", ARG_BOOL, "put the labels back afterwards"},
	{NULL},
};
static const struct arg start_args[] = {
	ARG_DOMAIN("name or UUID of the inactive domain", RVIRT_CONNECT_LIST_DOMAINS_INACTIVE),
	{"console", ARG_BOOL, "attach to the console after the start"},
	{"paused", ARG_BOOL, "leave the guest paused"},
	{"autodestroy", ARG_BOOL, "destroy the guest when rvsh disconnects"},
	{"bypass-cache", ARG_BOOL, "restore a saved state without the file system's cache"},
	{"force-boot", ARG_BOOL, "boot afresh, throwing a saved state away"},
	{"pass-fds", ARG_STRING, "file descriptors N,M,... for the guest"},
	{"reset-nvram", ARG_BOOL, "make the NVRAM anew from its template"},
	{NULL},
};
static const struct arg running_args[] = {ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_RUNNING),
										  {NULL}};
static const struct arg paused_args[] = {ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_PAUSED), {NULL}};
static const struct arg active_args[] = {ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE), {NULL}};
static const struct arg mode_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"mode", ARG_STRING, "how: acpi|agent|initctl|signal|paravirt", 0, mode_complete},
	{NULL},
};
static const struct arg destroy_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"graceful", ARG_BOOL, "do not use force if the guest does not stop"},
	{"remove-logs", ARG_BOOL, "remove the domain's logs"},
	{NULL},
};
static const struct arg autostart_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT),
	{"disable", ARG_BOOL, "do not start it with the host"},
	{NULL},
};

const struct cmd *cmd_lifecycle_rows(void)
{
	static const struct cmd rows[] = {
		{"dom-fd-associate", "domain", "lend a domain file descriptors",
		 "Hands file descriptors of this process to the daemon under a name, for disks with that "
		 "fdgroup, as long as the connection lasts.",
		 associate_args, CMD_WRITES, associate_run},
		{"start", "domain", "start an inactive domain",
		 "Starts a domain that is defined: from its saved state if it has one, else by booting.",
		 start_args, CMD_WRITES, start_run},
		{"suspend", "domain", "suspend a domain",
		 "Pauses a running domain; it keeps its memory and gets no more processor time.",
		 running_args, CMD_WRITES, suspend_run},
		{"resume", "domain", "resume a domain", "Lets a suspended domain run on.", paused_args,
		 CMD_WRITES, resume_run},
		{"shutdown", "domain", "ask a domain to shut down",
		 "Asks the guest to shut down. It may take its time, or not do it.", mode_args, CMD_WRITES,
		 shutdown_run},
		{"reboot", "domain", "ask a domain to reboot",
		 "Asks the guest to reboot. It may take its time, or not do it.", mode_args, CMD_WRITES,
		 reboot_run},
		{"reset", "domain", "reset a domain", "Resets a domain as its reset button would.",
		 active_args, CMD_WRITES, reset_run},
		{"destroy", "domain", "stop a domain at once",
		 "Stops a domain as pulling its plug would. Its definition and storage stay.", destroy_args,
		 CMD_WRITES, destroy_run},
		{"autostart", "domain", "start a domain with its host",
		 "Makes a domain start when its host does.", autostart_args, CMD_WRITES, autostart_run},
		{NULL},
	};

	return rows;
}
