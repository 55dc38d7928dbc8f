/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The remote driver: calls over a channel to a daemon. Any number of threads send calls and wait
 * for answers, which come in any order. No thread of its own: one of those that wait reads for all
 * (the reader), and hands the reading to another when its own answer has come.
 */
#ifndef LIB_REMOTE_H
#define LIB_REMOTE_H

#include "lib/call.h"
#include "transport/channel.h"

#include <stdbool.h>
#include <stdint.h>

struct remote;

/* What comes without being asked for: an event's procedure and message, borrowed. */
typedef void (*remote_event_fn)(int procedure, const void *msg, void *opaque);

struct remote_options {
	int64_t call_timeout_ms;  /* from sending a call to its answer; negative: none */
	int64_t ping_interval_ms; /* of silence while somebody waits; negative: no pings */
	int ping_count; /* pings in a row without any sign of life that break the connection */
};

/* Takes over a channel, whose how names the other side in errors. NULL with the error set; the
 * channel is then still the caller's. Nothing is sent. */
struct remote *remote_new(struct channel *ch, const struct remote_options *options);

/* Asks the daemon which authentication it wants, goes through it, and opens name, in one round trip
 * where no authentication is wanted. flags are those of CONNECT_OPEN. 0, or -1 with the error set.
 */
int remote_open(struct remote *r, const char *name, unsigned flags, int64_t deadline_ms);

/* Tells the daemon, if it is near, and waits a moment for its answer. */
void remote_say_goodbye(struct remote *r);

/* Releases everything. Calls that are still out fail. NULL is allowed. */
void remote_free(struct remote *r);

/* Releases memory only: in a child process the peer is the parent's to talk to. */
void remote_forget(struct remote *r);

/* Puts the call on its way. Its bytes leave at the latest when somebody waits, dispatches or
 * flushes. 0, or -1 with the error set and the call as before. */
int remote_send(struct remote *r, struct rvirt_call *call, const void *args);

/* Waits until the call, which was sent, is done, at most until its deadline. One thread waits for a
 * call. */
void remote_wait(struct remote *r, struct rvirt_call *call);

/* Both at once: sends the call and waits until it is done. 0, or -1 with the error set and the call
 * not sent. */
int remote_call(struct remote *r, struct rvirt_call *call, const void *args);

/* Sends what is held back, as far as the channel takes it. 0, or -1 if the connection is broken. */
int remote_flush(struct remote *r);

/* Reads and handles what is there without waiting, pings if it is time. 0, or -1 with the error set
 * if the connection is broken. */
int remote_dispatch(struct remote *r);

/* The descriptor and events to wait for before remote_dispatch(). */
int remote_poll_fd(struct remote *r, short *ret_events);

/* fn is called for each event by the thread that read it, before that thread's own call returns and
 * with no lock held: it may make calls. NULL: events are dropped. */
void remote_set_event_handler(struct remote *r, remote_event_fn fn, void *opaque);

bool remote_is_broken(struct remote *r);
const char *remote_how(const struct remote *r);

#endif
