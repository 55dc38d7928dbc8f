/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File systems of pools: put in their place by mount(8), and found there again.
 */
#ifndef DRIVERS_STORAGE_MOUNT_H
#define DRIVERS_STORAGE_MOUNT_H

#include <stdbool.h>

struct storage_mount {
	const char *source, *target;
	const char *type;    /* NULL: mount finds out */
	const char *options; /* besides those that every pool has; NULL: none */
};

/* Is it there? Links in either path are followed. */
bool mount_is_there(const struct storage_mount *m);

/* Without devices, programs, and set-user-ID bits. What is there already is left. 0, or -1 with the
 * error set. */
int mount_put(const struct storage_mount *m);

/* What is not there is no error. */
int mount_take_away(const struct storage_mount *m);

#endif
