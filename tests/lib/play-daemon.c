/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plays a daemon by a script, so that what clients make of rare answers and of every event can be
 * compared: play-daemon SOCKET SCRIPT. Each connection begins with the script anew. Its lines:
 *   answer PROCEDURE JSON    what a procedure answers; of several lines each once, the last one
 * always event PROCEDURE JSON     is sent await PROCEDURE COUNT    what follows waits until the
 * procedure was called so often feature NUMBER           CONNECT_SUPPORTS_FEATURE says yes to it
 * Connections are opened without authentication; who asks for the events of number N is given the
 * callback 100 + N. Everything else is not supported.
 */
#include "config.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "protocol/frame.h"
#include "protocol/ops.h"
#include "protocol/shapes.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MAX_LINES = 1000, MAX_PROC = 1000, FIRST_CALLBACK = 100, CALLBACK_IDS = 14 };

struct line {
	char verb[16];
	const struct wire_op *op;
	char *rest; /* JSON or a number */
	int number;
};

struct script {
	struct line lines[MAX_LINES];
	size_t n;
};

struct connection {
	int fd;
	const char *seen; /* the file of who hears the knocking */
	const struct script *script;
	size_t at; /* the next line to be sent or awaited */
	int called[MAX_PROC];
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "play-daemon: %s: %s\n", what, error_last()->message);
	exit(2);
}

static void read_script(struct script *s, const char *path)
{
	FILE *from = fopen(path, "re");
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	ssize_t length;

	must(from != NULL, path);
	while ((length = getline(&text, &size, from)) > 0) {
		struct line *l = &s->lines[s->n];
		char name[64] = "";
		int rest = 0;

		text[length - 1] = '\0';
		if (!*text || *text == '#')
			continue;
		must(s->n++ < MAX_LINES, "the script is too long");
		must(sscanf(text, "%15s %63s %n", l->verb, name, &rest) >= 2, text);
		l->op = wire_op_by_name(name);
		l->rest = strdup(text + rest);
		must(l->rest && (l->op || strcmp(l->verb, "feature") == 0), text);
		l->number = atoi(l->op ? l->rest : name);
	}
	fclose(from);
}

static void send_all(const struct connection *c, struct buf *out)
{
	while (buf_len(out)) {
		ssize_t n = send(c->fd, buf_at(out), buf_len(out), MSG_NOSIGNAL);

		if (n <= 0)
			break; /* the client has gone, which the next read finds out */
		buf_consume(out, (size_t)n);
	}
	buf_clear(out);
}

/* Sends a message whose payload is JSON of a shape. */
static void put_json(const struct connection *c, const struct frame_header *h,
					 const struct wire_shape *shape, const char *json)
{
	CLEANUP_FREE void *value = calloc(1, shape ? shape->size : 1);
	struct buf out = {0};

	must(value != NULL, "memory");
	must(!shape || wire_from_json(shape, json, value) == 0, json);
	must(frame_put(&out, h, shape, value) == 0, json);
	wire_clear(shape, value);
	send_all(c, &out);
}

/* Answers with one number. */
static void put_number(const struct connection *c, const struct frame_header *h,
					   const struct wire_op *op, const char *key, int number)
{
	char json[64];

	snprintf(json, sizeof json, "{\"%s\": %d}", key, number);
	put_json(c, h, op->ret, json);
}

/* The script's answer to a call: the called[]th line of the procedure, or the last. */
static const char *find_answer(const struct connection *c, const struct wire_op *op)
{
	const char *found = NULL;
	int n = c->called[op->number];

	for (size_t i = 0; i < c->script->n; i++) {
		const struct line *l = &c->script->lines[i];

		if (strcmp(l->verb, "answer") != 0 || l->op != op)
			continue;
		found = l->rest;
		if (--n == 0)
			break;
	}
	return found;
}

static bool has_feature(const struct connection *c, int feature)
{
	for (size_t i = 0; i < c->script->n; i++)
		if (strcmp(c->script->lines[i].verb, "feature") == 0 &&
			c->script->lines[i].number == feature)
			return true;
	return false;
}

/* The first argument, which is a number in each call that is asked here. */
static int first_argument(const struct wire_op *op, const unsigned char *payload, size_t n)
{
	CLEANUP_FREE void *args = calloc(1, op->args->size);
	int number = -1;

	must(args != NULL, "memory");
	if (wire_decode(op->args, payload, n, args) == 0) {
		number = *(int32_t *)args;
		wire_clear(op->args, args);
	}
	return number;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static void answer(struct connection *c, const struct frame_header *call,
				   const unsigned char *payload, size_t n)
{
	const struct wire_op *op = wire_op_by_number(call->procedure);
	struct frame_header h = *call;
	const char *json = op ? find_answer(c, op) : NULL;
	struct buf out = {0};

	h.type = FRAME_REPLY;
	if (json)
		put_json(c, &h, op->ret, json);
	else if (op && strcmp(op->name, "AUTH_LIST") == 0)
		put_json(c, &h, op->ret, "{\"types\": [0]}");
	else if (op &&
			 (strcmp(op->name, "CONNECT_OPEN") == 0 || strcmp(op->name, "CONNECT_CLOSE") == 0 ||
			  ends_with(op->name, "DEREGISTER_ANY")))
		put_json(c, &h, NULL, NULL);
	else if (op && strcmp(op->name, "CONNECT_SUPPORTS_FEATURE") == 0)
		put_number(c, &h, op, "supported", has_feature(c, first_argument(op, payload, n)));
	else if (op && ends_with(op->name, "REGISTER_ANY") && op->ret && has_feature(c, CALLBACK_IDS))
		put_number(c, &h, op, "callback_id", FIRST_CALLBACK + first_argument(op, payload, n));
	else {
		error_set(FROM_NONE, ERR_NO_SUPPORT,
				  "this function is not supported by the connection driver: %s",
				  op ? op->name : "unknown");
		must(frame_put_error(&out, call) == 0, "error");
		send_all(c, &out);
	}
}

static void put_event(const struct connection *c, const struct line *l)
{
	const struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
								   .version = FRAME_VERSION,
								   .procedure = l->op->number,
								   .type = FRAME_MESSAGE};

	put_json(c, &h, l->op->args, l->rest);
}

/* Goes on with the script up to what has not come yet. Whether it knocks. */
static bool go_on(struct connection *c)
{
	for (; c->at < c->script->n; c->at++) {
		const struct line *l = &c->script->lines[c->at];

		if (strcmp(l->verb, "await") == 0 && c->called[l->op->number] < l->number)
			return false;
		if (strcmp(l->verb, "knock") == 0 && access(c->seen, F_OK) < 0) {
			put_event(c, l);
			return true;
		}
		if (strcmp(l->verb, "event") == 0)
			put_event(c, l);
	}
	return false;
}

/* Answers the calls that are in the buffer whole. How many bytes the next one needs. */
static size_t answer_all(struct connection *c, struct buf *in)
{
	const unsigned char *payload;
	struct frame_header h;
	size_t n, want;
	int rc;

	while ((rc = frame_next(buf_at(in), buf_len(in), &h, &payload, &n, &want)) == 1) {
		if (h.type == FRAME_CALL && h.procedure > 0 && h.procedure < MAX_PROC) {
			c->called[h.procedure]++;
			answer(c, &h, payload, n);
		}
		buf_consume(in, want);
	}
	must(rc == 0, "the client sends no messages");
	return want - buf_len(in);
}

static void serve(int fd, const char *seen, const struct script *script)
{
	enum { KNOCK_MS = 50 };
	struct connection c = {.fd = fd, .seen = seen, .script = script};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CLEANUP_BUF struct buf in = {0};

	unlink(seen);
	for (;;) {
		size_t want = answer_all(&c, &in);
		unsigned char *at = buf_reserve(&in, want);
		ssize_t got;

		while (poll(&p, 1, go_on(&c) ? KNOCK_MS : -1) == 0)
			continue;
		got = at ? read(fd, at, want) : -1;
		if (got <= 0)
			return;
		buf_grow(&in, (size_t)got);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	static struct script script;
	char seen[256];
	int fd, client;

	if (argc != 3) {
		fprintf(stderr, "usage: play-daemon SOCKET SCRIPT\n");
		return 2;
	}
	read_script(&script, argv[2]);
	snprintf(seen, sizeof seen, "%s.seen", argv[1]);
	strncpy(addr.sun_path, argv[1], sizeof addr.sun_path - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0 && listen(fd, 5) == 0,
		 argv[1]);
	while ((client = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		serve(client, seen, &script);
		close(client);
	}
	return 1;
}
