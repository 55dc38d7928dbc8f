/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between a channel and a client. One wake-up is one read, all its messages, one write.
 */
#include "config.h"
#include "daemon/connection.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/dispatch.h"
#include "daemon/server.h"

#include <stdlib.h>

enum { READS_MAX = 16 }; /* of bytes that a channel holds already, before others have their turn */

static void released(uv_handle_t *handle)
{
	struct connection *conn = handle->data;

	conn->n_handles--;
	connection_stirred(&conn->client);
}

void connection_close(struct connection *conn, const char *why)
{
	if (!conn->channel)
		return;
	log_debug("%s: ended: %s", conn->channel->how, why);
	client_step(&conn->client, CLIENT_ENDED);
	for (int i = 0; i < 2; i++)
		if (conn->fds[i] >= 0)
			uv_close((uv_handle_t *)&conn->polls[i], released);
	channel_close(steal(&conn->channel));
	server_remove(conn->server, conn);
	connection_stirred(&conn->client);
}

/* What is said to a client that nobody can say anything to. */
static void drop_shared_output(struct connection *conn)
{
	struct buf *out = &conn->server->host.out;

	buf_consume(out, buf_len(out));
}

/* Closes what has failed, with the thread's error. */
static void fail(struct connection *conn)
{
	drop_shared_output(conn);
	connection_close(conn, error_last()->message);
}

static void ready(uv_poll_t *poll, int status, int events);

/* Makes poll i wait for events on fd. */
static int watch(struct connection *conn, int i, int fd, int events)
{
	uv_poll_t *poll = &conn->polls[i];
	int r = 0;

	if (conn->fds[i] < 0 && fd >= 0) {
		r = uv_poll_init(conn->server->loop, poll, fd);
		if (r < 0)
			return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "cannot wait for %s: %s",
							 conn->channel->how, uv_strerror(r));
		poll->data = conn;
		conn->fds[i] = fd;
		conn->n_handles++;
	}
	if (conn->fds[i] < 0 || conn->events[i] == events)
		return 0;
	r = events ? uv_poll_start(poll, events, ready) : uv_poll_stop(poll);
	conn->events[i] = events;
	return r < 0 ? error_set(FROM_RPC, ERR_SYSTEM_ERROR, "cannot wait for %s: %s",
							 conn->channel->how, uv_strerror(r))
				 : 0;
}

/* Waits for what the channel and the client need. The descriptor that was watched first keeps poll
 * 0. */
static int watch_all(struct connection *conn)
{
	bool want_read = client_wants_input(&conn->client);
	bool want_write = client_has_output(&conn->client);
	struct pollfd pollfds[2];
	int n = 0, wanted[2] = {0, 0}, fds[2] = {conn->fds[0], conn->fds[1]};

	if (want_read || want_write)
		n = channel_poll(conn->channel, want_read, want_write, pollfds);
	for (int k = 0; k < n; k++) {
		int i = fds[0] < 0 || fds[0] == pollfds[k].fd ? 0 : 1;

		fds[i] = pollfds[k].fd;
		wanted[i] |= (pollfds[k].events & POLLIN ? UV_READABLE : 0) |
					 (pollfds[k].events & POLLOUT ? UV_WRITABLE : 0);
	}
	for (int i = 0; i < 2; i++)
		if (watch(conn, i, fds[i], wanted[i]) < 0)
			return -1;
	return 0;
}

/* Writes what there is; the rest is kept. */
static int flush(struct connection *conn)
{
	struct buf *out;

	while ((out = client_next_output(&conn->client))) {
		struct iovec piece = {.iov_base = buf_at(out), .iov_len = buf_len(out)};
		int fd = client_next_fd(&conn->client, out, &piece.iov_len);
		ssize_t n = fd < 0 ? channel_write(conn->channel, &piece, 1)
						   : conn->channel->ops->write_fd(conn->channel, *buf_at(out), fd);

		if (n == CHANNEL_AGAIN)
			break;
		if (n < 0)
			return -1;
		client_wrote(&conn->client, out, (size_t)n);
	}
	return client_keep_output(&conn->client);
}

/* Closes a client whose bytes are no messages, after it got the answers to those before. */
static void violated(struct connection *conn)
{
	struct error cause;

	log_warning("%s: ended: %s", conn->channel->how, error_last()->message);
	error_take(&cause);
	flush(conn);
	error_give(&cause);
	fail(conn);
}

/* Whether the client has ended and nothing more is to be said to it. */
static bool is_over(const struct connection *conn)
{
	return conn->client.state == CLIENT_CLOSING && !conn->client.in_flight &&
		   !buf_len(&conn->client.out);
}

static void count_anonymous(struct connection *conn)
{
	if (!conn->anonymous || conn->starting || conn->client.state == CLIENT_ACCEPTED)
		return;
	conn->anonymous = false;
	conn->server->n_anonymous--;
	server_count(conn->server);
}

static bool wants_ticks(const struct connection *conn)
{
	return conn->starting || conn->client.keepalive || streams_stalled(&conn->client);
}

/* After the client has been served: writes, goes on with what waited for that, and waits. */
static void settle(struct connection *conn)
{
	struct client *c = &conn->client;

	for (;;) {
		size_t waiting;

		if (flush(conn) < 0) {
			fail(conn);
			return;
		}
		waiting = buf_len(&c->in);
		if (!waiting || c->state == CLIENT_CLOSING || buf_len(&c->out))
			break;
		if (client_resume(c) < 0) {
			violated(conn);
			return;
		}
		if (buf_len(&c->in) == waiting && !buf_len(client_output(c)))
			break;
	}
	count_anonymous(conn);
	if (wants_ticks(conn))
		server_want_ticks(conn->server);
	if (is_over(conn))
		connection_close(conn, "closed by the client");
	else if (watch_all(conn) < 0)
		fail(conn);
}

/* Frees a connection that is closed when nothing refers to it any more. */
void connection_stirred(struct client *c)
{
	struct connection *conn = (struct connection *)c;
	struct server *s = conn->server;

	if (conn->channel) {
		settle(conn);
		return;
	}
	if (conn->n_handles || c->in_flight || c->streams.n_working || dispatch_close(c))
		return;
	drop_shared_output(conn);
	client_clear(c);
	free(conn);
	server_left(s);
}

/* 1: bytes were read and handled. 0: none are there. -1: it was closed. */
static int read_once(struct connection *conn)
{
	struct server *s = conn->server;
	size_t room = SERVER_READ_MAX;
	unsigned char *at = client_room(&conn->client, &room);
	ssize_t n;
	int r;

	conn->channel->fds = client_takes_fds(&conn->client) ? &conn->client.in_fds : NULL;
	n = channel_read(conn->channel, at ? at : s->scratch, room);

	if (n == CHANNEL_AGAIN)
		return 0;
	if (n < 0) {
		fail(conn);
		return -1;
	}
	if (n == 0) {
		connection_finish(conn);
		return -1;
	}
	conn->heard_ms = uv_now(s->loop);
	conn->pings = 0;
	r = at ? client_received(&conn->client, (size_t)n)
		   : client_receive(&conn->client, s->scratch, (size_t)n);
	if (r < 0) {
		violated(conn);
		return -1;
	}
	server_heard(s);
	return 1;
}

/* Goes on with what has to be before messages. Whether they can come now. */
static bool start(struct connection *conn)
{
	int r = channel_start(conn->channel);

	if (r == CHANNEL_FAILED) {
		log_warning("%s", error_last()->message);
		fail(conn);
		return false;
	}
	if (r == CHANNEL_AGAIN) {
		settle(conn);
		return false;
	}
	conn->starting = false;
	conn->heard_ms = uv_now(conn->server->loop);
	log_info("%s: connected", conn->channel->how);
	return true;
}

/* Reads once, and more only where the channel holds bytes already; then answers. */
static void serve(struct connection *conn)
{
	struct pollfd pollfds[2];

	if (conn->starting && !start(conn))
		return;
	for (int i = 0; i < READS_MAX && client_wants_input(&conn->client); i++) {
		int r = read_once(conn);

		if (r < 0)
			return;
		if (r == 0 || channel_poll(conn->channel, true, false, pollfds) > 0)
			break;
	}
	settle(conn);
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct connection *conn = poll->data;

	/* which of the two a channel has to do next is its own to know */
	(void)events;
	if (status < 0)
		connection_close(conn, uv_strerror(status));
	else
		serve(conn);
}

int connection_new(struct server *s, struct channel *ch, const struct client_traits *traits)
{
	struct connection *conn = calloc(1, sizeof *conn);

	if (!conn) {
		channel_close(ch);
		return error_oom();
	}
	client_init(&conn->client, &s->host, traits);
	conn->server = s;
	conn->channel = ch;
	conn->client.how = ch->how;
	conn->client.passes_fds = ch->ops->write_fd;
	conn->fds[0] = conn->fds[1] = -1;
	conn->heard_ms = uv_now(s->loop);
	conn->starting = ch->ops->start;
	conn->anonymous = conn->starting || conn->client.state == CLIENT_ACCEPTED;
	server_add(s, conn);
	/* most clients have sent their first messages already */
	serve(conn);
	return 0;
}

void connection_finish(struct connection *conn)
{
	client_step(&conn->client, CLIENT_ENDED);
	settle(conn);
}

/* A client that does not come to the end of its handshake. */
static void tick_start(struct connection *conn, uint64_t silence)
{
	int limit = conn->server->config->tls_handshake_timeout;

	if (silence < (uint64_t)limit)
		return;
	log_warning("%s: ended: its handshake was not done in %d seconds (tls_handshake_timeout)",
				conn->channel->how, limit);
	connection_close(conn, "handshake");
}

/* A ping, or the end after too many. */
static void tick_open(struct connection *conn, uint64_t silence)
{
	int interval = conn->server->config->keepalive_interval;
	int count = conn->server->config->keepalive_count;

	if (interval <= 0 || silence < (uint64_t)interval * (conn->pings + 1))
		return;
	if (conn->pings >= (unsigned)count) {
		log_warning("%s: ended: nothing heard for %u seconds", conn->channel->how,
					(unsigned)silence);
		connection_close(conn, "keepalive");
		return;
	}
	conn->pings++;
	if (client_ping(&conn->client) == 0)
		settle(conn);
}

bool connection_tick(struct connection *conn, uint64_t now_ms)
{
	uint64_t silence = (now_ms - conn->heard_ms) / 1000;

	if (!wants_ticks(conn))
		return false;
	if (streams_stalled(&conn->client)) {
		streams_tick(&conn->client, now_ms);
		settle(conn);
	}
	if (conn->starting)
		tick_start(conn, silence);
	else if (conn->client.keepalive && conn->channel)
		tick_open(conn, silence);
	return true;
}
