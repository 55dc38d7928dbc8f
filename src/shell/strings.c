/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A growing list of texts.
 */
#include "config.h"
#include "strings.h"

#include "shell.h"

#include <stdlib.h>
#include <string.h>

void strings_take(struct strings *s, char *text)
{
	/* room for powers of two, so that the list needs no third member */
	if ((s->n & (s->n + 1)) == 0)
		s->at = shell_realloc(s->at, 2 * (s->n + 1) * sizeof(*s->at));
	s->at[s->n++] = text;
	s->at[s->n] = NULL;
}

void strings_add(struct strings *s, const char *text)
{
	strings_take(s, shell_strdup(text));
}

void strings_split(struct strings *s, const char *text, char separator)
{
	for (;;) {
		const char *end = strchr(text, separator);

		if (!end)
			break;
		strings_take(s, shell_printf("%.*s", (int)(end - text), text));
		text = end + 1;
	}
	strings_add(s, text);
}

void strings_split_commas(struct strings *s, const char *text)
{
	char *piece = shell_alloc(strlen(text) + 1), *end = piece;

	for (; *text; text++) {
		if (*text != ',') {
			*end++ = *text;
		} else if (text[1] == ',') {
			*end++ = *text++;
		} else {
			*end = '\0';
			strings_add(s, piece);
			end = piece;
		}
	}
	*end = '\0';
	strings_take(s, piece);
}

void strings_clear(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	free(s->at);
	*s = (struct strings){0};
}
