/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount(8) and umount(8), and the kernel's list of what is mounted.
 */
#include "config.h"
#include "drivers/storage/mount.h"

#include "base/error.h"
#include "drivers/storage/command.h"

#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

static bool same_device(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISBLK(one.st_mode) &&
		   S_ISBLK(other.st_mode) && one.st_rdev == other.st_rdev;
}

/* Slashes that are doubled, or stand at the end, make no difference in what a server is asked. */
static bool same_source(const char *a, const char *b)
{
	if (*a == '/' && a[1] != '/')
		return strcmp(a, b) == 0 || same_device(a, b);
	while (*a || *b) {
		size_t n = strspn(a, "/"), m = strspn(b, "/");

		if (!!n != !!m && (a[n] || b[m]))
			return false;
		a += n;
		b += m;
		if (*a != *b)
			return false;
		a += !!*a;
		b += !!*b;
	}
	return true;
}

bool mount_is_there(const struct storage_mount *m)
{
	CLEANUP_FREE char *target = real_path(m->target);
	FILE *list = target ? setmntent("/proc/self/mounts", "re") : NULL;
	struct mntent entry;
	char words[8192];
	bool found = false;

	if (!list)
		return false;
	/* what was mounted last hides what was before */
	while (getmntent_r(list, &entry, words, sizeof words))
		if (strcmp(entry.mnt_dir, target) == 0)
			found = same_source(m->source, entry.mnt_fsname);
	endmntent(list);
	return found;
}

static int check_words(const struct storage_mount *m)
{
	return command_word(m->source, "source") < 0
			   ? -1
			   : command_path(m->target, "storage pool target path");
}

int mount_put(const struct storage_mount *m)
{
	CLEANUP_FREE char *options = NULL;
	const char *argv[8] = {"mount"};
	int n = 1;

	if (check_words(m) < 0)
		return -1;
	if (mount_is_there(m))
		return 0;
	if (asprintf(&options, "nodev,nosuid,noexec%s%s", m->options ? "," : "",
				 m->options ? m->options : "") < 0) {
		options = NULL;
		return error_oom();
	}
	argv[n++] = "-o";
	argv[n++] = options;
	if (m->type) {
		argv[n++] = "-t";
		argv[n++] = m->type;
	}
	argv[n++] = m->source;
	argv[n++] = m->target;
	return command_run(argv);
}

int mount_take_away(const struct storage_mount *m)
{
	const char *const argv[] = {"umount", m->target, NULL};

	if (check_words(m) < 0)
		return -1;
	return mount_is_there(m) ? command_run(argv) : 0;
}
