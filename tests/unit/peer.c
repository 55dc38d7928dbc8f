/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The scripted daemon of the tests.
 */
#include "config.h"
#include "peer.h"

#include "base/fd.h"
#include "protocol/shapes.h"

#include <endian.h>
#include <rvirt/protocol.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "the test's peer: %s\n", what);
	abort();
}

static void *run(void *opaque)
{
	struct peer *p = opaque;

	p->script(p->fd);
	close(p->fd);
	return NULL;
}

void peer_start(struct peer *p, peer_script script, const struct remote_options *options)
{
	static const struct remote_options none = {.call_timeout_ms = -1, .ping_interval_ms = -1};
	struct channel *ch;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "no socketpair");
	ch = channel_from_socket(fds[0], "the test's peer");
	must(ch != NULL, "no channel");
	p->remote = remote_new(ch, options ? options : &none);
	must(p->remote != NULL, "no connection");
	p->script = script;
	p->fd = fds[1];
	must(pthread_create(&p->thread, NULL, run, p) == 0, "no thread");
}

void peer_end(struct peer *p)
{
	remote_free(p->remote);
	pthread_join(p->thread, NULL);
}

struct rvirt_call *peer_send(struct peer *p, int procedure, const void *args)
{
	struct rvirt_call *call = call_new(wire_op_by_number(procedure));

	if (remote_send(p->remote, call, args) == 0)
		return call;
	call_free(call);
	return NULL;
}

int peer_wait(struct peer *p, struct rvirt_call *call, void *ret)
{
	int result;

	remote_wait(p->remote, call);
	result = call_finish(call, ret);
	call_free(call);
	return result;
}

int peer_call(struct peer *p, int procedure, void *ret)
{
	struct rvirt_call *call = peer_send(p, procedure, NULL);

	return call ? peer_wait(p, call, ret) : -1;
}

/* -- for scripts -- */

/* Exactly n bytes; false at the end of file before the first. */
static bool read_all(int fd, unsigned char *data, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(fd, data + got, n - got);

		if (r <= 0 && got == 0)
			return false;
		must(r > 0, "the client's message ends early");
		got += (size_t)r;
	}
	return true;
}

bool peer_read(int fd, struct frame_header *ret)
{
	unsigned char *data = malloc(FRAME_LEN_MAX);
	const unsigned char *payload;
	size_t n, length;
	uint32_t announced;

	if (!read_all(fd, data, 4)) {
		free(data);
		return false;
	}
	memcpy(&announced, data, 4);
	announced = be32toh(announced);
	must(announced >= FRAME_HEADER_LEN && announced <= FRAME_LEN_MAX,
		 "the client's message has no length");
	must(read_all(fd, data + 4, announced - 4), "the client's message is only a length");
	must(frame_next(data, announced, ret, &payload, &n, &length) == 1,
		 "the client's message is none");
	free(data);
	return true;
}

struct frame_header peer_expect(int fd, int procedure)
{
	struct frame_header h;

	must(peer_read(fd, &h), "the client has gone");
	must(h.procedure == procedure, "the client calls another procedure");
	return h;
}

/* The client may be gone by now. */
void peer_write(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t w = send(fd, at, n, MSG_NOSIGNAL);

		if (w < 0)
			return;
		at += w;
		n -= (size_t)w;
	}
}

void peer_put(int fd, const struct frame_header *h, const struct wire_shape *s, const void *value)
{
	CLEANUP_BUF struct buf out = {0};

	must(frame_put(&out, h, s, value) == 0, "the answer can't be encoded");
	peer_write(fd, buf_at(&out), buf_len(&out));
}

void peer_reply(int fd, const struct frame_header *call, const struct wire_shape *s,
				const void *value)
{
	struct frame_header h = *call;

	h.type = FRAME_REPLY;
	peer_put(fd, &h, s, value);
}

void peer_reply_serial(int fd, const struct frame_header *call)
{
	const struct rvirt_wire_hv_ver_ret ret = {.hv_ver = call->serial};

	peer_reply(fd, call, &wire_shape_hv_ver_ret, &ret);
}

void peer_reply_error(int fd, const struct frame_header *call, int code, const char *message)
{
	const struct rvirt_wire_remote_error e = {
		.code = code, .domain = 10, .level = 2, .message = (char *)(uintptr_t)message};
	struct frame_header h = *call;

	h.type = FRAME_REPLY;
	h.status = FRAME_ERROR;
	peer_put(fd, &h, &wire_shape_remote_error, &e);
}

void peer_serve(int fd)
{
	struct frame_header h;

	while (peer_read(fd, &h))
		peer_reply_serial(fd, &h);
}
