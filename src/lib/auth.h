/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asking the program's user, by the function that the program has given.
 */
#ifndef LIB_AUTH_H
#define LIB_AUTH_H

#include "transport/ask.h"

/* An ask_fn; opaque: the struct rvirt_open_options, whose auth is set. */
int auth_ask(struct ask_question *questions, size_t n, void *opaque);

#endif
