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
	{"qemu-attach", "virDomainQemuAttach"},
	{"lxc-enter-namespace", "virDomainLxcOpenNamespace"},
};

static int other_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	const char *function = "";
	unsigned pid = 0;
	int attaching;

	if ((args_given(in, "domain") && domain_find(sh, in, BY_ANY, &dom) < 0) ||
		(attaching = args_get_uint(sh, in, "pid", &pid)) < 0)
		return -1;
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

const struct cmd *cmd_other_rows(void)
{
	static const struct cmd rows[] = {
		{"qemu-attach", "domain", "not served: adopt a running QEMU",
		 "Refused: libvirt gave it up, and no host that is served here has it.", attach_args,
		 CMD_WRITES, other_run},
		{"lxc-enter-namespace", "domain", "not served: run a program in a container",
		 "Refused: containers have a protocol of their own beside libvirt's, which rvirt does not "
		 "speak; it works only on the container's host.",
		 enter_args, CMD_WRITES, other_run},
		{NULL},
	};

	return rows;
}
