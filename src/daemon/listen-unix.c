/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The unix sockets, read-write and read-only. A socket appears under its name only when its owner
 * and mode are right and it listens; one that a living daemon serves is never replaced.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/account.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket is bound under its name and this; the directory's lock makes it ours alone. */
#define NEW_SUFFIX "~"

char *listen_unix_dir(const struct config *config)
{
	char *dir = NULL;
	int r;

	if (config->unix_sock_dir && *config->unix_sock_dir != '/') {
		error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
				  "unix_sock_dir = \"%s\": it is a path that begins with '/'",
				  config->unix_sock_dir);
		return NULL;
	}
	if (config->unix_sock_dir)
		r = asprintf(&dir, "%s", config->unix_sock_dir);
	else if (geteuid() == 0)
		r = asprintf(&dir, "%s", RUNSTATEDIR "/libvirt");
	else
		return account_socket_dir();
	if (r >= 0)
		return dir;
	error_oom();
	return NULL;
}

static int parse_mode(const char *key, const char *text, mode_t *ret)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (end == text || *end || mode > 0777 || *text == '-')
		return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
						 "%s = \"%s\": it is an octal mode, at most 0777", key, text);
	*ret = (mode_t)mode;
	return 0;
}

static int find_group(const char *name, gid_t *ret)
{
	const struct group *group;
	char *end;
	unsigned long number;

	*ret = (gid_t)-1;
	if (!name)
		return 0;
	group = getgrnam(name);
	if (group) {
		*ret = group->gr_gid;
		return 0;
	}
	number = strtoul(name, &end, 10);
	if (end == name || *end || number >= (gid_t)-1)
		return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
						 "unix_sock_group = \"%s\": there is no such group", name);
	*ret = (gid_t)number;
	return 0;
}

static int address_of(const char *path, const char *suffix, struct sockaddr_un *ret)
{
	int n;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(ret->sun_path, sizeof ret->sun_path, "%s%s", path, suffix);
	if (n < 0 || (size_t)n >= sizeof ret->sun_path)
		return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
						 "%s: the path of a socket has at most %zu characters", path,
						 sizeof ret->sun_path - sizeof NEW_SUFFIX);
	return 0;
}

static int held_by(const char *path, int fd)
{
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof peer;
	char comm_path[64];
	CLEANUP_FREE char *comm = NULL;
	size_t n;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	snprintf(comm_path, sizeof comm_path, "/proc/%d/comm", (int)peer.pid);
	comm = fd_read_file(comm_path, 64, &n);
	if (comm)
		comm[strcspn(comm, "\n")] = 0;
	return error_set(FROM_RPC, ERR_OPERATION_FAILED, "%s is served by %s (pid %d)", path,
					 comm ? comm : "another program", (int)peer.pid);
}

/* 0 if nobody serves the socket at path (or none is there). */
static int check_free(const char *path)
{
	struct sockaddr_un address;
	struct stat st;
	CLEANUP_CLOSE int fd = -1;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(FROM_RPC, errno, "cannot look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(FROM_RPC, ERR_OPERATION_FAILED, "%s is there, and is no socket", path);
	if (address_of(path, "", &address) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(FROM_RPC, errno, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return held_by(path, fd);
	if (errno == EAGAIN)
		return error_set(FROM_RPC, ERR_OPERATION_FAILED,
						 "%s is served by another program, whose queue is full", path);
	return errno == ECONNREFUSED || errno == ENOENT
			   ? 0
			   : error_errno(FROM_RPC, errno, "cannot tell who serves %s", path);
}

/* A socket that listens at path with this group and mode. */
static int make_socket(const char *path, gid_t group, mode_t mode, int backlog)
{
	struct sockaddr_un address;
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (check_free(path) < 0 || address_of(path, NEW_SUFFIX, &address) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(FROM_RPC, errno, "cannot make a socket");
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(FROM_RPC, errno, "cannot make the socket %s", path);
	if (group != (gid_t)-1 && lchown(address.sun_path, (uid_t)-1, group) < 0)
		r = error_errno(FROM_RPC, errno, "cannot give the socket %s to group %u", path, group);
	else if (chmod(address.sun_path, mode) < 0)
		r = error_errno(FROM_RPC, errno, "cannot set the mode of %s", path);
	else if (listen(fd, backlog) < 0)
		r = error_errno(FROM_RPC, errno, "cannot listen on %s", path);
	else if (rename(address.sun_path, path) < 0)
		r = error_errno(FROM_RPC, errno, "cannot name the socket %s", path);
	else
		return steal_fd(&fd);
	unlink(address.sun_path);
	return r;
}

static int listen_one(const struct config *config, const char *dir, bool readonly, gid_t group,
					  struct listener **list)
{
	const char *perms = readonly ? config->unix_sock_ro_perms : config->unix_sock_rw_perms;
	CLEANUP_FREE char *path = NULL, *name = NULL;
	struct stat st;
	mode_t mode = 0;
	int fd;

	if (parse_mode(readonly ? "unix_sock_ro_perms" : "unix_sock_rw_perms", perms, &mode) < 0)
		return -1;
	if (asprintf(&path, "%s/libvirt-sock%s", dir, readonly ? "-ro" : "") < 0 ||
		asprintf(&name, "unix socket %s", path) < 0)
		return error_oom();
	fd = make_socket(path, group, mode, config->max_queued_clients);
	if (fd < 0)
		return -1;
	if (listener_add(list, fd, name, true, readonly) < 0) {
		unlink(path);
		return -1;
	}
	(*list)->path = steal(&path);
	if (lstat((*list)->path, &st) < 0)
		return error_errno(FROM_RPC, errno, "cannot look at %s", (*list)->path);
	(*list)->dev = st.st_dev;
	(*list)->ino = st.st_ino;
	return 0;
}

/* Makes the directory, and those above it as far as they are missing. */
static int make_directory(const char *path, mode_t mode)
{
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return error_oom();
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(copy, 0755);
		*slash = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return error_errno(FROM_RPC, errno, "cannot make the sockets' directory %s", path);
	return 0;
}

int listen_unix(const struct config *config, struct listener **list)
{
	CLEANUP_FREE char *dir = listen_unix_dir(config);
	CLEANUP_CLOSE int lock = -1;
	gid_t group;

	if (!dir || find_group(config->unix_sock_group, &group) < 0)
		return -1;
	if (make_directory(dir, geteuid() == 0 ? 0755 : 0700) < 0)
		return -1;
	lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return error_errno(FROM_RPC, errno, "cannot use the sockets' directory %s", dir);
	if (listen_one(config, dir, false, group, list) < 0)
		return -1;
	return listen_one(config, dir, true, group, list);
}
