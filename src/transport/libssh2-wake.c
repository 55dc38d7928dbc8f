/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a channel has to do that its socket does not tell: to read what came while another one was
 * reading, or was left over from its own reading; and to see whether the host is still there. Each
 * channel has a timer for that, whose descriptor is waited for beside the socket.
 */
#include "config.h"
#include "transport/libssh2-impl.h"

#include "base/fd.h"

#include <sys/timerfd.h>

enum { ALIVE_MAX = 3 }; /* questions without any answer: ssh's default */

static bool set_timer(const struct ssh_channel *c, int64_t ns)
{
	struct itimerspec when = {.it_value = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}};

	return timerfd_settime(c->wake, 0, &when, NULL) == 0;
}

void ssh_channel_wake(struct ssh_channel *c)
{
	if (!c->awake)
		c->awake = set_timer(c, 1);
}

void ssh_channel_sleep(struct ssh_channel *c)
{
	c->watched = false;
	if (c->awake || c->timed)
		c->awake = c->timed = !set_timer(c, 0);
}

bool ssh_channel_has_input(const struct ssh_channel *c)
{
	unsigned long n = 0;

	if (c->session->failed || c->session->ended)
		return true;
	libssh2_channel_window_read_ex(c->ssh, &n, NULL);
	return n > 0 || libssh2_channel_eof(c->ssh);
}

/* -- all channels of a session -- */

void ssh_channel_free(struct ssh_channel *c)
{
	ending_clear(&c->ending);
	cleanup_close(&c->wake);
	free(c->command);
	free(c->head.how);
	free(c);
}

/* Frees a channel that nobody has any more, if the far side has closed it too. */
static bool reap(struct ssh_channel *c)
{
	if (c->ssh && libssh2_channel_free(c->ssh) == LIBSSH2_ERROR_EAGAIN)
		return false;
	ssh_channel_free(c);
	return true;
}

void ssh_channels_tell(struct ssh_session *s, const struct ssh_channel *except)
{
	struct ssh_channel **at = &s->channels, *c;

	if (!s->received)
		return;
	s->received = false;
	ssh_session_allow(s, 0);
	while ((c = *at)) {
		struct ssh_channel *next = c->next;

		if (c->stage == SSH_CHANNEL_CLOSED && reap(c)) {
			*at = next;
			continue;
		}
		if (c != except && c->stage != SSH_CHANNEL_CLOSED &&
			(c->stage != SSH_CHANNEL_RUNS || (c->watched && ssh_channel_has_input(c))))
			ssh_channel_wake(c);
		at = &c->next;
	}
}

void ssh_channels_free(struct ssh_session *s)
{
	struct ssh_channel *c;

	while ((c = s->channels)) {
		s->channels = c->next;
		ssh_channel_free(c);
	}
}

/* -- is the host still there? -- */

/* Asks it if it is time to. Milliseconds until then; -1: never. */
static int64_t ask_host(struct ssh_session *s)
{
	int64_t now, due;
	int ignored;

	if (!s->alive_interval_ms || s->failed || s->ended)
		return -1;
	now = now_ms();
	due = (s->asked_ms > s->heard_ms ? s->asked_ms : s->heard_ms) + s->alive_interval_ms;
	if (now < due)
		return due - now;
	if (s->n_asked >= ALIVE_MAX) {
		struct error saved;

		error_take(&saved);
		error_set(
			FROM_SSH, ERR_SSH,
			"call: the host does not answer any more, asked %d times by ServerAliveInterval, %s",
			ALIVE_MAX, s->how);
		ssh_session_fail(s);
		error_give(&saved);
		return -1;
	}
	/* it is this function that counts the time */
	libssh2_keepalive_config(s->ssh, 1, 1);
	libssh2_keepalive_send(s->ssh, &ignored);
	ssh_session_flush(s);
	s->n_asked++;
	s->asked_ms = now;
	return s->alive_interval_ms;
}

void ssh_channel_keep_alive(struct ssh_channel *c)
{
	int64_t ms = ask_host(c->session);

	if (ms >= 0 && !c->awake)
		c->timed = set_timer(c, ms * 1000000 + 1);
}
