/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running the host's own tools.
 */
#include "config.h"
#include "drivers/storage/command.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ERR_MAX = 4096,            /* of what it says when it fails: the rest is dropped */
	OUT_MAX = 8 * 1024 * 1024, /* of what it answers: more is refused */
};

void command_end_clear(struct command_end *end)
{
	free(end->out);
	free(end->err);
	*end = (struct command_end){0};
}

/* -- reading both of its outputs -- */

/* Takes what is there. False at the end. */
static bool take(int fd, struct buf *to, size_t max, bool *too_long)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof data);

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	if (buf_len(to) + (size_t)n > max || buf_add(to, data, (size_t)n) < 0)
		*too_long = true;
	return true;
}

static bool read_both(int out, int err, struct buf *words, struct buf *errors)
{
	struct pollfd fds[] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	bool too_long = false, dropped = false;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !take(out, words, OUT_MAX, &too_long))
			fds[0].fd = -1;
		if (fds[1].revents && !take(err, errors, ERR_MAX, &dropped))
			fds[1].fd = -1;
	}
	return !too_long;
}

static char *text_of(struct buf *words)
{
	while (buf_len(words) && words->data[words->end - 1] == '\n')
		words->end--;
	return buf_puts(words, "") < 0 ? NULL : buf_steal_text(words);
}

/* -- running -- */

/* The environment with messages in the language that is looked for; owned by the caller, the words
 * are not. */
static char **make_environment(void)
{
	static char language[] = "LC_ALL=C", quiet[] = "LVM_SUPPRESS_FD_WARNINGS=1";
	size_t n = 0, kept = 0;
	char **env;

	while (environ[n])
		n++;
	env = calloc(n + 3, sizeof *env);
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LC_ALL=", 7) != 0)
			env[kept++] = environ[i];
	env[kept++] = language;
	env[kept] = quiet;
	return env;
}

static int spawn(const char *const *argv, int out, int err, pid_t *ret)
{
	CLEANUP_FREE char **env = make_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	if (!env)
		return error_oom();
	/* the daemon's threads block signals */
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, err, 2);
	r = posix_spawnp(ret, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (r == ENOENT)
		return error_errno(FROM_STORAGE, r, "Cannot find '%s' in path", argv[0]);
	return r ? error_errno(FROM_STORAGE, r, "cannot start %s", argv[0]) : 0;
}

static int open_pipe(int *ret_read, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot make a pipe");
	*ret_read = fds[0];
	*ret_write = fds[1];
	return 0;
}

int command_try(const char *const *argv, struct command_end *ret)
{
	CLEANUP_BUF struct buf words = {0}, errors = {0};
	CLEANUP_CLOSE int out = -1, err = -1, its_out = -1, its_err = -1;
	int status;
	pid_t pid;
	bool whole;

	*ret = (struct command_end){0};
	if (open_pipe(&out, &its_out) < 0 || open_pipe(&err, &its_err) < 0 ||
		spawn(argv, its_out, its_err, &pid) < 0)
		return -1;
	close(steal_fd(&its_out));
	close(steal_fd(&its_err));
	whole = read_both(out, err, &words, &errors);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!whole)
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "%s writes more than %d bytes", argv[0],
						 OUT_MAX);
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	ret->out = text_of(&words);
	ret->err = text_of(&errors);
	if (ret->out && ret->err)
		return 0;
	command_end_clear(ret);
	return error_oom();
}

int command_failed(const char *const *argv, const struct command_end *end)
{
	CLEANUP_BUF struct buf line = {0};

	for (const char *const *word = argv; *word; word++)
		if (buf_printf(&line, "%s%s", word == argv ? "" : " ", *word) < 0)
			return -1;
	return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
					 "Child process (%s) unexpected exit status %d: %s", (char *)buf_at(&line),
					 end->status, end->err);
}

int command_read(const char *const *argv, char **ret_out)
{
	CLEANUP_COMMAND struct command_end end;

	if (command_try(argv, &end) < 0)
		return -1;
	if (end.status)
		return command_failed(argv, &end);
	*ret_out = steal(&end.out);
	return 0;
}

int command_run(const char *const *argv)
{
	CLEANUP_FREE char *out = NULL;

	return command_read(argv, &out);
}

/* -- words -- */

int command_word(const char *word, const char *what)
{
	if (!word || !*word)
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "missing %s", what);
	if (*word == '-')
		return error_set(FROM_STORAGE, ERR_INVALID_ARG, "%s '%s' begins with '-'", what, word);
	for (const char *c = word; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			return error_set(FROM_STORAGE, ERR_INVALID_ARG, "%s with control characters", what);
	return 0;
}

int command_path(const char *path, const char *what)
{
	if (command_word(path, what) < 0)
		return -1;
	if (*path == '/')
		return 0;
	return error_set(FROM_STORAGE, ERR_INVALID_ARG, "%s '%s' is not an absolute path", what, path);
}
