/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pid file.
 */
#include "config.h"
#include "daemon/pidfile.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int taken(const char *path, int fd)
{
	char pid[32] = "";
	ssize_t n = read(fd, pid, sizeof pid - 1);

	pid[n > 0 ? n : 0] = 0;
	pid[strspn(pid, "0123456789")] = 0;
	return error_set(FROM_RPC, ERR_OPERATION_FAILED, "another daemon runs already: pid %s holds %s",
					 *pid ? pid : "unknown", path);
}

/* Whether the file at path is the one that was opened: the daemon before may have removed it
 * meanwhile. */
static int is_there(const char *path, int fd)
{
	struct stat at_path, opened;

	return stat(path, &at_path) == 0 && fstat(fd, &opened) == 0 &&
		   at_path.st_ino == opened.st_ino && at_path.st_dev == opened.st_dev;
}

int pidfile_take(const char *path)
{
	for (;;) {
		CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0)
			return error_errno(FROM_RPC, errno, "cannot make the pid file %s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? taken(path, fd)
										: error_errno(FROM_RPC, errno, "cannot lock %s", path);
		if (!is_there(path, fd))
			continue;
		if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
			return error_errno(FROM_RPC, errno, "cannot write %s", path);
		return steal_fd(&fd);
	}
}

void pidfile_drop(const char *path, int fd)
{
	if (fd < 0)
		return;
	unlink(path);
	close(fd);
}
