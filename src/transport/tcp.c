/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tcp transport: plain bytes to a host's port, each of its addresses tried in turn.
 */
#include "config.h"
#include "transport/tcp.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/resolve.h"
#include "transport/transports.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* Waits for a connection under way. 0, or the errno of its failure; ETIMEDOUT at the deadline. */
static int finish_connect(int fd, long long deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int errnum = 0;
	socklen_t len = sizeof errnum;
	int r;

	do {
		long long left = deadline_ms < 0 ? -1 : deadline_ms - now_ms();

		if (deadline_ms >= 0 && left <= 0)
			return ETIMEDOUT;
		r = poll(&p, 1, (int)left);
	} while (r == 0 || (r < 0 && errno == EINTR));
	if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
		return errno;
	return errnum;
}

/* A socket connected to the address, or -1 with errno set. */
static int connect_to(const struct addrinfo *a, long long deadline_ms)
{
	CLEANUP_CLOSE int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, errnum = 0;

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
		errnum = errno == EINPROGRESS ? finish_connect(fd, deadline_ms) : errno;
	if (errnum) {
		errno = errnum;
		return -1;
	}
	/* both are wishes: a connection without them still works */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	return steal_fd(&fd);
}

static void address_text(const struct addrinfo *a, char *ret, size_t size)
{
	if (getnameinfo(a->ai_addr, a->ai_addrlen, ret, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(ret, size, "an unknown address");
}

int tcp_reach(const char *transport, const char *host, int port, long long deadline_ms,
			  struct channel **ret_channel)
{
	CLEANUP_ADDRINFO struct addrinfo *addresses = NULL;
	CLEANUP_CLOSE int fd = -1;
	char address[NI_MAXHOST] = "", how[2 * NI_MAXHOST];
	int errnum = 0;

	if (resolve_host(host, port, deadline_ms, &addresses) < 0)
		return -1;
	for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next) {
		fd = connect_to(a, deadline_ms);
		errnum = errno;
		address_text(a, address, sizeof address);
	}
	if (fd < 0)
		return error_errno(FROM_RPC, errnum, "unable to connect to server at '%s:%d' (%s)", host,
						   port, address);
	snprintf(how, sizeof how, "%s to host %s, port %d (%s)", transport, host, port, address);
	*ret_channel = channel_from_socket(fd, how);
	if (!*ret_channel)
		return -1;
	steal_fd(&fd);
	return 0;
}

int transport_tcp_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	return tcp_reach("tcp", uri_host(uri), port, options->deadline_ms, ret_channel);
}
