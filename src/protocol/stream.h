/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What travels in a stream, on its way through a process: pieces of data and holes, in order, and
 * the packets that carry them. Who reads and who writes them is not known here.
 */
#ifndef PROTOCOL_STREAM_H
#define PROTOCOL_STREAM_H

#include "base/cleanup.h"
#include "protocol/frame.h"

enum {
	STREAM_DATA_MAX = FRAME_LEGACY_PAYLOAD_MAX, /* of one packet that is sent */
	STREAM_PACKET_MAX = FRAME_HEADER_LEN + STREAM_DATA_MAX,
};

/* Data, or a hole. */
struct stream_piece {
	struct stream_piece *next;
	struct buf data;
	int64_t hole; /* bytes; 0: data */
};

struct stream_queue {
	struct stream_piece *first, **end;
	size_t held; /* bytes of memory in it */
};

void stream_queue_init(struct stream_queue *q);
void stream_queue_clear(struct stream_queue *q);

/* Hands the piece over to the queue; the oldest piece, NULL if there is none, to the caller. */
void stream_queue_push(struct stream_queue *q, struct stream_piece *piece);
struct stream_piece *stream_queue_pop(struct stream_queue *q);

/* Moves all pieces of from to the end of to. */
void stream_queue_move(struct stream_queue *to, struct stream_queue *from);

/* An empty piece. NULL with NO_MEMORY set. */
struct stream_piece *stream_piece_new(void);

/* NULL is allowed. */
void stream_piece_free(struct stream_piece *piece);
DEFINE_CLEANUP(stream_piece, struct stream_piece *, stream_piece_free)

/* Queues what a packet (STREAM with data, or STREAM_HOLE) brought. Where a large payload is all
 * that is left in the buffer `from` (NULL: it is in none), the buffer's memory becomes the piece's,
 * and the buffer is empty afterwards. 0, or -1 with the error set. */
int stream_queue_packet(struct stream_queue *q, const struct frame_header *h,
						const unsigned char *payload, size_t n, struct buf *from);

/* Makes room in a buffer into which packets are read, so that a large packet comes to stand alone
 * in it: up to the end of the message that it begins with, or 32 KiB. Where to write and how much;
 * NULL with NO_MEMORY set. */
unsigned char *stream_room(struct buf *in, size_t *ret_n);

/* Appends a hole's packet with the stream's header. */
int stream_put_hole(struct buf *out, const struct frame_header *h, int64_t length);

#endif
