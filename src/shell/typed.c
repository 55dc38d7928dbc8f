/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of typed parameters.
 */
#include "config.h"
#include "typed.h"

#include "domain.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

/* The next place of a list; one that is full is given up: no command has that many options. */
static struct rvirt_wire_typed_param *next(struct typed *t, const char *name, int type)
{
	struct rvirt_wire_typed_param *p;

	if (t->n == sizeof(t->list) / sizeof(*t->list))
		abort();
	p = &t->list[t->n++];
	p->field = borrow(name);
	p->value.type = type;
	return p;
}

void typed_int(struct typed *t, const char *name, int value)
{
	next(t, name, RVIRT_TYPED_PARAM_INT)->value.u.i = value;
}

void typed_uint(struct typed *t, const char *name, unsigned value)
{
	next(t, name, RVIRT_TYPED_PARAM_UINT)->value.u.ui = value;
}

void typed_ull(struct typed *t, const char *name, uint64_t value)
{
	next(t, name, RVIRT_TYPED_PARAM_ULLONG)->value.u.ul = value;
}

void typed_bool(struct typed *t, const char *name, bool value)
{
	next(t, name, RVIRT_TYPED_PARAM_BOOLEAN)->value.u.b = value;
}

void typed_text(struct typed *t, const char *name, const char *value)
{
	next(t, name, RVIRT_TYPED_PARAM_STRING)->value.u.s = borrow(value);
}

char *typed_format(const struct rvirt_wire_typed_param *p)
{
	const struct rvirt_wire_typed_value *v = &p->value;

	switch (v->type) {
	case RVIRT_TYPED_PARAM_INT:
		return shell_printf("%d", v->u.i);
	case RVIRT_TYPED_PARAM_UINT:
		return shell_printf("%u", v->u.ui);
	case RVIRT_TYPED_PARAM_LLONG:
		return shell_printf("%lld", (long long)v->u.l);
	case RVIRT_TYPED_PARAM_ULLONG:
		return shell_printf("%llu", (unsigned long long)v->u.ul);
	case RVIRT_TYPED_PARAM_DOUBLE:
		return shell_printf("%f", v->u.d);
	case RVIRT_TYPED_PARAM_BOOLEAN:
		return shell_strdup(v->u.b ? "yes" : "no");
	case RVIRT_TYPED_PARAM_STRING:
		return shell_strdup(v->u.s);
	}
	return shell_strdup("");
}

json_t *typed_json(const struct rvirt_wire_typed_param *p)
{
	const struct rvirt_wire_typed_value *v = &p->value;

	switch (v->type) {
	case RVIRT_TYPED_PARAM_INT:
		return json_integer(v->u.i);
	case RVIRT_TYPED_PARAM_UINT:
		return json_integer(v->u.ui);
	case RVIRT_TYPED_PARAM_LLONG:
		return json_integer(v->u.l);
	case RVIRT_TYPED_PARAM_ULLONG:
		return json_integer((json_int_t)v->u.ul);
	case RVIRT_TYPED_PARAM_DOUBLE:
		return json_real(v->u.d);
	case RVIRT_TYPED_PARAM_BOOLEAN:
		return json_boolean(v->u.b);
	case RVIRT_TYPED_PARAM_STRING:
		return out_json_text(v->u.s);
	}
	return json_null();
}

void typed_print(struct shell *sh, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < n; i++) {
		CLEANUP_FREE char *text = typed_format(&list[i]);

		out_text(sh, "%-15s: %s\n", list[i].field, text);
		json_object_set_new(object, list[i].field, typed_json(&list[i]));
	}
	out_value(sh, object);
}

const struct rvirt_wire_typed_param *typed_find(const struct rvirt_wire_typed_param *list,
												uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(list[i].field, name) == 0)
			return &list[i];
	return NULL;
}
