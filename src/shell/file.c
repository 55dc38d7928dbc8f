/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that a user names or edits.
 */
#include "config.h"
#include "file.h"

#include "output.h"
#include "strings.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TEXT (10 * 1024 * 1024)

/* Reads up to MAX_TEXT + 1 bytes. -1 with errno. */
static ssize_t read_all(int fd, char **ret)
{
	size_t size = 16384, n = 0;
	CLEANUP_FREE char *text = shell_alloc(size + 1);

	for (;;) {
		ssize_t got = read(fd, text + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > MAX_TEXT) {
			errno = EOVERFLOW;
			return -1;
		}
		if (n == size)
			text = shell_realloc(text, (size *= 2) + 1);
	}
	text[n] = '\0';
	*ret = steal(&text);
	return (ssize_t)n;
}

char *file_read(struct shell *sh, const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0)
		out_refuse(sh, "Failed to open file '%s': %s", path, strerror(errno));
	else if (read_all(fd, &text) < 0)
		out_refuse(sh, "Failed to read file '%s': %s", path, strerror(errno));
	return text;
}

/* The caller's own completion of file names does it: readline's, or the login shell's. */
void file_complete(struct shell *sh, const struct invocation *in, unsigned what, struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	(void)to;
}

static void unlink_path(char *const *path)
{
	if (*path)
		unlink(*path);
	free(*path);
}

/* Writes text to a new file, owned by the caller as its path. */
static char *write_temporary(struct shell *sh, const char *text)
{
	const char *dir = getenv("TMPDIR");
	char *path = shell_printf("%s/rvshXXXXXX.xml", dir ? dir : "/tmp");
	CLEANUP_CLOSE int fd = mkostemps(path, (int)strlen(".xml"), O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0) {
		out_refuse(sh, "failed to create temporary file %s: %s", path, strerror(errno));
		free(path);
		return NULL;
	}
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0) {
			out_refuse(sh, "failed to write temporary file %s: %s", path, strerror(errno));
			unlink_path(&path);
			return NULL;
		}
		text += n;
		len -= (size_t)n;
	}
	return path;
}

static int run_editor(struct shell *sh, const char *path)
{
	const char *editor = getenv("VISUAL");
	CLEANUP_FREE char *script = NULL;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
	int status = 0;
	pid_t pid;

	if (!editor)
		editor = getenv("EDITOR");
	if (!editor)
		editor = "vi";
	/* the variable may hold options; the path is never part of what the shell reads */
	script = shell_printf("%s \"$@\"", editor);
	fflush(stdout);
	/* Ctrl-C is the editor's */
	sigaction(SIGINT, &ignore, &saved);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		execl("/bin/sh", "sh", "-c", script, "editor", path, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &saved, NULL);
	if (pid < 0)
		return out_refuse(sh, "failed to start %s: %s", editor, strerror(errno));
	if (status != 0)
		return out_refuse(sh, "%s: editing was given up (status %d)", editor,
						  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

char *file_edit(struct shell *sh, const char *text)
{
	CLEANUP(unlink_path) char *path = write_temporary(sh, text);

	if (!path || run_editor(sh, path) < 0)
		return NULL;
	return file_read(sh, path);
}
