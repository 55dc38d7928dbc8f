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

#include <string.h>

DEFINE_CLEANUP(channel, struct channel *, channel_close)

static const struct process_cause causes[] = {SSH_REMOTE_CAUSES, {0}};

/* How the host is reached, by the name that people know it by. */
static char *describe(const struct uri *uri, const struct ssh_target *target)
{
	CLEANUP_BUF struct buf how = {0};

	if (buf_printf(&how, "%s to host %s, port %d", uri_transport(uri), uri_host(uri),
				   target->port) < 0)
		return NULL;
	if (strcmp(target->host, uri_host(uri)) != 0 && buf_printf(&how, " of %s", target->host) < 0)
		return NULL;
	if (target->proxy_argv[0] && buf_printf(&how, ", by way of %s", target->proxy_argv[0]) < 0)
		return NULL;
	return buf_steal_text(&how);
}

/* The way to the host's sshd. */
static int reach(const struct ssh_target *target, const char *how, long long deadline_ms,
				 struct channel **ret)
{
	if (target->proxy_argv[0])
		return process_open(target->proxy_argv, how, NULL, ret);
	return tcp_reach(how, target->host, target->port, deadline_ms, ret);
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
	CLEANUP_FREE char *how = NULL;
	struct channel *below;
	struct ssh_login login = {
		.target = &target, .asker = options->asker, .deadline_ms = options->deadline_ms};
	int64_t asked_ms = options->asker ? options->asker->spent_ms : 0;

	(void)port;
	if (ssh_remote_command(uri, options->readonly, &command) < 0 ||
		ssh_target_resolve(uri, options->deadline_ms, &target) < 0)
		return -1;
	login.how = how = describe(uri, &target);
	if (!how || reach(&target, how, options->deadline_ms, &below) < 0 ||
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
