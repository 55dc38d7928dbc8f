/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An example of a procedure's arguments as JSON, made from their shape: every member,
 * one item in each list.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "protocol/ops.h"

#include <rvirt/rvirt.h>

static int put_shape(struct buf *out, const struct wire_shape *s);

static int put_item(struct buf *out, const struct wire_field *f)
{
	switch (f->kind) {
	case WIRE_TEXT:
		return buf_puts(out, "\"\"");
	case WIRE_UUID:
		return buf_puts(out, "\"00000000-0000-0000-0000-000000000000\"");
	case WIRE_STRUCT:
		return put_shape(out, f->shape);
	default:
		return buf_puts(out, "0");
	}
}

/* Bytes are hexadecimal digits, and chars a text. */
static int put_bytes(struct buf *out, const struct wire_field *f)
{
	if (buf_puts(out, "\"") < 0)
		return -1;
	for (uint32_t i = 0; f->kind == WIRE_OPAQUE && f->form == WIRE_FIXED && i < f->bound; i++)
		if (buf_puts(out, "00") < 0)
			return -1;
	return buf_puts(out, "\"");
}

static int put_items(struct buf *out, const struct wire_field *f)
{
	uint32_t n = f->form == WIRE_FIXED ? f->bound : 1;

	if (buf_puts(out, "[") < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if ((i && buf_puts(out, ",") < 0) || put_item(out, f) < 0)
			return -1;
	return buf_puts(out, "]");
}

static int put_field(struct buf *out, const struct wire_field *f)
{
	bool several = f->form == WIRE_LIST || f->form == WIRE_FIXED;

	if (buf_printf(out, "\"%s\":", f->name) < 0)
		return -1;
	if (f->form == WIRE_OPTIONAL)
		return buf_puts(out, "null");
	if (f->kind == WIRE_OPAQUE || (several && f->kind == WIRE_CHAR))
		return put_bytes(out, f);
	return several ? put_items(out, f) : put_item(out, f);
}

/* Of a union its first member. */
static int put_shape(struct buf *out, const struct wire_shape *s)
{
	uint32_t n = s->tag ? 1 : s->n_fields;

	if (buf_puts(out, "{") < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if ((i && buf_puts(out, ",") < 0) || put_field(out, &s->fields[i]) < 0)
			return -1;
	return buf_puts(out, "}");
}

char *rvirt_procedure_template(const char *procedure)
{
	const struct wire_op *op = wire_op_by_name(procedure);
	CLEANUP_BUF struct buf out = {0};

	if (!op || op->flags & WIRE_OP_EVENT) {
		error_set(FROM_RPC, ERR_INVALID_ARG, "there is no procedure '%s'", procedure);
		return NULL;
	}
	if ((op->args ? put_shape(&out, op->args) : buf_puts(&out, "{}")) < 0)
		return NULL;
	return buf_steal_text(&out);
}
