/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ssh transport: the user's own ssh, so that its configuration, agent, keys and jump hosts
 * serve. One login runs what bridges to the daemon's socket over there.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "transport/process.h"
#include "transport/ssh-args.h"
#include "transport/ssh-remote.h"

#include <stdio.h>

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

int transport_ssh_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	CLEANUP_SSH_ARGS struct ssh_args args = {0};
	CLEANUP_BUF struct buf remote = {0};
	const char *command = uri_param(uri, URI_COMMAND);
	char how[512];

	if (command && !*command)
		return error_set(FROM_URI, ERR_INVALID_ARG,
						 "the URI parameter command must name a program");
	if (uri->port)
		snprintf(how, sizeof how, "ssh to host %s, port %d", uri_host(uri), port);
	else
		snprintf(how, sizeof how, "ssh to host %s", uri_host(uri));
	if (ssh_remote_command(uri, options->readonly, &remote) < 0 ||
		ssh_args_begin(&args, command ? command : "ssh", uri) < 0)
		return -1;
	ssh_args_add(&args, "--");
	ssh_args_add(&args, uri_host(uri));
	ssh_args_add(&args, (char *)buf_at(&remote));
	return process_open(ssh_args_argv(&args), how, causes, ret_channel);
}
