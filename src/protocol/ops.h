/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of procedures: what ops.def, events.def and acl.def say, by number.
 */
#ifndef PROTOCOL_OPS_H
#define PROTOCOL_OPS_H

#include "protocol/wire.h"

/* the flags of ops.def, and one for events */
enum wire_op_flag {
	WIRE_OP_READ = 1,
	WIRE_OP_PREAUTH = 2,
	WIRE_OP_PREOPEN = 4,
	WIRE_OP_QUICK = 8,
	WIRE_OP_SESSION = 16,
	WIRE_OP_TO_DAEMON = 32,
	WIRE_OP_TO_CLIENT = 64,
	WIRE_OP_EVENT = 128,
	WIRE_OP_TAKES_FDS = 256,
	WIRE_OP_GIVES_FDS = 512,
	WIRE_OP_STREAM = WIRE_OP_TO_DAEMON | WIRE_OP_TO_CLIENT,
	WIRE_OP_FDS = WIRE_OP_TAKES_FDS | WIRE_OP_GIVES_FDS,
};

enum wire_acl_condition { WIRE_ACL_ANY_SET, WIRE_ACL_NONE_SET, WIRE_ACL_EQUALS };

/* A permission that depends on an argument of 32 bits. */
struct wire_acl {
	const char *permission; /* NULL ends the list */
	uint32_t offset;        /* of the argument */
	enum wire_acl_condition condition;
	uint32_t value;
};

struct wire_op {
	int number; /* 0 in a row that is no procedure */
	const char *name;
	const struct wire_shape *args, *ret; /* NULL: void. An event's message stands in args */
	const char *permission;              /* "object:action", several separated by a blank */
	unsigned flags;
	const struct wire_acl *acl; /* or NULL */
};

extern const struct wire_op wire_ops[];
extern const int wire_n_ops;

/* The row of a procedure or event of the remote program; NULL if there is none. */
const struct wire_op *wire_op_by_number(int number);
const struct wire_op *wire_op_by_name(const char *name);

/* Whether a read-only connection may make this call with these arguments. */
bool wire_op_allows_readonly(const struct wire_op *op, const void *args);

/* The row of acl.def that asks for a permission, given these arguments: the next after *at (NULL to
 * start), or NULL. */
const struct wire_acl *wire_op_next_acl(const struct wire_op *op, const void *args,
										const struct wire_acl *at);

#endif
