/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ssh transport: the user's own ssh, so that its configuration, agent, keys and jump hosts
 * serve. One login runs what bridges to the daemon's socket over there.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "transport/process.h"
#include "transport/ssh-remote.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What ssh and the far side say, and what to do; 255 is ssh's own failure, all else the far side's.
 */
static const struct process_cause causes[] = {
	{255, "REMOTE HOST IDENTIFICATION HAS CHANGED",
	 "host key: it is not the known one; if the host was installed anew, remove the old key with "
	 "ssh-keygen -R"},
	{255, "Host key verification failed",
	 "host key: it is not known; log in once with ssh to see and accept it"},
	{255, "Permission denied",
	 "login: ssh must be able to log in as this user; try it with ssh by hand, load keys with "
	 "ssh-add"},
	{255, "Too many authentication failures",
	 "login: the agent offers too many keys; name the right one with keyfile= and IdentitiesOnly"},
	{255, "Could not resolve hostname", "resolve: check the host's name"},
	{255, "Connection refused", "connect: check that sshd runs there, and the port"},
	{255, "timed out", "connect: the host or a firewall does not answer"},
	{255, "No route to host", "connect: the host is down or the network does not reach it"},
	{255, "kex_exchange_identification",
	 "connect: sshd broke off before the login; if many logins run at once, raise its MaxStartups"},
	{255, "administratively prohibited", "login: sshd there allows no session"},
	{255, NULL, "ssh: try the same with ssh by hand"},
	SSH_REMOTE_CAUSES,
	{0},
};

/* An argument list for ssh, with room for all that add_all() can add and a NULL; texts are
 * borrowed, or kept in made. */
struct args {
	const char *v[32];
	int n;
	char *made[2];
	int n_made;
};

static void args_clear(struct args *a)
{
	while (a->n_made > 0)
		free(a->made[--a->n_made]);
}

static void add(struct args *a, const char *arg)
{
	a->v[a->n++] = arg;
}

static void add_option(struct args *a, const char *option)
{
	add(a, "-o");
	add(a, option);
}

static int keep_option(struct args *a, struct buf *option)
{
	char *text = buf_steal_text(option);

	if (!text)
		return -1;
	a->made[a->n_made++] = text;
	add_option(a, text);
	return 0;
}

/* Adds -o KEY="value", the value standing for itself in the syntax of ssh's configuration. */
static int add_file_option(struct args *a, const char *key, const char *value)
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
	return buf_puts(&option, "\"") < 0 ? -1 : keep_option(a, &option);
}

/* A method of the parameter sshauth, and what ssh calls it. */
struct auth_method {
	const char *name, *ssh_name;
};

static const struct auth_method auth_methods[] = {
	{"agent", "publickey"},
	{"privkey", "publickey"},
	{"password", "password"},
	{"keyboard-interactive", "keyboard-interactive"},
	{NULL},
};

static const struct auth_method *find_method(const char *name, size_t n)
{
	const struct auth_method *m = auth_methods;

	while (m->name && (strlen(m->name) != n || strncmp(m->name, name, n) != 0))
		m++;
	return m->name ? m : NULL;
}

static int add_auth_methods(struct args *a, const char *list)
{
	CLEANUP_BUF struct buf option = {0};
	bool agent = false, key = false;

	if (buf_puts(&option, "PreferredAuthentications") < 0)
		return -1;
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ",");
		const struct auth_method *m = find_method(at, n);

		if (!m)
			return error_set(
				FROM_URI, ERR_INVALID_ARG,
				"sshauth in the URI has '%.*s', which is none of agent, privkey, password, "
				"keyboard-interactive",
				(int)n, at);
		agent = agent || m == &auth_methods[0];
		key = key || m == &auth_methods[1];
		if (buf_printf(&option, "%c%s", at == list ? '=' : ',', m->ssh_name) < 0)
			return -1;
		at += n + (at[n] == ',');
	}
	if (key && !agent)
		add_option(a, "IdentityAgent=none");
	return *list ? keep_option(a, &option) : 0;
}

static int add_verification(struct args *a, const struct uri *uri)
{
	const char *known_hosts = uri_param(uri, URI_KNOWN_HOSTS);
	const char *verify = uri_param(uri, URI_KNOWN_HOSTS_VERIFY);

	if (uri_flag(uri, URI_NO_VERIFY) || (verify && !strcmp(verify, "ignore")))
		add_option(a, "StrictHostKeyChecking=no");
	else if (verify && !strcmp(verify, "auto"))
		add_option(a, "StrictHostKeyChecking=accept-new");
	return known_hosts ? add_file_option(a, "UserKnownHostsFile", known_hosts) : 0;
}

static int add_all(struct args *a, const struct uri *uri, const char *port, const char *remote)
{
	const char *command = uri_param(uri, URI_COMMAND);
	const char *keyfile = uri_param(uri, URI_KEYFILE), *sshauth = uri_param(uri, URI_SSHAUTH);

	if (command && !*command)
		return error_set(FROM_URI, ERR_INVALID_ARG,
						 "the URI parameter command must name a program");
	add(a, command ? command : "ssh");
	if (uri->port) {
		add(a, "-p");
		add(a, port);
	}
	if (uri->user) {
		add(a, "-l");
		add(a, uri->user);
	}
	if (keyfile) {
		add(a, "-i");
		add(a, keyfile);
	}
	add(a, "-T");
	add(a, "-e");
	add(a, "none");
	if (uri_flag(uri, URI_NO_TTY))
		add_option(a, "BatchMode=yes");
	if (add_verification(a, uri) < 0 || (sshauth && add_auth_methods(a, sshauth) < 0))
		return -1;
	add(a, "--");
	add(a, uri_host(uri));
	add(a, remote);
	return 0;
}

int transport_ssh_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	CLEANUP(args_clear) struct args args = {0};
	CLEANUP_BUF struct buf remote = {0};
	char port_text[16], how[512];

	snprintf(port_text, sizeof port_text, "%d", port);
	if (uri->port)
		snprintf(how, sizeof how, "ssh to host %s, port %d", uri_host(uri), port);
	else
		snprintf(how, sizeof how, "ssh to host %s", uri_host(uri));
	if (ssh_remote_command(uri, options->readonly, &remote) < 0 ||
		add_all(&args, uri, port_text, (char *)buf_at(&remote)) < 0)
		return -1;
	/* posix_spawn() takes strings that it does not change as if it did */
	return process_open((char *const *)(uintptr_t)args.v, how, causes, ret_channel);
}
