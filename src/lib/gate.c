/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate. Knows the table of procedures, and no procedure by name.
 */
#include "config.h"
#include "lib/gate.h"

#include "lib/local.h"
#include "lib/stream.h"
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

/* A new call that may be made, of a procedure that opens a stream or of one that opens none; NULL
 * with the error set. */
static struct rvirt_call *admit(struct rvirt_conn *conn, int procedure, const void *args,
								bool with_stream)
{
	const struct wire_op *op = find_op(procedure);

	if (!op || conn_check_process(conn) < 0)
		return NULL;
	if (op->args && !args) {
		error_set(FROM_RPC, ERR_INVALID_ARG, "%s takes arguments", op->name);
		return NULL;
	}
	if (with_stream != !!(op->flags & WIRE_OP_STREAM)) {
		error_set(FROM_RPC, ERR_INVALID_ARG,
				  with_stream ? "%s opens no stream"
							  : "%s opens a stream, which has to be asked for",
				  op->name);
		return NULL;
	}
	if (conn->readonly && readonly_check(op, args) < 0)
		return NULL;
	return call_new(op);
}

struct rvirt_call *gate_send(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args)
{
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args, false);

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
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args, false);

	if (!call)
		return -1;
	if (conn->local)
		call_complete(call, local_call(conn, call->op, args, call->value));
	else if (remote_call(conn->remote, call, args) < 0)
		return -1;
	return call_finish(call, ret);
}

int gate_call_fds(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args, void *ret,
				  const struct rvirt_fds *fds, struct rvirt_fds *ret_fds)
{
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args, false);

	if (!call)
		return -1;
	if (fds && fds->n > RVIRT_FDS_MAX)
		return error_set(FROM_RPC, ERR_RPC, "too many file descriptors to send %u, max is %d",
						 fds->n, RVIRT_FDS_MAX);
	call->fds = fds;
	if (conn->local)
		call_complete(call, local_call_fds(conn, call->op, args, call->value, fds, &call->ret_fds));
	else if (remote_call(conn->remote, call, args) < 0)
		return -1;
	if (call_finish(call, ret) < 0)
		return -1;
	if (ret_fds)
		fds_take(&call->ret_fds, call->ret_fds.n, ret_fds);
	return 0;
}

static int open_remote_stream(struct rvirt_conn *conn, struct rvirt_call *call, const void *args,
							  void *ret, struct remote_stream **ret_stream)
{
	CLEANUP(cleanup_remote_stream) struct remote_stream *s = remote_stream_new(call);

	if (!s || remote_call(conn->remote, call, args) < 0 || call_finish(call, ret) < 0)
		return -1;
	*ret_stream = steal(&s);
	return 0;
}

static int open_local_stream(struct rvirt_conn *conn, struct rvirt_call *call, const void *args,
							 void *ret, struct driver_stream **ret_stream)
{
	call_complete(call, local_open_stream(conn, call->op, args, call->value, ret_stream));
	return call_finish(call, ret);
}

int gate_open_stream(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args,
					 void *ret, struct rvirt_stream **ret_stream)
{
	CLEANUP_CALL struct rvirt_call *call = admit(conn, (int)procedure, args, true);
	CLEANUP_FREE struct rvirt_stream *stream = calloc(1, sizeof *stream);
	int result;

	if (!call)
		return -1;
	if (!stream)
		return error_oom();
	stream->op = call->op;
	result = conn->local ? open_local_stream(conn, call, args, ret, &stream->local)
						 : open_remote_stream(conn, call, args, ret, &stream->remote);
	if (result == 0)
		*ret_stream = steal(&stream);
	return result;
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
