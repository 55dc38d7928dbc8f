/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon as a whole: its loop, its listeners, its connections, and the limits over all of them.
 * All of it belongs to the thread that runs the loop.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "base/spin.h"
#include "daemon/client.h"
#include "daemon/daemon-config.h"
#include "daemon/listen.h"

#include <uv.h>

enum { SERVER_READ_MAX = 128 * 1024 }; /* bytes that one read takes from a client */

struct connection;

struct server {
	uv_loop_t *loop;
	const struct config *config;
	struct client_host host;
	struct listener *listeners;
	struct connection *connections;
	unsigned n_connections, n_anonymous; /* those not authenticated yet */
	unsigned n_leaving;                  /* closed, not freed yet: they wait for workers */
	bool stopping, given_up;
	bool one_connection;   /* the daemon ends with it */
	unsigned idle_seconds; /* after which a daemon without clients ends; 0: never */
	uv_async_t work_done, events_there;
	uv_timer_t ticks, idle, grace;
	uv_idle_t awake; /* active: the loop does not sleep */
	int64_t awake_since_us;
	struct spin spin;
	unsigned char *scratch; /* SERVER_READ_MAX bytes */
};

/* Prepares the loop's handles. config is borrowed, and may change while the loop runs; peers (NULL:
 * none) is for drivers that are clients of other hosts. 0, or -1
 * with the error set. */
int server_init(struct server *s, uv_loop_t *loop, const struct config *config,
				unsigned idle_seconds, const struct driver_peers *peers);

/* Serves the sockets of listeners, which it owns from now on. */
int server_listen(struct server *s, struct listener *listeners);

/* Serves one client on a channel, and ends when it has gone. Owns the channel. */
int server_serve_one(struct server *s, struct channel *ch);

/* Stops accepting, answers what is in flight, ends. The loop then runs dry. */
void server_stop(struct server *s);

/* config has changed. */
void server_reconfigure(struct server *s);

/* After the loop has ended. */
void server_clear(struct server *s);

/* For connection.c: counts it in, out, and looks again whether more can be accepted. */
void server_add(struct server *s, struct connection *conn);
void server_remove(struct server *s, struct connection *conn);
void server_count(struct server *s);

/* For connection.c: one that was removed has been freed. */
void server_left(struct server *s);

/* For connection.c: ticks are wanted; they end when no connection wants them. */
void server_want_ticks(struct server *s);

/* For connection.c: a client has said something, and may well say more in a moment. */
void server_heard(struct server *s);

#endif
