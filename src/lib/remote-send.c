/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way out: messages gather in one buffer and leave together. What a call is for is not known
 * here.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
		ssize_t n;

		remote_unlock(r);
		n = channel_write(r->ch, &piece, 1);
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

/* As the writer, with the lock held, which is released meanwhile: writes what the channel takes of
 * a message's head and payload, or of a file from *offset. The count, or -1 if the connection is
 * broken. */
static ssize_t write_now(struct remote *r, const struct iovec pieces[2], int fd, off_t *offset)
{
	ssize_t n;

	r->writing = true;
	remote_unlock(r);
	n = channel_write(r->ch, pieces, fd < 0 ? 2 : 1);
	if (fd >= 0 && n == (ssize_t)pieces[0].iov_len) {
		ssize_t more = r->ch->ops->send_file(r->ch, fd, offset, pieces[1].iov_len);

		n = more == CHANNEL_FAILED ? more : more > 0 ? n + more : n;
	}
	remote_lock(r);
	r->writing = false;
	if (n == CHANNEL_FAILED)
		remote_break(r);
	return n == CHANNEL_AGAIN ? 0 : n;
}

/* Appends bytes of a file; what is not there is zero. */
static int add_from_file(struct buf *out, int fd, off_t offset, size_t n)
{
	unsigned char *at = buf_reserve(out, n);
	size_t got = 0;

	if (!at)
		return -1;
	while (got < n) {
		ssize_t r = pread(fd, at + got, n - got, offset + (off_t)got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	memset(at + got, 0, n - got);
	buf_grow(out, n);
	return 0;
}

/* Keeps what the channel did not take for the next write: nothing else is in r->sending. */
static int keep_rest(struct remote *r, const struct iovec pieces[2], size_t written, int fd,
					 off_t offset)
{
	size_t head = written < pieces[0].iov_len ? written : pieces[0].iov_len;
	size_t body = written - head, rest = pieces[1].iov_len - body;

	if (buf_add(&r->sending, (char *)pieces[0].iov_base + head, pieces[0].iov_len - head) < 0)
		return -1;
	return fd < 0 ? buf_add(&r->sending, (char *)pieces[1].iov_base + body, rest)
				  : add_from_file(&r->sending, fd, offset, rest);
}

static int send_large(struct remote *r, const struct frame_header *h, const void *payload, int fd,
					  off_t offset, size_t n)
{
	unsigned char head[FRAME_HEADER_LEN];
	const struct iovec pieces[2] = {{.iov_base = head, .iov_len = sizeof head},
									{.iov_base = (void *)(uintptr_t)payload, .iov_len = n}};
	ssize_t written;

	frame_put_head(head, h, n);
	remote_push_all(r);
	if (r->broken)
		return remote_broken_error(r);
	r->queued += sizeof head + n;
	written = write_now(r, pieces, fd, &offset);
	if (written < 0)
		return remote_broken_error(r);
	r->written += (uint64_t)written;
	if (keep_rest(r, pieces, (size_t)written, fd, offset) == 0)
		return 0;
	remote_break(r);
	return remote_broken_error(r);
}

int remote_send_payload(struct remote *r, const struct frame_header *h, const void *payload,
						size_t n)
{
	return send_large(r, h, payload, -1, 0, n);
}

int remote_send_file(struct remote *r, const struct frame_header *h, int fd, off_t offset, size_t n)
{
	return send_large(r, h, NULL, fd, offset, n);
}

int remote_queue_call(struct remote *r, struct rvirt_call *call, const void *args)
{
	struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
							 .version = FRAME_VERSION,
							 .procedure = call->op->number,
							 .type = FRAME_CALL};
	size_t before = buf_len(&r->out);

	if (r->broken)
		return remote_broken_error(r);
	while (remote_find_call(r, r->next_serial) || remote_has_stream(r, r->next_serial))
		r->next_serial++;
	h.serial = r->next_serial;
	if (frame_put(&r->out, &h, call->op->args, args) < 0)
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
