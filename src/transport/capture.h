/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The output of a program that is run to its end.
 */
#ifndef TRANSPORT_CAPTURE_H
#define TRANSPORT_CAPTURE_H

#include "base/buf.h"

/* Runs argv[0], searched in PATH, with empty input, and appends what it writes to its standard
 * output, at most max bytes. -1 with ERR_SYSTEM_ERROR if it cannot be started (errno in the error's
 * int1) or fails (its exit status and standard error in the message), ERR_OVERFLOW if it writes
 * more, ERR_OPERATION_TIMEOUT if it has not ended at the monotonic time deadline_ms (negative: it
 * may take its time); it is ended then. how is for the messages. */
int capture_output(char *const argv[], const char *how, size_t max, long long deadline_ms,
				   struct buf *out);

#endif
