/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of keys as Linux has them: KEY_A. keys.c is made from the system's own list.
 */
#ifndef SHELL_KEYS_H
#define SHELL_KEYS_H

#include <stddef.h>

/* The number of a key, or -1. */
int keys_code(const char *name);

/* The names one by one; NULL: there are no more. */
const char *keys_name(size_t i);

#endif
