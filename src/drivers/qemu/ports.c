/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TCP ports for graphics.
 */
#include "config.h"
#include "drivers/qemu/ports.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

struct qemu_ports {
	pthread_mutex_t lock;
	bool taken[QEMU_PORT_LAST + 1];
};

struct qemu_ports *qemu_ports_new(void)
{
	struct qemu_ports *ports = calloc(1, sizeof *ports);

	if (ports)
		pthread_mutex_init(&ports->lock, NULL);
	else
		error_oom();
	return ports;
}

void qemu_ports_free(struct qemu_ports *ports)
{
	if (ports)
		pthread_mutex_destroy(&ports->lock);
	free(ports);
}

/* A host without the protocol has nobody who listens by it. */
static bool can_bind(int family, const void *address, socklen_t len)
{
	CLEANUP_CLOSE int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return true;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	return bind(fd, address, len) == 0 && listen(fd, 1) == 0;
}

static bool is_free(int port)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	return can_bind(AF_INET, &four, sizeof four) && can_bind(AF_INET6, &six, sizeof six);
}

int qemu_ports_take(struct qemu_ports *ports, int first)
{
	int port = first;

	pthread_mutex_lock(&ports->lock);
	while (port <= QEMU_PORT_LAST && (ports->taken[port] || !is_free(port)))
		port++;
	if (port <= QEMU_PORT_LAST)
		ports->taken[port] = true;
	pthread_mutex_unlock(&ports->lock);
	if (port <= QEMU_PORT_LAST)
		return port;
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
					 "Unable to find an unused port in range '%d-%d'", first, QEMU_PORT_LAST);
}

static void set(struct qemu_ports *ports, int port, bool taken)
{
	if (port <= 0 || port > QEMU_PORT_LAST)
		return;
	pthread_mutex_lock(&ports->lock);
	ports->taken[port] = taken;
	pthread_mutex_unlock(&ports->lock);
}

void qemu_ports_mark(struct qemu_ports *ports, int port)
{
	set(ports, port, true);
}

void qemu_ports_give_back(struct qemu_ports *ports, int port)
{
	set(ports, port, false);
}
