/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ways to log in over ssh, as URIs and as ssh's configuration name them.
 */
#ifndef TRANSPORT_SSH_AUTH_H
#define TRANSPORT_SSH_AUTH_H

#include "base/buf.h"

enum ssh_auth {
	SSH_AUTH_AGENT,       /* keys that the agent has */
	SSH_AUTH_PRIVKEY,     /* keys in files */
	SSH_AUTH_INTERACTIVE, /* keyboard-interactive: the host asks, and may ask for a password */
	SSH_AUTH_PASSWORD,
	SSH_N_AUTH
};

/* Ways, each at most once, in the order to try them. */
struct ssh_auth_list {
	enum ssh_auth way[SSH_N_AUTH];
	int n;
};

/* Reads the value of the URI parameter sshauth. -1 with ERR_INVALID_ARG for an unknown word. */
int ssh_auth_from_uri(const char *text, struct ssh_auth_list *ret);

/* Reads ssh's PreferredAuthentications; ways that are not one of these are left out. */
void ssh_auth_from_ssh(const char *text, struct ssh_auth_list *ret);

/* Appends them as PreferredAuthentications has them. */
int ssh_auth_to_ssh(const struct ssh_auth_list *list, struct buf *out);

/* Is the way in the list? */
int ssh_auth_has(const struct ssh_auth_list *list, enum ssh_auth way);

/* Takes the way out of the list. */
void ssh_auth_drop(struct ssh_auth_list *list, enum ssh_auth way);

#endif
