/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two that must not both stand in a document, found in n log n: nodes are added under keys, and the
 * first pair with the same key is asked for.
 */
#ifndef CONF_TWINS_H
#define CONF_TWINS_H

#include <stddef.h>

#include "conf/tree.h"

struct twin {
	char *key;
	const struct node *n;
	size_t order;
};

struct twins {
	struct twin *list;
	size_t count, size;
};

/* Adds a node behind the others. 0 or -1 with NO_MEMORY. */
int twins_add(struct twins *t, const struct node *n, const char *key);

/* The first node that has one of the same key behind it, and the first of those; NULL if there is
 * none. */
const struct node *twins_find(struct twins *t, const struct node **ret_second);

void twins_clear(struct twins *t);

#define CLEANUP_TWINS __attribute__((cleanup(twins_clear)))

#endif
