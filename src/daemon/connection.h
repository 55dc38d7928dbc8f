/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client on a channel, in the loop: reads, hands over, writes, and waits for what the channel
 * says.
 */
#ifndef DAEMON_CONNECTION_H
#define DAEMON_CONNECTION_H

#include "daemon/client.h"
#include "transport/channel.h"

#include <uv.h>

struct server;

struct connection {
	struct client client; /* first: the client's host gives it back */
	struct server *server;
	struct connection *next, *prev;
	struct channel *channel; /* NULL: closed, and what is left waits for calls in flight */
	uv_poll_t polls[2];
	int fds[2], events[2]; /* what each poll waits for; fd -1: it is not in use */
	unsigned n_handles;
	bool starting;     /* the channel can't carry messages yet */
	bool anonymous;    /* counted as such */
	unsigned pings;    /* unanswered */
	uint64_t heard_ms; /* when bytes came, or it began, by the loop's clock */
};

/* Serves ch, which it owns from now on in any case. 0, or -1 with the error set. */
int connection_new(struct server *s, struct channel *ch, const struct client_traits *traits);

/* client_host.stirred. */
void connection_stirred(struct client *c);

/* Ends it: at once, calls in flight being waited for by themselves. */
void connection_close(struct connection *conn, const char *why);

/* Ends it when its calls are answered and the answers written. */
void connection_finish(struct connection *conn);

/* What the time asks for: a ping, or the end. Whether it may ask for something later. */
bool connection_tick(struct connection *conn, uint64_t now_ms);

#endif
