/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The unix transport: a daemon's socket on this host, the one that the URI names or the first of
 * the customary places where one is.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/account.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Root has no session of its own; other users have the system's daemon only where they ask for it.
 */
static bool wants_session(const struct uri *uri)
{
	if (geteuid() == 0 || !strcmp(uri->path, "/system"))
		return false;
	return strcmp(uri->driver, "remote") != 0 || !strcmp(uri->path, "/session");
}

/* The socket in directory: that of the driver's own daemon, where mode says so or leaves it open
 * and there is one; else that of the daemon for every driver. */
static int socket_in(const char *directory, const struct uri *uri, const char *suffix, char **ret)
{
	const char *mode = uri_param(uri, URI_MODE);
	bool direct = mode && !strcmp(mode, "direct");
	bool legacy = mode && !strcmp(mode, "legacy");
	CLEANUP_FREE char *direct_path = NULL;

	if (asprintf(&direct_path, "%s/virt%sd-sock%s", directory, uri->driver, suffix) < 0) {
		direct_path = NULL;
		return error_oom();
	}
	if (direct || (!legacy && access(direct_path, F_OK) == 0)) {
		*ret = steal(&direct_path);
		return 0;
	}
	return asprintf(ret, "%s/libvirt-sock%s", directory, suffix) < 0 ? error_oom() : 0;
}

static int default_path(const struct uri *uri, bool readonly, char **ret)
{
	static const char *const directories[] = {RUNSTATEDIR "/libvirt", "/var/run/libvirt"};
	const char *suffix = readonly ? "-ro" : "";
	CLEANUP_FREE char *session = NULL, *path = NULL;

	if (wants_session(uri)) {
		session = account_socket_dir();
		return session ? socket_in(session, uri, "", ret) : -1;
	}
	if (socket_in(directories[0], uri, suffix, &path) < 0)
		return -1;
	if (access(path, F_OK) == 0) {
		*ret = steal(&path);
		return 0;
	}
	return socket_in(directories[1], uri, suffix, ret);
}

/* Adds whose the socket is: "owner root, group libvirt, mode 0770". */
static int add_owner(const char *path)
{
	CLEANUP_FREE char *user = NULL, *group = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return error_suffix("a directory of it is not yours to enter: ask who manages the daemon");
	user = account_user_name(st.st_uid);
	group = account_group_name(st.st_gid);
	return error_suffix("owner %s, group %s, mode %04o: be in that group, or ask who manages the "
						"daemon",
						user ? user : "unknown", group ? group : "unknown", st.st_mode & 07777);
}

enum { NOBODY = -2 }; /* nobody listens; the error is set */

static int refused(const char *path, int errnum)
{
	error_errno(FROM_RPC, errnum, "socket: Failed to connect socket to '%s'", path);
	if (errnum == ENOENT || errnum == ECONNREFUSED) {
		error_suffix("no daemon listens there: start it, or name its socket with socket=");
		return NOBODY;
	}
	return errnum == EACCES || errnum == EPERM ? add_owner(path) : -1;
}

/* Connects; a full backlog is waited for until the deadline. */
static int connect_unix(int fd, const char *path, long long deadline_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {0};
	long long left;

	if (strlen(path) >= sizeof address.sun_path)
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "the socket's path is longer than %zu bytes: %s",
						 sizeof address.sun_path - 1, path);
	strcpy(address.sun_path, path);
	if (deadline_ms >= 0) {
		left = deadline_ms - now_ms();
		limit.tv_sec = left > 0 ? left / 1000 : 0;
		limit.tv_usec = left > 0 ? left % 1000 * 1000 : 1;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	}
	while (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		if (errno == EINTR)
			continue;
		return refused(path, errno == EAGAIN ? ETIMEDOUT : errno);
	}
	return 0;
}

/* Connects to the daemon of the user's session, which is started if nobody listens. */
static int connect_session(int fd, const char *path, long long deadline_ms)
{
	CLEANUP_FREE char *why = NULL;
	int rc = connect_unix(fd, path, deadline_ms);

	if (rc != NOBODY || !session_may_start())
		return rc;
	if (session_start(deadline_ms) < 0 && !(why = strdup(error_last()->message)))
		return error_oom();
	error_reset();
	rc = connect_unix(fd, path, deadline_ms);
	return rc < 0 && why ? error_suffix("none could be started: %s", why) : rc;
}

int transport_unix_open(const struct uri *uri, const struct transport_options *options, int port,
						struct channel **ret_channel)
{
	CLEANUP_FREE char *path = NULL, *how = NULL;
	CLEANUP_CLOSE int fd = -1;
	bool session;
	const char *given = uri_param(uri, URI_SOCKET);

	(void)port;
	if (uri->host)
		return error_set(FROM_REMOTE, ERR_INVALID_ARG,
						 "using unix socket and remote server '%s' is not supported.", uri->host);
	if (given)
		path = strdup(given);
	else if (default_path(uri, options->readonly, &path) < 0)
		return -1;
	if (!path || asprintf(&how, "unix socket %s", path) < 0)
		return error_oom();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(FROM_RPC, errno, "cannot make a socket");
	session = !given && wants_session(uri) && strcmp(uri->path, "/session") == 0;
	if ((session ? connect_session : connect_unix)(fd, path, options->deadline_ms) < 0)
		return -1;
	*ret_channel = channel_from_socket(fd, how);
	if (!*ret_channel)
		return -1;
	steal_fd(&fd);
	return 0;
}
