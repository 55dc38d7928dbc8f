/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way out: messages gather in one buffer and leave together. What a call is for is not known
 * here.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"

/* Those who sleep see for themselves what is left to write. */
static void rouse_all(struct remote *r)
{
	while (r->asleep)
		remote_rouse(r, r->asleep, CALL_OUT);
}

/* What the next write takes: the rest of what was begun, else all that has gathered. */
static struct buf *take_unsent(struct remote *r)
{
	struct buf empty = r->sending;

	if (buf_len(&r->sending) == 0) {
		r->sending = r->out;
		r->out = empty;
	}
	return &r->sending;
}

void remote_write(struct remote *r)
{
	if (r->writing)
		return;
	r->writing = true;
	while (!r->broken && r->written < r->queued) {
		struct buf *unsent = take_unsent(r);
		struct iovec piece = {.iov_base = buf_at(unsent), .iov_len = buf_len(unsent)};
		int fd = fds_queue_next(&r->out_fds, r->written, &piece.iov_len);
		ssize_t n;

		remote_unlock(r);
		n = fd < 0 ? channel_write(r->ch, &piece, 1)
				   : r->ch->ops->write_fd(r->ch, *buf_at(unsent), fd);
		remote_lock(r);
		if (n == CHANNEL_AGAIN) {
			rouse_all(r);
			break;
		}
		if (n == CHANNEL_FAILED) {
			remote_break(r);
			break;
		}
		r->written += (uint64_t)n;
		buf_consume(unsent, (size_t)n);
		fds_queue_sent(&r->out_fds, r->written);
	}
	r->writing = false;
}

void remote_send_empty(struct remote *r, const struct frame_header *h)
{
	size_t before = buf_len(&r->out);

	if (r->broken || frame_put_bytes(&r->out, h, NULL, 0) < 0)
		return;
	r->queued += buf_len(&r->out) - before;
	remote_write(r);
}

/* Writes what it can of the pieces, as the writer. The count, or -1 if the connection is broken. */
static ssize_t write_pieces(struct remote *r, const struct iovec pieces[2])
{
	ssize_t n;

	r->writing = true;
	remote_unlock(r);
	n = channel_write(r->ch, pieces, 2);
	remote_lock(r);
	r->writing = false;
	if (n == CHANNEL_FAILED)
		remote_break(r);
	return n == CHANNEL_AGAIN ? 0 : n;
}

int remote_send_payload(struct remote *r, const struct frame_header *h, const void *payload,
						size_t n)
{
	unsigned char head[FRAME_HEADER_LEN];
	struct iovec pieces[2] = {{.iov_base = head, .iov_len = sizeof head},
							  {.iov_base = (void *)(uintptr_t)payload, .iov_len = n}};
	ssize_t written;

	frame_put_head(head, h, n);
	remote_push_all(r);
	if (r->broken)
		return remote_broken_error(r);
	r->queued += sizeof head + n;
	written = write_pieces(r, pieces);
	if (written < 0)
		return remote_broken_error(r);
	r->written += (uint64_t)written;
	/* nothing was in r->sending: all had been written */
	for (int i = 0; i < 2; i++) {
		size_t some = (size_t)written < pieces[i].iov_len ? (size_t)written : pieces[i].iov_len;

		written -= (ssize_t)some;
		if (buf_add(&r->sending, (char *)pieces[i].iov_base + some, pieces[i].iov_len - some) < 0) {
			remote_break(r);
			return remote_broken_error(r);
		}
	}
	return 0;
}

/* With the lock held: puts the call's message with its descriptors into out. */
static int put_with_fds(struct remote *r, struct frame_header *h, const struct rvirt_call *call,
						const void *args)
{
	size_t before = buf_len(&r->out);

	if (!r->ch->ops->write_fd) {
		error_set(FROM_RPC, ERR_ARGUMENT_UNSUPPORTED,
				  "fd passing is not supported by this connection");
		return error_suffix("%s", r->ch->how);
	}
	h->type = FRAME_CALL_WITH_FDS;
	if (frame_put_with_fds(&r->out, h, call->fds->n, call->op->args, args) < 0)
		return -1;
	if (fds_queue_add(&r->out_fds, call->fds,
					  r->queued + buf_len(&r->out) - before - call->fds->n) == 0)
		return 0;
	r->out.end = r->out.start + before;
	return -1;
}

int remote_queue_call(struct remote *r, struct rvirt_call *call, const void *args)
{
	struct frame_header h = {.type = FRAME_CALL};
	size_t before = buf_len(&r->out);

	if (r->broken)
		return remote_broken_error(r);
	while (remote_find_call(r, r->next_serial) || remote_has_stream(r, r->next_serial))
		r->next_serial++;
	frame_address(&h, call->op);
	h.serial = r->next_serial;
	if ((call->fds && call->fds->n ? put_with_fds(r, &h, call, args)
								   : frame_put(&r->out, &h, call->op->args, args)) < 0)
		return error_prefix("%s", call->op->name);
	r->next_serial++;
	r->queued += buf_len(&r->out) - before;
	call->remote = r;
	call->serial = h.serial;
	call->end = r->queued;
	if (call->deadline_ms < 0 && r->options.call_timeout_ms >= 0)
		call->deadline_ms = now_ms() + r->options.call_timeout_ms;
	remote_list_call(r, call);
	return 0;
}

int remote_flush(struct remote *r)
{
	int result;

	remote_lock(r);
	remote_write(r);
	result = r->broken ? remote_broken_error(r) : 0;
	remote_unlock(r);
	return result;
}
