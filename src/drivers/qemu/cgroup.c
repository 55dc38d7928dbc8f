/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups stand below one of ours at the top of the hierarchy, so that the end of the daemon's own
 * group (a service that is stopped) is not the guests' end.
 */
#include "config.h"
#include "drivers/qemu/cgroup.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENT "rvirt"

/* Where the hierarchy is mounted, owned by the caller; or NULL. */
static char *find_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent entry;
	char data[4096], *found = NULL;

	while (mounts && !found && getmntent_r(mounts, &entry, data, sizeof data))
		if (strcmp(entry.mnt_type, "cgroup2") == 0)
			found = strdup(entry.mnt_dir);
	if (mounts)
		endmntent(mounts);
	return found;
}

static void lend_controllers(const char *path)
{
	static const char *const names[] = {"+cpu", "+cpuset", "+memory", "+io", "+pids"};
	CLEANUP_FREE char *file = NULL;
	CLEANUP_CLOSE int fd = -1;

	if (asprintf(&file, "%s/cgroup.subtree_control", path) < 0) {
		file = NULL;
		return;
	}
	fd = open(file, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < sizeof names / sizeof names[0]; i++)
		if (write(fd, names[i], strlen(names[i])) < 0)
			log_debug("%s: no %s: %s", path, names[i] + 1, strerror(errno));
}

char *cgroup_make(const char *name)
{
	CLEANUP_FREE char *mount = geteuid() == 0 ? find_mount() : NULL, *parent = NULL, *path = NULL;

	if (!mount || asprintf(&parent, "%s/" PARENT, mount) < 0 ||
		asprintf(&path, "%s/%s", parent, name) < 0)
		return NULL;
	mkdir(parent, 0755);
	lend_controllers(mount);
	lend_controllers(parent);
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return steal(&path);
	log_debug("no control group %s: %s", path, strerror(errno));
	return NULL;
}

int cgroup_open(const char *path)
{
	CLEANUP_FREE char *file = NULL;

	if (asprintf(&file, "%s/cgroup.procs", path) < 0) {
		file = NULL;
		return -1;
	}
	return open(file, O_WRONLY | O_CLOEXEC);
}

bool cgroup_has(const char *path, const char *controller)
{
	CLEANUP_FREE char *file = NULL, *text = NULL;
	char *rest, *word;
	struct error saved;
	bool found = false;

	if (!path || asprintf(&file, "%s/cgroup.controllers", path) < 0) {
		file = NULL;
		return false;
	}
	error_take(&saved);
	rest = text = fd_read_file(file, 4096, NULL);
	error_give(&saved);
	while (!found && (word = strsep(&rest, " \n")))
		found = strcmp(word, controller) == 0;
	return found;
}

/* The groups of its threads. */
static void remove_children(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
}

void cgroup_remove(const char *path)
{
	if (!path)
		return;
	remove_children(path);
	if (rmdir(path) < 0 && errno != ENOENT)
		log_debug("control group %s stays: %s", path, strerror(errno));
}
