/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a control group: what the kernel's Documentation/admin-guide/cgroup-v2.rst calls
 * interface files.
 */
#include "config.h"
#include "drivers/qemu/cgroup.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

static char *path_of(const char *path, const char *file)
{
	char *full;

	if (asprintf(&full, "%s/%s", path, file) >= 0)
		return full;
	error_oom();
	return NULL;
}

static int put(const char *path, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One write is one request. */
static int put(const char *path, const char *file, const char *fmt, ...)
{
	CLEANUP_FREE char *full = path_of(path, file);
	CLEANUP_CLOSE int fd = -1;
	char text[256];
	va_list ap;
	int n;

	if (!full)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof text)
		return error_set(FROM_CGROUP, ERR_INVALID_ARG, "a value for %s is too long", full);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)n) < 0)
		return error_errno(FROM_CGROUP, errno, "Unable to write '%s' to '%s'", text, full);
	return 0;
}

/* Without the newline at its end. */
static char *get(const char *path, const char *file)
{
	CLEANUP_FREE char *full = path_of(path, file);
	char *text = full ? fd_read_file(full, FILE_MAX, NULL) : NULL;
	size_t n = text ? strlen(text) : 0;

	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

static int bad_text(const char *path, const char *file, const char *text)
{
	return error_set(FROM_CGROUP, ERR_INTERNAL_ERROR, "Unable to parse '%s' of '%s/%s'", text, path,
					 file);
}

/* -- processors -- */

enum { WEIGHT_MIN = 1, WEIGHT_MAX = 10000, DEFAULT_PERIOD = 100000 };

int cgroup_set_weight(const char *path, unsigned long long weight)
{
	if (weight < WEIGHT_MIN || weight > WEIGHT_MAX)
		return error_set(FROM_CGROUP, ERR_INVALID_ARG, "shares '%llu' must be in range [%d, %d]",
						 weight, WEIGHT_MIN, WEIGHT_MAX);
	return put(path, "cpu.weight", "%llu", weight);
}

int cgroup_get_weight(const char *path, unsigned long long *ret_weight)
{
	CLEANUP_FREE char *text = get(path, "cpu.weight");

	if (!text)
		return -1;
	return sscanf(text, "%llu", ret_weight) == 1 ? 0 : bad_text(path, "cpu.weight", text);
}

int cgroup_get_bandwidth(const char *path, unsigned long long *ret_period, long long *ret_quota)
{
	CLEANUP_FREE char *text = get(path, "cpu.max");

	if (!text)
		return -1;
	*ret_quota = CGROUP_QUOTA_MAX;
	if (sscanf(text, "max %llu", ret_period) == 1 ||
		sscanf(text, "%lld %llu", ret_quota, ret_period) == 2)
		return 0;
	return bad_text(path, "cpu.max", text);
}

int cgroup_set_bandwidth(const char *path, unsigned long long period, long long quota)
{
	unsigned long long old_period;
	long long old_quota;

	if (cgroup_get_bandwidth(path, &old_period, &old_quota) < 0)
		return -1;
	if (!period)
		period = old_period ? old_period : DEFAULT_PERIOD;
	if (!quota)
		quota = old_quota;
	if (quota < 0 || quota >= CGROUP_QUOTA_MAX)
		return put(path, "cpu.max", "max %llu", period);
	return put(path, "cpu.max", "%lld %llu", quota, period);
}

int cgroup_get_times(const char *path, struct cgroup_times *ret_times)
{
	CLEANUP_FREE char *text = get(path, "cpu.stat");
	const char *total = text ? strstr(text, "usage_usec ") : NULL;
	const char *user = text ? strstr(text, "user_usec ") : NULL;
	const char *system = text ? strstr(text, "system_usec ") : NULL;

	if (!text)
		return -1;
	if (!total || !user || !system)
		return bad_text(path, "cpu.stat", text);
	*ret_times = (struct cgroup_times){
		.total_ns = strtoull(strchr(total, ' '), NULL, 10) * 1000,
		.user_ns = strtoull(strchr(user, ' '), NULL, 10) * 1000,
		.system_ns = strtoull(strchr(system, ' '), NULL, 10) * 1000,
	};
	return 0;
}

/* -- threads: a group of threads below that of the process -- */

char *cgroup_of_threads(const char *path, const char *name)
{
	return path_of(path, name);
}

/* The controller of processors can be lent once the first such group is there. */
static int make_threads(const char *path, const char *name, char **ret_group)
{
	CLEANUP_FREE char *group = cgroup_of_threads(path, name);

	if (!group)
		return -1;
	if (mkdir(group, 0755) < 0) {
		if (errno != EEXIST)
			return error_errno(FROM_CGROUP, errno, "Failed to create cgroup '%s'", group);
	} else if (put(group, "cgroup.type", "threaded") < 0 ||
			   put(path, "cgroup.subtree_control", "+cpu") < 0) {
		rmdir(group);
		return -1;
	}
	*ret_group = steal(&group);
	return 0;
}

int cgroup_add_thread(const char *path, const char *name, pid_t thread)
{
	CLEANUP_FREE char *group = NULL;

	if (make_threads(path, name, &group) < 0)
		return -1;
	return put(group, "cgroup.threads", "%d", (int)thread);
}

int cgroup_add_rest(const char *path, const char *name)
{
	CLEANUP_FREE char *threads = get(path, "cgroup.threads");
	CLEANUP_FREE char *group = NULL;
	char *rest = threads, *line;

	if (!threads || make_threads(path, name, &group) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")))
		/* one that has ended meanwhile need not be anywhere */
		if (*line && put(group, "cgroup.threads", "%s", line) < 0)
			error_reset();
	return 0;
}

/* -- memory -- */

int cgroup_set_memory(const char *path, const char *limit, unsigned long long bytes)
{
	return bytes == CGROUP_NO_LIMIT ? put(path, limit, "max") : put(path, limit, "%llu", bytes);
}

int cgroup_get_memory(const char *path, const char *limit, unsigned long long *ret_bytes)
{
	CLEANUP_FREE char *text = get(path, limit);

	if (!text)
		return -1;
	*ret_bytes = CGROUP_NO_LIMIT;
	if (strcmp(text, "max") == 0 || sscanf(text, "%llu", ret_bytes) == 1)
		return 0;
	return bad_text(path, limit, text);
}

int cgroup_set_nodes(const char *path, const char *set)
{
	return put(path, "cpuset.mems", "%s", set);
}

/* -- disks -- */

/* The file of weights depends on the scheduler of disks that the kernel has. */
static const char *weight_file(const char *path)
{
	CLEANUP_FREE char *full = path_of(path, "io.bfq.weight");

	return full && access(full, F_OK) == 0 ? "io.bfq.weight" : "io.weight";
}

int cgroup_set_io_weight(const char *path, unsigned weight)
{
	if (weight < WEIGHT_MIN || weight > WEIGHT_MAX)
		return error_set(FROM_CGROUP, ERR_INVALID_ARG, "weight '%u' must be in range [%d, %d]",
						 weight, WEIGHT_MIN, WEIGHT_MAX);
	return put(path, weight_file(path), "default %u", weight);
}

int cgroup_get_io_weight(const char *path, unsigned *ret_weight)
{
	const char *file = weight_file(path);
	CLEANUP_FREE char *text = get(path, file);

	if (!text)
		return -1;
	return sscanf(text, "default %u", ret_weight) == 1 || sscanf(text, "%u", ret_weight) == 1
			   ? 0
			   : bad_text(path, file, text);
}

int cgroup_set_io(const char *path, const char *device, const char *figure,
				  unsigned long long value)
{
	static const char *const keys[][2] = {{"read_iops_sec", "riops"},
										  {"write_iops_sec", "wiops"},
										  {"read_bytes_sec", "rbps"},
										  {"write_bytes_sec", "wbps"}};
	struct stat st;

	if (stat(device, &st) < 0)
		return error_errno(FROM_CGROUP, errno, "Path '%s' is not accessible", device);
	if (!S_ISBLK(st.st_mode))
		return error_set(FROM_CGROUP, ERR_INVALID_ARG, "Path '%s' must be a block device", device);
	if (strcmp(figure, "weight") == 0 && !value)
		return put(path, weight_file(path), "%u:%u default", major(st.st_rdev), minor(st.st_rdev));
	if (strcmp(figure, "weight") == 0)
		return put(path, weight_file(path), "%u:%u %llu", major(st.st_rdev), minor(st.st_rdev),
				   value);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(figure, keys[i][0]) != 0)
			continue;
		return value ? put(path, "io.max", "%u:%u %s=%llu", major(st.st_rdev), minor(st.st_rdev),
						   keys[i][1], value)
					 : put(path, "io.max", "%u:%u %s=max", major(st.st_rdev), minor(st.st_rdev),
						   keys[i][1]);
	}
	return error_set(FROM_CGROUP, ERR_INTERNAL_ERROR, "there is no figure '%s' of disks", figure);
}
