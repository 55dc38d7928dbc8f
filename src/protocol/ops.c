/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Look-ups in the table of procedures, and what a read-only connection may do.
 */
#include "config.h"
#include "protocol/ops.h"

#include <string.h>

const struct wire_op *wire_op_by_number(int number)
{
	if (number <= 0 || number >= wire_n_ops || !wire_ops[number].number)
		return NULL;
	return &wire_ops[number];
}

const struct wire_op *wire_op_by_name(const char *name)
{
	for (int i = 1; i < wire_n_ops; i++)
		if (wire_ops[i].number && !strcasecmp(wire_ops[i].name, name))
			return &wire_ops[i];
	return NULL;
}

static bool applies(const struct wire_acl *acl, const void *args)
{
	uint32_t value;

	memcpy(&value, (const char *)args + acl->offset, sizeof value);
	switch (acl->condition) {
	case WIRE_ACL_ANY_SET:
		return (value & acl->value) != 0;
	case WIRE_ACL_NONE_SET:
		return (value & acl->value) == 0;
	case WIRE_ACL_EQUALS:
		return value == acl->value;
	}
	return true;
}

const struct wire_acl *wire_op_next_acl(const struct wire_op *op, const void *args,
										const struct wire_acl *at)
{
	for (at = at ? at + 1 : op->acl; at && at->permission; at++)
		if (applies(at, args))
			return at;
	return NULL;
}

/* Actions that neither change anything nor show secrets. */
static bool only_reads(const char *permission)
{
	const char *action = strchr(permission, ':') + 1;

	return !strcmp(action, "read") || !strcmp(action, "getattr") || !strncmp(action, "search_", 7);
}

bool wire_op_allows_readonly(const struct wire_op *op, const void *args)
{
	const struct wire_acl *acl = NULL;

	if (!(op->flags & WIRE_OP_READ))
		return false;
	while ((acl = wire_op_next_acl(op, args, acl)))
		if (!only_reads(acl->permission))
			return false;
	return true;
}
