/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of volumes, without the lock and without a pool: made, copied, made larger, overwritten.
 */
#ifndef DRIVERS_STORAGE_VOLUME_MAKE_H
#define DRIVERS_STORAGE_VOLUME_MAKE_H

#include "conf/def.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes the file of a volume at a path where nothing is. flags are those of STORAGE_VOL_CREATE_XML.
 * 0, or -1 with the error set and no file there. */
int volume_make(const struct def *def, const char *path, unsigned flags);

/* The same as a copy of another volume. */
int volume_make_from(const struct def *def, const char *path, const char *from,
					 const char *from_format, unsigned flags);

/* Fills a device, which is open for writing and lies at path, with what is in another volume. */
int volume_fill_device(int fd, const char *path, const char *from, const char *from_format);

/* Gives a file or a device to whom its document says. */
int volume_set_permissions(const struct def *def, int fd, const char *path);

int volume_resize(const char *path, const char *format, uint64_t capacity, bool allocate,
				  bool shrink);

/* Zeros in place of all of it, or, random, anything. */
int volume_overwrite(const char *path, bool random);

#endif
