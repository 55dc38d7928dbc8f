/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stack of containers that a walk between a value and JSON is in.
 */
#include "config.h"
#include "protocol/json.h"

#include "base/error.h"

int json_push(struct wire_visitor *v, json_t *node, bool owned)
{
	struct json_walk *w = json_walk_of(v);

	if (w->depth == JSON_DEPTH_MAX || (owned && !node)) {
		if (owned)
			json_decref(node);
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "value nests too deeply for JSON");
	}
	w->stack[w->depth++] = (struct json_frame){.node = node, .owned = owned};
	return 0;
}

json_t *json_pop(struct wire_visitor *v)
{
	struct json_walk *w = json_walk_of(v);

	return w->stack[--w->depth].node;
}

void json_unwind(struct json_walk *w)
{
	while (w->depth > 0)
		if (w->stack[--w->depth].owned)
			json_decref(w->stack[w->depth].node);
	json_decref(w->root);
}

int json_optional_end(struct wire_visitor *v, const struct wire_field *f, void **value)
{
	(void)v, (void)f, (void)value;
	return 0;
}
