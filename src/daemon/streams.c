/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One job at a time moves what a stream has: it writes to the driver what has come, then reads what
 * there is room for. While it works the loop gathers the next pieces.
 */
#include "config.h"
#include "daemon/streams.h"

#include "base/error.h"
#include "base/log.h"
#include "daemon/client.h"
#include "daemon/workers.h"
#include "protocol/ops.h"

#include <string.h>

enum {
	IN_MAX = 4 * STREAM_PACKET_MAX, /* waits for a driver before the client is read no more */
	OUT_MAX_EACH = 4, /* packets of one stream that wait for the client to take them */
	OUT_MAX_ALL = 8,  /* … of all its streams */
};

struct packet {
	struct packet *next;
	struct client_stream *stream; /* NULL: it has ended */
	bool counted;                 /* in n_out */
	struct buf bytes;             /* the whole message */
};

enum ending { RUNS, FINISHES, ABORTED, REFUSED };

struct client_stream {
	struct job job;
	struct client *client;
	struct client_stream *next;
	struct frame_header header; /* of its packets */
	struct driver_stream *driver;

	/* the loop's */
	struct stream_queue in; /* what has come */
	enum ending ending;     /* what the client wants, or why it gets no further */
	struct error refusal;
	unsigned n_out;    /* packets in the client's output */
	unsigned reserved; /* … that the job may add */
	bool working;

	/* the job's */
	struct stream_queue batch; /* what it writes */
	unsigned to_read;          /* packets that it may read */
	bool to_finish;
	struct packet *made, **made_end; /* what it has read */
	bool at_end;                     /* the driver's data have ended */
	int result;                      /* -1: it failed, and with this */
	struct error error;
};

/* -- packets -- */

static struct packet *packet_new(struct client_stream *s, size_t room)
{
	struct packet *p = calloc(1, sizeof *p);
	size_t size = FRAME_HEADER_LEN + room + 1;

	if (p)
		p->bytes.data = malloc(size);
	if (!p || !p->bytes.data) {
		free(p);
		error_oom();
		return NULL;
	}
	p->bytes.size = size;
	p->stream = s;
	return p;
}

static void packet_free(struct packet *p)
{
	buf_clear(&p->bytes);
	free(p);
}

static void free_packets(struct packet *p)
{
	while (p) {
		struct packet *next = p->next;

		packet_free(p);
		p = next;
	}
}

/* -- the job -- */

static int write_batch(struct client_stream *s)
{
	const struct driver_stream_ops *ops = s->driver->ops;
	int r = 0;

	while (s->batch.first && r == 0) {
		CLEANUP(cleanup_stream_piece) struct stream_piece *piece = stream_queue_pop(&s->batch);

		r = piece->hole ? ops->write_hole(s->driver, piece->hole)
						: ops->write(s->driver, buf_at(&piece->data), buf_len(&piece->data));
	}
	return r;
}

/* Reads one packet: data, a hole, or the end, which is an empty one. */
static int read_packet(struct client_stream *s)
{
	struct packet *p = packet_new(s, STREAM_DATA_MAX);
	struct frame_header h = s->header;
	int64_t hole = 0;
	ssize_t n;
	int r;

	if (!p)
		return -1;
	p->counted = true;
	buf_grow(&p->bytes, FRAME_HEADER_LEN);
	n = s->driver->ops->read(s->driver, buf_at(&p->bytes) + FRAME_HEADER_LEN, STREAM_DATA_MAX,
							 &hole);
	h.status = FRAME_CONTINUE;
	if (n > 0) {
		buf_grow(&p->bytes, (size_t)n);
		r = frame_finish(&p->bytes, 0, &h);
	} else {
		buf_clear(&p->bytes);
		r = n < 0  ? -1
			: hole ? stream_put_hole(&p->bytes, &h, hole)
				   : frame_put_bytes(&p->bytes, &h, NULL, 0);
		s->at_end = n == 0 && !hole;
	}
	if (r < 0) {
		packet_free(p);
		return -1;
	}
	*s->made_end = p;
	s->made_end = &p->next;
	return 0;
}

static int move(struct client_stream *s)
{
	if (write_batch(s) < 0)
		return -1;
	if (s->to_finish)
		return driver_stream_finish(s->driver);
	while (s->to_read && !s->at_end) {
		if (read_packet(s) < 0)
			return -1;
		s->to_read--;
	}
	return 0;
}

static void work(struct job *job)
{
	struct client_stream *s = (struct client_stream *)job;

	s->result = move(s);
	if (s->result < 0)
		error_take(&s->error);
}

/* -- the loop's side -- */

static void stream_free(struct client_stream *s)
{
	driver_stream_close(s->driver);
	stream_queue_clear(&s->in);
	stream_queue_clear(&s->batch);
	free_packets(s->made);
	error_clear(&s->error);
	error_clear(&s->refusal);
	free(s);
}

static void append(struct client *c, struct packet *p)
{
	*c->streams.out_end = p;
	c->streams.out_end = &p->next;
	if (!p->counted)
		return;
	c->streams.n_out++;
	p->stream->n_out++;
}

static struct packet *take_first(struct streams *all)
{
	struct packet *p = all->out;

	all->out = p->next;
	if (!all->out)
		all->out_end = &all->out;
	if (p->counted)
		all->n_out--;
	if (p->counted && p->stream)
		p->stream->n_out--;
	return p;
}

/* Nothing more of the stream's data goes to the client but what has begun to. */
static void drop_output(struct client_stream *s)
{
	struct streams *all = &s->client->streams;
	struct packet *rest = all->out;

	all->out = NULL;
	all->out_end = &all->out;
	all->n_out = 0;
	for (const struct client_stream *other = all->first; other; other = other->next)
		all->n_out += other->reserved;
	s->n_out = 0;
	for (bool first = true; rest; first = false) {
		struct packet *p = rest;

		rest = p->next;
		p->next = NULL;
		if (p->stream == s && !(first && all->begun)) {
			packet_free(p);
			continue;
		}
		if (p->stream == s)
			p->stream = NULL;
		*all->out_end = p;
		all->out_end = &p->next;
		all->n_out += p->counted;
	}
}

static void unlink_stream(struct client_stream *s)
{
	struct client_stream **at = &s->client->streams.first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->client->streams.n--;
}

/* The last packet of a stream: OK, or the thread's error. */
static void put_last(struct client *c, const struct frame_header *header, bool ok)
{
	struct packet *p = packet_new(NULL, 0);
	struct frame_header h = *header;
	int r = -1;

	h.status = FRAME_OK;
	if (p)
		r = ok ? frame_put_bytes(&p->bytes, &h, NULL, 0) : frame_put_error(&p->bytes, &h);
	if (r == 0) {
		append(c, p);
		return;
	}
	if (p)
		packet_free(p);
	client_step(c, CLIENT_ENDED);
}

/* The stream has ended, the client gets to know how: result -1 with the error of this thread. What
 * was read before is sent before. */
static void end(struct client_stream *s, int result)
{
	struct client *c = s->client;

	if (result < 0)
		log_debug("stream %u of procedure %d: %s", s->header.serial, s->header.procedure,
				  error_last()->message);
	unlink_stream(s);
	for (struct packet *p = c->streams.out; p; p = p->next)
		if (p->stream == s)
			p->stream = NULL;
	put_last(c, &s->header, result == 0);
	stream_free(s);
}

static void done(struct client_stream *s);
static void job_done(struct job *job);

/* How many packets may be read now: some at a time, as every job is a change of threads. */
static unsigned room(const struct client_stream *s)
{
	unsigned all = s->client->streams.n_out, each = s->n_out, n;

	if (!s->driver->ops->read || s->at_end || each > OUT_MAX_EACH / 2 || all >= OUT_MAX_ALL)
		return 0;
	n = OUT_MAX_EACH - each;
	return n < OUT_MAX_ALL - all ? n : OUT_MAX_ALL - all;
}

/* Does what there is to do for a stream that does nothing now. */
static void go(struct client_stream *s)
{
	struct client *c = s->client;

	if (s->working || c->state == CLIENT_CLOSING)
		return;
	if (s->ending == ABORTED || s->ending == REFUSED) {
		drop_output(s);
		if (s->ending == REFUSED)
			error_give(&s->refusal);
		end(s, s->ending == REFUSED ? -1 : 0);
		return;
	}
	stream_queue_move(&s->batch, &s->in);
	s->to_finish = s->ending == FINISHES;
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

/* The job is done: what it has read goes out, and the next begins. */
static void done(struct client_stream *s)
{
	struct client *c = s->client;
	struct packet *p;

	s->working = false;
	c->streams.n_working--;
	c->streams.n_out -= s->reserved;
	s->reserved = 0;
	if (c->state == CLIENT_CLOSING)
		return;
	while ((p = s->made)) {
		s->made = p->next;
		p->next = NULL;
		append(c, p);
	}
	s->made_end = &s->made;
	if (s->result < 0 && s->ending != ABORTED) {
		error_give(&s->error);
		end(s, -1);
	} else if (s->to_finish) {
		drop_output(s);
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
	free_packets(c->streams.out);
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
	s->ending = REFUSED;
	error_take(&s->refusal);
}

static void take_packet(struct client_stream *s, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from)
{
	const struct driver_stream_ops *ops = s->driver->ops;
	bool hole = h->type == FRAME_STREAM_HOLE;

	if (s->ending != RUNS)
		return;
	if (h->status == FRAME_CONTINUE && hole && !ops->write_hole)
		refuse((error_set(FROM_STREAMS, ERR_RPC, "Unexpected stream hole"), s));
	else if (h->status == FRAME_CONTINUE && !ops->write)
		refuse((error_set(FROM_STREAMS, ERR_RPC, "this stream takes no data"), s));
	else if (h->status == FRAME_CONTINUE && stream_queue_packet(&s->in, h, payload, n, from) < 0)
		refuse(s);
	else if (h->status == FRAME_OK && !hole)
		s->ending = FINISHES;
	else if (h->status != FRAME_CONTINUE)
		s->ending = ABORTED;
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
		if (s->in.held >= IN_MAX)
			return true;
	return false;
}

bool streams_expect_data(const struct client *c)
{
	for (const struct client_stream *s = c->streams.first; s; s = s->next)
		if (s->driver->ops->write && s->ending == RUNS)
			return true;
	return false;
}

/* -- to the client -- */

struct buf *streams_output(struct client *c)
{
	return c->streams.out ? &c->streams.out->bytes : NULL;
}

/* There is room for more packets: all have their turns, who has had one goes to the end. */
static void go_all(struct client *c)
{
	struct streams *all = &c->streams;

	for (unsigned i = all->n; i > 0 && all->n_out < OUT_MAX_ALL; i--) {
		struct client_stream *s = all->first, **last = &all->first;

		all->first = s->next;
		s->next = NULL;
		while (*last)
			last = &(*last)->next;
		*last = s;
		go(s);
	}
}

void streams_wrote(struct client *c, size_t n)
{
	struct streams *all = &c->streams;

	buf_consume(&all->out->bytes, n);
	all->begun = buf_len(&all->out->bytes) > 0;
	if (all->begun)
		return;
	packet_free(take_first(all));
	go_all(c);
}
