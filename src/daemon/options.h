/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

struct options {
	char *config_path, *pid_path; /* absolute, or NULL */
	bool background, network, verbose, stdio;
	int idle_seconds; /* 0: never ends by itself */
	char **command;   /* of --run, NULL-terminated; or NULL */
};

/* 1: go on. 0: the daemon is to end at once, what was asked for is printed. -1: wrong usage, said
 * on stderr. */
int options_parse(int argc, char **argv, struct options *ret);
void options_clear(struct options *o);

#endif
