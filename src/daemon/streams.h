/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The streams of a client: packets in, packets out, and between them the driver's end, in the hands
 * of a worker where it may wait. What waits in memory is bounded in every direction.
 */
#ifndef DAEMON_STREAMS_H
#define DAEMON_STREAMS_H

#include "drivers/stream.h"
#include "protocol/stream.h"

#include <stdbool.h>

struct client;

enum { STREAMS_MAX = 64 }; /* of one client */

/* A message of a stream on its way to the client. */
struct packet;

struct streams {
	struct client_stream *first; /* in the order of their turns */
	unsigned n, n_opening;       /* of both, at most STREAMS_MAX */
	unsigned n_working;          /* in the hands of workers */
	struct packet *out, **out_end;
	unsigned n_out; /* of out, those with data, and those that workers are to make */
	bool begun;     /* the first of out has been written in part */
};

void streams_init(struct streams *all);

/* Aborts and closes all; none may be in the hands of a worker. In another thread than the loop's
 * only after streams_unwatch(). */
void streams_clear(struct client *c);

/* The loop waits for none of them any more. */
void streams_unwatch(struct client *c);

/* Before a call that opens a stream is made: whether there may be one more, with this serial. 0, or
 * -1 with the error set. On success streams_opened() has to follow. */
int streams_admit(struct client *c, const struct frame_header *call);

/* The call was made: driver is the driver's end, now owned here, or NULL if it failed. The answer
 * to the call is in the client's output already. */
void streams_opened(struct client *c, const struct frame_header *call,
					struct driver_stream *driver);

/* Takes a packet of a stream. from: the buffer that it stands in, or NULL. 0, or -1 with the error
 * set: the client can't go on. */
int streams_receive(struct client *c, const struct frame_header *h, const unsigned char *payload,
					size_t n, struct buf *from);

/* Whether a stream has more than it can take now, so that no more is to be read. */
bool streams_stalled(const struct client *c);

/* Time has passed, while streams_stalled(): ends a stream whose driver has taken nothing for long,
 * so that the client's other calls go on. For streams that never wait; a worker's come to an end by
 * themselves. */
void streams_tick(struct client *c, uint64_t now_ms);

/* Whether a stream takes data, so that large messages are to be expected. */
bool streams_expect_data(const struct client *c);

/* The bytes to write next, NULL if there are none; and that n of them are written. */
struct buf *streams_output(struct client *c);
void streams_wrote(struct client *c, size_t n);

#endif
