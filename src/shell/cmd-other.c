/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands of virsh that the protocol served here has no call for. They take virsh's options and
 * fail as virsh does on a host without the call; their help says why.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"

#include <string.h>

/* Which function of the API each of them stands for. */
static const struct {
	const char *command, *function;
} functions[] = {
	{"qemu-monitor-command", "virDomainQemuMonitorCommand"},
	{"qemu-monitor-event", "virConnectDomainQemuMonitorEventRegister"},
	{"qemu-agent-command", "virDomainQemuAgentCommand"},
	{"qemu-attach", "virDomainQemuAttach"},
	{"lxc-enter-namespace", "virDomainLxcOpenNamespace"},
	{"dom-fd-associate", "virDomainFDAssociate"},
};

static int other_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	const char *function = "";
	unsigned pid = 0, timeout = 1;
	int attaching, waiting;

	if (args_exclusive(sh, in, "hmp", "pretty") < 0 ||
		(args_given(in, "domain") && domain_find(sh, in, BY_ANY, &dom) < 0) ||
		(waiting = args_get_uint(sh, in, "timeout", &timeout)) < 0 ||
		(attaching = args_get_uint(sh, in, "pid", &pid)) < 0)
		return -1;
	if (waiting && !timeout)
		return out_refuse(sh, "timeout must be positive");
	if (waiting + args_given(in, "async") + args_given(in, "block") > 1)
		return out_refuse(sh, "timeout, async and block options are exclusive");
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (strcmp(functions[i].command, in->cmd->name) == 0)
			function = functions[i].function;
	out_cause(sh, RVIRT_ERR_NO_SUPPORT, RVIRT_FROM_NONE,
			  "this function is not supported by the connection driver: %s", function);
	return attaching ? out_refuse(sh, "Failed to attach to pid %u", pid) : -1;
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
	{"pass-fds", ARG_STRING, "file descriptors to send along", ARG_NAMED},
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
static const struct arg attach_args[] = {
	{"pid", ARG_DATA, "number of the process"},
	{NULL},
};
static const struct arg enter_args[] = {
	ARG_DOMAIN_ANY(0),
	{"noseclabel", ARG_BOOL, "keep the label of the process"},
	ARG_WORDS("the program and its arguments"),
	{NULL},
};
static const struct arg associate_args[] = {
	ARG_DOMAIN_ANY(0),
	{"name", ARG_DATA, "name of the group"},
	{"pass-fds", ARG_DATA, "file descriptors"},
	{"seclabel-writable", ARG_BOOL, "with labels that let a guest write"},
	{"seclabel-restore", ARG_BOOL, "put the labels back afterwards"},
	{NULL},
};

const struct cmd *cmd_other_rows(void)
{
	static const struct cmd rows[] = {
		{"qemu-monitor-command", "monitor", "not served: a command for QEMU's monitor",
		 "Refused: monitor commands belong to QEMU's own protocol beside libvirt's, which rvirt "
		 "does not speak.",
		 monitor_args, CMD_WRITES, other_run},
		{"qemu-monitor-event", "monitor", "not served: events of QEMU's monitor",
		 "Refused: these events belong to QEMU's own protocol beside libvirt's, which rvirt does "
		 "not speak. The events of domains are those of 'event'.",
		 monitor_event_args, 0, other_run},
		{"qemu-agent-command", "monitor", "not served: a command for QEMU's guest agent",
		 "Refused: agent commands belong to QEMU's own protocol beside libvirt's, which rvirt does "
		 "not speak. What guests are asked through libvirt's protocol is there: guestinfo, "
		 "domfsinfo, set-user-password and others.",
		 agent_args, CMD_WRITES, other_run},
		{"qemu-attach", "domain", "not served: adopt a running QEMU",
		 "Refused: it belongs to QEMU's own protocol beside libvirt's, and libvirt gave it up.",
		 attach_args, CMD_WRITES, other_run},
		{"lxc-enter-namespace", "domain", "not served: run a program in a container",
		 "Refused: containers have a protocol of their own beside libvirt's, which rvirt does not "
		 "speak; it works only on the container's host.",
		 enter_args, CMD_WRITES, other_run},
		{"dom-fd-associate", "domain", "not served: lend a domain file descriptors",
		 "Refused: file descriptors live as long as the connection and stay on one host; rvirt's "
		 "shell sends none.",
		 associate_args, CMD_WRITES, other_run},
		{NULL},
	};

	return rows;
}
