/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shell itself: connect, cd, pwd, echo, quit, exit.
 */
#include "config.h"

#include "file.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "xml.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int connect_run(struct shell *sh, const struct invocation *in)
{
	const char *uri;
	bool readonly = args_given(in, "readonly");

	if (args_get_text(sh, in, "name", &uri) < 0)
		return -1;
	/* the same host stays read-only, another one is what the line says */
	if (!uri)
		readonly |= sh->readonly;
	if (shell_connect(sh, uri, readonly, true) < 0)
		return -1;
	out_value(sh, json_pack("{s:o, s:b}", "uri", out_json_text(sh->uri), "readonly", readonly));
	return 0;
}

static int cd_run(struct shell *sh, const struct invocation *in)
{
	const char *dir = args_text(in, "dir");

	if (!sh->interactive)
		return out_refuse(sh, "cd: command valid only in interactive mode");
	if (!dir)
		dir = getenv("HOME");
	if (!dir)
		dir = "/";
	if (chdir(dir) < 0)
		return out_refuse(sh, "cd: %s: %s", strerror(errno), dir);
	out_value(sh, json_pack("{s:o}", "directory", out_json_text(dir)));
	return 0;
}

static int pwd_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *dir = getcwd(NULL, 0);

	(void)in;
	if (!dir)
		return out_refuse(sh, "pwd: %s", strerror(errno));
	out_text(sh, "%s\n", dir);
	out_value(sh, json_pack("{s:o}", "directory", out_json_text(dir)));
	return 0;
}

/* In single quotes, if a shell would read it otherwise. */
static void write_shell(const char *text, FILE *to)
{
	if (*text && !strpbrk(text, "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~")) {
		fputs(text, to);
		return;
	}
	fputc('\'', to);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	}
	fputc('\'', to);
}

static void write_pieces(const char *text, FILE *to)
{
	CLEANUP_STRINGS struct strings pieces = {0};

	strings_split_commas(&pieces, text);
	for (size_t i = 0; i < pieces.n; i++)
		fprintf(to, "%s\n", pieces.at[i]);
}

static int echo_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *text = NULL;
	const char *word, *gap = "";
	size_t at = 0, size;
	FILE *to;

	if (args_exclusive(sh, in, "shell", "xml") < 0 ||
		args_exclusive(sh, in, "shell", "split") < 0 || args_exclusive(sh, in, "xml", "split") < 0)
		return -1;
	to = open_memstream(&text, &size);
	if (!to)
		return out_refuse(sh, "echo: %s", strerror(errno));
	for (; (word = args_rest(in, &at)); gap = " ") {
		fputs(gap, to);
		if (args_given(in, "xml"))
			xml_put_text(to, word);
		else if (args_given(in, "shell"))
			write_shell(word, to);
		else if (args_given(in, "split"))
			write_pieces(word, to);
		else
			fputs(word, to);
	}
	fclose(to);
	if (args_given(in, "err") && *gap)
		out_warn(sh, "%s", text);
	else
		out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "text", out_json_text(text)));
	return 0;
}

static int quit_run(struct shell *sh, const struct invocation *in)
{
	(void)in;
	sh->interactive = false;
	return 0;
}

static const struct arg connect_args[] = {
	{"name", ARG_STRING, "URI of the hypervisor", ARG_EMPTY},
	{"readonly", ARG_BOOL, "only look, never change"},
	{NULL},
};
static const struct arg cd_args[] = {
	{"dir", ARG_STRING, "directory (default: home, or else root)", 0, file_complete},
	{NULL},
};
static const struct arg echo_args[] = {
	{"shell", ARG_BOOL, "quote for a shell"},
	{"xml", ARG_BOOL, "quote for XML"},
	{"split", ARG_BOOL, "cut at commas; ',,' is a comma"},
	{"err", ARG_BOOL, "write to stderr"},
	{"str", ARG_ALIAS, "string"},
	{"hi", ARG_ALIAS, "string=hello"},
	{"string", ARG_REST, "what to write"},
	{NULL},
};

const struct cmd *cmd_shell_rows(void)
{
	static const struct cmd rows[] = {
		{"connect", "rvsh", "connect to a hypervisor",
		 "Connects to a hypervisor, or again to the one that the shell is connected to.",
		 connect_args, CMD_LOCAL, connect_run},
		{"cd", "rvsh", "change the current directory", "Changes the shell's current directory.",
		 cd_args, CMD_LOCAL, cd_run},
		{"pwd", "rvsh", "print the current directory", "Prints the shell's current directory.",
		 NULL, CMD_LOCAL, pwd_run},
		{"echo", "rvsh", "print words", "Prints its words, quoted if that is asked for.", echo_args,
		 CMD_LOCAL, echo_run},
		{"quit", "rvsh", "leave the shell", NULL, NULL, CMD_LOCAL, quit_run},
		{"exit", "rvsh", "leave the shell", NULL, NULL, CMD_LOCAL, quit_run},
		{NULL},
	};

	return rows;
}
