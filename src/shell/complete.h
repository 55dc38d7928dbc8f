/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What can come next on a command line: for readline and for the login shell.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "shell.h"

#include <stddef.h>

struct strings;

/* Adds what the last of n words (a command and its arguments, n at least 1) can become. *ret_file:
 * it is the name of a file, which the caller completes. Never writes anything. */
void complete_words(struct shell *sh, char **words, size_t n, struct strings *ret, bool *ret_file);

#endif
