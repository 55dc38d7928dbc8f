/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Below the commands: call makes any call of the protocol with JSON, uri-parse shows how a URI is
 * read.
 */
#include "config.h"

#include "file.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "transfer.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "domain-get-info" and "DOMAIN_GET_INFO" are the same name. */
static char *procedure_name(const char *text)
{
	char *name = shell_strdup(text);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

/* Prints JSON text for people; with --json it is the command's value. */
static int print_value(struct shell *sh, const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	CLEANUP_FREE char *pretty = NULL;

	if (!value)
		return out_refuse(sh, "the library's answer is no JSON");
	pretty = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
	out_text(sh, "%s\n", pretty ? pretty : text);
	out_value(sh, value);
	return 0;
}

static int list_procedures(struct shell *sh)
{
	const char *const *names = rvirt_procedure_names();
	json_t *all = json_array();

	for (; *names; names++) {
		out_text(sh, "%s\n", *names);
		json_array_append_new(all, json_string(*names));
	}
	out_value(sh, json_pack("{s:o}", "procedures", all));
	return 0;
}

static void clear_stream(struct rvirt_stream *const *stream)
{
	rvirt_stream_free(*stream);
}

/* Moves what a call's stream carries, into a file or out of one ("-": what the shell has). */
static int move(struct shell *sh, struct rvirt_stream *stream, const char *path, bool receives)
{
	struct transfer t = {.sh = sh, .label = path};
	int mode = receives ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC;
	CLEANUP_CLOSE int fd = strcmp(path, "-") != 0 ? open(path, mode, 0666)
						   : receives             ? dup(STDOUT_FILENO)
												  : dup(STDIN_FILENO);
	bool file;
	int r;

	if (fd < 0)
		return out_refuse(sh, "cannot open %s: %s", path, strerror(errno));
	r = receives ? transfer_receive(&t, stream, fd, &file)
				 : transfer_send(&t, stream, fd, false, &file);
	transfer_end(&t);
	if (r < 0 && file)
		return out_refuse(sh, "cannot %s %s: %s", receives ? "write" : "read", path,
						  strerror(errno));
	if (r < 0 || rvirt_stream_finish(stream) < 0)
		return out_fail_at(sh, "the stream has failed");
	return 0;
}

/* A call that opens a stream. What it answers is printed unless the data go to the same place. */
static int call_stream(struct shell *sh, const struct invocation *in, const char *name)
{
	CLEANUP(clear_stream) struct rvirt_stream *stream = NULL;
	const char *to = args_text(in, "to-file"), *from = args_text(in, "from-file");
	CLEANUP_FREE char *answer = NULL;

	if (args_exclusive(sh, in, "to-file", "from-file") < 0)
		return -1;
	answer = rvirt_call_json_stream(sh->conn, name, args_text(in, "arguments"), &stream);
	if (!answer)
		return out_fail_at(sh, "call of %s failed", name);
	if (move(sh, stream, to ? to : from, to != NULL) < 0)
		return -1;
	return to && strcmp(to, "-") == 0 ? 0 : print_value(sh, answer);
}

static int call_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *name = NULL, *answer = NULL;

	if (args_given(in, "list"))
		return list_procedures(sh);
	if (!args_text(in, "procedure"))
		return out_refuse(sh, "command 'call' requires <procedure> option");
	name = procedure_name(args_text(in, "procedure"));
	if (args_given(in, "template"))
		answer = rvirt_procedure_template(name);
	else if (shell_need_connection(sh) < 0)
		return -1;
	else if (args_text(in, "to-file") || args_text(in, "from-file"))
		return call_stream(sh, in, name);
	else
		answer = rvirt_call_json(sh->conn, name, args_text(in, "arguments"));
	return answer ? print_value(sh, answer) : out_fail_at(sh, "call of %s failed", name);
}

static void procedure_complete(struct shell *sh, const struct invocation *in, unsigned what,
							   struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	for (const char *const *names = rvirt_procedure_names(); *names; names++)
		strings_add(to, *names);
}

/* Lines of "part=value" as an object; a part that comes several times becomes a list. */
static json_t *parts_json(const char *text)
{
	CLEANUP_STRINGS struct strings lines = {0};
	json_t *object = json_object();

	strings_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		char *value = strchr(lines.at[i], '=');
		json_t *list;

		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(lines.at[i], "param") != 0) {
			json_object_set_new(object, lines.at[i], out_json_text(value));
			continue;
		}
		list = json_object_get(object, "params");
		if (!list) {
			list = json_array();
			json_object_set_new(object, "params", list);
		}
		json_array_append_new(list, out_json_text(value));
	}
	return object;
}

static int uri_parse_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *text = NULL;
	const char *uri;

	if (args_get_text(sh, in, "uri", &uri) < 0)
		return -1;
	text = rvirt_uri_describe(uri);
	if (!text)
		return out_fail(sh);
	out_text(sh, "%s", text);
	out_value(sh, parts_json(text));
	return 0;
}

static const struct arg call_args[] = {
	{"procedure", ARG_STRING, "name of a procedure, such as DOMAIN_GET_INFO", 0,
	 procedure_complete},
	{"arguments", ARG_STRING, "its arguments as a JSON object (default: {})"},
	{"list", ARG_BOOL, "print the names of all procedures"},
	{"template", ARG_BOOL, "print an example of the arguments"},
	{"to-file", ARG_STRING, "where to store what the call's stream gives (-: standard output)",
	 ARG_NAMED, file_complete},
	{"from-file", ARG_STRING, "what to send by the call's stream (-: standard input)", ARG_NAMED,
	 file_complete},
	{NULL},
};
static const struct arg uri_parse_args[] = {
	{"uri", ARG_DATA, "a connection URI", ARG_EMPTY},
	{NULL},
};

const struct cmd *cmd_call_rows(void)
{
	static const struct cmd rows[] = {
		{"call", "rvsh", "make any call of the protocol",
		 "Makes one call of the protocol, with arguments and results as JSON.", call_args,
		 CMD_LOCAL | CMD_WRITES | CMD_BARE, call_run},
		{"uri-parse", "rvsh", "show how a URI is read",
		 "Shows the parts of a connection URI, a line each, and what the daemon would be asked.",
		 uri_parse_args, CMD_LOCAL | CMD_BARE, uri_parse_run},
		{NULL},
	};

	return rows;
}
