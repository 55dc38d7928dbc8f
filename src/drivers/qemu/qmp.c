/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Conversations with QEMU: opening one, and calls that wait for their answers.
 */
#include "config.h"
#include "drivers/qemu/qmp-impl.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/fds.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

const char *qmp_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

long long qmp_int(const json_t *object, const char *key, long long missing)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		return json_integer_value(value);
	return json_is_real(value) ? (long long)json_real_value(value) : missing;
}

unsigned long long qmp_ull(const json_t *object, const char *key, unsigned long long missing)
{
	const json_t *value = json_object_get(object, key);
	double real = json_number_value(value);

	if (json_is_integer(value))
		return (unsigned long long)json_integer_value(value);
	if (!json_is_real(value) || real < 0)
		return missing;
	return real >= 18446744073709551615.0 ? ~0ull : (unsigned long long)real;
}

bool qmp_bool(const json_t *object, const char *key, bool missing)
{
	const json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : missing;
}

int qmp_version(const struct qmp *q)
{
	return q->version;
}

bool qmp_wait(struct qmp *q, int64_t deadline_ms)
{
	struct timespec at = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};

	return pthread_cond_timedwait(&q->changed, &q->lock, &at) != ETIMEDOUT;
}

void qmp_fail(struct qmp *q, const char *why)
{
	pthread_mutex_lock(&q->lock);
	if (!q->gone) {
		q->gone = strdup(why);
		shutdown(q->fd, SHUT_RDWR);
	}
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void qmp_free(struct qmp *q)
{
	pthread_mutex_lock(&q->lock);
	while (q->callers > 0)
		pthread_cond_wait(&q->changed, &q->lock);
	pthread_mutex_unlock(&q->lock);
	close(q->fd);
	buf_clear(&q->in);
	free(q->gone);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	pthread_mutex_destroy(&q->writing);
	free(q);
}

void qmp_close(struct qmp *q)
{
	if (!q)
		return;
	qmp_fail(q, "the monitor was closed");
	if (qmp_loop_remove(q->loop, q))
		qmp_free(q);
}

void qmp_init(struct qmp *q, struct qmp_loop *loop, const struct qmp_dialect *dialect, int fd,
			  const struct qmp_handler *handler, void *opaque)
{
	pthread_condattr_t attr;

	q->loop = loop;
	q->dialect = dialect;
	q->fd = fd;
	q->handler = handler;
	q->opaque = opaque;
	pthread_mutex_init(&q->lock, NULL);
	pthread_mutex_init(&q->writing, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
}

static int wait_greeting(struct qmp *q, int64_t deadline)
{
	int res = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->greeted && !q->gone && res == 0)
		if (!qmp_wait(q, deadline))
			res = error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT,
							"QEMU's monitor did not greet in time; is the process stuck?");
	if (res == 0 && !q->greeted)
		res = error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s", q->gone);
	pthread_mutex_unlock(&q->lock);
	return res;
}

int qmp_open(struct qmp_loop *loop, int fd, const struct qmp_handler *handler, void *opaque,
			 int timeout_ms, struct qmp **ret_qmp)
{
	struct qmp *q = calloc(1, sizeof *q);
	int64_t deadline = now_ms() + timeout_ms;
	struct error saved;

	if (!q) {
		close(fd);
		return error_oom();
	}
	qmp_init(q, loop, &qmp_of_monitors, fd, handler, opaque);
	if (qmp_loop_add(loop, q) < 0) {
		qmp_free(q);
		return -1;
	}
	if (wait_greeting(q, deadline) == 0 &&
		qmp_call(q, "qmp_capabilities", NULL, timeout_ms, NULL) == 0) {
		*ret_qmp = q;
		return 0;
	}
	error_take(&saved);
	qmp_close(q);
	error_give(&saved);
	return -1;
}

int qmp_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = -1;

	if (strlen(path) >= sizeof address.sun_path)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "Socket path %s too big for destination",
						 path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* a peer that takes no more connections is not waited for */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(FROM_QEMU, errno, "failed to connect to QEMU's socket '%s'", path);
	return steal_fd(&fd);
}

int qmp_send(struct qmp *q, const char *text, size_t n, int fd, int64_t deadline_ms)
{
	struct pollfd poll_fd = {.fd = q->fd, .events = POLLOUT};

	while (n > 0) {
		ssize_t sent = fds_send(q->fd, text, n, fd);
		int64_t left = deadline_ms - now_ms();

		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
			fd = -1;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (left <= 0)
			return 1;
		poll(&poll_fd, 1, (int)left);
	}
	return 0;
}

static int send_text(struct qmp *q, const char *text, int fd, int64_t deadline)
{
	int res, err;

	pthread_mutex_lock(&q->writing);
	res = qmp_send(q, text, strlen(text), fd, deadline);
	err = errno;
	if (res > 0) /* nobody knows where the next message would begin */
		qmp_fail(q, "QEMU's monitor takes no commands");
	pthread_mutex_unlock(&q->writing);
	if (res > 0)
		return error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT, "QEMU's monitor takes no commands");
	if (res < 0)
		return error_errno(FROM_QEMU, err, "Unable to write to monitor");
	return 0;
}

void qmp_take_answer(struct qmp *q, json_t *answer)
{
	long long id = qmp_int(answer, "id", 0);

	pthread_mutex_lock(&q->lock);
	for (struct qmp_pending *p = q->pending; p; p = p->next)
		if (p->id == id && !p->answer)
			p->answer = json_incref(answer);
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* Begins a call: p is in the list afterwards. */
static int begin(struct qmp *q, struct qmp_pending *p)
{
	int res = 0;

	pthread_mutex_lock(&q->lock);
	if (q->gone)
		res = error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s", q->gone);
	else {
		p->id = ++q->last_id;
		p->next = q->pending;
		q->pending = p;
		q->callers++;
	}
	pthread_mutex_unlock(&q->lock);
	return res;
}

/* Waits until the answer is there; false at the deadline, or when none will come. */
static bool wait_answer(struct qmp *q, const struct qmp_pending *p, int64_t deadline)
{
	bool in_time = true;

	pthread_mutex_lock(&q->lock);
	while (!p->answer && !q->gone && in_time)
		in_time = qmp_wait(q, deadline);
	if (!p->answer && q->gone)
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s", q->gone);
	else if (!p->answer)
		error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT, "QEMU's monitor did not answer in time");
	pthread_mutex_unlock(&q->lock);
	return p->answer;
}

static void end(struct qmp *q, const struct qmp_pending *p)
{
	pthread_mutex_lock(&q->lock);
	for (struct qmp_pending **at = &q->pending; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	q->callers--;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* NULL if there is no memory. */
static char *write_line(const json_t *message)
{
	CLEANUP_FREE char *text = json_dumps(message, JSON_COMPACT);
	CLEANUP_BUF struct buf line = {NULL};

	if (!text || buf_puts(&line, text) < 0 || buf_puts(&line, "\r\n") < 0)
		return NULL;
	return buf_steal_text(&line);
}

int qmp_exchange(struct qmp *q, json_t *request, int fd, int timeout_ms, json_t **ret_answer)
{
	CLEANUP_JSON json_t *message = request, *id = NULL;
	CLEANUP_FREE char *text = NULL;
	struct qmp_pending p = {.next = NULL};
	int64_t deadline = now_ms() + timeout_ms;
	bool answered;

	if (qmp_loop_is_me(q->loop))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "a call to QEMU from the thread that reads its answers");
	if (begin(q, &p) < 0)
		return -1;
	id = json_incref(json_object_get(message, "id"));
	json_object_set_new(message, "id", json_integer(p.id));
	text = write_line(message);
	answered = text ? send_text(q, text, fd, deadline) == 0 && wait_answer(q, &p, deadline)
					: error_oom() == 0;
	end(q, &p);
	if (!answered) {
		json_decref(p.answer);
		return -1;
	}
	if (id)
		json_object_set(p.answer, "id", id);
	else
		json_object_del(p.answer, "id");
	*ret_answer = p.answer;
	return 0;
}

json_t *qmp_request(const char *command, json_t *args)
{
	json_t *request = json_pack("{s:s, s:o*}", "execute", command, "arguments", args);

	if (!request)
		error_oom();
	return request;
}

const char *qmp_error_class(json_t *answer)
{
	return qmp_text(json_object_get(answer, "error"), "class");
}

int qmp_check(const char *command, json_t *answer, json_t **ret_value)
{
	json_t *value = json_object_get(answer, "return"), *error = json_object_get(answer, "error");
	const char *why = qmp_text(error, "desc");

	if (error || !value)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "unable to execute QEMU command '%s': %s",
						 command, why ? why : "unknown QEMU command error");
	if (ret_value)
		*ret_value = json_incref(value);
	return 0;
}

int qmp_call_fd(struct qmp *q, const char *command, json_t *args, int fd, int timeout_ms,
				json_t **ret_value)
{
	CLEANUP_JSON json_t *answer = NULL;
	json_t *request = qmp_request(command, args);

	if (!request)
		return -1;
	if (qmp_exchange(q, request, fd, timeout_ms, &answer) < 0)
		return error_prefix("QEMU command '%s'", command);
	return qmp_check(command, answer, ret_value);
}

int qmp_call(struct qmp *q, const char *command, json_t *args, int timeout_ms, json_t **ret_value)
{
	return qmp_call_fd(q, command, args, -1, timeout_ms, ret_value);
}
