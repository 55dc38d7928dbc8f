/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What surrounds calls: opening and authentication, keepalive, events, a program's own event loop.
 */
#include "config.h"
#include "unit.h"

#include "base/fd.h"
#include "peer.h"
#include "protocol/shapes.h"

#include <poll.h>
#include <rvirt/protocol.h>

enum { GET_VERSION = RVIRT_PROC_CONNECT_GET_VERSION };

/* -- opening -- */

static void reply_auth(int fd, const struct frame_header *call, int32_t type)
{
	const struct rvirt_wire_types_ret ret = {.n_types = 1, .types = &type};

	peer_reply(fd, call, &wire_shape_types_ret, &ret);
}

/* Answers only when both are there: one round trip. */
static void open_at_once(int fd)
{
	struct frame_header ask = peer_expect(fd, RVIRT_PROC_AUTH_LIST);
	struct frame_header open = peer_expect(fd, RVIRT_PROC_CONNECT_OPEN);

	reply_auth(fd, &ask, 0);
	peer_reply(fd, &open, NULL, NULL);
	peer_serve(fd);
}

static void refuse_early(int fd, int32_t auth)
{
	struct frame_header ask = peer_expect(fd, RVIRT_PROC_AUTH_LIST);
	struct frame_header open = peer_expect(fd, RVIRT_PROC_CONNECT_OPEN);

	peer_reply_error(fd, &open, ERR_RPC, "authentication required");
	reply_auth(fd, &ask, auth);
}

static void open_on_repetition(int fd)
{
	struct frame_header open;

	refuse_early(fd, 0);
	open = peer_expect(fd, RVIRT_PROC_CONNECT_OPEN);
	peer_reply(fd, &open, NULL, NULL);
	peer_serve(fd);
}

static void open_after_polkit(int fd)
{
	const struct rvirt_wire_complete_ret complete = {.complete = 1};
	struct frame_header h;

	refuse_early(fd, 2);
	h = peer_expect(fd, RVIRT_PROC_AUTH_POLKIT);
	peer_reply(fd, &h, &wire_shape_complete_ret, &complete);
	h = peer_expect(fd, RVIRT_PROC_CONNECT_OPEN);
	peer_reply(fd, &h, NULL, NULL);
	peer_serve(fd);
}

static void refuse_polkit(int fd)
{
	struct frame_header h;

	refuse_early(fd, 2);
	h = peer_expect(fd, RVIRT_PROC_AUTH_POLKIT);
	peer_reply_error(fd, &h, ERR_AUTH_CANCELLED, "authentication cancelled: no agent");
}

static void want_sasl(int fd)
{
	refuse_early(fd, 1);
}

static void refuse_name(int fd)
{
	struct frame_header ask = peer_expect(fd, RVIRT_PROC_AUTH_LIST);
	struct frame_header open = peer_expect(fd, RVIRT_PROC_CONNECT_OPEN);

	reply_auth(fd, &ask, 0);
	peer_reply_error(fd, &open, ERR_NO_CONNECT, "no connection driver available for nope:///");
}

static void open_or_not(peer_script script, int code, const char *text)
{
	struct peer p;
	int r;

	peer_start(&p, script, NULL);
	r = remote_open(p.remote, "test:///default", 0, now_ms() + 10000);
	assert_int_equal(r, code ? -1 : 0);
	if (code) {
		assert_int_equal(error_last()->code, code);
		assert_non_null(strstr(error_last()->message, text));
	} else {
		assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	}
	peer_end(&p);
}

static void opening_takes_one_round_trip(void **state)
{
	(void)state;
	open_or_not(open_at_once, 0, NULL);
}

static void opening_too_early_is_repeated(void **state)
{
	(void)state;
	open_or_not(open_on_repetition, 0, NULL);
	open_or_not(open_after_polkit, 0, NULL);
}

static void refusals_say_what_the_daemon_wants(void **state)
{
	(void)state;
	open_or_not(refuse_polkit, ERR_AUTH_CANCELLED, "authentication cancelled: no agent");
	open_or_not(want_sasl, ERR_AUTH_UNAVAILABLE, "the daemon wants SASL");
	open_or_not(refuse_name, ERR_NO_CONNECT, "nope:///");
}

static void say_nothing(int fd)
{
	struct frame_header h;

	while (peer_read(fd, &h))
		;
}

static void opening_has_a_deadline(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, say_nothing, NULL);
	assert_int_equal(remote_open(p.remote, "", 0, now_ms() + 20), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	peer_end(&p);
}

static void expect_goodbye(int fd)
{
	struct frame_header h = peer_expect(fd, RVIRT_PROC_CONNECT_CLOSE);

	peer_reply(fd, &h, NULL, NULL);
	if (peer_read(fd, &h))
		abort();
}

static void the_daemon_hears_goodbye(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, expect_goodbye, NULL);
	remote_say_goodbye(p.remote);
	peer_end(&p);
}

/* -- keepalive -- */

static const struct frame_header ping = {.program = FRAME_PROGRAM_KEEPALIVE,
										 .version = FRAME_VERSION,
										 .procedure = KEEPALIVE_PING,
										 .type = FRAME_MESSAGE};

static void ping_before_the_answer(int fd)
{
	struct frame_header call = peer_expect(fd, GET_VERSION), pong;

	peer_put(fd, &ping, NULL, NULL);
	pong = peer_expect(fd, KEEPALIVE_PONG);
	if (pong.program != FRAME_PROGRAM_KEEPALIVE || pong.type != FRAME_MESSAGE)
		abort();
	peer_reply_serial(fd, &call);
	peer_serve(fd);
}

static void pings_are_answered_while_waiting(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, ping_before_the_answer, NULL);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	peer_end(&p);
}

static const struct remote_options attentive = {
	.call_timeout_ms = -1, .ping_interval_ms = 20, .ping_count = 5};

/* The question, and what the daemon answers to it. */
static struct frame_header be_asked(int fd, int32_t supported)
{
	const struct rvirt_wire_supported_ret ret = {.supported = supported};
	struct frame_header call = peer_expect(fd, GET_VERSION);
	struct frame_header question = peer_expect(fd, RVIRT_PROC_CONNECT_SUPPORTS_FEATURE);

	peer_reply(fd, &question, &wire_shape_supported_ret, &ret);
	return call;
}

static void answer_pings_then_the_call(int fd)
{
	struct frame_header call = be_asked(fd, 1), pong = ping;

	pong.procedure = KEEPALIVE_PONG;
	for (int i = 0; i < 10; i++) {
		peer_expect(fd, KEEPALIVE_PING);
		peer_put(fd, &pong, NULL, NULL);
	}
	peer_reply_serial(fd, &call);
	peer_serve(fd);
}

static void pongs_keep_a_long_call_alive(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, answer_pings_then_the_call, &attentive);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	peer_end(&p);
}

static void fall_silent(int fd)
{
	be_asked(fd, 1);
	for (int i = 0; i < 3; i++)
		peer_expect(fd, KEEPALIVE_PING);
	say_nothing(fd);
}

static void silence_breaks_the_connection(void **state)
{
	peer_script scripts[] = {fall_silent, say_nothing};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct peer p;

		peer_start(&p, scripts[i], &attentive);
		assert_int_equal(peer_call(&p, GET_VERSION, NULL), -1);
		assert_non_null(
			strstr(error_last()->message, "connection closed due to keepalive timeout"));
		assert_int_equal(peer_call(&p, GET_VERSION, NULL), -1);
		peer_end(&p);
	}
}

/* Whoever does not know pings is not taken for dead. */
static void refuse_pings_and_take_time(int fd)
{
	struct frame_header call = be_asked(fd, 0);
	struct pollfd more = {.fd = fd, .events = POLLIN};

	if (poll(&more, 1, 50) != 0)
		abort();
	peer_reply_serial(fd, &call);
	peer_serve(fd);
}

static void a_daemon_without_pings_may_take_its_time(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, refuse_pings_and_take_time, &attentive);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	peer_end(&p);
}

/* -- events -- */

static void put_event(int fd, int32_t callback_id)
{
	const struct frame_header h = {.program = FRAME_PROGRAM_REMOTE,
								   .version = FRAME_VERSION,
								   .procedure = RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE,
								   .type = FRAME_MESSAGE};
	struct rvirt_wire_domain_event_callback_lifecycle_msg msg = {
		.callback_id = callback_id, .msg = {.dom = {.name = (char[]){"demo"}}, .event = 2}};

	peer_put(fd, &h, &wire_shape_domain_event_callback_lifecycle_msg, &msg);
}

static void send_events(int fd)
{
	struct frame_header call = peer_expect(fd, GET_VERSION);

	for (int32_t i = 0; i < 3; i++)
		put_event(fd, i);
	peer_reply_serial(fd, &call);
	peer_serve(fd);
}

struct heard {
	struct peer *p;
	int n;
};

static void hear(int procedure, const void *msg, void *opaque)
{
	const struct rvirt_wire_domain_event_callback_lifecycle_msg *lifecycle = msg;
	struct heard *heard = opaque;

	assert_int_equal(procedure, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE);
	assert_int_equal(lifecycle->callback_id, heard->n++);
	assert_string_equal(lifecycle->msg.dom.name, "demo");
	assert_int_equal(peer_call(heard->p, GET_VERSION, NULL), 0);
}

static void events_reach_a_handler_that_may_call(void **state)
{
	struct peer p;
	struct heard heard = {.p = &p};

	(void)state;
	peer_start(&p, send_events, NULL);
	remote_set_event_handler(p.remote, hear, &heard);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	assert_int_equal(heard.n, 3);
	peer_end(&p);
}

static void events_without_handler_are_dropped(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, send_events, NULL);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	assert_int_equal(peer_call(&p, GET_VERSION, NULL), 0);
	peer_end(&p);
}

/* -- a program's own loop -- */

static void dispatching_completes_calls(void **state)
{
	struct rvirt_call *call;
	struct peer p;

	(void)state;
	peer_start(&p, peer_serve, NULL);
	call = peer_send(&p, GET_VERSION, NULL);
	while (!call_is_done(call)) {
		struct pollfd fd = {0};

		fd.fd = remote_poll_fd(p.remote, &fd.events);
		assert_int_equal(poll(&fd, 1, 10000), 1);
		assert_int_equal(remote_dispatch(p.remote), 0);
	}
	assert_int_equal(peer_wait(&p, call, NULL), 0);
	peer_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_takes_one_round_trip),
		cmocka_unit_test(opening_too_early_is_repeated),
		cmocka_unit_test(refusals_say_what_the_daemon_wants),
		cmocka_unit_test(opening_has_a_deadline),
		cmocka_unit_test(the_daemon_hears_goodbye),
		cmocka_unit_test(pings_are_answered_while_waiting),
		cmocka_unit_test(pongs_keep_a_long_call_alive),
		cmocka_unit_test(silence_breaks_the_connection),
		cmocka_unit_test(a_daemon_without_pings_may_take_its_time),
		cmocka_unit_test(events_reach_a_handler_that_may_call),
		cmocka_unit_test(events_without_handler_are_dropped),
		cmocka_unit_test(dispatching_completes_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
