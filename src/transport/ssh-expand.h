/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signs with which ssh's configuration stands for other values (ssh_config(5), TOKENS).
 */
#ifndef TRANSPORT_SSH_EXPAND_H
#define TRANSPORT_SSH_EXPAND_H

/* What the signs stand for; texts are borrowed, and NULL for what is not known. */
struct ssh_tokens {
	const char *host;       /* %h */
	const char *typed_host; /* %n */
	const char *known_as;   /* %k */
	const char *user;       /* %r */
	const char *hash;       /* %C */
	int port;               /* %p */
};

/* The file name with a '~' at its start, %-signs and ${VARIABLES} replaced, owned by the caller.
 * NULL with ERR_CONFIG_UNSUPPORTED for a sign that is not known. */
char *ssh_expand_file(const char *text, const struct ssh_tokens *tokens);

/* A command for a shell with %-signs replaced, owned by the caller. NULL with ERR_INVALID_ARG if a
 * value could mean something to the shell. */
char *ssh_expand_command(const char *text, const struct ssh_tokens *tokens);

#endif
