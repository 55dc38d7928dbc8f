/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes the calls that stand on its input, one a line, and prints what each answers, so that two
 * who should answer alike can be compared: driver-calls URI           calls the driver in this
 * process driver-calls URI SOCKET    calls a daemon A line is "PROCEDURE JSON"; with ~ in front
 * only that it is answered is told, for what never is the same twice. Lines with # in front are
 * passed over.
 */
#include "config.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/driver.h"
#include "protocol/frame.h"
#include "protocol/ops.h"
#include "protocol/shapes.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct peer {
	struct driver_conn *conn; /* or */
	int fd;
	uint32_t serial;
};

static int peer_connect(struct peer *peer, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	strncpy(addr.sun_path, path, sizeof addr.sun_path - 1);
	peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer->fd < 0 || connect(peer->fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		return error_set(FROM_NONE, ERR_SYSTEM_ERROR, "%s: %m", path);
	return 0;
}

static int send_all(int fd, struct buf *out)
{
	while (buf_len(out)) {
		ssize_t n = write(fd, buf_at(out), buf_len(out));

		if (n <= 0)
			return error_set(FROM_NONE, ERR_SYSTEM_ERROR, "write: %m");
		buf_consume(out, (size_t)n);
	}
	return 0;
}

/* Reads one message into in; its payload stays there. */
static int receive(int fd, struct buf *in, struct frame_header *h, const unsigned char **payload,
				   size_t *n)
{
	size_t want;
	int rc;

	while ((rc = frame_next(buf_at(in), buf_len(in), h, payload, n, &want)) == 0) {
		unsigned char *at = buf_reserve(in, want - buf_len(in));
		ssize_t got = at ? read(fd, at, want - buf_len(in)) : -1;

		if (got <= 0)
			return error_set(FROM_NONE, ERR_SYSTEM_ERROR, "the daemon closed the connection");
		buf_grow(in, (size_t)got);
	}
	return rc < 0 ? -1 : 0;
}

/* Reads the reply to a call; events in between are passed over. */
static int receive_reply(int fd, struct buf *in, uint32_t serial, struct frame_header *h,
						 const unsigned char **payload, size_t *n)
{
	for (;;) {
		if (receive(fd, in, h, payload, n) < 0)
			return -1;
		if (h->type == FRAME_REPLY && h->serial == serial)
			return 0;
		buf_consume(in, FRAME_HEADER_LEN + *n);
	}
}

static int call_daemon(struct peer *peer, const struct wire_op *op, const void *args, void *ret)
{
	CLEANUP_BUF struct buf out = {0}, in = {0};
	struct frame_header h = {.serial = peer->serial++};
	struct rvirt_wire_remote_error e = {0};
	const unsigned char *payload;
	size_t n;

	frame_address(&h, op);
	if (frame_put(&out, &h, op->args, args) < 0 || send_all(peer->fd, &out) < 0 ||
		receive_reply(peer->fd, &in, h.serial, &h, &payload, &n) < 0)
		return -1;
	if (h.status == FRAME_OK)
		return op->ret ? wire_decode(op->ret, payload, n, ret) : 0;
	if (wire_decode(&wire_shape_remote_error, payload, n, &e) == 0)
		frame_error_to_thread(&e);
	wire_clear(&wire_shape_remote_error, &e);
	return -1;
}

static int make_call(struct peer *peer, const struct wire_op *op, const char *json, char **ret_json)
{
	CLEANUP_FREE void *args = calloc(1, op->args ? op->args->size : 1);
	CLEANUP_FREE void *ret = calloc(1, op->ret ? op->ret->size : 1);
	int rc = op->args ? wire_from_json(op->args, json, args) : 0;

	if (rc == 0)
		rc = peer->conn ? driver_call(peer->conn, op, args, ret) : call_daemon(peer, op, args, ret);
	if (rc == 0 && op->ret)
		*ret_json = wire_to_json(op->ret, ret);
	wire_clear(op->ret, ret);
	wire_clear(op->args, args);
	return rc;
}

static int do_line(struct peer *peer, char *line)
{
	bool vague = *line == '~';
	char *name = line + vague, *json = strchr(line, ' ');
	const struct wire_op *op;
	CLEANUP_FREE char *answer = NULL;

	if (json)
		*json++ = '\0';
	if (!(op = wire_op_by_name(name)))
		return error_set(FROM_NONE, ERR_INVALID_ARG, "no procedure %s", name);
	printf("%s %s\n", name, json ? json : "");
	if (make_call(peer, op, json ? json : "{}", &answer) < 0)
		printf("  ! %d %d %s\n", error_last()->code, error_last()->domain, error_last()->message);
	else
		printf("  = %s\n", vague ? "…" : answer ? answer : "");
	error_reset();
	return 0;
}

static int run(const char *uri, const char *path)
{
	struct driver_host *host = driver_host_new(&(struct driver_host_options){0});
	struct peer peer = {.fd = -1};
	struct rvirt_wire_name_flags_args open_args = {.name = (char *)(uintptr_t)uri};
	CLEANUP_FREE char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int rc = 0;

	if (!host)
		return -1;
	if (path)
		rc = peer_connect(&peer, path) < 0
				 ? -1
				 : call_daemon(&peer, wire_op_by_name("CONNECT_OPEN"), &open_args, NULL);
	else if (!(peer.conn = driver_open(host, uri, 0, NULL)))
		rc = -1;
	while (rc == 0 && (n = getline(&line, &size, stdin)) > 0) {
		line[n - 1] = '\0';
		if (*line && *line != '#')
			rc = do_line(&peer, line);
	}
	driver_close(peer.conn);
	driver_host_free(host);
	if (peer.fd >= 0)
		close(peer.fd);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: driver-calls URI [SOCKET] < CALLS\n");
		return 2;
	}
	if (run(argv[1], argv[2]) == 0)
		return 0;
	printf("! %d %d %s\n", error_last()->code, error_last()->domain, error_last()->message);
	return 1;
}
