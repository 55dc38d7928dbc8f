/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's clients: how their bytes arrive, what waits for what, and events.
 */
#include "config.h"

#include "base/log.h"
#include "daemon-fixture.h"

#include "daemon/dispatch.h"
#include "daemon/workers.h"

#include <rvirt/protocol.h>

static void calls_sent_behind_open_are_answered_in_order_however_they_arrive(void **state)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct buf bytes = {0}, payload = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	wire_encode(wire_op_by_number(1)->args, &args, &payload);
	fixture_put_call(&bytes, 66, NULL, 0);
	fixture_put_call(&bytes, 1, buf_at(&payload), buf_len(&payload));
	fixture_put_call(&bytes, 3, NULL, 0);
	fixture_put_call(&bytes, 2, NULL, 0);
	for (size_t piece = 1; piece <= buf_len(&bytes); piece++) {
		fixture_begin(&f, AUTH_NONE, false);
		for (size_t at = 0; at < buf_len(&bytes); at += piece) {
			size_t n = buf_len(&bytes) - at < piece ? buf_len(&bytes) - at : piece;

			assert_int_equal(client_receive(&f.client, buf_at(&bytes) + at, n), 0);
			assert_int_equal(client_keep_output(&f.client), 0);
		}
		for (int i = 0; i < 4; i++) {
			assert_true(fixture_take(&f, &a));
			assert_int_equal(a.header.procedure, ((int[]){66, 1, 3, 2})[i]);
			assert_int_equal(a.code, 0);
		}
		assert_int_equal(f.client.state, CLIENT_CLOSING);
		fixture_end(&f);
	}
	buf_clear(&bytes);
	buf_clear(&payload);
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
	fixture_begin(&f, AUTH_SASL, true);
	frame_put_bytes(&bytes, &ping, NULL, 0);
	fixture_feed(&f, &bytes);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.program, FRAME_PROGRAM_KEEPALIVE);
	assert_int_equal(a.header.procedure, KEEPALIVE_PONG);
	assert_int_equal(a.header.type, FRAME_MESSAGE);
	fixture_end(&f);
}

static void what_is_no_message_ends_the_client_after_the_answers_before_it(void **state)
{
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_put_call(&bytes, 66, NULL, 0);
	buf_puts(&bytes, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(fixture_feed(&f, &bytes), -1);
	assert_non_null(strstr(error_last()->message, "HTTP"));
	assert_true(fixture_take(&f, &a));
	assert_int_equal(f.client.state, CLIENT_CLOSING);
	assert_false(client_wants_input(&f.client));
	fixture_end(&f);
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
	fixture_begin(&f, AUTH_NONE, false);
	for (h.type = FRAME_REPLY; h.type < 12; h.type++)
		if (h.type != FRAME_CALL_WITH_FDS)
			frame_put_bytes(&bytes, &h, "data", 4);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_false(fixture_take(&f, &a));
	fixture_end(&f);
}

static int register_event(struct fixture *f, int id, struct rvirt_wire_domain *dom,
						  struct answer *ret)
{
	struct rvirt_wire_event_id_dom_args args = {.event_id = id, .dom = dom};

	return fixture_call_shape(f, 316, &args, ret);
}

static void raise_lifecycle(const char *name, unsigned char uuid_byte)
{
	struct rvirt_wire_domain_event_callback_lifecycle_msg msg = {
		.msg = {.dom = {.name = (char *)(uintptr_t)name, .id = 1}, .event = 2, .detail = 3}};

	memset(msg.msg.dom.uuid, uuid_byte, sizeof msg.msg.dom.uuid);
	fake()->conn.sink->event(fake()->conn.sink, 318, &msg);
}

static void events_go_to_those_who_asked_for_them_and_their_object(void **state)
{
	char name[] = "one";
	struct rvirt_wire_domain one = {.name = name, .id = -1};
	struct rvirt_wire_domain_event_callback_lifecycle_msg got = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, true);
	fixture_open(&f, 0);
	memset(one.uuid, 1, sizeof one.uuid);
	raise_lifecycle("one", 1); /* nobody asked yet */
	assert_int_equal(register_event(&f, 0, &one, &a), 0);
	assert_int_equal(register_event(&f, 0, &one, &a), ERR_INVALID_ARG);
	assert_int_equal(register_event(&f, 99, NULL, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(fixture_call(&f, 105, NULL, 0, &a), 0);
	raise_lifecycle("one", 1);
	raise_lifecycle("two", 2);
	events_deliver(&f.host.events);
	assert_true(f.stirred > 0);
	assert_true(fixture_take(&f, &a)); /* one, by the form that was asked for first */
	assert_int_equal(a.header.procedure, 318);
	assert_int_equal(a.header.type, FRAME_MESSAGE);
	assert_int_equal(wire_decode(wire_op_by_number(318)->args, a.payload, a.payload_len, &got), 0);
	assert_string_equal(got.msg.dom.name, "one");
	assert_int_equal(got.msg.detail, 3);
	assert_int_equal(got.callback_id, 0);
	wire_clear(wire_op_by_number(318)->args, &got);
	assert_true(fixture_take(&f, &a)); /* and by the legacy form */
	assert_int_equal(a.header.procedure, 107);
	assert_true(fixture_take(&f, &a)); /* two, by the legacy form only */
	assert_int_equal(a.header.procedure, 107);
	assert_false(fixture_take(&f, &a));
	assert_int_equal(fixture_call(&f, 317, "\0\0\0\0", 4, &a), 0);
	assert_int_equal(fixture_call(&f, 317, "\0\0\0\0", 4, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(fixture_call(&f, 106, NULL, 0, &a), 0);
	raise_lifecycle("one", 1);
	events_deliver(&f.host.events);
	assert_false(fixture_take(&f, &a));
	fixture_end(&f);
}

static char last_warning[256];
static int n_warnings;

static void keep_warning(enum log_level level, const char *program, const char *file,
						 const char *text)
{
	(void)program;
	(void)file;
	assert_int_equal(level, LOG_WARNING_);
	snprintf(last_warning, sizeof last_warning, "%s", text);
	n_warnings++;
}

static void events_that_nobody_takes_end_the_client(void **state)
{
	const struct log_output output = {.level = LOG_WARNING_, .write = keep_warning};
	struct fixture f;
	struct answer a;

	(void)state;
	log_set_outputs("test", &output, 1);
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	assert_int_equal(register_event(&f, 0, NULL, &a), 0);
	for (int i = 0; i < 5000; i++)
		raise_lifecycle("flood", 7);
	events_deliver(&f.host.events);
	assert_int_equal(f.client.state, CLIENT_CLOSING);
	assert_non_null(strstr(last_warning, "it does not take its events: 4096 wait"));
	assert_int_equal(n_warnings, 1);
	log_to_fd(STDERR_FILENO, "test");
	fixture_end(&f);
}

static void events_of_objects_that_the_driver_does_not_have_are_refused(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	assert_int_equal(fixture_call(&f, 380, "\0\0\0\0\0\0\0\0", 8, &a), ERR_NO_SUPPORT);
	assert_int_equal(fixture_call(&f, 313, "\0\0\0\0\0\0\0\0", 8, &a), 0);
	fixture_end(&f);
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
	sem_init(&fake()->woken, 0, 0);
	fixture_begin(&f, AUTH_NONE, false);
	f.host.workers = workers_new(3, fake_wake, NULL);
	assert_non_null(f.host.workers);
	fixture_open(&f, 0);
	fake()->driver.never_blocks = false;
	fake()->hold = &gate;
	for (int i = 0; i < 20; i++) {
		fixture_put_call(&bytes, 7, NULL, 0); /* not quick */
		frame_put_bytes(&bytes, &ping, NULL, 0);
	}
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_int_equal(f.client.in_flight, 5);
	for (int i = 0; i < 20; i++) {
		assert_true(fixture_take(&f, &a));
		assert_int_equal(a.header.procedure, KEEPALIVE_PONG);
	}
	assert_false(fixture_take(&f, &a));
	for (int i = 0; i < 20; i++)
		sem_post(&gate);
	while (answered < 20) {
		sem_wait(&fake()->woken);
		workers_collect(f.host.workers);
		while (fixture_take(&f, &a)) {
			assert_int_equal(a.code, REACHED);
			answered++;
		}
		assert_int_equal(client_resume(&f.client), 0);
		assert_true(f.client.in_flight <= 5);
	}
	assert_int_equal(f.client.in_flight, 0);
	assert_false(fixture_take(&f, &a));
	workers_free(f.host.workers);
	fake()->driver.never_blocks = true;
	fake()->hold = NULL;
	fixture_end(&f);
	sem_destroy(&gate);
}

/* A driver that never blocks still has to read what it is given. */
static void long_arguments_go_to_a_worker(void **state)
{
	static char text[8192];
	struct rvirt_wire_xml_args args = {.xml = text};
	static const struct {
		size_t n;
		unsigned in_flight;
	} cases[] = {{10, 0}, {sizeof text - 1, 1}};

	(void)state;
	sem_init(&fake()->woken, 0, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf bytes = {0}, payload = {0};
		struct fixture f;
		struct answer a;

		fixture_begin(&f, AUTH_NONE, false);
		f.host.workers = workers_new(1, fake_wake, NULL);
		fixture_open(&f, 0);
		memset(text, 'x', cases[i].n);
		wire_encode(wire_op_by_number(11)->args, &args, &payload);
		fixture_put_call(&bytes, 11, buf_at(&payload), buf_len(&payload)); /* quick */
		buf_clear(&payload);
		assert_int_equal(fixture_feed(&f, &bytes), 0);
		assert_int_equal(f.client.in_flight, cases[i].in_flight);
		if (cases[i].in_flight) {
			sem_wait(&fake()->woken);
			workers_collect(f.host.workers);
		}
		assert_true(fixture_take(&f, &a));
		assert_int_equal(a.code, REACHED);
		workers_free(f.host.workers);
		fixture_end(&f);
	}
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
	sem_init(&fake()->woken, 0, 0);
	fixture_begin(&f, AUTH_NONE, false);
	f.host.workers = workers_new(3, fake_wake, NULL);
	fake()->driver.never_blocks = false;
	fake()->hold = &gate;
	wire_encode(wire_op_by_number(1)->args, &args, &payload);
	fixture_put_call(&bytes, 1, buf_at(&payload), buf_len(&payload));
	buf_clear(&payload);
	fixture_put_call(&bytes, 110, NULL, 0);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_false(fixture_take(&f, &a));
	assert_int_equal(f.client.state, CLIENT_AUTHENTICATED);
	sem_post(&gate);
	sem_wait(&fake()->woken);
	workers_collect(f.host.workers);
	assert_int_equal(client_resume(&f.client), 0);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.procedure, 1);
	assert_int_equal(a.code, 0);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.procedure, 110);
	assert_int_equal(a.code, 0);
	assert_true(dispatch_close(&f.client));
	sem_wait(&fake()->woken);
	workers_collect(f.host.workers);
	assert_int_equal(f.client.in_flight, 0);
	assert_false(dispatch_close(&f.client));
	workers_free(f.host.workers);
	fake()->driver.never_blocks = true;
	fake()->hold = NULL;
	fixture_end(&f);
	sem_destroy(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_sent_behind_open_are_answered_in_order_however_they_arrive),
		cmocka_unit_test(pings_are_answered_in_every_state),
		cmocka_unit_test(what_is_no_message_ends_the_client_after_the_answers_before_it),
		cmocka_unit_test(packets_of_streams_that_nobody_opened_are_dropped),
		cmocka_unit_test(events_go_to_those_who_asked_for_them_and_their_object),
		cmocka_unit_test(events_that_nobody_takes_end_the_client),
		cmocka_unit_test(events_of_objects_that_the_driver_does_not_have_are_refused),
		cmocka_unit_test(calls_that_block_wait_their_turn_and_pings_do_not),
		cmocka_unit_test(long_arguments_go_to_a_worker),
		cmocka_unit_test(an_open_that_blocks_keeps_the_order),
	};

	sem_init(&fake()->woken, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
