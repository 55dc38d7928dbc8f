/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The visitor from JSON (jansson) to a value. The text may come from anybody: ranges, bounds and
 * names of members are checked.
 */
#include "config.h"
#include "protocol/json.h"

#include "base/error.h"
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const struct wire_field *f, const char *wanted)
{
	return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON member '%s' must be %s", f->name, wanted);
}

/* The node for the field that the walk is at; NULL where the JSON has none or null. */
static json_t *get(struct wire_visitor *v, const struct wire_field *f)
{
	struct json_walk *w = json_walk_of(v);
	struct json_frame *top = &w->stack[w->depth - 1];
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
						 "JSON member '%s' must be within %" PRId64 " and %" PRId64, f->name, min,
						 max);
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
		[WIRE_CHAR] = {-128, 255},   [WIRE_UCHAR] = {0, 255},
		[WIRE_USHORT] = {0, 65535},  [WIRE_INT] = {INT_MIN, INT_MAX},
		[WIRE_UINT] = {0, UINT_MAX}, [WIRE_HYPER] = {INT64_MIN, INT64_MAX},
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

static int read_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
					  uint32_t n)
{
	json_t *node = get(v, f);

	if (!node)
		return 0;
	if (f->kind == WIRE_UUID)
		return json_is_string(node) && uuid_parse(json_string_value(node), value) == 0
				   ? 0
				   : refuse(f, "a UUID");
	if (!json_is_string(node) || json_string_length(node) != 2 * (size_t)n)
		return refuse(f, "hexadecimal digits of the right length");
	return read_hex(f, node, value, n);
}

static int read_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					 uint8_t **value)
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
	if (json_push(v, array, true) < 0)
		return -1;
	if (count > f->bound)
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "JSON member '%s' has %zu items, %u are allowed", f->name, count,
						 f->bound);
	if (f->form == WIRE_FIXED || !count)
		return 0;
	*items = calloc(count, f->item_size);
	if (!*items)
		return error_oom();
	*n = (uint32_t)count;
	return 0;
}

static int read_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
						 void **items)
{
	(void)f, (void)n, (void)items;
	json_decref(json_pop(v));
	return 0;
}

/* Only asks whether the member is there; the walk fetches it again with get(). */
static int read_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						 bool *ret_present)
{
	struct json_walk *w = json_walk_of(v);
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
	struct json_walk *w = json_walk_of(v);
	json_t *node = w->stack[w->depth - 1].node;

	for (uint32_t i = 0; i < s->n_fields; i++)
		if (json_object_size(node) == 1 && json_object_get(node, s->fields[i].name)) {
			*tag = s->fields[i].tag;
			return 0;
		}
	return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON for a %s must be an object with one member",
					 s->name);
}

static int read_enter(struct wire_visitor *v, const struct wire_field *f,
					  const struct wire_shape *s)
{
	struct json_walk *w = json_walk_of(v);
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
			return error_set(FROM_RPC, ERR_INVALID_ARG, "JSON member '%s' is not one of %s", key,
							 s->name);
	}
	return json_push(v, node, false);
}

static int read_leave(struct wire_visitor *v, const struct wire_field *f,
					  const struct wire_shape *s)
{
	(void)f, (void)s;
	json_pop(v);
	return 0;
}

int wire_from_json(const struct wire_shape *s, const char *json, void *ret_value)
{
	struct json_walk w = {
		.visitor = {read_scalar, read_text, read_bytes, read_blob, read_list, read_optional,
					read_tag, read_enter, read_leave, read_list_end, json_optional_end,
					.brackets_fixed = true},
	};
	json_error_t e;
	int r;

	w.root = json_loads(json, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (!w.root)
		return error_set(FROM_RPC, ERR_INVALID_ARG, "no JSON: line %d, column %d: %s", e.line,
						 e.column, e.text);
	if (s)
		r = wire_walk(&w.visitor, s, ret_value);
	else if (json_object_size(w.root))
		r = error_set(FROM_RPC, ERR_INVALID_ARG, "the procedure takes no arguments");
	else
		r = 0;
	json_unwind(&w);
	if (r < 0)
		wire_clear(s, ret_value);
	return r;
}
