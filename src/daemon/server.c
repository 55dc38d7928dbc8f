/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds the daemon's parts together: who may connect, when it ends.
 */
#include "config.h"
#include "daemon/server.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/connection.h"
#include "daemon/watch.h"
#include "daemon/workers.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum {
	TICK_MS = 1000,
	GRACE_MS = 10000, /* for calls in flight and their answers when the daemon ends */
	ACCEPTS_MAX = 32, /* at a time, before clients have their turn */
};

static void accept_ready(uv_poll_t *poll, int status, int events);

/* Polls a listener, or not: a client that can't be served yet waits in the kernel's queue. */
static void set_accepting(struct listener *l, bool accepting)
{
	if (l->accepting == accepting)
		return;
	l->accepting = accepting;
	if (accepting)
		uv_poll_start(&l->poll, UV_READABLE, accept_ready);
	else
		uv_poll_stop(&l->poll);
}

/* Whether one more client of the listener can be served. Those who have nothing to prove are not
 * kept out by those who do not prove it. */
static bool has_room(const struct server *s, const struct listener *l)
{
	if (s->stopping || s->n_connections >= (unsigned)s->config->max_clients)
		return false;
	return !s->config->max_anonymous_clients ||
		   s->n_anonymous < (unsigned)s->config->max_anonymous_clients || !l->tls;
}

/* Machines that run have somebody to act when they end. */
static void idle_over(uv_timer_t *timer)
{
	struct server *s = timer->data;

	if (driver_host_is_busy(s->host.drivers)) {
		uv_timer_start(timer, idle_over, s->idle_seconds * 1000ULL, 0);
		return;
	}
	log_info("no clients for some time: ends");
	server_stop(s);
}

void server_count(struct server *s)
{
	if (!s->listeners)
		return;
	for (struct listener *l = s->listeners; l; l = l->next) {
		if (l->accepting && !has_room(s, l))
			log_warning("%s: %u clients, %u of them not authenticated: no more are accepted now",
						l->name, s->n_connections, s->n_anonymous);
		set_accepting(l, has_room(s, l));
	}
	if (!s->idle_seconds)
		return;
	if (s->n_connections)
		uv_timer_stop(&s->idle);
	else
		uv_timer_start(&s->idle, idle_over, s->idle_seconds * 1000ULL, 0);
}

void server_add(struct server *s, struct connection *conn)
{
	conn->next = s->connections;
	if (conn->next)
		conn->next->prev = conn;
	s->connections = conn;
	s->n_connections++;
	s->n_anonymous += conn->anonymous;
	server_count(s);
}

/* When the last one has gone, nothing keeps the loop of a daemon that ends. */
static void end_if_done(struct server *s)
{
	if (!s->stopping || s->n_connections || (s->n_leaving && !s->given_up) ||
		uv_is_closing((uv_handle_t *)&s->grace))
		return;
	uv_close((uv_handle_t *)&s->work_done, NULL);
	uv_close((uv_handle_t *)&s->events_there, NULL);
	uv_close((uv_handle_t *)&s->awake, NULL);
	uv_close((uv_handle_t *)&s->ticks, NULL);
	uv_close((uv_handle_t *)&s->idle, NULL);
	uv_close((uv_handle_t *)&s->grace, NULL);
}

void server_remove(struct server *s, struct connection *conn)
{
	if (conn->next)
		conn->next->prev = conn->prev;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		s->connections = conn->next;
	s->n_connections--;
	s->n_leaving++;
	s->n_anonymous -= conn->anonymous;
	conn->anonymous = false;
	if (s->one_connection)
		server_stop(s);
	server_count(s);
	end_if_done(s);
}

void server_left(struct server *s)
{
	s->n_leaving--;
	end_if_done(s);
}

static void accept_ready(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	struct server *s = l->server;

	(void)events;
	for (int i = 0; status == 0 && l->accepting && i < ACCEPTS_MAX; i++) {
		struct client_traits traits;
		struct channel *ch;
		int r = listener_accept(l, &ch, &traits);

		if (r == 0)
			return;
		if (r < 0 || connection_new(s, ch, &traits) < 0)
			log_warning("%s: a client was not accepted: %s", l->name, error_last()->message);
		if (r < 0) {
			/* when a client leaves, there may be room again */
			set_accepting(l, !s->n_connections);
			return;
		}
	}
}

/* Runs whenever the loop would sleep, until that is in order. */
static void stay_awake(uv_idle_t *idle)
{
	struct server *s = idle->data;
	int64_t took = now_us() - s->awake_since_us;

	if (took < SPIN_MAX_US) {
		/* to the client, if it is on this processor */
		sched_yield();
		return;
	}
	spin_learn(&s->spin, false, took);
	uv_idle_stop(idle);
}

void server_heard(struct server *s)
{
	bool was_awake = uv_is_active((uv_handle_t *)&s->awake);

	if (was_awake)
		spin_learn(&s->spin, true, now_us() - s->awake_since_us);
	if (spin_pays(&s->spin)) {
		s->awake_since_us = now_us();
		uv_idle_start(&s->awake, stay_awake);
	} else if (was_awake) {
		uv_idle_stop(&s->awake);
	}
}

static void work_done(uv_async_t *async)
{
	workers_collect(((struct server *)async->data)->host.workers);
}

static void events_there(uv_async_t *async)
{
	events_deliver(&((struct server *)async->data)->host.events);
}

static void wake(void *async)
{
	uv_async_send(async);
}

static void tick(uv_timer_t *timer)
{
	struct server *s = timer->data;
	struct connection *next;
	bool wanted = false;

	for (struct connection *conn = s->connections; conn; conn = next) {
		next = conn->next;
		wanted |= connection_tick(conn, uv_now(s->loop));
	}
	if (!wanted)
		uv_timer_stop(timer);
}

void server_want_ticks(struct server *s)
{
	if (!s->stopping && !uv_is_active((uv_handle_t *)&s->ticks))
		uv_timer_start(&s->ticks, tick, TICK_MS, TICK_MS);
}

void server_reconfigure(struct server *s)
{
	s->host.max_requests = (unsigned)s->config->max_client_requests;
	server_count(s);
}

static struct stream_watch *watch(struct client_host *host, int fd, void (*ready)(void *opaque),
								  void *opaque)
{
	struct server *s = (struct server *)((char *)host - offsetof(struct server, host));

	return watch_new(s->loop, fd, ready, opaque);
}

int server_init(struct server *s, uv_loop_t *loop, const struct config *config,
				unsigned idle_seconds, const struct driver_peers *peers)
{
	struct driver_host_options options = {
		.test_state_daemon = !strcmp(config->test_driver_state, "daemon"),
		.daemon = true,
		.state_dir = config->state_dir,
		.qemu_user = config->qemu_user,
		.qemu_group = config->qemu_group,
		.migrate_tls_dir = config->migrate_tls_x509_cert_dir,
		.migrate_tls_any = !config->migrate_tls_x509_verify,
		.host_uuid = config->host_uuid,
		.peers = peers,
	};

	*s = (struct server){.loop = loop, .config = config, .idle_seconds = idle_seconds};
	uv_async_init(loop, &s->work_done, work_done);
	uv_async_init(loop, &s->events_there, events_there);
	uv_idle_init(loop, &s->awake);
	uv_timer_init(loop, &s->ticks);
	uv_timer_init(loop, &s->idle);
	uv_timer_init(loop, &s->grace);
	s->work_done.data = s->events_there.data = s->ticks.data = s->idle.data = s->grace.data =
		s->awake.data = s;
	event_queue_init(&s->host.events, wake, &s->events_there);
	s->host.stirred = connection_stirred;
	s->host.watch = watch;
	s->host.unwatch = watch_free;
	s->scratch = malloc(SERVER_READ_MAX);
	if (!s->scratch)
		return error_oom();
	s->host.workers = workers_new((unsigned)config->max_workers, wake, &s->work_done);
	s->host.drivers = driver_host_new(&options);
	if (!s->host.workers || !s->host.drivers || client_host_init(&s->host) < 0)
		return -1;
	server_reconfigure(s);
	return 0;
}

int server_listen(struct server *s, struct listener *listeners)
{
	s->listeners = listeners;
	for (struct listener *l = listeners; l; l = l->next) {
		int r = uv_poll_init(s->loop, &l->poll, l->fd);

		if (r < 0)
			return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s: %s", l->name, uv_strerror(r));
		l->poll.data = l;
		l->server = s;
	}
	server_count(s);
	return 0;
}

int server_serve_one(struct server *s, struct channel *ch)
{
	struct client_traits traits = {.secure = true};

	s->one_connection = true;
	return connection_new(s, ch, &traits);
}

static void grace_over(uv_timer_t *timer)
{
	struct server *s = timer->data;

	s->given_up = true;
	if (s->n_connections)
		log_warning("%u clients did not take their answers in time", s->n_connections);
	while (s->connections)
		connection_close(s->connections, "the daemon ends");
	end_if_done(s);
}

static void listener_closed(uv_handle_t *handle)
{
	listener_free(handle->data);
}

void server_stop(struct server *s)
{
	struct listener *next;
	struct connection *next_connection;

	if (s->stopping)
		return;
	s->stopping = true;
	for (struct listener *l = steal(&s->listeners); l; l = next) {
		next = l->next;
		listener_unlink(l);
		l->accepting = false;
		if (l->server)
			uv_close((uv_handle_t *)&l->poll, listener_closed);
		else
			listener_free(l);
	}
	uv_timer_stop(&s->idle);
	uv_timer_stop(&s->ticks);
	uv_timer_start(&s->grace, grace_over, GRACE_MS, 0);
	for (struct connection *conn = s->connections; conn; conn = next_connection) {
		next_connection = conn->next;
		connection_finish(conn);
	}
	end_if_done(s);
}

void server_clear(struct server *s)
{
	if (workers_busy(s->host.workers)) {
		log_warning("calls that do not end are left alone");
		return;
	}
	workers_free(s->host.workers);
	driver_host_free(s->host.drivers);
	client_host_clear(&s->host);
	event_queue_clear(&s->host.events);
	free(s->scratch);
}
