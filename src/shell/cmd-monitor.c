/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Talking to QEMU past libvirt: its monitor, what that tells by itself, and the agent in a guest.
 */
#include "config.h"

#include "domain.h"
#include "event.h"
#include "interrupt.h"
#include "output.h"
#include "strings.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of the command from *at on, with a blank between; freed by the caller. */
static char *rest_of_line(const struct invocation *in, size_t at)
{
	char *text = NULL;
	const char *word;

	while ((word = args_rest(in, &at))) {
		char *more = text ? shell_printf("%s %s", text, word) : shell_strdup(word);

		free(text);
		text = more;
	}
	return text ? text : shell_strdup("");
}

static void write_json(FILE *to, const json_t *value, int depth)
{
	bool list = json_is_array(value), first = true;
	json_t *at = (json_t *)(uintptr_t)value, *item;
	const char *key;
	size_t i;

	if (!list && !json_is_object(value)) {
		json_dumpf(value, to, JSON_ENCODE_ANY);
		return;
	}
	fprintf(to, "%c\n", list ? '[' : '{');
	json_array_foreach(at, i, item)
	{
		fprintf(to, "%s%*s", first ? "" : ",\n", 2 * depth + 2, "");
		write_json(to, item, depth + 1);
		first = false;
	}
	json_object_foreach(at, key, item)
	{
		json_t *name = json_string(key);

		fprintf(to, "%s%*s", first ? "" : ",\n", 2 * depth + 2, "");
		json_dumpf(name, to, JSON_ENCODE_ANY);
		fputs(": ", to);
		json_decref(name);
		write_json(to, item, depth + 1);
		first = false;
	}
	fprintf(to, "\n%*s%c", 2 * depth, "", list ? ']' : '}');
}

/* JSON over several lines as virsh has it, where empty objects and lists have three; freed by the
 * caller. */
static char *pretty_json(const json_t *value)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		return shell_strdup("");
	write_json(to, value, 0);
	fclose(to);
	return text;
}

/* -- a command -- */

/* What is sent: the words if they are an object, else one made of the command's name and an object
 * of arguments after it. NULL with the error reported; else freed by the caller. */
static char *wrap(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *whole = rest_of_line(in, 0), *rest = NULL;
	json_t *object = json_loads(whole, 0, NULL), *arguments = NULL;
	size_t at = 0;
	const char *name;
	char *text = NULL;

	if (json_is_object(object)) {
		json_decref(object);
		return shell_strdup(whole);
	}
	json_decref(object);
	name = args_rest(in, &at);
	rest = rest_of_line(in, at);
	if (*rest && !(arguments = json_loads(rest, 0, NULL))) {
		CLEANUP_FREE char *braced = shell_printf("{%s}", rest);

		arguments = json_loads(braced, 0, NULL);
	}
	if (*rest && !json_is_object(arguments)) {
		json_decref(arguments);
		out_refuse(sh, "failed to wrap arguments '%s' into a QMP command wrapper", rest);
		return NULL;
	}
	object = json_pack("{s:s}", "execute", name);
	if (arguments)
		json_object_set_new(object, "arguments", arguments);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		out_refuse(sh, "the command is no text in UTF-8");
	return text;
}

/* Prints an answer, value being what it is in JSON (NULL: nothing); ending follows what was made
 * pretty or shorter. */
static int show(struct shell *sh, const struct invocation *in, const char *answer, json_t *value,
				const char *ending)
{
	json_t *part = value;
	CLEANUP_FREE char *text = NULL;

	if (args_given(in, "return-value")) {
		part = json_object_get(value, "return");
		if (!part)
			return out_refuse(sh, "'return' member missing");
	}
	if (part && args_given(in, "pretty"))
		text = pretty_json(part);
	else if (part != value)
		text = json_dumps(part, JSON_COMPACT | JSON_ENCODE_ANY);
	out_text(sh, "%s%s", text ? text : answer, text ? ending : "\n");
	out_value(sh, json_pack("{s:o}", "result", part ? json_incref(part) : out_json_text(answer)));
	return 0;
}

static int monitor_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_qemu_monitor_command_args args = {
		.flags = args_given(in, "hmp") ? RVIRT_DOMAIN_QEMU_MONITOR_COMMAND_HMP : 0};
	struct rvirt_wire_domain_qemu_monitor_command_ret ret = {0};
	CLEANUP_FREE char *command = NULL;
	struct rvirt_fds fds;
	json_t *value;
	int rc;

	if (args_exclusive(sh, in, "hmp", "pretty") < 0 ||
		args_exclusive(sh, in, "hmp", "return-value") < 0 || args_get_fds(sh, in, &fds) < 0 ||
		domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	command = args.flags ? rest_of_line(in, 0) : wrap(sh, in);
	if (!command)
		return -1;
	args.dom = dom;
	args.cmd = command;
	if ((fds.n
			 ? rvirt_call_domain_qemu_monitor_command_with_files(sh->conn, &args, &ret, &fds, NULL)
			 : rvirt_call_domain_qemu_monitor_command(sh->conn, &args, &ret)) < 0)
		return out_fail(sh);
	value = args.flags ? NULL : json_loads(ret.result, JSON_DECODE_ANY, NULL);
	rc = show(sh, in, ret.result, value, "");
	json_decref(value);
	free(ret.result);
	return rc;
}

static int agent_run(struct shell *sh, const struct invocation *in)
{
	enum { BLOCK = -2, DEFAULT = -1, NO_WAIT = 0 };
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_qemu_agent_command_args args = {.timeout = DEFAULT};
	struct rvirt_wire_domain_qemu_agent_command_ret ret = {0};
	CLEANUP_FREE char *command = NULL;
	json_t *value;
	int waiting, rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(waiting = args_get_int(sh, in, "timeout", &args.timeout)) < 0)
		return -1;
	if (waiting && args.timeout < 1)
		return out_refuse(sh, "timeout must be positive");
	if (waiting + args_given(in, "async") + args_given(in, "block") > 1)
		return out_refuse(sh, "timeout, async and block options are exclusive");
	if (args_given(in, "async"))
		args.timeout = NO_WAIT;
	if (args_given(in, "block"))
		args.timeout = BLOCK;
	command = rest_of_line(in, 0);
	args.dom = dom;
	args.cmd = command;
	if (rvirt_call_domain_qemu_agent_command(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	value = ret.result ? json_loads(ret.result, JSON_DECODE_ANY, NULL) : NULL;
	rc = show(sh, in, ret.result ? ret.result : "", value, "\n\n");
	json_decref(value);
	free(ret.result);
	return rc;
}

/* -- events -- */

struct listening {
	struct shell *sh;
	bool loop, pretty, timestamp;
	int count;
	json_t *events;
};

static void on_event(int procedure, const void *msg, void *opaque)
{
	const struct rvirt_wire_domain_qemu_monitor_event_msg *m = msg;
	struct listening *l = opaque;
	CLEANUP_FREE char *nice = NULL, *lines = NULL;
	json_t *details;

	if (procedure != RVIRT_PROC_DOMAIN_QEMU_MONITOR_EVENT || (!l->loop && l->count))
		return;
	details = m->details ? json_loads(m->details, JSON_DECODE_ANY, NULL) : NULL;
	if (l->pretty && details) {
		nice = pretty_json(details);
		lines = shell_printf("%s\n", nice);
	}
	if (l->timestamp) {
		event_print_time(l->sh);
		out_text(l->sh, "event %s for domain '%s': ", m->event, m->dom.name);
	} else {
		out_text(l->sh, "event %s at %lld.%06u for domain '%s': ", m->event, (long long)m->seconds,
				 m->micros, m->dom.name);
	}
	out_text(l->sh, "%s\n", lines ? lines : m->details ? m->details : "<null>");
	fflush(stdout);
	json_array_append_new(
		l->events, json_pack("{s:o, s:o, s:I, s:i, s:o*}", "event", out_json_text(m->event), "name",
							 out_json_text(m->dom.name), "seconds", (json_int_t)m->seconds,
							 "microseconds", (int)m->micros, "details", details));
	l->count++;
}

/* Registers, waits, and takes back what was registered: as event_wait(). */
static const char *
listen_for(struct listening *l,
		   const struct rvirt_wire_connect_domain_qemu_monitor_event_register_args *args,
		   int timeout_ms)
{
	struct rvirt_wire_callback_id_ret id;
	struct rvirt_wire_callback_id_args gone;
	const char *how;

	if (rvirt_call_connect_domain_qemu_monitor_event_register(l->sh->conn, args, &id) < 0)
		return NULL;
	how = event_wait(l->sh, l->loop, &l->count, timeout_ms);
	gone.callback_id = id.callback_id;
	if (how && rvirt_call_connect_domain_qemu_monitor_event_deregister(l->sh->conn, &gone) < 0)
		return NULL;
	return how;
}

static int event_run_monitor(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {{"regex", 1}, {"no-case", 2}, {NULL}};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct listening l = {
		sh, args_given(in, "loop"), args_given(in, "pretty"), args_given(in, "timestamp"), 0, NULL};
	struct rvirt_wire_connect_domain_qemu_monitor_event_register_args args = {
		.flags = args_bits(in, bits)};
	struct interrupt old;
	const char *name, *how;
	int timeout_ms = 0;

	if (args_get_timeout(sh, in, &timeout_ms) < 0 || args_get_text(sh, in, "event", &name) < 0)
		return -1;
	if (args_given(in, "domain")) {
		if (domain_find(sh, in, BY_ANY, &dom) < 0)
			return -1;
		args.dom = &dom;
	}
	args.event = (char *)(uintptr_t)name;
	l.events = json_array();
	interrupt_begin(&old);
	rvirt_conn_set_event_handler(sh->conn, on_event, &l);
	how = listen_for(&l, &args, timeout_ms);
	rvirt_conn_set_event_handler(sh->conn, NULL, NULL);
	interrupt_end(&old);
	if (how) {
		out_text(sh, "%sevents received: %d\n", how, l.count);
		out_value(sh, json_pack("{s:O}", "events", l.events));
	}
	json_decref(l.events);
	return !how ? out_fail(sh) : l.count ? 0 : -1;
}

#define ARG_WORDS(help_)                                                                           \
	{                                                                                              \
		"cmd", ARG_REST, help_, ARG_REQUIRED                                                       \
	}

static const struct arg monitor_args[] = {
	ARG_DOMAIN_ANY(0),
	{"hmp", ARG_BOOL, "the command is one for people"},
	{"pretty", ARG_BOOL, "indent the answer"},
	{"return-value", ARG_BOOL, "only the value that the answer returns"},
	{"pass-fds", ARG_STRING, "file descriptors N,M,... to send along", ARG_NAMED},
	ARG_WORDS("the command"),
	{NULL},
};
static const struct arg monitor_event_args[] = {
	{"domain", ARG_STRING, "name, id or UUID of a domain", 0, domain_complete},
	{"event", ARG_STRING, "name of an event"},
	{"pretty", ARG_BOOL, "indent the events"},
	{"loop", ARG_BOOL, "all events until the timeout or an interrupt"},
	{"timeout", ARG_INT, "seconds to wait"},
	{"regex", ARG_BOOL, "the name is a pattern"},
	{"no-case", ARG_BOOL, "in upper and lower case"},
	{"timestamp", ARG_BOOL, "with the time of each event"},
	{NULL},
};
static const struct arg agent_args[] = {
	ARG_DOMAIN_ANY(0),
	{"timeout", ARG_INT, "seconds to wait", ARG_NAMED},
	{"async", ARG_BOOL, "do not wait for the answer"},
	{"block", ARG_BOOL, "wait without end"},
	{"pretty", ARG_BOOL, "indent the answer"},
	ARG_WORDS("the command"),
	{NULL},
};

const struct cmd *cmd_monitor_rows(void)
{
	static const struct cmd rows[] = {
		{"qemu-monitor-command", "monitor", "send a command to QEMU's monitor",
		 "Sends an object of QEMU's machine protocol, or the name of a command and an object of "
		 "its "
		 "arguments, and prints the answer; with --hmp a line of the monitor for people. Nobody "
		 "checks what it does to the guest.",
		 monitor_args, CMD_WRITES, monitor_run},
		{"qemu-monitor-event", "monitor", "wait for events of QEMU's monitor",
		 "Waits for what QEMU tells by itself, with its own names. The events of domains as "
		 "libvirt "
		 "has them are those of 'event'.",
		 monitor_event_args, 0, event_run_monitor},
		{"qemu-agent-command", "monitor", "send a command to QEMU's agent in a guest",
		 "Sends an object of the agent's protocol and prints its answer.", agent_args, CMD_WRITES,
		 agent_run},
		{NULL},
	};

	return rows;
}
