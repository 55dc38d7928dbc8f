/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The walk. Everything that reads or writes the protocol's structs goes through here; it knows
 * where members are and nothing of what is done with them.
 */
#include "config.h"
#include "protocol/wire.h"

#include "base/error.h"

static int walk_shape(struct wire_visitor *v, const struct wire_field *f,
					  const struct wire_shape *s, char *value);

static int walk_item(struct wire_visitor *v, const struct wire_field *f, char *item)
{
	switch (f->kind) {
	case WIRE_TEXT:
		return v->text(v, f, (char **)(void *)item);
	case WIRE_UUID:
		return v->bytes(v, f, (uint8_t *)item, f->item_size);
	case WIRE_STRUCT:
		return walk_shape(v, f, f->shape, item);
	default:
		return v->scalar(v, f, item);
	}
}

static int walk_items(struct wire_visitor *v, const struct wire_field *f, char *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (walk_item(v, f, items + (size_t)i * f->item_size) < 0)
			return -1;
	return 0;
}

static int walk_list(struct wire_visitor *v, const struct wire_field *f, char *base)
{
	uint32_t *n = (uint32_t *)(void *)(base + f->count_offset);
	void **items = (void **)(void *)(base + f->offset);

	if (f->kind == WIRE_OPAQUE)
		return v->blob(v, f, n, (uint8_t **)items);
	if (v->list(v, f, n, items) < 0 || walk_items(v, f, *items, *n) < 0)
		return -1;
	return v->list_end(v, f, n, items);
}

static int walk_fixed(struct wire_visitor *v, const struct wire_field *f, char *member)
{
	uint32_t n = f->bound;
	void *items = member;

	if (f->kind == WIRE_OPAQUE)
		return v->bytes(v, f, (uint8_t *)member, n);
	if (!v->brackets_fixed)
		return walk_items(v, f, member, n);
	if (v->list(v, f, &n, &items) < 0 || walk_items(v, f, member, n) < 0)
		return -1;
	return v->list_end(v, f, &n, &items);
}

static int walk_optional(struct wire_visitor *v, const struct wire_field *f, char *member)
{
	void **value = (void **)(void *)member;
	bool present;

	if (v->optional(v, f, value, &present) < 0)
		return -1;
	if (!present)
		return 0;
	if (walk_item(v, f, f->kind == WIRE_TEXT ? member : *value) < 0)
		return -1;
	return v->optional_end(v, f, value);
}

static int walk_field(struct wire_visitor *v, const struct wire_field *f, char *base)
{
	switch (f->form) {
	case WIRE_ONE:
		return walk_item(v, f, base + f->offset);
	case WIRE_OPTIONAL:
		return walk_optional(v, f, base + f->offset);
	case WIRE_FIXED:
		return walk_fixed(v, f, base + f->offset);
	case WIRE_LIST:
		return walk_list(v, f, base);
	}
	return -1;
}

static int walk_union(struct wire_visitor *v, const struct wire_shape *s, char *value)
{
	int32_t *tag = (int32_t *)(void *)value;

	if (v->tag(v, s, tag) < 0)
		return -1;
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].tag == *tag)
			return walk_field(v, &s->fields[i], value);
	return error_set(FROM_RPC, ERR_RPC, "%s has no member for %s %d", s->name, s->tag, *tag);
}

static int walk_shape(struct wire_visitor *v, const struct wire_field *f,
					  const struct wire_shape *s, char *value)
{
	if (v->enter(v, f, s) < 0)
		return -1;
	if (s->tag) {
		if (walk_union(v, s, value) < 0)
			return -1;
	} else {
		for (uint32_t i = 0; i < s->n_fields; i++)
			if (walk_field(v, &s->fields[i], value) < 0)
				return -1;
	}
	return v->leave(v, f, s);
}

int wire_walk(struct wire_visitor *v, const struct wire_shape *s, void *value)
{
	return s ? walk_shape(v, NULL, s, value) : 0;
}
