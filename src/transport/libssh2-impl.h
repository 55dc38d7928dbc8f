/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files around libssh2 share.
 *
 * libssh2 never waits and never sees the socket: it reads and writes through two callbacks. What it
 * sends always goes into a buffer, whole, for it cannot send one packet while another is half out.
 * What it reads is measured out to it, so that it does not take in more than is asked for.
 */
#ifndef TRANSPORT_LIBSSH2_IMPL_H
#define TRANSPORT_LIBSSH2_IMPL_H

#include "base/buf.h"
#include "base/error.h"
#include "transport/ending.h"
#include "transport/known-hosts.h"
#include "transport/libssh2-session.h"

#include <libssh2.h>
#include <pthread.h>

struct login;
struct ssh_channel;

struct ssh_session {
	pthread_mutex_t lock; /* of all that follows; held in every call of libssh2 */
	unsigned refs;
	LIBSSH2_SESSION *ssh;
	struct channel *below;
	int fd; /* by which libssh2 names its socket to the callbacks */
	char *how;

	struct buf out;     /* sealed, and not taken by below */
	size_t allowance;   /* bytes that libssh2 may read now */
	bool received;      /* something has come since the channels were last told so */
	bool ended;         /* below has no more */
	bool failed;        /* nothing can be done any more: */
	struct error cause; /* why */
	char *goodbye;      /* what the server said when it broke off */

	int64_t alive_interval_ms; /* without a byte, after which the host is asked for one; 0: never */
	int n_asked;               /* since the last byte */
	int64_t asked_ms, heard_ms;

	struct ssh_channel *channels; /* all of them */
	struct ssh_channel *opening;  /* the one whose opening is under way: one at a time */

	/* during the login */
	const struct ssh_login *login;
	int64_t asked_before_ms; /* what people had taken before it began */
	struct known_hosts *known;
	bool untrusted; /* the host may be anybody: it is told no secret */
	char login_stage[64];
	struct login *asking; /* while the host asks its own questions */
	bool ask_failed;      /* one of them has no answer, and the thread's error says why */
};

enum ssh_channel_stage {
	SSH_CHANNEL_OPENS,
	SSH_CHANNEL_ASKS,
	SSH_CHANNEL_RUNS,
	SSH_CHANNEL_CLOSED
};

struct ssh_channel {
	struct channel head;
	struct ssh_session *session;
	struct ssh_channel *next;
	LIBSSH2_CHANNEL *ssh;
	enum ssh_channel_stage stage;
	char *command;
	struct ending ending;
	int wake;         /* a timer: there is something to do that the socket does not tell … */
	bool awake;       /* … now */
	bool timed;       /* … some time */
	bool watched;     /* somebody may be waiting for input */
	bool write_waits; /* for input: the far side's window is shut, or keys are being exchanged */
	bool write_ended;
	size_t stuck; /* bytes of a write that libssh2 has begun and holds on to */
};

/* The first libssh2 that signs with RSA and SHA-2. */
enum { SSH_LIBSSH2_WITH_RSA_SHA2 = 0x010b00 };

/* libssh2-session.c; with the lock held */

/* Writes what is sealed: 0 when all is out, CHANNEL_AGAIN or CHANNEL_FAILED. */
int ssh_session_flush(struct ssh_session *s);

/* The session is over for the thread's error, which is kept. Returns CHANNEL_FAILED. */
int ssh_session_fail(struct ssh_session *s);

/* After libssh2 failed with r: sets the error to the cause as far as it is known, "STAGE: …".
 * Returns -1; the session is over if the connection is. */
int ssh_session_error(struct ssh_session *s, int r, const char *stage);

/* During the login: waits for what libssh2 waits for. 0, or -1 with the error set, which names the
 * stage. */
int ssh_session_wait(struct ssh_session *s, const char *stage);

/* During the login: by when it has to be done; negative: no limit. */
int64_t ssh_session_deadline(const struct ssh_session *s);

/* Repeats a call of libssh2 until it has an answer. LIBSSH2_ERROR_EAGAIN means that
 * ssh_session_wait() has failed. */
#define SSH_AWAIT(s, stage, ret, call)                                                             \
	do {                                                                                           \
		*(ret) = (call);                                                                           \
	} while (*(ret) == LIBSSH2_ERROR_EAGAIN && ssh_session_wait(s, stage) == 0)

/* libssh2-agent.c: libssh2's bytes to and from the agent, fd, which answers in time or fails. */
ssize_t ssh_agent_send(struct ssh_session *s, int fd, const void *data, size_t n);
ssize_t ssh_agent_receive(struct ssh_session *s, int fd, void *data, size_t n);

/* How many bytes libssh2 may read from now on. */
static inline void ssh_session_allow(struct ssh_session *s, size_t n)
{
	s->allowance = n;
}

/* libssh2-wake.c */

/* The channel's descriptor says from now on that there is something to do; no more. */
void ssh_channel_wake(struct ssh_channel *c);
void ssh_channel_sleep(struct ssh_channel *c);

/* Would a read say something else than CHANNEL_AGAIN? */
bool ssh_channel_has_input(const struct ssh_channel *c);

/* Asks the host for a sign of life if it is time to, and sees to it that the next time is not
 * slept through. The session fails if the host was asked often enough. */
void ssh_channel_keep_alive(struct ssh_channel *c);

/* Wakes the channels that wait for what has come, except one (or NULL). */
void ssh_channels_tell(struct ssh_session *s, const struct ssh_channel *except);

/* Frees one, or all, when libssh2 has freed its part. */
void ssh_channel_free(struct ssh_channel *c);
void ssh_channels_free(struct ssh_session *s);

/* libssh2-hostkey.c */

/* Before the handshake: algorithms, those of known keys first. After it: is the key the host's? */
int ssh_hostkey_prefer(struct ssh_session *s);
int ssh_hostkey_check(struct ssh_session *s);

/* Sets the error for a handshake that found no algorithms in common. Returns -1. */
int ssh_hostkey_explain(struct ssh_session *s, int r);

/* libssh2-login.c */
int ssh_login_run(struct ssh_session *s);

#endif
