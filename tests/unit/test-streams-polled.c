/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's streams over a descriptor that the loop waits for: nothing of them may wait, and
 * what their peers do not take is bounded.
 */
#include "config.h"

#include "daemon-fixture.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "protocol/stream.h"

#include <poll.h>
#include <rvirt/protocol.h>
#include <sys/socket.h>

enum { UPLOAD = RVIRT_PROC_STORAGE_VOL_UPLOAD };

static struct {
	int peer; /* the guest's end */
	int closed, finished;
	struct driver_stream *stream;
} end;

static int end_finish(void *opaque)
{
	(void)opaque;
	end.finished++;
	return 0;
}

static void end_closed(void *opaque)
{
	(void)opaque;
	end.closed++;
}

static struct driver_stream *open_end(void)
{
	const struct driver_stream_fd_options options = {
		.reads = true, .writes = true, .finish = end_finish, .closed = end_closed};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	end.peer = pair[0];
	assert_int_equal(fd_set_nonblocking(end.peer), 0);
	end.stream = driver_stream_from_fd(pair[1], &options);
	assert_non_null(end.stream);
	return end.stream;
}

/* -- a loop -- */

struct stream_watch {
	int fd;
	void (*ready)(void *opaque);
	void *opaque;
};

static struct stream_watch *watched;

static struct stream_watch *watch(struct client_host *host, int fd, void (*ready)(void *opaque),
								  void *opaque)
{
	(void)host;
	assert_null(watched);
	watched = malloc(sizeof *watched);
	*watched = (struct stream_watch){.fd = fd, .ready = ready, .opaque = opaque};
	return watched;
}

static void unwatch(struct stream_watch *w)
{
	assert_ptr_equal(w, watched);
	free(w);
	watched = NULL;
}

/* Serves the descriptor if it is ready; whether it was. */
static bool turn(void)
{
	struct pollfd p = {.fd = watched ? watched->fd : -1, .events = POLLIN};

	if (!watched || poll(&p, 1, 0) <= 0)
		return false;
	watched->ready(watched->opaque);
	return true;
}

static struct frame_header begin(struct fixture *f)
{
	char text[] = "x";
	struct rvirt_wire_vol_offset_length_flags_args args = {
		.vol = {.pool = text, .name = text, .key = text}};
	struct answer a;

	memset(&end, 0, sizeof end);
	fake()->open_stream = open_end;
	fixture_begin(f, AUTH_NONE, false);
	f->host.watch = watch;
	f->host.unwatch = unwatch;
	fixture_open(f, 0);
	assert_int_equal(fixture_call_shape(f, UPLOAD, &args, &a), 0);
	a.header.type = FRAME_STREAM;
	return a.header;
}

static void finish(struct fixture *f)
{
	fixture_end(f);
	assert_int_equal(end.closed, 1);
	assert_null(watched);
	close(end.peer);
	fake()->open_stream = NULL;
}

static void give(struct fixture *f, struct frame_header h, int status, const void *data, size_t n)
{
	struct buf bytes = {0};

	h.status = status;
	assert_int_equal(frame_put_bytes(&bytes, &h, data, n), 0);
	assert_int_equal(fixture_feed(f, &bytes), 0);
}

/* All that the peer can be given now. */
static size_t drain(void)
{
	static char data[256 * 1024];
	size_t all = 0;
	ssize_t n;

	while ((n = read(end.peer, data, sizeof data)) > 0)
		all += (size_t)n;
	return all;
}

static void bytes_go_both_ways_as_they_come(void **state)
{
	struct frame_header h;
	struct fixture f;
	struct answer a;

	(void)state;
	h = begin(&f);
	assert_false(turn());
	assert_false(fixture_take(&f, &a));
	assert_int_equal(write(end.peer, "login: ", 7), 7);
	assert_true(turn());
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_CONTINUE);
	assert_int_equal(a.payload_len, 7);
	assert_memory_equal(a.payload, "login: ", 7);
	assert_false(turn());
	give(&f, h, FRAME_CONTINUE, "root\r", 5);
	assert_int_equal(drain(), 5);
	assert_false(turn());
	give(&f, h, FRAME_OK, NULL, 0);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_OK);
	assert_int_equal(end.finished, 1);
	finish(&f);
}

static void a_peer_that_ends_is_told_and_waited_for_no_more(void **state)
{
	struct frame_header h;
	struct fixture f;
	struct answer a;

	(void)state;
	h = begin(&f);
	assert_int_equal(write(end.peer, "bye", 3), 3);
	shutdown(end.peer, SHUT_RDWR);
	assert_true(turn());
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.payload_len, 3);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_CONTINUE);
	assert_int_equal(a.payload_len, 0);
	assert_false(turn());
	give(&f, h, FRAME_ERROR, NULL, 0);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_OK);
	assert_int_equal(end.finished, 0);
	finish(&f);
}

static void what_a_client_does_not_take_is_left_with_the_peer(void **state)
{
	static const char data[64 * 1024];
	struct fixture f;
	struct answer a;
	size_t written = 0, taken = 0;

	(void)state;
	begin(&f);
	for (int i = 0; i < 100; i++) {
		ssize_t n = write(end.peer, data, sizeof data);

		written += n > 0 ? (size_t)n : 0;
		turn();
	}
	assert_in_range(written, 1, 4 * 1024 * 1024);
	assert_false(turn());
	assert_int_equal(fixture_call(&f, 3, NULL, 0, &a), 0);
	while (fixture_take(&f, &a) || turn())
		taken += a.payload_len;
	assert_int_equal(taken, written);
	finish(&f);
}

static void a_peer_that_takes_nothing_stops_its_client_for_a_while_only(void **state)
{
	static const char data[STREAM_DATA_MAX];
	struct frame_header h;
	struct fixture f;
	struct answer a;
	uint64_t time = 1000;
	int sent = 0;

	(void)state;
	h = begin(&f);
	/* up to a bound the client's calls go on */
	for (; client_wants_input(&f.client) && sent < 1000; sent++) {
		give(&f, h, FRAME_CONTINUE, data, sizeof data);
		if (sent == 2)
			assert_int_equal(fixture_call(&f, 3, NULL, 0, &a), 0);
	}
	assert_in_range(sent, 4, 20);
	/* and beyond it as long as the peer takes something */
	for (; time < 60000; time += 1000) {
		assert_true(drain() > 0);
		assert_true(turn());
		while (client_wants_input(&f.client))
			give(&f, h, FRAME_CONTINUE, data, sizeof data);
		streams_tick(&f.client, time);
		assert_false(fixture_take(&f, &a));
	}
	for (int i = 0; i < 10; i++, time += 1000) {
		streams_tick(&f.client, time);
		assert_false(fixture_take(&f, &a));
	}
	for (int i = 0; i < 3; i++, time += 1000)
		streams_tick(&f.client, time);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_ERROR);
	assert_int_equal(a.code, ERR_OPERATION_ABORTED);
	assert_true(client_wants_input(&f.client));
	finish(&f);
}

static void finishing_waits_until_all_is_taken(void **state)
{
	static const char data[STREAM_DATA_MAX];
	struct frame_header h;
	struct fixture f;
	struct answer a;
	size_t got = 0;

	(void)state;
	h = begin(&f);
	for (int i = 0; i < 3; i++)
		give(&f, h, FRAME_CONTINUE, data, sizeof data);
	give(&f, h, FRAME_OK, NULL, 0);
	assert_false(fixture_take(&f, &a));
	for (int i = 0; i < 1000 && !end.finished; i++) {
		got += drain();
		turn();
	}
	got += drain();
	assert_int_equal(got, 3 * sizeof data);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_OK);
	finish(&f);
}

static void a_stream_is_cut_by_its_driver(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	begin(&f);
	driver_stream_cut(end.stream, "taken over");
	assert_true(turn());
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.status, FRAME_ERROR);
	assert_int_equal(a.code, ERR_OPERATION_ABORTED);
	assert_string_equal(a.message, "operation aborted: taken over");
	assert_int_equal(end.closed, 1);
	finish(&f);
}

static void a_client_that_goes_closes_its_streams(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	client_step(&f.client, CLIENT_ENDED);
	assert_int_equal(write(end.peer, "x", 1), 1);
	assert_true(turn());
	/* it would be ready for ever */
	assert_false(turn());
	finish(&f);
	assert_int_equal(end.finished, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_as_they_come),
		cmocka_unit_test(a_peer_that_ends_is_told_and_waited_for_no_more),
		cmocka_unit_test(what_a_client_does_not_take_is_left_with_the_peer),
		cmocka_unit_test(a_peer_that_takes_nothing_stops_its_client_for_a_while_only),
		cmocka_unit_test(finishing_waits_until_all_is_taken),
		cmocka_unit_test(a_stream_is_cut_by_its_driver),
		cmocka_unit_test(a_client_that_goes_closes_its_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
