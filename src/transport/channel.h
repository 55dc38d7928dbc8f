/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A channel is a way to a peer: it carries bytes in both directions and never blocks. Sockets,
 * child processes and what wraps them (TLS, libssh2) all look the same from above; the protocol's
 * code never notices which one it has.
 */
#ifndef TRANSPORT_CHANNEL_H
#define TRANSPORT_CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct channel;
struct rvirt_fds;

/* What read and write give besides a count. */
enum {
	CHANNEL_FAILED = -1, /* the error is set */
	CHANNEL_AGAIN = -2,  /* nothing now: wait for channel_poll() */
};

enum { CHANNEL_READ_WHOLE = 32 * 1024 };

struct channel_ops {
	/* At most n bytes into data: the count, 0 at end of file, or one of the above. */
	ssize_t (*read)(struct channel *ch, void *data, size_t n);

	/* As read, but waits for bytes, for about timeout_ms (negative: for ever) or less:
	 * CHANNEL_AGAIN then, and after a signal. NULL: the channel only has poll. */
	ssize_t (*read_waiting)(struct channel *ch, void *data, size_t n, int64_t timeout_ms);

	/* Part or all of the pieces, in order: the count, or one of the above. After CHANNEL_AGAIN the
	 * next write begins with the same bytes. Never raises SIGPIPE. */
	ssize_t (*write)(struct channel *ch, const struct iovec *pieces, int n_pieces);

	/* Writes one byte with a copy of a descriptor: 1, or one of the above. NULL: the channel can't
	 * carry any. */
	int (*write_fd)(struct channel *ch, unsigned char byte, int fd);

	/* Tells the peer that no more bytes will be written; reading goes on. 0, CHANNEL_AGAIN or
	 * CHANNEL_FAILED. */
	int (*shutdown_write)(struct channel *ch);

	/* Goes on with what has to happen before the protocol's bytes can flow: 0 when that is done,
	 * CHANNEL_AGAIN or CHANNEL_FAILED. Until then nothing is read or written. NULL: nothing has to.
	 */
	int (*start)(struct channel *ch);

	/* The descriptors (one, or two for a pair) and events to wait for when the caller wants to
	 * read, to write or both; the count. events may be other than asked for (TLS may have to read
	 * in order to write). 0: bytes are buffered already, call read at once; that is never so
	 * after a read of CHANNEL_READ_WHOLE bytes or more. */
	int (*poll)(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2]);

	/* After a failure or an end: puts what the transport knows of the cause behind the message of
	 * the thread's error, or in its place if that is the whole cause (a child that failed: its exit
	 * status, stderr, and what to do). True if it knows that the peer failed. NULL: nothing to add.
	 * May wait a little for a child to end. */
	bool (*explain)(struct channel *ch);

	/* Releases everything, the channel itself too. */
	void (*close)(struct channel *ch);
};

/* The head of every kind of channel; a kind's own struct begins with it. */
struct channel {
	const struct channel_ops *ops;
	char
		*how; /* how the peer was reached, one line for errors and logs: "ssh to host h, port 22" */
	struct rvirt_fds
		*fds;          /* where those go that come with what is read; NULL: they are not taken */
	const char *stage; /* what has failed if the peer never says a word (stage.h); static */
};

static inline ssize_t channel_read(struct channel *ch, void *data, size_t n)
{
	return ch->ops->read(ch, data, n);
}

static inline ssize_t channel_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	return ch->ops->write(ch, pieces, n_pieces);
}

static inline int channel_shutdown_write(struct channel *ch)
{
	return ch->ops->shutdown_write(ch);
}

static inline int channel_start(struct channel *ch)
{
	return ch->ops->start ? ch->ops->start(ch) : 0;
}

static inline int channel_poll(struct channel *ch, bool want_read, bool want_write,
							   struct pollfd ret[2])
{
	return ch->ops->poll(ch, want_read, want_write, ret);
}

static inline bool channel_explain(struct channel *ch)
{
	return ch->ops->explain && ch->ops->explain(ch);
}

/* NULL is allowed. */
static inline void channel_close(struct channel *ch)
{
	if (ch)
		ch->ops->close(ch);
}

/* Waits until the channel can be read (or written), at most until the monotonic time deadline_ms
 * (base/fd.h; negative: for ever). 0, or -1 with OPERATION_TIMEOUT or SYSTEM_ERROR set. */
int channel_wait(struct channel *ch, bool want_read, bool want_write, long long deadline_ms);

/* A channel over a connected socket (stream; unix or IP), which it owns from now on. how is copied.
 * NULL with the error set; the socket is then still the caller's. */
struct channel *channel_from_socket(int fd, const char *how);

/* The same over two descriptors of any kind, such as a program's stdin and stdout. */
struct channel *channel_from_pair(int read_fd, int write_fd, const char *how);

#endif
