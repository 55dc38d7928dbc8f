/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What LVM reports of groups and volumes, as JSON.
 */
#ifndef DRIVERS_STORAGE_LOGICAL_H
#define DRIVERS_STORAGE_LOGICAL_H

#include "drivers/storage/type.h"

/* The volumes of a group that are active and that a guest could use, from a row for each of their
 * segments; dir is where they are found. 0, or -1 with the error set: *ret holds some of them. */
int logical_read_volumes(const char *json, const char *dir, struct storage_volume **ret);

/* 0, or -1 with the error set. */
int logical_read_space(const char *json, uint64_t *ret_capacity, uint64_t *ret_available);

/* Appends a <source> for each group, with its devices. 0, or -1 with the error set. */
int logical_read_sources(const char *json, struct buf *to);

#endif
