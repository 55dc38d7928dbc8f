/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's streams: packets in, packets out, over a driver's end that the test controls. With
 * clients that keep to nothing.
 */
#include "config.h"

#include "daemon-fixture.h"

#include "base/cleanup.h"
#include "daemon/workers.h"
#include "protocol/stream.h"

#include <rvirt/protocol.h>

enum { UPLOAD = RVIRT_PROC_STORAGE_VOL_UPLOAD, DOWNLOAD = RVIRT_PROC_STORAGE_VOL_DOWNLOAD };

/* The driver's end. */
static struct {
	uint64_t left;    /* bytes that can still be read */
	uint64_t hole_at; /* where a hole of 4096 bytes comes, by what is left */
	uint64_t fail_at; /* where it fails, the same for both directions */
	uint64_t written, holes;
	unsigned opened, closed, finished, reads;
	bool finish_fails;
} end;

static ssize_t end_read(struct driver_stream *s, void *data, size_t n, int64_t *ret_hole)
{
	(void)s;
	end.reads++;
	if (end.fail_at && end.left <= end.fail_at)
		return error_set(FROM_STORAGE, ERR_OPERATION_FAILED, "read");
	if (end.hole_at && end.left == end.hole_at) {
		end.hole_at = 0;
		*ret_hole = 4096;
		return 0;
	}
	if (n > end.left)
		n = end.left;
	memset(data, 'x', n);
	end.left -= n;
	return (ssize_t)n;
}

static int end_write(struct driver_stream *s, const void *data, size_t n)
{
	(void)s, (void)data;
	end.written += n;
	return end.fail_at && end.written >= end.fail_at
			   ? error_set(FROM_STORAGE, ERR_OPERATION_FAILED, "write")
			   : 0;
}

static int end_write_hole(struct driver_stream *s, int64_t length)
{
	(void)s;
	end.holes += (uint64_t)length;
	return 0;
}

static int end_finish(struct driver_stream *s)
{
	(void)s;
	end.finished++;
	return end.finish_fails ? error_set(FROM_STORAGE, ERR_OPERATION_FAILED, "finish") : 0;
}

static void end_close(struct driver_stream *s)
{
	free(s);
	end.closed++;
}

static struct driver_stream *open_with(const struct driver_stream_ops *ops)
{
	struct driver_stream *s = malloc(sizeof *s);

	*s = (struct driver_stream){ops};
	end.opened++;
	return s;
}

static struct driver_stream *open_source(void)
{
	static const struct driver_stream_ops ops = {
		.read = end_read, .finish = end_finish, .close = end_close};

	return open_with(&ops);
}

static struct driver_stream *open_sink(void)
{
	static const struct driver_stream_ops ops = {
		.write = end_write, .finish = end_finish, .close = end_close};

	return open_with(&ops);
}

static struct driver_stream *open_sparse_sink(void)
{
	static const struct driver_stream_ops ops = {
		.write = end_write, .write_hole = end_write_hole, .finish = end_finish, .close = end_close};

	return open_with(&ops);
}

static void begin(struct fixture *f, struct driver_stream *(*open_stream)(void))
{
	memset(&end, 0, sizeof end);
	fake()->open_stream = open_stream;
	fixture_begin(f, AUTH_NONE, false);
	fixture_open(f, 0);
}

static void finish(struct fixture *f)
{
	fixture_end(f);
	assert_int_equal(end.opened, end.closed);
	fake()->open_stream = NULL;
}

/* Opens a stream; the header of its packets. */
static struct frame_header open_stream(struct fixture *f, int procedure)
{
	char text[] = "x";
	struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct frame_header h;
	struct answer a;

	assert_int_equal(fixture_call_shape(f, procedure, &args, &a), 0);
	assert_int_equal(a.header.status, FRAME_OK);
	h = a.header;
	h.type = FRAME_STREAM;
	h.status = FRAME_CONTINUE;
	return h;
}

static void send(struct fixture *f, struct frame_header h, int status, const void *data, size_t n)
{
	struct buf bytes = {0};

	h.status = status;
	assert_int_equal(frame_put_bytes(&bytes, &h, data, n), 0);
	assert_int_equal(fixture_feed(f, &bytes), 0);
}

static void expect(struct fixture *f, const struct frame_header *h, int status, int code)
{
	struct answer a;

	assert_true(fixture_take(f, &a));
	assert_int_equal(a.header.type, FRAME_STREAM);
	assert_int_equal(a.header.procedure, h->procedure);
	assert_int_equal(a.header.serial, h->serial);
	assert_int_equal(a.header.status, status);
	assert_int_equal(a.code, code);
}

static void nothing_more(struct fixture *f)
{
	struct answer a;

	assert_false(fixture_take(f, &a));
}

static void all_that_is_read_is_sent_then_an_empty_packet(void **state)
{
	struct frame_header h;
	struct fixture f;
	struct answer a;
	uint64_t got = 0;

	(void)state;
	begin(&f, open_source);
	end.left = 10 * 1000 * 1000;
	h = open_stream(&f, DOWNLOAD);
	do {
		assert_true(fixture_take(&f, &a));
		assert_int_equal(a.header.type, FRAME_STREAM);
		assert_int_equal(a.header.status, FRAME_CONTINUE);
		assert_int_equal(a.header.serial, h.serial);
		assert_true(a.payload_len <= STREAM_DATA_MAX);
		got += a.payload_len;
	} while (a.payload_len);
	assert_int_equal(got, 10 * 1000 * 1000);
	nothing_more(&f);
	assert_int_equal(end.finished, 0);
	send(&f, h, FRAME_OK, NULL, 0);
	expect(&f, &h, FRAME_OK, 0);
	assert_int_equal(end.finished, 1);
	assert_int_equal(end.closed, 1);
	finish(&f);
}

static void a_client_that_does_not_take_its_data_stops_the_reading(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, open_source);
	end.left = UINT64_MAX / 2;
	for (int i = 0; i < 5; i++)
		open_stream(&f, DOWNLOAD);
	assert_true(end.reads <= 8);
	/* other calls go on */
	assert_int_equal(fixture_call(&f, 3, NULL, 0, &a), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_true(fixture_take(&f, &a));
	assert_true(end.reads <= 8 + 100);
	finish(&f);
}

static void streams_take_turns(void **state)
{
	struct frame_header h[5];
	unsigned seen[5] = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, open_source);
	end.left = UINT64_MAX / 2;
	for (int i = 0; i < 5; i++)
		h[i] = open_stream(&f, DOWNLOAD);
	for (int i = 0; i < 100; i++) {
		assert_true(fixture_take(&f, &a));
		for (int k = 0; k < 5; k++)
			seen[k] += a.header.serial == h[k].serial;
	}
	for (int k = 0; k < 5; k++)
		assert_in_range(seen[k], 10, 30);
	finish(&f);
}

static void holes_travel_as_such(void **state)
{
	struct frame_header h;
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, open_source);
	end.left = end.hole_at = 100;
	h = open_stream(&f, DOWNLOAD);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.type, FRAME_STREAM_HOLE);
	assert_int_equal(a.header.status, FRAME_CONTINUE);
	assert_int_equal(a.header.serial, h.serial);
	assert_int_equal(a.payload_len, 12);
	assert_memory_equal(a.payload, "\0\0\0\0\0\0\x10\0\0\0\0\0", 12);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.payload_len, 100);
	finish(&f);

	begin(&f, open_sparse_sink);
	h = open_stream(&f, UPLOAD);
	h.type = FRAME_STREAM_HOLE;
	send(&f, h, FRAME_CONTINUE, "\0\0\0\0\0\0\x10\0\0\0\0\0", 12);
	assert_int_equal(end.holes, 4096);
	/* of negative length */
	send(&f, h, FRAME_CONTINUE, "\xff\0\0\0\0\0\x10\0\0\0\0\0", 12);
	expect(&f, &h, FRAME_ERROR, ERR_RPC);
	assert_int_equal(end.closed, 1);
	finish(&f);
}

static void a_hole_that_was_not_agreed_upon_ends_the_stream(void **state)
{
	struct frame_header h, hole;
	struct fixture f;

	(void)state;
	begin(&f, open_sink);
	hole = h = open_stream(&f, UPLOAD);
	hole.type = FRAME_STREAM_HOLE;
	send(&f, hole, FRAME_CONTINUE, "\0\0\0\0\0\0\x10\0\0\0\0\0", 12);
	expect(&f, &h, FRAME_ERROR, ERR_RPC);
	assert_int_equal(end.closed, 1);
	assert_int_equal(end.finished, 0);
	finish(&f);
}

static void what_is_sent_is_written_and_confirmed(void **state)
{
	static const char data[STREAM_DATA_MAX];
	struct frame_header h;
	struct fixture f;

	(void)state;
	begin(&f, open_sink);
	h = open_stream(&f, UPLOAD);
	for (int i = 0; i < 20; i++)
		send(&f, h, FRAME_CONTINUE, data, i % 2 ? sizeof data : 1 + (size_t)i);
	assert_int_equal(end.written, 10 * sizeof data + 100);
	nothing_more(&f);
	send(&f, h, FRAME_OK, NULL, 0);
	expect(&f, &h, FRAME_OK, 0);
	assert_int_equal(end.finished, 1);
	finish(&f);
}

static void an_error_in_the_middle_is_told_and_the_rest_is_dropped(void **state)
{
	struct frame_header h;
	struct fixture f;

	(void)state;
	begin(&f, open_sink);
	end.fail_at = 10;
	h = open_stream(&f, UPLOAD);
	send(&f, h, FRAME_CONTINUE, "12345", 5);
	nothing_more(&f);
	send(&f, h, FRAME_CONTINUE, "67890", 5);
	expect(&f, &h, FRAME_ERROR, ERR_OPERATION_FAILED);
	assert_int_equal(end.closed, 1);
	send(&f, h, FRAME_CONTINUE, "more", 4);
	nothing_more(&f);
	/* who asks for a confirmation is told */
	send(&f, h, FRAME_OK, NULL, 0);
	expect(&f, &h, FRAME_ERROR, ERR_INVALID_STREAM);
	assert_int_equal(end.written, 10);
	finish(&f);

	begin(&f, open_source);
	end.left = 600 * 1000;
	end.fail_at = 100 * 1000;
	h = open_stream(&f, DOWNLOAD);
	expect(&f, &h, FRAME_CONTINUE, 0);
	expect(&f, &h, FRAME_CONTINUE, 0);
	expect(&f, &h, FRAME_ERROR, ERR_OPERATION_FAILED);
	finish(&f);
}

static void a_finish_that_fails_is_told(void **state)
{
	struct frame_header h;
	struct fixture f;

	(void)state;
	begin(&f, open_sink);
	end.finish_fails = true;
	h = open_stream(&f, UPLOAD);
	send(&f, h, FRAME_OK, NULL, 0);
	expect(&f, &h, FRAME_ERROR, ERR_OPERATION_FAILED);
	nothing_more(&f);
	finish(&f);
}

static void an_abort_closes_without_finishing(void **state)
{
	struct frame_header h;
	struct fixture f;

	(void)state;
	begin(&f, open_source);
	end.left = UINT64_MAX / 2;
	h = open_stream(&f, DOWNLOAD);
	send(&f, h, FRAME_ERROR, NULL, 0);
	/* what was read and not sent is dropped */
	expect(&f, &h, FRAME_OK, 0);
	nothing_more(&f);
	assert_int_equal(end.closed, 1);
	assert_int_equal(end.finished, 0);
	finish(&f);
}

static void data_in_the_wrong_direction_ends_the_stream(void **state)
{
	struct frame_header h;
	struct fixture f;

	(void)state;
	begin(&f, open_source);
	h = open_stream(&f, DOWNLOAD);
	expect(&f, &h, FRAME_CONTINUE, 0);
	send(&f, h, FRAME_CONTINUE, "data", 4);
	expect(&f, &h, FRAME_ERROR, ERR_RPC);
	finish(&f);
}

static void there_are_only_so_many_streams(void **state)
{
	char text[] = "x";
	struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, open_sink);
	for (int i = 0; i < STREAMS_MAX; i++)
		open_stream(&f, UPLOAD);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(fixture_call_shape(&f, UPLOAD, &args, &a), ERR_OPERATION_DENIED);
	assert_int_equal(end.opened, STREAMS_MAX);
	finish(&f);
}

static void a_serial_serves_one_stream(void **state)
{
	CLEANUP_BUF struct buf payload = {0};
	char text[] = "x";
	struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct frame_header h;
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f, open_sink);
	h = open_stream(&f, UPLOAD);
	h.type = FRAME_CALL;
	wire_encode(wire_op_by_number(UPLOAD)->args, &args, &payload);
	send(&f, h, FRAME_OK, buf_at(&payload), buf_len(&payload));
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.type, FRAME_REPLY);
	assert_int_equal(a.code, ERR_RPC);
	assert_int_equal(end.opened, 1);
	finish(&f);
}

static void packets_for_no_stream_are_answered_if_somebody_waits(void **state)
{
	struct frame_header h, other;
	struct fixture f;

	(void)state;
	begin(&f, open_sink);
	other = h = open_stream(&f, UPLOAD);
	other.serial++;
	send(&f, other, FRAME_CONTINUE, "data", 4);
	nothing_more(&f);
	send(&f, other, FRAME_OK, NULL, 0);
	expect(&f, &other, FRAME_ERROR, ERR_INVALID_STREAM);
	send(&f, other, FRAME_ERROR, NULL, 0);
	expect(&f, &other, FRAME_ERROR, ERR_INVALID_STREAM);
	other = h;
	other.procedure = DOWNLOAD;
	send(&f, other, FRAME_CONTINUE, "data", 4);
	assert_int_equal(end.written, 0);
	finish(&f);
}

/* -- with a driver that waits -- */

static void use_workers(struct fixture *f)
{
	sem_init(&fake()->woken, 0, 0);
	f->host.workers = workers_new(3, fake_wake, NULL);
	assert_non_null(f->host.workers);
	fake()->driver.never_blocks = false;
}

static void collect(struct fixture *f)
{
	sem_wait(&fake()->woken);
	workers_collect(f->host.workers);
	assert_int_equal(client_resume(&f->client), 0);
}

static void finish_workers(struct fixture *f)
{
	workers_free(f->host.workers);
	f->host.workers = NULL;
	fake()->driver.never_blocks = true;
	finish(f);
}

static struct frame_header open_waiting(struct fixture *f, int procedure)
{
	CLEANUP_BUF struct buf bytes = {0}, payload = {0};
	char text[] = "x";
	struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct answer a;

	wire_encode(wire_op_by_number(procedure)->args, &args, &payload);
	fixture_put_call(&bytes, procedure, buf_at(&payload), buf_len(&payload));
	assert_int_equal(fixture_feed(f, &bytes), 0);
	while (!fixture_take(f, &a))
		collect(f);
	assert_int_equal(a.code, 0);
	a.header.type = FRAME_STREAM;
	return a.header;
}

static sem_t write_gate;

static int end_write_slowly(struct driver_stream *s, const void *data, size_t n)
{
	sem_wait(&write_gate);
	return end_write(s, data, n);
}

static struct driver_stream *open_slow_sink(void)
{
	static const struct driver_stream_ops ops = {
		.write = end_write_slowly, .finish = end_finish, .close = end_close};

	return open_with(&ops);
}

static void a_slow_driver_stops_the_reading_of_its_client(void **state)
{
	static const char data[STREAM_DATA_MAX];
	struct frame_header h;
	struct fixture f;
	struct answer a;
	int sent = 0;

	(void)state;
	sem_init(&write_gate, 0, 0);
	begin(&f, open_slow_sink);
	use_workers(&f);
	h = open_waiting(&f, UPLOAD);
	for (; client_wants_input(&f.client) && sent < 1000; sent++)
		send(&f, h, FRAME_CONTINUE, data, sizeof data);
	assert_in_range(sent, 2, 20);
	send(&f, h, FRAME_OK, NULL, 0); /* a client that does not care */
	for (int i = 0; i < sent; i++)
		sem_post(&write_gate);
	while (!fixture_take(&f, &a))
		collect(&f);
	assert_int_equal(a.header.status, FRAME_OK);
	assert_int_equal(end.written, (uint64_t)sent * sizeof data);
	assert_true(client_wants_input(&f.client));
	finish_workers(&f);
	sem_destroy(&write_gate);
}

static void an_abort_waits_for_the_worker(void **state)
{
	struct frame_header h;
	struct fixture f;
	struct answer a;

	(void)state;
	sem_init(&write_gate, 0, 0);
	begin(&f, open_slow_sink);
	use_workers(&f);
	h = open_waiting(&f, UPLOAD);
	send(&f, h, FRAME_CONTINUE, "data", 4);
	send(&f, h, FRAME_ERROR, NULL, 0);
	nothing_more(&f);
	assert_int_equal(end.closed, 0);
	assert_int_equal(f.client.streams.n_working, 1);
	sem_post(&write_gate);
	while (!fixture_take(&f, &a))
		collect(&f);
	assert_int_equal(a.header.status, FRAME_OK);
	assert_int_equal(end.closed, 1);
	finish_workers(&f);
	sem_destroy(&write_gate);
}

static void a_client_that_goes_aborts_its_streams(void **state)
{
	struct frame_header h;
	struct fixture f;

	(void)state;
	sem_init(&write_gate, 0, 0);
	begin(&f, open_slow_sink);
	use_workers(&f);
	h = open_waiting(&f, UPLOAD);
	send(&f, h, FRAME_CONTINUE, "data", 4);
	client_step(&f.client, CLIENT_ENDED);
	sem_post(&write_gate);
	while (f.client.streams.n_working)
		collect(&f);
	finish_workers(&f);
	assert_int_equal(end.closed, 1);
	assert_int_equal(end.finished, 0);
	sem_destroy(&write_gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_read_is_sent_then_an_empty_packet),
		cmocka_unit_test(a_client_that_does_not_take_its_data_stops_the_reading),
		cmocka_unit_test(streams_take_turns),
		cmocka_unit_test(holes_travel_as_such),
		cmocka_unit_test(a_hole_that_was_not_agreed_upon_ends_the_stream),
		cmocka_unit_test(what_is_sent_is_written_and_confirmed),
		cmocka_unit_test(an_error_in_the_middle_is_told_and_the_rest_is_dropped),
		cmocka_unit_test(a_finish_that_fails_is_told),
		cmocka_unit_test(an_abort_closes_without_finishing),
		cmocka_unit_test(data_in_the_wrong_direction_ends_the_stream),
		cmocka_unit_test(there_are_only_so_many_streams),
		cmocka_unit_test(a_serial_serves_one_stream),
		cmocka_unit_test(packets_for_no_stream_are_answered_if_somebody_waits),
		cmocka_unit_test(a_slow_driver_stops_the_reading_of_its_client),
		cmocka_unit_test(an_abort_waits_for_the_worker),
		cmocka_unit_test(a_client_that_goes_aborts_its_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
