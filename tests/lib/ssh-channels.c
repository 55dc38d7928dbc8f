/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many channels in one ssh session, each used by a thread of its own: ssh-channels URI CHANNELS.
 * Each runs `cat` again and again, at first all at once, and what comes back must be what went.
 */
#include "config.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/libssh2-session.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHANNELS_MAX = 32, ROUNDS = 3, BYTES = 600000, TIME_MS = 60000 };

struct job {
	struct ssh_session *session;
	pthread_barrier_t *all_open;
	unsigned char seed;
};

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, error_last()->message ? error_last()->message : "");
	_exit(1); /* the other threads go on using what exit() would take away */
}

static void start(struct channel *ch)
{
	int r;

	while ((r = channel_start(ch)) == CHANNEL_AGAIN)
		if (channel_wait(ch, true, false, now_ms() + TIME_MS) < 0)
			fail("start");
	if (r < 0)
		fail("start");
}

/* A byte of the stream that a channel carries. */
static unsigned char byte_at(const struct job *job, size_t i)
{
	return (unsigned char)(i * 31 + (i >> 8) * 7 + job->seed);
}

static size_t write_some(struct channel *ch, const struct job *job, size_t sent)
{
	unsigned char data[20000];
	size_t n = 1 + (sent * 7919 + job->seed) % sizeof data;
	struct iovec piece = {.iov_base = data};
	ssize_t r;

	if (n > BYTES - sent)
		n = BYTES - sent;
	for (size_t i = 0; i < n; i++)
		data[i] = byte_at(job, sent + i);
	piece.iov_len = n;
	r = channel_write(ch, &piece, 1);
	if (r == CHANNEL_FAILED)
		fail("write");
	return r > 0 ? (size_t)r : 0;
}

static ssize_t read_some(struct channel *ch, const struct job *job, size_t seen)
{
	unsigned char data[32768];
	ssize_t r = channel_read(ch, data, sizeof data);

	if (r == CHANNEL_FAILED)
		fail("read");
	for (ssize_t i = 0; i < r; i++)
		if (data[i] != byte_at(job, seen + (size_t)i))
			fail("another byte came back");
	return r;
}

static void echo(struct channel *ch, const struct job *job)
{
	size_t sent = 0, seen = 0;
	bool ended = false;

	for (;;) {
		size_t n = sent < BYTES ? write_some(ch, job, sent) : 0;
		ssize_t r = read_some(ch, job, seen);

		sent += n;
		if (sent == BYTES && !ended)
			ended = channel_shutdown_write(ch) == 0;
		if (r == 0)
			break;
		if (r > 0)
			seen += (size_t)r;
		if (n == 0 && r < 0 && channel_wait(ch, true, !ended, now_ms() + TIME_MS) < 0)
			fail("wait");
	}
	if (seen != BYTES)
		fail("it ended too early");
}

static void *run(void *opaque)
{
	const struct job *job = opaque;

	for (int i = 0; i < ROUNDS; i++) {
		struct channel *ch = ssh_session_run(job->session, "cat", NULL);

		if (!ch)
			fail("run");
		start(ch);
		if (i == 0)
			pthread_barrier_wait(job->all_open);
		echo(ch, job);
		channel_close(ch);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct transport_options options = {.deadline_ms = now_ms() + TIME_MS};
	CLEANUP_SSH_SESSION struct ssh_session *session = NULL;
	CLEANUP_URI struct uri *uri = NULL;
	pthread_t threads[CHANNELS_MAX];
	pthread_barrier_t all_open;
	struct job jobs[CHANNELS_MAX];
	int n = argc == 3 ? atoi(argv[2]) : 0;

	if (n < 1 || n > CHANNELS_MAX)
		return 2;
	if (uri_parse(argv[1], &uri) < 0 || ssh_session_open(uri, &options, &session) < 0)
		fail("open");
	pthread_barrier_init(&all_open, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		jobs[i] = (struct job){session, &all_open, (unsigned char)(i * 37)};
		if (pthread_create(&threads[i], NULL, run, &jobs[i]) != 0)
			return 1;
	}
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
