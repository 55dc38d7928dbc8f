/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection that libssh2 speaks ssh over: its life, and its bytes between libssh2 and the
 * channel below.
 */
#include "config.h"
#include "transport/libssh2-impl.h"

#include "base/fd.h"
#include "base/log.h"
#include "transport/stage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	/* a server that sends more before anybody has logged in talks nonsense */
	LOGIN_BYTES_MAX = 4 << 20,
};

/* -- libssh2's view of below -- */

static ssize_t send_all(libssh2_socket_t fd, const void *data, size_t n, int flags, void **abstract)
{
	struct ssh_session *s = *abstract;

	if (fd != s->fd)
		return ssh_agent_send(s, fd, data, n);
	(void)flags;
	if (s->failed)
		return -EPIPE;
	return buf_add(&s->out, data, n) < 0 ? -ENOMEM : (ssize_t)n;
}

/* libssh2 is never told of the end: it would drop what it has not handed on yet. */
static ssize_t receive(libssh2_socket_t fd, void *data, size_t n, int flags, void **abstract)
{
	struct ssh_session *s = *abstract;
	ssize_t got;

	if (fd != s->fd)
		return ssh_agent_receive(s, fd, data, n);
	(void)flags;
	if (s->failed)
		return -ECONNRESET;
	if (s->ended || s->allowance == 0)
		return -EAGAIN;
	if (n > s->allowance)
		n = s->allowance;
	got = channel_read(s->below, data, n);
	if (got == CHANNEL_AGAIN)
		return -EAGAIN;
	if (got == CHANNEL_FAILED)
		ssh_session_fail(s);
	if (got < 0)
		return -ECONNRESET;
	if (got == 0) {
		s->ended = true;
		return -EAGAIN;
	}
	s->received = true;
	s->n_asked = 0;
	if (s->alive_interval_ms)
		s->heard_ms = now_ms();
	s->allowance -= (size_t)got;
	return got;
}

static void hear_goodbye(LIBSSH2_SESSION *ssh, int reason, const char *message, int message_len,
						 const char *language, int language_len, void **abstract)
{
	struct ssh_session *s = *abstract;

	(void)ssh, (void)reason, (void)language, (void)language_len;
	if (s->goodbye || message_len <= 0 || message_len > 1024)
		return;
	s->goodbye = strndup(message, (size_t)message_len);
	for (char *c = s->goodbye; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

int ssh_session_flush(struct ssh_session *s)
{
	while (buf_len(&s->out)) {
		struct iovec piece = {.iov_base = buf_at(&s->out), .iov_len = buf_len(&s->out)};
		ssize_t n = s->failed ? CHANNEL_FAILED : channel_write(s->below, &piece, 1);

		if (n == CHANNEL_FAILED)
			return ssh_session_fail(s);
		if (n < 0)
			return (int)n;
		buf_consume(&s->out, (size_t)n);
	}
	buf_clear(&s->out);
	return 0;
}

/* -- failures -- */

int ssh_session_fail(struct ssh_session *s)
{
	if (s->failed) {
		error_copy(&s->cause);
		return CHANNEL_FAILED;
	}
	channel_explain(s->below);
	s->failed = true;
	error_take(&s->cause);
	error_copy(&s->cause);
	return CHANNEL_FAILED;
}

/* The server closed the connection. */
static int report_end(struct ssh_session *s, const char *stage)
{
	if (s->goodbye)
		error_set(FROM_SSH, ERR_SSH, "%s: the server broke off: %s, %s", stage, s->goodbye, s->how);
	else
		error_set(FROM_SSH, ERR_SSH, "%s: the server closed the connection, %s", stage, s->how);
	channel_explain(s->below);
	return -1;
}

int ssh_session_error(struct ssh_session *s, int r, const char *stage)
{
	char *text = NULL;

	if (s->failed)
		return ssh_session_fail(s);
	if (r == LIBSSH2_ERROR_EAGAIN && s->ended)
		return report_end(s, stage);
	if (s->goodbye)
		return report_end(s, stage);
	libssh2_session_last_error(s->ssh, &text, NULL, 0);
	error_set(FROM_SSH, ERR_SSH, "%s: %s, %s", stage, text && *text ? text : "libssh2 failed",
			  s->how);
	if (r == LIBSSH2_ERROR_SOCKET_RECV || r == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
		r == LIBSSH2_ERROR_SOCKET_SEND)
		ssh_session_fail(s);
	return -1;
}

/* -- the login -- */

int64_t ssh_session_deadline(const struct ssh_session *s)
{
	const struct asker *asker = s->login->asker;

	if (s->login->deadline_ms < 0)
		return -1;
	return s->login->deadline_ms + (asker ? asker->spent_ms - s->asked_before_ms : 0);
}

int ssh_session_wait(struct ssh_session *s, const char *stage)
{
	bool unsent;

	if (s->failed)
		return ssh_session_fail(s);
	if (s->ended)
		return report_end(s, stage);
	if (s->allowance == 0) {
		error_set(FROM_SSH, ERR_SSH, "%s: the server sends more than any login needs, %s", stage,
				  s->how);
		return ssh_session_fail(s);
	}
	unsent = ssh_session_flush(s) == CHANNEL_AGAIN;
	if (s->failed)
		return -1;
	if (channel_wait(s->below, true, unsent, ssh_session_deadline(s)) == 0)
		return 0;
	if (error_last()->code == ERR_OPERATION_TIMEOUT)
		error_set(FROM_SSH, ERR_OPERATION_TIMEOUT, "%s: no answer in time, %s", stage, s->how);
	return ssh_session_fail(s);
}

static void init_libssh2(void)
{
	libssh2_init(0);
}

static int set_up(struct ssh_session *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct pollfd fds[2] = {{.fd = -1}};
	/* the callbacks' types differ in their arguments, so libssh2 takes them as a pointer */
	union {
		LIBSSH2_SEND_FUNC((*send));
		LIBSSH2_RECV_FUNC((*receive));
		LIBSSH2_DISCONNECT_FUNC((*goodbye));
		void *pointer;
	} fn;

	pthread_once(&once, init_libssh2);
	s->ssh = libssh2_session_init_ex(NULL, NULL, NULL, s);
	if (!s->ssh)
		return error_oom();
	channel_poll(s->below, true, false, fds);
	s->fd = fds[0].fd;
	fn.send = send_all;
	libssh2_session_callback_set(s->ssh, LIBSSH2_CALLBACK_SEND, fn.pointer);
	fn.receive = receive;
	libssh2_session_callback_set(s->ssh, LIBSSH2_CALLBACK_RECV, fn.pointer);
	fn.goodbye = hear_goodbye;
	libssh2_session_callback_set(s->ssh, LIBSSH2_CALLBACK_DISCONNECT, fn.pointer);
	libssh2_session_set_blocking(s->ssh, 0);
	if (s->login->target->compression)
		libssh2_session_flag(s->ssh, LIBSSH2_FLAG_COMPRESS, 1);
	/* libssh2 does not ask more often than every two seconds */
	if (s->login->target->alive_interval > 0)
		s->alive_interval_ms =
			1000LL * (s->login->target->alive_interval < 2 ? 2 : s->login->target->alive_interval);
	return 0;
}

static const char HANDSHAKE[] = "connect: ssh handshake";

static int shake_hands(struct ssh_session *s)
{
	int r;

	SSH_AWAIT(s, HANDSHAKE, &r, libssh2_session_handshake(s->ssh, s->fd));
	if (r == LIBSSH2_ERROR_EAGAIN)
		return -1;
	if (r == LIBSSH2_ERROR_KEX_FAILURE || r == LIBSSH2_ERROR_METHOD_NONE)
		return ssh_hostkey_explain(s, r);
	if (r == LIBSSH2_ERROR_BANNER_RECV) {
		ssh_session_error(s, r, HANDSHAKE);
		return error_suffix("the peer does not speak ssh; is this the port for it?");
	}
	return r < 0 ? ssh_session_error(s, r, HANDSHAKE) : 0;
}

static int handshake(struct ssh_session *s)
{
	if (ssh_hostkey_prefer(s) < 0)
		return -1;
	if (shake_hands(s) == 0)
		return 0;
	stage_put("connect");
	if (s->ended || s->failed)
		error_suffix("sshd broke off before the login: if many log in at once, raise its "
					 "MaxStartups or PerSourceMaxStartups; else look into its log");
	return -1;
}

static int log_in(struct ssh_session *s)
{
	s->allowance = LOGIN_BYTES_MAX;
	if (set_up(s) < 0 || handshake(s) < 0 || ssh_hostkey_check(s) < 0 || ssh_login_run(s) < 0)
		return -1;
	log_debug("logged in as %s, %s", s->login->target->user, s->how);
	return 0;
}

int ssh_session_login(struct channel *below, const struct ssh_login *login,
					  struct ssh_session **ret_session)
{
	struct ssh_session *s = calloc(1, sizeof *s);
	struct error cause;
	int r;

	if (!s) {
		channel_close(below);
		return error_oom();
	}
	*s = (struct ssh_session){.refs = 1, .below = below, .login = login, .fd = -1};
	s->asked_before_ms = login->asker ? login->asker->spent_ms : 0;
	pthread_mutex_init(&s->lock, NULL);
	s->how = strdup(login->how);
	pthread_mutex_lock(&s->lock);
	r = s->how ? log_in(s) : error_oom();
	s->login = NULL;
	s->allowance = 0;
	pthread_mutex_unlock(&s->lock);
	if (r == 0) {
		*ret_session = s;
		return 0;
	}
	error_take(&cause);
	ssh_session_unref(s);
	error_give(&cause);
	return -1;
}

/* -- the end -- */

/* Says goodbye as far as that takes no time. */
static void free_libssh2(struct ssh_session *s)
{
	struct error saved;

	error_take(&saved);
	if (!s->failed && !s->ended)
		libssh2_session_disconnect(s->ssh, "done");
	ssh_session_flush(s);
	/* from here on the callbacks fail at once, so that nothing is waited for */
	s->failed = true;
	for (int i = 0; i < 8 && libssh2_session_free(s->ssh) == LIBSSH2_ERROR_EAGAIN; i++)
		;
	error_give(&saved);
}

static void free_session(struct ssh_session *s)
{
	if (s->ssh)
		free_libssh2(s);
	ssh_channels_free(s);
	channel_close(s->below);
	pthread_mutex_destroy(&s->lock);
	buf_clear(&s->out);
	error_clear(&s->cause);
	known_hosts_free(s->known);
	free(s->goodbye);
	free(s->how);
	free(s);
}

void ssh_session_unref(struct ssh_session *s)
{
	bool last;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	last = --s->refs == 0;
	pthread_mutex_unlock(&s->lock);
	if (last)
		free_session(s);
}

bool ssh_session_is_dead(struct ssh_session *s)
{
	bool dead;

	pthread_mutex_lock(&s->lock);
	dead = s->failed || s->ended;
	pthread_mutex_unlock(&s->lock);
	return dead;
}
