/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Drawing trees.
 */
#include "config.h"
#include "tree.h"

#include "output.h"

#include <stdlib.h>
#include <string.h>

/* Deeper than any tree; a ring of parents ends here. */
enum { DEPTH_MAX = 200 };

struct tree {
	struct shell *sh;
	char *const *names, *const *parents;
	size_t n;
	char indent[DEPTH_MAX * 4 + 8];
};

static bool is_child(const struct tree *t, size_t child, size_t parent)
{
	return t->parents[child] && strcmp(t->parents[child], t->names[parent]) == 0;
}

static void print(struct tree *t, size_t at, bool root, bool last, int depth)
{
	size_t len = strlen(t->indent), last_child = t->n;

	out_text(t->sh, "%s%s%s\n", t->indent, root ? "" : "+- ", t->names[at]);
	if (depth == DEPTH_MAX)
		return;
	if (!root)
		strcat(t->indent, last ? "  " : "| ");
	for (size_t i = 0; i < t->n; i++)
		last_child = is_child(t, i, at) ? i : last_child;
	if (last_child < t->n)
		out_text(t->sh, "%s  |\n", t->indent);
	strcat(t->indent, "  ");
	for (size_t i = 0; i < t->n; i++) {
		if (is_child(t, i, at))
			print(t, i, false, i == last_child, depth + 1);
	}
	t->indent[strlen(t->indent) - 2] = '\0';
	if (last_child == t->n && last)
		out_text(t->sh, "%s\n", t->indent);
	t->indent[len] = '\0';
}

void tree_print(struct shell *sh, char *const *names, char *const *parents, size_t n)
{
	struct tree t = {.sh = sh, .names = names, .parents = parents, .n = n};

	for (size_t i = 0; i < n; i++) {
		if (!parents[i])
			print(&t, i, true, true, 0);
	}
}
