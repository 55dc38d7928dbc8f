/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Queues of pieces. A packet's data is not copied where the buffer that it was read into can be
 * handed over as it is.
 */
#include "config.h"
#include "protocol/stream.h"

#include "base/error.h"
#include "protocol/shapes.h"

#include <endian.h>
#include <rvirt/protocol.h>
#include <string.h>

enum {
	HAND_OVER_MIN = 64 * 1024, /* less than this is copied: a buffer holds a whole packet */
	ROOM_MIN = 32 * 1024,      /* so that no channel is left with bytes in a buffer of its own */
	SMALL_PIECE = 16 * 1024,   /* what is copied gathers in pieces of this size */
};

void stream_queue_init(struct stream_queue *q)
{
	*q = (struct stream_queue){.end = &q->first};
}

static size_t memory_of(const struct stream_piece *piece)
{
	return sizeof *piece + piece->data.size;
}

void stream_queue_push(struct stream_queue *q, struct stream_piece *piece)
{
	piece->next = NULL;
	*q->end = piece;
	q->end = &piece->next;
	q->held += memory_of(piece);
}

struct stream_piece *stream_queue_pop(struct stream_queue *q)
{
	struct stream_piece *piece = q->first;

	if (!piece)
		return NULL;
	q->first = piece->next;
	if (!q->first)
		q->end = &q->first;
	q->held -= memory_of(piece);
	piece->next = NULL;
	return piece;
}

void stream_queue_move(struct stream_queue *to, struct stream_queue *from)
{
	if (!from->first)
		return;
	*to->end = from->first;
	to->end = from->end;
	to->held += from->held;
	stream_queue_init(from);
}

void stream_queue_clear(struct stream_queue *q)
{
	struct stream_piece *piece;

	while ((piece = stream_queue_pop(q)))
		stream_piece_free(piece);
}

struct stream_piece *stream_piece_new(void)
{
	struct stream_piece *piece = calloc(1, sizeof *piece);

	if (!piece)
		error_oom();
	return piece;
}

void stream_piece_free(struct stream_piece *piece)
{
	if (!piece)
		return;
	buf_clear(&piece->data);
	free(piece);
}

/* The last piece if it is one to which n more bytes may be appended. */
static struct stream_piece *last_small(const struct stream_queue *q, size_t n)
{
	struct stream_piece *last;

	if (!q->first)
		return NULL;
	last = (struct stream_piece *)((char *)q->end - offsetof(struct stream_piece, next));
	return !last->hole && buf_len(&last->data) + n < SMALL_PIECE ? last : NULL;
}

static int queue_copy(struct stream_queue *q, const unsigned char *payload, size_t n)
{
	struct stream_piece *small = last_small(q, n);
	size_t before;
	int r;

	if (small) {
		before = memory_of(small);
		r = buf_add(&small->data, payload, n);
		q->held += memory_of(small) - before;
		return r;
	}
	small = stream_piece_new();
	if (!small || buf_add(&small->data, payload, n) < 0) {
		stream_piece_free(small);
		return -1;
	}
	stream_queue_push(q, small);
	return 0;
}

/* What waits is counted by the memory that it takes: a small packet in a large buffer would count
 * for several. */
static void give_back_spare(struct buf *b)
{
	unsigned char *less = b->size / 2 > b->end ? realloc(b->data, b->end + 1) : NULL;

	if (!less)
		return;
	b->data = less;
	b->size = b->end + 1;
}

static int queue_buffer(struct stream_queue *q, const unsigned char *payload, struct buf *from)
{
	struct stream_piece *piece = stream_piece_new();

	if (!piece)
		return -1;
	piece->data = *from;
	piece->data.start = (size_t)(payload - from->data);
	*from = (struct buf){0};
	give_back_spare(&piece->data);
	stream_queue_push(q, piece);
	return 0;
}

static int queue_hole(struct stream_queue *q, const unsigned char *payload, size_t n)
{
	struct rvirt_wire_stream_hole hole = {0};
	struct stream_piece *piece;

	if (wire_decode(&wire_shape_stream_hole, payload, n, &hole) < 0)
		return error_prefix("hole of a stream");
	if (hole.length < 0 || hole.flags)
		return error_set(FROM_RPC, ERR_RPC, "hole of %lld bytes in a stream, flags 0x%x",
						 (long long)hole.length, hole.flags);
	if (hole.length == 0)
		return 0;
	piece = stream_piece_new();
	if (!piece)
		return -1;
	piece->hole = hole.length;
	stream_queue_push(q, piece);
	return 0;
}

int stream_queue_packet(struct stream_queue *q, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from)
{
	if (h->type == FRAME_STREAM_HOLE)
		return queue_hole(q, payload, n);
	if (from && n >= HAND_OVER_MIN && payload + n == from->data + from->end)
		return queue_buffer(q, payload, from);
	return queue_copy(q, payload, n);
}

unsigned char *stream_room(struct buf *in, size_t *ret_n)
{
	size_t have = buf_len(in), want = STREAM_PACKET_MAX;
	uint32_t length;

	if (have >= 4) {
		memcpy(&length, buf_at(in), 4);
		length = be32toh(length);
		if (length > have && length < STREAM_PACKET_MAX)
			want = length;
	}
	if (!in->data) {
		in->data = malloc(STREAM_PACKET_MAX + 1);
		if (!in->data) {
			error_oom();
			return NULL;
		}
		in->size = STREAM_PACKET_MAX + 1;
	}
	*ret_n = want > have + ROOM_MIN ? want - have : ROOM_MIN;
	return buf_reserve(in, *ret_n);
}

int stream_put_hole(struct buf *out, const struct frame_header *h, int64_t length)
{
	const struct rvirt_wire_stream_hole hole = {.length = length};
	struct frame_header head = *h;

	head.type = FRAME_STREAM_HOLE;
	head.status = FRAME_CONTINUE;
	return frame_put(out, &head, &wire_shape_stream_hole, &hole);
}
