/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream's two ways over the connection. The daemon sends whether or not somebody receives here:
 * what comes waits in the stream's queue, within a bound.
 */
#include "config.h"
#include "lib/remote-stream.h"

#include "base/fd.h"
#include "base/log.h"
#include "lib/remote-impl.h"
#include "protocol/shapes.h"

#include <rvirt/protocol.h>
#include <string.h>

enum {
	FULL = 1024 * 1024, /* a stream with more waiting is not read for but by those who must */
	WAITING_MAX = 64 * 1024 * 1024, /* one with more is aborted */
};

struct remote_stream {
	struct remote_stream *next;
	struct remote *remote; /* NULL: not open yet, or the connection was closed */
	const struct wire_op *op;
	uint32_t serial;

	/* under the lock */
	struct stream_queue in;
	struct rvirt_call *waiters; /* for anything to happen to it */
	bool full;                  /* counted as such */
	bool at_end;                /* the daemon has sent all */
	bool ending;                /* we have said that it is over */
	bool confirmed;             /* the daemon has answered that */
	bool failed;
	struct error error; /* of having failed */

	struct stream_piece *taken; /* the receiver's */
};

/* -- the connection's side, with the lock held -- */

static struct remote_stream *find(struct remote *r, const struct frame_header *h)
{
	struct remote_stream *s = r->streams;

	while (s && (s->serial != h->serial || s->op->number != h->procedure))
		s = s->next;
	return s;
}

bool remote_has_stream(const struct remote *r, uint32_t serial)
{
	const struct remote_stream *s = r->streams;

	while (s && s->serial != serial)
		s = s->next;
	return s != NULL;
}

void remote_stream_opened(struct remote *r, struct rvirt_call *call)
{
	struct remote_stream *s = call->stream;

	if (s->remote)
		return;
	s->remote = r;
	s->serial = call->serial;
	s->next = r->streams;
	r->streams = s;
}

void remote_stream_refused(struct rvirt_call *call)
{
	if (call->stream->remote)
		call->stream->ending = true;
}

/* libvirtd's threads may send the first packet before the answer that opens the stream. */
static struct remote_stream *open_early(struct remote *r, const struct frame_header *h)
{
	struct rvirt_call *call = remote_find_call(r, h->serial);

	if (!call || !call->stream || call->op->number != h->procedure)
		return NULL;
	remote_stream_opened(r, call);
	return call->stream;
}

static void unlink_stream(struct remote *r, struct remote_stream *s)
{
	struct remote_stream **at = &r->streams;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->full)
		atomic_fetch_sub_explicit(&r->n_full, 1, memory_order_relaxed);
}

struct rvirt_call **remote_stream_waiters(struct remote_stream *s)
{
	return &s->waiters;
}

static void rouse(struct remote_stream *s, int result)
{
	while (s->waiters) {
		struct rvirt_call *waiter = s->waiters;

		remote_unlist_call(s->remote, waiter);
		if (result < 0)
			error_copy(&s->remote->cause);
		call_complete(waiter, result);
	}
}

void remote_fail_streams(struct remote *r)
{
	for (struct remote_stream *s = r->streams; s; s = s->next)
		rouse(s, -1);
}

void remote_forget_streams(struct remote *r)
{
	while (r->streams) {
		struct remote_stream *s = r->streams;

		r->streams = s->next;
		s->remote = NULL;
	}
}

static void count_full(struct remote_stream *s)
{
	bool full = s->in.held > FULL;

	if (full == s->full)
		return;
	s->full = full;
	if (full)
		atomic_fetch_add_explicit(&s->remote->n_full, 1, memory_order_relaxed);
	else
		atomic_fetch_sub_explicit(&s->remote->n_full, 1, memory_order_relaxed);
}

/* The stream goes no further, for the thread's error. */
static void fail(struct remote_stream *s)
{
	if (s->failed)
		return;
	s->failed = true;
	error_take(&s->error);
}

static struct frame_header header_of(const struct remote_stream *s, int type, int status)
{
	return (struct frame_header){.program = FRAME_PROGRAM_REMOTE,
								 .version = FRAME_VERSION,
								 .procedure = s->op->number,
								 .type = type,
								 .serial = s->serial,
								 .status = status};
}

/* Tells the daemon that the stream is given up here. */
static void send_abort(struct remote_stream *s)
{
	struct frame_header h = header_of(s, FRAME_STREAM, FRAME_ERROR);

	s->ending = true;
	remote_send_empty(s->remote, &h);
}

static void take_data(struct remote_stream *s, const struct frame_header *h,
					  const unsigned char *payload, size_t n, struct buf *from)
{
	if (s->ending || s->failed || s->at_end)
		return;
	if (h->type == FRAME_STREAM && n == 0) {
		s->at_end = true;
	} else if (stream_queue_packet(&s->in, h, payload, n, from) < 0) {
		fail(s);
	} else if (s->in.held > WAITING_MAX) {
		error_set(FROM_STREAMS, ERR_OPERATION_ABORTED,
				  "%s: more than %d MiB came in that nobody received", s->op->name,
				  WAITING_MAX / (1024 * 1024));
		fail(s);
	}
	count_full(s);
	if (s->failed)
		send_abort(s);
}

void remote_take_stream(struct remote *r, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from)
{
	struct remote_stream *s;

	remote_lock(r);
	s = find(r, h);
	if (!s)
		s = open_early(r, h);
	if (!s) {
		log_debug("packet from %s for no stream, serial %u", r->ch->how, h->serial);
	} else if (h->status == FRAME_CONTINUE) {
		take_data(s, h, payload, n, from);
		rouse(s, 0);
	} else if (h->status == FRAME_OK) {
		s->confirmed = s->at_end = true;
		rouse(s, 0);
	} else {
		remote_decode_error(r, s->op, payload, n);
		fail(s);
		rouse(s, 0);
	}
	remote_unlock(r);
}

/* -- the owner's side -- */

struct remote_stream *remote_stream_new(struct rvirt_call *call)
{
	struct remote_stream *s = calloc(1, sizeof *s);

	if (!s) {
		error_oom();
		return NULL;
	}
	stream_queue_init(&s->in);
	s->op = call->op;
	call->stream = s;
	return s;
}

void remote_stream_free(struct remote_stream *s)
{
	struct remote *r;

	if (!s)
		return;
	r = s->remote;
	if (r) {
		remote_lock(r);
		if (!s->ending && !s->failed && !r->broken)
			send_abort(s);
		unlink_stream(r, s);
		remote_unlock(r);
	}
	stream_queue_clear(&s->in);
	stream_piece_free(s->taken);
	error_clear(&s->error);
	free(s);
}

/* With the lock held: whether it goes on. */
static int check(struct remote_stream *s)
{
	if (s->failed)
		return error_copy(&s->error);
	if (s->remote->broken)
		return remote_broken_error(s->remote);
	if (s->ending)
		return error_set(FROM_STREAMS, ERR_OPERATION_INVALID, "%s: the stream is over",
						 s->op->name);
	return 0;
}

static int check_open(const struct remote_stream *s)
{
	if (s->remote)
		return 0;
	return error_set(FROM_STREAMS, ERR_INVALID_STREAM, "%s: the connection was closed",
					 s->op->name);
}

/* With the lock held, which is released meanwhile: waits until something happens to the stream. 0,
 * or -1 with the error set. */
static int await(struct remote_stream *s, int64_t deadline_ms)
{
	struct remote *r = s->remote;
	struct rvirt_call waiter = {
		.op = s->op,
		.remote = r,
		.next_in_slot = s->waiters,
		.end = r->queued,
		.deadline_ms = deadline_ms,
		.listed = true,
		.waits_for = s,
	};

	s->waiters = &waiter;
	remote_wait_locked(r, &waiter);
	remote_lock(r);
	if (waiter.result < 0)
		error_give(&waiter.error);
	return waiter.result;
}

int remote_stream_send(struct remote_stream *s, const void *data, size_t n)
{
	struct frame_header h = header_of(s, FRAME_STREAM, FRAME_CONTINUE);
	const char *at = data;
	int result = 0;

	if (check_open(s) < 0)
		return -1;
	remote_lock(s->remote);
	while (n > 0 && result == 0) {
		size_t some = n < STREAM_DATA_MAX ? n : STREAM_DATA_MAX;

		remote_look(s->remote);
		result = check(s);
		if (result == 0)
			result = remote_send_payload(s->remote, &h, at, some);
		at += some;
		n -= some;
	}
	remote_unlock(s->remote);
	return result;
}

ssize_t remote_stream_try_send(struct remote_stream *s, const void *data, size_t n)
{
	struct frame_header h = header_of(s, FRAME_STREAM, FRAME_CONTINUE);
	struct remote *r = s->remote;
	size_t some = n < STREAM_DATA_MAX ? n : STREAM_DATA_MAX;
	ssize_t result;

	if (check_open(s) < 0)
		return -1;
	remote_lock(r);
	remote_write(r);
	result = check(s);
	if (result == 0 && r->written < r->queued)
		result = REMOTE_STREAM_AGAIN;
	if (result == 0 && remote_send_payload(r, &h, data, some) < 0)
		result = -1;
	remote_unlock(r);
	return result == 0 ? (ssize_t)some : result;
}

int remote_stream_send_hole(struct remote_stream *s, int64_t length)
{
	CLEANUP_BUF struct buf packet = {0};
	struct frame_header h = header_of(s, FRAME_STREAM_HOLE, FRAME_CONTINUE);
	const struct rvirt_wire_stream_hole hole = {.length = length};
	int result;

	if (check_open(s) < 0 || wire_encode(&wire_shape_stream_hole, &hole, &packet) < 0)
		return -1;
	remote_lock(s->remote);
	remote_look(s->remote);
	result = check(s);
	if (result == 0)
		result = remote_send_payload(s->remote, &h, buf_at(&packet), buf_len(&packet));
	remote_unlock(s->remote);
	return result;
}

/* Moves the next piece to the receiver; 1 if there is one, 0 at the end, -1 with the error set, or
 * REMOTE_STREAM_AGAIN. */
static int take(struct remote_stream *s, bool wait)
{
	struct remote *r = s->remote;
	int result = 0;

	remote_lock(r);
	while (!s->in.first && !s->at_end && result == 0) {
		result = check(s);
		if (result == 0)
			result = wait ? await(s, -1) : REMOTE_STREAM_AGAIN;
	}
	if (result == 0) {
		s->taken = stream_queue_pop(&s->in);
		count_full(s);
		if (s->taken)
			result = 1;
		else if (s->failed)
			result = error_copy(&s->error);
	}
	remote_unlock(r);
	return result;
}

ssize_t remote_stream_peek(struct remote_stream *s, const unsigned char **ret_data,
						   int64_t *ret_hole, bool wait)
{
	int got;

	*ret_hole = 0;
	if (check_open(s) < 0)
		return -1;
	if (!s->taken) {
		if (!wait && remote_dispatch(s->remote) < 0)
			error_reset(); /* what came before the end is still there to be had */
		got = take(s, wait);
		if (got <= 0)
			return got;
	}
	if (s->taken->hole) {
		*ret_hole = s->taken->hole;
		stream_piece_free(steal(&s->taken));
		return 0;
	}
	*ret_data = buf_at(&s->taken->data);
	return (ssize_t)buf_len(&s->taken->data);
}

void remote_stream_took(struct remote_stream *s, size_t n)
{
	buf_consume(&s->taken->data, n);
	if (!buf_len(&s->taken->data))
		stream_piece_free(steal(&s->taken));
}

ssize_t remote_stream_recv(struct remote_stream *s, void *data, size_t n, int64_t *ret_hole,
						   bool wait)
{
	const unsigned char *from;
	ssize_t got = remote_stream_peek(s, &from, ret_hole, wait);

	if (got <= 0)
		return got;
	if (n > (size_t)got)
		n = (size_t)got;
	memcpy(data, from, n);
	remote_stream_took(s, n);
	return (ssize_t)n;
}

int remote_stream_end(struct remote_stream *s, bool abort)
{
	struct frame_header h = header_of(s, FRAME_STREAM, abort ? FRAME_ERROR : FRAME_OK);
	int64_t timeout, deadline;
	int result;

	if (check_open(s) < 0)
		return -1;
	timeout = s->remote->options.call_timeout_ms;
	deadline = timeout < 0 ? -1 : now_ms() + timeout;
	remote_lock(s->remote);
	result = check(s);
	if (result == 0) {
		s->ending = true;
		remote_send_empty(s->remote, &h);
		stream_queue_clear(&s->in);
		count_full(s);
	}
	while (result == 0 && !s->confirmed) {
		result = await(s, deadline);
		if (result == 0 && s->failed)
			result = error_copy(&s->error);
	}
	s->ending = true;
	remote_unlock(s->remote);
	return result;
}
