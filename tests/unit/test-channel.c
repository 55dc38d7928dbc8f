/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Channels over sockets, pairs and child processes.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/channel.h"
#include "transport/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t put(struct channel *ch, const char *text)
{
	struct iovec pieces[2] = {
		{.iov_base = (void *)(uintptr_t)text, .iov_len = 1},
		{.iov_base = (void *)(uintptr_t)(text + 1), .iov_len = strlen(text) - 1}};

	return channel_write(ch, pieces, 2);
}

/* Reads until n bytes or the end came; the text. */
static const char *get(struct channel *ch, size_t n)
{
	static char text[64];
	size_t have = 0;

	while (have < n) {
		ssize_t got = channel_read(ch, text + have, n - have);

		if (got == CHANNEL_AGAIN) {
			assert_int_equal(channel_wait(ch, true, false, now_ms() + 20000), 0);
			continue;
		}
		assert_true(got >= 0);
		if (got == 0)
			break;
		have += (size_t)got;
	}
	text[have] = 0;
	return text;
}

static void socket_carries_pieces_in_order_and_ends_one_direction(void **state)
{
	int fds[2];
	struct channel *a, *b;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = channel_from_socket(fds[0], "a");
	b = channel_from_socket(fds[1], "b");
	assert_int_equal(put(a, "hello"), 5);
	assert_int_equal(channel_shutdown_write(a), 0);
	assert_string_equal(get(b, 10), "hello");
	assert_int_equal(put(b, "there"), 5);
	assert_string_equal(get(a, 5), "there");
	channel_close(b);
	assert_string_equal(get(a, 1), "");
	channel_close(a);
}

static void waiting_ends_at_the_deadline(void **state)
{
	int fds[2];
	struct channel *a;
	int64_t before = now_ms();

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = channel_from_socket(fds[0], "the way");
	assert_int_equal(channel_wait(a, true, false, before + 30), -1);
	assert_true(now_ms() - before >= 30);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	assert_non_null(strstr(error_last()->message, "the way"));
	assert_int_equal(channel_wait(a, false, true, before + 30), 0);
	channel_close(a);
	close(fds[1]);
}

static void reading_waits_for_bytes_no_longer_than_asked(void **state)
{
	static const int64_t waits[] = {200, 20, 0};
	int fds[2];
	struct channel *a;
	char data[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	a = channel_from_socket(fds[0], "a");
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		int64_t before = now_ms();

		assert_int_equal(a->ops->read_waiting(a, data, sizeof data, waits[i]), CHANNEL_AGAIN);
		/* what is worth waiting for at all is waited for */
		assert_true(now_ms() - before >= (waits[i] > 100 ? 50 : 0));
	}
	assert_int_equal(write(fds[1], "hello", 5), 5);
	assert_int_equal(a->ops->read_waiting(a, data, sizeof data, -1), 5);
	assert_int_equal(channel_read(a, data, sizeof data), CHANNEL_AGAIN);
	close(fds[1]);
	assert_int_equal(a->ops->read_waiting(a, data, sizeof data, -1), 0);
	channel_close(a);
}

static void writing_to_a_socket_does_not_wait(void **state)
{
	static char data[64 * 1024];
	struct iovec piece = {.iov_base = data, .iov_len = sizeof data};
	int fds[2];
	struct channel *a;
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = channel_from_socket(fds[0], "a");
	do
		n = channel_write(a, &piece, 1);
	while (n > 0);
	assert_int_equal(n, CHANNEL_AGAIN);
	channel_close(a);
	close(fds[1]);
}

static void pair_over_pipes_fails_without_a_signal_and_gives_flags_back(void **state)
{
	int in[2], out[2], keep;
	struct channel *ch;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	keep = dup(in[0]);
	ch = channel_from_pair(in[0], out[1], "pipes");
	assert_int_equal(put(ch, "hello"), 5);
	assert_true(fcntl(keep, F_GETFL) & O_NONBLOCK);
	close(out[0]);
	assert_int_equal(put(ch, "more"), CHANNEL_FAILED);
	assert_int_equal(error_last()->int1, EPIPE);
	assert_int_equal(channel_shutdown_write(ch), 0);
	assert_int_equal(write(in[1], "x", 1), 1);
	assert_string_equal(get(ch, 1), "x");
	channel_close(ch);
	assert_false(fcntl(keep, F_GETFL) & O_NONBLOCK);
	close(keep);
	close(in[1]);
}

static struct channel *run(const char *script, const struct process_cause *causes)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct channel *ch = NULL;

	assert_int_equal(process_open((char *const *)(uintptr_t)argv, "the child", causes, &ch), 0);
	return ch;
}

static void child_is_written_to_and_read_from(void **state)
{
	struct channel *ch = run("read a; echo \"got $a\"; cat >/dev/null", NULL);

	(void)state;
	assert_int_equal(put(ch, "word\n"), 5);
	assert_string_equal(get(ch, 9), "got word\n");
	channel_close(ch);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void failed_child_is_the_cause(void **state)
{
	static const struct process_cause causes[] = {
		{3, "other", "wrong"}, {4, "said", "wrong"}, {3, "said", "stage: do this"}, {0}};
	struct channel *ch = run("printf 'it \\033 said\\r\\nthis\\n\\n' >&2; exit 3", causes);

	(void)state;
	assert_string_equal(get(ch, 1), "");
	error_set(FROM_RPC, ERR_SYSTEM_ERROR, "end of file");
	assert_true(channel_explain(ch));
	assert_string_equal(error_last()->message,
						"stage: the child ended with exit status 3: it ? said; this; do this");
	assert_int_equal(error_last()->code, ERR_SYSTEM_ERROR);
	channel_close(ch);
}

static void child_that_ended_well_or_runs_is_added(void **state)
{
	struct channel *ch = run("exit 0", NULL);

	(void)state;
	assert_string_equal(get(ch, 1), "");
	error_set(FROM_RPC, ERR_SYSTEM_ERROR, "end of file");
	assert_false(channel_explain(ch));
	assert_string_equal(error_last()->message, "end of file; the child ended with exit status 0");
	channel_close(ch);
	ch = run("echo note >&2; echo x; cat", NULL);
	assert_string_equal(get(ch, 2), "x\n");
	error_set(FROM_RPC, ERR_SYSTEM_ERROR, "no answer");
	assert_false(channel_explain(ch));
	assert_string_equal(error_last()->message, "no answer; the child says: note");
	channel_close(ch);
}

static void child_of_a_program_that_ignores_its_children_is_no_trouble(void **state)
{
	struct channel *ch;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	ch = run("exit 3", NULL);
	assert_string_equal(get(ch, 1), "");
	error_set(FROM_RPC, ERR_SYSTEM_ERROR, "end of file");
	channel_explain(ch);
	channel_close(ch);
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socket_carries_pieces_in_order_and_ends_one_direction),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(reading_waits_for_bytes_no_longer_than_asked),
		cmocka_unit_test(writing_to_a_socket_does_not_wait),
		cmocka_unit_test(pair_over_pipes_fails_without_a_signal_and_gives_flags_back),
		cmocka_unit_test(child_is_written_to_and_read_from),
		cmocka_unit_test(failed_child_is_the_cause),
		cmocka_unit_test(child_that_ended_well_or_runs_is_added),
		cmocka_unit_test(child_of_a_program_that_ignores_its_children_is_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
