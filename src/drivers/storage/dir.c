/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools that are folders of this host, and nothing more.
 */
#include "config.h"
#include "drivers/storage/folder.h"
#include "drivers/storage/type.h"

static int build(const struct def *def, unsigned flags)
{
	if (storage_folder_build(def) < 0)
		return -1;
	return flags ? storage_folder_refuse_format(def) : 0;
}

const struct storage_type storage_type_dir = {
	.name = "dir",
	.build = build,
	.remove = storage_folder_remove,
	STORAGE_FOLDER_OPERATIONS,
};
