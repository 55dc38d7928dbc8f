/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages in bytes. Knows the framing; what payloads mean is the walker's business.
 */
#include "config.h"
#include "protocol/frame.h"

#include "base/error.h"
#include "protocol/shapes.h"

#include <ctype.h>
#include <endian.h>
#include <rvirt/fds.h>
#include <rvirt/protocol.h>
#include <string.h>

/* What the numbers of ops.def have over those on the wire. To add a program: a row, and its number
 * in frame.h. */
static const struct {
	uint32_t program;
	int base;
} programs[] = {
	{FRAME_PROGRAM_REMOTE, 0},
	{FRAME_PROGRAM_QEMU, 1000},
};
enum { N_PROGRAMS = sizeof programs / sizeof programs[0], PROGRAM_PROCEDURES = 1000 };

static int program_row(const struct frame_header *h)
{
	for (int i = 0; i < N_PROGRAMS; i++)
		if (programs[i].program == h->program && h->version == FRAME_VERSION)
			return i;
	return -1;
}

bool frame_program_known(const struct frame_header *h)
{
	return program_row(h) >= 0;
}

const struct wire_op *frame_op(const struct frame_header *h)
{
	int row = program_row(h);

	if (row < 0 || h->procedure <= 0 || h->procedure >= PROGRAM_PROCEDURES)
		return NULL;
	return wire_op_by_number(programs[row].base + h->procedure);
}

void frame_address(struct frame_header *h, const struct wire_op *op)
{
	int row = op->number / PROGRAM_PROCEDURES;

	h->program = programs[row].program;
	h->version = FRAME_VERSION;
	h->procedure = op->number - programs[row].base;
}

void frame_put_head(unsigned char *at, const struct frame_header *h, size_t n)
{
	uint32_t words[] = {htobe32((uint32_t)(FRAME_HEADER_LEN + n)),
						htobe32(h->program),
						htobe32(h->version),
						htobe32((uint32_t)h->procedure),
						htobe32((uint32_t)h->type),
						htobe32(h->serial),
						htobe32((uint32_t)h->status)};

	memcpy(at, words, sizeof words);
}

int frame_finish(struct buf *out, size_t before, const struct frame_header *h)
{
	size_t length = buf_len(out) - before;

	if (length > FRAME_LEN_MAX) {
		out->end = out->start + before;
		return error_set(FROM_RPC, ERR_RPC,
						 "message of %zu bytes is too long, at most %d can be sent", length,
						 FRAME_LEN_MAX);
	}
	frame_put_head(buf_at(out) + before, h, length - FRAME_HEADER_LEN);
	return 0;
}

int frame_put(struct buf *out, const struct frame_header *h, const struct wire_shape *shape,
			  const void *value)
{
	size_t before = buf_len(out);

	if (!buf_reserve(out, FRAME_HEADER_LEN))
		return -1;
	buf_grow(out, FRAME_HEADER_LEN);
	if (wire_encode(shape, value, out) < 0) {
		out->end = out->start + before;
		return -1;
	}
	return frame_finish(out, before, h);
}

int frame_put_with_fds(struct buf *out, const struct frame_header *h, unsigned n_fds,
					   const struct wire_shape *shape, const void *value)
{
	static const unsigned char carriers[RVIRT_FDS_MAX];
	uint32_t count = htobe32(n_fds);
	size_t before = buf_len(out);

	if (!buf_reserve(out, FRAME_HEADER_LEN))
		return -1;
	buf_grow(out, FRAME_HEADER_LEN);
	if (buf_add(out, &count, sizeof count) < 0 || wire_encode(shape, value, out) < 0 ||
		frame_finish(out, before, h) < 0 || buf_add(out, carriers, n_fds) < 0) {
		out->end = out->start + before;
		return -1;
	}
	return 0;
}

int frame_count_fds(const unsigned char *payload, size_t n, unsigned *ret_n_fds)
{
	uint32_t count;

	if (n < sizeof count)
		return error_set(FROM_RPC, ERR_RPC, "the message says no number of descriptors");
	memcpy(&count, payload, sizeof count);
	count = be32toh(count);
	if (count > RVIRT_FDS_MAX)
		return error_set(FROM_RPC, ERR_RPC, "the message has %u descriptors, %d are possible",
						 count, RVIRT_FDS_MAX);
	*ret_n_fds = count;
	return 0;
}

int frame_put_bytes(struct buf *out, const struct frame_header *h, const void *payload, size_t n)
{
	size_t before = buf_len(out);

	if (!buf_reserve(out, FRAME_HEADER_LEN + n))
		return -1;
	buf_grow(out, FRAME_HEADER_LEN);
	if (buf_add(out, payload, n) < 0)
		return -1;
	return frame_finish(out, before, h);
}

/* The length is out of bounds: tells what the peer speaks, as far as its first bytes show. */
static int no_message(const unsigned char *data, uint32_t length)
{
	static const char *const http[] = {"HTTP", "GET ", "POST", "PUT ", "HEAD", "OPTI"};
	bool text = true;

	for (size_t i = 0; i < sizeof http / sizeof http[0]; i++)
		if (!memcmp(data, http[i], 4))
			return error_set(FROM_RPC, ERR_RPC, "the peer speaks HTTP, not the remote protocol");
	if (!memcmp(data, "SSH-", 4))
		return error_set(FROM_RPC, ERR_RPC, "the peer speaks ssh, not the remote protocol");
	/* an alert, or a handshake */
	if ((data[0] == 0x15 || data[0] == 0x16) && data[1] == 3)
		return error_set(FROM_RPC, ERR_RPC,
						 "the peer speaks TLS where plain messages are expected");
	for (int i = 0; i < 4; i++)
		text = text && (isprint(data[i]) || isspace(data[i]));
	if (text)
		return error_set(
			FROM_RPC, ERR_RPC,
			"the peer speaks text that begins with '%c%c%c%c', not the remote protocol",
			isprint(data[0]) ? data[0] : ' ', isprint(data[1]) ? data[1] : ' ',
			isprint(data[2]) ? data[2] : ' ', isprint(data[3]) ? data[3] : ' ');
	return error_set(FROM_RPC, ERR_RPC,
					 "the peer announces a message of %u bytes; %d to %d are possible", length,
					 FRAME_HEADER_LEN, FRAME_LEN_MAX);
}

int frame_next(const unsigned char *data, size_t n, struct frame_header *ret,
			   const unsigned char **ret_payload, size_t *ret_payload_len, size_t *ret_len)
{
	uint32_t words[FRAME_HEADER_LEN / 4];
	uint32_t length;

	*ret_len = 4;
	if (n < 4)
		return 0;
	memcpy(&length, data, 4);
	length = be32toh(length);
	if (length < FRAME_HEADER_LEN || length > FRAME_LEN_MAX)
		return no_message(data, length);
	*ret_len = length;
	if (n < length)
		return 0;
	memcpy(words, data, sizeof words);
	*ret = (struct frame_header){
		.program = be32toh(words[1]),
		.version = be32toh(words[2]),
		.procedure = (int32_t)be32toh(words[3]),
		.type = (int32_t)be32toh(words[4]),
		.serial = be32toh(words[5]),
		.status = (int32_t)be32toh(words[6]),
	};
	*ret_payload = data + FRAME_HEADER_LEN;
	*ret_payload_len = length - FRAME_HEADER_LEN;
	return 1;
}

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

void frame_error_from_thread(struct rvirt_wire_remote_error *ret)
{
	const struct error *e = error_last();

	*ret = (struct rvirt_wire_remote_error){
		.code = e->code,
		.domain = e->domain,
		.message = copy_text(e->message),
		.level = e->level,
		.str1 = copy_text(e->str1),
		.str2 = copy_text(e->str2),
		.str3 = copy_text(e->str3),
		.int1 = e->int1,
		.int2 = e->int2,
	};
}

int frame_error_to_thread(const struct rvirt_wire_remote_error *e)
{
	struct error copy = {
		.code = e->code,
		.domain = e->domain,
		.level = e->level,
		.message = e->message,
		.str1 = e->str1,
		.str2 = e->str2,
		.str3 = e->str3,
		.int1 = e->int1,
		.int2 = e->int2,
	};

	return error_copy(&copy);
}

int frame_put_error(struct buf *out, const struct frame_header *call)
{
	struct frame_header h = *call;
	struct rvirt_wire_remote_error e;
	int r;

	h.type =
		call->type == FRAME_STREAM || call->type == FRAME_STREAM_HOLE ? FRAME_STREAM : FRAME_REPLY;
	h.status = FRAME_ERROR;
	frame_error_from_thread(&e);
	r = frame_put(out, &h, &wire_shape_remote_error, &e);
	wire_clear(&wire_shape_remote_error, &e);
	return r;
}
