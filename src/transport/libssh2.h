/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The steps of the libssh2 transport, for whoever opens a connection by it and for who keeps a
 * login.
 */
#ifndef TRANSPORT_LIBSSH2_H
#define TRANSPORT_LIBSSH2_H

#include "transport/libssh2-session.h"
#include "transport/open.h"
#include "transport/share.h"

/* Runs the command and waits until it is under way. */
int libssh2_run(struct ssh_session *session, const char *command, long long deadline_ms,
				struct channel **ret_channel);

/* Runs the command in a login that is kept by another process, which is started if need be. 0; 1 if
 * it is not to be shared; -1 with the error set. */
int libssh2_run_shared(const struct uri *uri, const struct transport_options *options,
					   const struct share_settings *settings, const char *command,
					   struct channel **ret_channel);

#endif
