/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tcp transport: plain bytes to a host's port.
 */
#include "config.h"
#include "transport/tcp.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/connect.h"
#include "transport/resolve.h"
#include "transport/transports.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

int tcp_reach(const char *who, const char *host, int port, int family, long long deadline_ms,
			  struct channel **ret_channel)
{
	CLEANUP_ADDRINFO struct addrinfo *addresses = NULL;
	CLEANUP_CLOSE int fd = -1;
	const struct addrinfo *reached;
	char address[NI_MAXHOST], how[TCP_WHO_MAX + NI_MAXHOST + 4];
	static const int on = 1;

	if (resolve_host(host, port, family, deadline_ms, &addresses) < 0) {
		error_prefix("resolve");
		return error_suffix("%s; check the host's name", who);
	}
	fd = connect_any(addresses, host, port, deadline_ms, &reached);
	if (fd < 0) {
		error_prefix("connect");
		return error_suffix("%s; nothing listens on that port there, or a firewall is between",
							who);
	}
	/* both are wishes: a connection without them still works */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	connect_address_text(reached, address);
	snprintf(how, sizeof how, "%.*s (%s)", TCP_WHO_MAX - 1, who, address);
	*ret_channel = channel_from_socket(fd, how);
	if (!*ret_channel)
		return -1;
	steal_fd(&fd);
	return 0;
}

int transport_tcp_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	char who[TCP_WHO_MAX];

	snprintf(who, sizeof who, "tcp to host %s, port %d", uri_host(uri), port);
	return tcp_reach(who, uri_host(uri), port, AF_UNSPEC, options->deadline_ms, ret_channel);
}
