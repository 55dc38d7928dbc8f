/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver's end of a stream: what an operation that opens one hands to its caller. The caller
 * (the daemon, or the library for a driver in its own process) moves the bytes, calls one function
 * at a time, and does it where waiting does no harm, unless the driver never blocks.
 */
#ifndef DRIVERS_STREAM_H
#define DRIVERS_STREAM_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct driver_stream;

enum { DRIVER_STREAM_AGAIN = -2 }; /* nothing can be read or written now */

struct driver_stream_ops {
	/* What comes next, at most n bytes: the count; or 0 and *ret_hole (which is 0 before) the
	 * length of a hole; or 0 at the end; or -1 with the error set. NULL: nothing can be read. */
	ssize_t (*read)(struct driver_stream *s, void *data, size_t n, int64_t *ret_hole);

	/* Takes all of it. 0, or -1 with the error set. NULL: nothing can be written, or no holes. */
	int (*write)(struct driver_stream *s, const void *data, size_t n);
	int (*write_hole)(struct driver_stream *s, int64_t length);

	/* A stream that never waits has these, the second one in place of write: then read, too, may
	 * return DRIVER_STREAM_AGAIN. wait_fd: a descriptor, always the same, that is readable as soon
	 * as there is something to read (if read) or it can be written (if write), and when the stream
	 * was cut; -1 with the error set. write_some: how many of the n bytes it has taken,
	 * DRIVER_STREAM_AGAIN, or -1. */
	int (*wait_fd)(struct driver_stream *s, bool read, bool write);
	ssize_t (*write_some)(struct driver_stream *s, const void *data, size_t n);

	/* All that there was has been written or read: what has to be true now is made true. 0, or -1
	 * with the error set. Called once at most. NULL: nothing has to. */
	int (*finish)(struct driver_stream *s);

	/* Releases it. Without finish() before, the stream was aborted. */
	void (*close)(struct driver_stream *s);
};

/* A driver's own struct begins with it. */
struct driver_stream {
	const struct driver_stream_ops *ops;
};

static inline int driver_stream_finish(struct driver_stream *s)
{
	return s->ops->finish ? s->ops->finish(s) : 0;
}

/* NULL is allowed. */
static inline void driver_stream_close(struct driver_stream *s)
{
	if (s)
		s->ops->close(s);
}
DEFINE_CLEANUP(driver_stream, struct driver_stream *, driver_stream_close)

/* A stream that gives n bytes, which are borrowed for the life of the process. NULL with the error
 * set. */
struct driver_stream *driver_stream_from_memory(const void *data, size_t n);

/* Which part of a file: from offset, length bytes (0: to its end, or as many as come). closed is
 * called when the stream is closed (NULL: nobody wants to know). */
struct driver_stream_range {
	uint64_t offset, length;
	bool sparse;
	void (*closed)(void *opaque);
	void *opaque;
};

/* A stream that reads a file, or writes into one that is there. NULL with the error set, closed not
 * being called then. */
struct driver_stream *driver_stream_from_file(const char *path,
											  const struct driver_stream_range *range, bool writes);

/* What goes with a descriptor. finish: see above (NULL: nothing has to be made true); closed is
 * called when the stream is closed (NULL: nobody wants to know). */
struct driver_stream_fd_options {
	bool reads, writes;
	int (*finish)(void *opaque);
	void (*closed)(void *opaque);
	void *opaque;
};

/* A stream that never waits, over a terminal, socket or pipe, which it owns from now on in any case
 * and makes non-blocking. NULL with the error set, closed not being called then. */
struct driver_stream *driver_stream_from_fd(int fd, const struct driver_stream_fd_options *options);

/* Ends such a stream before its time, from any thread while it can't be closed meanwhile: whoever
 * moves its bytes gets the error OPERATION_ABORTED with the text, which is not copied. */
void driver_stream_cut(struct driver_stream *s, const char *why);

#endif
