/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Block devices, looked at by blkid(8).
 */
#include "config.h"
#include "drivers/storage/device.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/storage/command.h"
#include "drivers/storage/type.h"
#include "drivers/storage/volume-make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct node *device_next(const struct def *def, const struct node *device)
{
	return device ? node_next(device) : node_child(def->root, "source/device");
}

const char *device_first(const struct def *def)
{
	const struct node *device = device_next(def, NULL);

	if (!device) {
		error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "missing source device");
		return NULL;
	}
	if (node_next(device)) {
		error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
				  "expected exactly 1 device for the storage pool");
		return NULL;
	}
	return command_path(node_attr(device, "path"), "source device") < 0 ? NULL
																		: node_attr(device, "path");
}

/* -- what is on it -- */

/* The value of a line KEY=VALUE, owned by the caller; NULL if there is none. */
static char *value_of(const char *lines, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = lines; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, len) == 0 && at[len] == '=')
			return strndup(at + len + 1, strcspn(at + len + 1, "\n"));
	}
	return NULL;
}

/* What blkid calls it, owned by the caller, or NULL if there is nothing; *ret_same: it is what is
 * expected. 0, or -1 with the error set. */
static int probe(const char *device, const struct device_content *wanted, char **ret,
				 bool *ret_same)
{
	enum { NOTHING = 2 };
	const char *const argv[] = {"blkid", "-p", "-o", "export", device, NULL};
	CLEANUP_COMMAND struct command_end end = {0};
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *content = NULL, *table = NULL;

	if (command_path(device, "source device") < 0)
		return -1;
	/* blkid says nothing of what it can't open */
	fd = open(device, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_set(FROM_STORAGE, ERR_STORAGE_PROBE_FAILED,
						 "Failed to create filesystem probe for device %s", device);
	if (command_try(argv, &end) < 0)
		return -1;
	if (end.status && end.status != NOTHING)
		return error_set(FROM_STORAGE, ERR_OPERATION_INVALID,
						 "Unable to probe '%s' for existing data, forced overwrite is necessary",
						 device);
	content = value_of(end.out, "TYPE");
	table = value_of(end.out, "PTTYPE");
	*ret_same = wanted->table ? table && strcmp(table, wanted->name) == 0
							  : content && strcmp(content, wanted->name) == 0;
	*ret = wanted->table ? table ? steal(&table) : steal(&content)
		   : content ? steal(&content)
						 : steal(&table);
	return 0;
}

int device_check_empty(const char *device, const struct device_content *wanted)
{
	CLEANUP_FREE char *found = NULL;
	bool same;

	if (probe(device, wanted, &found, &same) < 0)
		return -1;
	if (!found)
		return 0;
	return error_set(FROM_STORAGE, ERR_STORAGE_POOL_BUILT,
					 same ? "Device '%s' already formatted using '%s'"
						  : "Format of device '%s' does not match the expected format '%s', forced "
							"overwrite is necessary",
					 device, wanted->by);
}

int device_check_content(const char *device, const struct device_content *wanted)
{
	CLEANUP_FREE char *found = NULL;
	bool same;

	if (probe(device, wanted, &found, &same) < 0)
		return -1;
	if (!found)
		return error_set(FROM_STORAGE, ERR_STORAGE_PROBE_FAILED,
						 "Device '%s' is unrecognized, requires build", device);
	return same ? 0
				: error_set(FROM_STORAGE, ERR_OPERATION_INVALID,
							"Format of device '%s' does not match the expected format '%s'", device,
							wanted->by);
}

/* -- writing -- */

int device_clear(const char *device)
{
	enum { SIZE = 1024 * 1024 };
	CLEANUP_FREE char *zeros = calloc(1, SIZE);
	CLEANUP_CLOSE int fd = open(device, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	size_t n = size < SIZE ? (size_t)size : SIZE;

	if (!zeros)
		return error_oom();
	if (size < 0)
		return error_errno(FROM_STORAGE, errno, "Failed to open storage volume with path '%s'",
						   device);
	if (pwrite(fd, zeros, n, 0) != (ssize_t)n ||
		pwrite(fd, zeros, n, size - (off_t)n) != (ssize_t)n || fsync(fd) < 0)
		return error_errno(FROM_STORAGE, errno, "Failed to write to storage volume with path '%s'",
						   device);
	return 0;
}

int device_size(const char *path, uint64_t *ret_size, struct stat *ret_st)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size < 0 || fstat(fd, ret_st) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot open volume '%s'", path);
	*ret_size = (uint64_t)size;
	return 0;
}

void device_settle(void)
{
	static const char *const argv[] = {"udevadm", "settle", "--timeout=30", NULL};

	/* a host may be without one: then the kernel makes the nodes */
	if (command_run(argv) < 0)
		error_reset();
}

int device_fill(const struct def *def, const char *path, const struct storage_from *from)
{
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(FROM_STORAGE, errno, "cannot open volume '%s'", path);
	if (from && volume_fill_device(fd, path, from->path, from->format) < 0)
		return -1;
	return volume_set_permissions(def, fd, path);
}
