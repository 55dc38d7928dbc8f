/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML documents of hosts: whole, in parts, in an editor.
 */
#include "config.h"
#include "document.h"

#include "file.h"
#include "output.h"
#include "xml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Prints what an expression finds in a document, one node after the other or all in a <nodes>
 * element. */
static int print_nodes(struct shell *sh, const char *xml, const char *xpath, bool wrap)
{
	CLEANUP_XML xmlDoc *doc = xml_parse(xml, false);
	CLEANUP_XML xmlDoc *wrapped = NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	json_t *all = json_array();
	size_t n = 0;

	if (!doc || xml_nodes(doc, xpath, &nodes, &n) < 0) {
		json_decref(all);
		return out_refuse(sh, "'%s' is no XPath expression for nodes of this XML", xpath);
	}
	if (wrap) {
		CLEANUP_FREE char *text = NULL;
		xmlNode *root = xmlNewNode(NULL, (const xmlChar *)"nodes");

		wrapped = xmlNewDoc((const xmlChar *)"1.0");
		xmlDocSetRootElement(wrapped, root);
		for (size_t i = 0; i < n; i++)
			xmlAddChild(root, xmlDocCopyNode(nodes[i], wrapped, 1));
		text = xml_format(wrapped, root);
		out_text(sh, "%s\n", text);
		json_array_append_new(all, out_json_text(text));
	}
	for (size_t i = 0; !wrap && i < n; i++) {
		CLEANUP_FREE char *text = xml_format(doc, nodes[i]);

		out_text(sh, "%s\n", text);
		json_array_append_new(all, out_json_text(text));
	}
	out_value(sh, json_pack("{s:o}", "nodes", all));
	return 0;
}

int document_print(struct shell *sh, const struct invocation *in, const char *xml)
{
	const char *xpath = args_text(in, "xpath");

	if (xpath)
		return print_nodes(sh, xml, xpath, args_given(in, "wrap"));
	out_text(sh, "%s", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return 0;
}

/* After a text was refused: y to edit it again, n to give up, i to do without the schema, f to put
 * it there although it changed meanwhile. 0 without a terminal. */
static int ask(struct shell *sh, const char *what, bool can_relax)
{
	char answer[16];

	if (sh->json || !isatty(STDIN_FILENO))
		return 0;
	out_finish(sh);
	for (;;) {
		printf("%s Try again? [y,n,%sf,?]: ", what, can_relax ? "i," : "");
		fflush(stdout);
		if (!fgets(answer, sizeof answer, stdin))
			return 'n';
		*answer = (char)tolower((unsigned char)*answer);
		if (strchr("ynf", *answer) || (*answer == 'i' && can_relax))
			return *answer;
		puts("y - yes, start the editor again\nn - no, throw my changes away");
		if (can_relax)
			puts("i - do without the check against the schema");
		puts("f - force, put my changes over others'\n? - print this help");
	}
}

/* Puts the text in its place unless the document is another one by now. NULL when it is done, else
 * what went wrong. */
static const char *put(struct shell *sh, const struct document *d, char **old, const char *text,
					   bool relaxed)
{
	char *now = d->get(sh, d->opaque);
	bool same;

	if (!now)
		return "Failed.";
	same = strcmp(now, *old) == 0;
	free(*old);
	*old = now;
	if (!same)
		return "ERROR: The XML configuration was changed by another user.";
	return d->put(sh, text, relaxed, d->opaque) < 0 ? "Failed." : NULL;
}

int document_edit(struct shell *sh, const struct document *d)
{
	CLEANUP_FREE char *old = d->get(sh, d->opaque), *text = NULL;
	bool relaxed = false, edit = true;

	if (!old)
		return out_fail(sh);
	text = shell_strdup(old);
	for (;;) {
		const char *wrong;

		if (edit) {
			char *edited = file_edit(sh, text);

			if (!edited)
				return -1;
			free(text);
			text = edited;
			if (strcmp(text, old) == 0 && !d->always) {
				out_note(sh, "%s", d->unchanged);
				return 0;
			}
		}
		if (!(wrong = put(sh, d, &old, text, relaxed)))
			return 1;
		out_fail(sh);
		switch (ask(sh, wrong, d->can_relax && !relaxed)) {
		case 'y':
			edit = true;
			break;
		case 'i':
			relaxed = true;
			edit = false;
			break;
		case 'f':
			edit = false;
			break;
		default:
			return -1;
		}
	}
}
