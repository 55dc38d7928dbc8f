/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages between a keeper and its clients. Both are the same user's, and yet every length is
 * checked.
 */
#include "config.h"
#include "transport/keep.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct head {
	uint32_t type, len;
};

/* The head of an error. */
struct error_head {
	int32_t code, domain;
};

int keep_send(struct channel *ch, enum keep_type type, const void *data, size_t n,
			  long long deadline_ms)
{
	struct head head = {.type = (uint32_t)type, .len = (uint32_t)n};
	struct iovec pieces[2] = {{.iov_base = &head, .iov_len = sizeof head},
							  {.iov_base = (void *)(uintptr_t)data, .iov_len = n}};
	size_t left = sizeof head + n;

	while (left > 0) {
		ssize_t r = channel_write(ch, pieces, 2);

		if (r == CHANNEL_AGAIN && channel_wait(ch, false, true, deadline_ms) == 0)
			continue;
		if (r < 0)
			return -1;
		left -= (size_t)r;
		for (int i = 0; i < 2; i++) {
			size_t part = (size_t)r < pieces[i].iov_len ? (size_t)r : pieces[i].iov_len;

			pieces[i].iov_base = (char *)pieces[i].iov_base + part;
			pieces[i].iov_len -= part;
			r -= (ssize_t)part;
		}
	}
	return 0;
}

static int read_whole(struct channel *ch, void *data, size_t n, long long deadline_ms)
{
	for (size_t have = 0; have < n;) {
		ssize_t r = channel_read(ch, (char *)data + have, n - have);

		if (r == CHANNEL_AGAIN && channel_wait(ch, true, false, deadline_ms) == 0)
			continue;
		if (r == 0)
			return error_set(FROM_RPC, ERR_RPC, "the connection ended, %s", ch->how);
		if (r < 0)
			return -1;
		have += (size_t)r;
	}
	return 0;
}

int keep_receive(struct channel *ch, enum keep_type *ret_type, struct buf *ret_data,
				 long long deadline_ms)
{
	struct head head;
	unsigned char *at;

	buf_clear(ret_data);
	if (read_whole(ch, &head, sizeof head, deadline_ms) < 0)
		return -1;
	if (head.len > KEEP_MAX)
		return error_set(FROM_RPC, ERR_RPC, "a message of %u bytes, %s", head.len, ch->how);
	at = buf_reserve(ret_data, head.len + 1);
	if (!at || read_whole(ch, at, head.len, deadline_ms) < 0)
		return -1;
	at[head.len] = 0;
	buf_grow(ret_data, head.len);
	*ret_type = (enum keep_type)head.type;
	return 0;
}

int keep_send_error(struct channel *ch, enum keep_type type, long long deadline_ms)
{
	const struct error *e = error_last();
	struct error_head head = {.code = e->code, .domain = e->domain};
	CLEANUP_BUF struct buf data = {0};
	const char *message = e->message ? e->message : "";

	if (buf_add(&data, &head, sizeof head) < 0 ||
		buf_add(&data, message, strnlen(message, KEEP_MAX / 2)) < 0)
		return -1;
	return keep_send(ch, type, buf_at(&data), buf_len(&data), deadline_ms);
}

int keep_set_error(const struct buf *data)
{
	struct error_head head;
	struct error e = {.level = 2};

	if (buf_len(data) < sizeof head)
		return error_set(FROM_RPC, ERR_RPC, "an error without its number");
	memcpy(&head, buf_at(data), sizeof head);
	e.code = head.code;
	e.domain = head.domain;
	e.message = strndup((const char *)buf_at(data) + sizeof head, buf_len(data) - sizeof head);
	if (!e.message)
		return error_oom();
	error_give(&e);
	return -1;
}

static int ask_one(struct channel *ch, struct ask_question *q)
{
	CLEANUP_BUF struct buf data = {0};
	unsigned char kind = (unsigned char)q->kind;
	enum keep_type type;
	int r = -1;

	if (buf_add(&data, &kind, 1) < 0 || buf_add(&data, q->prompt, strnlen(q->prompt, 8192)) < 0 ||
		keep_send(ch, KEEP_QUESTION, buf_at(&data), buf_len(&data), -1) < 0 ||
		keep_receive(ch, &type, &data, -1) < 0)
		return -1;
	if (type == KEEP_ANSWER)
		q->answer = strndup((char *)buf_at(&data), buf_len(&data));
	if (type == KEEP_ANSWER)
		r = q->answer ? 0 : error_oom();
	else if (type == KEEP_SILENCE)
		keep_set_error(&data);
	else
		error_set(FROM_RPC, ERR_RPC, "a message that is no answer, %s", ch->how);
	if (buf_len(&data))
		explicit_bzero(buf_at(&data), buf_len(&data));
	return r;
}

int keep_ask(struct ask_question *questions, size_t n, void *opaque)
{
	for (size_t i = 0; i < n; i++)
		if (ask_one(opaque, &questions[i]) < 0)
			return -1;
	return 0;
}

int keep_answer(struct channel *ch, const struct buf *data, struct asker *asker,
				long long deadline_ms)
{
	struct ask_question q = {.prompt = (const char *)buf_at(data) + 1};
	int r;

	if (buf_len(data) < 1 || *buf_at(data) > ASK_CONFIRM)
		return error_set(FROM_RPC, ERR_RPC, "a question of no known kind, %s", ch->how);
	q.kind = (enum ask_kind) * buf_at(data);
	if (asker_ask(asker, &q, 1) < 0) {
		r = keep_send_error(ch, KEEP_SILENCE, deadline_ms);
		error_reset();
		return r;
	}
	r = keep_send(ch, KEEP_ANSWER, q.answer, strnlen(q.answer, KEEP_MAX), deadline_ms);
	ask_wipe(q.answer);
	return r;
}

/* Room for one descriptor beside one byte. */
union rights {
	struct cmsghdr head;
	char data[CMSG_SPACE(sizeof(int))];
};

int keep_pass(int fd, int passed)
{
	union rights rights = {0};
	char byte = 0;
	struct iovec piece = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &piece,
						 .msg_iovlen = 1,
						 .msg_control = &rights,
						 .msg_controllen = sizeof rights};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof passed);
	memcpy(CMSG_DATA(c), &passed, sizeof passed);
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) != 1)
		return error_errno(FROM_RPC, errno, "cannot hand over a socket");
	return 0;
}

int keep_take(int fd, int *ret_passed)
{
	union rights rights = {0};
	char byte;
	struct iovec piece = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &piece,
						 .msg_iovlen = 1,
						 .msg_control = &rights,
						 .msg_controllen = sizeof rights};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		c->cmsg_len != CMSG_LEN(sizeof *ret_passed))
		return error_set(FROM_RPC, ERR_RPC, "no socket was handed over");
	memcpy(ret_passed, CMSG_DATA(c), sizeof *ret_passed);
	return 0;
}
