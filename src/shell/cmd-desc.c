/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What people note in a domain: desc for its title and description, metadata for XML of theirs.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The words of --new-desc; NULL if there are none. */
static char *new_text(const struct invocation *in)
{
	char *text = NULL;
	const char *word;
	size_t at = 0;

	while ((word = args_rest(in, &at))) {
		char *longer = text ? shell_printf("%s %s", text, word) : shell_strdup(word);

		free(text);
		text = longer;
	}
	return text;
}

static int set_metadata(struct shell *sh, const struct rvirt_wire_domain *dom, int type,
						const char *text, const char *key, const char *uri, unsigned flags)
{
	struct rvirt_wire_domain_set_metadata_args args = {
		*dom, type, borrow(text), borrow(key), borrow(uri), flags,
	};

	return rvirt_call_domain_set_metadata(sh->conn, &args);
}

/* old after the user changed it; NULL with *ret_same: there is nothing to do. */
static char *edit_desc(struct shell *sh, const char *old, const char *start, bool title,
					   bool *ret_same)
{
	char *text = file_edit(sh, start);
	size_t len = text ? strlen(text) : 0;

	*ret_same = false;
	/* most editors end the last line, which a title does not want */
	if (title && len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (text && strcmp(text, old) == 0) {
		*ret_same = true;
		free(text);
		return NULL;
	}
	return text;
}

static int show_desc(struct shell *sh, const struct rvirt_wire_domain *dom, const char *what,
					 const char *text)
{
	if (*text)
		out_text(sh, "%s", text);
	else
		out_note(sh, "No %s for domain: %s", what, dom->name);
	out_value(sh,
			  json_pack("{s:o, s:o}", "name", out_json_text(dom->name), what, out_json_text(text)));
	return 0;
}

static int desc_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *text = new_text(in), *old = NULL;
	bool title = args_given(in, "title"), edit = args_given(in, "edit"), same = false;
	const char *what = title ? "title" : "description";
	int type = title ? RVIRT_DOMAIN_METADATA_TITLE : RVIRT_DOMAIN_METADATA_DESCRIPTION;
	unsigned flags, query;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	query = flags & RVIRT_DOMAIN_AFFECT_CONFIG ? RVIRT_DOMAIN_XML_INACTIVE : 0;
	if (edit || !text) {
		old = domain_wait_description(sh, &dom, type, query,
									  domain_send_description(sh, &dom, type, query));
		if (!old)
			return out_fail(sh);
	}
	if (!edit && !text)
		return show_desc(sh, &dom, what, old);
	if (edit) {
		char *edited = edit_desc(sh, old, text ? text : old, title, &same);

		if (same) {
			out_note(sh, "Domain %s not changed\n", what);
			return domain_done(sh, &dom, "unchanged");
		}
		free(text);
		text = edited;
		if (!text)
			return -1;
	}
	if (set_metadata(sh, &dom, type, text, NULL, NULL, flags) < 0)
		return out_fail_at(sh, "Failed to set new domain %s", what);
	out_note(sh, "Domain %s updated successfully", what);
	return domain_done(sh, &dom, "updated");
}

static int get_metadata(struct shell *sh, const struct rvirt_wire_domain *dom, const char *uri,
						unsigned flags, char **ret)
{
	struct rvirt_wire_domain_get_metadata_args args = {*dom, RVIRT_DOMAIN_METADATA_ELEMENT,
													   borrow(uri), flags};
	struct rvirt_wire_metadata_ret answer = {0};

	if (rvirt_call_domain_get_metadata(sh->conn, &args, &answer) < 0)
		return -1;
	*ret = answer.metadata;
	return 0;
}

/* After a text was refused: whether the user wants to edit it again. */
static bool ask_again(struct shell *sh)
{
	char answer[16];

	out_finish(sh);
	if (sh->json || !isatty(STDIN_FILENO))
		return false;
	printf("Failed. Try again? [y,n]: ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

static int edit_metadata(struct shell *sh, const struct rvirt_wire_domain *dom, const char *key,
						 const char *uri, unsigned flags)
{
	CLEANUP_FREE char *old = NULL, *text = NULL;

	if (get_metadata(sh, dom, uri, flags, &old) < 0)
		old = shell_strdup("\n");
	text = shell_strdup(old);
	for (;;) {
		char *edited = file_edit(sh, text);

		if (!edited)
			return -1;
		free(text);
		text = edited;
		if (strcmp(text, old) == 0) {
			out_note(sh, "Metadata not changed");
			return domain_done(sh, dom, "unchanged");
		}
		if (set_metadata(sh, dom, RVIRT_DOMAIN_METADATA_ELEMENT, text, key, uri, flags) == 0)
			break;
		out_fail(sh);
		if (!ask_again(sh))
			return -1;
	}
	out_note(sh, "Metadata modified\n");
	return domain_done(sh, dom, "updated");
}

static int show_metadata(struct shell *sh, const struct rvirt_wire_domain *dom, const char *uri,
						 unsigned flags)
{
	CLEANUP_FREE char *text = NULL;

	if (get_metadata(sh, dom, uri, flags, &text) < 0)
		return out_fail(sh);
	out_text(sh, "%s\n", text);
	out_value(sh, json_pack("{s:o, s:o, s:o}", "name", out_json_text(dom->name), "uri",
							out_json_text(uri), "metadata", out_json_text(text)));
	return 0;
}

static int metadata_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	bool edit = args_given(in, "edit"), removes = args_given(in, "remove");
	const char *uri, *key, *set;
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || args_exclusive(sh, in, "edit", "set") < 0 ||
		args_exclusive(sh, in, "remove", "set") < 0 ||
		args_exclusive(sh, in, "remove", "edit") < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "uri", &uri) < 0 || args_get_text(sh, in, "key", &key) < 0 ||
		args_get_text(sh, in, "set", &set) < 0)
		return -1;
	if ((set || edit) && !key)
		return out_refuse(sh, "namespace key is required when modifying metadata");
	if (edit)
		return edit_metadata(sh, &dom, key, uri, flags);
	if (!set && !removes)
		return show_metadata(sh, &dom, uri, flags);
	if (set_metadata(sh, &dom, RVIRT_DOMAIN_METADATA_ELEMENT, set, key, uri, flags) < 0)
		return out_fail(sh);
	out_note(sh, "Metadata %s\n", removes ? "removed" : "modified");
	return domain_done(sh, &dom, removes ? "removed" : "updated");
}

static const struct arg desc_args[] = {
	ARG_DOMAIN_ANY(0),
	{"live", ARG_BOOL, "of the running guest"},
	{"config", ARG_BOOL, "of the definition"},
	{"current", ARG_BOOL, "of what the domain's state makes the current one"},
	{"title", ARG_BOOL, "the title instead of the description"},
	{"edit", ARG_BOOL, "change it in an editor"},
	{"new-desc", ARG_REST, "the new text"},
	{NULL},
};
static const struct arg metadata_args[] = {
	ARG_DOMAIN_ANY(0),
	{"uri", ARG_DATA, "URI of the XML namespace"},
	{"live", ARG_BOOL, "of the running guest"},
	{"config", ARG_BOOL, "of the definition"},
	{"current", ARG_BOOL, "of what the domain's state makes the current one"},
	{"edit", ARG_BOOL, "change it in an editor"},
	{"key", ARG_STRING, "prefix for the namespace"},
	{"set", ARG_STRING, "the new XML"},
	{"remove", ARG_BOOL, "remove what is there of this namespace"},
	{NULL},
};

const struct cmd *cmd_desc_rows(void)
{
	static const struct cmd rows[] = {
		{"desc", "domain", "show or set the description or title of a domain",
		 "Shows the description of a domain, or its title; sets it when a text is given.",
		 desc_args, CMD_WRITES, desc_run},
		{"metadata", "domain", "show or set XML that is kept with a domain",
		 "Shows, sets or removes the XML of one namespace in a domain's definition.", metadata_args,
		 CMD_WRITES, metadata_run},
		{NULL},
	};

	return rows;
}
