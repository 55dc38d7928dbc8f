/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ssh transport: the user's own ssh, so that its configuration, agent, keys and jump hosts
 * serve. One login runs what bridges to the daemon's socket over there.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/buf.h"
#include "base/error.h"
#include "transport/process.h"
#include "transport/redial.h"
#include "transport/ssh-args.h"
#include "transport/ssh-remote.h"
#include "transport/ssh-share.h"

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
	{255, "Session open refused by peer",
	 "share: the shared login has no place left for a session; raise sshd's MaxSessions"},
	{255, "Not allowed at this time",
	 "connect: sshd punishes this address for earlier failures; see its PerSourcePenalties"},
	{255, "exchange_identification",
	 "connect: sshd broke off before the login; if many log in at once, raise its MaxStartups or "
	 "PerSourceMaxStartups; else look into its log"},
	{255, "administratively prohibited", "login: sshd there allows no session"},
	{255, "closed by remote host", "call: the host broke the connection off, or was restarted"},
	{255, "client_loop", "call: the network broke, or the host was restarted"},
	{255, "not responding", "call: the host does not answer any more"},
	{255, NULL, "login: try the same with ssh by hand"},
	SSH_REMOTE_CAUSES,
	{0},
};

/* What is needed to run ssh again. */
struct dialling {
	char *how;
	char **shared; /* the arguments for a shared connection; NULL: there is none, or no more */
	char **direct; /* and for one of its own; NULL: it is not wanted */
	int drops;
};

static void free_words(char **words)
{
	for (char **w = words; w && *w; w++)
		free(*w);
	free(words);
}

static void dialling_free(void *state)
{
	struct dialling *d = state;

	free(d->how);
	free_words(d->shared);
	free_words(d->direct);
	free(d);
}

static int dialling_open(void *state, struct channel **ret_channel)
{
	struct dialling *d = state;

	return process_open(d->shared ? d->shared : d->direct, d->how, causes, ret_channel);
}

/* Did what holds the shared connection go away, rather than ssh or the other host fail? */
static bool lost_keeper(const char *why)
{
	return strstr(why, "mux_client") || strstr(why, "Shared connection to") ||
		   strstr(why, "ontrol socket");
}

static int dialling_again(void *state, const char *why)
{
	struct dialling *d = state;

	if (d->shared && d->direct && lost_keeper(why)) {
		free_words(steal(&d->shared));
		return 0;
	}
	return ssh_was_dropped(why) ? redial_pause_ms(d->drops++) : -1;
}

static const struct redial_ops dialling_ops = {dialling_open, dialling_again, dialling_free};

static const char *ssh_program(const struct uri *uri)
{
	return uri_param(uri, URI_COMMAND) ? uri_param(uri, URI_COMMAND) : "ssh";
}

static char **copy_words(const struct ssh_args *a)
{
	char **words = calloc((size_t)a->n + 1, sizeof *words);

	for (int i = 0; words && i < a->n; i++) {
		words[i] = strdup(a->v[i]);
		if (!words[i]) {
			free_words(steal(&words));
			break;
		}
	}
	if (!words)
		error_oom();
	return words;
}

/* All arguments: through the control socket if there is one, else directly. */
static char **all_args(const struct uri *uri, const char *socket, bool only, const char *remote)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};

	if (ssh_args_begin(&a, ssh_program(uri), uri) < 0)
		return NULL;
	if (socket) {
		ssh_args_option(&a, "ControlMaster=no");
		ssh_args_option(&a, "ClearAllForwardings=yes");
		if (ssh_args_file_option(&a, "ControlPath", socket) < 0)
			return NULL;
		/* ssh connects by itself where the socket is of no use */
		if (only)
			ssh_args_option(&a, "ProxyCommand=false");
	}
	ssh_args_add(&a, "--");
	ssh_args_add(&a, uri_host(uri));
	ssh_args_add(&a, remote);
	return copy_words(&a);
}

static int prepare(struct dialling *d, const struct uri *uri,
				   const struct transport_options *options, const char *remote)
{
	struct share_settings settings = {.mode = SHARE_NO};
	CLEANUP_FREE char *socket = NULL;
	bool only;

	if (share_settings_read(uri, &settings) < 0)
		return -1;
	only = settings.mode == SHARE_ONLY;
	d->direct = all_args(uri, NULL, false, remote);
	if (!d->direct || ssh_share_find(uri, ssh_program(uri), &settings, d->how, causes,
									 options->deadline_ms, &socket) < 0)
		return -1;
	if (!socket)
		return 0;
	d->shared = all_args(uri, socket, only, remote);
	if (only)
		free_words(steal(&d->direct));
	return d->shared ? 0 : -1;
}

/* How the host is reached, as far as the URI says. */
static char *describe(const struct uri *uri)
{
	CLEANUP_BUF struct buf how = {0};

	if (buf_printf(&how, "ssh to host %s", uri_host(uri)) < 0 ||
		(uri->port && buf_printf(&how, ", port %d", uri->port) < 0) ||
		(uri->user && buf_printf(&how, ", user %s", uri->user) < 0))
		return NULL;
	return buf_steal_text(&how);
}

int transport_ssh_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	CLEANUP_BUF struct buf remote = {0};
	struct dialling *d;

	if (!*ssh_program(uri))
		return error_set(FROM_URI, ERR_INVALID_ARG,
						 "the URI parameter command must name a program");
	if (ssh_remote_command(uri, options->readonly, &remote) < 0)
		return -1;
	d = calloc(1, sizeof *d);
	if (!d)
		return error_oom();
	(void)port;
	d->how = describe(uri);
	if (!d->how || prepare(d, uri, options, (char *)buf_at(&remote)) < 0) {
		dialling_free(d);
		return -1;
	}
	return redial_open(&dialling_ops, d, options->deadline_ms, ret_channel);
}
