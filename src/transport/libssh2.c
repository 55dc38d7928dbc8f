/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The libssh2 transport: ssh spoken in this process. The host is the one that the user's ssh
 * configuration makes of the URI, and what runs there is what the ssh transport runs.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/libssh2.h"
#include "transport/process.h"
#include "transport/redial.h"
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
	if (uri->user && buf_printf(&how, ", user %s", uri->user) < 0)
		return NULL;
	if (target->proxy_argv[0] && buf_printf(&how, ", by way of %s", target->proxy_argv[0]) < 0)
		return NULL;
	return buf_steal_text(&how);
}

/* The way to the host's sshd. */
static int reach(const struct ssh_target *target, const char *how, long long deadline_ms,
				 struct channel **ret)
{
	long long own_ms = now_ms() + target->connect_timeout * 1000LL;

	if (target->proxy_argv[0])
		return process_open(target->proxy_argv, how, NULL, ret);
	if (target->connect_timeout && (deadline_ms < 0 || own_ms < deadline_ms))
		deadline_ms = own_ms;
	return tcp_reach(how, target->host, target->port, target->family, deadline_ms, ret);
}

static int log_in(const struct uri *uri, const struct transport_options *options,
				  struct ssh_session **ret_session)
{
	CLEANUP_SSH_TARGET struct ssh_target target = {0};
	CLEANUP_FREE char *how = NULL;
	struct channel *below;
	struct ssh_login login = {
		.target = &target, .asker = options->asker, .deadline_ms = options->deadline_ms};

	if (ssh_target_resolve(uri, options->deadline_ms, &target) < 0)
		return -1;
	login.how = how = describe(uri, &target);
	if (!how || reach(&target, how, options->deadline_ms, &below) < 0)
		return -1;
	return ssh_session_login(below, &login, ret_session);
}

/* Did sshd break off before it said anything, as it does when too many are about to log in? What
 * goes through another program breaks off for reasons of that program. */
static bool was_dropped(const char *message)
{
	return strstr(message, "sshd broke off before the login") && !strstr(message, ", by way of ");
}

int ssh_session_open(const struct uri *uri, const struct transport_options *options,
					 struct ssh_session **ret_session)
{
	int64_t asked_ms = options->asker ? options->asker->spent_ms : 0;
	struct error before = {0};
	int n = 0, r;

	while ((r = log_in(uri, options, ret_session)) < 0) {
		/* that time was short was not the cause */
		if (n > 0 && error_last()->code == ERR_OPERATION_TIMEOUT) {
			error_give(&before);
			break;
		}
		/* nobody is asked twice */
		if (!was_dropped(error_last()->message) ||
			(options->asker && options->asker->spent_ms > asked_ms) ||
			redial_pause(n++, options->deadline_ms) < 0)
			break;
		error_clear(&before);
		error_take(&before);
	}
	error_clear(&before);
	return r;
}

int libssh2_run(struct ssh_session *session, const char *command, long long deadline_ms,
				struct channel **ret_channel)
{
	CLEANUP(cleanup_channel) struct channel *ch = ssh_session_run(session, command, causes);
	int r;

	if (!ch)
		return -1;
	while ((r = channel_start(ch)) == CHANNEL_AGAIN)
		if (channel_wait(ch, true, false, deadline_ms) < 0)
			return error_prefix("gateway");
	if (r == 0)
		*ret_channel = steal(&ch);
	return r;
}

int transport_libssh2_open(const struct uri *uri, const struct transport_options *options, int port,
						   struct channel **ret_channel)
{
	CLEANUP_SSH_SESSION struct ssh_session *session = NULL;
	CLEANUP_BUF struct buf command = {0};
	struct share_settings settings;
	int64_t before_ms = options->asker ? options->asker->spent_ms : 0;
	int64_t deadline_ms = options->deadline_ms;
	int r;

	(void)port;
	/* what cannot be asked is told before anybody is reached */
	if (ssh_remote_command(uri, options->readonly, &command) < 0 ||
		share_settings_read(uri, &settings) < 0)
		return -1;
	r = libssh2_run_shared(uri, options, &settings, (char *)buf_at(&command), ret_channel);
	if (r <= 0)
		return r;
	if (ssh_session_open(uri, options, &session) < 0)
		return -1;
	if (options->asker && deadline_ms >= 0)
		deadline_ms += options->asker->spent_ms - before_ms;
	return libssh2_run(session, (char *)buf_at(&command), deadline_ms, ret_channel);
}
