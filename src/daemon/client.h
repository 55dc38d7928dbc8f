/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client as the protocol sees it: bytes in, bytes out, and the state between. Never touches a
 * descriptor, so that tests and fuzzers call it directly; connection.h puts it on a channel.
 */
#ifndef DAEMON_CLIENT_H
#define DAEMON_CLIENT_H

#include "base/buf.h"
#include "base/fds.h"
#include "daemon/events.h"
#include "daemon/streams.h"
#include "drivers/driver.h"
#include "protocol/frame.h"

#include <stdbool.h>
#include <sys/types.h>

struct stream_watch;
struct workers;

/* How clients of a socket prove who they are. */
enum auth_scheme { AUTH_NONE, AUTH_SASL, AUTH_POLKIT };

enum client_state {
	CLIENT_ACCEPTED,      /* who it is has to be proved */
	CLIENT_AUTHENTICATED, /* has no driver yet */
	CLIENT_OPEN,
	CLIENT_CLOSING, /* nothing more is read; what is to be written is */
};

enum client_event { CLIENT_PROVED, CLIENT_OPENED, CLIENT_ENDED };

struct client;

/* What the clients of a daemon share; one thread, the loop's, calls everything in this header. */
struct client_host {
	struct driver_host *drivers;
	struct workers *workers; /* NULL: all calls run in the loop */
	struct event_queue events;
	unsigned max_requests; /* calls of one client in the hands of workers */

	/* Something happened to the client outside client_receive(): there may be output, or room for
	 * input, or nothing is in flight any more. */
	void (*stirred)(struct client *c);

	/* As watch_new() and watch_free() of the loop; NULL: streams that have to be waited for wait
	 * for ever. */
	struct stream_watch *(*watch)(struct client_host *host, int fd, void (*ready)(void *opaque),
								  void *opaque);
	void (*unwatch)(struct stream_watch *w);

	struct buf out;   /* output of the client that is being served, if it has none waiting */
	void *args, *ret; /* room for the values of a call that runs in the loop */
};

/* What is known of a client before it says anything. */
struct client_traits {
	enum auth_scheme auth;
	bool readonly; /* the socket is read-only */
	bool secure;   /* nobody between can read or change the bytes */
};

struct client {
	struct client_host *host;
	struct client_traits traits;
	enum client_state state;
	const char *how;          /* the peer came, for the log; or NULL */
	bool keepalive;           /* it asked whether we know keepalive: it may be pinged */
	bool ordered;             /* a call is in flight that all later ones wait for */
	unsigned in_flight;       /* calls in the hands of workers */
	bool passes_fds;          /* its socket can carry descriptors */
	size_t scanned;           /* of in: looked through for pings while it waits */
	struct buf in;            /* what waits for more bytes, or for calls in flight to end */
	struct buf out;           /* what the peer has not taken yet */
	struct rvirt_fds in_fds;  /* that came with bytes of in */
	struct fds_queue out_fds; /* that go with bytes of output, */
	uint64_t wrote;           /* counted from the first byte of any answer */
	struct driver_conn *conn;
	char *uri; /* what conn was opened with */
	struct events events;
	struct streams streams;
};

/* host zeroed but for what its owner fills in. 0, or -1 with the error set. */
int client_host_init(struct client_host *host);
void client_host_clear(struct client_host *host);

void client_init(struct client *c, struct client_host *host, const struct client_traits *traits);

/* Closes the driver's connection and frees everything but c. No call or stream may be in the hands
 * of a worker. */
void client_clear(struct client *c);

/* Takes n bytes from the peer and answers what is complete in them. 0, or -1 with the error set:
 * these bytes are no message, and the client has ended. */
int client_receive(struct client *c, const unsigned char *data, size_t n);

/* The same without copying, while large messages are expected: room to read bytes into, NULL: none
 * is needed or there is no memory, take client_receive(). Then what was read there. */
unsigned char *client_room(struct client *c, size_t *ret_n);
int client_received(struct client *c, size_t n);

/* Goes on with input that had to wait, when calls have ended or output was taken. As above. */
int client_resume(struct client *c);

/* Whether more bytes should be read now. */
bool client_wants_input(const struct client *c);

/* What is to be written to the peer: bytes to consume. While client_receive() or client_resume() of
 * another client have not been called it may be the host's own; client_keep_output() moves what is
 * left of it to the client. 0, or -1 with NO_MEMORY set. */
struct buf *client_output(struct client *c);
int client_keep_output(struct client *c);

/* The bytes to write next, of answers or of a stream, and that n of them were written. NULL: there
 * are none. */
struct buf *client_next_output(struct client *c);
void client_wrote(struct client *c, struct buf *from, size_t n);

/* The descriptor that goes with the first of these bytes, or -1; *n (in: all of them): how many are
 * to be written together. */
int client_next_fd(struct client *c, const struct buf *from, size_t *n);

/* Copies of these go with the last bytes of client_output(), one with each. 0, or -1. */
int client_send_fds(struct client *c, const struct rvirt_fds *fds);

/* Whether descriptors are taken that come from it now. */
bool client_takes_fds(const struct client *c);

/* Whether something waits for the peer to take it, once client_keep_output() was called. */
bool client_has_output(const struct client *c);

/* Sends a ping; the peer will answer if it lives. */
int client_ping(struct client *c);

/* Takes the table's step from the state for the event; what the table does not have changes
 * nothing. */
void client_step(struct client *c, enum client_event event);

#endif
