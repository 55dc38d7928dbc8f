/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the types of pools share whose volumes are the files in a folder.
 */
#ifndef DRIVERS_STORAGE_FOLDER_H
#define DRIVERS_STORAGE_FOLDER_H

#include "drivers/storage/type.h"

/* Makes the folder of a pool and those above it, with the mode and owner that its definition says.
 */
int storage_folder_build(const struct def *def);
int storage_folder_remove(const struct def *def);

/* Says that nothing can be formatted. -1. */
int storage_folder_refuse_format(const struct def *def);

int storage_folder_scan(const struct def *def, struct storage_scan *ret);
int storage_folder_make(const struct def *pool, const struct def *def, const char *path,
						const struct storage_from *from, unsigned flags);
int storage_folder_remove_volume(const struct def *pool, const struct storage_volume *vol);
int storage_folder_resize(const struct storage_volume *vol, uint64_t capacity, bool allocate);
struct storage_volume *storage_folder_look(const struct def *pool, const char *name);

/* How large the file system is, and whose the folder. */
int storage_folder_space(const struct def *pool, struct storage_scan *ret);

#define STORAGE_FOLDER_OPERATIONS                                                                  \
	.scan = storage_folder_scan, .volume_make = storage_folder_make,                               \
	.volume_remove = storage_folder_remove_volume, .volume_resize = storage_folder_resize,         \
	.volume_look = storage_folder_look

#endif
