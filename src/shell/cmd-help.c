/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the rows of the commands tell: help, the manual page's list of commands, completion for
 * login shells.
 */
#include "config.h"

#include "complete.h"
#include "help.h"
#include "output.h"
#include "strings.h"
#include "table.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether words without a name may be values, so that a last list needs its name to be told apart.
 */
static bool has_unnamed(const struct cmd *cmd)
{
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++)
		if ((arg->type == ARG_STRING || arg->type == ARG_INT || arg->type == ARG_DATA) &&
			!(arg->flags & ARG_NAMED))
			return true;
	return false;
}

static char *synopsis_of(const struct arg *arg, bool unnamed)
{
	bool required = arg->flags & ARG_REQUIRED;

	switch (arg->type) {
	case ARG_BOOL:
		return shell_printf("[--%s]", arg->name);
	case ARG_STRING:
		return shell_printf("[--%s <string>]", arg->name);
	case ARG_INT:
		return shell_printf(required ? "<%s>" : "[--%s <number>]", arg->name);
	case ARG_DATA:
		return shell_printf("<%s>", arg->name);
	case ARG_REST:
		if (unnamed)
			return shell_printf(required ? "{[--%s] <string>}..." : "[[--%s] <string>]...",
								arg->name);
		return shell_printf(required ? "<%s>..." : "[<%s>]...", arg->name);
	case ARG_ALIAS:
		break;
	}
	return shell_strdup("");
}

static char *option_of(const struct arg *arg, bool unnamed)
{
	switch (arg->type) {
	case ARG_BOOL:
		return shell_printf("--%s", arg->name);
	case ARG_STRING:
		return shell_printf("--%s <string>", arg->name);
	case ARG_INT:
		return shell_printf(arg->flags & ARG_REQUIRED ? "[--%s] <number>" : "--%s <number>",
							arg->name);
	case ARG_DATA:
		return shell_printf("[--%s] <string>", arg->name);
	case ARG_REST:
		return shell_printf(unnamed ? "[--%s] <string>" : "<%s>", arg->name);
	case ARG_ALIAS:
		break;
	}
	return shell_strdup("");
}

static void print_command(struct shell *sh, const struct cmd *cmd)
{
	bool unnamed = has_unnamed(cmd);

	out_text(sh, "  NAME\n    %s - %s\n\n  SYNOPSIS\n    %s", cmd->name, cmd->help, cmd->name);
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++) {
		CLEANUP_FREE char *text = synopsis_of(arg, unnamed);

		if (arg->type != ARG_ALIAS)
			out_text(sh, " %s", text);
	}
	out_text(sh, " [--json]\n");
	if (cmd->desc)
		out_text(sh, "\n  DESCRIPTION\n    %s\n", cmd->desc);
	out_text(sh, "\n  OPTIONS\n");
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++) {
		CLEANUP_FREE char *text = option_of(arg, unnamed);

		if (arg->type != ARG_ALIAS)
			out_text(sh, "    %-15s  %s\n", text, arg->help);
	}
	out_text(sh, "    %-15s  %s\n\n", "--json", "print the result as JSON");
}

static json_t *command_json(const struct cmd *cmd, bool whole)
{
	static const char *const types[] = {"flag", "string", "number", "string", "strings"};
	json_t *object = json_pack("{s:s, s:s, s:b}", "name", cmd->name, "help", cmd->help, "writes",
							   (cmd->flags & CMD_WRITES) != 0);
	json_t *options;

	if (!whole)
		return object;
	json_object_set_new(object, "group", json_string(cmd->group));
	json_object_set_new(object, "description", cmd->desc ? json_string(cmd->desc) : json_null());
	options = json_array();
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++)
		if (arg->type != ARG_ALIAS)
			json_array_append_new(options,
								  json_pack("{s:s, s:s, s:b, s:s}", "name", arg->name, "type",
											types[arg->type], "required",
											arg->type == ARG_DATA || arg->flags & ARG_REQUIRED,
											"help", arg->help));
	json_object_set_new(object, "options", options);
	return object;
}

static json_t *group_json(const struct cmd_group *group)
{
	CLEANUP_FREE const struct cmd **list = table_list(group);
	json_t *commands = json_array();

	for (size_t i = 0; list[i]; i++)
		json_array_append_new(commands, command_json(list[i], false));
	return json_pack("{s:s, s:s, s:o}", "keyword", group->keyword, "name", group->name, "commands",
					 commands);
}

void help_group(struct shell *sh, const struct cmd_group *group, const char *colon)
{
	CLEANUP_FREE const struct cmd **list = table_list(group);

	out_text(sh, " %s (help keyword '%s')%s\n", group->name, group->keyword, colon);
	for (size_t i = 0; list[i]; i++)
		out_text(sh, "    %-30s %s\n", list[i]->name, list[i]->help);
}

static void help_all(struct shell *sh)
{
	json_t *groups = json_array();

	out_text(sh, "Grouped commands:\n\n");
	for (const struct cmd_group *group = table_groups(); group->keyword; group++) {
		help_group(sh, group, ":");
		out_text(sh, "\n");
		json_array_append_new(groups, group_json(group));
	}
	out_value(sh, json_pack("{s:o}", "groups", groups));
}

static int help_run(struct shell *sh, const struct invocation *in)
{
	const char *name = args_text(in, "command");
	const struct cmd *cmd = name ? table_find(name) : NULL;
	const struct cmd_group *group = name ? table_find_group(name) : NULL;

	if (!name) {
		help_all(sh);
	} else if (cmd) {
		print_command(sh, cmd);
		out_value(sh, command_json(cmd, true));
	} else if (group) {
		help_group(sh, group, ":");
		out_value(sh, group_json(group));
	} else {
		return out_refuse(sh, "command or command group '%s' doesn't exist", name);
	}
	return 0;
}

static void command_complete(struct shell *sh, const struct invocation *in, unsigned what,
							 struct strings *to)
{
	CLEANUP_FREE const struct cmd **list = table_list(NULL);

	(void)sh;
	(void)in;
	(void)what;
	for (size_t i = 0; list[i]; i++)
		strings_add(to, list[i]->name);
	for (const struct cmd_group *group = table_groups(); group->keyword; group++)
		strings_add(to, group->keyword);
}

/* Text for roff: no line of it is a request, and hyphens stay what they are. */
static void print_roff(struct shell *sh, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '-')
			out_text(sh, "\\-");
		else if (*c == '\\')
			out_text(sh, "\\e");
		else if (*c == '\n')
			out_text(sh, " ");
		else
			out_text(sh, "%c", *c);
	}
}

static void manual_command(struct shell *sh, const struct cmd *cmd)
{
	bool unnamed = has_unnamed(cmd);

	out_text(sh, ".SS ");
	print_roff(sh, cmd->name);
	out_text(sh, "\n.B ");
	print_roff(sh, cmd->name);
	out_text(sh, "\n");
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++) {
		CLEANUP_FREE char *text = synopsis_of(arg, unnamed);

		if (arg->type == ARG_ALIAS)
			continue;
		print_roff(sh, text);
		out_text(sh, "\n");
	}
	out_text(sh, ".PP\n");
	if (cmd->desc)
		print_roff(sh, cmd->desc);
	else
		out_text(sh, "Prints the %s.", cmd->help);
	out_text(sh, "\n");
	for (const struct arg *arg = cmd->args; arg && arg->name; arg++) {
		CLEANUP_FREE char *text = option_of(arg, unnamed);

		if (arg->type == ARG_ALIAS)
			continue;
		out_text(sh, ".TP\n.B ");
		print_roff(sh, text);
		out_text(sh, "\n");
		print_roff(sh, arg->help);
		out_text(sh, "\n");
	}
}

/* The part of rvsh(1) that lists the commands. */
static int manual_run(struct shell *sh, const struct invocation *in)
{
	(void)in;
	for (const struct cmd_group *group = table_groups(); group->keyword; group++) {
		CLEANUP_FREE const struct cmd **list = table_list(group);
		CLEANUP_FREE char *title = shell_printf("%s COMMANDS", group->name);

		for (char *c = title; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c += 'A' - 'a';
		out_text(sh, ".SH %s\n", title);
		for (size_t i = 0; list[i]; i++)
			manual_command(sh, list[i]);
	}
	return 0;
}

static int complete_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_STRINGS struct strings words = {0}, found = {0};
	const char *word;
	size_t at = 0;
	bool file;

	/* nobody is there to answer a question */
	close(STDIN_FILENO);
	while ((word = args_rest(in, &at)))
		strings_add(&words, word);
	if (words.n == 0)
		strings_add(&words, "");
	sh->silent = true;
	complete_words(sh, words.at, words.n, &found, &file);
	for (size_t i = 0; i < found.n; i++)
		out_text(sh, "%s\n", found.at[i]);
	return found.n ? 0 : -1;
}

static const struct arg help_args[] = {
	{"command", ARG_STRING, "a command or a group of commands (default: all)", 0, command_complete},
	{NULL},
};
static const struct arg complete_args[] = {
	{"string", ARG_REST, "words of a command line, the last one to be completed", ARG_EMPTY},
	{NULL},
};

const struct cmd *cmd_help_rows(void)
{
	static const struct cmd rows[] = {
		{"help", "rvsh", "print help",
		 "Prints the commands, those of a group, or all about one command.", help_args, CMD_LOCAL,
		 help_run},
		{"manual", "rvsh", "print the commands for the manual page", NULL, NULL,
		 CMD_LOCAL | CMD_HIDDEN | CMD_BARE, manual_run},
		{"complete", "rvsh", "print what a word can become", NULL, complete_args,
		 CMD_LOCAL | CMD_HIDDEN | CMD_BARE, complete_run},
		{NULL},
	};

	return rows;
}
