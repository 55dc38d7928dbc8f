/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's bytes: messages out of them, answers into them, and when to wait. What a call
 * means is for dispatch.h.
 */
#include "config.h"
#include "daemon/client.h"

#include "base/error.h"
#include "base/log.h"
#include "daemon/dispatch.h"

#include <stdlib.h>
#include <string.h>

enum {
	OUT_MAX = 256 * 1024,       /* untaken output at which a client's calls wait */
	BACKLOG_MAX = 1024 * 1024,  /* waiting input at which no more is read */
	OUT_KEPT_MAX = 1024 * 1024, /* of the shared output buffer, kept for the next client */
};

static const struct {
	enum client_state state;
	enum client_event event;
	enum client_state next;
} steps[] = {
	{CLIENT_ACCEPTED, CLIENT_PROVED, CLIENT_AUTHENTICATED},
	{CLIENT_ACCEPTED, CLIENT_ENDED, CLIENT_CLOSING},
	{CLIENT_AUTHENTICATED, CLIENT_OPENED, CLIENT_OPEN},
	{CLIENT_AUTHENTICATED, CLIENT_ENDED, CLIENT_CLOSING},
	{CLIENT_OPEN, CLIENT_ENDED, CLIENT_CLOSING},
};

void client_step(struct client *c, enum client_event event)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (steps[i].state == c->state && steps[i].event == event) {
			c->state = steps[i].next;
			return;
		}
	}
}

static size_t largest(bool args)
{
	size_t max = 1;

	for (int i = 1; i < wire_n_ops; i++) {
		const struct wire_shape *s = args ? wire_ops[i].args : wire_ops[i].ret;

		if (s && s->size > max)
			max = s->size;
	}
	return max;
}

int client_host_init(struct client_host *host)
{
	host->args = malloc(largest(true));
	host->ret = malloc(largest(false));
	return host->args && host->ret ? 0 : error_oom();
}

void client_host_clear(struct client_host *host)
{
	free(host->args);
	free(host->ret);
	buf_clear(&host->out);
}

void client_init(struct client *c, struct client_host *host, const struct client_traits *traits)
{
	*c = (struct client){.host = host, .traits = *traits, .state = CLIENT_ACCEPTED};
	events_init(&c->events, &host->events);
	streams_init(&c->streams);
	if (traits->auth == AUTH_NONE)
		client_step(c, CLIENT_PROVED);
}

void client_clear(struct client *c)
{
	streams_clear(c);
	driver_close(c->conn);
	c->conn = NULL;
	events_clear(&c->events);
	free(c->uri);
	c->uri = NULL;
	buf_clear(&c->in);
	buf_clear(&c->out);
	fds_clear(&c->in_fds);
	fds_queue_clear(&c->out_fds);
}

struct buf *client_output(struct client *c)
{
	return buf_len(&c->out) ? &c->out : &c->host->out;
}

int client_keep_output(struct client *c)
{
	struct buf *shared = &c->host->out;
	int r = 0;

	if (buf_len(shared)) {
		r = buf_add(&c->out, buf_at(shared), buf_len(shared));
		buf_consume(shared, buf_len(shared));
	} else if (!buf_len(&c->out)) {
		buf_clear(&c->out);
	}
	if (shared->size > OUT_KEPT_MAX)
		buf_clear(shared);
	return r;
}

bool client_has_output(const struct client *c)
{
	return buf_len(&c->out) || c->streams.out;
}

struct buf *client_next_output(struct client *c)
{
	struct buf *out = client_output(c);

	return buf_len(out) && !c->streams.begun ? out : streams_output(c);
}

void client_wrote(struct client *c, struct buf *from, size_t n)
{
	if (from == streams_output(c)) {
		streams_wrote(c, n);
		return;
	}
	buf_consume(from, n);
	c->wrote += n;
	fds_queue_sent(&c->out_fds, c->wrote);
}

int client_next_fd(struct client *c, const struct buf *from, size_t *n)
{
	return from == streams_output(c) ? -1 : fds_queue_next(&c->out_fds, c->wrote, n);
}

int client_send_fds(struct client *c, const struct rvirt_fds *fds)
{
	return fds_queue_add(&c->out_fds, fds, c->wrote + buf_len(client_output(c)) - fds->n);
}

bool client_takes_fds(const struct client *c)
{
	return c->passes_fds && c->state == CLIENT_OPEN && !c->traits.readonly && !c->conn->readonly;
}

/* Whether the next message has to wait. */
static bool must_wait(const struct client *c)
{
	return c->state == CLIENT_CLOSING || c->ordered || c->in_flight >= c->host->max_requests ||
		   buf_len(&c->out) > OUT_MAX || buf_len(&c->host->out) > OUT_MAX || streams_stalled(c);
}

bool client_wants_input(const struct client *c)
{
	/* what a stream has too much of already would only be copied */
	if (c->state == CLIENT_CLOSING || streams_stalled(c))
		return false;
	return !must_wait(c) || buf_len(&c->in) < BACKLOG_MAX;
}

static int put_keepalive(struct client *c, int procedure)
{
	struct frame_header h = {.program = FRAME_PROGRAM_KEEPALIVE,
							 .version = FRAME_VERSION,
							 .procedure = procedure,
							 .type = FRAME_MESSAGE};

	return frame_put_bytes(client_output(c), &h, NULL, 0);
}

int client_ping(struct client *c)
{
	return put_keepalive(c, KEEPALIVE_PING);
}

static bool is_keepalive(const struct frame_header *h)
{
	return h->program == FRAME_PROGRAM_KEEPALIVE && h->version == FRAME_VERSION &&
		   h->type == FRAME_MESSAGE;
}

/* A call that came with descriptors, which follow those of calls before. */
static int receive_with_fds(struct client *c, struct frame_header *h, const unsigned char *payload,
							size_t n)
{
	CLEANUP_FDS struct rvirt_fds fds = {0};
	unsigned n_fds = 0;

	if (frame_count_fds(payload, n, &n_fds) < 0)
		return -1;
	h->type = FRAME_CALL;
	if (fds_take(&c->in_fds, n_fds, &fds))
		dispatch_call(c, h, payload + FRAME_FDS_LEN, n - FRAME_FDS_LEN, &fds);
	else
		dispatch_refuse_fds(c, h);
	return 0;
}

/* 0, or -1 with the error set: the connection can't go on. */
static int receive_message(struct client *c, struct frame_header *h, const unsigned char *payload,
						   size_t n, struct buf *from)
{
	if (is_keepalive(h))
		return h->procedure == KEEPALIVE_PING ? put_keepalive(c, KEEPALIVE_PONG) : 0;
	switch (h->type) {
	case FRAME_CALL:
		dispatch_call(c, h, payload, n, NULL);
		return 0;
	case FRAME_CALL_WITH_FDS:
		return receive_with_fds(c, h, payload, n);
	case FRAME_STREAM:
	case FRAME_STREAM_HOLE:
		return streams_receive(c, h, payload, n, from);
	default:
		/* nothing was asked of the client */
		log_debug("message of type %d, procedure %d dropped", h->type, h->procedure);
		return 0;
	}
}

/* Handles complete messages at data as far as nothing has to wait. from: the buffer that they stand
 * in, or NULL; the last of them may have taken it. */
static int receive_messages(struct client *c, const unsigned char *data, size_t n, struct buf *from,
							size_t *ret_used)
{
	size_t used = 0;
	int r = 0;

	while (!must_wait(c)) {
		struct frame_header h;
		const unsigned char *payload;
		size_t payload_len, len;
		unsigned n_fds = 0;

		r = frame_next(data + used, n - used, &h, &payload, &payload_len, &len);
		if (r <= 0)
			break;
		if (h.type == FRAME_CALL_WITH_FDS &&
			(r = frame_count_fds(payload, payload_len, &n_fds)) < 0)
			break;
		if (n - used - len < n_fds) {
			r = 0;
			break;
		}
		used += len + n_fds;
		r = receive_message(c, &h, payload, payload_len, from);
		if (r < 0)
			break;
	}
	*ret_used = used;
	if (used == n)
		fds_clear(&c->in_fds); /* of no message */
	if (r < 0)
		client_step(c, CLIENT_ENDED);
	return r < 0 ? -1 : 0;
}

/* While calls wait, the peer's pings among them do not. */
static int answer_pings(struct client *c)
{
	static const uint32_t pong = KEEPALIVE_PONG;

	while (c->state != CLIENT_CLOSING && c->scanned < buf_len(&c->in)) {
		unsigned char *at = buf_at(&c->in) + c->scanned;
		struct frame_header h;
		const unsigned char *payload;
		size_t payload_len, len;

		/* what is no message is found again, and told, when its turn comes */
		if (frame_next(at, buf_len(&c->in) - c->scanned, &h, &payload, &payload_len, &len) <= 0)
			return 0;
		if (h.type == FRAME_CALL_WITH_FDS)
			return 0;
		c->scanned += len;
		if (!is_keepalive(&h) || h.procedure != KEEPALIVE_PING)
			continue;
		if (put_keepalive(c, KEEPALIVE_PONG) < 0)
			return -1;
		/* answered: what is left is taken for a pong, which asks for nothing */
		for (int i = 0; i < 4; i++)
			at[12 + i] = (unsigned char)(pong >> (24 - 8 * i));
	}
	return 0;
}

int client_resume(struct client *c)
{
	size_t used;

	if (!buf_len(&c->in))
		return 0;
	if (receive_messages(c, buf_at(&c->in), buf_len(&c->in), &c->in, &used) < 0)
		return -1;
	if (used && c->in.data) {
		buf_consume(&c->in, used);
		c->scanned = c->scanned > used ? c->scanned - used : 0;
	}
	if (c->state == CLIENT_CLOSING || !buf_len(&c->in))
		buf_clear(&c->in);
	else if (must_wait(c))
		return answer_pings(c);
	return 0;
}

int client_receive(struct client *c, const unsigned char *data, size_t n)
{
	size_t used = 0;

	if (c->state == CLIENT_CLOSING)
		return 0;
	if (!buf_len(&c->in)) {
		if (receive_messages(c, data, n, NULL, &used) < 0)
			return -1;
		if (used == n || c->state == CLIENT_CLOSING)
			return 0;
	}
	if (buf_add(&c->in, data + used, n - used) < 0)
		return -1;
	return client_resume(c);
}

unsigned char *client_room(struct client *c, size_t *ret_n)
{
	unsigned char *at;

	if (!streams_expect_data(c) || must_wait(c))
		return NULL;
	at = stream_room(&c->in, ret_n);
	if (!at)
		error_reset();
	return at;
}

int client_received(struct client *c, size_t n)
{
	buf_grow(&c->in, n);
	return client_resume(c);
}
