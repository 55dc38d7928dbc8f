/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables on a terminal: what cannot be shown is written as \xNN, and a column is as wide as a
 * terminal draws its widest cell.
 */
#include "config.h"
#include "output.h"

#include "base/cleanup.h"
#include "strings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

struct table {
	size_t n_columns;
	struct strings cells; /* row by row, the heads first */
	size_t *widths;       /* of each cell */
};

#define ESCAPED 4 /* characters of \xNN */

static char *escape_bytes(char *to, const char *from, size_t n, size_t *width)
{
	for (size_t i = 0; i < n; i++) {
		to += sprintf(to, "\\x%02x", (unsigned char)from[i]);
		*width += ESCAPED;
	}
	return to;
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* A copy of text that a terminal can show, and its width there. */
static char *make_visible(const char *text, size_t *ret_width)
{
	size_t len = strlen(text), width = 0;
	char *copy = shell_alloc(len * ESCAPED + 1), *to = copy;
	const char *end = text + len;
	mbstate_t state = {0};

	while (text < end) {
		wchar_t wide = 0;
		size_t n = 1;
		bool visible;

		if (is_control(*text) || (text[0] == '\\' && text[1] == 'x')) {
			visible = false;
		} else {
			n = mbrtowc(&wide, text, (size_t)(end - text), &state);
			if (n == (size_t)-1 || n == (size_t)-2) {
				memset(&state, 0, sizeof(state));
				n = 1;
				wide = L' ';
				visible = (unsigned char)*text < 0x80;
			} else {
				visible = iswprint((wint_t)wide);
			}
		}
		if (visible) {
			memcpy(to, text, n);
			to += n;
			width += (size_t)wcwidth(wide);
		} else {
			to = escape_bytes(to, text, n, &width);
		}
		text += n;
	}
	*to = '\0';
	*ret_width = width;
	return copy;
}

void table_add(struct table *t, const char *const *cells)
{
	size_t first = t->cells.n;

	t->widths = shell_realloc(t->widths, (first + t->n_columns) * sizeof(*t->widths));
	for (size_t i = 0; i < t->n_columns; i++)
		strings_take(&t->cells, make_visible(cells[i], &t->widths[first + i]));
}

struct table *table_new(size_t n_columns, const char *const *heads)
{
	struct table *t = shell_alloc(sizeof(*t));

	t->n_columns = n_columns;
	table_add(t, heads);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	strings_clear(&t->cells);
	free(t->widths);
	free(t);
}

static void write_row(const struct table *t, size_t first, const size_t *columns, FILE *to)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		fprintf(to, " %s", t->cells.at[first + i]);
		if (i + 1 < t->n_columns)
			fprintf(to, "%*s", (int)(columns[i] - t->widths[first + i] + 2), "");
	}
	fputc('\n', to);
}

char *table_format(const struct table *t, bool heads)
{
	size_t first = heads ? 0 : t->n_columns;
	CLEANUP_FREE size_t *columns = shell_alloc(t->n_columns * sizeof(*columns));
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return shell_strdup("");
	for (size_t i = first; i < t->cells.n; i++)
		if (t->widths[i] > columns[i % t->n_columns])
			columns[i % t->n_columns] = t->widths[i];
	for (size_t row = first; row < t->cells.n; row += t->n_columns) {
		write_row(t, row, columns, to);
		if (row > 0)
			continue;
		for (size_t i = 0; i < t->n_columns; i++)
			for (size_t j = 0; j < columns[i] + 3; j++)
				fputc('-', to);
		fputc('\n', to);
	}
	fclose(to);
	return text;
}
