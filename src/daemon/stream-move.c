/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moves bytes between the queues of a stream and the driver's end of it: in a worker's thread where
 * the driver may wait, in the loop, piece by piece, where it says when it is ready.
 */
#include "config.h"
#include "daemon/streams-impl.h"

enum { POLLED_READ_MAX = 64 * 1024 }; /* more is rarely there at once */

static int write_batch(struct client_stream *s)
{
	const struct driver_stream_ops *ops = s->driver->ops;
	int r = 0;

	while (s->batch.first && r == 0) {
		CLEANUP(cleanup_stream_piece) struct stream_piece *piece = stream_queue_pop(&s->batch);

		r = piece->hole ? ops->write_hole(s->driver, piece->hole)
						: ops->write(s->driver, buf_at(&piece->data), buf_len(&piece->data));
	}
	return r;
}

/* Reads one packet: data, a hole, or the end, which is an empty one. 0, or -1 with the error set,
 * or DRIVER_STREAM_AGAIN. */
static int read_packet(struct client_stream *s)
{
	size_t room = stream_is_polled(s) ? POLLED_READ_MAX : STREAM_DATA_MAX;
	struct packet *p = packet_new(s, room);
	struct frame_header h = s->header;
	int64_t hole = 0;
	ssize_t n;
	int r;

	if (!p)
		return -1;
	p->counted = true;
	buf_grow(&p->bytes, FRAME_HEADER_LEN);
	n = s->driver->ops->read(s->driver, buf_at(&p->bytes) + FRAME_HEADER_LEN, room, &hole);
	h.status = FRAME_CONTINUE;
	if (n > 0) {
		buf_grow(&p->bytes, (size_t)n);
		r = frame_finish(&p->bytes, 0, &h);
	} else {
		buf_clear(&p->bytes);
		r = n < 0  ? (int)n
			: hole ? stream_put_hole(&p->bytes, &h, hole)
				   : frame_put_bytes(&p->bytes, &h, NULL, 0);
		s->at_end = n == 0 && !hole;
	}
	if (r < 0) {
		packet_free(p);
		return r;
	}
	*s->made_end = p;
	s->made_end = &p->next;
	return 0;
}

static int read_packets(struct client_stream *s)
{
	int r = 0;

	while (s->to_read && !s->at_end && r == 0) {
		r = read_packet(s);
		s->to_read--;
	}
	return r;
}

int stream_move(struct client_stream *s)
{
	if (write_batch(s) < 0)
		return -1;
	return s->to_finish ? driver_stream_finish(s->driver) : read_packets(s);
}

/* Writes what has come. 0 when nothing is left, DRIVER_STREAM_AGAIN, or -1. */
static int write_some(struct client_stream *s)
{
	struct stream_piece *piece;

	while ((piece = s->in.first)) {
		ssize_t n =
			s->driver->ops->write_some(s->driver, buf_at(&piece->data), buf_len(&piece->data));

		if (n < 0)
			return (int)n;
		s->took = true;
		buf_consume(&piece->data, (size_t)n);
		if (!buf_len(&piece->data))
			stream_piece_free(stream_queue_pop(&s->in));
	}
	return 0;
}

int stream_move_some(struct client_stream *s)
{
	int written = write_some(s);

	if (written == -1)
		return -1;
	if (s->to_finish && written == 0)
		return driver_stream_finish(s->driver) < 0 ? -1 : 1;
	if (read_packets(s) == -1)
		return -1;
	return written == 0;
}

int stream_wait(struct client_stream *s, bool read, void (*ready)(void *stream))
{
	struct client_host *host = s->client->host;
	int fd = s->driver->ops->wait_fd(s->driver, read, s->in.first != NULL);

	if (fd < 0)
		return -1;
	if (s->watch || !host->watch)
		return 0;
	s->watch = host->watch(host, fd, ready, s);
	return s->watch ? 0 : -1;
}

void stream_unwatch(struct client_stream *s)
{
	if (s->watch)
		s->client->host->unwatch(s->watch);
	s->watch = NULL;
}
