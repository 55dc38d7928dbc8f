/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a URI asks of ssh, as arguments of the command ssh.
 */
#ifndef TRANSPORT_SSH_ARGS_H
#define TRANSPORT_SSH_ARGS_H

#include "base/cleanup.h"
#include "transport/uri.h"

enum { SSH_ARGS_MAX = 48 };

/* An argument list that ends with NULL; texts are borrowed, or kept in made. */
struct ssh_args {
	const char *v[SSH_ARGS_MAX + 1];
	int n;
	char port[16];
	char *made[4];
	int n_made;
};

void ssh_args_clear(struct ssh_args *args);
#define CLEANUP_SSH_ARGS CLEANUP(ssh_args_clear)

/* Begins an empty list: program, port, user, key and options of the URI, which has to outlive it.
 * What follows is for the caller to add: "--", the host, a command. -1 with ERR_INVALID_ARG for
 * what the URI asks wrongly. */
int ssh_args_begin(struct ssh_args *args, const char *program, const struct uri *uri);

/* Adds an argument, which has to outlive the list. */
void ssh_args_add(struct ssh_args *args, const char *arg);

/* Adds "-o" and the option. */
void ssh_args_option(struct ssh_args *args, const char *option);

/* Adds -o KEY="value", the value standing for itself in the syntax of ssh's configuration. -1 with
 * ERR_INVALID_ARG for one that cannot. */
int ssh_args_file_option(struct ssh_args *args, const char *key, const char *value);

/* Does this one of the arguments decide where a login leads, and not only how one gets there? */
bool ssh_args_leads(const char *arg);

/* The list as exec functions take it: they do not change the strings. */
char *const *ssh_args_argv(struct ssh_args *args);

#endif
