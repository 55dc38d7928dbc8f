/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the remote driver's files share.
 *
 * The lock guards everything but what is marked as the reader's. It is not held while bytes are
 * read or written, values are decoded, or somebody sleeps. Whoever waits and finds no reader
 * becomes the reader. A thread sleeps only while there is a reader and its own bytes are out, or
 * somebody is about to write them; else it polls.
 */
#ifndef LIB_REMOTE_IMPL_H
#define LIB_REMOTE_IMPL_H

#include "base/buf.h"
#include "base/fds.h"
#include "base/spin.h"
#include "lib/remote-stream.h"
#include "lib/remote.h"
#include "protocol/frame.h"
#include "transport/stage.h"

#include <pthread.h>

/* Answers that are expected, by serial: a hash of lists. */
struct pending {
	struct rvirt_call **slots; /* a power of two of them */
	unsigned n_slots, n;
};

struct event {
	struct event *next;
	const struct wire_op *op;
	_Alignas(max_align_t) unsigned char msg[];
};

/* Events that were read and not yet handed on. */
struct events {
	struct event *first, **last;
	unsigned n;
	remote_event_fn fn;
	void *opaque;
};

struct remote {
	struct channel *ch;
	struct remote_options options;

	pthread_mutex_t lock;
	struct buf out;           /* what gathers */
	struct buf sending;       /* what is being written; the writer's while somebody writes */
	bool writing;             /* somebody is in channel_write(), and will take along what gathers */
	struct fds_queue out_fds; /* descriptors that go with them, by the count of written */
	uint64_t queued, written; /* bytes of all calls so far, put into out and taken by the channel */
	uint32_t next_serial;
	struct pending pending;
	struct rvirt_call *asleep, *asleep_last; /* whose owners sleep; the first is woken first */
	struct spin look;                        /* theirs, before they sleep */
	bool reading;                            /* somebody is the reader, or has been chosen */
	atomic_bool polling; /* the reader waits for the channel; set with the lock held */
	bool broken;
	struct error cause; /* of being broken */
	const char *stage;  /* to which a failure belongs now (transport/stage.h) */
	bool heard;         /* a first answer has come */
	struct events events;
	int64_t round_trip_ms;         /* of the first answer */
	struct remote_stream *streams; /* that are open */
	atomic_uint
		n_full; /* streams with so much waiting that no more is read but by those who must */

	/* the reader's */
	struct buf in;
	struct rvirt_fds in_fds; /* that came with bytes of in */
	int64_t
		quiet_ms; /* since when nothing has come: the last byte or ping, or the start of a wait */
	struct spin spin;
	bool more;        /* the last read filled its room: there may be more */
	bool large;       /* a stream's packets come: the next message may be a large one */
	int silent_pings; /* pings sent since the last byte came */
	enum { PINGS_UNKNOWN, PINGS_ASKED, PINGS_TAKEN, PINGS_REFUSED } pings; /* by the daemon */
	struct rvirt_call *ping_question; /* whether it takes them */
};

/* remote.c */

/* With the lock held: breaks the connection for the thread's error, with what the transport knows
 * of it; all calls fail. The first cause stays. */
void remote_break(struct remote *r);

/* With the lock held: sets the thread's error to why the connection is broken. Returns -1. */
int remote_broken_error(struct remote *r);

void remote_list_call(struct remote *r, struct rvirt_call *call);
void remote_unlist_call(struct remote *r, struct rvirt_call *call);
struct rvirt_call *remote_find_call(struct remote *r, uint32_t serial);

/* With the lock held: the call's owner is about to sleep; it does so no more (allowed if it never
 * did). */
void remote_lie_down(struct remote *r, struct rvirt_call *call);
void remote_get_up(struct remote *r, struct rvirt_call *call);

/* With the lock held: wakes the owner of a call that lies, with this new state. */
void remote_rouse(struct remote *r, struct rvirt_call *call, enum call_state state);

/* remote-stream.c; with the lock held but for remote_take_stream() */

bool remote_has_stream(const struct remote *r, uint32_t serial);

/* The call, which opens a stream, has succeeded. */
void remote_stream_opened(struct remote *r, struct rvirt_call *call);
/* It has failed, whatever came of its stream before. */
void remote_stream_refused(struct rvirt_call *call);

/* Those who wait for a stream, by next_in_slot. */
struct rvirt_call **remote_stream_waiters(struct remote_stream *s);

/* The connection is broken: wakes all who wait for streams. */
void remote_fail_streams(struct remote *r);

/* The connection is gone: its streams are on their own. */
void remote_forget_streams(struct remote *r);

/* A packet for a stream. from: the buffer that it stands in, which it may take. */
void remote_take_stream(struct remote *r, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from);

/* remote-input.c */

/* Sets the thread's error from a payload that carries one. Returns -1. */
int remote_decode_error(struct remote *r, const struct wire_op *op, const unsigned char *payload,
						size_t n);

/* As the reader, without the lock: handles the whole messages in r->in. 0, or -1 with the error set
 * if the peer does not keep to the protocol. */
int remote_input(struct remote *r);

/* Without the lock: hands the events that were read to their handler. */
void remote_deliver_events(struct remote *r);

/* remote-send.c */

/* With the lock held, which is released meanwhile: writes what has gathered, as far as the channel
 * takes it; may break the connection. Returns at once if another thread is at it. */
void remote_write(struct remote *r);

/* With the lock held: sends a message without payload. */
void remote_send_empty(struct remote *r, const struct frame_header *h);

/* With the lock held, which is released meanwhile: sends a message whose payload is not copied as
 * far as the channel takes it at once, after what was to be sent before. 0, or -1 with the error
 * set. */
int remote_send_payload(struct remote *r, const struct frame_header *h, const void *payload,
						size_t n);

/* remote-ping.c */

/* As the reader: when the next ping is due (monotonic), -1: never. */
int64_t remote_ping_due(const struct remote *r);

/* As the reader, without the lock: sends a ping, or asks whether the daemon takes pings, or breaks
 * the connection after too many of them. */
void remote_ping(struct remote *r);

/* As the reader, without the lock: a message of the keepalive program. */
int remote_take_keepalive(struct remote *r, const struct frame_header *h);

/* As the reader: the question whether the daemon takes pings was answered; result 0: its value is
 * decoded. */
void remote_take_ping_answer(struct remote *r, int result);

/* remote-wait.c */

/* With the lock held, which is released in the end: waits until the call is done. */
void remote_wait_locked(struct remote *r, struct rvirt_call *call);

/* With the lock held, which is released meanwhile: waits until all is written or the connection is
 * broken. */
void remote_push_all(struct remote *r);

/* With the lock held, which is released meanwhile: handles what has come, if nobody else does. */
void remote_look(struct remote *r);

/* remote-open.c and remote-wait.c */

/* With the lock held: puts the call's message into out and lists it. */
int remote_queue_call(struct remote *r, struct rvirt_call *call, const void *args);

static inline void remote_lock(struct remote *r)
{
	pthread_mutex_lock(&r->lock);
}

static inline void remote_unlock(struct remote *r)
{
	pthread_mutex_unlock(&r->lock);
}

#endif
