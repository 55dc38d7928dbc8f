/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shapes: descriptions of the C structs that travel, made from remote.x, and the one function that
 * walks a value along its description. What a walk does (encode, decode, free, print, JSON) is a
 * visitor.
 */
#ifndef PROTOCOL_WIRE_H
#define PROTOCOL_WIRE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_kind {
	WIRE_CHAR, /* the first eight: scalars, in the order of wire_scalar_size() */
	WIRE_UCHAR,
	WIRE_USHORT,
	WIRE_INT,
	WIRE_UINT,
	WIRE_HYPER,
	WIRE_UHYPER,
	WIRE_DOUBLE,
	WIRE_TEXT,   /* char *, NUL-terminated; no NUL inside */
	WIRE_OPAQUE, /* bytes */
	WIRE_UUID,   /* 16 bytes */
	WIRE_STRUCT, /* another shape */
};

enum wire_form {
	WIRE_ONE,
	WIRE_OPTIONAL, /* a pointer that may be NULL */
	WIRE_FIXED,    /* exactly bound items in place */
	WIRE_LIST,     /* a count member and a pointer to that many items, at most bound */
};

struct wire_shape;

struct wire_field {
	const char *name;
	enum wire_kind kind;
	enum wire_form form;
	uint32_t bound;
	uint32_t offset;                /* of the member, or of a list's pointer */
	uint32_t count_offset;          /* of a list's count */
	uint32_t item_size;             /* bytes in C of one item */
	uint32_t item_min;              /* the fewest bytes of one item on the wire */
	const struct wire_shape *shape; /* of WIRE_STRUCT */
	int32_t tag;                    /* in a union: the discriminant that selects this field */
};

struct wire_shape {
	const char *name;
	uint32_t size; /* of the C struct */
	uint32_t min;  /* the fewest bytes on the wire */
	uint32_t n_fields;
	const struct wire_field *fields;
	const char
		*tag; /* the discriminant's name when the shape is a union (an int32_t at offset 0) */
};

/* What a walk does at each step. Every member is set; each returns 0, or -1 with the error set,
 * which ends the walk. Pointers lead into the value that is walked. */
struct wire_visitor {
	int (*scalar)(struct wire_visitor *v, const struct wire_field *f, void *value);
	int (*text)(struct wire_visitor *v, const struct wire_field *f, char **value);

	/* fixed bytes: WIRE_UUID and WIRE_OPAQUE of exactly n */
	int (*bytes)(struct wire_visitor *v, const struct wire_field *f, uint8_t *value, uint32_t n);

	/* bytes with a count, at most f->bound */
	int (*blob)(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, uint8_t **value);

	/* before the items of a list; the walk goes on with the *n items at *items */
	int (*list)(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items);

	/* an optional member: whether a value follows. *value is the pointer (a text's own, or to a
	 * struct) */
	int (*optional)(struct wire_visitor *v, const struct wire_field *f, void **value,
					bool *ret_present);

	/* a union's discriminant */
	int (*tag)(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag);

	/* around the fields of a struct (f is NULL for the outermost), the items of a list or a fixed
	 * array, and after an optional's value. item counts the list's items, -1 outside one. */
	int (*enter)(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s);
	int (*leave)(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s);
	int (*list_end)(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items);
	int (*optional_end)(struct wire_visitor *v, const struct wire_field *f, void **value);

	/* true: list() and list_end() also bracket WIRE_FIXED arrays of scalars (JSON does) */
	bool brackets_fixed;
};

/* Walks value, of the given shape, in wire order. */
int wire_walk(struct wire_visitor *v, const struct wire_shape *s, void *value);

/* The bytes on the wire of a scalar kind: 4 or 8. */
static inline uint32_t wire_scalar_size(enum wire_kind kind)
{
	return kind >= WIRE_HYPER && kind <= WIRE_DOUBLE ? 8 : 4;
}

/* Appends value as XDR (RFC 4506). s may be NULL: nothing. 0, or -1 with RPC set: a text that is
 * NULL, a list over its bound. */
int wire_encode(const struct wire_shape *s, const void *value, struct buf *out);

/* Reads value, which must be zeroed, from exactly n bytes. What it holds is released by
 * wire_clear(). 0, or -1 with RPC set, value being zeroed again: truncated or trailing bytes, a
 * count over its bound, a text with a NUL, an unknown discriminant. Never allocates more than a
 * small multiple of n. */
int wire_decode(const struct wire_shape *s, const void *data, size_t n, void *ret_value);

/* Frees what value holds (not value itself) and zeroes it. NULL shape or value is allowed. */
void wire_clear(const struct wire_shape *s, void *value);

/* Appends value as one line of text for logs: (name = "demo", id = -1). */
int wire_print(const struct wire_shape *s, const void *value, struct buf *out);

/* Value as JSON text, owned by the caller, NULL with the error set. Integers beyond 2^63 are
 * written as text; opaque bytes as hexadecimal digits, a UUID in its usual text form, a union as
 * {"member": value}. */
char *wire_to_json(const struct wire_shape *s, const void *value);

/* Fills value, which must be zeroed, from JSON text. Absent members are zero, NULL or empty. 0, or
 * -1 with INVALID_ARG set, value being zeroed again: what is no JSON, an unknown member, a wrong
 * type or range. */
int wire_from_json(const struct wire_shape *s, const char *json, void *ret_value);

#endif
