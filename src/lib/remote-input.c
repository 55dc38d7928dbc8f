/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes from the daemon: answers find their calls, pings are answered, events are kept for
 * their handler. Takes bytes that somebody else has read.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/log.h"
#include "protocol/shapes.h"

#include <rvirt/protocol.h>
#include <string.h>

/* More events than this that nobody takes are dropped. */
enum { EVENTS_MAX = 4096 };

/* A message, as frame_next() gives it. */
struct message {
	struct frame_header h;
	const unsigned char *payload;
	size_t n;
	struct rvirt_fds *fds; /* that came with it; NULL: it is not of a kind that has any */
	bool lacks_fds;        /* it announces others than came */
};

static int out_of_order(struct remote *r, const struct message *m, const char *what)
{
	return error_set(
		FROM_RPC, ERR_RPC, "%s from %s: program 0x%x, version %u, procedure %d, type %d, serial %u",
		what, r->ch->how, m->h.program, m->h.version, m->h.procedure, m->h.type, m->h.serial);
}

/* What came is no message; the error says what it looks like. */
static int no_protocol(struct remote *r)
{
	error_suffix("%s", r->ch->how);
	if (r->heard)
		return -1;
	if (!strcmp(r->stage, "socket"))
		return error_suffix("another service answers there: check the port or the socket");
	r->stage = "gateway";
	return error_suffix("something writes before the daemon does: let the login's shell there "
						"print nothing (.bashrc, .profile), and check what is run as the gateway");
}

int remote_decode_error(struct remote *r, const struct wire_op *op, const unsigned char *payload,
						size_t n)
{
	struct rvirt_wire_remote_error e = {0};

	if (wire_decode(&wire_shape_remote_error, payload, n, &e) < 0)
		return error_prefix("the error that %s gave to %s", r->ch->how, op->name);
	frame_error_to_thread(&e);
	wire_clear(&wire_shape_remote_error, &e);
	return -1;
}

static int decode_answer(struct remote *r, struct rvirt_call *call, const struct message *m)
{
	if (m->h.status == FRAME_ERROR)
		return remote_decode_error(r, call->op, m->payload, m->n);
	if (m->fds && !(call->op->flags & WIRE_OP_GIVES_FDS))
		return error_set(FROM_RPC, ERR_OPERATION_UNSUPPORTED,
						 "%s: the answer of %s is a descriptor, which is not taken", call->op->name,
						 r->ch->how);
	if (m->lacks_fds)
		return error_set(FROM_RPC, ERR_RPC,
						 "%s: the answer of %s announces descriptors that did not come",
						 call->op->name, r->ch->how);
	if (m->fds)
		fds_take(m->fds, m->fds->n, &call->ret_fds);
	if (wire_decode(call->op->ret, m->payload, m->n, call->value) < 0)
		return error_prefix("the answer of %s to %s", r->ch->how, call->op->name);
	return 0;
}

/* Nobody waits for the stream any more that a call has opened: it ends at once. */
static void abort_stream(struct remote *r, const struct message *m)
{
	struct frame_header h = m->h;

	h.type = FRAME_STREAM;
	h.status = FRAME_ERROR;
	remote_lock(r);
	remote_send_empty(r, &h);
	remote_unlock(r);
}

/* An answer that nobody waits for. */
static void drop_reply(struct remote *r, const struct message *m)
{
	const struct wire_op *op = frame_op(&m->h);
	bool opened;

	log_debug("late or unasked answer from %s to %d, serial %u", r->ch->how, m->h.procedure,
			  m->h.serial);
	if (!op || !(op->flags & WIRE_OP_STREAM) || m->h.status != FRAME_OK)
		return;
	remote_lock(r);
	opened = remote_has_stream(r, m->h.serial);
	remote_unlock(r);
	if (!opened)
		abort_stream(r, m);
}

static int take_reply(struct remote *r, const struct message *m)
{
	struct rvirt_call *call;
	const struct wire_op *op = NULL;
	bool fits = false;

	remote_lock(r);
	call = remote_find_call(r, m->h.serial);
	if (call) {
		op = call->op;
		fits = frame_op(&m->h) == op;
		if (fits && m->h.status != FRAME_CONTINUE)
			remote_unlist_call(r, call);
		/* first: its packets may follow at once */
		if (fits && m->h.status == FRAME_OK && call->stream)
			remote_stream_opened(r, call);
		else if (call->stream)
			remote_stream_refused(call);
	}
	remote_unlock(r);
	if (!call) {
		drop_reply(r, m);
		return 0;
	}
	if (!fits || m->h.status == FRAME_CONTINUE)
		return out_of_order(r, m, "answer to another call than was made");
	/* first: the call is its owner's once it is complete */
	if (m->h.status == FRAME_OK && op->flags & WIRE_OP_STREAM && !call->stream)
		abort_stream(r, m);
	if (call == r->ping_question)
		remote_take_ping_answer(r, decode_answer(r, call, m));
	else
		call_complete(call, decode_answer(r, call, m));
	return 0;
}

static void take_event(struct remote *r, const struct message *m)
{
	const struct wire_op *op = frame_op(&m->h);
	struct event *e;
	bool wanted;

	remote_lock(r);
	wanted = r->events.fn && r->events.n < EVENTS_MAX;
	remote_unlock(r);
	if (!wanted || !op || !(op->flags & WIRE_OP_EVENT)) {
		log_debug("message %d from %s is dropped", m->h.procedure, r->ch->how);
		return;
	}
	e = calloc(1, sizeof *e + (op->args ? op->args->size : 0));
	if (!e)
		return;
	e->op = op;
	if (wire_decode(op->args, m->payload, m->n, e->msg) < 0) {
		log_warning("%s from %s is dropped: %s", op->name, r->ch->how, error_last()->message);
		error_reset();
		free(e);
		return;
	}
	remote_lock(r);
	*r->events.last = e;
	r->events.last = &e->next;
	r->events.n++;
	remote_unlock(r);
}

void remote_deliver_events(struct remote *r)
{
	for (;;) {
		struct event *e;
		remote_event_fn fn;
		void *opaque;

		remote_lock(r);
		e = r->events.first;
		if (e) {
			r->events.first = e->next;
			if (!e->next)
				r->events.last = &r->events.first;
			r->events.n--;
		}
		fn = r->events.fn;
		opaque = r->events.opaque;
		remote_unlock(r);
		if (!e)
			return;
		if (fn)
			fn(e->op->number, e->msg, opaque);
		wire_clear(e->op->args, e->msg);
		free(e);
	}
}

void remote_set_event_handler(struct remote *r, remote_event_fn fn, void *opaque)
{
	remote_lock(r);
	r->events.fn = fn;
	r->events.opaque = opaque;
	remote_unlock(r);
}

static int take_with_fds(struct remote *r, struct message *m)
{
	CLEANUP_FDS struct rvirt_fds fds = {0};
	unsigned n = 0;

	if (frame_count_fds(m->payload, m->n, &n) < 0)
		return error_suffix("%s", r->ch->how);
	m->lacks_fds = !fds_take(&r->in_fds, n, &fds);
	m->payload += FRAME_FDS_LEN;
	m->n -= FRAME_FDS_LEN;
	m->fds = &fds;
	return take_reply(r, m);
}

static bool is_stream(const struct frame_header *h)
{
	return h->type == FRAME_STREAM || h->type == FRAME_STREAM_HOLE;
}

static int take_message(struct remote *r, struct message *m)
{
	r->heard = true;
	if (m->h.program == FRAME_PROGRAM_KEEPALIVE)
		return remote_take_keepalive(r, &m->h);
	if (!frame_program_known(&m->h) || (is_stream(&m->h) && m->h.program != FRAME_PROGRAM_REMOTE))
		return out_of_order(r, m, "message of another program");
	switch (m->h.type) {
	case FRAME_REPLY_WITH_FDS:
		return take_with_fds(r, m);
	case FRAME_REPLY:
		return take_reply(r, m);
	case FRAME_MESSAGE:
		take_event(r, m);
		return 0;
	case FRAME_STREAM:
	case FRAME_STREAM_HOLE:
		r->large = true;
		remote_take_stream(r, &m->h, m->payload, m->n, &r->in);
		return 0;
	default:
		return out_of_order(r, m, "message of an unexpected type");
	}
}

int remote_input(struct remote *r)
{
	for (;;) {
		struct message m = {0};
		unsigned n_fds = 0;
		size_t length;
		int got;

		if (buf_len(&r->in) == 0) {
			fds_clear(&r->in_fds); /* of no message */
			return 0;
		}
		got = frame_next(buf_at(&r->in), buf_len(&r->in), &m.h, &m.payload, &m.n, &length);
		if (got < 0)
			return no_protocol(r);
		if (got == 0)
			return 0;
		if (m.h.type == FRAME_REPLY_WITH_FDS && frame_count_fds(m.payload, m.n, &n_fds) < 0)
			return error_suffix("%s", r->ch->how);
		length += n_fds;
		if (buf_len(&r->in) < length)
			return 0;
		r->large = false;
		if (take_message(r, &m) < 0)
			return -1;
		if (r->in.data) /* else a stream has taken it */
			buf_consume(&r->in, length);
	}
}
