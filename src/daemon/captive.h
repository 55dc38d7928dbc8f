/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --run: the daemon serves one command, on sockets in a directory of its own, and ends with it.
 */
#ifndef DAEMON_CAPTIVE_H
#define DAEMON_CAPTIVE_H

#include "daemon/server.h"

struct captive {
	struct server *server;
	uv_process_t process;
	bool running;
	char *dir;
	int exit_code; /* the command's; 128 and the signal that ended it */
};

/* Makes the directory and has config put the sockets there. 0, or -1 with the error set. */
int captive_prepare(struct captive *c, struct config *config);

/* Starts the command; when it ends, the server is stopped. */
int captive_start(struct captive *c, struct server *server, char **command);

/* The daemon ends before its command: ends that too. */
void captive_stop(struct captive *c);

/* Removes the directory. */
void captive_clear(struct captive *c);

#endif
