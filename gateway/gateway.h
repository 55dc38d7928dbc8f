/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gateway's two jobs: finding the socket of a daemon on this host, and carrying bytes between
 * it and stdio. Neither knows what the bytes mean.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <sys/un.h>

/* As the manual lists them. */
enum exit_code { EXIT_DONE, EXIT_USAGE, EXIT_NO_SOCKET, EXIT_DENIED, EXIT_IO };

struct target {
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* this one alone, unless empty */
	char driver[32];                                          /* empty: any */
	bool readonly;
	bool system, session; /* where to look; neither: system, then session */
	bool direct, legacy;  /* whom to ask; neither: the driver's own daemon, then the common one */
};

/* Reads a URI such as qemu:///session?mode=direct into *target. Returns NULL, or what is wrong. */
const char *locate_parse(const char *uri, struct target *target);

/* Connects. Returns EXIT_DONE and a socket in *ret_sock, or another code after a line on stderr. */
enum exit_code locate_connect(const struct target *target, int *ret_sock);

/* Copies stdin to `sock` and `sock` to stdout until both have ended or a side is gone, ending each
 * direction alone. Returns 0, or -1 after a line on stderr when something could not be delivered.
 */
int pump_run(int sock);

#endif
