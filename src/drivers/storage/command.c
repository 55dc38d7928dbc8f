/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running the host's own tools.
 */
#include "config.h"
#include "drivers/storage/command.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 4096 }; /* of what it says when it fails */

/* Reads to the end; more than WORDS_MAX is dropped. */
static int read_words(int fd, struct buf *words)
{
	char data[1024];
	ssize_t n;

	while ((n = read(fd, data, sizeof data)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && buf_len(words) < WORDS_MAX && buf_add(words, data, (size_t)n) < 0)
			return -1;
	}
	while (buf_len(words) && words->data[words->end - 1] == '\n')
		words->end--;
	return buf_add(words, "", 1);
}

static int spawn(const char *const *argv, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	/* the daemon's threads block signals */
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	r = posix_spawnp(ret, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (r == ENOENT)
		return error_set(FROM_STORAGE, ERR_OPERATION_UNSUPPORTED, "%s is not installed", argv[0]);
	return r ? error_errno(FROM_STORAGE, r, "cannot start %s", argv[0]) : 0;
}

int command_run(const char *const *argv)
{
	CLEANUP_BUF struct buf words = {0};
	CLEANUP_CLOSE int in = -1;
	CLEANUP_CLOSE int out = -1;
	int fds[2], status, r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot start %s", argv[0]);
	in = fds[0];
	out = fds[1];
	if (spawn(argv, out, &pid) < 0)
		return -1;
	close(steal_fd(&out));
	r = read_words(in, &words);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "%s failed (%s %d): %s", argv[0],
					 WIFEXITED(status) ? "exit status" : "signal",
					 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
					 (char *)buf_at(&words));
}
