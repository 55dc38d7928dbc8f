/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command console.
 */
#include "config.h"

#include "console.h"
#include "domain.h"
#include "table.h"

static int run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {
		{"force", RVIRT_DOMAIN_CONSOLE_FORCE}, {"safe", RVIRT_DOMAIN_CONSOLE_SAFE}, {NULL}};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	const char *device;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "devname", &device) < 0)
		return -1;
	return console_run(sh, &dom, device, args_bits(in, bits), args_given(in, "resume"));
}

static const struct arg arguments[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"devname", ARG_STRING, "alias of the character device (default: the first console)"},
	{"force", ARG_BOOL, "take the console over from whoever has it"},
	{"safe", ARG_BOOL, "only if the host makes sure that nobody else has it"},
	{"resume", ARG_BOOL, "resume the paused guest once the console is there"},
	{NULL},
};

const struct cmd *cmd_console_rows(void)
{
	static const struct cmd rows[] = {
		{"console", "domain", "connect to a guest's console",
		 "Connects the terminal with a guest's serial console, until the escape character is "
		 "typed.",
		 arguments, 0, run},
		{NULL},
	};

	return rows;
}
