/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread that reads all monitors: lines of JSON become answers, which go to who waits for them,
 * and events, which go to the handler.
 */
#include "config.h"
#include "drivers/qemu/qmp-impl.h"

#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { READ_SIZE = 64 << 10 };

struct qmp_loop {
	pthread_t thread;
	int epoll, wake;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct qmp *monitors;
	struct qmp *busy; /* whose bytes are being looked at */
	uint64_t last_key;
	bool stop;
};

bool qmp_loop_is_me(const struct qmp_loop *loop)
{
	return pthread_equal(loop->thread, pthread_self());
}

int qmp_loop_add(struct qmp_loop *loop, struct qmp *q)
{
	struct epoll_event event = {.events = EPOLLIN};

	pthread_mutex_lock(&loop->lock);
	q->key = event.data.u64 = ++loop->last_key;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, q->fd, &event) < 0) {
		pthread_mutex_unlock(&loop->lock);
		return error_errno(FROM_QEMU, errno, "cannot watch a QEMU monitor");
	}
	q->next = loop->monitors;
	loop->monitors = q;
	pthread_mutex_unlock(&loop->lock);
	return 0;
}

bool qmp_loop_remove(struct qmp_loop *loop, struct qmp *q)
{
	bool mine = true;

	pthread_mutex_lock(&loop->lock);
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, q->fd, NULL);
	for (struct qmp **p = &loop->monitors; *p; p = &(*p)->next)
		if (*p == q) {
			*p = q->next;
			break;
		}
	if (loop->busy == q && qmp_loop_is_me(loop)) {
		q->doomed = true;
		mine = false;
	}
	while (mine && loop->busy == q)
		pthread_cond_wait(&loop->idle, &loop->lock);
	pthread_mutex_unlock(&loop->lock);
	return mine;
}

static void take_event(struct qmp *q, json_t *message)
{
	const json_t *stamp = json_object_get(message, "timestamp");

	if (q->handler && q->handler->event)
		q->handler->event(q->opaque, qmp_text(message, "event"), json_object_get(message, "data"),
						  qmp_int(stamp, "seconds", -1), qmp_int(stamp, "microseconds", 0));
}

static void take_greeting(struct qmp *q, const json_t *greeting)
{
	const json_t *version = json_object_get(json_object_get(greeting, "version"), "qemu");

	pthread_mutex_lock(&q->lock);
	q->version = (int)(qmp_int(version, "major", 0) * 1000000 +
					   qmp_int(version, "minor", 0) * 1000 + qmp_int(version, "micro", 0));
	q->greeted = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* jansson refuses numbers beyond 2^63 - 1 as integers; QEMU has unsigned ones. */
json_t *qmp_parse_line(const char *line, size_t len)
{
	json_error_t error;
	json_t *message = json_loadb(line, len, JSON_ALLOW_NUL, &error);

	if (!message && json_error_code(&error) == json_error_numeric_overflow)
		message = json_loadb(line, len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	return message;
}

static int take_line(struct qmp *q, const char *line, size_t len)
{
	CLEANUP_JSON json_t *message = NULL;

	message = qmp_parse_line(line, len);
	if (!json_is_object(message))
		return -1;
	if (qmp_text(message, "event"))
		take_event(q, message);
	else if (json_object_get(message, "QMP"))
		take_greeting(q, json_object_get(message, "QMP"));
	else
		qmp_take_answer(q, message);
	return 0;
}

const struct qmp_dialect qmp_of_monitors = {
	.line_max = QMP_LINE_MAX,
	.take = take_line,
	.too_long = "QEMU's monitor sent a line that is too long",
	.broken = "QEMU's monitor sent what is no object of JSON",
	.ended = "End of file from qemu monitor",
};

static int take(struct qmp *q, const char *line, size_t len)
{
	return len > 0 ? q->dialect->take(q, line, len) : 0;
}

/* Looks at what was read; the reason why that can't go on, or NULL. */
static const char *take_lines(struct qmp *q)
{
	while (!q->doomed) {
		size_t len = buf_len(&q->in);
		const char *text = (const char *)buf_at(&q->in), *end;

		end = len > q->scanned ? memchr(text + q->scanned, '\n', len - q->scanned) : NULL;
		if (!end) {
			q->scanned = len;
			return len > q->dialect->line_max ? q->dialect->too_long : NULL;
		}
		len = (size_t)(end - text);
		if (take(q, text, len > 0 && end[-1] == '\r' ? len - 1 : len) < 0)
			return q->dialect->broken;
		buf_consume(&q->in, len + 1);
		q->scanned = 0;
	}
	return NULL;
}

/* Reads once; the reason why that was the last time, or NULL. */
static const char *read_some(struct qmp *q)
{
	unsigned char *room = buf_reserve(&q->in, READ_SIZE);
	ssize_t n;

	if (!room)
		return "out of memory for what QEMU or its guest sends";
	n = recv(q->fd, room, READ_SIZE, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n <= 0)
		return q->dialect->ended;
	buf_grow(&q->in, (size_t)n);
	return take_lines(q);
}

static void serve(struct qmp_loop *loop, struct qmp *q)
{
	const char *why = read_some(q);

	if (!why)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, q->fd, NULL);
	qmp_fail(q, why);
	if (q->handler && q->handler->closed && !q->doomed)
		q->handler->closed(q->opaque, why);
}

/* The lock is held before and after, not while the monitor is served. */
static void serve_key(struct qmp_loop *loop, uint64_t key)
{
	struct qmp *q = loop->monitors;

	while (q && q->key != key)
		q = q->next;
	if (!q)
		return;
	loop->busy = q;
	pthread_mutex_unlock(&loop->lock);
	serve(loop, q);
	pthread_mutex_lock(&loop->lock);
	loop->busy = NULL;
	pthread_cond_broadcast(&loop->idle);
	if (q->doomed) {
		pthread_mutex_unlock(&loop->lock);
		qmp_free(q);
		pthread_mutex_lock(&loop->lock);
	}
}

static void *run(void *arg)
{
	struct qmp_loop *loop = arg;
	struct epoll_event events[16];
	bool stop = false;

	while (!stop) {
		int n = epoll_wait(loop->epoll, events, 16, -1);

		pthread_mutex_lock(&loop->lock);
		for (int i = 0; i < n; i++)
			serve_key(loop, events[i].data.u64);
		stop = loop->stop;
		pthread_mutex_unlock(&loop->lock);
	}
	return NULL;
}

static void free_parts(struct qmp_loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->wake >= 0)
		close(loop->wake);
	pthread_cond_destroy(&loop->idle);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

/* A thread that takes none of the process's signals. */
static int start_thread(struct qmp_loop *loop)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&loop->thread, NULL, run, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct qmp_loop *qmp_loop_new(void)
{
	struct qmp_loop *loop = calloc(1, sizeof *loop);
	struct epoll_event event = {.events = EPOLLIN};
	int err = 0;

	if (!loop) {
		error_oom();
		return NULL;
	}
	pthread_mutex_init(&loop->lock, NULL);
	pthread_cond_init(&loop->idle, NULL);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll < 0 || loop->wake < 0 ||
		epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) < 0)
		err = errno;
	if (err == 0)
		err = start_thread(loop);
	if (err == 0)
		return loop;
	error_errno(FROM_QEMU, err, "cannot start the thread that reads QEMU's monitors");
	free_parts(loop);
	return NULL;
}

void qmp_loop_free(struct qmp_loop *loop)
{
	uint64_t one = 1;

	if (!loop)
		return;
	pthread_mutex_lock(&loop->lock);
	loop->stop = true;
	pthread_mutex_unlock(&loop->lock);
	if (write(loop->wake, &one, sizeof one) < 0)
		log_warning("cannot wake the thread of QEMU's monitors: %s", strerror(errno));
	pthread_join(loop->thread, NULL);
	free_parts(loop);
}
