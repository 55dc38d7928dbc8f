/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one way of every call. Knows the table of procedures, and no procedure.
 */
#include "config.h"
#include "daemon/dispatch.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fds.h"
#include "base/log.h"
#include "daemon/session.h"
#include "daemon/workers.h"
#include "protocol/readonly.h"

#include <string.h>

/* Arguments of more bytes than this are a document, whose reading may take a while whoever reads
 * it.
 */
enum { READ_AT_ONCE_MAX = 4096 };

/* Descriptors that wait for a client to take them, before it gets no more. */
enum { OUT_FDS_MAX = 64 };

/* A call in the hands of a worker. */
struct call {
	struct job job;
	struct client *client;
	const struct wire_op *op;
	struct frame_header header;
	void *args;
	struct rvirt_fds fds, ret_fds; /* that came with it; that go with its answer */
	struct buf reply;
	struct driver_conn *conn;     /* of CONNECT_OPEN: what it opened, */
	char *uri;                    /* and under which name */
	struct driver_stream *stream; /* that it opened */
	bool failed;                  /* there was no memory for a reply */
};

/* What a state serves, and what it says of the rest. */
static const struct {
	unsigned needed; /* a flag of ops.def; 0: everything is served */
	enum error_code code;
	const char *words;
} serving[] = {
	[CLIENT_ACCEPTED] = {WIRE_OP_PREAUTH, ERR_RPC, "authentication required"},
	[CLIENT_AUTHENTICATED] = {WIRE_OP_PREOPEN, ERR_INTERNAL_ERROR,
							  "hypervisor connection not open"},
	[CLIENT_OPEN] = {0, ERR_OK, NULL},
	[CLIENT_CLOSING] = {WIRE_OP_PREAUTH, ERR_RPC, "connection is closing"},
};

int dispatch_permits(const struct client *c, const struct wire_op *op, const void *args)
{
	unsigned needed = serving[c->state].needed;
	bool readonly = c->traits.readonly || (c->conn && c->conn->readonly);

	if (needed && !(op->flags & needed))
		return error_set(FROM_RPC, serving[c->state].code, "%s", serving[c->state].words);
	return readonly ? readonly_check(op, args) : 0;
}

/* The row of a call that may be made as far as can be said without its arguments. */
static const struct wire_op *look_up(const struct client *c, const struct frame_header *h)
{
	const struct wire_op *op;

	if (!frame_program_known(h)) {
		error_set(FROM_RPC, ERR_RPC, "Cannot find program %u version %u", h->program, h->version);
		return NULL;
	}
	op = frame_op(h);
	if (!op || op->flags & WIRE_OP_EVENT) {
		error_set(FROM_RPC, ERR_RPC, "unknown procedure: %d", h->procedure);
		return NULL;
	}
	if (h->status != FRAME_OK) {
		error_set(FROM_RPC, ERR_RPC, "Unexpected message status %d", h->status);
		return NULL;
	}
	if (dispatch_permits(c, op, NULL) < 0)
		return NULL;
	return op;
}

static int refuse_passing(void)
{
	return error_set(FROM_RPC, ERR_ARGUMENT_UNSUPPORTED,
					 "fd passing is not supported by this connection");
}

/* Appends the answer to a call: ret with ret_fds, or the thread's error and none. -1: not even an
 * error could be said. */
static int put_reply(struct buf *out, const struct frame_header *h, int result,
					 const struct wire_op *op, const void *ret, struct rvirt_fds *ret_fds)
{
	struct frame_header reply = *h;

	reply.type = ret_fds->n ? FRAME_REPLY_WITH_FDS : FRAME_REPLY;
	reply.status = FRAME_OK;
	if (result == 0 && (ret_fds->n ? frame_put_with_fds(out, &reply, ret_fds->n, op->ret, ret)
								   : frame_put(out, &reply, op->ret, ret)) == 0)
		return 0;
	fds_clear(ret_fds);
	log_debug("procedure %d: %s", h->procedure, error_last()->message);
	return frame_put_error(out, h);
}

static void answer_fds(struct client *c, const struct frame_header *h, int result,
					   const struct wire_op *op, const void *ret, struct rvirt_fds *ret_fds)
{
	if (put_reply(client_output(c), h, result, op, ret, ret_fds) < 0 ||
		(ret_fds->n && client_send_fds(c, ret_fds) < 0)) {
		log_error("client ended, its call can't be answered: %s", error_last()->message);
		client_step(c, CLIENT_ENDED);
	}
}

static void answer(struct client *c, const struct frame_header *h, int result,
				   const struct wire_op *op, const void *ret)
{
	answer_fds(c, h, result, op, ret, &(struct rvirt_fds){0});
}

void dispatch_refuse_fds(struct client *c, const struct frame_header *h)
{
	const struct wire_op *op = look_up(c, h);

	if (op && !c->passes_fds)
		refuse_passing();
	else if (op)
		error_set(FROM_RPC, ERR_RPC, "%s announces file descriptors that did not come", op->name);
	answer(c, h, -1, NULL, NULL);
}

/* 0, or -1 with the error set: the call can't have these descriptors, or its answer none. */
static int check_fds(const struct client *c, const struct wire_op *op, const struct rvirt_fds *fds)
{
	if (fds->n && !(op->flags & WIRE_OP_TAKES_FDS))
		return error_set(FROM_RPC, ERR_NO_SUPPORT, "%s with descriptors", op->name);
	if ((op->flags & WIRE_OP_FDS) == WIRE_OP_GIVES_FDS && !c->passes_fds)
		return refuse_passing();
	if (op->flags & WIRE_OP_GIVES_FDS && c->out_fds.n >= OUT_FDS_MAX)
		return error_set(FROM_RPC, ERR_OPERATION_DENIED,
						 "%zu file descriptors wait for this client to take them", c->out_fds.n);
	return 0;
}

/* Reads the arguments into the host's room for them; 0, or -1 with the error set and nothing to
 * clear. */
static int decode_args(const struct client *c, const struct wire_op *op,
					   const unsigned char *payload, size_t n)
{
	void *args = c->host->args;

	if (op->args)
		memset(args, 0, op->args->size);
	if (wire_decode(op->args, payload, n, args) < 0)
		return error_prefix("Unable to decode message payload");
	if (dispatch_permits(c, op, args) < 0) {
		wire_clear(op->args, args);
		return -1;
	}
	return 0;
}

/* n: bytes of arguments. */
static bool may_take_long(const struct client *c, const struct wire_op *op, size_t n)
{
	if (!c->host->workers)
		return false;
	if (op->flags & WIRE_OP_SESSION)
		return session_may_wait(c, op, c->host->args);
	if (c->conn->driver->waits && c->conn->driver->waits(op, c->host->args))
		return true;
	return n > READ_AT_ONCE_MAX || (!(op->flags & WIRE_OP_QUICK) && !c->conn->driver->never_blocks);
}

static void run_here(struct client *c, const struct wire_op *op, const struct frame_header *h,
					 const struct rvirt_fds *fds)
{
	void *args = c->host->args, *ret = c->host->ret;
	CLEANUP_FDS struct rvirt_fds ret_fds = {0};
	struct driver_stream *stream = NULL;
	int r;

	if (op->ret)
		memset(ret, 0, op->ret->size);
	if (op->flags & WIRE_OP_SESSION)
		r = session_call(c, op, args, ret);
	else if (op->flags & WIRE_OP_STREAM)
		r = driver_open_stream(c->conn, op, args, ret, &stream);
	else if (op->flags & WIRE_OP_FDS)
		r = driver_call_fds(c->conn, op, args, ret, fds, &ret_fds);
	else
		r = driver_call(c->conn, op, args, ret);
	answer_fds(c, h, r, op, ret, &ret_fds);
	if (op->flags & WIRE_OP_STREAM)
		streams_opened(c, h, stream);
	if (r == 0)
		wire_clear(op->ret, ret);
	wire_clear(op->args, args);
}

static void call_free(struct call *call)
{
	driver_stream_close(call->stream);
	wire_clear(call->op->args, call->args);
	free(call->args);
	fds_clear(&call->fds);
	fds_clear(&call->ret_fds);
	buf_clear(&call->reply);
	free(call);
}
DEFINE_CLEANUP(call, struct call *, call_free)

static void work_driver(struct job *job)
{
	struct call *call = (struct call *)job;
	const struct wire_shape *shape = call->op->ret;
	CLEANUP_FREE void *ret = calloc(1, shape ? shape->size : 1);
	struct driver_conn *conn = call->client->conn;
	int r = -1;

	if (!ret)
		error_oom();
	else if (call->op->flags & WIRE_OP_STREAM)
		r = driver_open_stream(conn, call->op, call->args, ret, &call->stream);
	else if (call->op->flags & WIRE_OP_FDS)
		r = driver_call_fds(conn, call->op, call->args, ret, &call->fds, &call->ret_fds);
	else
		r = driver_call(conn, call->op, call->args, ret);

	call->failed = put_reply(&call->reply, &call->header, r, call->op, ret, &call->ret_fds) < 0;
	if (r == 0)
		wire_clear(shape, ret);
}

static void work_open(struct job *job)
{
	struct call *call = (struct call *)job;
	int r;

	call->conn = session_open_driver(call->client, call->args, &call->uri);
	r = call->conn ? 0 : -1;
	call->failed = put_reply(&call->reply, &call->header, r, call->op, NULL, &call->ret_fds) < 0;
}

static void call_done(struct job *job)
{
	CLEANUP(cleanup_call) struct call *call = (struct call *)job;
	struct client *c = call->client;

	c->in_flight--;
	if (call->op->flags & WIRE_OP_SESSION)
		c->ordered = false;
	if (call->conn)
		session_opened(c, call->conn, call->uri);
	if (call->failed ||
		buf_add(client_output(c), buf_at(&call->reply), buf_len(&call->reply)) < 0 ||
		(call->ret_fds.n && client_send_fds(c, &call->ret_fds) < 0))
		client_step(c, CLIENT_ENDED);
	if (call->op->flags & WIRE_OP_STREAM)
		streams_opened(c, &call->header, steal(&call->stream));
	c->host->stirred(c);
}

/* Gives the call to a worker, the arguments and descriptors with it. */
static int hand_over(struct client *c, const struct wire_op *op, const struct frame_header *h,
					 struct rvirt_fds *fds)
{
	bool opens = op->flags & WIRE_OP_SESSION;
	size_t size = op->args ? op->args->size : 0;
	CLEANUP(cleanup_call) struct call *call = calloc(1, sizeof *call);

	if (!call) {
		wire_clear(op->args, c->host->args);
		return error_oom();
	}
	*call = (struct call){
		.job = {.work = opens ? work_open : work_driver, .done = call_done},
		.client = c,
		.op = op,
		.header = *h,
	};
	call->args = malloc(size + 1);
	if (!call->args) {
		wire_clear(op->args, c->host->args);
		return error_oom();
	}
	memcpy(call->args, c->host->args, size);
	fds_take(fds, fds->n, &call->fds);
	if (workers_give(c->host->workers, &call->job) < 0)
		return -1;
	c->in_flight++;
	c->ordered = opens;
	steal(&call);
	return 0;
}

void dispatch_call(struct client *c, const struct frame_header *h, const unsigned char *payload,
				   size_t n, struct rvirt_fds *fds)
{
	const struct wire_op *op = look_up(c, h);
	struct rvirt_fds none = {0};

	log_debug("call of procedure %d, serial %u", h->procedure, h->serial);
	if (!fds)
		fds = &none;
	if (!op || check_fds(c, op, fds) < 0 || decode_args(c, op, payload, n) < 0) {
		answer(c, h, -1, op, NULL);
	} else if (op->flags & WIRE_OP_STREAM && streams_admit(c, h) < 0) {
		wire_clear(op->args, c->host->args);
		answer(c, h, -1, op, NULL);
	} else if (!may_take_long(c, op, n)) {
		run_here(c, op, h, fds);
	} else if (hand_over(c, op, h, fds) < 0) {
		answer(c, h, -1, op, NULL);
		if (op->flags & WIRE_OP_STREAM)
			streams_opened(c, h, NULL);
	}
}

/* The end of a driver's connection, in the hands of a worker. */
struct closing {
	struct job job;
	struct client *client;
};

static void work_close(struct job *job)
{
	struct client *c = ((struct closing *)job)->client;

	streams_clear(c);
	driver_close(steal(&c->conn));
}

static void closing_done(struct job *job)
{
	struct client *c = ((struct closing *)job)->client;

	free(job);
	c->in_flight--;
	c->host->stirred(c);
}

bool dispatch_close(struct client *c)
{
	CLEANUP_FREE struct closing *closing = NULL;

	if (!c->conn || !c->host->workers || c->conn->driver->never_blocks)
		return false;
	closing = calloc(1, sizeof *closing);
	if (!closing)
		return false;
	streams_unwatch(c);
	*closing = (struct closing){.job = {.work = work_close, .done = closing_done}, .client = c};
	if (workers_give(c->host->workers, &closing->job) < 0)
		return false;
	c->in_flight++;
	steal(&closing);
	return true;
}
