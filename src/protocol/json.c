/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The visitors between values and JSON (jansson). A stack holds the containers that the walk is in.
 */
#include "config.h"
#include "protocol/wire.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* more than the shapes nest: a struct, a list and an optional for each of at most four levels */
#define DEPTH_MAX 16

struct frame {
	json_t *node; /* object, array, or NULL for a struct that the JSON leaves out */
	size_t next;  /* index of the array's next item */
	bool owned;
};

struct json_walk {
	struct wire_visitor visitor;
	struct frame stack[DEPTH_MAX];
	int depth;
	json_t *root;
};

static struct json_walk *walk_of(struct wire_visitor *v)
{
	return (struct json_walk *)v;
}

static int push(struct wire_visitor *v, json_t *node, bool owned)
{
	struct json_walk *w = walk_of(v);

	if (w->depth == DEPTH_MAX || (owned && !node)) {
		if (owned)
			json_decref(node);
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "value nests too deeply for JSON");
	}
	w->stack[w->depth++] = (struct frame){.node = node, .owned = owned};
	return 0;
}

static json_t *pop(struct wire_visitor *v)
{
	struct json_walk *w = walk_of(v);

	return w->stack[--w->depth].node;
}

static void unwind(struct json_walk *w)
{
	while (w->depth > 0)
		if (w->stack[--w->depth].owned)
			json_decref(w->stack[w->depth].node);
	json_decref(w->root);
}

/* -- value to JSON -- */

/* Hands a finished node to the container that the walk is in. */
static int put(struct wire_visitor *v, const struct wire_field *f, json_t *node)
{
	struct json_walk *w = walk_of(v);
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

static int write_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value, uint32_t n)
{
	char uuid[UUID_TEXT_LEN];

	return put(v, f, f->kind == WIRE_UUID ? json_string(uuid_format(value, uuid)) : hex_node(value, n));
}

static int write_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, uint8_t **value)
{
	return put(v, f, hex_node(*value, *n));
}

static int write_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	(void)f, (void)n, (void)items;
	return push(v, json_array(), true);
}

/* A list of chars is a text: it replaces the array of numbers that the walk made. */
static int write_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	json_t *array = pop(v);

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

static int write_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value)
{
	(void)v, (void)f, (void)value;
	return 0;
}

static int write_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	(void)v, (void)s, (void)tag; /* the member's name says it */
	return 0;
}

static int write_enter(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s)
{
	(void)f, (void)s;
	return push(v, json_object(), true);
}

static int write_leave(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s)
{
	(void)s;
	return put(v, f, pop(v));
}

char *wire_to_json(const struct wire_shape *s, const void *value)
{
	struct json_walk w = {
		.visitor = {write_scalar, write_text, write_bytes, write_blob, write_list, write_optional,
					write_tag, write_enter, write_leave, write_list_end, write_optional_end,
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
	unwind(&w);
	return text;
}

/* -- JSON to value -- */

static int refuse(const struct wire_field *f, const char *wanted)
{
	return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON member '%s' must be %s", f->name, wanted);
}

/* The node for the field that the walk is at; NULL where the JSON has none or null. */
static json_t *get(struct wire_visitor *v, const struct wire_field *f)
{
	struct json_walk *w = walk_of(v);
	struct frame *top = &w->stack[w->depth - 1];
	json_t *node = json_is_array(top->node) ? json_array_get(top->node, top->next++)
											: json_object_get(top->node, f->name);

	return json_is_null(node) ? NULL : node;
}

/* An integer within [min, max], also from its decimal text. */
static int read_signed(const struct wire_field *f, json_t *node, int64_t min, int64_t max,
					   int64_t *ret)
{
	int64_t value;
	char *end;

	if (json_is_string(node)) {
		errno = 0;
		value = strtoll(json_string_value(node), &end, 10);
		if (errno || *end || end == json_string_value(node))
			return refuse(f, "an integer");
	} else if (json_is_integer(node)) {
		value = json_integer_value(node);
	} else if (json_is_boolean(node)) {
		value = json_is_true(node);
	} else {
		return refuse(f, "an integer");
	}
	if (value < min || value > max)
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "JSON member '%s' must be within %" PRId64 " and %" PRId64, f->name, min, max);
	*ret = value;
	return 0;
}

static int read_unsigned64(const struct wire_field *f, json_t *node, uint64_t *ret)
{
	const char *text = json_string_value(node);
	int64_t value;
	char *end;

	if (text && isdigit((unsigned char)*text)) {
		errno = 0;
		*ret = strtoull(text, &end, 10);
		return errno || *end ? refuse(f, "an integer") : 0;
	}
	if (read_signed(f, node, 0, INT64_MAX, &value) < 0)
		return -1;
	*ret = (uint64_t)value;
	return 0;
}

static int read_double(const struct wire_field *f, json_t *node, double *ret)
{
	const char *text = json_string_value(node);
	char *end;

	if (json_is_number(node)) {
		*ret = json_number_value(node);
		return 0;
	}
	if (!text)
		return refuse(f, "a number");
	*ret = strtod(text, &end);
	return *end || end == text ? refuse(f, "a number") : 0;
}

static int read_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	static const struct {
		int64_t min, max;
	} ranges[] = {
		[WIRE_CHAR] = {-128, 255},       [WIRE_UCHAR] = {0, 255},      [WIRE_USHORT] = {0, 65535},
		[WIRE_INT] = {INT_MIN, INT_MAX}, [WIRE_UINT] = {0, UINT_MAX}, [WIRE_HYPER] = {INT64_MIN, INT64_MAX},
	};
	json_t *node = get(v, f);
	int64_t number;

	if (!node)
		return 0;
	if (f->kind == WIRE_UHYPER)
		return read_unsigned64(f, node, value);
	if (f->kind == WIRE_DOUBLE)
		return read_double(f, node, value);
	if (read_signed(f, node, ranges[f->kind].min, ranges[f->kind].max, &number) < 0)
		return -1;
	switch (f->kind) {
	case WIRE_CHAR:
	case WIRE_UCHAR:
		*(uint8_t *)value = (uint8_t)number;
		return 0;
	case WIRE_USHORT:
		*(uint16_t *)value = (uint16_t)number;
		return 0;
	case WIRE_HYPER:
		*(int64_t *)value = number;
		return 0;
	default:
		*(uint32_t *)value = (uint32_t)number;
		return 0;
	}
}

static int read_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	json_t *node = get(v, f);

	if (!node)
		return 0;
	if (!json_is_string(node) || strlen(json_string_value(node)) != json_string_length(node))
		return refuse(f, "a text without NUL");
	*value = strdup(json_string_value(node));
	return *value ? 0 : error_oom();
}

static int read_hex(const struct wire_field *f, json_t *node, uint8_t *bytes, size_t n)
{
	const char *text = json_string_value(node);

	for (size_t i = 0; i < n; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], 0};

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return refuse(f, "hexadecimal digits");
		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return 0;
}

static int read_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value, uint32_t n)
{
	json_t *node = get(v, f);

	if (!node)
		return 0;
	if (f->kind == WIRE_UUID)
		return json_is_string(node) && uuid_parse(json_string_value(node), value) == 0 ? 0
																					   : refuse(f, "a UUID");
	if (!json_is_string(node) || json_string_length(node) != 2 * (size_t)n)
		return refuse(f, "hexadecimal digits of the right length");
	return read_hex(f, node, value, n);
}

static int read_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, uint8_t **value)
{
	json_t *node = get(v, f);
	size_t digits = json_string_length(node);

	if (!node)
		return 0;
	if (!json_is_string(node) || digits % 2 || digits / 2 > f->bound)
		return refuse(f, "hexadecimal digits, two a byte, within its limit");
	*value = malloc(digits / 2 + 1);
	if (!*value)
		return error_oom();
	*n = (uint32_t)(digits / 2);
	return read_hex(f, node, *value, *n);
}

/* A text of Latin-1 characters as the array of numbers that the walk expects for chars. */
static json_t *chars_of(json_t *text)
{
	json_t *array = json_array();
	const unsigned char *at = (const unsigned char *)json_string_value(text);
	const unsigned char *end = at + json_string_length(text);

	while (at < end) {
		int c = *at++;

		if (c >= 0x80 && at < end)
			c = (c & 3) << 6 | (*at++ & 0x3f);
		json_array_append_new(array, json_integer(c));
	}
	return array;
}

static int read_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	json_t *node = get(v, f), *array;
	size_t count;

	if (node && f->kind == WIRE_CHAR && json_is_string(node))
		array = chars_of(node);
	else if (!node || json_is_array(node))
		array = node ? json_incref(node) : json_array();
	else
		return refuse(f, "an array");
	count = json_array_size(array);
	if (push(v, array, true) < 0)
		return -1;
	if (count > f->bound)
		return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON member '%s' has %zu items, %u are allowed",
						 f->name, count, f->bound);
	if (f->form == WIRE_FIXED || !count)
		return 0;
	*items = calloc(count, f->item_size);
	if (!*items)
		return error_oom();
	*n = (uint32_t)count;
	return 0;
}

static int read_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	(void)f, (void)n, (void)items;
	json_decref(pop(v));
	return 0;
}

/* Only asks whether the member is there; the walk fetches it again with get(). */
static int read_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						 bool *ret_present)
{
	struct json_walk *w = walk_of(v);
	json_t *node = json_object_get(w->stack[w->depth - 1].node, f->name);

	*ret_present = node && !json_is_null(node);
	if (*ret_present && f->kind != WIRE_TEXT) {
		*value = calloc(1, f->item_size);
		if (!*value)
			return error_oom();
	}
	return 0;
}

static int read_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	struct json_walk *w = walk_of(v);
	json_t *node = w->stack[w->depth - 1].node;

	for (uint32_t i = 0; i < s->n_fields; i++)
		if (json_object_size(node) == 1 && json_object_get(node, s->fields[i].name)) {
			*tag = s->fields[i].tag;
			return 0;
		}
	return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON for a %s must be an object with one member", s->name);
}

static int read_enter(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s)
{
	struct json_walk *w = walk_of(v);
	json_t *node = f ? get(v, f) : w->root;
	const char *key;
	json_t *value;

	if (node && !json_is_object(node))
		return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON for a %s must be an object", s->name);
	json_object_foreach(node, key, value)
	{
		uint32_t i = 0;

		while (i < s->n_fields && strcmp(s->fields[i].name, key))
			i++;
		if (i == s->n_fields)
			return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON member '%s' is not one of %s", key, s->name);
	}
	return push(v, node, false);
}

static int read_leave(struct wire_visitor *v, const struct wire_field *f, const struct wire_shape *s)
{
	(void)f, (void)s;
	pop(v);
	return 0;
}

int wire_from_json(const struct wire_shape *s, const char *json, void *ret_value)
{
	struct json_walk w = {
		.visitor = {read_scalar, read_text, read_bytes, read_blob, read_list, read_optional, read_tag,
					read_enter, read_leave, read_list_end, write_optional_end, .brackets_fixed = true},
	};
	json_error_t e;
	int r;

	w.root = json_loads(json, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (!w.root)
		return error_set(FROM_RPC, ERR_INVALID_ARG, "no JSON: line %d, column %d: %s", e.line, e.column,
						 e.text);
	if (s)
		r = wire_walk(&w.visitor, s, ret_value);
	else if (json_object_size(w.root))
		r = error_set(FROM_RPC, ERR_INVALID_ARG, "the procedure takes no arguments");
	else
		r = 0;
	unwind(&w);
	if (r < 0)
		wire_clear(s, ret_value);
	return r;
}
