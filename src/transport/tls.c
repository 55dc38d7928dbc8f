/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tls transport: tcp to a host's port, then TLS with the client's certificates, until the
 * daemon says that it takes this client.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "transport/client-conf.h"
#include "transport/tcp.h"
#include "transport/tls-channel.h"
#include "transport/tls-paths.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

DEFINE_CLEANUP(channel, struct channel *, channel_close)

static int make_context(const struct uri *uri, struct tls_context **ret)
{
	CLEANUP_TLS_PATHS struct tls_paths paths = {0};
	CLEANUP_FREE char *priority = NULL;
	struct tls_settings settings = {
		.side = TLS_CLIENT,
		.priority = uri_param(uri, URI_TLS_PRIORITY),
		.no_verify = uri_flag(uri, URI_NO_VERIFY),
		.no_sanity = uri_flag(uri, URI_NO_SANITY),
	};

	if (tls_paths_find("client", uri_param(uri, URI_PKIPATH), tls_paths_home(), TLS_SYSTEM_DIR,
					   &paths) < 0)
		return -1;
	if (!settings.priority && client_conf_tls_priority(&priority) < 0)
		return -1;
	if (!settings.priority)
		settings.priority = priority;
	/* a client need not have one: the daemon may ask for none */
	if (access(paths.cert, F_OK) == 0 || errno != ENOENT) {
		settings.cert = paths.cert;
		settings.key = paths.key;
	}
	/* who verifies nobody needs no authority */
	if (!settings.no_verify || access(paths.ca, F_OK) == 0) {
		settings.ca = paths.ca;
		settings.crl = paths.crl;
	}
	return tls_context_new(&settings, ret);
}

/* The handshake, and the daemon's answer to it. */
static int start(struct channel *ch, long long deadline_ms)
{
	int r;

	while ((r = channel_start(ch)) == CHANNEL_AGAIN)
		if (channel_wait(ch, true, false, deadline_ms) < 0)
			return error_suffix("in the TLS handshake, or waiting for the daemon's word that it "
								"accepts this client");
	return r;
}

int transport_tls_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	CLEANUP(cleanup_channel) struct channel *below = NULL, *ch = NULL;
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = NULL;
	const char *host = uri_host(uri);
	char who[TCP_WHO_MAX];

	if (make_context(uri, &ctx) < 0)
		return error_suffix("tls to host %s, port %d", host, port);
	snprintf(who, sizeof who, "tls to host %s, port %d", host, port);
	if (tcp_reach(who, host, port, AF_UNSPEC, options->deadline_ms, &below) < 0)
		return -1;
	ch = tls_channel_new(below, ctx, host);
	if (!ch)
		return -1;
	steal(&below);
	if (start(ch, options->deadline_ms) < 0)
		return -1;
	*ret_channel = steal(&ch);
	return 0;
}
