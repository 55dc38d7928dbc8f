/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a keeper of a shared login (rvirt-dial --keep) and its clients say to each other, over local
 * sockets of the same user. A message is a type, a length and so many bytes.
 *
 * Its starter, by stdin and stdout:  QUESTION… each answered, then READY or FAILED.
 * A client:  HELLO; the client hands over a socket for the bytes of a command, and says RUN; then
 * RUNS, FAILED or GONE; after RUNS, at the end of the command, DONE or FAILED.
 */
#ifndef TRANSPORT_KEEP_H
#define TRANSPORT_KEEP_H

#include "base/buf.h"
#include "transport/ask.h"
#include "transport/channel.h"

enum keep_type {
	KEEP_QUESTION = 'Q', /* enum ask_kind as a byte, and the prompt */
	KEEP_ANSWER = 'A',   /* the text */
	KEEP_SILENCE = 'S',  /* no answer: an error, as FAILED has it */
	KEEP_READY = 'R',    /* logged in, and listening */
	KEEP_FAILED = 'F',   /* an error: code, domain and message */
	KEEP_HELLO = 'H',    /* no bytes; nor do: */
	KEEP_GONE = 'G',     /* the login is over, so is the keeper */
	KEEP_DONE = 'D',     /* the command ended in order */
	KEEP_RUN = 'C',      /* the command */
	KEEP_RUNS = 'O',     /* how the host was reached */
};

enum { KEEP_MAX = 64 * 1024 }; /* bytes of a message */

/* Each waits until deadline_ms at most (channel_wait()). 0, or -1 with the error set; ERR_RPC for
 * an end or what is no message. */
int keep_send(struct channel *ch, enum keep_type type, const void *data, size_t n,
			  long long deadline_ms);
int keep_receive(struct channel *ch, enum keep_type *ret_type, struct buf *ret_data,
				 long long deadline_ms);

/* Sends the thread's error, as a message of that type. */
int keep_send_error(struct channel *ch, enum keep_type type, long long deadline_ms);

/* Sets the thread's error to what was sent. Returns -1. */
int keep_set_error(const struct buf *data);

/* An ask_fn: asks whoever is at the other end of the channel, opaque. Its other side: answers the
 * question that data has. */
int keep_ask(struct ask_question *questions, size_t n, void *opaque);
int keep_answer(struct channel *ch, const struct buf *data, struct asker *asker,
				long long deadline_ms);

/* Hands a descriptor over the socket fd, and takes it, where it has come. 0, or -1 with the error
 * set. */
int keep_pass(int fd, int passed);
int keep_take(int fd, int *ret_passed);

#endif
