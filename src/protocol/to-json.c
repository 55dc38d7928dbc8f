/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The visitor from a value to JSON (jansson).
 */
#include "config.h"
#include "protocol/json.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/uuid.h"

#include <inttypes.h>
#include <string.h>

/* Hands a finished node to the container that the walk is in. */
static int put(struct wire_visitor *v, const struct wire_field *f, json_t *node)
{
	struct json_walk *w = json_walk_of(v);
	json_t *parent = w->depth ? w->stack[w->depth - 1].node : NULL;
	int r;

	if (!node)
		return error_oom();
	if (!parent) {
		w->root = node;
		return 0;
	}
	r = json_is_array(parent) ? json_array_append_new(parent, node)
							  : json_object_set_new(parent, f->name, node);
	return r < 0 ? error_oom() : 0;
}

static json_t *unsigned_node(uint64_t value)
{
	char text[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(text, sizeof text, "%" PRIu64, value);
	return json_string(text);
}

static json_t *double_node(double value)
{
	json_t *node = json_real(value);
	char text[32];

	if (node)
		return node;
	snprintf(text, sizeof text, "%g", value); /* nan and inf have no JSON number */
	return json_string(text);
}

static int write_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	switch (f->kind) {
	case WIRE_CHAR:
		return put(v, f, json_integer(*(signed char *)value));
	case WIRE_UCHAR:
		return put(v, f, json_integer(*(uint8_t *)value));
	case WIRE_USHORT:
		return put(v, f, json_integer(*(uint16_t *)value));
	case WIRE_INT:
		return put(v, f, json_integer(*(int32_t *)value));
	case WIRE_UINT:
		return put(v, f, json_integer(*(uint32_t *)value));
	case WIRE_HYPER:
		return put(v, f, json_integer(*(int64_t *)value));
	case WIRE_UHYPER:
		return put(v, f, unsigned_node(*(uint64_t *)value));
	default:
		return put(v, f, double_node(*(double *)value));
	}
}

/* Bytes as text: each is a character of Latin-1, so that what is no UTF-8 still comes through. */
static json_t *latin1_node(const char *bytes, size_t n)
{
	CLEANUP_BUF struct buf utf8 = {0};

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];
		unsigned char two[2] = {(unsigned char)(0xc0 | c >> 6), (unsigned char)(0x80 | (c & 0x3f))};

		if (buf_add(&utf8, c < 0x80 ? &c : two, c < 0x80 ? 1 : 2) < 0)
			return NULL;
	}
	return json_stringn(buf_len(&utf8) ? (char *)buf_at(&utf8) : "", buf_len(&utf8));
}

static json_t *text_node(const char *text)
{
	json_t *node = json_string(text);

	return node ? node : latin1_node(text, strlen(text));
}

static int write_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	return put(v, f, *value ? text_node(*value) : json_null());
}

static json_t *hex_node(const uint8_t *bytes, uint32_t n)
{
	CLEANUP_BUF struct buf hex = {0};

	for (uint32_t i = 0; i < n; i++)
		if (buf_printf(&hex, "%02x", bytes[i]) < 0)
			return NULL;
	return json_stringn(buf_len(&hex) ? (char *)buf_at(&hex) : "", buf_len(&hex));
}

static int write_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
					   uint32_t n)
{
	char uuid[UUID_TEXT_LEN];

	return put(v, f,
			   f->kind == WIRE_UUID ? json_string(uuid_format(value, uuid)) : hex_node(value, n));
}

static int write_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					  uint8_t **value)
{
	return put(v, f, hex_node(*value, *n));
}

static int write_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	(void)f, (void)n, (void)items;
	return json_push(v, json_array(), true);
}

/* A list of chars is a text: it replaces the array of numbers that the walk made. */
static int write_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
						  void **items)
{
	json_t *array = json_pop(v);

	if (f->kind != WIRE_CHAR)
		return put(v, f, array);
	json_decref(array);
	return put(v, f, latin1_node(*items, f->form == WIRE_FIXED ? strnlen(*items, *n) : *n));
}

static int write_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						  bool *ret_present)
{
	*ret_present = *value != NULL;
	return *value ? 0 : put(v, f, json_null());
}

static int write_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	(void)v, (void)s, (void)tag; /* the member's name says it */
	return 0;
}

static int write_enter(struct wire_visitor *v, const struct wire_field *f,
					   const struct wire_shape *s)
{
	(void)f, (void)s;
	return json_push(v, json_object(), true);
}

static int write_leave(struct wire_visitor *v, const struct wire_field *f,
					   const struct wire_shape *s)
{
	(void)s;
	return put(v, f, json_pop(v));
}

char *wire_to_json(const struct wire_shape *s, const void *value)
{
	struct json_walk w = {
		.visitor = {write_scalar, write_text, write_bytes, write_blob, write_list, write_optional,
					write_tag, write_enter, write_leave, write_list_end, json_optional_end,
					.brackets_fixed = true},
	};
	char *text = NULL;

	if (!s)
		return strdup("{}");
	if (wire_walk(&w.visitor, s, (void *)(uintptr_t)value) == 0) {
		text = json_dumps(w.root, JSON_COMPACT | JSON_REAL_PRECISION(17));
		if (!text)
			error_oom();
	}
	json_unwind(&w);
	return text;
}
