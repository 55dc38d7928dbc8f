/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the files of the daemon's streams: what a stream is, who moves its bytes, and what waits
 * for the client.
 */
#ifndef DAEMON_STREAMS_IMPL_H
#define DAEMON_STREAMS_IMPL_H

#include "base/error.h"
#include "daemon/client.h"
#include "daemon/streams.h"
#include "daemon/workers.h"

enum {
	STREAMS_IN_MAX =
		4 * STREAM_PACKET_MAX, /* waits for a driver before the client is read no more */
	STREAMS_OUT_EACH = 4,      /* packets of one stream that wait for the client to take them */
	STREAMS_OUT_ALL = 8,       /* … of all its streams */
};

struct packet {
	struct packet *next;
	struct client_stream *stream; /* NULL: it has ended */
	bool counted;                 /* in n_out */
	struct buf bytes;             /* the whole message */
};

enum stream_ending { STREAM_RUNS, STREAM_FINISHES, STREAM_ABORTED, STREAM_REFUSED };

struct client_stream {
	struct job job;
	struct client *client;
	struct client_stream *next;
	struct frame_header header; /* of its packets */
	struct driver_stream *driver;

	/* the loop's */
	struct stream_queue in;    /* what has come */
	enum stream_ending ending; /* what the client wants, or why it gets no further */
	struct error refusal;
	unsigned n_out;    /* packets in the client's output */
	unsigned reserved; /* … that the job may add */
	bool working;

	/* the loop's, of a driver's stream that never waits */
	struct stream_watch *watch;
	bool took;         /* the driver has taken something since the last tick */
	uint64_t stuck_ms; /* when it was found to take nothing; 0: it takes */

	/* the job's, which is the loop where the driver's stream never waits */
	struct stream_queue batch; /* what it writes */
	unsigned to_read;          /* packets that it may read */
	bool to_finish;
	struct packet *made, **made_end; /* what it has read */
	bool at_end;                     /* the driver's data have ended */
	int result;                      /* -1: it failed, and with this */
	struct error error;
};

/* -- stream-output.c: what waits for the client -- */

/* An empty packet with room for that many bytes of payload. NULL with NO_MEMORY set. */
struct packet *packet_new(struct client_stream *s, size_t room);
void packet_free(struct packet *p);
void packet_free_all(struct packet *p);

/* Hands the packet over to the client's output. */
void packet_append(struct client *c, struct packet *p);

/* Nothing more of the stream's data goes to the client but what has begun to. */
void streams_drop_output(struct client_stream *s);

/* The last packet of a stream that is no more, after what it has made: OK, or the thread's error.
 */
void streams_put_last(struct client_stream *s, bool ok);

/* There is room for more packets. */
void streams_go_all(struct client *c);

/* -- stream-move.c: bytes between the queues and the driver -- */

static inline bool stream_is_polled(const struct client_stream *s)
{
	return s->driver->ops->wait_fd;
}

/* All of batch is written, then to_read packets are read, each of which may wait. 0, or -1. */
int stream_move(struct client_stream *s);

/* What goes without waiting, of a stream that is polled: from in to the driver, and to_read packets
 * to made. 1: it is written, and finished if to_finish. 0: the driver has to be waited for. -1. */
int stream_move_some(struct client_stream *s);

/* From now on calls ready(s) when the driver's stream can take what is left in in, or, if read, has
 * something to read, or has ended. 0, or -1 with the error set. */
int stream_wait(struct client_stream *s, bool read, void (*ready)(void *stream));
void stream_unwatch(struct client_stream *s);

#endif
