/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of the host. Whoever reaches a plain one without authentication owns the host: off loopback
 * it has to be asked for twice.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void cleanup_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
		   (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
			(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127));
}

static int listen_one(const struct config *config, const struct addrinfo *a, const char *name,
					  const struct listen_port *port, enum auth_scheme auth, struct listener **list)
{
	static const int on = 1;
	CLEANUP_CLOSE int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return error_errno(FROM_RPC, errno, "%s: cannot make a socket", name);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, config->max_queued_clients) < 0)
		return error_errno(FROM_RPC, errno, "cannot listen on %s", name);
	if (listener_add(list, steal_fd(&fd), name, false, false, auth) < 0)
		return -1;
	listener_set_tls(*list, port->tls);
	return 0;
}

int listen_port(const struct config *config, const struct listen_port *port, struct listener **list)
{
	CLEANUP(cleanup_addresses) struct addrinfo *addresses = NULL;
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *addr = config->listen_addr;
	enum auth_scheme auth;
	int r;

	if (listen_auth(port->auth_key, port->auth, &auth) < 0)
		return -1;
	r = getaddrinfo(addr, port->number, &hints, &addresses);
	if (r != 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "cannot find listen_addr %s, %s %s: %s",
						 addr ? addr : "(all)", port->key, port->number, gai_strerror(r));
	for (const struct addrinfo *a = addresses; a; a = a->ai_next) {
		char host[NI_MAXHOST] = "?", number[NI_MAXSERV] = "?";
		char name[NI_MAXHOST + NI_MAXSERV + 16];

		getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, number, sizeof number,
					NI_NUMERICHOST | NI_NUMERICSERV);
		snprintf(name, sizeof name, "%s %s port %s", port->kind, host, number);
		if (!port->tls && auth == AUTH_NONE && !is_loopback(a->ai_addr) && !config->tcp_insecure)
			return error_set(
				FROM_CONF, ERR_CONFIG_UNSUPPORTED,
				"%s would give everybody who reaches it full access: set listen_addr = "
				"\"127.0.0.1\", or tcp_insecure = 1 if that is meant",
				name);
		if (listen_one(config, a, name, port, auth, list) < 0)
			return -1;
	}
	return 0;
}

int listen_tcp(const struct config *config, struct listener **list)
{
	const struct listen_port port = {
		.kind = "tcp",
		.key = "tcp_port",
		.number = config->tcp_port,
		.auth_key = "auth_tcp",
		.auth = config->auth_tcp,
	};

	return listen_port(config, &port, list);
}
