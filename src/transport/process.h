/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A child process as a channel: what is written goes to its stdin, what it writes to stdout is
 * read, and the end of what it wrote to stderr explains its failure.
 */
#ifndef TRANSPORT_PROCESS_H
#define TRANSPORT_PROCESS_H

#include "transport/channel.h"
#include "transport/ending.h"

/* Starts argv[0], searched in PATH, with these arguments, and with default signal handlers and no
 * descriptors but the three. how is copied; causes (may be NULL) is borrowed for ever. A program
 * that cannot be started is ERR_SYSTEM_ERROR. Closing the channel ends the child: by the end of its
 * stdin, then by signals. */
int process_open(char *const argv[], const char *how, const struct process_cause *causes,
				 struct channel **ret_channel);

/* Waits for the child's own end, whoever else may hold its output, at most until deadline_ms (as
 * channel_wait()). True once it has ended; *ret_status is then its exit status, or -1. */
bool process_wait(struct channel *ch, long long deadline_ms, int *ret_status);

#endif
