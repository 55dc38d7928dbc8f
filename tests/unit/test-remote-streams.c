/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's streams against a daemon that follows a script: data and holes, errors in the
 * middle, many threads, and daemons that keep to nothing.
 */
#include "config.h"
#include "unit.h"

#include "lib/remote-stream.h"
#include "peer.h"
#include "protocol/shapes.h"

#include <poll.h>
#include <rvirt/protocol.h>
#include <semaphore.h>

enum {
	UPLOAD = RVIRT_PROC_STORAGE_VOL_UPLOAD,
	DOWNLOAD = RVIRT_PROC_STORAGE_VOL_DOWNLOAD,
	GET_VERSION = RVIRT_PROC_CONNECT_GET_VERSION,
	BLOCK = 200000,
};

/* Opens a stream; NULL with the error set. */
static struct remote_stream *open_stream(struct peer *p, int procedure)
{
	char text[] = "x";
	const struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct rvirt_call *call = call_new(wire_op_by_number(procedure));
	struct remote_stream *s = remote_stream_new(call);

	if (remote_call(p->remote, call, &args) < 0 || call_finish(call, NULL) < 0) {
		remote_stream_free(s);
		s = NULL;
	}
	call_free(call);
	return s;
}

/* -- for scripts -- */

static void packet(int fd, const struct frame_header *call, int type, int status, const void *data,
				   size_t n)
{
	struct frame_header h = *call;
	struct buf out = {0};

	h.type = type;
	h.status = status;
	if (frame_put_bytes(&out, &h, data, n) < 0)
		abort();
	peer_write(fd, buf_at(&out), buf_len(&out));
	buf_clear(&out);
}

static void data(int fd, const struct frame_header *call, const void *bytes, size_t n)
{
	packet(fd, call, FRAME_STREAM, FRAME_CONTINUE, bytes, n);
}

static void fail_stream(int fd, const struct frame_header *call, const char *message)
{
	const struct rvirt_wire_remote_error e = {.code = ERR_OPERATION_FAILED,
											  .domain = 18,
											  .level = 2,
											  .message = (char *)(uintptr_t)message};
	struct frame_header h = *call;

	h.type = FRAME_STREAM;
	h.status = FRAME_ERROR;
	peer_put(fd, &h, &wire_shape_remote_error, &e);
}

/* The next message is of the stream, with this status. */
static void must_come(int fd, const struct frame_header *call, int status)
{
	struct frame_header h = peer_expect(fd, call->procedure);

	if (h.type != FRAME_STREAM || h.status != status || h.serial != call->serial) {
		fprintf(stderr, "the test's peer: another packet came: type %d, status %d\n", h.type,
				h.status);
		abort();
	}
}

static struct frame_header accept_stream(int fd, int procedure)
{
	struct frame_header h = peer_expect(fd, procedure);

	peer_reply(fd, &h, NULL, NULL);
	return h;
}

/* -- tests -- */

static void give_with_calls_between(int fd)
{
	static const char block[BLOCK];
	struct frame_header h = accept_stream(fd, DOWNLOAD), call;

	data(fd, &h, "begin", 5);
	packet(fd, &h, FRAME_STREAM_HOLE, FRAME_CONTINUE, "\0\0\0\0\0\0\x10\0\0\0\0\0", 12);
	call = peer_expect(fd, GET_VERSION);
	data(fd, &h, block, sizeof block);
	peer_reply_serial(fd, &call);
	data(fd, &h, "end", 3);
	data(fd, &h, NULL, 0);
	must_come(fd, &h, FRAME_OK);
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	peer_serve(fd);
}

static void data_holes_and_the_end_arrive_with_calls_between(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	static char got[BLOCK];
	struct remote_stream *s;
	struct peer p;
	int64_t hole;

	(void)state;
	peer_start(&p, give_with_calls_between, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_non_null(s);
	assert_int_equal(remote_stream_recv(s, got, 2, &hole, true), 2);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 3);
	assert_memory_equal(got, "gin", 3);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	assert_int_equal(hole, 4096);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), BLOCK);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 3);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	assert_int_equal(hole, 0);
	assert_int_equal(remote_stream_end(s, false), 0);
	assert_int_equal(remote_stream_end(s, false), -1);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	remote_stream_free(s);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

static void give_before_answering(int fd)
{
	struct frame_header h = peer_expect(fd, DOWNLOAD);

	packet(fd, &h, FRAME_STREAM_HOLE, FRAME_CONTINUE, "\0\0\0\0\0\0\x10\0\0\0\0\0", 12);
	peer_reply(fd, &h, NULL, NULL);
	data(fd, &h, "end", 3);
	data(fd, &h, NULL, 0);
	must_come(fd, &h, FRAME_OK);
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	/* and one that is refused after all: nobody aborts it */
	h = peer_expect(fd, DOWNLOAD);
	data(fd, &h, "lost", 4);
	peer_reply_error(fd, &h, ERR_NO_STORAGE_VOL, "no such volume");
	peer_serve(fd);
}

static void what_comes_before_the_answer_belongs_to_the_stream(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	struct remote_stream *s;
	struct peer p;
	char got[8];
	int64_t hole;

	(void)state;
	peer_start(&p, give_before_answering, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_non_null(s);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	assert_int_equal(hole, 4096);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 3);
	assert_int_equal(remote_stream_end(s, false), 0);
	remote_stream_free(s);
	assert_null(open_stream(&p, DOWNLOAD));
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

static void take_all(int fd)
{
	struct frame_header h = accept_stream(fd, UPLOAD), got;

	for (;;) {
		if (!peer_read(fd, &got))
			return;
		if (got.procedure == GET_VERSION)
			peer_reply_serial(fd, &got);
		else if (got.status == FRAME_OK)
			break;
		else if (got.status != FRAME_CONTINUE)
			abort();
	}
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	peer_serve(fd);
}

static sem_t may_take;

static void take_late(int fd)
{
	struct frame_header h = accept_stream(fd, UPLOAD), got;

	sem_wait(&may_take);
	while (peer_read(fd, &got) && got.status == FRAME_CONTINUE)
		;
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	peer_serve(fd);
}

static void a_loop_sends_what_goes_without_waiting(void **state)
{
	static const char block[BLOCK];
	size_t sent = 0, before;
	struct remote_stream *s;
	struct peer p;
	ssize_t n;

	(void)state;
	sem_init(&may_take, 0, 0);
	peer_start(&p, take_late, NULL);
	s = open_stream(&p, UPLOAD);
	while ((n = remote_stream_try_send(s, block, sizeof block)) > 0)
		sent += (size_t)n;
	assert_int_equal(n, REMOTE_STREAM_AGAIN);
	assert_in_range(sent, BLOCK, 100 * BLOCK);
	before = sent;
	sem_post(&may_take);
	while (sent < before + 20 * BLOCK) {
		struct pollfd ready = {.fd = remote_poll_fd(p.remote, &ready.events)};

		n = remote_stream_try_send(s, block, sizeof block);
		assert_true(n > 0 || n == REMOTE_STREAM_AGAIN);
		sent += n > 0 ? (size_t)n : 0;
		if (n < 0 && poll(&ready, 1, 10000) == 1)
			assert_int_equal(remote_dispatch(p.remote), 0);
	}
	assert_int_equal(remote_stream_end(s, false), 0);
	assert_int_equal(remote_stream_try_send(s, block, 1), -1);
	remote_stream_free(s);
	peer_end(&p);
	sem_destroy(&may_take);
}

static char failed[] = "failed";

static void *call_meanwhile(void *opaque)
{
	for (int i = 0; i < 500; i++) {
		struct rvirt_wire_hv_ver_ret ret;

		if (peer_call(opaque, GET_VERSION, &ret) < 0)
			return failed;
	}
	return NULL;
}

static void much_is_sent_while_threads_call(void **state)
{
	static const char block[3 * BLOCK];
	struct remote_stream *s;
	pthread_t threads[3];
	struct peer p;
	void *result;

	(void)state;
	peer_start(&p, take_all, NULL);
	s = open_stream(&p, UPLOAD);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, call_meanwhile, &p);
	for (int i = 0; i < 50; i++)
		assert_int_equal(remote_stream_send(s, block, sizeof block), 0);
	assert_int_equal(remote_stream_send_hole(s, 4096), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &result);
		assert_null(result);
	}
	assert_int_equal(remote_stream_end(s, false), 0);
	remote_stream_free(s);
	peer_end(&p);
}

static void fail_in_the_middle(int fd)
{
	struct frame_header h = accept_stream(fd, UPLOAD), got;

	must_come(fd, &h, FRAME_CONTINUE);
	fail_stream(fd, &h, "disk full");
	while (peer_read(fd, &got))
		if (got.procedure == GET_VERSION)
			peer_reply_serial(fd, &got);
}

static void an_error_in_the_middle_ends_the_sending(void **state)
{
	static const char block[BLOCK];
	struct rvirt_wire_hv_ver_ret version;
	struct remote_stream *s;
	struct peer p;
	int i = 0;

	(void)state;
	peer_start(&p, fail_in_the_middle, NULL);
	s = open_stream(&p, UPLOAD);
	while (remote_stream_send(s, block, sizeof block) == 0)
		assert_true(++i < 1000000);
	assert_int_equal(error_last()->code, ERR_OPERATION_FAILED);
	assert_non_null(strstr(error_last()->message, "disk full"));
	assert_int_equal(remote_stream_end(s, false), -1);
	assert_non_null(strstr(error_last()->message, "disk full"));
	remote_stream_free(s);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

static void give_then_fail(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD);

	data(fd, &h, "some", 4);
	fail_stream(fd, &h, "disk broken");
	peer_serve(fd);
}

static void what_came_before_an_error_is_received(void **state)
{
	struct remote_stream *s;
	struct peer p;
	char got[10];
	int64_t hole;

	(void)state;
	peer_start(&p, give_then_fail, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 4);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), -1);
	assert_non_null(strstr(error_last()->message, "disk broken"));
	remote_stream_free(s);
	peer_end(&p);
}

static void refuse_to_finish(int fd)
{
	struct frame_header h = accept_stream(fd, UPLOAD);

	must_come(fd, &h, FRAME_CONTINUE);
	must_come(fd, &h, FRAME_OK);
	fail_stream(fd, &h, "not all was there");
	peer_serve(fd);
}

static void the_result_of_finishing_is_the_daemons(void **state)
{
	struct remote_stream *s;
	struct peer p;

	(void)state;
	peer_start(&p, refuse_to_finish, NULL);
	s = open_stream(&p, UPLOAD);
	assert_int_equal(remote_stream_send(s, "data", 4), 0);
	assert_int_equal(remote_stream_end(s, false), -1);
	assert_non_null(strstr(error_last()->message, "not all was there"));
	remote_stream_free(s);
	peer_end(&p);
}

static void refuse_to_open(int fd)
{
	struct frame_header h = peer_expect(fd, DOWNLOAD);

	peer_reply_error(fd, &h, ERR_NO_STORAGE_VOL, "no such volume");
	/* as if it were open */
	data(fd, &h, "data", 4);
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	peer_serve(fd);
}

static void a_call_that_fails_opens_nothing(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	struct peer p;

	(void)state;
	peer_start(&p, refuse_to_open, NULL);
	assert_null(open_stream(&p, DOWNLOAD));
	assert_int_equal(error_last()->code, ERR_NO_STORAGE_VOL);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

static void expect_abort(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD);

	data(fd, &h, "data", 4);
	must_come(fd, &h, FRAME_ERROR);
	packet(fd, &h, FRAME_STREAM, FRAME_OK, NULL, 0);
	h = accept_stream(fd, DOWNLOAD);
	must_come(fd, &h, FRAME_ERROR);
	peer_serve(fd);
}

static void streams_are_aborted_on_demand_and_when_freed(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	struct remote_stream *s;
	struct peer p;

	(void)state;
	peer_start(&p, expect_abort, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_end(s, true), 0);
	remote_stream_free(s);
	remote_stream_free(open_stream(&p, DOWNLOAD));
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

static void go_away(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD);

	data(fd, &h, "data", 4);
}

static void a_daemon_that_goes_fails_its_streams(void **state)
{
	struct remote_stream *s;
	struct peer p;
	char got[10];
	int64_t hole;

	(void)state;
	peer_start(&p, go_away, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 4);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), -1);
	assert_non_null(strstr(error_last()->message, "End of file"));
	assert_int_equal(remote_stream_end(s, false), -1);
	peer_end(&p);
	/* the connection is gone */
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), -1);
	assert_int_equal(remote_stream_send(s, got, sizeof got), -1);
	assert_int_equal(remote_stream_end(s, true), -1);
	remote_stream_free(s);
}

/* More than anybody should keep. */
static void flood(int fd)
{
	static const char block[BLOCK];
	struct frame_header h = accept_stream(fd, DOWNLOAD), call = peer_expect(fd, GET_VERSION);

	for (int i = 0; i < 1000; i++)
		data(fd, &h, block, sizeof block);
	peer_reply_serial(fd, &call);
	must_come(fd, &h, FRAME_ERROR);
	peer_serve(fd);
}

static void what_nobody_receives_ends_the_stream_at_a_bound(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	static char got[BLOCK];
	struct remote_stream *s;
	int64_t hole, all = 0;
	struct peer p;
	ssize_t n;

	(void)state;
	peer_start(&p, flood, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	while ((n = remote_stream_recv(s, got, sizeof got, &hole, true)) > 0)
		all += n;
	assert_int_equal(n, -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_ABORTED);
	assert_in_range(all, 30 * 1024 * 1024, 65 * 1024 * 1024);
	remote_stream_free(s);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	peer_end(&p);
}

/* Sends what makes no sense for a stream, and what comes late. */
static void babble(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD), other = h, call;

	other.serial += 1000;
	data(fd, &other, "data", 4);
	packet(fd, &other, FRAME_STREAM, FRAME_OK, NULL, 0);
	fail_stream(fd, &other, "of another");
	other = h;
	other.procedure = UPLOAD;
	data(fd, &other, "data", 4);
	/* a second answer to the call */
	peer_reply(fd, &h, NULL, NULL);
	data(fd, &h, "right", 5);
	data(fd, &h, NULL, 0);
	data(fd, &h, "after the end", 13);
	call = peer_expect(fd, GET_VERSION);
	peer_reply_serial(fd, &call);
	peer_serve(fd);
}

static void packets_of_no_stream_change_nothing(void **state)
{
	struct rvirt_wire_hv_ver_ret version;
	struct remote_stream *s;
	struct peer p;
	char got[20];
	int64_t hole;

	(void)state;
	peer_start(&p, babble, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 5);
	assert_memory_equal(got, "right", 5);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	assert_int_equal(peer_call(&p, GET_VERSION, &version), 0);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), 0);
	remote_stream_free(s);
	peer_end(&p);
}

static void give_a_bad_hole(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD);

	packet(fd, &h, FRAME_STREAM_HOLE, FRAME_CONTINUE, "\xff\0\0\0\0\0\0\0\0\0\0\0", 12);
	must_come(fd, &h, FRAME_ERROR);
	peer_serve(fd);
}

static void a_hole_of_negative_length_ends_the_stream(void **state)
{
	struct remote_stream *s;
	struct peer p;
	char got[20];
	int64_t hole;

	(void)state;
	peer_start(&p, give_a_bad_hole, NULL);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, true), -1);
	assert_int_equal(error_last()->code, ERR_RPC);
	remote_stream_free(s);
	peer_end(&p);
}

static void say_nothing(int fd)
{
	struct frame_header h = accept_stream(fd, DOWNLOAD), got;

	must_come(fd, &h, FRAME_OK);
	while (peer_read(fd, &got))
		;
}

static void a_confirmation_that_does_not_come_times_out(void **state)
{
	const struct remote_options options = {.call_timeout_ms = 50, .ping_interval_ms = -1};
	struct remote_stream *s;
	struct peer p;
	char got[20];
	int64_t hole;

	(void)state;
	peer_start(&p, say_nothing, &options);
	s = open_stream(&p, DOWNLOAD);
	assert_int_equal(remote_stream_recv(s, got, sizeof got, &hole, false), REMOTE_STREAM_AGAIN);
	assert_int_equal(remote_stream_end(s, false), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	remote_stream_free(s);
	peer_end(&p);
}

/* Two streams at once: one thread receives each. */
static void give_two(int fd)
{
	static const char block[BLOCK];
	struct frame_header a = accept_stream(fd, DOWNLOAD), b = accept_stream(fd, DOWNLOAD);

	for (int i = 0; i < 100; i++) {
		data(fd, &a, block, sizeof block);
		data(fd, &b, block, 10);
	}
	data(fd, &a, NULL, 0);
	data(fd, &b, NULL, 0);
	peer_serve(fd);
}

static void *receive_all(void *opaque)
{
	char *got = malloc(BLOCK);
	int64_t hole;
	ssize_t n;

	while ((n = remote_stream_recv(opaque, got, BLOCK, &hole, true)) > 0)
		;
	free(got);
	return n < 0 ? failed : NULL;
}

static void threads_receive_streams_side_by_side(void **state)
{
	struct remote_stream *a, *b;
	pthread_t threads[2];
	struct peer p;
	void *result;

	(void)state;
	peer_start(&p, give_two, NULL);
	a = open_stream(&p, DOWNLOAD);
	b = open_stream(&p, DOWNLOAD);
	pthread_create(&threads[0], NULL, receive_all, a);
	pthread_create(&threads[1], NULL, receive_all, b);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &result);
		assert_null(result);
	}
	remote_stream_free(a);
	remote_stream_free(b);
	peer_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_holes_and_the_end_arrive_with_calls_between),
		cmocka_unit_test(what_comes_before_the_answer_belongs_to_the_stream),
		cmocka_unit_test(a_loop_sends_what_goes_without_waiting),
		cmocka_unit_test(much_is_sent_while_threads_call),
		cmocka_unit_test(an_error_in_the_middle_ends_the_sending),
		cmocka_unit_test(what_came_before_an_error_is_received),
		cmocka_unit_test(the_result_of_finishing_is_the_daemons),
		cmocka_unit_test(a_call_that_fails_opens_nothing),
		cmocka_unit_test(streams_are_aborted_on_demand_and_when_freed),
		cmocka_unit_test(a_daemon_that_goes_fails_its_streams),
		cmocka_unit_test(what_nobody_receives_ends_the_stream_at_a_bound),
		cmocka_unit_test(packets_of_no_stream_change_nothing),
		cmocka_unit_test(a_hole_of_negative_length_ends_the_stream),
		cmocka_unit_test(a_confirmation_that_does_not_come_times_out),
		cmocka_unit_test(threads_receive_streams_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
