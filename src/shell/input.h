/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines from a terminal, with history and completion, or from a pipe.
 */
#ifndef SHELL_INPUT_H
#define SHELL_INPUT_H

#include "shell.h"

/* Remembers the state of the terminal, so that an end by SIGINT, SIGTERM or SIGHUP restores it. */
void input_guard_terminal(void);

/* While a command runs in an interactive shell, Ctrl-C ends its connection instead of the shell; a
 * second one ends the shell. */
void input_begin_command(struct shell *sh);
void input_end_command(struct shell *sh);

/* Prepares reading of lines. 0, or -1 with the error reported. */
int input_open(struct shell *sh);

/* The next line, owned by the caller; NULL at the end. */
char *input_line(struct shell *sh);

/* Writes the history. */
void input_close(struct shell *sh);

#endif
