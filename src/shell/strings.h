/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A growing list of texts.
 */
#ifndef SHELL_STRINGS_H
#define SHELL_STRINGS_H

#include <stddef.h>

struct strings {
	char **at; /* NULL-terminated once something was added */
	size_t n;
};

/* Adds a copy. */
void strings_add(struct strings *s, const char *text);

/* Adds text itself, which is the list's from now on. */
void strings_take(struct strings *s, char *text);

/* Splits text at every separator; empty pieces count. */
void strings_split(struct strings *s, const char *text, char separator);

/* Splits text at commas, ",," being a comma in a piece. */
void strings_split_commas(struct strings *s, const char *text);

void strings_clear(struct strings *s);

#define CLEANUP_STRINGS __attribute__((cleanup(strings_clear)))

#endif
