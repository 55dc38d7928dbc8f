/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two visitors between values and JSON share: a stack of the containers that the walk is
 * in.
 */
#ifndef PROTOCOL_JSON_H
#define PROTOCOL_JSON_H

#include "protocol/wire.h"

#include <jansson.h>

/* more than the shapes nest: a struct, a list and an optional for each of at most four levels */
#define JSON_DEPTH_MAX 16

struct json_frame {
	json_t *node; /* object, array, or NULL for a struct that the JSON leaves out */
	size_t next;  /* index of the array's next item */
	bool owned;
};

struct json_walk {
	struct wire_visitor visitor;
	struct json_frame stack[JSON_DEPTH_MAX];
	int depth;
	json_t *root;
};

static inline struct json_walk *json_walk_of(struct wire_visitor *v)
{
	return (struct json_walk *)v;
}

/* Enters node; an owned one is released by the walk's end at the latest. 0, or -1 with the error
 * set. */
int json_push(struct wire_visitor *v, json_t *node, bool owned);

/* Leaves the innermost container, which is the caller's again if it was owned. */
json_t *json_pop(struct wire_visitor *v);

/* Releases what is still on the stack, and the root. */
void json_unwind(struct json_walk *w);

/* The step after an optional's value, of which JSON knows nothing. */
int json_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value);

#endif
