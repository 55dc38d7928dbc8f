/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pairs by sorting.
 */
#include "config.h"
#include "conf/twins.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int twins_add(struct twins *t, const struct node *n, const char *key)
{
	struct twin *more = t->list;
	size_t size = t->size ? t->size * 2 : 64;

	if (t->count == t->size) {
		if (!(more = realloc(t->list, size * sizeof *more)))
			return error_oom();
		t->list = more;
		t->size = size;
	}
	if (!(more[t->count].key = strdup(key)))
		return error_oom();
	more[t->count].n = n;
	more[t->count].order = t->count;
	t->count++;
	return 0;
}

static int by_key_and_order(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	int rc = strcmp(x->key, y->key);

	return rc ? rc : x->order < y->order ? -1 : x->order > y->order;
}

const struct node *twins_find(struct twins *t, const struct node **ret_second)
{
	const struct twin *first = NULL;

	if (t->count > 1)
		qsort(t->list, t->count, sizeof *t->list, by_key_and_order);
	for (size_t i = 1; i < t->count; i++) {
		const struct twin *a = &t->list[i - 1];

		if (strcmp(a->key, t->list[i].key) == 0 && (!first || a->order < first->order))
			first = a;
	}
	if (first && ret_second)
		*ret_second = first[1].n;
	return first ? first->n : NULL;
}

void twins_clear(struct twins *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->list[i].key);
	free(t->list);
	*t = (struct twins){0};
}
