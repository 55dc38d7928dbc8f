/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A login to a host by libssh2, over any channel. Commands run in it, each a channel of its own;
 * the login lives as long as one of them, or as whoever made it. Threads may use it together.
 */
#ifndef TRANSPORT_LIBSSH2_SESSION_H
#define TRANSPORT_LIBSSH2_SESSION_H

#include "base/cleanup.h"
#include "transport/ending.h"
#include "transport/open.h"
#include "transport/ssh-target.h"

struct ssh_session;

struct ssh_login {
	const struct ssh_target *target;
	const char *how;       /* the host was reached: for errors, and for the channels */
	struct asker *asker;   /* whom to ask; NULL: nobody */
	long long deadline_ms; /* monotonic; negative: none. What people take to answer
							* does not count (asker->spent_ms grows by it) */
};

/* Logs in over below, which it owns from now on. Goes through the handshake, the check of the
 * host's key and the authentication. 0, or -1 with an error that names stage, host and user; below
 * is then closed. */
int ssh_session_login(struct channel *below, const struct ssh_login *login,
					  struct ssh_session **ret_session);

/* The same to the host of uri, which is resolved and reached first. Errors as transport_open() has
 * them. libssh2.c */
int ssh_session_open(const struct uri *uri, const struct transport_options *options,
					 struct ssh_session **ret_session);

/* A channel that runs command. It is ready once channel_start() says so; nothing waits here. It
 * keeps the session alive. causes (may be NULL, borrowed for ever) is for the command's end. NULL
 * with the error set. */
struct channel *ssh_session_run(struct ssh_session *session, const char *command,
								const struct process_cause *causes);

/* True if no channel can be opened in it any more: the connection is gone. */
bool ssh_session_is_dead(struct ssh_session *session);

/* Gives up the reference of whoever logged in. NULL is allowed. */
void ssh_session_unref(struct ssh_session *session);
DEFINE_CLEANUP(ssh_session, struct ssh_session *, ssh_session_unref)
#define CLEANUP_SSH_SESSION CLEANUP(cleanup_ssh_session)

#endif
