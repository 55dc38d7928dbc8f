/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A visitor that fills in random values: edges of every integer type, texts with UTF-8, short
 * lists, present and absent optionals, every member of a union.
 */
#include "config.h"
#include "random-value.h"

#include <stdlib.h>
#include <string.h>

struct filler {
	struct wire_visitor visitor;
	uint64_t state;
};

/* splitmix64: small, and good enough to choose test values */
static uint64_t next(struct wire_visitor *v)
{
	struct filler *f = (struct filler *)v;
	uint64_t z = f->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int fill_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	static const uint64_t edges[] = {
		0, 1, UINT64_MAX, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffff, 0x80000000};
	uint64_t bits = next(v) % 3 ? next(v) : edges[next(v) % 7];
	double number = (double)(int64_t)bits / 1024;

	if (f->kind == WIRE_DOUBLE)
		memcpy(value, &number, 8);
	else
		memcpy(value, &bits, f->item_size);
	return 0;
}

static int fill_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	static const char *const pieces[] = {"a",  "demo", "\"", "\\",   "<x/>",
										 "\n", "é",    "漢", "\x01", "%s"};
	char text[64] = "";

	(void)f;
	for (uint64_t n = next(v) % 6; n > 0; n--)
		strcat(text, pieces[next(v) % 10]);
	*value = strdup(text);
	return *value ? 0 : -1;
}

static int fill_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
					  uint32_t n)
{
	(void)f;
	for (uint32_t i = 0; i < n; i++)
		value[i] = (uint8_t)next(v);
	return 0;
}

static uint32_t few(struct wire_visitor *v, const struct wire_field *f)
{
	uint32_t n = (uint32_t)(next(v) % 4);

	return n < f->bound ? n : f->bound;
}

static int fill_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					 uint8_t **value)
{
	*n = few(v, f);
	*value = *n ? malloc(*n) : NULL;
	return fill_bytes(v, f, *value, *n);
}

static int fill_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	*n = few(v, f);
	*items = *n ? calloc(*n, f->item_size) : NULL;
	return 0;
}

static int fill_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						 bool *ret_present)
{
	*ret_present = next(v) % 2;
	if (*ret_present && f->kind != WIRE_TEXT)
		*value = calloc(1, f->item_size);
	return 0;
}

static int fill_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	*tag = s->fields[next(v) % s->n_fields].tag;
	return 0;
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

void random_value(const struct wire_shape *s, uint64_t seed, void *ret_value)
{
	struct filler filler = {
		.visitor = {fill_scalar, fill_text, fill_bytes, fill_blob, fill_list, fill_optional,
					fill_tag, no_step, no_step, no_end, no_optional_end},
		.state = seed,
	};

	wire_walk(&filler.visitor, s, ret_value);
}
