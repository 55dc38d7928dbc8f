/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of commands, as help and --help print it.
 */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "table.h"

/* A group's name, followed by colon, and its commands. */
void help_group(struct shell *sh, const struct cmd_group *group, const char *colon);

#endif
