/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A control group (version 2) for each machine's process, where this daemon may make one. Without,
 * machines run as well, unless their definition calls for what only a group can do.
 */
#ifndef DRIVERS_QEMU_CGROUP_H
#define DRIVERS_QEMU_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes a group of that name, with the controllers that the host lends. Its path, owned by the
 * caller; NULL, without an error, where there can be none. */
char *cgroup_make(const char *name);

/* A descriptor by which a process joins: it writes "0". -1, without an error. */
int cgroup_open(const char *path);

/* Removes a group whose processes have ended, and those of its threads; NULL is allowed. */
void cgroup_remove(const char *path);

/* Whether the group (NULL: none) has a controller: "cpu", "memory", "io", "cpuset". */
bool cgroup_has(const char *path, const char *controller);

/* -- cgroup-tune.c: all of it returns 0, or -1 with the error set, and wants the controller -- */

/* Of the processors' time, beside other groups. */
int cgroup_set_weight(const char *path, unsigned long long weight);
int cgroup_get_weight(const char *path, unsigned long long *ret_weight);

/* So many microseconds of each period: 0 leaves either as it is, a negative quota is no limit. No
 * limit reads as CGROUP_QUOTA_MAX. */
enum { CGROUP_PERIOD_MIN = 1000, CGROUP_PERIOD_MAX = 1000000, CGROUP_QUOTA_MIN = 1000 };
#define CGROUP_QUOTA_MAX 17592186044415LL
int cgroup_set_bandwidth(const char *path, unsigned long long period, long long quota);
int cgroup_get_bandwidth(const char *path, unsigned long long *ret_period, long long *ret_quota);

/* The group of some of the threads ("vcpu0"), made where it is missing, with one more in it. */
int cgroup_add_thread(const char *path, const char *name, pid_t thread);
/* The same for all threads that are in no such group. */
int cgroup_add_rest(const char *path, const char *name);
/* Such a group's path; owned by the caller. NULL with NO_MEMORY. */
char *cgroup_of_threads(const char *path, const char *name);

/* Bytes; CGROUP_NO_LIMIT is none. Limits are "memory.max", "memory.high", "memory.swap.max". */
#define CGROUP_NO_LIMIT (~0ULL)
int cgroup_set_memory(const char *path, const char *limit, unsigned long long bytes);
int cgroup_get_memory(const char *path, const char *limit, unsigned long long *ret_bytes);

/* Of the disks' time; of one device (a path), by its figure: "weight", "read_iops_sec",
 * "write_iops_sec", "read_bytes_sec", "write_bytes_sec". 0: none of its own. */
int cgroup_set_io_weight(const char *path, unsigned weight);
int cgroup_get_io_weight(const char *path, unsigned *ret_weight);
int cgroup_set_io(const char *path, const char *device, const char *figure,
				  unsigned long long value);

/* The nodes of the host's memory, as a set. */
int cgroup_set_nodes(const char *path, const char *set);

/* Processor time that all of the group has used; nanoseconds. */
struct cgroup_times {
	unsigned long long total_ns, user_ns, system_ns;
};
int cgroup_get_times(const char *path, struct cgroup_times *ret_times);

#endif
