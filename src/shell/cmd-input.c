/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is sent to a guest: keys, signals, interrupts; and what happens when it ends.
 */
#include "config.h"

#include "domain.h"
#include "keys.h"
#include "output.h"
#include "table.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* By the protocol's numbers. */
static const char *const codesets[] = {"linux", "xt",     "atset1", "atset2", "atset3",
									   "os_x",  "xt_kbd", "usb",    "win32",  "qnum"};
#define N_CODESETS (sizeof(codesets) / sizeof(*codesets))
#define MAX_KEYS 16 /* of the protocol */

/* A key as a number or, of the first code set, by its name; -1 if it is none. */
static long key_code(const char *text, size_t codeset)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 0);
	if (!errno && end != text && !*end && n >= 0 && n <= 0xffff)
		return n;
	return codeset == 0 ? keys_code(text) : -1;
}

static int send_key_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	uint32_t codes[MAX_KEYS];
	struct rvirt_wire_domain_send_key_args args = {.keycodes = codes};
	const char *name = args_text(in, "codeset"), *key;
	size_t codeset = 0, at = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_uint(sh, in, "holdtime", &args.holdtime) < 0)
		return -1;
	while (name && codeset < N_CODESETS && strcmp(name, codesets[codeset]) != 0)
		codeset++;
	if (name && strcmp(name, "rfb") == 0)
		codeset = N_CODESETS - 1;
	if (codeset == N_CODESETS)
		return out_refuse(sh, "unknown codeset: '%s'", name);
	while ((key = args_rest(in, &at))) {
		long code = key_code(key, codeset);

		if (args.n_keycodes == MAX_KEYS)
			return out_refuse(sh, "too many keycodes");
		if (code < 0)
			return out_refuse(sh, "invalid keycode: '%s'", key);
		codes[args.n_keycodes++] = (uint32_t)code;
	}
	args.dom = dom;
	args.codeset = (uint32_t)codeset;
	if (rvirt_call_domain_send_key(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "keys sent");
}

/* A signal by number or by name, which may begin with sig; -1 if it is none. */
static int signal_number(const char *text)
{
	static const char *const names[] = {
		"nop",  "hup",  "int",  "quit", "ill",    "trap",   "abrt",  "bus",  "fpe",  "kill", "usr1",
		"segv", "usr2", "pipe", "alrm", "term",   "stkflt", "chld",  "cont", "stop", "tstp", "ttin",
		"ttou", "urg",  "xcpu", "xfsz", "vtalrm", "prof",   "winch", "poll", "pwr",  "sys"};
	enum { FIRST_RT = 32, LAST_RT = 64 };
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (!errno && end != text && !*end)
		return n >= 0 && n <= INT_MAX ? (int)n : -1;
	if (strncasecmp(text, "sig_", 4) == 0)
		text += 4;
	else if (strncasecmp(text, "sig", 3) == 0)
		text += 3;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcasecmp(text, names[i]) == 0)
			return (int)i;
	if (strncasecmp(text, "rt", 2) != 0 || !isdigit((unsigned char)text[2]))
		return -1;
	n = strtol(text + 2, &end, 10);
	return !*end && n <= LAST_RT - FIRST_RT ? FIRST_RT + (int)n : -1;
}

static int send_process_signal_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_send_process_signal_args args;
	const char *name;
	int64_t pid = 0;
	int number;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_llong(sh, in, "pid", &pid) < 0 ||
		args_get_text(sh, in, "signame", &name) < 0)
		return -1;
	if ((number = signal_number(name)) < 0)
		return out_refuse(sh, "malformed signal name: %s", name);
	args = (struct rvirt_wire_domain_send_process_signal_args){dom, pid, (unsigned)number, 0};
	if (rvirt_call_domain_send_process_signal(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "signal sent");
}

static int inject_nmi_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_inject_nmi(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "NMI sent");
}

/* The place of a word in a list; -1 if it is not there. */
static int place(const char *word, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return i;
	return -1;
}

static int set_lifecycle_action_run(struct shell *sh, const struct invocation *in)
{
	static const char *const types[] = {"poweroff", "reboot", "crash"};
	static const char *const actions[] = {"destroy",  "restart",          "rename-restart",
										  "preserve", "coredump-destroy", "coredump-restart"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_set_lifecycle_action_args args;
	const char *type, *action;
	unsigned flags;
	int t, a;

	if (domain_affect(sh, in, &flags) < 0 || args_get_text(sh, in, "type", &type) < 0 ||
		args_get_text(sh, in, "action", &action) < 0)
		return -1;
	if ((t = place(type, types, 3)) < 0)
		return out_refuse(sh, "Invalid lifecycle type '%s'.", type);
	if ((a = place(action, actions, 6)) < 0)
		return out_refuse(sh, "Invalid lifecycle action '%s'.", action);
	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args =
		(struct rvirt_wire_domain_set_lifecycle_action_args){dom, (unsigned)t, (unsigned)a, flags};
	if (rvirt_call_domain_set_lifecycle_action(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to change lifecycle action.");
	return domain_done(sh, &dom, "changed");
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE

static const struct arg send_key_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"codeset", ARG_STRING, "whose numbers the keys have: linux (the default), xt, usb ...",
	 ARG_NAMED},
	{"holdtime", ARG_INT, "milliseconds to hold them", ARG_NAMED},
	{"keycode", ARG_REST, "number or, of linux, name of a key", ARG_REQUIRED},
	{NULL},
};
static const struct arg send_process_signal_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"pid", ARG_DATA, "number of a process of the guest"},
	{"signame", ARG_DATA, "number or name of a signal"},
	{NULL},
};
static const struct arg active_args[] = {ARG_DOMAIN_ANY(ACTIVE), {NULL}};
static const struct arg lifecycle_args[] = {
	ARG_DOMAIN_ANY(0),
	{"type", ARG_DATA, "poweroff, reboot or crash"},
	{"action", ARG_DATA, "destroy, restart, rename-restart, preserve, coredump-destroy ..."},
	ARGS_AFFECT,
	{NULL},
};

const struct cmd *cmd_input_rows(void)
{
	static const struct cmd rows[] = {
		{"send-key", "domain", "press keys of a guest",
		 "Presses keys together on the keyboard of a running guest.", send_key_args, CMD_WRITES,
		 send_key_run},
		{"send-process-signal", "domain", "send a signal to a process of a guest",
		 "Sends a signal to a process inside a guest, where the hypervisor can.",
		 send_process_signal_args, CMD_WRITES, send_process_signal_run},
		{"inject-nmi", "domain", "send a guest an interrupt that it can't mask",
		 "Sends a non-maskable interrupt, which makes many systems dump their memory.", active_args,
		 CMD_WRITES, inject_nmi_run},
		{"set-lifecycle-action", "domain", "set what happens when a guest ends",
		 "Sets what is done with a domain when its guest powers off, reboots or crashes.",
		 lifecycle_args, CMD_WRITES, set_lifecycle_action_run},
		{NULL},
	};

	return rows;
}
