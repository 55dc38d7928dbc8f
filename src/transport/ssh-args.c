/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns the parameters of a URI into options of ssh. No value of a URI becomes an option by itself:
 * the host stands behind "--", and the URI's reader refuses what begins with '-'.
 */
#include "config.h"
#include "transport/ssh-args.h"

#include "base/error.h"
#include "transport/ssh-auth.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ssh_args_clear(struct ssh_args *args)
{
	while (args->n_made > 0)
		free(args->made[--args->n_made]);
}

void ssh_args_add(struct ssh_args *args, const char *arg)
{
	assert(args->n < SSH_ARGS_MAX);
	args->v[args->n++] = arg;
}

void ssh_args_option(struct ssh_args *args, const char *option)
{
	ssh_args_add(args, "-o");
	ssh_args_add(args, option);
}

char *const *ssh_args_argv(struct ssh_args *args)
{
	return (char *const *)(uintptr_t)args->v;
}

static int keep_option(struct ssh_args *args, struct buf *option)
{
	char *text = buf_steal_text(option);

	if (!text)
		return -1;
	args->made[args->n_made++] = text;
	ssh_args_option(args, text);
	return 0;
}

int ssh_args_file_option(struct ssh_args *args, const char *key, const char *value)
{
	CLEANUP_BUF struct buf option = {0};

	if (strpbrk(value, "\"\\") || strstr(value, "${"))
		return error_set(FROM_URI, ERR_INVALID_ARG, "the file name '%s' cannot be passed to ssh",
						 value);
	if (buf_printf(&option, "%s=\"", key) < 0)
		return -1;
	for (; *value; value++)
		if ((*value == '%' ? buf_puts(&option, "%%") : buf_add(&option, value, 1)) < 0)
			return -1;
	return buf_puts(&option, "\"") < 0 ? -1 : keep_option(args, &option);
}

static int add_auth(struct ssh_args *args, const char *text)
{
	CLEANUP_BUF struct buf option = {0};
	struct ssh_auth_list list;

	if (ssh_auth_from_uri(text, &list) < 0)
		return -1;
	if (!list.n)
		return 0;
	if (ssh_auth_has(&list, SSH_AUTH_PRIVKEY) && !ssh_auth_has(&list, SSH_AUTH_AGENT))
		ssh_args_option(args, "IdentityAgent=none");
	if (buf_puts(&option, "PreferredAuthentications=") < 0 || ssh_auth_to_ssh(&list, &option) < 0)
		return -1;
	return keep_option(args, &option);
}

static int add_verification(struct ssh_args *args, const struct uri *uri)
{
	const char *known_hosts = uri_param(uri, URI_KNOWN_HOSTS);
	const char *verify = uri_param(uri, URI_KNOWN_HOSTS_VERIFY);

	if (uri_flag(uri, URI_NO_VERIFY) || (verify && !strcmp(verify, "ignore")))
		ssh_args_option(args, "StrictHostKeyChecking=no");
	else if (verify && !strcmp(verify, "auto"))
		ssh_args_option(args, "StrictHostKeyChecking=accept-new");
	return known_hosts ? ssh_args_file_option(args, "UserKnownHostsFile", known_hosts) : 0;
}

/* ssh gives up by itself where it connects and agrees on keys, and says which; a second before who
 * waits for it does. */
static int add_timeout(struct ssh_args *args, const struct uri *uri)
{
	CLEANUP_BUF struct buf option = {0};
	long long ms = uri_connect_timeout_ms(uri);

	if (ms < 0)
		return 0;
	return buf_printf(&option, "ConnectTimeout=%lld", ms < 2000 ? 1 : ms / 1000 - 1) < 0
			   ? -1
			   : keep_option(args, &option);
}

static void add_pair(struct ssh_args *args, const char *name, const char *value)
{
	if (!value)
		return;
	ssh_args_add(args, name);
	ssh_args_add(args, value);
}

int ssh_args_begin(struct ssh_args *args, const char *program, const struct uri *uri)
{
	const char *auth = uri_param(uri, URI_SSHAUTH);

	snprintf(args->port, sizeof args->port, "%d", uri->port);
	ssh_args_add(args, program);
	add_pair(args, "-p", uri->port ? args->port : NULL);
	add_pair(args, "-l", uri->user);
	add_pair(args, "-i", uri_param(uri, URI_KEYFILE));
	ssh_args_add(args, "-T");
	add_pair(args, "-e", "none");
	if (uri_flag(uri, URI_NO_TTY))
		ssh_args_option(args, "BatchMode=yes");
	if (add_timeout(args, uri) < 0 || add_verification(args, uri) < 0)
		return -1;
	return auth ? add_auth(args, auth) : 0;
}

bool ssh_args_leads(const char *arg)
{
	return strcmp(arg, "-o") != 0 && strncmp(arg, "BatchMode=", 10) != 0 &&
		   strncmp(arg, "ConnectTimeout=", 15) != 0;
}
