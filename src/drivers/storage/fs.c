/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools that are file systems on a device: made by mkfs(8), and used where they are mounted.
 */
#include "config.h"
#include "drivers/storage/folder.h"
#include "drivers/storage/type.h"

#include "base/error.h"
#include "drivers/storage/command.h"
#include "drivers/storage/device.h"
#include "drivers/storage/mount.h"

#include <rvirt/constants.h>
#include <string.h>
#include <sys/stat.h>

static const char *format_of(const struct def *def)
{
	return node_attr(node_child(def->root, "source/format"), "type");
}

static int mount_of(const struct def *def, struct storage_mount *ret)
{
	*ret = (struct storage_mount){device_first(def), def_text(def, "target/path"), format_of(def),
								  NULL};
	return ret->source ? 0 : -1;
}

static int make_file_system(const struct def *def, const char *device)
{
	const char *format = format_of(def), *argv[8] = {"mkfs", "-t", format};
	int n = 3;

	/* without it they ask, and nobody answers */
	if (strcmp(format, "xfs") == 0)
		argv[n++] = "-f";
	else if (strncmp(format, "ext", 3) == 0)
		argv[n++] = "-F";
	argv[n++] = device;
	return command_run(argv);
}

static int build(const struct def *def, unsigned flags)
{
	const char *format = format_of(def), *device;
	struct device_content wanted = {strcmp(format, "hfs+") == 0 ? "hfsplus" : format, format,
									false};
	struct stat st;

	if (storage_folder_build(def) < 0)
		return -1;
	if (!flags)
		return 0;
	if (!(device = device_first(def)))
		return -1;
	if (stat(device, &st) < 0)
		return error_set(FROM_STORAGE, ERR_OPERATION_INVALID,
						 "Source device does not exist when formatting pool '%s'",
						 def_text(def, "name"));
	if (!(flags & RVIRT_STORAGE_POOL_BUILD_OVERWRITE) && device_check_empty(device, &wanted) < 0)
		return -1;
	return make_file_system(def, device);
}

static int start(const struct def *def)
{
	struct storage_mount m;

	return mount_of(def, &m) < 0 ? -1 : mount_put(&m);
}

static int stop(const struct def *def)
{
	struct storage_mount m;

	return mount_of(def, &m) < 0 ? -1 : mount_take_away(&m);
}

static bool is_up(const struct def *def)
{
	struct storage_mount m;

	return mount_of(def, &m) == 0 && mount_is_there(&m);
}

const struct storage_type storage_type_fs = {
	.name = "fs",
	.build = build,
	.remove = storage_folder_remove,
	.start = start,
	.stop = stop,
	.is_up = is_up,
	STORAGE_FOLDER_OPERATIONS,
};
