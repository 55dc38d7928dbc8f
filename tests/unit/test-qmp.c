/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conversations with a real QEMU, and with peers that are none.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

/* What a handler saw. */
struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char events[512]; /* each followed by a blank */
	char why[128];
	int closed;
	struct qmp *to_close; /* by the next event */
};

static void note_event(void *opaque, const char *name, json_t *data, int64_t seconds,
					   int64_t microseconds)
{
	struct seen *seen = opaque;

	(void)data;
	assert_true(seconds > 0 || microseconds == 0);
	pthread_mutex_lock(&seen->lock);
	strncat(seen->events, name, sizeof seen->events - strlen(seen->events) - 2);
	strcat(seen->events, " ");
	if (seen->to_close)
		qmp_close(steal(&seen->to_close));
	pthread_cond_broadcast(&seen->changed);
	pthread_mutex_unlock(&seen->lock);
}

static void note_closed(void *opaque, const char *why)
{
	struct seen *seen = opaque;

	pthread_mutex_lock(&seen->lock);
	snprintf(seen->why, sizeof seen->why, "%s", why);
	seen->closed++;
	pthread_cond_broadcast(&seen->changed);
	pthread_mutex_unlock(&seen->lock);
}

static const struct qmp_handler handler = {.event = note_event, .closed = note_closed};

static struct seen make_seen(void)
{
	struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

	return seen;
}

/* Until the event has come, or (NULL) the end. */
static void wait_for(struct seen *seen, const char *event)
{
	pthread_mutex_lock(&seen->lock);
	while (event ? !strstr(seen->events, event) : !seen->closed)
		pthread_cond_wait(&seen->changed, &seen->lock);
	pthread_mutex_unlock(&seen->lock);
}

/* A QEMU without a machine, whose monitor is the other end of the descriptor. */
static int start_qemu(pid_t *ret_pid)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*ret_pid = fork();
	assert_true(*ret_pid >= 0);
	if (*ret_pid == 0) {
		char monitor[64];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(monitor, sizeof monitor, "socket,id=mon,fd=%d", ends[1]);
		fcntl(ends[1], F_SETFD, 0);
		execlp("qemu-system-x86_64", "qemu-system-x86_64", "-S", "-M", "none", "-nodefaults",
			   "-display", "none", "-chardev", monitor, "-mon", "chardev=mon,mode=control", NULL);
		_exit(127);
	}
	close(ends[1]);
	return ends[0];
}

static void expect_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void qemu_answers_refuses_tells_and_ends(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	struct seen seen = make_seen();
	CLEANUP_JSON json_t *value = NULL, *answer = NULL;
	struct qmp *q;
	pid_t pid;
	int fd = start_qemu(&pid);

	(void)state;
	assert_int_equal(qmp_open(loop, fd, &handler, &seen, PATIENCE_MS, &q), 0);
	assert_true(qmp_version(q) >= 7000000);
	assert_int_equal(qmp_call(q, "query-status", NULL, PATIENCE_MS, &value), 0);
	assert_string_equal(qmp_text(value, "status"), "prelaunch");
	assert_false(qmp_bool(value, "running", true));

	assert_int_equal(qmp_call(q, "no-such-command", NULL, PATIENCE_MS, NULL), -1);
	assert_int_equal(error_last()->code, ERR_INTERNAL_ERROR);
	assert_string_equal(error_last()->message,
						"internal error: unable to execute QEMU command 'no-such-command': "
						"The command no-such-command has not been found");

	assert_int_equal(qmp_exchange(q, json_pack("{s:s, s:s}", "execute", "x", "id", "mine"), -1,
								  PATIENCE_MS, &answer),
					 0);
	assert_string_equal(qmp_text(answer, "id"), "mine");
	assert_string_equal(qmp_error_class(answer), "CommandNotFound");

	assert_int_equal(qmp_call(q, "quit", NULL, PATIENCE_MS, NULL), 0);
	wait_for(&seen, NULL);
	assert_string_equal(seen.why, "End of file from qemu monitor");
	assert_non_null(strstr(seen.events, "SHUTDOWN "));
	assert_int_equal(seen.closed, 1);
	assert_int_equal(qmp_call(q, "query-status", NULL, PATIENCE_MS, NULL), -1);
	assert_non_null(strstr(error_last()->message, "End of file from qemu monitor"));
	qmp_close(q);
	qmp_loop_free(loop);
	expect_exit(pid);
}

static void a_descriptor_goes_to_qemu_with_its_message(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	CLEANUP_JSON json_t *value = NULL, *sets = NULL;
	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct qmp *q;
	pid_t pid;
	int fd = start_qemu(&pid);

	(void)state;
	assert_int_equal(qmp_open(loop, fd, NULL, NULL, PATIENCE_MS, &q), 0);
	assert_int_equal(
		qmp_call_fd(q, "add-fd", json_pack("{s:s}", "opaque", "it"), null, PATIENCE_MS, &value), 0);
	assert_true(qmp_int(value, "fd", -1) >= 0);
	assert_int_equal(qmp_call(q, "query-fdsets", NULL, PATIENCE_MS, &sets), 0);
	assert_int_equal(json_array_size(sets), 1);
	assert_int_equal(qmp_call(q, "getfd", json_pack("{s:s}", "fdname", "a"), PATIENCE_MS, NULL),
					 -1); /* without one */
	assert_int_equal(qmp_call(q, "quit", NULL, PATIENCE_MS, NULL), 0);
	qmp_close(q);
	qmp_loop_free(loop);
	expect_exit(pid);
}

static void *ask_often(void *arg)
{
	for (int i = 0; i < 50; i++) {
		CLEANUP_JSON json_t *answer = NULL;
		char id[32];

		snprintf(id, sizeof id, "%d %p", i, (void *)&answer);
		assert_int_equal(qmp_exchange(arg,
									  json_pack("{s:s,s:s}", "execute", "query-name", "id", id), -1,
									  PATIENCE_MS, &answer),
						 0);
		assert_string_equal(qmp_text(answer, "id"), id);
	}
	return NULL;
}

static void threads_share_a_monitor(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	pthread_t threads[4];
	struct qmp *q;
	pid_t pid;
	int fd = start_qemu(&pid);

	(void)state;
	assert_int_equal(qmp_open(loop, fd, NULL, NULL, PATIENCE_MS, &q), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, q), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(qmp_call(q, "quit", NULL, PATIENCE_MS, NULL), 0);
	qmp_close(q);
	qmp_loop_free(loop);
	expect_exit(pid);
}

static const char greeting[] =
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 1, \"major\": 9}}}}\r\n";

/* The other end of a monitor, which is no QEMU. */
struct peer {
	pthread_t thread;
	int fd;
	const char *says; /* once it was asked */
};

static void *answer_once(void *arg)
{
	const struct peer *peer = arg;
	char c;

	while (read(peer->fd, &c, 1) == 1)
		if (c == '\n') {
			assert_true(write(peer->fd, peer->says, strlen(peer->says)) > 0);
			break;
		}
	return NULL;
}

static void answer_next(struct peer *peer, const char *says)
{
	peer->says = says;
	assert_int_equal(pthread_create(&peer->thread, NULL, answer_once, peer), 0);
}

static void open_with(struct qmp_loop *loop, struct seen *seen, struct peer *peer,
					  struct qmp **ret_q)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	peer->fd = ends[1];
	assert_true(write(peer->fd, greeting, strlen(greeting)) > 0);
	answer_next(peer, "{\"return\": {}, \"id\": 1}\r\n");
	assert_int_equal(qmp_open(loop, ends[0], seen ? &handler : NULL, seen, PATIENCE_MS, ret_q), 0);
	pthread_join(peer->thread, NULL);
}

static void say(const struct peer *peer, const char *text)
{
	assert_true(write(peer->fd, text, strlen(text)) > 0);
}

static void a_peer_that_says_nothing_has_a_deadline(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	struct peer peer;
	struct qmp *q = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(qmp_open(loop, ends[0], NULL, NULL, 50, &q), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	close(ends[1]);

	open_with(loop, NULL, &peer, &q);
	assert_int_equal(qmp_version(q), 9001002);
	assert_int_equal(qmp_call(q, "stop", NULL, 50, NULL), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	say(&peer, "{\"return\": {}, \"id\": 2}\n"); /* the late answer is nobody's */
	assert_int_equal(qmp_call(q, "cont", NULL, 50, NULL), -1);
	qmp_close(q);
	close(peer.fd);
	qmp_loop_free(loop);
}

static void what_is_no_json_ends_the_monitor(void **state)
{
	static const char *const wrong[] = {"hello\n", "[]\n", "{\"return\": \n",
										"{\"a\": \"\xff\"}\n"};
	struct qmp_loop *loop = qmp_loop_new();

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct seen seen = make_seen();
		struct qmp *q = NULL;
		struct peer peer;

		open_with(loop, &seen, &peer, &q);
		say(&peer, wrong[i]);
		wait_for(&seen, NULL);
		assert_string_equal(seen.why, "QEMU's monitor sent what is no object of JSON");
		qmp_close(q);
		close(peer.fd);
	}
	qmp_loop_free(loop);
}

static void an_endless_line_ends_the_monitor(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	struct seen seen = make_seen();
	static char junk[1 << 20];
	struct qmp *q = NULL;
	struct peer peer;

	(void)state;
	memset(junk, 'x', sizeof junk);
	open_with(loop, &seen, &peer, &q);
	for (size_t sent = 0; sent <= QMP_LINE_MAX + 2 * sizeof junk;) {
		ssize_t n = send(peer.fd, junk, sizeof junk, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	wait_for(&seen, NULL);
	assert_string_equal(seen.why, "QEMU's monitor sent a line that is too long");
	qmp_close(q);
	close(peer.fd);
	qmp_loop_free(loop);
}

static void numbers_beyond_the_signed_ones_are_read(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	CLEANUP_JSON json_t *value = NULL;
	struct qmp *q = NULL;
	struct peer peer;

	(void)state;
	open_with(loop, NULL, &peer, &q);
	answer_next(&peer, "{\"return\": {\"a\": 18446744073709551615, \"b\": 7}, \"id\": 2}\n");
	assert_int_equal(qmp_call(q, "x", NULL, PATIENCE_MS, &value), 0);
	pthread_join(peer.thread, NULL);
	assert_true(qmp_ull(value, "a", 0) == ~0ull);
	assert_int_equal(qmp_int(value, "b", 0), 7);
	qmp_close(q);
	close(peer.fd);
	qmp_loop_free(loop);
}

static void an_event_may_close_its_monitor(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	struct seen seen = make_seen();
	struct qmp *q = NULL;
	struct peer peer;

	(void)state;
	open_with(loop, &seen, &peer, &q);
	pthread_mutex_lock(&seen.lock);
	seen.to_close = q;
	pthread_mutex_unlock(&seen.lock);
	say(&peer, "{\"event\": \"STOP\"}\n{\"event\": \"RESUME\"}\n");
	wait_for(&seen, "STOP");
	qmp_loop_free(loop);
	assert_string_equal(seen.events, "STOP ");
	assert_int_equal(seen.closed, 0);
	close(peer.fd);
}

static void a_peer_that_does_not_read_has_a_deadline(void **state)
{
	struct qmp_loop *loop = qmp_loop_new();
	CLEANUP_FREE char *long_text = malloc(4 << 20);
	struct qmp *q = NULL;
	struct peer peer;

	(void)state;
	memset(long_text, 'x', 4 << 20);
	long_text[(4 << 20) - 1] = '\0';
	open_with(loop, NULL, &peer, &q);
	assert_int_equal(qmp_call(q, "x", json_pack("{s:s}", "a", long_text), 50, NULL), -1);
	assert_int_equal(error_last()->code, ERR_OPERATION_TIMEOUT);
	assert_int_equal(qmp_call(q, "y", NULL, PATIENCE_MS, NULL), -1);
	assert_non_null(strstr(error_last()->message, "takes no commands"));
	qmp_close(q);
	close(peer.fd);
	qmp_loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_answers_refuses_tells_and_ends),
		cmocka_unit_test(a_descriptor_goes_to_qemu_with_its_message),
		cmocka_unit_test(threads_share_a_monitor),
		cmocka_unit_test(a_peer_that_says_nothing_has_a_deadline),
		cmocka_unit_test(what_is_no_json_ends_the_monitor),
		cmocka_unit_test(an_endless_line_ends_the_monitor),
		cmocka_unit_test(numbers_beyond_the_signed_ones_are_read),
		cmocka_unit_test(an_event_may_close_its_monitor),
		cmocka_unit_test(a_peer_that_does_not_read_has_a_deadline),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
