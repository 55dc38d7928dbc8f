/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The streams of the public API. A driver of this process is asked at once, in the caller's thread.
 */
#include "config.h"
#include "lib/stream.h"

#include "base/fd.h"
#include "lib/gate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct rvirt_stream *rvirt_stream_open(struct rvirt_conn *conn, enum rvirt_proc procedure,
									   const void *args, void *ret)
{
	struct rvirt_stream *stream;

	return gate_open_stream(conn, procedure, args, ret, &stream) < 0 ? NULL : stream;
}

unsigned rvirt_stream_directions(enum rvirt_proc procedure)
{
	const struct wire_op *op = wire_op_by_number((int)procedure);
	unsigned flags = op ? op->flags : 0;

	return (flags & WIRE_OP_TO_DAEMON ? RVIRT_STREAM_TO_DAEMON : 0) |
		   (flags & WIRE_OP_TO_CLIENT ? RVIRT_STREAM_TO_CLIENT : 0);
}

/* Whether a driver's stream goes on and can do this; can: the operation is there. */
static int check_local(const struct rvirt_stream *stream, bool can, const char *what)
{
	if (stream->over)
		return error_set(FROM_STREAMS, ERR_OPERATION_INVALID, "%s: the stream is over",
						 stream->op->name);
	if (!can)
		return error_set(FROM_STREAMS, ERR_OPERATION_INVALID, "%s: the stream takes no %s",
						 stream->op->name, what);
	return 0;
}

int rvirt_stream_send(struct rvirt_stream *stream, const void *data, size_t n)
{
	if (stream->remote)
		return remote_stream_send(stream->remote, data, n);
	if (check_local(stream, stream->local->ops->write, "data") < 0)
		return -1;
	return stream->local->ops->write(stream->local, data, n);
}

ssize_t rvirt_stream_try_send(struct rvirt_stream *stream, const void *data, size_t n)
{
	if (n == 0)
		return error_set(FROM_STREAMS, ERR_INVALID_ARG, "no byte to send");
	if (stream->remote)
		return remote_stream_try_send(stream->remote, data, n);
	return rvirt_stream_send(stream, data, n) < 0 ? -1 : (ssize_t)n;
}

int rvirt_stream_send_hole(struct rvirt_stream *stream, int64_t length)
{
	if (length < 0)
		return error_set(FROM_STREAMS, ERR_INVALID_ARG, "a hole of %lld bytes", (long long)length);
	if (stream->remote)
		return remote_stream_send_hole(stream->remote, length);
	if (check_local(stream, stream->local->ops->write_hole, "holes") < 0)
		return -1;
	return stream->local->ops->write_hole(stream->local, length);
}

static ssize_t receive(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole,
					   bool wait)
{
	*ret_hole = 0;
	if (stream->remote)
		return remote_stream_recv(stream->remote, data, n, ret_hole, wait);
	if (check_local(stream, stream->local->ops->read, "receiver") < 0)
		return -1;
	return stream->local->ops->read(stream->local, data, n, ret_hole);
}

/* For who does not know holes. */
static ssize_t receive_plain(struct rvirt_stream *stream, void *data, size_t n, bool wait)
{
	ssize_t got = 0;

	if (!stream->zeros)
		got = receive(stream, data, n, &stream->zeros, wait);
	if (got != 0 || !stream->zeros)
		return got;
	if ((int64_t)n > stream->zeros)
		n = (size_t)stream->zeros;
	memset(data, 0, n);
	stream->zeros -= (int64_t)n;
	return (ssize_t)n;
}

static ssize_t receive_either(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole,
							  bool wait)
{
	if (n == 0)
		return error_set(FROM_STREAMS, ERR_INVALID_ARG, "room for no byte");
	return ret_hole ? receive(stream, data, n, ret_hole, wait)
					: receive_plain(stream, data, n, wait);
}

ssize_t rvirt_stream_recv(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole)
{
	return receive_either(stream, data, n, ret_hole, true);
}

ssize_t rvirt_stream_try_recv(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole)
{
	return receive_either(stream, data, n, ret_hole, false);
}

/* -- files -- */

enum { FILE_CHUNK = STREAM_DATA_MAX };

static ssize_t read_some(int fd, void *data, size_t n)
{
	ssize_t got;

	do
		got = read(fd, data, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? RVIRT_STREAM_FILE : got;
}

ssize_t rvirt_stream_send_from(struct rvirt_stream *stream, int fd, size_t n)
{
	ssize_t got;

	if (!stream->chunk)
		stream->chunk = malloc(FILE_CHUNK);
	if (!stream->chunk)
		return error_oom();
	got = read_some(fd, stream->chunk, n < FILE_CHUNK ? n : FILE_CHUNK);
	return got > 0 && rvirt_stream_send(stream, stream->chunk, (size_t)got) < 0 ? -1 : got;
}

static ssize_t receive_copy(struct rvirt_stream *stream, int fd, int64_t *ret_hole)
{
	CLEANUP_FREE unsigned char *data = malloc(FILE_CHUNK);
	ssize_t n = data ? receive(stream, data, FILE_CHUNK, ret_hole, true) : error_oom();

	return n > 0 && fd_write_all(fd, data, (size_t)n) < 0 ? RVIRT_STREAM_FILE : n;
}

ssize_t rvirt_stream_recv_to(struct rvirt_stream *stream, int fd, int64_t *ret_hole)
{
	const unsigned char *data;
	ssize_t n;

	if (!stream->remote)
		return receive_copy(stream, fd, ret_hole);
	n = remote_stream_peek(stream->remote, &data, ret_hole, true);
	if (n <= 0)
		return n;
	if (fd_write_all(fd, data, (size_t)n) < 0)
		return RVIRT_STREAM_FILE;
	remote_stream_took(stream->remote, (size_t)n);
	return n;
}

/* -- the end -- */

static int end(struct rvirt_stream *stream, bool abort)
{
	if (stream->remote)
		return remote_stream_end(stream->remote, abort);
	if (check_local(stream, true, NULL) < 0)
		return -1;
	stream->over = true;
	return abort ? 0 : driver_stream_finish(stream->local);
}

int rvirt_stream_finish(struct rvirt_stream *stream)
{
	return end(stream, false);
}

int rvirt_stream_abort(struct rvirt_stream *stream)
{
	return end(stream, true);
}

void rvirt_stream_free(struct rvirt_stream *stream)
{
	if (!stream)
		return;
	driver_stream_close(stream->local);
	remote_stream_free(stream->remote);
	free(stream->chunk);
	free(stream);
}
