/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls over a connection: answers in any order, many threads, deadlines, and every way to break.
 */
#include "config.h"
#include "unit.h"

#include "peer.h"
#include "protocol/shapes.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <rvirt/protocol.h>
#include <sys/socket.h>

enum {
	GET_VERSION = RVIRT_PROC_CONNECT_GET_VERSION,
	GET_HOSTNAME = RVIRT_PROC_CONNECT_GET_HOSTNAME
};

static uint64_t version_of(struct peer *p)
{
	struct rvirt_wire_hv_ver_ret ret = {.hv_ver = 12345};

	assert_int_equal(peer_call(p, GET_VERSION, &ret), 0);
	return ret.hv_ver;
}

static void call_fails(struct peer *p, int code, const char *text)
{
	struct rvirt_wire_hv_ver_ret ret = {.hv_ver = 12345};

	assert_int_equal(peer_call(p, GET_VERSION, &ret), -1);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->message, text));
	assert_int_equal(ret.hv_ver, 12345);
}

static void calls_are_answered_one_after_the_other(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, peer_serve, NULL);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(version_of(&p), i);
	peer_end(&p);
}

static void answer_backwards(int fd)
{
	struct frame_header h[200];

	for (int i = 0; i < 200; i++)
		h[i] = peer_expect(fd, GET_VERSION);
	for (int i = 200; i > 0; i--)
		peer_reply_serial(fd, &h[i - 1]);
	peer_serve(fd);
}

static void answers_come_in_any_order(void **state)
{
	struct rvirt_call *calls[200];
	struct rvirt_wire_hv_ver_ret ret;
	struct peer p;

	(void)state;
	peer_start(&p, answer_backwards, NULL);
	for (int i = 0; i < 200; i++)
		calls[i] = peer_send(&p, GET_VERSION, NULL);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(peer_wait(&p, calls[i], &ret), 0);
		assert_int_equal(ret.hv_ver, i);
	}
	assert_int_equal(version_of(&p), 200);
	peer_end(&p);
}

/* Answers what has come in groups of up to five, the last first. */
static void answer_in_groups(int fd)
{
	struct frame_header h[5];

	while (peer_read(fd, &h[0])) {
		struct pollfd more = {.fd = fd, .events = POLLIN};
		int n = 1;

		while (n < 5 && poll(&more, 1, 0) == 1 && peer_read(fd, &h[n]))
			n++;
		while (n > 0)
			peer_reply_serial(fd, &h[--n]);
	}
}

enum { THREADS = 8, CALLS_EACH = 500 };

/* What a thread returns when something is wrong. */
static char wrong_answer[] = "wrong answer", answered[] = "answered", no_cause[] = "no cause";

static void *call_often(void *opaque)
{
	struct peer *p = opaque;

	for (int i = 0; i < CALLS_EACH; i++) {
		struct rvirt_call *call = peer_send(p, GET_VERSION, NULL);
		struct rvirt_wire_hv_ver_ret ret;
		uint32_t serial = call->serial;

		if (peer_wait(p, call, &ret) < 0 || ret.hv_ver != serial)
			return wrong_answer;
	}
	return NULL;
}

static void threads_share_a_connection(void **state)
{
	pthread_t threads[THREADS];
	struct peer p;

	(void)state;
	peer_start(&p, answer_in_groups, NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, &p), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(p.remote ? version_of(&p) : 0, THREADS * CALLS_EACH);
	peer_end(&p);
}

/* -- deadlines -- */

static void answer_the_first_late(int fd)
{
	struct frame_header first = peer_expect(fd, GET_VERSION), second = peer_expect(fd, GET_VERSION);

	peer_reply_serial(fd, &first);
	peer_reply_serial(fd, &second);
	peer_serve(fd);
}

static const struct remote_options hasty = {.call_timeout_ms = 200, .ping_interval_ms = -1};

static void late_answer_is_dropped(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, answer_the_first_late, &hasty);
	call_fails(&p, ERR_OPERATION_TIMEOUT,
			   "no answer to CONNECT_GET_VERSION in time, the test's peer");
	assert_int_equal(version_of(&p), 1);
	assert_int_equal(version_of(&p), 2);
	peer_end(&p);
}

static void answer_nothing(int fd)
{
	struct frame_header h;

	while (peer_read(fd, &h))
		;
}

static void *call_in_vain(void *opaque)
{
	struct rvirt_wire_hv_ver_ret ret;

	return peer_call(opaque, GET_VERSION, &ret) < 0 && error_last()->code == ERR_OPERATION_TIMEOUT
			   ? NULL
			   : answered;
}

/* The reader's own deadline comes first: the others are still woken by theirs. */
static void every_thread_has_its_deadline(void **state)
{
	pthread_t threads[THREADS];
	struct peer p;

	(void)state;
	peer_start(&p, answer_nothing, &hasty);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_in_vain, &p), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_false(remote_is_broken(p.remote));
	peer_end(&p);
}

/* -- what the daemon says -- */

static void answer_with_error(int fd)
{
	struct frame_header h = peer_expect(fd, GET_VERSION);

	peer_reply_error(fd, &h, ERR_NO_DOMAIN, "Domain not found: no such domain");
	peer_serve(fd);
}

static void error_of_the_daemon_is_the_threads(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, answer_with_error, NULL);
	call_fails(&p, ERR_NO_DOMAIN, "Domain not found: no such domain");
	assert_int_equal(error_last()->domain, 10);
	assert_int_equal(version_of(&p), 1);
	peer_end(&p);
}

static void answer_too_short(int fd)
{
	struct frame_header h = peer_expect(fd, GET_VERSION);

	peer_reply(fd, &h, NULL, NULL);
	peer_serve(fd);
}

static void undecodable_answer_fails_its_call_alone(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, answer_too_short, NULL);
	call_fails(&p, ERR_RPC, "CONNECT_GET_VERSION: message ends within hv_ver");
	assert_int_equal(version_of(&p), 1);
	peer_end(&p);
}

static void answer_with_descriptors(int fd)
{
	struct frame_header call = peer_expect(fd, GET_VERSION), h = call;
	const uint32_t count = htobe32(2);
	CLEANUP_BUF struct buf out = {0};

	h.type = FRAME_REPLY_WITH_FDS;
	if (frame_put_bytes(&out, &h, &count, sizeof count) < 0)
		abort();
	peer_write(fd, buf_at(&out), buf_len(&out));
	peer_write(fd, "\0\0", 2);
	peer_serve(fd);
}

static void bytes_of_descriptors_are_no_message(void **state)
{
	struct peer p;

	(void)state;
	peer_start(&p, answer_with_descriptors, NULL);
	call_fails(&p, ERR_OPERATION_UNSUPPORTED, "descriptor");
	assert_int_equal(version_of(&p), 1);
	peer_end(&p);
}

static void expect_abort(int fd)
{
	struct frame_header call = peer_expect(fd, RVIRT_PROC_DOMAIN_SCREENSHOT), h = call, end;
	const struct rvirt_wire_mime_ret ret = {0};

	peer_reply(fd, &call, &wire_shape_mime_ret, &ret);
	h.type = FRAME_STREAM;
	h.status = FRAME_CONTINUE;
	peer_put(fd, &h, NULL, NULL);
	end = peer_expect(fd, RVIRT_PROC_DOMAIN_SCREENSHOT);
	if (end.type != FRAME_STREAM || end.status != FRAME_ERROR || end.serial != call.serial)
		abort();
	peer_serve(fd);
}

static void stream_that_was_opened_is_ended(void **state)
{
	struct rvirt_wire_dom_screen_flags_args args = {.dom = {.name = (char[]){"a"}}};
	struct rvirt_wire_mime_ret ret;
	struct peer p;

	(void)state;
	peer_start(&p, expect_abort, NULL);
	assert_int_equal(peer_wait(&p, peer_send(&p, RVIRT_PROC_DOMAIN_SCREENSHOT, &args), &ret), 0);
	assert_null(ret.mime);
	assert_int_equal(version_of(&p), 1);
	peer_end(&p);
}

/* -- breaking -- */

static void speak_http(int fd)
{
	peer_expect(fd, GET_VERSION);
	peer_write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
}

static void speak_garbage(int fd)
{
	peer_expect(fd, GET_VERSION);
	peer_write(fd, "\xff\xff\xff\xff\x00\x01\x02\x03", 8);
}

static void stop_within_an_answer(int fd)
{
	peer_expect(fd, GET_VERSION);
	peer_write(fd, "\x01\x00\x00\x00\x20\x00\x80\x86\x00\x00", 10);
}

static void go_away(int fd)
{
	peer_expect(fd, GET_VERSION);
}

static void answer_another_procedure(int fd)
{
	struct frame_header h = peer_expect(fd, GET_VERSION);

	h.procedure = GET_HOSTNAME;
	peer_reply_serial(fd, &h);
	peer_serve(fd);
}

static void answer_for_another_program(int fd)
{
	struct frame_header h = peer_expect(fd, GET_VERSION);

	h.program = 0x20008088;
	peer_reply_serial(fd, &h);
	peer_serve(fd);
}

static void broken_connections_say_why_and_stay_broken(void **state)
{
	static const struct {
		peer_script script;
		int code;
		const char *text;
	} rows[] = {
		{speak_http, ERR_RPC, "the peer speaks HTTP"},
		{speak_garbage, ERR_RPC, "4294967295 bytes"},
		{stop_within_an_answer, ERR_SYSTEM_ERROR, "in the middle of a message, the test's peer"},
		{go_away, ERR_SYSTEM_ERROR, "End of file while reading data"},
		{answer_another_procedure, ERR_RPC, "answer to another call"},
		{answer_for_another_program, ERR_RPC, "message of another program"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer p;

		peer_start(&p, rows[i].script, NULL);
		call_fails(&p, rows[i].code, rows[i].text);
		call_fails(&p, rows[i].code, rows[i].text);
		assert_true(remote_is_broken(p.remote));
		assert_int_equal(remote_dispatch(p.remote), -1);
		peer_end(&p);
	}
}

static void take_some_and_go(int fd)
{
	for (int i = 0; i < THREADS / 2; i++)
		peer_expect(fd, GET_VERSION);
}

static void *call_until_broken(void *opaque)
{
	struct rvirt_wire_hv_ver_ret ret;

	while (peer_call(opaque, GET_VERSION, &ret) == 0)
		;
	return strstr(error_last()->message, "the test's peer") ? NULL : no_cause;
}

static void a_break_fails_the_calls_of_all_threads(void **state)
{
	pthread_t threads[THREADS];
	struct peer p;

	(void)state;
	peer_start(&p, take_some_and_go, NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_until_broken, &p), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	peer_end(&p);
}

static void calls_that_are_out_fail_when_closed(void **state)
{
	struct peer p;
	struct rvirt_call *call;

	(void)state;
	peer_start(&p, answer_nothing, NULL);
	call = peer_send(&p, GET_VERSION, NULL);
	peer_end(&p);
	assert_true(call_is_done(call));
	assert_int_equal(call_finish(call, NULL), -1);
	assert_non_null(strstr(error_last()->message, "was closed"));
	call_free(call);
}

/* -- much at once -- */

enum { BIG = 60 * 1024, MANY = 100 };

/* Reads no further before its answer is taken: whoever only writes here waits for ever. */
static void answer_with_much(int fd)
{
	struct frame_header h;
	char *text = calloc(1, BIG + 1);
	struct rvirt_wire_xml_ret ret = {.xml = memset(text, 'x', BIG)};

	while (peer_read(fd, &h))
		peer_reply(fd, &h, &wire_shape_xml_ret, &ret);
	free(text);
}

static void *exchange_much(void *opaque)
{
	struct peer *p = opaque;
	struct rvirt_call *calls[MANY];
	char *text = calloc(1, BIG + 1);
	struct rvirt_wire_dom_flags_args args = {.dom = {.name = memset(text, 'n', BIG)}};
	void *wrong = NULL;

	for (int i = 0; i < MANY; i++)
		calls[i] = peer_send(p, RVIRT_PROC_DOMAIN_GET_XML_DESC, &args);
	for (int i = 0; i < MANY; i++) {
		struct rvirt_wire_xml_ret ret = {0};

		if (peer_wait(p, calls[i], &ret) < 0 || strlen(ret.xml) != BIG)
			wrong = wrong_answer;
		free(ret.xml);
	}
	free(text);
	return wrong;
}

static void full_pipes_do_not_stop_either_side(void **state)
{
	pthread_t threads[3];
	struct peer p;

	(void)state;
	peer_start(&p, answer_with_much, NULL);
	assert_null(exchange_much(&p));
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, exchange_much, &p), 0);
	for (int i = 0; i < 3; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	peer_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_answered_one_after_the_other),
		cmocka_unit_test(answers_come_in_any_order),
		cmocka_unit_test(threads_share_a_connection),
		cmocka_unit_test(late_answer_is_dropped),
		cmocka_unit_test(every_thread_has_its_deadline),
		cmocka_unit_test(error_of_the_daemon_is_the_threads),
		cmocka_unit_test(undecodable_answer_fails_its_call_alone),
		cmocka_unit_test(bytes_of_descriptors_are_no_message),
		cmocka_unit_test(stream_that_was_opened_is_ended),
		cmocka_unit_test(broken_connections_say_why_and_stay_broken),
		cmocka_unit_test(a_break_fails_the_calls_of_all_threads),
		cmocka_unit_test(calls_that_are_out_fail_when_closed),
		cmocka_unit_test(full_pipes_do_not_stop_either_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
