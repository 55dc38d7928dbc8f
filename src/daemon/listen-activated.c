/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sockets that systemd opened for the daemon: what each is for is told by its kind, and by its name
 * or path.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* A unix socket: read-only by the name of the unit, or by the path. */
static int add_unix(int fd, const char *name, const struct sockaddr *address,
					struct listener **list)
{
	const struct sockaddr_un *a = (const void *)address;
	char path[sizeof a->sun_path + 1], what[sizeof path + 40];
	bool readonly;

	snprintf(path, sizeof path, "%.*s", (int)sizeof a->sun_path, a->sun_path);
	snprintf(what, sizeof what, "unix socket %s from systemd", path);
	readonly = ends_with(name, "-ro.socket") || ends_with(name, "-ro") || ends_with(path, "-ro");
	return listener_add(list, fd, what, true, readonly);
}

/* A port of the host, for TLS by the name of the unit. */
static int add_port(const struct config *config, int fd, const char *name,
					const struct sockaddr *address, socklen_t len, struct listener **list)
{
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = NULL;
	char where[LISTEN_NAME_MAX], what[LISTEN_NAME_MAX + 16];
	bool tls = strstr(name, "-tls");

	listen_port_name(tls ? "tls" : "tcp", address, len, where);
	snprintf(what, sizeof what, "%s from systemd", where);
	if (tls ? listen_tls_context(config, &ctx) < 0 : listen_plain_check(config, address, what) < 0)
		return -1;
	if (listener_add(list, fd, what, false, false) < 0)
		return -1;
	listener_set_tls(*list, ctx);
	return 0;
}

/* Takes over the socket fd, which the unit calls name. */
static int add(const struct config *config, int fd, const char *name, struct listener **list)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;

	if (strstr(name, "-admin"))
		return error_set(FROM_SYSTEMD, ERR_CONFIG_UNSUPPORTED,
						 "%s from systemd: this daemon serves no admin interface", name);
	if (fd_set_nonblocking(fd) < 0)
		return -1;
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return error_errno(FROM_SYSTEMD, errno, "cannot tell what descriptor %d from systemd is",
						   fd);
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0)
		return add_unix(fd, name, (struct sockaddr *)&address, list);
	if (sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) > 0)
		return add_port(config, fd, name, (struct sockaddr *)&address, len, list);
	return error_set(FROM_SYSTEMD, ERR_CONFIG_UNSUPPORTED,
					 "descriptor %d from systemd (%s) is no listening stream socket", fd, name);
}

int listen_activated(const struct config *config, struct listener **list)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), r = 0;

	if (n < 0)
		return error_errno(FROM_SYSTEMD, -n, "cannot take the sockets that systemd hands over");
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add(config, SD_LISTEN_FDS_START + i, names[i] ? names[i] : "", list);
		free(names[i]);
	}
	free(names);
	return r < 0 ? -1 : n;
}
