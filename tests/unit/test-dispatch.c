/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's clients without sockets: bytes in, bytes out, over a driver that says which call
 * reached it. Every procedure is tried in every state, on read-only and read-write connections.
 */
#include "config.h"

#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "daemon/client.h"
#include "daemon/dispatch.h"
#include "daemon/workers.h"
#include "protocol/shapes.h"

#include <rvirt/protocol.h>
#include <semaphore.h>

/* The procedures that change something or show what only the owner may see, whatever their
 * arguments: the protocol's fact, held against our table. */
static const short write_access[] = {
	8,   9,   10,  11,  12,  13,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  39,  40,
	41,  42,  48,  49,  53,  54,  55,  58,  61,  62,  63,  75,  76,  77,  78,  79,  80,  81,
	82,  83,  90,  93,  94,  103, 104, 108, 109, 118, 119, 120, 123, 124, 125, 131, 132, 133,
	134, 135, 136, 142, 144, 145, 146, 148, 160, 161, 164, 165, 166, 174, 180, 181, 182, 184,
	185, 192, 193, 196, 197, 199, 201, 204, 205, 207, 208, 209, 210, 211, 213, 214, 215, 216,
	217, 218, 219, 220, 221, 222, 225, 226, 231, 232, 233, 234, 235, 236, 237, 239, 240, 242,
	245, 249, 250, 251, 252, 254, 256, 258, 259, 260, 261, 264, 266, 267, 277, 279, 288, 290,
	291, 294, 295, 296, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 334, 335, 336,
	337, 338, 342, 343, 345, 347, 349, 350, 352, 355, 356, 357, 358, 364, 371, 372, 384, 386,
	389, 392, 393, 394, 395, 399, 400, 402, 406, 408, 410, 411, 417, 420, 421, 424, 425, 427,
	428, 429, 430, 431, 432, 433, 434, 437, 440, 441, 442, 443,
};

/* The driver of the tests: a call of CONNECT_GET_TYPE succeeds, any other fails with a code that
 * nothing else uses. */
enum { REACHED = ERR_SEXPR_SERIAL };

static struct driver fake = {.name = "fake", .never_blocks = true};
static struct driver_conn fake_conn = {.driver = &fake};
static int opened;
static sem_t *hold; /* calls wait for it */

static void wait_if_held(void)
{
	if (hold)
		sem_wait(hold);
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
	fake_conn.readonly = flags & DRIVER_OPEN_READONLY;
	fake_conn.sink = sink;
	opened++;
	return &fake_conn;
}

const char *driver_default_name(void)
{
	return "test:///default";
}

bool driver_opens_at_once(const char *name)
{
	(void)name;
	return fake.never_blocks;
}

void driver_close(struct driver_conn *conn)
{
	if (conn)
		opened--;
}

int driver_call(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret)
{
	struct rvirt_wire_type_ret *r = ret;

	(void)args;
	assert_ptr_equal(conn, &fake_conn);
	wait_if_held();
	if (op->number != 3)
		return error_set(FROM_NONE, REACHED, "%s", op->name);
	r->type = strdup("FAKE");
	return 0;
}

bool driver_supports(const struct driver *driver, const struct wire_op *op)
{
	(void)driver;
	return op->number != 287;
}

/* A client, what shared things it needs, and what it has answered. */
struct fixture {
	struct client_host host;
	struct client client;
	unsigned stirred;
};

static sem_t woken;

static void wake(void *opaque)
{
	(void)opaque;
	sem_post(&woken);
}

static void stirred(struct client *c)
{
	((struct fixture *)((char *)c - offsetof(struct fixture, client)))->stirred++;
}

static void begin(struct fixture *f, enum auth_scheme auth, bool readonly)
{
	struct client_traits traits = {.auth = auth, .readonly = readonly, .secure = true, .uid = 1000};

	*f = (struct fixture){.host = {.max_requests = 5, .stirred = stirred}};
	event_queue_init(&f->host.events, wake, NULL);
	assert_int_equal(client_host_init(&f->host), 0);
	client_init(&f->client, &f->host, &traits);
}

static void end(struct fixture *f)
{
	client_clear(&f->client);
	client_host_clear(&f->host);
	event_queue_clear(&f->host.events);
	assert_int_equal(opened, 0);
}

/* One answer of the client, taken from its output. */
struct answer {
	struct frame_header header;
	int code, domain;
	char message[200];
	size_t payload_len;
	unsigned char payload[200];
};

static bool take(struct fixture *f, struct answer *ret)
{
	struct buf *out = client_output(&f->client);
	struct rvirt_wire_remote_error e = {0};
	const unsigned char *payload;
	size_t len;

	*ret = (struct answer){0};
	if (frame_next(buf_at(out), buf_len(out), &ret->header, &payload, &ret->payload_len, &len) !=
		1) {
		assert_int_equal(buf_len(out), 0);
		return false;
	}
	if (ret->payload_len <= sizeof ret->payload)
		memcpy(ret->payload, payload, ret->payload_len);
	if (ret->header.status == FRAME_ERROR) {
		assert_int_equal(wire_decode(&wire_shape_remote_error, payload, ret->payload_len, &e), 0);
		ret->code = e.code;
		ret->domain = e.domain;
		snprintf(ret->message, sizeof ret->message, "%s", e.message);
		wire_clear(&wire_shape_remote_error, &e);
	}
	buf_consume(out, len);
	return true;
}

static void put_call(struct buf *out, int procedure, const void *payload, size_t n)
{
	static uint32_t serial;
	struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
							 .version = FRAME_VERSION,
							 .procedure = procedure,
							 .type = FRAME_CALL,
							 .serial = serial++};

	assert_int_equal(frame_put_bytes(out, &h, payload, n), 0);
}

static int feed(struct fixture *f, struct buf *bytes)
{
	int r = client_receive(&f->client, buf_at(bytes), buf_len(bytes));

	buf_clear(bytes);
	return r;
}

/* Makes a call and takes its answer; the answer's code, 0 for success. */
static int call(struct fixture *f, int procedure, const void *payload, size_t n, struct answer *ret)
{
	struct buf bytes = {0};

	put_call(&bytes, procedure, payload, n);
	assert_int_equal(feed(f, &bytes), 0);
	assert_true(take(f, ret));
	assert_int_equal(ret->header.procedure, procedure);
	assert_int_equal(ret->header.type, FRAME_REPLY);
	return ret->code;
}

static int call_shape(struct fixture *f, int procedure, const void *args, struct answer *ret)
{
	CLEANUP_BUF struct buf payload = {0};

	assert_int_equal(wire_encode(wire_op_by_number(procedure)->args, args, &payload), 0);
	return call(f, procedure, buf_at(&payload), buf_len(&payload), ret);
}

static void open_connection(struct fixture *f, unsigned flags)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name, .flags = flags};
	struct answer a;

	assert_int_equal(call_shape(f, 1, &args, &a), 0);
}

static bool writes(int number)
{
	for (size_t i = 0; i < sizeof write_access / sizeof write_access[0]; i++)
		if (write_access[i] == number)
			return true;
	return false;
}

static bool is_procedure(int number)
{
	const struct wire_op *op = wire_op_by_number(number);

	return op && !(op->flags & WIRE_OP_EVENT);
}

static void
unknown_procedures_programs_and_versions_are_refused_and_the_connection_is_kept(void **state)
{
	struct frame_header h = {
		.program = 0x12345678, .version = 1, .procedure = 1, .type = FRAME_CALL};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	for (int number = -1; number < wire_n_ops + 5; number++) {
		if (is_procedure(number))
			continue;
		assert_int_equal(call(&f, number, NULL, 0, &a), ERR_RPC);
		assert_int_equal(a.domain, FROM_RPC);
		assert_non_null(strstr(a.message, "unknown procedure: "));
	}
	frame_put_bytes(&bytes, &h, NULL, 0);
	h.program = FRAME_PROGRAM_REMOTE;
	h.version = 2;
	frame_put_bytes(&bytes, &h, NULL, 0);
	assert_int_equal(feed(&f, &bytes), 0);
	assert_true(take(&f, &a));
	assert_string_equal(a.message, "Cannot find program 305419896 version 1");
	assert_int_equal(a.code, ERR_RPC);
	assert_true(take(&f, &a));
	assert_string_equal(a.message, "Cannot find program 536903814 version 2");
	open_connection(&f, 0);
	assert_int_equal(call(&f, 3, NULL, 0, &a), 0);
	end(&f);
}

static void before_authentication_only_its_procedures_are_served(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_SASL, false);
	for (int number = 1; number < wire_n_ops; number++) {
		if (!is_procedure(number))
			continue;
		call(&f, number, NULL, 0, &a);
		if (number >= 66 && number <= 70)
			assert_string_not_equal(a.message, "authentication required");
		else
			assert_string_equal(a.message, "authentication required");
	}
	assert_int_equal(f.client.state, CLIENT_ACCEPTED);
	end(&f);
}

static void before_open_only_its_procedures_are_served(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	for (int number = 3; number < wire_n_ops; number++) {
		if (!is_procedure(number) || number == 60 || (number >= 66 && number <= 70))
			continue;
		assert_int_equal(call(&f, number, NULL, 0, &a), ERR_INTERNAL_ERROR);
		assert_int_equal(a.domain, FROM_RPC);
		assert_string_equal(a.message, "internal error: hypervisor connection not open");
	}
	assert_int_equal(call(&f, 60, "\0\0\0\12", 4, &a), 0);
	assert_int_equal(call(&f, 60, "\0\0\0\16", 4, &a), ERR_INTERNAL_ERROR);
	end(&f);
}

/* Everything that writes is refused, without a look at its arguments; the rest is not refused as a
 * write. */
static void try_readonly(struct fixture *f)
{
	struct answer a;

	for (int number = 3; number < wire_n_ops; number++) {
		if (!is_procedure(number))
			continue;
		call(f, number, NULL, 0, &a);
		if (writes(number)) {
			assert_int_equal(a.code, ERR_OPERATION_DENIED);
			assert_int_equal(a.domain, FROM_DOMAIN);
		} else if (wire_op_by_number(number)->flags & WIRE_OP_READ) {
			assert_int_not_equal(a.code, ERR_OPERATION_DENIED);
		}
	}
}

static void read_only_socket_refuses_every_write_whatever_the_client_claims(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, AUTH_NONE, true);
	open_connection(&f, 0);
	assert_true(fake_conn.readonly);
	try_readonly(&f);
	end(&f);
}

static void read_only_open_refuses_every_write(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, AUTH_NONE, false);
	open_connection(&f, DRIVER_OPEN_READONLY);
	try_readonly(&f);
	end(&f);
}

static void read_only_looks_at_arguments_where_they_decide(void **state)
{
	char name[] = "demo";
	struct rvirt_wire_dom_flags_args args = {.dom = {.name = name, .id = -1}};
	struct rvirt_wire_dom_source_flags_args addresses = {.dom = {.name = name, .id = -1}};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, true);
	open_connection(&f, 0);
	assert_int_equal(call_shape(&f, 14, &args, &a), REACHED);
	args.flags = 1; /* secure */
	assert_int_equal(call_shape(&f, 14, &args, &a), ERR_OPERATION_DENIED);
	assert_int_equal(call_shape(&f, 200, &args, &a), REACHED);
	args.flags = 8; /* ask the guest */
	assert_int_equal(call_shape(&f, 200, &args, &a), ERR_OPERATION_DENIED);
	assert_int_equal(call_shape(&f, 353, &addresses, &a), REACHED);
	addresses.source = 1; /* the same */
	assert_int_equal(call_shape(&f, 353, &addresses, &a), ERR_OPERATION_DENIED);
	end(&f);
}

static void read_write_reaches_the_driver_with_every_call_or_says_why_not(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	open_connection(&f, 0);
	for (int number = 3; number < wire_n_ops; number++) {
		const struct wire_op *op = wire_op_by_number(number);

		if (!is_procedure(number) || op->flags & WIRE_OP_SESSION)
			continue;
		call(&f, number, NULL, 0, &a);
		if (op->flags & (WIRE_OP_TO_CLIENT | WIRE_OP_TO_DAEMON))
			assert_int_equal(a.code, ERR_NO_SUPPORT);
		else if (op->args && op->args->min)
			assert_int_equal(a.code, ERR_RPC); /* no payload */
		else
			assert_int_equal(a.code, number == 3 ? 0 : REACHED);
	}
	end(&f);
}

static void calls_sent_behind_open_are_answered_in_order_however_they_arrive(void **state)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct buf bytes = {0}, payload = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	wire_encode(wire_op_by_number(1)->args, &args, &payload);
	put_call(&bytes, 66, NULL, 0);
	put_call(&bytes, 1, buf_at(&payload), buf_len(&payload));
	put_call(&bytes, 3, NULL, 0);
	put_call(&bytes, 2, NULL, 0);
	for (size_t piece = 1; piece <= buf_len(&bytes); piece++) {
		begin(&f, AUTH_NONE, false);
		for (size_t at = 0; at < buf_len(&bytes); at += piece) {
			size_t n = buf_len(&bytes) - at < piece ? buf_len(&bytes) - at : piece;

			assert_int_equal(client_receive(&f.client, buf_at(&bytes) + at, n), 0);
			assert_int_equal(client_keep_output(&f.client), 0);
		}
		for (int i = 0; i < 4; i++) {
			assert_true(take(&f, &a));
			assert_int_equal(a.header.procedure, ((int[]){66, 1, 3, 2})[i]);
			assert_int_equal(a.code, 0);
		}
		assert_int_equal(f.client.state, CLIENT_CLOSING);
		end(&f);
	}
	buf_clear(&bytes);
	buf_clear(&payload);
}

static void a_failed_open_can_be_tried_again_and_a_second_one_not(void **state)
{
	char name[] = "nosuch:///", good[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	assert_int_equal(call_shape(&f, 1, &args, &a), ERR_NO_CONNECT);
	args.name = good;
	assert_int_equal(call_shape(&f, 1, &args, &a), 0);
	assert_int_equal(call_shape(&f, 1, &args, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(call(&f, 3, NULL, 0, &a), 0);
	end(&f);
}

static void pings_are_answered_in_every_state(void **state)
{
	struct frame_header ping = {.program = FRAME_PROGRAM_KEEPALIVE,
								.version = FRAME_VERSION,
								.procedure = KEEPALIVE_PING,
								.type = FRAME_MESSAGE};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_SASL, true);
	frame_put_bytes(&bytes, &ping, NULL, 0);
	feed(&f, &bytes);
	assert_true(take(&f, &a));
	assert_int_equal(a.header.program, FRAME_PROGRAM_KEEPALIVE);
	assert_int_equal(a.header.procedure, KEEPALIVE_PONG);
	assert_int_equal(a.header.type, FRAME_MESSAGE);
	end(&f);
}

static void descriptors_are_refused_and_what_follows_them_is_understood(void **state)
{
	struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
							 .version = FRAME_VERSION,
							 .procedure = 3,
							 .type = FRAME_CALL_WITH_FDS};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	open_connection(&f, 0);
	frame_put_bytes(&bytes, &h, "\0\0\0\2", 4);
	buf_add(&bytes, "\0\0", 2); /* what carried the descriptors */
	put_call(&bytes, 3, NULL, 0);
	feed(&f, &bytes);
	assert_true(take(&f, &a));
	assert_int_equal(a.code, ERR_NO_SUPPORT);
	assert_true(take(&f, &a));
	assert_int_equal(a.code, 0);
	frame_put_bytes(&bytes, &h, "\0\0\0\0", 4);
	feed(&f, &bytes);
	assert_true(take(&f, &a));
	assert_int_equal(a.code, 0);
	frame_put_bytes(&bytes, &h, "\0\1\0\0", 4);
	assert_int_equal(feed(&f, &bytes), -1);
	end(&f);
}

static void what_is_no_message_ends_the_client_after_the_answers_before_it(void **state)
{
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	put_call(&bytes, 66, NULL, 0);
	buf_puts(&bytes, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(feed(&f, &bytes), -1);
	assert_non_null(strstr(error_last()->message, "HTTP"));
	assert_true(take(&f, &a));
	assert_int_equal(f.client.state, CLIENT_CLOSING);
	assert_false(client_wants_input(&f.client));
	end(&f);
}

static void packets_of_streams_that_nobody_opened_are_dropped(void **state)
{
	struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
							 .version = FRAME_VERSION,
							 .procedure = 148,
							 .status = FRAME_CONTINUE};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	for (h.type = FRAME_REPLY; h.type < 12; h.type++)
		if (h.type != FRAME_CALL_WITH_FDS)
			frame_put_bytes(&bytes, &h, "data", 4);
	assert_int_equal(feed(&f, &bytes), 0);
	assert_false(take(&f, &a));
	end(&f);
}

static void only_root_passes_polkit_which_is_not_there(void **state)
{
	struct client_traits traits = {.auth = AUTH_POLKIT, .uid = 0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_POLKIT, false);
	assert_int_equal(call(&f, 66, NULL, 0, &a), 0);
	assert_memory_equal(a.payload, "\0\0\0\1\0\0\0\2", 8);
	assert_int_equal(call(&f, 70, NULL, 0, &a), ERR_AUTH_FAILED);
	assert_int_equal(call(&f, 1, NULL, 0, &a), ERR_RPC);
	client_clear(&f.client);
	client_init(&f.client, &f.host, &traits);
	assert_int_equal(call(&f, 66, NULL, 0, &a), 0);
	assert_memory_equal(a.payload, "\0\0\0\1\0\0\0\0", 8);
	open_connection(&f, 0);
	end(&f);
}

static int register_event(struct fixture *f, int id, struct rvirt_wire_domain *dom,
						  struct answer *ret)
{
	struct rvirt_wire_event_id_dom_args args = {.event_id = id, .dom = dom};

	return call_shape(f, 316, &args, ret);
}

static void raise_lifecycle(const char *name, unsigned char uuid_byte)
{
	struct rvirt_wire_domain_event_callback_lifecycle_msg msg = {
		.msg = {.dom = {.name = (char *)(uintptr_t)name, .id = 1}, .event = 2, .detail = 3}};

	memset(msg.msg.dom.uuid, uuid_byte, sizeof msg.msg.dom.uuid);
	fake_conn.sink->event(fake_conn.sink, 318, &msg);
}

static void events_go_to_those_who_asked_for_them_and_their_object(void **state)
{
	char name[] = "one";
	struct rvirt_wire_domain one = {.name = name, .id = -1};
	struct rvirt_wire_domain_event_callback_lifecycle_msg got = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, true);
	open_connection(&f, 0);
	memset(one.uuid, 1, sizeof one.uuid);
	raise_lifecycle("one", 1); /* nobody asked yet */
	assert_int_equal(register_event(&f, 0, &one, &a), 0);
	assert_int_equal(register_event(&f, 0, &one, &a), ERR_INVALID_ARG);
	assert_int_equal(register_event(&f, 99, NULL, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(call(&f, 105, NULL, 0, &a), 0);
	raise_lifecycle("one", 1);
	raise_lifecycle("two", 2);
	events_deliver(&f.host.events);
	assert_true(f.stirred > 0);
	assert_true(take(&f, &a)); /* one, by the legacy form */
	assert_int_equal(a.header.procedure, 107);
	assert_int_equal(a.header.type, FRAME_MESSAGE);
	assert_true(take(&f, &a));
	assert_int_equal(a.header.procedure, 318);
	assert_int_equal(wire_decode(wire_op_by_number(318)->args, a.payload, a.payload_len, &got), 0);
	assert_string_equal(got.msg.dom.name, "one");
	assert_int_equal(got.msg.detail, 3);
	assert_int_equal(got.callback_id, 0);
	wire_clear(wire_op_by_number(318)->args, &got);
	assert_true(take(&f, &a)); /* two, by the legacy form only */
	assert_int_equal(a.header.procedure, 107);
	assert_false(take(&f, &a));
	assert_int_equal(call(&f, 317, "\0\0\0\0", 4, &a), 0);
	assert_int_equal(call(&f, 317, "\0\0\0\0", 4, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(call(&f, 106, NULL, 0, &a), 0);
	raise_lifecycle("one", 1);
	events_deliver(&f.host.events);
	assert_false(take(&f, &a));
	end(&f);
}

static void events_that_nobody_takes_end_the_client(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	open_connection(&f, 0);
	assert_int_equal(register_event(&f, 0, NULL, &a), 0);
	for (int i = 0; i < 5000; i++)
		raise_lifecycle("flood", 7);
	events_deliver(&f.host.events);
	assert_int_equal(f.client.state, CLIENT_CLOSING);
	end(&f);
}

static void events_of_objects_that_the_driver_does_not_have_are_refused(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, AUTH_NONE, false);
	open_connection(&f, 0);
	assert_int_equal(call(&f, 380, "\0\0\0\0\0\0\0\0", 8, &a), ERR_NO_SUPPORT);
	assert_int_equal(call(&f, 313, "\0\0\0\0\0\0\0\0", 8, &a), 0);
	end(&f);
}

/* A driver that blocks: its calls go to workers, at most max_requests of one client at a time. */
static void calls_that_block_wait_their_turn_and_pings_do_not(void **state)
{
	struct frame_header ping = {.program = FRAME_PROGRAM_KEEPALIVE,
								.version = FRAME_VERSION,
								.procedure = KEEPALIVE_PING,
								.type = FRAME_MESSAGE};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;
	sem_t gate;
	int answered = 0;

	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&woken, 0, 0);
	begin(&f, AUTH_NONE, false);
	f.host.workers = workers_new(3, wake, NULL);
	assert_non_null(f.host.workers);
	open_connection(&f, 0);
	fake.never_blocks = false;
	hold = &gate;
	for (int i = 0; i < 20; i++) {
		put_call(&bytes, 7, NULL, 0); /* not quick */
		frame_put_bytes(&bytes, &ping, NULL, 0);
	}
	assert_int_equal(feed(&f, &bytes), 0);
	assert_int_equal(f.client.in_flight, 5);
	for (int i = 0; i < 20; i++) {
		assert_true(take(&f, &a));
		assert_int_equal(a.header.procedure, KEEPALIVE_PONG);
	}
	assert_false(take(&f, &a));
	for (int i = 0; i < 20; i++)
		sem_post(&gate);
	while (answered < 20) {
		sem_wait(&woken);
		workers_collect(f.host.workers);
		while (take(&f, &a)) {
			assert_int_equal(a.code, REACHED);
			answered++;
		}
		assert_int_equal(client_resume(&f.client), 0);
		assert_true(f.client.in_flight <= 5);
	}
	assert_int_equal(f.client.in_flight, 0);
	assert_false(take(&f, &a));
	workers_free(f.host.workers);
	fake.never_blocks = true;
	hold = NULL;
	end(&f);
	sem_destroy(&gate);
}

/* Opening waits in a worker; what was sent behind it waits for that, and what the peer left behind
 * is closed. */
static void an_open_that_blocks_keeps_the_order(void **state)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct buf bytes = {0}, payload = {0};
	struct fixture f;
	struct answer a;
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&woken, 0, 0);
	begin(&f, AUTH_NONE, false);
	f.host.workers = workers_new(3, wake, NULL);
	fake.never_blocks = false;
	hold = &gate;
	wire_encode(wire_op_by_number(1)->args, &args, &payload);
	put_call(&bytes, 1, buf_at(&payload), buf_len(&payload));
	buf_clear(&payload);
	put_call(&bytes, 110, NULL, 0);
	assert_int_equal(feed(&f, &bytes), 0);
	assert_false(take(&f, &a));
	assert_int_equal(f.client.state, CLIENT_AUTHENTICATED);
	sem_post(&gate);
	sem_wait(&woken);
	workers_collect(f.host.workers);
	assert_int_equal(client_resume(&f.client), 0);
	assert_true(take(&f, &a));
	assert_int_equal(a.header.procedure, 1);
	assert_int_equal(a.code, 0);
	assert_true(take(&f, &a));
	assert_int_equal(a.header.procedure, 110);
	assert_int_equal(a.code, 0);
	assert_true(dispatch_close(&f.client));
	sem_wait(&woken);
	workers_collect(f.host.workers);
	assert_int_equal(f.client.in_flight, 0);
	assert_false(dispatch_close(&f.client));
	workers_free(f.host.workers);
	fake.never_blocks = true;
	hold = NULL;
	end(&f);
	sem_destroy(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			unknown_procedures_programs_and_versions_are_refused_and_the_connection_is_kept),
		cmocka_unit_test(before_authentication_only_its_procedures_are_served),
		cmocka_unit_test(before_open_only_its_procedures_are_served),
		cmocka_unit_test(read_only_socket_refuses_every_write_whatever_the_client_claims),
		cmocka_unit_test(read_only_open_refuses_every_write),
		cmocka_unit_test(read_only_looks_at_arguments_where_they_decide),
		cmocka_unit_test(read_write_reaches_the_driver_with_every_call_or_says_why_not),
		cmocka_unit_test(calls_sent_behind_open_are_answered_in_order_however_they_arrive),
		cmocka_unit_test(a_failed_open_can_be_tried_again_and_a_second_one_not),
		cmocka_unit_test(pings_are_answered_in_every_state),
		cmocka_unit_test(descriptors_are_refused_and_what_follows_them_is_understood),
		cmocka_unit_test(what_is_no_message_ends_the_client_after_the_answers_before_it),
		cmocka_unit_test(packets_of_streams_that_nobody_opened_are_dropped),
		cmocka_unit_test(only_root_passes_polkit_which_is_not_there),
		cmocka_unit_test(events_go_to_those_who_asked_for_them_and_their_object),
		cmocka_unit_test(events_that_nobody_takes_end_the_client),
		cmocka_unit_test(events_of_objects_that_the_driver_does_not_have_are_refused),
		cmocka_unit_test(calls_that_block_wait_their_turn_and_pings_do_not),
		cmocka_unit_test(an_open_that_blocks_keeps_the_order),
	};

	sem_init(&woken, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
