/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The directory in which keepers listen. Whoever could make files in it could be given the bytes of
 * connections, so it is used only if it is this user's alone.
 */
#include "config.h"
#include "transport/share.h"

#include "base/account.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

/* In the longest path, ssh puts 17 letters behind "new-" and 16 more until it listens. */
enum { LONGEST_DIRECTORY = sizeof((struct sockaddr_un *)0)->sun_path - sizeof "/" - 4 - 16 - 17 };

/* Can nobody but this user and root take the directory's place away? */
static bool parent_is_safe(const char *parent)
{
	struct stat st;

	if (stat(parent, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return false;
	return !(st.st_mode & 022) || (st.st_mode & S_ISVTX);
}

static bool is_ours_alone(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 077);
}

/* A place for the directory: path is parent/name. */
struct place {
	const char *parent, *name;
};

/* 0 with *ret_path NULL where it cannot be; -1 where it must not be used. */
static int try_place(const struct place *p, char **ret_path)
{
	CLEANUP_FREE char *path = NULL;

	if (!p->parent || *p->parent != '/')
		return 0;
	if (asprintf(&path, "%s/%s", p->parent, p->name) < 0) {
		path = NULL;
		return -1;
	}
	if (strlen(path) > LONGEST_DIRECTORY || !parent_is_safe(p->parent))
		return 0;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return 0;
	if (!is_ours_alone(path)) {
		log_info("connections are not shared: %s is not a directory of this user's alone", path);
		return -1;
	}
	*ret_path = steal(&path);
	return 0;
}

char *share_directory(void)
{
	CLEANUP_FREE char *account_home = NULL, *cache = NULL;
	char run[64], name[64], *path = NULL;
	const char *home = getenv("HOME");

	if (!home || !*home)
		home = account_home = account_user_home(geteuid());
	if (asprintf(&cache, "%s/.cache", home ? home : "") < 0)
		cache = NULL;
	snprintf(run, sizeof run, "/run/user/%u", (unsigned)geteuid());
	snprintf(name, sizeof name, "rvirt-%u", (unsigned)geteuid());
	const struct place places[] = {
		{getenv("XDG_RUNTIME_DIR"), "rvirt"},
		{run, "rvirt"},
		{cache, "rvirt"},
		{"/tmp", name},
	};
	for (int i = 0; i < 4 && !path; i++)
		if (try_place(&places[i], &path) < 0)
			return NULL;
	if (!path)
		log_info("connections are not shared: no directory can hold the socket");
	return path;
}
