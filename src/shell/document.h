/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML documents of hosts as commands show and edit them.
 */
#ifndef SHELL_DOCUMENT_H
#define SHELL_DOCUMENT_H

#include "args.h"

/* Prints a document, or with --xpath of the line only the nodes that the expression selects, with
 * --wrap in one element. 0, or -1 with the error reported. */
int document_print(struct shell *sh, const struct invocation *in, const char *xml);

/* The rows of --xpath and --wrap. */
#define ARGS_XPATH                                                                                 \
	{"xpath", ARG_STRING, "only the nodes that this XPath expression selects", ARG_NAMED},         \
	{                                                                                              \
		"wrap", ARG_BOOL, "put these nodes into one element"                                       \
	}

/* A document to be changed in an editor. */
struct document {
	/* the text, owned by the caller; NULL with the library's error set */
	char *(*get)(struct shell *sh, void *opaque);
	/* puts a changed text in its place; 0, or -1 with the library's error set. relaxed: without the
	 * check against the schema */
	int (*put)(struct shell *sh, const char *xml, bool relaxed, void *opaque);
	bool can_relax; /* whether put() makes a difference of it */
	bool always;    /* it is put there also when the user changed nothing */
	void *opaque;
	const char *unchanged; /* what is said when the user changed nothing */
};

/* Lets the user change a document, again as long as it is refused and the user wants to. 1 when it
 * was changed, 0 when not (which was said), -1 with the error reported. */
int document_edit(struct shell *sh, const struct document *d);

#endif
