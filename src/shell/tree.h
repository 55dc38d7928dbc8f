/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names with parents as a tree, drawn as virsh draws it.
 */
#ifndef SHELL_TREE_H
#define SHELL_TREE_H

#include "shell.h"

#include <stddef.h>

/* Prints each that has no parent (NULL) with those below it. */
void tree_print(struct shell *sh, char *const *names, char *const *parents, size_t n);

#endif
