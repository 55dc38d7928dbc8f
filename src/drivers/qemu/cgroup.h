/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A control group (version 2) for each machine's process, where this daemon may make one. Without,
 * machines run as well.
 */
#ifndef DRIVERS_QEMU_CGROUP_H
#define DRIVERS_QEMU_CGROUP_H

/* Makes a group of that name, with the controllers that the host lends. Its path, owned by the
 * caller; NULL, without an error, where there can be none. */
char *cgroup_make(const char *name);

/* A descriptor by which a process joins: it writes "0". -1, without an error. */
int cgroup_open(const char *path);

/* Removes a group whose processes have ended; NULL is allowed. */
void cgroup_remove(const char *path);

#endif
