/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Into the background. Until it is ready the daemon keeps stderr, so that its errors are seen.
 */
#include "config.h"
#include "daemon/background.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int background_enter(void)
{
	int fds[2];
	char byte;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(FROM_RPC, errno, "cannot make a pipe");
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return error_errno(FROM_RPC, errno, "cannot go to the background");
	}
	if (pid == 0) {
		close(fds[0]);
		setsid();
		return fds[1];
	}
	close(fds[1]);
	do {
		n = read(fds[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

void background_ready(int fd)
{
	int null;

	if (fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
	if (chdir("/") < 0 || write(fd, "1", 1) < 0) {
		/* nobody waits any more */
	}
	close(fd);
}
