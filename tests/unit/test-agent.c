/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conversations with agents of guests that answer, answer late, talk nonsense, or say nothing.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/agent.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static const struct agent_patience patient = {.sync_ms = PATIENCE_MS, .answer_ms = PATIENCE_MS};

/* The guest's end of a channel. */
struct guest {
	pthread_t thread;
	int fd;
	const char *before;  /* what it says before it answers the first question */
	const char *answer;  /* to the second one; NULL: it reads that and ends */
	char asked[256];     /* the second one */
	struct agent *agent; /* that is shown signs in place of an answer, or NULL */
};

/* Reads a line, of which the last bytes are kept. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n + 1 < size)
			line[n++] = c;
	}
	return false;
}

static void say(const struct guest *g, const char *text)
{
	assert_true(write(g->fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* The number that the first question wants back, after a byte that is in no text. */
static void answer_sync(const struct guest *g, const char *line)
{
	const char *number = strstr(line, "\"id\": ");
	char text[64];

	assert_true((unsigned char)line[0] == 0xff);
	assert_non_null(strstr(line, "guest-sync-delimited"));
	assert_non_null(number);
	snprintf(text, sizeof text, "\xff{\"return\": %lu}\n", strtoul(number + 6, NULL, 10));
	say(g, text);
}

static void *serve(void *arg)
{
	struct guest *g = arg;
	char line[256];

	assert_true(read_line(g->fd, line, sizeof line));
	if (g->before)
		say(g, g->before);
	answer_sync(g, line);
	assert_true(read_line(g->fd, g->asked, sizeof g->asked));
	agent_see(g->agent, AGENT_SIGN_SUSPEND);
	agent_see(g->agent, AGENT_SIGN_RESET);
	if (g->answer)
		say(g, g->answer);
	else
		shutdown(g->fd, SHUT_RDWR);
	return NULL;
}

static void begin(struct guest *g)
{
	assert_int_equal(pthread_create(&g->thread, NULL, serve, g), 0);
}

/* What the end of a conversation is told to. */
struct ending {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char why[128];
};

static void note_end(void *opaque, const char *why)
{
	struct ending *e = opaque;

	pthread_mutex_lock(&e->lock);
	snprintf(e->why, sizeof e->why, "%s", why);
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

static const struct qmp_handler handler = {.closed = note_end};

struct channel {
	struct qmp_loop *loop;
	struct guest guest;
	struct agent *agent;
	struct ending ending;
};

static int set_up(void **state)
{
	struct channel *c = calloc(1, sizeof *c);
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	pthread_mutex_init(&c->ending.lock, NULL);
	pthread_cond_init(&c->ending.changed, NULL);
	c->guest.fd = ends[1];
	c->loop = qmp_loop_new();
	assert_int_equal(agent_open(c->loop, ends[0], &handler, &c->ending, &c->agent), 0);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct channel *c = *state;

	agent_close(c->agent);
	qmp_loop_free(c->loop);
	close(c->guest.fd);
	pthread_cond_destroy(&c->ending.changed);
	pthread_mutex_destroy(&c->ending.lock);
	free(c);
	return 0;
}

static json_t *question(void)
{
	return qmp_request("guest-ping", NULL);
}

/* Asks with the guest at the other end; what agent_ask() says. */
static int ask(struct channel *c, const char *before, const char *answer,
			   const struct agent_patience *how, json_t **ret_answer)
{
	int r;

	c->guest.before = before;
	c->guest.answer = answer;
	begin(&c->guest);
	r = agent_ask(c->agent, question(), how, ret_answer);
	pthread_join(c->guest.thread, NULL);
	return r;
}

static void expect_answer(struct channel *c, const char *before)
{
	CLEANUP_JSON json_t *answer = NULL;
	CLEANUP_JSON json_t *value = NULL;

	assert_int_equal(ask(c, before, "{\"return\": {\"a\": 7}}\n", &patient, &answer), 0);
	assert_int_equal(agent_check("guest-ping", answer, &value), 0);
	assert_int_equal(qmp_int(value, "a", 0), 7);
	assert_string_equal(c->guest.asked, "{\"execute\":\"guest-ping\"}");
}

static void what_is_of_another_time_is_thrown_away(void **state)
{
	expect_answer(*state, NULL);
	expect_answer(*state, "{\"return\": {\"a\": 1}}\n");
	expect_answer(*state, "{\"return\": 12}\n{\"error\": {\"class\": \"X\"}}\n");
	expect_answer(*state, "rubbish\r\n[]\n\n{{{\n{\"half of");
	expect_answer(*state, NULL);
}

static void a_refusal_is_told_with_the_command(void **state)
{
	CLEANUP_JSON json_t *answer = NULL;

	assert_int_equal(
		ask(*state, NULL, "{\"error\": {\"class\": \"X\", \"desc\": \"no\"}}\n", &patient, &answer),
		0);
	assert_int_equal(agent_check("guest-ping", answer, NULL), -1);
	assert_string_equal(error_last()->message,
						"internal error: unable to execute QEMU agent command 'guest-ping': no");
}

static void nonsense_in_place_of_an_answer_is_an_error_of_that_question(void **state)
{
	static const char *const wrong[] = {"rubbish\n", "[1]\n", "{}\n", "\"\xff\n", "{\"return\":\n"};
	CLEANUP_JSON json_t *answer = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(ask(*state, NULL, wrong[i], &patient, &answer), -1);
		assert_int_equal(error_last()->code, ERR_INTERNAL_ERROR);
		expect_answer(*state, NULL);
	}
}

static void an_agent_that_says_nothing_has_a_deadline(void **state)
{
	static const struct agent_patience hasty = {.sync_ms = 30, .answer_ms = 30};
	static const struct agent_patience almost = {.sync_ms = PATIENCE_MS, .answer_ms = 30};
	struct channel *c = *state;
	CLEANUP_JSON json_t *answer = NULL;
	char line[256];

	assert_int_equal(agent_ask(c->agent, question(), &hasty, &answer), -1);
	assert_int_equal(error_last()->code, ERR_AGENT_UNRESPONSIVE);
	assert_true(read_line(c->guest.fd, line, sizeof line));
	answer_sync(&c->guest, line); /* which is too late */
	assert_int_equal(ask(c, NULL, "", &almost, &answer), -1);
	assert_int_equal(error_last()->code, ERR_AGENT_UNRESPONSIVE);
	say(&c->guest, "{\"return\": {\"a\": 1}}\n");
	expect_answer(c, NULL);
}

static void a_guest_that_reads_nothing_has_a_deadline(void **state)
{
	static const struct agent_patience hasty = {.sync_ms = 5, .answer_ms = 5};
	struct channel *c = *state;
	CLEANUP_JSON json_t *answer = NULL;
	int room = 1;

	assert_int_equal(setsockopt(c->guest.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(agent_ask(c->agent, question(), &hasty, &answer), -1);
		assert_int_equal(error_last()->code, ERR_AGENT_UNRESPONSIVE);
	}
	assert_int_equal(agent_state(c->agent), AGENT_OPEN);
}

static void wait_for_end(struct ending *e)
{
	pthread_mutex_lock(&e->lock);
	while (!*e->why)
		pthread_cond_wait(&e->changed, &e->lock);
	pthread_mutex_unlock(&e->lock);
}

static void an_endless_line_ends_the_conversation(void **state)
{
	static char junk[1 << 20];
	struct channel *c = *state;
	CLEANUP_JSON json_t *answer = NULL;

	memset(junk, 'x', sizeof junk);
	for (size_t sent = 0; sent <= AGENT_LINE_MAX + 2 * sizeof junk;) {
		ssize_t n = send(c->guest.fd, junk, sizeof junk, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	wait_for_end(&c->ending);
	assert_int_equal(agent_state(c->agent), AGENT_BROKEN);
	assert_int_equal(agent_ask(c->agent, question(), &patient, &answer), -1);
}

static void the_end_of_the_agent_is_no_answer(void **state)
{
	struct channel *c = *state;
	CLEANUP_JSON json_t *answer = NULL;

	assert_int_equal(ask(c, NULL, NULL, &patient, &answer), -1);
	assert_int_equal(error_last()->code, ERR_AGENT_UNRESPONSIVE);
	assert_string_equal(error_last()->message, "Guest agent is not responding: Guest agent "
											   "disappeared while executing command");
	wait_for_end(&c->ending);
	assert_int_equal(agent_state(c->agent), AGENT_ENDED);
}

static void the_end_of_the_agent_is_as_good_as_the_sign_that_is_waited_for(void **state)
{
	struct agent_patience how = patient;
	CLEANUP_JSON json_t *answer = NULL;

	how.signs = AGENT_SIGN_SHUTDOWN;
	assert_int_equal(ask(*state, NULL, NULL, &how, &answer), 0);
	assert_null(answer);
}

static void a_sign_ends_the_wait_for_it(void **state)
{
	struct channel *c = *state;
	struct agent_patience how = patient, hasty = {.sync_ms = PATIENCE_MS, .answer_ms = 30};
	json_t *answer = NULL;

	how.signs = AGENT_SIGN_RESET;
	hasty.signs = AGENT_SIGN_SHUTDOWN;
	c->guest.agent = c->agent;
	assert_int_equal(ask(c, NULL, "", &how, &answer), 0);
	assert_null(answer);
	assert_int_equal(ask(c, NULL, "", &hasty, &answer), -1);
	c->guest.agent = NULL;
	expect_answer(c, NULL);
}

static void *ask_the_silent(void *arg)
{
	json_t *answer = NULL;

	assert_int_equal(agent_ask(arg, question(), &patient, &answer), -1);
	agent_release(arg);
	return NULL;
}

static void closing_makes_a_question_fail(void **state)
{
	struct channel *c = *state;
	pthread_t thread;
	char line[256];

	agent_hold(c->agent);
	assert_int_equal(pthread_create(&thread, NULL, ask_the_silent, c->agent), 0);
	assert_true(read_line(c->guest.fd, line, sizeof line));
	agent_close(steal(&c->agent));
	pthread_join(thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_of_another_time_is_thrown_away),
		TEST(a_refusal_is_told_with_the_command),
		TEST(nonsense_in_place_of_an_answer_is_an_error_of_that_question),
		TEST(an_agent_that_says_nothing_has_a_deadline),
		TEST(a_guest_that_reads_nothing_has_a_deadline),
		TEST(an_endless_line_ends_the_conversation),
		TEST(the_end_of_the_agent_is_no_answer),
		TEST(the_end_of_the_agent_is_as_good_as_the_sign_that_is_waited_for),
		TEST(a_sign_ends_the_wait_for_it),
		TEST(closing_makes_a_question_fail),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
