/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A daemon that follows a script, in a thread of its own at the other end of a socketpair.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "lib/remote.h"
#include "protocol/frame.h"

#include <pthread.h>

typedef void (*peer_script)(int fd);

/* A connection whose other end a script serves. */
struct peer {
	struct remote *remote;
	pthread_t thread;
	peer_script script;
	int fd;
};

/* Starts the script. options may be NULL: no timeouts, no pings. */
void peer_start(struct peer *p, peer_script script, const struct remote_options *options);

/* Closes our end, and waits for the script's end. */
void peer_end(struct peer *p);

/* One call by its procedure, without arguments; as gate_call(). */
int peer_call(struct peer *p, int procedure, void *ret);

/* The same without waiting, and the wait. */
struct rvirt_call *peer_send(struct peer *p, int procedure, const void *args);
int peer_wait(struct peer *p, struct rvirt_call *call, void *ret);

/* -- for scripts; what fails ends the program -- */

/* The next message's head; its payload is dropped. false at the end of file. */
bool peer_read(int fd, struct frame_header *ret);

/* The same, of a message that must be there and of this procedure. */
struct frame_header peer_expect(int fd, int procedure);

void peer_write(int fd, const void *data, size_t n);
void peer_put(int fd, const struct frame_header *h, const struct wire_shape *s, const void *value);

/* Answers a call: with a value, or with its own serial as CONNECT_GET_VERSION's, or with an error.
 */
void peer_reply(int fd, const struct frame_header *call, const struct wire_shape *s,
				const void *value);
void peer_reply_serial(int fd, const struct frame_header *call);
void peer_reply_error(int fd, const struct frame_header *call, int code, const char *message);

/* Answers every CONNECT_GET_VERSION with its serial until the end of file. */
void peer_serve(int fd);

#endif
