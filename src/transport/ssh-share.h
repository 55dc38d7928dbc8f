/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One login of ssh for all connections to a destination: ssh itself keeps it (ControlMaster), in a
 * process that holds nothing of whoever started it.
 */
#ifndef TRANSPORT_SSH_SHARE_H
#define TRANSPORT_SSH_SHARE_H

#include "transport/process.h"
#include "transport/share.h"
#include "transport/uri.h"

/* Finds the control socket of a login that leads where uri does and lives; if there is none, logs
 * in, asking at the terminal as ssh does, and leaves the login behind. how and causes are for
 * errors.
 *
 * 0 with the socket's path, owned by the caller; or with NULL: connect without sharing (the log
 * says why), or with the control socket that the user's own configuration names. -1 if no login is
 * to be had, or with SHARE_ONLY none that can be shared. */
int ssh_share_find(const struct uri *uri, const char *program,
				   const struct share_settings *settings, const char *how,
				   const struct process_cause *causes, long long deadline_ms, char **ret_socket);

/* The name of a keeper of the login where uri leads by this program, ssh: of all that decides where
 * that is and whether its host was believed. kind as share_hash_new() has it. */
int ssh_share_name(const struct uri *uri, const char *program, const char *kind,
				   struct share_name *ret);

/* Does the text say that sshd broke the connection off before the login, as it does when too many
 * are about to log in? */
bool ssh_was_dropped(const char *text);

#endif
