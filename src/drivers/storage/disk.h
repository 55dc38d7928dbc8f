/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk's table of partitions, as parted(8) knows it.
 */
#ifndef DRIVERS_STORAGE_DISK_H
#define DRIVERS_STORAGE_DISK_H

#include "conf/def.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_kind { DISK_PRIMARY, DISK_EXTENDED, DISK_LOGICAL, DISK_FREE };

struct disk_part {
	enum disk_kind kind;
	unsigned number;     /* 0: free */
	uint64_t start, end; /* up to end */
};

struct disk_table {
	struct disk_part *parts; /* in their order on the disk */
	size_t n;
	uint64_t sector; /* bytes */
};

void disk_table_clear(struct disk_table *table);
#define CLEANUP_TABLE CLEANUP(disk_table_clear)

/* Reads what parted reports (as JSON, in bytes, with what is free). 0, or -1 with the error set. */
int disk_table_parse(const char *text, struct disk_table *ret);

/* 0, or -1 with the error set. */
int disk_table_read(const char *device, struct disk_table *ret);

/* Whether a free part lies inside the extended partition. */
bool disk_is_inside(const struct disk_table *table, const struct disk_part *part);

/* Where a partition of that size fits best: from a whole MiB on. The part before it, and the table,
 * stay as they are. logical: inside the extended partition, else outside. 0, or -1 with the error
 * set: nowhere. */
int disk_find_room(const struct disk_table *table, uint64_t size, bool logical, uint64_t *ret_start,
				   uint64_t *ret_end);

#endif
