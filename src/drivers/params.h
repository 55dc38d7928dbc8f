/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of typed parameters: making one, and checking one that came in.
 */
#ifndef DRIVERS_PARAMS_H
#define DRIVERS_PARAMS_H

#include <rvirt/constants.h>
#include <rvirt/protocol.h>
#include <stdbool.h>
#include <stddef.h>

/* A list that grows; zeroed to begin with. What goes wrong is remembered until it is given away. */
struct params {
	uint32_t n, size;
	struct rvirt_wire_typed_param *list;
	bool failed;
};

void params_int(struct params *p, const char *name, int value);
void params_uint(struct params *p, const char *name, unsigned value);
void params_ull(struct params *p, const char *name, unsigned long long value);
void params_llong(struct params *p, const char *name, long long value);
void params_bool(struct params *p, const char *name, bool value);
void params_string(struct params *p, const char *name, const char *value);

/* Hands the list over. 0, or -1 with NO_MEMORY set and nothing left. */
int params_give(struct params *p, uint32_t *ret_n, struct rvirt_wire_typed_param **ret_list);

/* The same, but no more than the first max of it. */
int params_give_max(struct params *p, int max, uint32_t *ret_n,
					struct rvirt_wire_typed_param **ret_list);

/* What a call accepts: ends with a row without name. */
struct param_rule {
	const char *name;
	enum rvirt_typed_param_type type;
};

/* 0, or -1 with the error set: a name that no rule has, or twice, or the wrong type. */
int params_check(const struct rvirt_wire_typed_param *list, uint32_t n,
				 const struct param_rule *rules);

/* The parameter of that name, or NULL. */
const struct rvirt_wire_typed_param *params_find(const struct rvirt_wire_typed_param *list,
												 uint32_t n, const char *name);

#endif
