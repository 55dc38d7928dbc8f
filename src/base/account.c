/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the system's databases of users and groups.
 */
#include "config.h"
#include "base/account.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { ENTRY_SIZE = 16384 }; /* of a group with its members; a larger one counts as unknown */

char *account_user_name(uid_t uid)
{
	struct passwd entry, *found = NULL;
	char data[ENTRY_SIZE];

	return getpwuid_r(uid, &entry, data, sizeof data, &found) == 0 && found ? strdup(found->pw_name)
																			: NULL;
}

char *account_user_home(uid_t uid)
{
	struct passwd entry, *found = NULL;
	char data[ENTRY_SIZE];

	return getpwuid_r(uid, &entry, data, sizeof data, &found) == 0 && found ? strdup(found->pw_dir)
																			: NULL;
}

char *account_group_name(gid_t gid)
{
	struct group entry, *found = NULL;
	char data[ENTRY_SIZE];

	return getgrgid_r(gid, &entry, data, sizeof data, &found) == 0 && found ? strdup(found->gr_name)
																			: NULL;
}

char *account_path(const char *variable, const char *in_home, const char *name)
{
	const char *folder = getenv(variable), *home = getenv("HOME"), *slash = *name ? "/" : "";
	CLEANUP_FREE char *account_home = NULL;
	char *path;
	int r;

	if (folder && *folder == '/') {
		r = asprintf(&path, "%s%s%s", folder, slash, name);
	} else {
		if (!home || !*home)
			home = account_home = account_user_home(geteuid());
		r = asprintf(&path, "%s/%s%s%s", home ? home : "", in_home, slash, name);
	}
	if (r >= 0)
		return path;
	error_oom();
	return NULL;
}

char *account_config_home(void)
{
	return account_path("XDG_CONFIG_HOME", ".config", "");
}

char *account_socket_dir(void)
{
	return account_path("XDG_RUNTIME_DIR", ".cache", "libvirt");
}
