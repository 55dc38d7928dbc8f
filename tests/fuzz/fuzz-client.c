/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client whose daemon sends anything: calls of many shapes are out, and whatever comes is their
 * answer. The first byte says in pieces of which size.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rvirt/protocol.h>

#include "lib/remote-stream.h"
#include "lib/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A channel that gives bytes from memory and takes any. */
struct tape {
	struct channel head;
	const uint8_t *at;
	size_t left, piece;
};

static ssize_t tape_read(struct channel *ch, void *data, size_t n)
{
	struct tape *t = (struct tape *)ch;

	if (n > t->piece)
		n = t->piece;
	if (n > t->left)
		n = t->left;
	if (n)
		memcpy(data, t->at, n);
	t->at += n;
	t->left -= n;
	return (ssize_t)n;
}

static ssize_t tape_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	size_t n = 0;

	(void)ch;
	for (int i = 0; i < n_pieces; i++)
		n += pieces[i].iov_len;
	return (ssize_t)n;
}

static int tape_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	(void)ch, (void)want_read, (void)want_write, (void)ret;
	return 0;
}

static void tape_close(struct channel *ch)
{
	(void)ch;
}

static const struct channel_ops tape_ops = {
	.read = tape_read, .write = tape_write, .poll = tape_poll, .close = tape_close};

static void hear(int procedure, const void *msg, void *opaque)
{
	(void)procedure, (void)msg, (void)opaque;
}

/* Their serials are their places. None takes arguments that matter. */
static const int procedures[] = {
	RVIRT_PROC_CONNECT_GET_VERSION,
	RVIRT_PROC_CONNECT_LIST_ALL_DOMAINS,
	RVIRT_PROC_CONNECT_GET_ALL_DOMAIN_STATS,
	RVIRT_PROC_NODE_GET_SECURITY_MODEL,
	RVIRT_PROC_AUTH_LIST,
};
enum { N_CALLS = sizeof procedures / sizeof procedures[0] };

/* Two streams are opened after them, one to receive from and one to send to. */
static const int stream_procedures[] = {RVIRT_PROC_STORAGE_VOL_DOWNLOAD,
										RVIRT_PROC_STORAGE_VOL_UPLOAD};

static struct remote_stream *open_stream(struct remote *r, int procedure)
{
	char text[] = "";
	const struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct rvirt_call *call = call_new(wire_op_by_number(procedure));
	struct remote_stream *s = remote_stream_new(call);

	if (remote_call(r, call, &args) < 0 || call_finish(call, NULL) < 0) {
		remote_stream_free(s);
		s = NULL;
	}
	call_free(call);
	return s;
}

static void receive(struct remote_stream *s)
{
	char data[1000];
	int64_t hole = 0;
	ssize_t n;

	do {
		n = remote_stream_recv(s, data, sizeof data, &hole, true);
		if (hole < 0 || n > (ssize_t)sizeof data)
			abort();
	} while (n > 0 || hole > 0);
}

static void use_streams(struct remote *r)
{
	struct remote_stream *down = open_stream(r, stream_procedures[0]);
	struct remote_stream *up = open_stream(r, stream_procedures[1]);

	if (up)
		remote_stream_send(up, "data", 4);
	if (down)
		receive(down);
	if (up)
		remote_stream_end(up, false);
	remote_stream_free(up);
	remote_stream_free(down);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct remote_options options = {.call_timeout_ms = -1, .ping_interval_ms = -1};
	static const uint64_t no_arguments[32];
	struct tape tape = {.head = {.ops = &tape_ops, .how = (char[]){"a tape"}},
						.at = data,
						.left = size,
						.piece = 1};
	struct rvirt_call *calls[N_CALLS];
	struct remote *r = remote_new(&tape.head, &options);

	if (size > 0) {
		tape.piece = data[0] ? data[0] : 1 << 20;
		tape.at++;
		tape.left--;
	}
	remote_set_event_handler(r, hear, NULL);
	for (int i = 0; i < N_CALLS; i++) {
		calls[i] = call_new(wire_op_by_number(procedures[i]));
		if (remote_send(r, calls[i], no_arguments) < 0)
			abort();
	}
	for (int i = 0; i < N_CALLS; i++) {
		remote_wait(r, calls[i]);
		call_free(calls[i]);
	}
	use_streams(r);
	error_reset();
	remote_free(r);
	return 0;
}
