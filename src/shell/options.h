/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The options before the command.
 */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include "shell.h"

/* Reads the options; the place of the first word after them. Ends the program for --help, --version
 * and wrong ones. */
int options_read(struct shell *sh, int argc, char **argv);

/* Puts the environment in force for what no option said. */
void options_environment(struct shell *sh);

#endif
