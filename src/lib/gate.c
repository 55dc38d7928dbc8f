/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate. Knows the table of procedures, and no procedure by name.
 */
#include "config.h"
#include "lib/gate.h"

#include "lib/local.h"
#include "protocol/readonly.h"

static const struct wire_op *find_op(int procedure)
{
	const struct wire_op *op = wire_op_by_number(procedure);

	if (op && !(op->flags & WIRE_OP_EVENT))
		return op;
	if (op)
		error_set(FROM_RPC, ERR_INVALID_ARG, "%s is an event, not a procedure", op->name);
	else
		error_set(FROM_RPC, ERR_INVALID_ARG, "there is no procedure %d", procedure);
	return NULL;
}

/* A new call that may be made; NULL with the error set. */
static struct rvirt_call *admit(struct rvirt_conn *conn, int procedure, const void *args)
{
	const struct wire_op *op = find_op(procedure);

	if (!op || conn_check_process(conn) < 0)
		return NULL;
	if (op->args && !args) {
		error_set(FROM_RPC, ERR_INVALID_ARG, "%s takes arguments", op->name);
		return NULL;
	}
	if (conn->readonly && readonly_check(op, args) < 0)
		return NULL;
	return call_new(op);
}

struct rvirt_call *gate_send(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args)
{
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args);

	if (!call)
		return NULL;
	if (conn->local)
		call_complete(call, local_call(conn, call->op, args, call->value));
	else if (remote_send(conn->remote, call, args) < 0)
		return NULL;
	return steal(&call);
}

int gate_wait(struct rvirt_call *call, void *ret)
{
	int result;

	if (!call_is_done(call))
		remote_wait(call->remote, call);
	result = call_finish(call, ret);
	call_free(call);
	return result;
}

int gate_call(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args, void *ret)
{
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args);

	if (!call)
		return -1;
	if (conn->local)
		call_complete(call, local_call(conn, call->op, args, call->value));
	else if (remote_call(conn->remote, call, args) < 0)
		return -1;
	return call_finish(call, ret);
}

struct rvirt_call *rvirt_call_send(struct rvirt_conn *conn, enum rvirt_proc procedure,
								   const void *args)
{
	return gate_send(conn, procedure, args);
}

int rvirt_call_wait(struct rvirt_call *call, void *ret)
{
	return gate_wait(call, ret);
}
