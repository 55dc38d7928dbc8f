/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver that the tests of the daemon's clients bring instead of the real ones, and a client on
 * it.
 */
#include "config.h"

#include "daemon-fixture.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "protocol/shapes.h"

#include <fcntl.h>
#include <rvirt/protocol.h>

static struct fake the = {
	.driver = {.name = "fake", .never_blocks = true},
	.conn = {.driver = &the.driver},
};

struct fake *fake(void)
{
	return &the;
}

static void wait_if_held(void)
{
	if (the.hold)
		sem_wait(the.hold);
}

struct driver_conn *driver_open(struct driver_host *host, const char *name, unsigned flags,
								struct driver_sink *sink)
{
	(void)host;
	wait_if_held();
	if (strcmp(name, "test:///default") != 0) {
		error_set(FROM_NONE, ERR_NO_CONNECT, "%s", name);
		return NULL;
	}
	the.conn.readonly = flags & DRIVER_OPEN_READONLY;
	the.conn.sink = sink;
	the.opened++;
	return &the.conn;
}

const char *driver_default_name(void)
{
	return "test:///default";
}

bool driver_opens_at_once(const char *name)
{
	(void)name;
	return the.driver.never_blocks;
}

void driver_close(struct driver_conn *conn)
{
	if (conn)
		the.opened--;
}

int driver_call(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret)
{
	struct rvirt_wire_type_ret *r = ret;

	(void)args;
	assert_ptr_equal(conn, &the.conn);
	wait_if_held();
	if (op->number != 3)
		return error_set(FROM_NONE, (enum error_code)REACHED, "%s", op->name);
	r->type = strdup("FAKE");
	return 0;
}

int driver_open_stream(struct driver_conn *conn, const struct wire_op *op, const void *args,
					   void *ret, struct driver_stream **ret_stream)
{
	(void)args, (void)ret;
	assert_ptr_equal(conn, &the.conn);
	wait_if_held();
	if (!the.open_stream)
		return error_set(FROM_NONE, (enum error_code)REACHED, "%s", op->name);
	*ret_stream = the.open_stream();
	return 0;
}

int driver_call_fds(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret,
					const struct rvirt_fds *fds, struct rvirt_fds *ret_fds)
{
	(void)args, (void)ret;
	assert_ptr_equal(conn, &the.conn);
	wait_if_held();
	if (!the.takes_fds)
		return error_set(FROM_NONE, (enum error_code)REACHED, "%s", op->name);
	the.fds_seen = fds->n;
	if (op->flags & WIRE_OP_GIVES_FDS)
		fds_add(ret_fds, open("/dev/null", O_RDONLY | O_CLOEXEC));
	return 0;
}

bool driver_supports(struct driver_conn *conn, const struct wire_op *op)
{
	(void)conn;
	return op->number != 287;
}

void fake_wake(void *opaque)
{
	(void)opaque;
	sem_post(&the.woken);
}

static void stirred(struct client *c)
{
	((struct fixture *)((char *)c - offsetof(struct fixture, client)))->stirred++;
}

void fixture_begin(struct fixture *f, enum auth_scheme auth, bool readonly)
{
	struct client_traits traits = {.auth = auth, .readonly = readonly, .secure = true};

	*f = (struct fixture){.host = {.max_requests = 5, .stirred = stirred}};
	event_queue_init(&f->host.events, fake_wake, NULL);
	assert_int_equal(client_host_init(&f->host), 0);
	client_init(&f->client, &f->host, &traits);
	f->client.passes_fds = true;
}

void fixture_end(struct fixture *f)
{
	client_clear(&f->client);
	client_host_clear(&f->host);
	event_queue_clear(&f->host.events);
	assert_int_equal(the.opened, 0);
}

bool fixture_take(struct fixture *f, struct answer *ret)
{
	struct buf *out = client_next_output(&f->client);
	struct rvirt_wire_remote_error e = {0};
	const unsigned char *payload;
	size_t len;

	*ret = (struct answer){0};
	if (!out)
		return false;
	assert_int_equal(
		frame_next(buf_at(out), buf_len(out), &ret->header, &payload, &ret->payload_len, &len), 1);
	if (ret->payload_len <= sizeof ret->payload)
		memcpy(ret->payload, payload, ret->payload_len);
	if (ret->header.status == FRAME_ERROR) {
		assert_int_equal(wire_decode(&wire_shape_remote_error, payload, ret->payload_len, &e), 0);
		ret->code = e.code;
		ret->domain = e.domain;
		snprintf(ret->message, sizeof ret->message, "%s", e.message);
		wire_clear(&wire_shape_remote_error, &e);
	}
	client_wrote(&f->client, out, len);
	return true;
}

void fixture_put_call(struct buf *out, int procedure, const void *payload, size_t n)
{
	static uint32_t serial;
	struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
							 .version = FRAME_VERSION,
							 .procedure = procedure,
							 .type = FRAME_CALL,
							 .serial = serial++};

	if (wire_op_by_number(procedure))
		frame_address(&h, wire_op_by_number(procedure));
	assert_int_equal(frame_put_bytes(out, &h, payload, n), 0);
}

int fixture_feed(struct fixture *f, struct buf *bytes)
{
	int r = client_receive(&f->client, buf_at(bytes), buf_len(bytes));

	buf_clear(bytes);
	return r;
}

/* Makes a call and takes its answer; the answer's code, 0 for success. */
int fixture_call(struct fixture *f, int procedure, const void *payload, size_t n,
				 struct answer *ret)
{
	struct buf bytes = {0};

	fixture_put_call(&bytes, procedure, payload, n);
	assert_int_equal(fixture_feed(f, &bytes), 0);
	assert_true(fixture_take(f, ret));
	if (wire_op_by_number(procedure))
		assert_ptr_equal(frame_op(&ret->header), wire_op_by_number(procedure));
	else
		assert_int_equal(ret->header.procedure, procedure);
	assert_int_equal(ret->header.type, FRAME_REPLY);
	return ret->code;
}

int fixture_call_shape(struct fixture *f, int procedure, const void *args, struct answer *ret)
{
	CLEANUP_BUF struct buf payload = {0};

	assert_int_equal(wire_encode(wire_op_by_number(procedure)->args, args, &payload), 0);
	return fixture_call(f, procedure, buf_at(&payload), buf_len(&payload), ret);
}

void fixture_open(struct fixture *f, unsigned flags)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name, .flags = flags};
	struct answer a;

	assert_int_equal(fixture_call_shape(f, 1, &args, &a), 0);
}
