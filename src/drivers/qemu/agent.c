/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A byte that is in no text of JSON makes the agent forget what it has read so far, and stands
 * before its answer to the first question, which is a number of ours; all before that answer is
 * from another time, and thrown away.
 */
#include "config.h"
#include "drivers/qemu/agent.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/qmp-impl.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct agent {
	struct qmp q; /* its end frees all */
	/* under its lock: */
	enum { WANTS_NOTHING, WANTS_SYNC, WANTS_ANSWER } wants;
	json_int_t sync;   /* the number that is to come back */
	json_t *answer;    /* has come */
	const char *wrong; /* what came instead */
	unsigned signs;    /* that are waited for, and none has come */
};

static struct agent *agent_of(struct qmp *q)
{
	return (struct agent *)q;
}

/* -- what comes -- */

/* What stands behind the last delimiter. */
static const char *after_delimiter(const char *line, size_t *len)
{
	const char *delimiter = memrchr(line, 0xff, *len);

	if (!delimiter)
		return line;
	*len -= (size_t)(delimiter + 1 - line);
	return delimiter + 1;
}

static void take_sync(struct agent *a, const json_t *message)
{
	const json_t *number = json_object_get(message, "return");

	if (json_is_integer(number) && json_integer_value(number) == a->sync)
		a->wants = WANTS_NOTHING;
}

static void take_answer(struct agent *a, json_t *message)
{
	if (json_object_get(message, "return") || json_object_get(message, "error"))
		a->answer = json_incref(message);
	else if (json_is_object(message) && json_object_get(message, "event"))
		return;
	else
		a->wrong = message ? "an object without an answer" : "what is no JSON";
	a->wants = WANTS_NOTHING;
}

static int take_line(struct qmp *q, const char *line, size_t len)
{
	struct agent *a = agent_of(q);
	CLEANUP_JSON json_t *message = NULL;

	pthread_mutex_lock(&q->lock);
	if (a->wants != WANTS_NOTHING) {
		line = after_delimiter(line, &len);
		message = qmp_parse_line(line, len);
		if (a->wants == WANTS_SYNC)
			take_sync(a, message);
		else
			take_answer(a, message);
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return 0;
}

static const struct qmp_dialect of_agents = {
	.line_max = AGENT_LINE_MAX,
	.take = take_line,
	.too_long = "the guest agent sent a line that is too long",
	.broken = "the guest agent sent what can't be read",
	.ended = "End of file from agent socket",
};

/* -- the conversation -- */

int agent_open(struct qmp_loop *loop, int fd, const struct qmp_handler *handler, void *opaque,
			   struct agent **ret_agent)
{
	struct agent *a = calloc(1, sizeof *a);

	if (!a) {
		close(fd);
		return error_oom();
	}
	qmp_init(&a->q, loop, &of_agents, fd, handler, opaque);
	if (qmp_loop_add(loop, &a->q) < 0) {
		qmp_free(&a->q);
		return -1;
	}
	*ret_agent = a;
	return 0;
}

enum agent_state agent_state(struct agent *a)
{
	enum agent_state state = AGENT_OPEN;

	pthread_mutex_lock(&a->q.lock);
	if (a->q.gone)
		state = strcmp(a->q.gone, of_agents.ended) == 0 ? AGENT_ENDED : AGENT_BROKEN;
	pthread_mutex_unlock(&a->q.lock);
	return state;
}

void agent_close(struct agent *a)
{
	if (a)
		qmp_close(&a->q);
}

void agent_hold(struct agent *a)
{
	pthread_mutex_lock(&a->q.lock);
	a->q.callers++;
	pthread_mutex_unlock(&a->q.lock);
}

void agent_release(struct agent *a)
{
	pthread_mutex_lock(&a->q.lock);
	a->q.callers--;
	pthread_cond_broadcast(&a->q.changed);
	pthread_mutex_unlock(&a->q.lock);
}

void agent_see(struct agent *a, enum agent_sign sign)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->q.lock);
	if (a->signs & sign) {
		a->signs = 0;
		a->wants = WANTS_NOTHING;
		pthread_cond_broadcast(&a->q.changed);
	}
	pthread_mutex_unlock(&a->q.lock);
}

static int unresponsive(const char *why)
{
	return error_set(FROM_QEMU, ERR_AGENT_UNRESPONSIVE, "%s", why);
}

/* What a guest does not take in time may come to it later, in part; the next question begins with
 * what makes it forget that. */
static int send_line(struct agent *a, const char *text, size_t n, int64_t deadline)
{
	int res;

	pthread_mutex_lock(&a->q.writing);
	res = qmp_send(&a->q, text, n, -1, deadline);
	pthread_mutex_unlock(&a->q.writing);
	if (res == 0)
		return 0;
	return unresponsive(res > 0 ? "the guest agent did not answer in time"
								: "Guest agent disappeared while executing command");
}

/* Until what is wanted has come. 0, or -1 with the error set. */
static int wait_for(struct agent *a, int64_t deadline)
{
	struct qmp *q = &a->q;
	bool in_time = true;
	int r = 0;

	pthread_mutex_lock(&q->lock);
	while (a->wants != WANTS_NOTHING && !q->gone && in_time)
		in_time = qmp_wait(q, deadline);
	if (a->wants != WANTS_NOTHING && q->gone && !a->signs)
		r = unresponsive("Guest agent disappeared while executing command");
	else if (a->wants != WANTS_NOTHING && !q->gone)
		r = unresponsive("the guest agent did not answer in time");
	else if (a->wrong)
		r = error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the guest agent answered with %s", a->wrong);
	a->wants = WANTS_NOTHING;
	a->signs = 0;
	pthread_mutex_unlock(&q->lock);
	return r;
}

static void want(struct agent *a, int what, unsigned signs)
{
	pthread_mutex_lock(&a->q.lock);
	a->wants = what;
	a->signs = signs;
	a->wrong = NULL;
	json_decref(a->answer);
	a->answer = NULL;
	pthread_mutex_unlock(&a->q.lock);
}

static int sync_with(struct agent *a, int64_t deadline)
{
	CLEANUP_BUF struct buf line = {NULL};
	uint32_t number = 0;

	if (getrandom(&number, sizeof number, 0) < 0)
		return error_errno(FROM_QEMU, errno, "cannot choose a number");
	pthread_mutex_lock(&a->q.lock);
	a->sync = number;
	pthread_mutex_unlock(&a->q.lock);
	if (buf_printf(&line,
				   "\xff{\"execute\": \"guest-sync-delimited\", \"arguments\": {\"id\": %u}}\n",
				   number) < 0)
		return -1;
	want(a, WANTS_SYNC, 0);
	return send_line(a, (const char *)buf_at(&line), buf_len(&line), deadline) < 0 ||
				   wait_for(a, deadline) < 0
			   ? -1
			   : 0;
}

static int put_question(struct agent *a, const json_t *request,
						const struct agent_patience *patience)
{
	CLEANUP_FREE char *text = json_dumps(request, JSON_COMPACT | JSON_ENSURE_ASCII);
	CLEANUP_BUF struct buf line = {NULL};
	int64_t deadline = now_ms() + patience->answer_ms;
	int r;

	if (!text)
		return error_oom();
	/* it may hold a password */
	r = buf_puts(&line, text) < 0 || buf_puts(&line, "\n") < 0 ? -1 : 0;
	explicit_bzero(text, strlen(text));
	if (r == 0) {
		want(a, WANTS_ANSWER, patience->signs);
		r = send_line(a, (const char *)buf_at(&line), buf_len(&line), deadline);
	}
	if (line.data)
		explicit_bzero(line.data, line.size);
	return r < 0 ? -1 : wait_for(a, deadline);
}

int agent_ask(struct agent *a, json_t *request, const struct agent_patience *patience,
			  json_t **ret_answer)
{
	CLEANUP_JSON json_t *question = request;
	int r = sync_with(a, now_ms() + patience->sync_ms);

	if (r == 0)
		r = put_question(a, question, patience);
	pthread_mutex_lock(&a->q.lock);
	a->wants = WANTS_NOTHING;
	if (r == 0)
		*ret_answer = steal(&a->answer);
	json_decref(a->answer);
	a->answer = NULL;
	pthread_mutex_unlock(&a->q.lock);
	return r;
}

int agent_check(const char *command, json_t *answer, json_t **ret_value)
{
	const json_t *error = json_object_get(answer, "error");
	json_t *value = json_object_get(answer, "return");
	const char *why = qmp_text(error, "desc");

	if (!why)
		why = qmp_text(error, "class");
	if (!value)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "unable to execute QEMU agent command '%s'%s%s", command,
						 error ? ": " : "", error ? why ? why : "unknown QEMU command error" : "");
	if (ret_value)
		*ret_value = json_incref(value);
	return 0;
}
