/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secrets: passphrases that hosts keep for volumes and storage. Values are wiped from memory once
 * they were used, and never appear in a log.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "event.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *encode(const unsigned char *in, size_t n)
{
	char *text = shell_alloc((n + 2) / 3 * 4 + 1), *out = text;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)in[i] << 16 | (i + 1 < n ? (unsigned)in[i + 1] << 8 : 0) |
					 (i + 2 < n ? in[i + 2] : 0);

		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digits[v & 63] : '=';
	}
	return text;
}

/* In place; what is no digit is passed over. The length. */
static size_t decode(char *text)
{
	unsigned char *out = (unsigned char *)text;
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (const char *p = text; *p && *p != '='; p++) {
		const char *digit = strchr(digits, *p);

		if (!digit)
			continue;
		bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffffff;
		if ((n_bits += 6) >= 8)
			out[n++] = (unsigned char)(bits >> (n_bits -= 8));
	}
	return n;
}

/* A line from the terminal, not shown; NULL with the error reported. */
static char *ask_value(struct shell *sh)
{
	struct termios shown, hidden;
	char line[1024];
	bool ok, terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	char *value;

	printf("Enter new value for secret:");
	fflush(stdout);
	if (terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	ok = fgets(line, sizeof line, stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		putchar('\n');
	}
	if (!ok) {
		out_refuse(sh, "Failed to read secret");
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	value = shell_strdup(line);
	explicit_bzero(line, sizeof line);
	return value;
}

/* The value that the options name, and whether it is as it is. NULL with the error reported. */
static char *read_value(struct shell *sh, const struct invocation *in, bool *ret_plain)
{
	const char *base64, *file;
	char *value;

	*ret_plain = args_given(in, "plain") || args_given(in, "interactive");
	if (args_get_text(sh, in, "base64", &base64) < 0 || args_get_text(sh, in, "file", &file) < 0)
		return NULL;
	if (base64) {
		out_warn(sh, "error: Passing secret value as command-line argument is insecure!\n");
		return shell_strdup(base64);
	}
	if (file) {
		if (!(value = file_read(sh, file)) || strlen(value) <= 1024)
			return value;
		explicit_bzero(value, strlen(value));
		free(value);
		out_refuse(sh, "Failed to read file '%s': Value too large for defined data type", file);
		return NULL;
	}
	if (args_given(in, "interactive"))
		return ask_value(sh);
	out_refuse(sh, "Input secret value is missing");
	return NULL;
}

static int set_value_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_SECRET};
	struct rvirt_wire_secret_value_flags_args args = {0};
	char *value;
	size_t size;
	bool plain;
	int rc;

	if (args_exclusive(sh, in, "file", "base64") < 0 ||
		args_exclusive(sh, in, "plain", "base64") < 0 ||
		args_exclusive(sh, in, "interactive", "base64") < 0 ||
		args_exclusive(sh, in, "interactive", "plain") < 0 ||
		args_exclusive(sh, in, "interactive", "file") < 0 ||
		object_find(sh, in, OBJECT_SECRET, NULL, OBJECT_BY_ANY, &o) < 0 ||
		!(value = read_value(sh, in, &plain)))
		return -1;
	size = strlen(value);
	args.secret = o.as.secret.secret;
	args.n_value = (uint32_t)(plain ? size : decode(value));
	args.value = (uint8_t *)value;
	rc = rvirt_call_secret_set_value(sh->conn, &args);
	explicit_bzero(value, size);
	free(value);
	if (rc < 0)
		return out_fail_at(sh, "Failed to set secret value");
	out_note(sh, "Secret value set\n");
	return object_done(sh, &o, "value set");
}

static int get_value_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_SECRET};
	struct rvirt_wire_value_ret ret = {0};
	char *text;

	if (object_find(sh, in, OBJECT_SECRET, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	if (object_call_flags(sh, &o, RVIRT_PROC_SECRET_GET_VALUE, 0, &ret) < 0)
		return out_fail(sh);
	text = encode(ret.value, ret.n_value);
	if (!args_given(in, "plain"))
		out_text(sh, "%s", text);
	else if (!sh->json)
		fwrite(ret.value, 1, ret.n_value, stdout);
	out_value(sh, json_pack("{s:s}", "base64", text));
	explicit_bzero(text, strlen(text));
	free(text);
	if (ret.n_value)
		explicit_bzero(ret.value, ret.n_value);
	rvirt_wire_clear(RVIRT_PROC_SECRET_GET_VALUE, &ret);
	return 0;
}

static int by_uuid(const void *a, const void *b)
{
	return memcmp(((const struct rvirt_wire_secret *)a)->uuid,
				  ((const struct rvirt_wire_secret *)b)->uuid, RVIRT_UUID_LEN);
}

static void print_secrets(struct shell *sh, const struct rvirt_wire_secrets_count_ret *found)
{
	static const char *const heads[] = {"UUID", "Usage"};
	static const char *const usages[] = {"none", "volume", "ceph", "iscsi", "tls", "vtpm"};
	struct table *table = table_new(2, heads);
	json_t *all = json_array();
	CLEANUP_FREE char *text = NULL;

	for (uint32_t i = 0; i < found->n_secrets; i++) {
		const struct rvirt_wire_secret *s = &found->secrets[i];
		const char *type = s->usage_type >= 0 && s->usage_type < 6 ? usages[s->usage_type] : "?";
		CLEANUP_FREE char *usage =
			s->usage_type ? shell_printf("%s %s", type, s->usage_id) : shell_strdup("Unused");
		char uuid[OUT_UUID_SIZE];
		const char *cells[] = {out_uuid(s->uuid, uuid), usage};

		table_add(table, cells);
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "uuid", uuid, "usage", type, "id",
											 out_json_text(s->usage_id)));
	}
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "secrets", all));
	table_free(table);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_need_results_flags_args args = {
		1, (args_given(in, "ephemeral") ? RVIRT_CONNECT_LIST_SECRETS_EPHEMERAL : 0) |
			   (args_given(in, "no-ephemeral") ? RVIRT_CONNECT_LIST_SECRETS_NO_EPHEMERAL : 0) |
			   (args_given(in, "private") ? RVIRT_CONNECT_LIST_SECRETS_PRIVATE : 0) |
			   (args_given(in, "no-private") ? RVIRT_CONNECT_LIST_SECRETS_NO_PRIVATE : 0)};
	struct rvirt_wire_secrets_count_ret found = {0};
	struct rvirt_wire_num_ret num;

	if (rvirt_call_connect_list_all_secrets(sh->conn, &args, &found) < 0) {
		if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT)
			return out_fail_at(sh, "Failed to list node secrets");
		if (args.flags)
			return out_refuse(sh, "Filtering is not supported by this libvirt");
		if (rvirt_call_connect_num_of_secrets(sh->conn, &num) < 0)
			return out_fail_at(sh, "Failed to count secrets");
		return out_refuse(sh, "this host is too old to list its secrets");
	}
	if (found.n_secrets)
		qsort(found.secrets, found.n_secrets, sizeof(*found.secrets), by_uuid);
	print_secrets(sh, &found);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_SECRETS, &found);
	return 0;
}

static const char *describe_lifecycle(const void *msg, char buf[37], char **ret_text)
{
	static const char *const events[] = {"Defined", "Undefined"};
	const struct rvirt_wire_secret_event_lifecycle_msg *m = msg;

	*ret_text = shell_strdup(m->event >= 0 && m->event < 2 ? events[m->event] : "unknown");
	return out_uuid(m->secret.uuid, buf);
}

static const char *describe_value(const void *msg, char buf[37], char **ret_text)
{
	(void)ret_text;
	return out_uuid(((const struct rvirt_wire_secret_event_value_changed_msg *)msg)->secret.uuid,
					buf);
}

static const struct event_type types[] = {
	{"lifecycle", RVIRT_PROC_SECRET_EVENT_LIFECYCLE, describe_lifecycle},
	{"value-changed", RVIRT_PROC_SECRET_EVENT_VALUE_CHANGED, describe_value},
	{NULL}};

static int event_run_secret(struct shell *sh, const struct invocation *in)
{
	static const struct event_class c = {"secret", types,
										 RVIRT_PROC_CONNECT_SECRET_EVENT_REGISTER_ANY,
										 RVIRT_PROC_CONNECT_SECRET_EVENT_DEREGISTER_ANY};
	CLEANUP_OBJECT struct object o = {.type = OBJECT_SECRET};
	bool one = args_given(in, "secret");
	int rc = event_prepare(sh, in, &c);

	if (rc <= 0)
		return rc;
	if (one && object_find(sh, in, OBJECT_SECRET, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	return event_run(sh, in, &c, one ? &o.as : NULL);
}

static void event_complete_secret(struct shell *sh, const struct invocation *in, unsigned what,
								  struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	event_complete(types, to);
}

static const struct arg any_args[] = {ARG_SECRET, {NULL}};
static const struct arg dumpxml_args[] = {ARG_SECRET, ARGS_XPATH, {NULL}};
static const struct arg file_args[] = {
	{"file", ARG_DATA, "file with the secret's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg list_args[] = {
	{"ephemeral", ARG_BOOL, "only secrets that are not kept on disk"},
	{"no-ephemeral", ARG_BOOL, "only secrets that are kept on disk"},
	{"private", ARG_BOOL, "only secrets whose value is never told"},
	{"no-private", ARG_BOOL, "only secrets whose value may be told"},
	{NULL},
};
static const struct arg set_args[] = {
	ARG_SECRET,
	{"file", ARG_STRING, "file with the value", ARG_NAMED, file_complete},
	{"plain", ARG_BOOL, "the file has the value as it is, not in base64"},
	{"interactive", ARG_BOOL, "read the value from the terminal"},
	{"base64", ARG_STRING, "the value in base64: others on this host may see it"},
	{NULL},
};
static const struct arg get_args[] = {
	ARG_SECRET,
	{"plain", ARG_BOOL, "print the value as it is, not in base64"},
	{NULL},
};
static const struct arg event_args[] = {
	{"secret", ARG_STRING, "only events of this secret (UUID)", 0, object_complete,
	 OBJECT_WHAT(OBJECT_SECRET, 0)},
	ARGS_EVENT(event_complete_secret),
	{NULL},
};

const struct cmd *cmd_secret_rows(void)
{
	static const struct cmd rows[] = {
		{"secret-define", "secret", "define a secret from an XML file",
		 "Defines a secret, or changes one; its value is set by secret-set-value.", file_args,
		 CMD_WRITES, object_make_run},
		{"secret-dumpxml", "secret", "show a secret's XML",
		 "Prints the XML of a secret, without its value.", dumpxml_args, 0, object_dump_run},
		{"secret-event", "secret", "wait for events of secrets",
		 "Waits for an event of a secret, or lists the types.", event_args, 0, event_run_secret},
		{"secret-get-value", "secret", "show a secret's value",
		 "Prints the value of a secret, in base64.", get_args, 0, get_value_run},
		{"secret-list", "secret", "list secrets", "Lists the secrets of the host.", list_args, 0,
		 list_run},
		{"secret-set-value", "secret", "set a secret's value",
		 "Sets the value of a secret, from a file or the terminal.", set_args, CMD_WRITES,
		 set_value_run},
		{"secret-undefine", "secret", "undefine a secret", "Removes a secret and its value.",
		 any_args, CMD_WRITES, object_act_run},
		{NULL},
	};

	return rows;
}
