/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a program at the other end of a channel ended, here or on another host: its exit status and
 * the end of what it wrote to stderr, told as the cause of a failure with what to do about it.
 */
#ifndef TRANSPORT_ENDING_H
#define TRANSPORT_ENDING_H

#include "base/buf.h"

#include <stdbool.h>

/* Why a program may have ended, and what to do about it. A table of these ends with a row of zeros;
 * the first row that fits is told. */
struct process_cause {
	int status;         /* its exit status; negative: any */
	const char *words;  /* in its stderr; NULL: any */
	const char *advice; /* "stage: what to do"; NULL ends the table */
};

struct ending {
	const struct process_cause *causes; /* may be NULL */
	struct buf said;                    /* on stderr, the last bytes of it */
	bool known;                         /* that it ended, and how: */
	int status;                         /* its exit status … */
	char signal[16];                    /* … or the signal that ended it, "" for none */
};

/* Keeps what was said, as far as it is bounded. */
void ending_hear(struct ending *e, const void *data, size_t n);

/* True if it is known to have ended otherwise than with status 0. */
bool ending_is_failure(const struct ending *e);

/* Puts what is known into the thread's error: in place of the message if it failed, for that is the
 * whole cause, and behind it otherwise: "stage: how ended with exit status 1: what was said; what
 * to do". ended: it is over, even if it is not known how. how names the program. True if it failed.
 */
bool ending_explain(const struct ending *e, const char *how, bool ended);

void ending_clear(struct ending *e);

#endif
