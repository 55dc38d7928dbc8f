/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of typed parameters.
 */
#include "config.h"
#include "drivers/params.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

/* The next parameter with its name set; NULL if there is no memory. */
static struct rvirt_wire_typed_param *next(struct params *p, const char *name,
										   enum rvirt_typed_param_type type)
{
	struct rvirt_wire_typed_param *grown;

	if (p->n == p->size) {
		grown = reallocarray(p->list, p->size + 8, sizeof *grown);
		if (!grown) {
			p->failed = true;
			return NULL;
		}
		p->list = grown;
		p->size += 8;
	}
	grown = &p->list[p->n];
	*grown = (struct rvirt_wire_typed_param){.field = strdup(name), .value.type = (int)type};
	if (!grown->field) {
		p->failed = true;
		return NULL;
	}
	p->n++;
	return grown;
}

void params_int(struct params *p, const char *name, int value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_INT);

	if (t)
		t->value.u.i = value;
}

void params_uint(struct params *p, const char *name, unsigned value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_UINT);

	if (t)
		t->value.u.ui = value;
}

void params_ull(struct params *p, const char *name, unsigned long long value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_ULLONG);

	if (t)
		t->value.u.ul = value;
}

void params_llong(struct params *p, const char *name, long long value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_LLONG);

	if (t)
		t->value.u.l = value;
}

void params_bool(struct params *p, const char *name, bool value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_BOOLEAN);

	if (t)
		t->value.u.b = value;
}

void params_string(struct params *p, const char *name, const char *value)
{
	struct rvirt_wire_typed_param *t = next(p, name, RVIRT_TYPED_PARAM_STRING);

	if (t && !(t->value.u.s = strdup(value)))
		p->failed = true;
}

static void drop_last(struct params *p)
{
	struct rvirt_wire_typed_param *t = &p->list[--p->n];

	if (t->value.type == RVIRT_TYPED_PARAM_STRING)
		free(t->value.u.s);
	free(t->field);
}

int params_give(struct params *p, uint32_t *ret_n, struct rvirt_wire_typed_param **ret_list)
{
	if (p->failed) {
		while (p->n)
			drop_last(p);
		free(p->list);
		*p = (struct params){0};
		return error_oom();
	}
	*ret_n = p->n;
	*ret_list = p->list;
	return 0;
}

int params_give_max(struct params *p, int max, uint32_t *ret_n,
					struct rvirt_wire_typed_param **ret_list)
{
	while (max >= 0 && p->n > (uint32_t)max)
		drop_last(p);
	return params_give(p, ret_n, ret_list);
}

static const char *type_name(int type)
{
	static const char *const names[] = {"unknown", "int",    "uint",    "llong",
										"ullong",  "double", "boolean", "string"};

	return type > 0 && type <= RVIRT_TYPED_PARAM_STRING ? names[type] : names[0];
}

static int check_one(const struct rvirt_wire_typed_param *t, const struct param_rule *rules)
{
	for (; rules->name; rules++) {
		if (strcmp(rules->name, t->field) != 0)
			continue;
		if ((int)rules->type == t->value.type)
			return 0;
		return error_set(FROM_NONE, ERR_INVALID_ARG,
						 "invalid type '%s' for parameter '%s', expected '%s'",
						 type_name(t->value.type), t->field, type_name((int)rules->type));
	}
	return error_set(FROM_NONE, ERR_ARGUMENT_UNSUPPORTED, "parameter '%s' not supported", t->field);
}

static int by_field(const void *a, const void *b)
{
	const struct rvirt_wire_typed_param *const *p = a, *const *q = b;

	return strcmp((*p)->field, (*q)->field);
}

/* Of several that are wrong the first by name is refused. */
int params_check(const struct rvirt_wire_typed_param *list, uint32_t n,
				 const struct param_rule *rules)
{
	CLEANUP_FREE const struct rvirt_wire_typed_param **sorted = calloc(n + 1, sizeof *sorted);

	if (!sorted)
		return error_oom();
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = &list[i];
	qsort(sorted, n, sizeof *sorted, by_field);
	for (uint32_t i = 0; i < n; i++) {
		if (i && strcmp(sorted[i - 1]->field, sorted[i]->field) == 0)
			return error_set(FROM_NONE, ERR_INVALID_ARG, "parameter '%s' occurs multiple times",
							 sorted[i]->field);
		if (check_one(sorted[i], rules) < 0)
			return -1;
	}
	return 0;
}

const struct rvirt_wire_typed_param *params_find(const struct rvirt_wire_typed_param *list,
												 uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(list[i].field, name) == 0)
			return &list[i];
	return NULL;
}
