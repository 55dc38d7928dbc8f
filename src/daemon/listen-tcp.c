/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of the host. Whoever reaches a plain one without authentication owns the host: off loopback
 * it has to be asked for twice.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
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

void listen_port_name(const char *kind, const struct sockaddr *address, socklen_t len,
					  char ret[LISTEN_NAME_MAX])
{
	char host[NI_MAXHOST] = "?", number[NI_MAXSERV] = "?";

	getnameinfo(address, len, host, sizeof host, number, sizeof number,
				NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(ret, LISTEN_NAME_MAX, "%s %s port %s", kind, host, number);
}

int listen_plain_check(const struct config *config, const struct sockaddr *address,
					   const char *name)
{
	/* the file can't say so: this is the default */
	if (strcmp(config->auth_tcp, "none") != 0)
		return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
						 "%s: auth_tcp is not set, which means \"%s\", and this daemon has none: "
						 "write auth_tcp = \"none\", or use TLS",
						 name, config->auth_tcp);
	if (is_loopback(address) || config->tcp_insecure)
		return 0;
	return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
					 "%s would give everybody who reaches it full access: listen on a loopback "
					 "address (listen_addr = \"127.0.0.1\"), or set tcp_insecure = 1 if that is "
					 "meant",
					 name);
}

/* A socket that listens there, or -1 with errno set. */
static int listen_on(const struct addrinfo *a, int backlog)
{
	static const int on = 1;
	CLEANUP_CLOSE int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* each family has its own socket */
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, backlog) < 0)
		return -1;
	return steal_fd(&fd);
}

/* A host may have no IPv6, or not every address of its name. */
static bool is_not_here(int errnum)
{
	return errnum == EAFNOSUPPORT || errnum == EADDRNOTAVAIL;
}

/* Whether one before a in list is the same. */
static bool is_repeated(const struct addrinfo *list, const struct addrinfo *a)
{
	for (; list != a; list = list->ai_next)
		if (list->ai_addrlen == a->ai_addrlen && !memcmp(list->ai_addr, a->ai_addr, a->ai_addrlen))
			return true;
	return false;
}

/* 1, 0 if the host has no such address, which is then told in the thread's error; or -1. */
static int listen_one(const struct config *config, const struct addrinfo *a,
					  const struct listen_port *port, struct listener **list)
{
	char name[LISTEN_NAME_MAX];
	int fd, errnum;

	listen_port_name(port->kind, a->ai_addr, a->ai_addrlen, name);
	if (!port->tls && listen_plain_check(config, a->ai_addr, name) < 0)
		return -1;
	fd = listen_on(a, config->max_queued_clients);
	if (fd < 0) {
		errnum = errno;
		error_errno(FROM_RPC, errnum, "cannot listen on %s", name);
		return is_not_here(errnum) ? 0 : -1;
	}
	if (listener_add(list, fd, name, false, false) < 0)
		return -1;
	listener_set_tls(*list, port->tls);
	return 1;
}

int listen_port(const struct config *config, const struct listen_port *port, struct listener **list)
{
	CLEANUP(cleanup_addresses) struct addrinfo *addresses = NULL;
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *addr = config->listen_addr;
	bool any = false;
	int r;

	r = getaddrinfo(addr, port->number, &hints, &addresses);
	if (r != 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "cannot find listen_addr %s, %s %s: %s",
						 addr ? addr : "(all)", port->key, port->number, gai_strerror(r));
	for (const struct addrinfo *a = addresses; a; a = a->ai_next) {
		if (is_repeated(addresses, a))
			continue;
		r = listen_one(config, a, port, list);
		if (r < 0)
			return -1;
		if (r == 0)
			log_warning("%s", error_last()->message);
		any = any || r > 0;
	}
	return any ? 0 : -1;
}

int listen_tcp(const struct config *config, struct listener **list)
{
	const struct listen_port port = {.kind = "tcp", .key = "tcp_port", .number = config->tcp_port};

	return listen_port(config, &port, list);
}
