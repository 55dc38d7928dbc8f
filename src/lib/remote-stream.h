/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Streams over a connection to a daemon. Whoever waits for a stream's bytes waits as for an answer:
 * it may read for all.
 */
#ifndef LIB_REMOTE_STREAM_H
#define LIB_REMOTE_STREAM_H

#include "lib/remote.h"
#include "protocol/stream.h"

#include <sys/types.h>

struct remote_stream;

enum { REMOTE_STREAM_AGAIN = -2 };

/* A stream that the call, which has not been sent, will open. It is released by
 * remote_stream_free(), after the call if that fails. NULL with NO_MEMORY set. */
struct remote_stream *remote_stream_new(struct rvirt_call *call);
void remote_stream_free(struct remote_stream *s);
DEFINE_CLEANUP(remote_stream, struct remote_stream *, remote_stream_free)

/* As the functions of <rvirt/stream.h>; wait false, or try: REMOTE_STREAM_AGAIN if it can't be now.
 * ret_hole is never NULL. */
int remote_stream_send(struct remote_stream *s, const void *data, size_t n);
ssize_t remote_stream_try_send(struct remote_stream *s, const void *data, size_t n);
int remote_stream_send_hole(struct remote_stream *s, int64_t length);
ssize_t remote_stream_recv(struct remote_stream *s, void *data, size_t n, int64_t *ret_hole,
						   bool wait);

/* Waits for the next piece, or takes what is left of the one before: data, whose first bytes are at
 * *ret_data and stay there until remote_stream_took() says that n of them are no longer needed, or
 * a hole. The count, 0 at a hole or the end, -1. */
ssize_t remote_stream_peek(struct remote_stream *s, const unsigned char **ret_data,
						   int64_t *ret_hole, bool wait);
void remote_stream_took(struct remote_stream *s, size_t n);
int remote_stream_end(struct remote_stream *s, bool abort);

#endif
