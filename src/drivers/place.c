/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Folders by the rules of the file hierarchy and of XDG, and files that survive a crash.
 */
#include "config.h"
#include "drivers/place.h"

#include "base/account.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A folder for each place: below state_dir, of the host, and of a user in the folder of an
 * environment variable, which has a default in the user's home. */
static const struct {
	const char *below, *host, *variable, *home, *user;
} places[] = {
	[PLACE_CONFIG] = {"", SYSCONFDIR "/rvirt/", "XDG_CONFIG_HOME", ".config", "rvirt/"},
	[PLACE_RUN] = {"run/", RUNSTATEDIR "/rvirt/", "XDG_RUNTIME_DIR", ".cache", "rvirt/run/"},
	[PLACE_LIB] = {"lib/", LOCALSTATEDIR "/lib/rvirt/", "XDG_DATA_HOME", ".local/share", "rvirt/"},
	[PLACE_LOG] = {"log/", LOCALSTATEDIR "/log/rvirt/", "XDG_STATE_HOME", ".local/state",
				   "rvirt/log/"},
	[PLACE_CACHE] = {"cache/", LOCALSTATEDIR "/cache/rvirt/", "XDG_CACHE_HOME", ".cache", "rvirt/"},
};

char *place_path(const char *state_dir, enum place place, const char *name)
{
	CLEANUP_FREE char *below = NULL;
	char *path;
	int r;

	if (state_dir)
		r = asprintf(&path, "%s/%s%s", state_dir, places[place].below, name);
	else if (geteuid() == 0)
		r = asprintf(&path, "%s%s", places[place].host, name);
	else if ((r = asprintf(&below, "%s%s", places[place].user, name)) < 0)
		below = NULL;
	else
		return account_path(places[place].variable, places[place].home, below);
	if (r >= 0)
		return path;
	error_oom();
	return NULL;
}

/* The folders above are others' too: clients read their configuration beside the system's. */
int place_make(enum error_domain domain, const char *path)
{
	mode_t above = geteuid() == 0 ? 0755 : 0700;
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return error_oom();
	for (char *at = copy + 1;; at++) {
		char c = *at;

		if (c && c != '/')
			continue;
		*at = '\0';
		if (mkdir(copy, c ? above : 0700) < 0 && errno != EEXIST)
			return error_errno(domain, errno, "cannot create path '%s'", copy);
		*at = c;
		if (!c)
			return 0;
	}
}

int place_sync(enum error_domain domain, const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (!copy)
		return error_oom();
	*strrchr(copy, '/') = '\0';
	fd = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? error_errno(domain, errno, "cannot write %s", copy) : 0;
}

static int write_new(enum error_domain domain, const char *path, const char *text, bool flush)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t left = strlen(text);

	while (fd >= 0 && left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			break;
		text += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || left > 0 || (flush && fsync(fd) < 0) || close(steal_fd(&fd)) < 0)
		return error_errno(domain, errno, "cannot write %s", path);
	return 0;
}

static int replace(enum error_domain domain, const char *path, const char *text, bool flush)
{
	CLEANUP_FREE char *fresh = NULL;

	if (asprintf(&fresh, "%s.new", path) < 0) {
		fresh = NULL;
		return error_oom();
	}
	if (write_new(domain, fresh, text, flush) < 0) {
		unlink(fresh);
		return -1;
	}
	if (rename(fresh, path) < 0) {
		error_errno(domain, errno, "cannot write %s", path);
		unlink(fresh);
		return -1;
	}
	return flush ? place_sync(domain, path) : 0;
}

int place_write(enum error_domain domain, const char *path, const char *text)
{
	return replace(domain, path, text, true);
}

int place_write_volatile(enum error_domain domain, const char *path, const char *text)
{
	return replace(domain, path, text, false);
}
