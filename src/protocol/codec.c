/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The visitors that encode, decode and free: XDR as RFC 4506 has it. Decoding trusts nothing: each
 * length is checked against its bound and against the bytes that are left before memory is taken.
 */
#include "config.h"
#include "protocol/wire.h"

#include "base/error.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* STRING_MAX of remote.x */
#define TEXT_MAX 4194304u

static size_t padding(size_t n)
{
	return -n & 3;
}

static int no_step(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s)
{
	(void)v, (void)f, (void)s;
	return 0;
}

static int no_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	(void)v, (void)f, (void)n, (void)items;
	return 0;
}

static int no_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value)
{
	(void)v, (void)f, (void)value;
	return 0;
}

static void put32(unsigned char *at, uint32_t v)
{
	v = htobe32(v);
	memcpy(at, &v, 4);
}

static void put64(unsigned char *at, uint64_t v)
{
	v = htobe64(v);
	memcpy(at, &v, 8);
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t v;

	memcpy(&v, at, 4);
	return be32toh(v);
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t v;

	memcpy(&v, at, 8);
	return be64toh(v);
}

/* -- encode -- */

struct encoder {
	struct wire_visitor visitor;
	struct buf *out;
};

static struct buf *out_of(struct wire_visitor *v)
{
	return ((struct encoder *)v)->out;
}

static int encode32(struct wire_visitor *v, uint32_t value)
{
	unsigned char *at = buf_reserve(out_of(v), 4);

	if (!at)
		return -1;
	put32(at, value);
	buf_grow(out_of(v), 4);
	return 0;
}

static int encode64(struct wire_visitor *v, uint64_t value)
{
	unsigned char *at = buf_reserve(out_of(v), 8);

	if (!at)
		return -1;
	put64(at, value);
	buf_grow(out_of(v), 8);
	return 0;
}

static int encode_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	uint64_t wide;

	switch (f->kind) {
	case WIRE_CHAR:
		return encode32(v, (uint32_t) * (signed char *)value);
	case WIRE_UCHAR:
		return encode32(v, *(uint8_t *)value);
	case WIRE_USHORT:
		return encode32(v, *(uint16_t *)value);
	case WIRE_INT:
	case WIRE_UINT:
		return encode32(v, *(uint32_t *)value);
	default:
		memcpy(&wide, value, 8);
		return encode64(v, wide);
	}
}

static int encode_padded(struct wire_visitor *v, const void *data, size_t n)
{
	unsigned char *at = buf_reserve(out_of(v), n + 3);

	if (!at)
		return -1;
	if (n)
		memcpy(at, data, n);
	memset(at + n, 0, padding(n));
	buf_grow(out_of(v), n + padding(n));
	return 0;
}

static int encode_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	size_t n;

	if (!*value)
		return error_set(FROM_RPC, ERR_INVALID_ARG, "%s must not be NULL", f->name);
	n = strlen(*value);
	if (n > TEXT_MAX)
		return error_set(FROM_RPC, ERR_RPC, "%s is %zu bytes long, at most %u can be sent", f->name,
						 n, TEXT_MAX);
	return encode32(v, (uint32_t)n) < 0 ? -1 : encode_padded(v, *value, n);
}

static int encode_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
						uint32_t n)
{
	(void)f;
	return encode_padded(v, value, n);
}

static int encode_count(struct wire_visitor *v, const struct wire_field *f, uint32_t n)
{
	if (n > f->bound)
		return error_set(FROM_RPC, ERR_RPC, "%s has %u items, at most %u can be sent", f->name, n,
						 f->bound);
	return encode32(v, n);
}

static int encode_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					   uint8_t **value)
{
	return encode_count(v, f, *n) < 0 ? -1 : encode_padded(v, *value, *n);
}

static int encode_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					   void **items)
{
	(void)items;
	return encode_count(v, f, *n);
}

static int encode_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						   bool *ret_present)
{
	(void)f;
	*ret_present = *value != NULL;
	return encode32(v, *ret_present);
}

static int encode_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	(void)s;
	return encode32(v, (uint32_t)*tag);
}

int wire_encode(const struct wire_shape *s, const void *value, struct buf *out)
{
	struct encoder e = {
		.visitor = {encode_scalar, encode_text, encode_bytes, encode_blob, encode_list,
					encode_optional, encode_tag, no_step, no_step, no_end, no_optional_end},
		.out = out,
	};
	size_t before = buf_len(out);

	/* the walk is shared with visitors that write; this one only reads */
	if (wire_walk(&e.visitor, s, (void *)(uintptr_t)value) < 0) {
		out->end = out->start + before;
		return -1;
	}
	return 0;
}

/* -- decode -- */

struct decoder {
	struct wire_visitor visitor;
	const unsigned char *at;
	size_t left;
};

static int truncated(const char *name)
{
	return error_set(FROM_RPC, ERR_RPC, "message ends within %s", name);
}

/* The next n bytes, or NULL. */
static const unsigned char *take(struct wire_visitor *v, size_t n, const char *name)
{
	struct decoder *d = (struct decoder *)v;
	const unsigned char *at = d->at;

	if (n > d->left) {
		truncated(name);
		return NULL;
	}
	d->at += n;
	d->left -= n;
	return at;
}

static int decode_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	const unsigned char *at = take(v, wire_scalar_size(f->kind), f->name);
	uint64_t wide;

	if (!at)
		return -1;
	switch (f->kind) {
	case WIRE_CHAR:
	case WIRE_UCHAR:
		*(uint8_t *)value = (uint8_t)get32(at);
		return 0;
	case WIRE_USHORT:
		*(uint16_t *)value = (uint16_t)get32(at);
		return 0;
	case WIRE_INT:
	case WIRE_UINT:
		*(uint32_t *)value = get32(at);
		return 0;
	default:
		wide = get64(at);
		memcpy(value, &wide, 8);
		return 0;
	}
}

/* Reads a count that promises at least n * item_min bytes. */
static int decode_count(struct wire_visitor *v, const struct wire_field *f, uint32_t bound,
						uint32_t item_min, uint32_t *ret)
{
	const struct decoder *d = (struct decoder *)v;
	const unsigned char *at = take(v, 4, f->name);
	uint32_t n;

	if (!at)
		return -1;
	n = get32(at);
	if (n > bound)
		return error_set(FROM_RPC, ERR_RPC, "%s says it has %u items, %u are allowed", f->name, n,
						 bound);
	if ((uint64_t)n * item_min > d->left)
		return truncated(f->name);
	*ret = n;
	return 0;
}

static int decode_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	const unsigned char *at;
	uint32_t n;

	if (decode_count(v, f, TEXT_MAX, 1, &n) < 0)
		return -1;
	at = take(v, n + padding(n), f->name);
	if (!at)
		return -1;
	if (memchr(at, 0, n))
		return error_set(FROM_RPC, ERR_RPC, "%s has a NUL byte inside", f->name);
	*value = malloc((size_t)n + 1);
	if (!*value)
		return error_oom();
	memcpy(*value, at, n);
	(*value)[n] = 0;
	return 0;
}

static int decode_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
						uint32_t n)
{
	const unsigned char *at = take(v, n + padding(n), f->name);

	if (!at)
		return -1;
	memcpy(value, at, n);
	return 0;
}

static int decode_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					   uint8_t **value)
{
	const unsigned char *at;
	uint32_t count = 0;

	if (decode_count(v, f, f->bound, 1, &count) < 0)
		return -1;
	at = take(v, count + padding(count), f->name);
	if (!at)
		return -1;
	if (!count)
		return 0;
	*value = malloc(count);
	if (!*value)
		return error_oom();
	memcpy(*value, at, count);
	*n = count;
	return 0;
}

static int decode_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					   void **items)
{
	uint32_t count = 0;

	if (decode_count(v, f, f->bound, f->item_min, &count) < 0)
		return -1;
	if (!count)
		return 0;
	*items = calloc(count, f->item_size);
	if (!*items)
		return error_oom();
	*n = count;
	return 0;
}

static int decode_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						   bool *ret_present)
{
	const unsigned char *at = take(v, 4, f->name);

	if (!at)
		return -1;
	/* more than RFC 4506 allows, as rpcgen's decoders do: there are clients that rely on it */
	*ret_present = get32(at) != 0;
	if (*ret_present && f->kind != WIRE_TEXT) {
		*value = calloc(1, f->item_size);
		if (!*value)
			return error_oom();
	}
	return 0;
}

static int decode_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	const unsigned char *at = take(v, 4, s->tag);

	if (!at)
		return -1;
	*tag = (int32_t)get32(at);
	return 0;
}

int wire_decode(const struct wire_shape *s, const void *data, size_t n, void *ret_value)
{
	struct decoder d = {
		.visitor = {decode_scalar, decode_text, decode_bytes, decode_blob, decode_list,
					decode_optional, decode_tag, no_step, no_step, no_end, no_optional_end},
		.at = data,
		.left = n,
	};

	if (wire_walk(&d.visitor, s, ret_value) < 0) {
		wire_clear(s, ret_value);
		return -1;
	}
	if (d.left) {
		wire_clear(s, ret_value);
		return error_set(FROM_RPC, ERR_RPC, "%zu bytes follow the end of %s", d.left,
						 s ? s->name : "an empty message");
	}
	return 0;
}

/* -- free -- */

static int free_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	(void)v, (void)f, (void)value;
	return 0;
}

static int free_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	(void)v, (void)f;
	free(*value);
	return 0;
}

static int free_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
					  uint32_t n)
{
	(void)v, (void)f, (void)value, (void)n;
	return 0;
}

static int free_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					 uint8_t **value)
{
	(void)v, (void)f, (void)n;
	free(*value);
	return 0;
}

static int free_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
						 void **items)
{
	(void)v, (void)f, (void)n;
	free(*items);
	return 0;
}

static int free_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						 bool *ret_present)
{
	(void)v, (void)f;
	*ret_present = *value != NULL;
	return 0;
}

static int free_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value)
{
	(void)v;
	if (f->kind != WIRE_TEXT)
		free(*value);
	return 0;
}

/* A union that was never filled in has a tag without a member; its first member stands in, being
 * zero. */
static int free_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	(void)v;
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].tag == *tag)
			return 0;
	*tag = s->fields[0].tag;
	return 0;
}

void wire_clear(const struct wire_shape *s, void *value)
{
	struct wire_visitor v = {free_scalar, free_text,     free_bytes,       free_blob,
							 no_end,      free_optional, free_tag,         no_step,
							 no_step,     free_list_end, free_optional_end};

	if (!s || !value)
		return;
	wire_walk(&v, s, value);
	memset(value, 0, s->size);
}
