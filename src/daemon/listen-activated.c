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
#include "base/log.h"

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

static void path_of(int fd, char *ret, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		address.sun_path[0] = 0;
	snprintf(ret, size, "%.*s", (int)sizeof address.sun_path, address.sun_path);
}

/* Takes over the socket fd, which the unit calls name. */
static int add(const struct config *config, int fd, const char *name, struct listener **list)
{
	bool is_unix = sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0;
	char path[sizeof(struct sockaddr_un)], what[sizeof path + 80];
	enum auth_scheme auth;
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = NULL;
	bool readonly, tls = !is_unix && strstr(name, "-tls");

	if (!is_unix && sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) <= 0)
		return error_set(FROM_SYSTEMD, ERR_CONFIG_UNSUPPORTED,
						 "descriptor %d from systemd (%s) is no listening stream socket", fd, name);
	path_of(fd, path, sizeof path);
	if (!is_unix)
		snprintf(path, sizeof path, tls ? "tls" : "tcp");
	snprintf(what, sizeof what, "%s %s from systemd", is_unix ? "unix socket" : "socket", path);
	if (strstr(name, "-admin"))
		return error_set(FROM_SYSTEMD, ERR_CONFIG_UNSUPPORTED,
						 "%s (%s): this daemon serves no admin interface", what, name);
	readonly = is_unix &&
			   (ends_with(name, "-ro.socket") || ends_with(name, "-ro") || ends_with(path, "-ro"));
	if (!is_unix) {
		if (listen_auth(tls ? "auth_tls" : "auth_tcp", tls ? config->auth_tls : config->auth_tcp,
						&auth) < 0)
			return -1;
	} else if (listen_auth(readonly ? "auth_unix_ro" : "auth_unix_rw",
						   readonly ? config->auth_unix_ro : config->auth_unix_rw, &auth) < 0) {
		return -1;
	}
	if (tls && listen_tls_context(config, &ctx) < 0)
		return -1;
	if (fd_set_nonblocking(fd) < 0)
		return -1;
	if (listener_add(list, fd, what, is_unix, readonly, auth) < 0)
		return -1;
	listener_set_tls(*list, ctx);
	return 0;
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
