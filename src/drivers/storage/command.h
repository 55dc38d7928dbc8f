/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running the host's own tools: no shell is involved, their input is empty, their language is C.
 * Whoever hands over a word that came from a document has made sure that it can't be an option:
 * command_word() does.
 */
#ifndef DRIVERS_STORAGE_COMMAND_H
#define DRIVERS_STORAGE_COMMAND_H

#include "base/cleanup.h"

struct command_end {
	char *out, *err; /* what it wrote, without newlines at the end */
	int status;      /* what it returned; of one that a signal ended, 128 and the signal */
};

/* Runs a program of the path with these arguments (the first is its name, NULL ends them) and waits
 * for its end, whatever that is. 0, or -1 with the error set if it can't be run, or writes more
 * than anybody should. */
int command_try(const char *const *argv, struct command_end *ret);
void command_end_clear(struct command_end *end);
#define CLEANUP_COMMAND CLEANUP(command_end_clear)

/* Fails as a command does that has ended so. -1. */
int command_failed(const char *const *argv, const struct command_end *end);

/* Runs a program that has to succeed: 0, or -1 with the error set, what it wrote to stderr in it.
 */
int command_run(const char *const *argv);

/* The same; *ret_out is what it wrote to stdout, owned by the caller. */
int command_read(const char *const *argv, char **ret_out);

/* Refuses a word of a document that a program would take for an option, or for nothing. what says
 * what it is: "source host". 0, or -1 with the error set. */
int command_word(const char *word, const char *what);

/* The same of a path, which has to be absolute. */
int command_path(const char *path, const char *what);

#endif
