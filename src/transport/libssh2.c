/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The libssh2 transport: ssh spoken in this process. The host is the one that the user's ssh
 * configuration makes of the URI, and what runs there is what the ssh transport runs.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "transport/libssh2-session.h"
#include "transport/process.h"
#include "transport/ssh-remote.h"
#include "transport/tcp.h"

#include <stdio.h>

DEFINE_CLEANUP(channel, struct channel *, channel_close)

static const struct process_cause causes[] = {SSH_REMOTE_CAUSES, {0}};

/* The way to the host's sshd. */
static int reach(const struct ssh_target *target, const char *transport, long long deadline_ms,
				 struct channel **ret)
{
	CLEANUP_FREE char *how = NULL;

	if (!target->proxy_argv[0])
		return tcp_reach(transport, target->host, target->port, deadline_ms, ret);
	if (asprintf(&how, "%s to host %s, port %d, by way of %s", transport, target->host,
				 target->port, target->proxy_argv[0]) < 0) {
		how = NULL;
		return error_oom();
	}
	return process_open(target->proxy_argv, how, NULL, ret);
}

/* Opening the session and starting the command. */
static int start(struct channel *ch, long long deadline_ms)
{
	int r;

	while ((r = channel_start(ch)) == CHANNEL_AGAIN)
		if (channel_wait(ch, true, false, deadline_ms) < 0)
			return error_prefix("gateway");
	return r;
}

int transport_libssh2_open(const struct uri *uri, const struct transport_options *options, int port,
						   struct channel **ret_channel)
{
	CLEANUP_SSH_TARGET struct ssh_target target = {0};
	CLEANUP_SSH_SESSION struct ssh_session *session = NULL;
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	CLEANUP_BUF struct buf command = {0};
	struct channel *below;
	struct ssh_login login = {
		.target = &target, .asker = options->asker, .deadline_ms = options->deadline_ms};
	int64_t asked_ms = options->asker ? options->asker->spent_ms : 0;

	(void)port;
	if (ssh_remote_command(uri, options->readonly, &command) < 0 ||
		ssh_target_resolve(uri, options->deadline_ms, &target) < 0 ||
		reach(&target, uri_transport(uri), options->deadline_ms, &below) < 0 ||
		ssh_session_login(below, &login, &session) < 0)
		return -1;
	ch = ssh_session_run(session, (char *)buf_at(&command), causes);
	if (!ch)
		return -1;
	if (options->asker)
		asked_ms = options->asker->spent_ms - asked_ms;
	if (start(ch, options->deadline_ms < 0 ? -1 : options->deadline_ms + asked_ms) < 0)
		return -1;
	*ret_channel = steal(&ch);
	return 0;
}
