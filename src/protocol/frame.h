/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages: a length that counts itself, a header of six words, a payload; all big endian. Takes
 * and yields bytes, and never touches a descriptor.
 */
#ifndef PROTOCOL_FRAME_H
#define PROTOCOL_FRAME_H

#include "base/buf.h"
#include "protocol/ops.h"
#include "protocol/wire.h"

enum {
	FRAME_PROGRAM_REMOTE = 0x20008086,
	FRAME_PROGRAM_QEMU = 0x20008087,
	FRAME_PROGRAM_KEEPALIVE = 0x6b656570,
	FRAME_VERSION = 1,
	FRAME_HEADER_LEN = 28,             /* the length word and the header */
	FRAME_LEN_MAX = 33554432 + 4,      /* of a whole message */
	FRAME_LEGACY_PAYLOAD_MAX = 262120, /* of a stream packet's data */
	FRAME_FDS_LEN = 4,                 /* the number of descriptors */
};

enum frame_type {
	FRAME_CALL,
	FRAME_REPLY,
	FRAME_MESSAGE,
	FRAME_STREAM,
	FRAME_CALL_WITH_FDS,
	FRAME_REPLY_WITH_FDS,
	FRAME_STREAM_HOLE,
};

enum frame_status { FRAME_OK, FRAME_ERROR, FRAME_CONTINUE };

enum { KEEPALIVE_PING = 1, KEEPALIVE_PONG = 2 };

struct frame_header {
	uint32_t program, version;
	int32_t procedure;
	int32_t type;
	uint32_t serial;
	int32_t status;
};

/* The procedure or event that a header names; NULL: there is no such program, version or number. */
const struct wire_op *frame_op(const struct frame_header *h);

/* Whether a program of procedures is served, in this version. */
bool frame_program_known(const struct frame_header *h);

/* Names it in a header: program, version and procedure. */
void frame_address(struct frame_header *h, const struct wire_op *op);

/* Appends a whole message to out; shape NULL: no payload. 0, or -1 with the error set and out as
 * before: the value can't be encoded, or is too long for a message. */
int frame_put(struct buf *out, const struct frame_header *h, const struct wire_shape *shape,
			  const void *value);

/* The same of a message (CALL_WITH_FDS, REPLY_WITH_FDS) with descriptors: their number stands
 * before the value, and for each a byte that carries it behind the message. */
int frame_put_with_fds(struct buf *out, const struct frame_header *h, unsigned n_fds,
					   const struct wire_shape *shape, const void *value);

/* How many descriptors such a message announces: as many bytes follow it. The value stands
 * FRAME_FDS_LEN behind the payload's begin. 0, or -1 with RPC set: it does not say, or too many. */
int frame_count_fds(const unsigned char *payload, size_t n, unsigned *ret_n_fds);

/* Appends a whole message with n bytes of payload as they are. */
int frame_put_bytes(struct buf *out, const struct frame_header *h, const void *payload, size_t n);

/* The same of a message whose payload stands in out already, with FRAME_HEADER_LEN bytes left
 * before it: fills these in. before: where they begin in the content of out. */
int frame_finish(struct buf *out, size_t before, const struct frame_header *h);

/* Writes the head of a message with n bytes of payload (within the limit) at `at`. */
void frame_put_head(unsigned char *at, const struct frame_header *h, size_t n);

/* Looks at the n bytes received. 1: a whole message is there: its header and payload (pointing into
 * data), and how many bytes to consume. 0: more is needed, *ret_len in all (4 as long as the length
 * is not there). -1: this is no message: RPC is set, saying what the peer seems to speak. */
int frame_next(const unsigned char *data, size_t n, struct frame_header *ret,
			   const unsigned char **ret_payload, size_t *ret_payload_len, size_t *ret_len);

/* What the protocol calls an error, to and from the thread's error. */
struct rvirt_wire_remote_error;
void frame_error_from_thread(struct rvirt_wire_remote_error *ret);
int frame_error_to_thread(const struct rvirt_wire_remote_error *e); /* -1 */

/* Appends a reply that carries the thread's error to the call with this header. */
int frame_put_error(struct buf *out, const struct frame_header *call);

#endif
