/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of typed parameters: from options, and as text and JSON.
 */
#ifndef SHELL_TYPED_H
#define SHELL_TYPED_H

#include "args.h"

#include <jansson.h>

/* Parameters to be sent, at most as many as any call takes; names and texts are borrowed. */
struct typed {
	struct rvirt_wire_typed_param list[64];
	uint32_t n;
};

void typed_int(struct typed *t, const char *name, int value);
void typed_uint(struct typed *t, const char *name, unsigned value);
void typed_ull(struct typed *t, const char *name, uint64_t value);
void typed_bool(struct typed *t, const char *name, bool value);
void typed_text(struct typed *t, const char *name, const char *value);

/* A value as text, owned by the caller. */
char *typed_format(const struct rvirt_wire_typed_param *p);
json_t *typed_json(const struct rvirt_wire_typed_param *p);

/* The list as lines "name   : value" and as one JSON object. */
void typed_print(struct shell *sh, const struct rvirt_wire_typed_param *list, uint32_t n);

/* The parameter of that name, or NULL. */
const struct rvirt_wire_typed_param *typed_find(const struct rvirt_wire_typed_param *list,
												uint32_t n, const char *name);

#endif
