/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command on the other host as a channel. Several of them share a session, whose socket may
 * bring what another one waits for: that one is told by a descriptor of its own.
 */
#include "config.h"
#include "transport/libssh2-impl.h"

#include "base/fd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>

enum {
	/* what the far side may send before it is told that some was read: enough for 40 ms at a
	 * gigabit in a second; sshd gets slow with more, and a slow reader makes us keep it */
	WINDOW = 4 << 20,
	PACKET_MAX = 32768,
	READ_AHEAD = 64 * 1024, /* bytes taken from the socket for one read */
	SEAL_MAX = 128 * 1024,  /* bytes that are sealed before some are written */
	EXPLAIN_MS = 1000,      /* how long the command may take to end after its output */
};

static struct ssh_channel *self(struct channel *ch)
{
	return (struct ssh_channel *)ch;
}

/* -- starting -- */

/* What r, of libssh2, means to whoever started something. */
static int outcome(struct ssh_channel *c, int r, const char *stage)
{
	struct ssh_session *s = c->session;

	if (r == 0)
		return 0;
	if (r == LIBSSH2_ERROR_EAGAIN && !s->ended && !s->failed)
		return CHANNEL_AGAIN;
	return ssh_session_error(s, r, stage);
}

static int open_channel(struct ssh_channel *c)
{
	struct ssh_session *s = c->session;
	int r = 0;

	if (s->opening && s->opening != c)
		return CHANNEL_AGAIN;
	s->opening = c;
	c->ssh = libssh2_channel_open_ex(s->ssh, "session", sizeof "session" - 1, WINDOW, PACKET_MAX,
									 NULL, 0);
	if (!c->ssh)
		r = libssh2_session_last_errno(s->ssh);
	r = outcome(c, r, "login: opening a session");
	if (r == CHANNEL_AGAIN)
		return r;
	s->opening = NULL;
	s->received = true; /* another one may open now */
	if (r == CHANNEL_FAILED)
		return error_suffix("sshd there allows no further one, or none at all");
	c->stage = SSH_CHANNEL_ASKS;
	return 0;
}

static int ask_for_command(struct ssh_channel *c)
{
	int r = libssh2_channel_process_startup(c->ssh, "exec", sizeof "exec" - 1, c->command,
											(unsigned)strlen(c->command));

	r = outcome(c, r, "gateway");
	if (r == 0)
		c->stage = SSH_CHANNEL_RUNS;
	return r == CHANNEL_FAILED ? error_suffix("sshd there runs no command for this user") : r;
}

static int start_locked(struct ssh_channel *c)
{
	int r = 0;

	ssh_channel_sleep(c);
	ssh_session_allow(c->session, READ_AHEAD);
	if (c->stage == SSH_CHANNEL_OPENS)
		r = open_channel(c);
	if (r == 0 && c->stage == SSH_CHANNEL_ASKS)
		r = ask_for_command(c);
	if (r != CHANNEL_FAILED && ssh_session_flush(c->session) == CHANNEL_FAILED)
		r = CHANNEL_FAILED;
	ssh_channels_tell(c->session, c);
	return r;
}

static int ssh_start(struct channel *ch)
{
	struct ssh_channel *c = self(ch);
	int r;

	pthread_mutex_lock(&c->session->lock);
	r = start_locked(c);
	pthread_mutex_unlock(&c->session->lock);
	return r;
}

/* -- reading -- */

static void hear_stderr(struct ssh_channel *c)
{
	char text[1024];
	ssize_t n;

	while ((n = libssh2_channel_read_stderr(c->ssh, text, sizeof text)) > 0)
		ending_hear(&c->ending, text, (size_t)n);
}

static ssize_t read_locked(struct ssh_channel *c, char *data, size_t n)
{
	struct ssh_session *s = c->session;
	size_t got = 0;
	ssize_t r = 0;

	ssh_channel_sleep(c);
	ssh_session_allow(s, ssh_channel_has_input(c) ? 0 : READ_AHEAD);
	while (got < n && (r = libssh2_channel_read(c->ssh, data + got, n - got)) > 0)
		got += (size_t)r;
	ssh_session_allow(s, 0);
	hear_stderr(c);
	if (ssh_session_flush(s) == CHANNEL_FAILED && !got)
		return CHANNEL_FAILED;
	ssh_channels_tell(s, c);
	if (got)
		return (ssize_t)got;
	if (libssh2_channel_eof(c->ssh))
		return 0;
	return outcome(c, r ? (int)r : LIBSSH2_ERROR_EAGAIN, "call");
}

static ssize_t ssh_read(struct channel *ch, void *data, size_t n)
{
	struct ssh_channel *c = self(ch);
	ssize_t r;

	pthread_mutex_lock(&c->session->lock);
	r = read_locked(c, data, n);
	pthread_mutex_unlock(&c->session->lock);
	return r;
}

/* -- writing -- */

/* Seals part of n bytes, reading only where nothing can be sealed without what the far side has to
 * say first. libssh2's result. */
static ssize_t seal(struct ssh_channel *c, const char *data, size_t n)
{
	ssize_t r = LIBSSH2_ERROR_EAGAIN;

	ssh_session_allow(c->session, 0);
	if (libssh2_channel_window_write(c->ssh) > 0)
		r = libssh2_channel_write(c->ssh, data, n);
	if (r != LIBSSH2_ERROR_EAGAIN)
		return r;
	ssh_session_allow(c->session, READ_AHEAD);
	r = libssh2_channel_write(c->ssh, data, n);
	ssh_session_allow(c->session, 0);
	return r ? r : LIBSSH2_ERROR_EAGAIN;
}

/* The bytes that were taken, or libssh2's error if there are none; 0 if too much is sealed already.
 */
static ssize_t seal_all(struct ssh_channel *c, const struct iovec *pieces, int n_pieces)
{
	struct ssh_session *s = c->session;
	size_t taken = 0;

	for (int i = 0; i < n_pieces; i++) {
		const char *data = pieces[i].iov_base;
		size_t n = pieces[i].iov_len;

		while (n && buf_len(&s->out) < SEAL_MAX) {
			ssize_t r = n < c->stuck ? LIBSSH2_ERROR_BAD_USE : seal(c, data, n);

			c->stuck = r == LIBSSH2_ERROR_EAGAIN ? n : 0;
			if (r < 0)
				return taken ? (ssize_t)taken : r;
			data += r;
			n -= (size_t)r;
			taken += (size_t)r;
		}
	}
	return (ssize_t)taken;
}

static ssize_t write_locked(struct ssh_channel *c, const struct iovec *pieces, int n_pieces)
{
	struct ssh_session *s = c->session;
	ssize_t r;

	if (c->write_ended)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "write after the end, %s", c->head.how);
	if (ssh_session_flush(s) == CHANNEL_FAILED)
		return CHANNEL_FAILED;
	r = seal_all(c, pieces, n_pieces);
	c->write_waits = r == LIBSSH2_ERROR_EAGAIN;
	if (r >= 0 && ssh_session_flush(s) == CHANNEL_FAILED)
		return CHANNEL_FAILED;
	ssh_channels_tell(s, NULL);
	if (r < 0)
		return outcome(c, (int)r, "call");
	return r == 0 ? CHANNEL_AGAIN : r;
}

static ssize_t ssh_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	struct ssh_channel *c = self(ch);
	ssize_t r;

	pthread_mutex_lock(&c->session->lock);
	r = write_locked(c, pieces, n_pieces);
	pthread_mutex_unlock(&c->session->lock);
	return r;
}

static int shutdown_locked(struct ssh_channel *c)
{
	struct ssh_session *s = c->session;
	int r = 0;

	if (!c->write_ended) {
		ssh_session_allow(s, READ_AHEAD);
		r = libssh2_channel_send_eof(c->ssh);
		ssh_session_allow(s, 0);
		c->write_waits = r == LIBSSH2_ERROR_EAGAIN;
		ssh_channels_tell(s, NULL);
		r = outcome(c, r, "call");
	}
	if (r < 0)
		return r;
	c->write_ended = true;
	return ssh_session_flush(s);
}

static int ssh_shutdown_write(struct channel *ch)
{
	struct ssh_channel *c = self(ch);
	int r;

	pthread_mutex_lock(&c->session->lock);
	r = shutdown_locked(c);
	pthread_mutex_unlock(&c->session->lock);
	return r;
}

/* -- the rest -- */

/* Two descriptors at most: that of the socket and, while there is a place, the channel's own. Of
 * the two of a ProxyCommand the second is its stderr, unless it is written to. */
static int poll_locked(struct ssh_channel *c, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct ssh_session *s = c->session;
	bool below_reads, below_writes;
	int n;

	if (c->stage == SSH_CHANNEL_RUNS) {
		ssh_channel_keep_alive(c);
		if (want_read && ssh_channel_has_input(c))
			ssh_channel_wake(c);
	}
	below_writes = buf_len(&s->out) > 0 || (want_write && !c->write_waits);
	below_reads = want_read || c->write_waits || c->stage != SSH_CHANNEL_RUNS;
	c->watched = below_reads;
	if (c->awake) {
		ret[0] = (struct pollfd){.fd = c->wake, .events = POLLIN};
		return 1;
	}
	n = channel_poll(s->below, below_reads, below_writes, ret);
	if (n == 2 && !below_writes)
		n = 1;
	if (n < 2 && below_reads)
		ret[n++] = (struct pollfd){.fd = c->wake, .events = POLLIN};
	return n;
}

static int ssh_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct ssh_channel *c = self(ch);
	int n;

	pthread_mutex_lock(&c->session->lock);
	n = poll_locked(c, want_read, want_write, ret);
	pthread_mutex_unlock(&c->session->lock);
	return n;
}

/* Waits a little for the command's end, which comes after that of its output. */
static bool ended_in_time(struct ssh_channel *c)
{
	struct ssh_session *s = c->session;
	int64_t deadline = now_ms() + EXPLAIN_MS;

	for (;;) {
		int r;

		ssh_session_allow(s, READ_AHEAD);
		r = libssh2_channel_wait_closed(c->ssh);
		ssh_session_allow(s, 0);
		hear_stderr(c);
		if (r != LIBSSH2_ERROR_EAGAIN || s->ended || s->failed)
			return r == 0;
		if (channel_wait(s->below, true, false, deadline) < 0)
			return false;
	}
}

static void note_end(struct ssh_channel *c)
{
	struct ending *e = &c->ending;
	char *name = NULL;
	size_t len = 0;

	e->known = true;
	e->status = libssh2_channel_get_exit_status(c->ssh);
	libssh2_channel_get_exit_signal(c->ssh, &name, &len, NULL, NULL, NULL, NULL);
	if (name)
		snprintf(e->signal, sizeof e->signal, "%.*s", (int)len, name);
	if (name)
		libssh2_free(c->session->ssh, name);
}

static bool explain_locked(struct ssh_channel *c)
{
	bool ended = false;
	struct error saved;

	if (c->stage != SSH_CHANNEL_RUNS)
		return c->session->failed;
	error_take(&saved);
	if (libssh2_channel_eof(c->ssh))
		ended = ended_in_time(c);
	else
		hear_stderr(c);
	error_give(&saved);
	if (ended)
		note_end(c);
	return ending_explain(&c->ending, c->head.how, ended) || c->session->failed ||
		   c->session->ended;
}

static bool ssh_explain(struct channel *ch)
{
	struct ssh_channel *c = self(ch);
	bool failed;

	pthread_mutex_lock(&c->session->lock);
	failed = explain_locked(c);
	pthread_mutex_unlock(&c->session->lock);
	return failed;
}

/* The channel itself stays with the session until the far side has closed it. */
static void ssh_close(struct channel *ch)
{
	struct ssh_channel *c = self(ch);
	struct ssh_session *s = c->session;
	struct error saved;

	error_take(&saved);
	pthread_mutex_lock(&s->lock);
	c->stage = SSH_CHANNEL_CLOSED;
	if (s->opening == c)
		s->opening = NULL; /* the next one takes over what was begun */
	s->received = true;
	ssh_channels_tell(s, NULL);
	ssh_session_flush(s);
	pthread_mutex_unlock(&s->lock);
	ssh_session_unref(s);
	error_give(&saved);
}

static const struct channel_ops ssh_ops = {
	.read = ssh_read,
	.write = ssh_write,
	.shutdown_write = ssh_shutdown_write,
	.start = ssh_start,
	.poll = ssh_poll,
	.explain = ssh_explain,
	.close = ssh_close,
};

struct channel *ssh_session_run(struct ssh_session *session, const char *command,
								const struct process_cause *causes)
{
	struct ssh_channel *c = calloc(1, sizeof *c);

	if (!c) {
		error_oom();
		return NULL;
	}
	*c = (struct ssh_channel){.head.ops = &ssh_ops, .session = session, .ending.causes = causes};
	c->command = strdup(command);
	c->wake = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	c->head.how = strdup(session->how);
	if (!c->command || c->wake < 0 || !c->head.how) {
		error_errno(FROM_RPC, errno, "cannot make a channel, %s", session->how);
		ssh_channel_free(c);
		return NULL;
	}
	pthread_mutex_lock(&session->lock);
	session->refs++;
	c->next = session->channels;
	session->channels = c;
	pthread_mutex_unlock(&session->lock);
	return &c->head;
}
