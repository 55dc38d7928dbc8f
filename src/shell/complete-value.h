/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an option's value can be where the command's row does not say it: told by the option's name.
 */
#ifndef SHELL_COMPLETE_VALUE_H
#define SHELL_COMPLETE_VALUE_H

#include "args.h"

/* Adds candidates for an argument of a line; errors are nobody's concern. */
void complete_value(struct shell *sh, const struct invocation *in, const struct arg *arg,
					struct strings *to);

#endif
