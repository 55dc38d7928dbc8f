/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call from being sent to being waited for, whoever answers it.
 */
#ifndef LIB_CALL_H
#define LIB_CALL_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fds.h"
#include "protocol/ops.h"

#include <stdatomic.h>
#include <stddef.h>

struct remote;
struct remote_stream;

/* What a call's state word says. Its owner goes to sleep by itself. */
enum call_state {
	CALL_OUT,    /* no answer yet */
	CALL_LOOKS,  /* no answer yet, the owner looks at the word for a moment before it sleeps */
	CALL_ASLEEP, /* no answer yet, the owner sleeps on the word */
	CALL_READS,  /* no answer yet, and the owner, who slept, is to read for all from now on */
	CALL_DONE,
};

struct rvirt_call {
	const struct wire_op *op;
	_Atomic uint32_t state;
	int result; /* once it is DONE: 0 with the value, or -1 with the error */
	struct error error;

	/* the remote driver's */
	struct remote *remote; /* NULL: answered in this process */
	struct rvirt_call *next_in_slot;
	struct rvirt_call *prev_asleep, *next_asleep;
	uint64_t end;                /* where its bytes end in the count of all bytes sent */
	int64_t deadline_ms;         /* monotonic; negative: none */
	const struct rvirt_fds *fds; /* that go with it, or NULL; its owner's, who waits */
	struct rvirt_fds ret_fds;    /* that came with the answer */
	uint32_t serial;
	bool listed;                  /* an answer would be for it */
	bool lies;                    /* it is among the calls whose owners sleep */
	struct remote_stream *stream; /* that it opens */
	struct remote_stream
		*waits_for; /* it is no call: its owner waits for what happens to a stream */

	_Alignas(max_align_t) unsigned char value[]; /* of op->ret */
};

/* A new call, not sent. NULL with NO_MEMORY set. */
struct rvirt_call *call_new(const struct wire_op *op);

/* Releases it with what it holds. NULL is allowed. */
void call_free(struct rvirt_call *call);
DEFINE_CLEANUP(call, struct rvirt_call *, call_free)
#define CLEANUP_CALL CLEANUP(cleanup_call)

/* Moves the value or the error of a call that is done to the caller: 0 and *ret (NULL: dropped), or
 * -1 with the thread's error set. */
int call_finish(struct rvirt_call *call, void *ret);

/* Marks it done: result 0, or -1 with the thread's error, which moves into the call. Wakes its
 * owner. The call belongs to its owner from then on. */
void call_complete(struct rvirt_call *call, int result);

static inline bool call_is_done(struct rvirt_call *call)
{
	return atomic_load_explicit(&call->state, memory_order_acquire) == CALL_DONE;
}

#endif
