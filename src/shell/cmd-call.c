/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Below the commands: call makes any call of the protocol with JSON, uri-parse shows how a URI is
 * read.
 */
#include "config.h"

#include "output.h"
#include "strings.h"
#include "table.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
