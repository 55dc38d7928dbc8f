/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Channels that are opened again, and the messages of a keeper, over socket pairs.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/keep.h"
#include "transport/redial.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ways whose other ends are the test's. */
struct ways {
	int far[4];
	int n, allowed;
};

static int open_way(void *state, struct channel **ret_channel)
{
	struct ways *w = state;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	w->far[w->n++] = pair[1];
	*ret_channel = channel_from_socket(pair[0], "a way");
	return *ret_channel ? 0 : -1;
}

/* A socket that ends says nothing of a failure, so the test breaks ways by a reset. */
static int again(void *state, const char *why)
{
	struct ways *w = state;

	assert_non_null(why);
	return w->n < w->allowed ? 0 : -1;
}

static void keep_ways(void *state)
{
	(void)state;
}

static const struct redial_ops ops = {open_way, again, keep_ways};

/* Closes the other end with something unread, which resets the connection. */
static void break_way(struct ways *w, int i, const char *expected)
{
	char text[64] = "";

	assert_int_equal(read(w->far[i], text, strlen(expected) - 1), strlen(expected) - 1);
	assert_memory_equal(text, expected, strlen(expected) - 1);
	close(w->far[i]);
}

static void put(struct channel *ch, const char *text)
{
	struct iovec piece = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};

	assert_int_equal(channel_write(ch, &piece, 1), strlen(text));
}

static ssize_t get(struct channel *ch, char *text, size_t n)
{
	ssize_t got;

	while ((got = channel_read(ch, text, n)) == CHANNEL_AGAIN)
		assert_int_equal(channel_wait(ch, true, false, now_ms() + 10000), 0);
	return got;
}

static void what_was_written_goes_to_the_next_way(void **state)
{
	struct ways w = {.allowed = 2};
	struct channel *ch;
	char text[64];

	(void)state;
	assert_int_equal(redial_open(&ops, &w, -1, &ch), 0);
	put(ch, "one ");
	put(ch, "two");
	assert_int_equal(channel_shutdown_write(ch), 0);
	break_way(&w, 0, "one two");
	assert_int_equal(channel_read(ch, text, sizeof text), CHANNEL_AGAIN);
	assert_int_equal(channel_wait(ch, true, false, now_ms() + 10000), 0);
	assert_int_equal(channel_read(ch, text, sizeof text), CHANNEL_AGAIN);
	assert_int_equal(w.n, 2);
	assert_int_equal(read(w.far[1], text, sizeof text), 7);
	assert_memory_equal(text, "one two", 7);
	assert_int_equal(read(w.far[1], text, sizeof text), 0);
	assert_int_equal(write(w.far[1], "answer", 6), 6);
	assert_int_equal(get(ch, text, sizeof text), 6);
	channel_close(ch);
	close(w.far[1]);
}

static void after_the_first_byte_there_is_no_other_way(void **state)
{
	struct ways w = {.allowed = 2};
	struct channel *ch;
	char text[64];

	(void)state;
	assert_int_equal(redial_open(&ops, &w, -1, &ch), 0);
	put(ch, "one");
	assert_int_equal(write(w.far[0], "a", 1), 1);
	assert_int_equal(get(ch, text, sizeof text), 1);
	break_way(&w, 0, "one");
	assert_int_equal(get(ch, text, sizeof text), CHANNEL_FAILED);
	assert_int_equal(w.n, 1);
	channel_close(ch);
}

static void the_last_failure_is_told_as_it_was(void **state)
{
	struct ways w = {.allowed = 1};
	struct channel *ch;
	char text[64];

	(void)state;
	assert_int_equal(redial_open(&ops, &w, -1, &ch), 0);
	put(ch, "one");
	break_way(&w, 0, "one");
	assert_int_equal(get(ch, text, sizeof text), CHANNEL_FAILED);
	assert_non_null(strstr(error_last()->message, "reset by peer"));
	channel_close(ch);
}

static void no_way_is_opened_after_the_deadline(void **state)
{
	struct ways w = {.allowed = 2};
	struct channel *ch;
	char text[64];

	(void)state;
	assert_int_equal(redial_open(&ops, &w, now_ms() + 100, &ch), 0);
	put(ch, "one");
	break_way(&w, 0, "one");
	assert_int_equal(get(ch, text, sizeof text), CHANNEL_FAILED);
	assert_int_equal(w.n, 1);
	channel_close(ch);
}

static void pauses_grow_and_end(void **state)
{
	(void)state;
	for (int n = 0; n < 6; n++) {
		int ms = redial_pause_ms(n);

		assert_true(ms >= 100 && ms <= 3000);
	}
	assert_int_equal(redial_pause_ms(6), -1);
}

static void messages_arrive_and_long_ones_are_refused(void **state)
{
	struct ways w = {0};
	struct channel *a, *b;
	CLEANUP_BUF struct buf data = {0};
	const uint32_t head[2] = {KEEP_RUN, KEEP_MAX + 1};
	enum keep_type type;

	(void)state;
	assert_int_equal(open_way(&w, &a), 0);
	b = channel_from_socket(dup(w.far[0]), "b");
	assert_int_equal(keep_send(a, KEEP_RUN, "true", 4, -1), 0);
	assert_int_equal(keep_receive(b, &type, &data, -1), 0);
	assert_int_equal(type, KEEP_RUN);
	assert_string_equal((char *)buf_at(&data), "true");
	error_set(FROM_RPC, ERR_RPC, "why");
	assert_int_equal(keep_send_error(a, KEEP_FAILED, -1), 0);
	error_reset();
	assert_int_equal(keep_receive(b, &type, &data, -1), 0);
	assert_int_equal(keep_set_error(&data), -1);
	assert_int_equal(error_last()->code, ERR_RPC);
	assert_non_null(strstr(error_last()->message, "why"));
	assert_int_equal(keep_receive(b, &type, &data, now_ms()), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	assert_int_equal(write(w.far[0], head, sizeof head), sizeof head);
	assert_int_equal(keep_receive(a, &type, &data, -1), -1);
	assert_int_equal(error_last()->code, ERR_RPC);
	channel_close(a);
	channel_close(b);
	close(w.far[0]);
}

static void a_descriptor_is_handed_over(void **state)
{
	int fds[2], passed = -1;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(keep_take(fds[0], &passed), -1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(keep_take(fds[0], &passed), -1);
	assert_int_equal(keep_pass(fds[1], fds[0]), 0);
	assert_int_equal(keep_take(fds[0], &passed), 0);
	assert_int_equal(write(fds[1], "y", 1), 1);
	assert_int_equal(read(passed, &(char){0}, 1), 1);
	close(passed);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_goes_to_the_next_way),
		cmocka_unit_test(after_the_first_byte_there_is_no_other_way),
		cmocka_unit_test(the_last_failure_is_told_as_it_was),
		cmocka_unit_test(no_way_is_opened_after_the_deadline),
		cmocka_unit_test(pauses_grow_and_end),
		cmocka_unit_test(messages_arrive_and_long_ones_are_refused),
		cmocka_unit_test(a_descriptor_is_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
