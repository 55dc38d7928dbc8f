/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What ssh is asked to run on the other host.
 */
#ifndef TRANSPORT_SSH_REMOTE_H
#define TRANSPORT_SSH_REMOTE_H

#include "base/buf.h"
#include "transport/uri.h"

#include <stdbool.h>

/* Appends the command line for the login shell of the other host, whichever shell that is. By
 * proxy=: native   rvirt-gateway [-r] URI, or rvirt-gateway -U SOCKET: plain words, no shell
 * syntax; netcat   (or with netcat=) NETCAT [-q0] -U SOCKET; auto     the first that is there:
 * rvirt-gateway, virt-ssh-helper (unless socket= is given), nc. The last two are one line for sh,
 * quoted for any login shell. -1 with ERR_INVALID_ARG for what cannot be asked so. */
int ssh_remote_command(const struct uri *uri, bool readonly, struct buf *out);

/* Rows of a table of struct process_cause: why that command may have ended. */
#define SSH_REMOTE_CAUSES                                                                          \
	{127, NULL, "gateway: install rvirt-gateway there, or name a program with netcat="},           \
	{                                                                                              \
		126, NULL, "gateway: the program there cannot be run"                                      \
	}

#endif
