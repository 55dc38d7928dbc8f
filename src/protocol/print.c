/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The visitor that prints a value in one line for logs. It shortens what is long and never shows a
 * secret: bytes are counted, passwords left out.
 */
#include "config.h"
#include "protocol/wire.h"

#include "base/uuid.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define TEXT_SHOWN 64
#define ITEMS_SHOWN 8

struct printer {
	struct wire_visitor visitor;
	struct buf *out;
	bool separate; /* a comma is due before the next value */
	uint32_t item; /* of the innermost list of scalars */
};

static struct buf *begin(struct wire_visitor *v, const struct wire_field *f)
{
	struct printer *p = (struct printer *)v;

	if (p->separate)
		buf_puts(p->out, ", ");
	p->separate = true;
	if (f && f->form != WIRE_LIST && f->form != WIRE_FIXED)
		buf_printf(p->out, "%s = ", f->name);
	return p->out;
}

static int print_scalar(struct wire_visitor *v, const struct wire_field *f, void *value)
{
	struct printer *p = (struct printer *)v;
	struct buf *out;

	if (f->form != WIRE_ONE && p->item++ >= ITEMS_SHOWN)
		return 0;
	out = begin(v, f);
	switch (f->kind) {
	case WIRE_CHAR:
		return buf_printf(out, "%d", *(signed char *)value);
	case WIRE_UCHAR:
		return buf_printf(out, "%u", *(uint8_t *)value);
	case WIRE_USHORT:
		return buf_printf(out, "%u", *(uint16_t *)value);
	case WIRE_INT:
		return buf_printf(out, "%" PRId32, *(int32_t *)value);
	case WIRE_UINT:
		return buf_printf(out, "%" PRIu32, *(uint32_t *)value);
	case WIRE_HYPER:
		return buf_printf(out, "%" PRId64, *(int64_t *)value);
	case WIRE_UHYPER:
		return buf_printf(out, "%" PRIu64, *(uint64_t *)value);
	default:
		return buf_printf(out, "%g", *(double *)value);
	}
}

static int print_text(struct wire_visitor *v, const struct wire_field *f, char **value)
{
	struct buf *out = begin(v, f);
	const char *text = *value;

	if (!text)
		return buf_puts(out, "NULL");
	if (!strcmp(f->name, "password"))
		return buf_puts(out, "(secret)");
	buf_puts(out, "\"");
	for (int i = 0; text[i] && i < TEXT_SHOWN; i++)
		buf_printf(out, isprint((unsigned char)text[i]) ? "%c" : "\\x%02x", (unsigned char)text[i]);
	return buf_puts(out, strlen(text) > TEXT_SHOWN ? "…\"" : "\"");
}

static int print_bytes(struct wire_visitor *v, const struct wire_field *f, uint8_t *value,
					   uint32_t n)
{
	char uuid[UUID_TEXT_LEN];

	if (f->kind == WIRE_UUID)
		return buf_puts(begin(v, f), uuid_format(value, uuid));
	return buf_printf(begin(v, f), "%s = (%u bytes)", f->name, n);
}

static int print_blob(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
					  uint8_t **value)
{
	(void)value;
	return buf_printf(begin(v, f), "%s = (%u bytes)", f->name, *n);
}

static int print_list(struct wire_visitor *v, const struct wire_field *f, uint32_t *n, void **items)
{
	struct printer *p = (struct printer *)v;

	(void)items;
	buf_printf(begin(v, f), "%s = [%u: ", f->name, *n);
	p->separate = false;
	p->item = 0;
	return 0;
}

static int print_list_end(struct wire_visitor *v, const struct wire_field *f, uint32_t *n,
						  void **items)
{
	struct printer *p = (struct printer *)v;

	(void)f, (void)n, (void)items;
	p->separate = true;
	return buf_puts(p->out, "]");
}

static int print_optional(struct wire_visitor *v, const struct wire_field *f, void **value,
						  bool *ret_present)
{
	*ret_present = *value != NULL;
	return *value ? 0 : buf_puts(begin(v, f), "NULL");
}

static int print_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value)
{
	(void)v, (void)f, (void)value;
	return 0;
}

static int print_tag(struct wire_visitor *v, const struct wire_shape *s, int32_t *tag)
{
	(void)v, (void)s, (void)tag;
	return 0;
}

static int print_enter(struct wire_visitor *v, const struct wire_field *f,
					   const struct wire_shape *s)
{
	struct printer *p = (struct printer *)v;

	(void)s;
	buf_puts(begin(v, f), "(");
	p->separate = false;
	return 0;
}

static int print_leave(struct wire_visitor *v, const struct wire_field *f,
					   const struct wire_shape *s)
{
	struct printer *p = (struct printer *)v;

	(void)f, (void)s;
	p->separate = true;
	return buf_puts(p->out, ")");
}

int wire_print(const struct wire_shape *s, const void *value, struct buf *out)
{
	struct printer p = {
		.visitor = {print_scalar, print_text, print_bytes, print_blob, print_list, print_optional,
					print_tag, print_enter, print_leave, print_list_end, print_optional_end,
					.brackets_fixed = true},
		.out = out,
	};

	if (!s)
		return buf_puts(out, "()");
	return wire_walk(&p.visitor, s, (void *)(uintptr_t)value);
}
