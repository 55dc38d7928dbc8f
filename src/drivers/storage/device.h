/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Block devices: what is on them, before anything is written there.
 */
#ifndef DRIVERS_STORAGE_DEVICE_H
#define DRIVERS_STORAGE_DEVICE_H

#include "conf/def.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What is expected on a device, in blkid's words; by is the document's word for it. */
struct device_content {
	const char *name, *by;
	bool table; /* it is a table of partitions, else a file system or what is like one */
};

/* Refuses to write on a device that is not empty. 0, or -1 with the error set. */
int device_check_empty(const char *device, const struct device_content *wanted);

/* Refuses to use a device that has something else on it, or nothing. */
int device_check_content(const char *device, const struct device_content *wanted);

/* Overwrites the first and the last MiB with zeros, where tables and labels are. */
int device_clear(const char *device);

/* Devices of a source, in turn: NULL at the end, the first for NULL. */
const struct node *device_next(const struct def *def, const struct node *device);
/* The path of the first one, checked; NULL with the error set if there is none. */
const char *device_first(const struct def *def);

/* Its size in bytes and its state. 0, or -1 with the error set. */
int device_size(const char *path, uint64_t *ret_size, struct stat *ret_st);

/* Waits until the host's device manager has done what it was told, where there is one. */
void device_settle(void);

/* Fills a device that is a new volume from another volume, and gives it to whom the document says.
 * from may be NULL. */
struct storage_from;
int device_fill(const struct def *def, const char *path, const struct storage_from *from);

#endif
