/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Streams from their opening to their end, and what their clients send. One job at a time moves
 * what a stream has: it writes to the driver what has come, then reads what there is room for.
 * While it works the loop gathers the next pieces. Where the driver's stream never waits, the loop
 * does it.
 */
#include "config.h"
#include "daemon/streams-impl.h"

#include "base/log.h"
#include "protocol/ops.h"

#include <string.h>

enum { STUCK_MAX_MS = 10000 }; /* for which a driver may take nothing and its client is not read */

static void work(struct job *job)
{
	struct client_stream *s = (struct client_stream *)job;

	s->result = stream_move(s);
	if (s->result < 0)
		error_take(&s->error);
}

static void stream_free(struct client_stream *s)
{
	stream_unwatch(s);
	driver_stream_close(s->driver);
	stream_queue_clear(&s->in);
	stream_queue_clear(&s->batch);
	packet_free_all(s->made);
	error_clear(&s->error);
	error_clear(&s->refusal);
	free(s);
}

static void unlink_stream(struct client_stream *s)
{
	struct client_stream **at = &s->client->streams.first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->client->streams.n--;
}

/* The stream has ended, the client gets to know how: result -1 with the error of this thread. What
 * was read before is sent before. */
static void end(struct client_stream *s, int result)
{
	if (result < 0)
		log_debug("stream %u of procedure %d: %s", s->header.serial, s->header.procedure,
				  error_last()->message);
	unlink_stream(s);
	streams_put_last(s, result == 0);
	stream_free(s);
}

static void done(struct client_stream *s);
static void job_done(struct job *job);

/* How many packets may be read now: some at a time, as every job is a change of threads. */
static unsigned room(const struct client_stream *s)
{
	unsigned all = s->client->streams.n_out, each = s->n_out, n;

	if (!s->driver->ops->read || s->at_end || each > STREAMS_OUT_EACH / 2 || all >= STREAMS_OUT_ALL)
		return 0;
	n = STREAMS_OUT_EACH - each;
	return n < STREAMS_OUT_ALL - all ? n : STREAMS_OUT_ALL - all;
}

/* What was read goes out. */
static void take_made(struct client_stream *s)
{
	struct packet *p;

	while ((p = s->made)) {
		s->made = p->next;
		p->next = NULL;
		packet_append(s->client, p);
	}
	s->made_end = &s->made;
}

static void ready(void *stream);

/* The same in the loop, as far as it goes without waiting. */
static void go_polled(struct client_stream *s)
{
	int r;

	s->to_finish = s->ending == STREAM_FINISHES;
	s->to_read = s->to_finish ? 0 : room(s);
	r = stream_move_some(s);
	if (r < 0)
		error_take(&s->error);
	take_made(s);
	if (r < 0) {
		error_give(&s->error);
		end(s, -1);
	} else if (r == 1 && s->to_finish) {
		streams_drop_output(s);
		end(s, 0);
	} else if (stream_wait(s, !s->to_finish && room(s), ready) < 0) {
		end(s, -1);
	}
}

/* Gives a worker what there is to do. */
static void go_waiting(struct client_stream *s)
{
	struct client *c = s->client;

	stream_queue_move(&s->batch, &s->in);
	s->to_finish = s->ending == STREAM_FINISHES;
	s->to_read = s->to_finish ? 0 : room(s);
	if (!s->batch.first && !s->to_read && !s->to_finish)
		return;
	s->working = true;
	s->reserved = s->to_read;
	c->streams.n_out += s->reserved;
	c->streams.n_working++;
	if (!c->host->workers || c->conn->driver->never_blocks) {
		work(&s->job);
		done(s);
	} else if (workers_give(c->host->workers, &s->job) < 0) {
		s->result = -1;
		error_take(&s->error);
		done(s);
	}
}

/* Does what there is to do for a stream that does nothing now. */
static void go(struct client_stream *s)
{
	struct client *c = s->client;

	if (s->working || c->state == CLIENT_CLOSING)
		return;
	if (s->ending == STREAM_ABORTED || s->ending == STREAM_REFUSED) {
		streams_drop_output(s);
		if (s->ending == STREAM_REFUSED)
			error_give(&s->refusal);
		end(s, s->ending == STREAM_REFUSED ? -1 : 0);
		return;
	}
	if (stream_is_polled(s))
		go_polled(s);
	else
		go_waiting(s);
}

static void ready(void *stream)
{
	struct client_stream *s = stream;
	struct client *c = s->client;

	if (c->state == CLIENT_CLOSING)
		stream_unwatch(s);
	else
		go(s);
	c->host->stirred(c);
}

/* The job is done: what it has read goes out, and the next begins. */
static void done(struct client_stream *s)
{
	struct client *c = s->client;

	s->working = false;
	c->streams.n_working--;
	c->streams.n_out -= s->reserved;
	s->reserved = 0;
	if (c->state == CLIENT_CLOSING)
		return;
	take_made(s);
	if (s->result < 0 && s->ending != STREAM_ABORTED) {
		error_give(&s->error);
		end(s, -1);
	} else if (s->to_finish) {
		streams_drop_output(s);
		end(s, 0);
	} else {
		go(s);
	}
}

static void job_done(struct job *job)
{
	struct client *c = ((struct client_stream *)job)->client;

	done((struct client_stream *)job);
	c->host->stirred(c);
}

void streams_init(struct streams *all)
{
	*all = (struct streams){.out_end = &all->out};
}

void streams_clear(struct client *c)
{
	while (c->streams.first) {
		struct client_stream *s = c->streams.first;

		c->streams.first = s->next;
		stream_free(s);
	}
	packet_free_all(c->streams.out);
	streams_init(&c->streams);
}

static struct client_stream *find(const struct client *c, uint32_t serial)
{
	struct client_stream *s = c->streams.first;

	while (s && s->header.serial != serial)
		s = s->next;
	return s;
}

int streams_admit(struct client *c, const struct frame_header *call)
{
	if (c->streams.n + c->streams.n_opening >= STREAMS_MAX)
		return error_set(FROM_STREAMS, ERR_OPERATION_DENIED,
						 "%d streams are open on this connection, more are not possible",
						 STREAMS_MAX);
	if (find(c, call->serial))
		return error_set(FROM_STREAMS, ERR_RPC, "a stream with serial %u is open already",
						 call->serial);
	c->streams.n_opening++;
	return 0;
}

void streams_opened(struct client *c, const struct frame_header *call, struct driver_stream *driver)
{
	struct client_stream *s;

	c->streams.n_opening--;
	if (!driver)
		return;
	s = calloc(1, sizeof *s);
	if (!s || find(c, call->serial)) {
		free(s);
		driver_stream_close(driver);
		client_step(c, CLIENT_ENDED);
		return;
	}
	*s = (struct client_stream){
		.job = {.work = work, .done = job_done},
		.client = c,
		.next = c->streams.first,
		.header = *call,
		.driver = driver,
	};
	s->header.type = FRAME_STREAM;
	s->made_end = &s->made;
	stream_queue_init(&s->in);
	stream_queue_init(&s->batch);
	c->streams.first = s;
	c->streams.n++;
	go(s);
}

/* -- from the client -- */

static void refuse(struct client_stream *s)
{
	s->ending = STREAM_REFUSED;
	error_take(&s->refusal);
}

static void take_packet(struct client_stream *s, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from)
{
	const struct driver_stream_ops *ops = s->driver->ops;
	bool hole = h->type == FRAME_STREAM_HOLE;

	if (s->ending != STREAM_RUNS)
		return;
	if (h->status == FRAME_CONTINUE && hole && !ops->write_hole)
		refuse((error_set(FROM_STREAMS, ERR_RPC, "Unexpected stream hole"), s));
	else if (h->status == FRAME_CONTINUE && !ops->write && !ops->write_some)
		refuse((error_set(FROM_STREAMS, ERR_RPC, "this stream takes no data"), s));
	else if (h->status == FRAME_CONTINUE && stream_queue_packet(&s->in, h, payload, n, from) < 0)
		refuse(s);
	else if (h->status == FRAME_OK && !hole)
		s->ending = STREAM_FINISHES;
	else if (h->status != FRAME_CONTINUE)
		s->ending = STREAM_ABORTED;
}

int streams_receive(struct client *c, const struct frame_header *h, const unsigned char *payload,
					size_t n, struct buf *from)
{
	struct client_stream *s = find(c, h->serial);

	if (s && s->header.procedure == h->procedure && s->header.program == h->program &&
		s->header.version == h->version) {
		take_packet(s, h, payload, n, from);
		go(s);
		return 0;
	}
	log_debug("packet for no stream: procedure %d, serial %u, status %d", h->procedure, h->serial,
			  h->status);
	/* data may be on its way when a stream fails; who waits for an answer gets one */
	if (h->status == FRAME_CONTINUE)
		return 0;
	error_set(FROM_STREAMS, ERR_INVALID_STREAM, "a packet with serial %u: there is no such stream",
			  h->serial);
	return frame_put_error(client_output(c), h);
}

bool streams_stalled(const struct client *c)
{
	for (const struct client_stream *s = c->streams.first; s; s = s->next)
		if (s->in.held >= STREAMS_IN_MAX)
			return true;
	return false;
}

bool streams_expect_data(const struct client *c)
{
	for (const struct client_stream *s = c->streams.first; s; s = s->next)
		if ((s->driver->ops->write || s->driver->ops->write_some) && s->ending == STREAM_RUNS)
			return true;
	return false;
}

void streams_tick(struct client *c, uint64_t now_ms)
{
	struct client_stream *next;

	for (struct client_stream *s = c->streams.first; s; s = next) {
		next = s->next;
		if (!stream_is_polled(s) || s->in.held < STREAMS_IN_MAX || s->took) {
			s->took = false;
			s->stuck_ms = 0;
		} else if (!s->stuck_ms) {
			s->stuck_ms = now_ms;
		} else if (now_ms - s->stuck_ms >= STUCK_MAX_MS) {
			error_set(FROM_STREAMS, ERR_OPERATION_ABORTED,
					  "for %d seconds nothing was taken of the %zu KiB that wait",
					  STUCK_MAX_MS / 1000, s->in.held / 1024);
			refuse(s);
			go(s);
		}
	}
}

void streams_unwatch(struct client *c)
{
	for (struct client_stream *s = c->streams.first; s; s = s->next)
		stream_unwatch(s);
}

/* There is room for more packets: all have their turns, who has had one goes to the end. */
void streams_go_all(struct client *c)
{
	struct streams *all = &c->streams;

	for (unsigned i = all->n; i > 0 && all->n_out < STREAMS_OUT_ALL; i--) {
		struct client_stream *s = all->first, **last = &all->first;

		all->first = s->next;
		s->next = NULL;
		while (*last)
			last = &(*last)->next;
		*last = s;
		go(s);
	}
}
