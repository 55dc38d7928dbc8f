/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Folders: their files are the volumes.
 */
#include "config.h"
#include "drivers/storage/folder.h"

#include "base/error.h"
#include "base/log.h"
#include "drivers/storage/command.h"
#include "drivers/storage/volume-make.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* Files with other names can't be written into a document. */
static bool is_printable(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 32 || *name == 127)
			return false;
	return true;
}

static int read_image(int fd, const char *path, struct storage_volume *vol)
{
	CLEANUP_FREE unsigned char *head = malloc(STORAGE_IMAGE_HEAD);
	ssize_t n;

	if (!head)
		return error_oom();
	n = pread(fd, head, STORAGE_IMAGE_HEAD, 0);
	if (n < 0)
		return error_errno(FROM_STORAGE, errno, "cannot read header '%s'", path);
	if (storage_image_read(head, (size_t)n, &vol->image) < 0)
		return -1;
	if (!vol->image.capacity)
		vol->image.capacity = (uint64_t)vol->st.st_size;
	return 0;
}

static struct storage_volume *look(const char *dir, const char *name)
{
	CLEANUP(cleanup_storage_volume) struct storage_volume *vol = calloc(1, sizeof *vol);
	CLEANUP_CLOSE int fd = -1;

	if (!vol || !(vol->name = strdup(name)) || asprintf(&vol->path, "%s/%s", dir, name) < 0) {
		error_oom();
		return NULL;
	}
	error_reset();
	/* what is at the other end of a pipe or a device is nobody's wait */
	fd = open(vol->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO)
		error_errno(FROM_STORAGE, errno, "cannot open volume '%s'", vol->path);
	if (fd < 0 || fstat(fd, &vol->st) < 0)
		return NULL;
	vol->image.format = "dir";
	if (S_ISDIR(vol->st.st_mode))
		return steal(&vol);
	if (!S_ISREG(vol->st.st_mode) || read_image(fd, vol->path, vol) < 0)
		return NULL;
	return steal(&vol);
}

static const char *path_of(const struct def *def)
{
	return def_text(def, "target/path");
}

struct storage_volume *storage_folder_look(const struct def *pool, const char *name)
{
	return look(path_of(pool), name);
}

int storage_folder_space(const struct def *pool, struct storage_scan *ret)
{
	const char *path = path_of(pool);
	struct statvfs fs;

	if (stat(path, &ret->st) < 0 || statvfs(path, &fs) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot statvfs path '%s'", path);
	ret->capacity = (uint64_t)fs.f_frsize * fs.f_blocks;
	ret->available = (uint64_t)fs.f_frsize * fs.f_bfree;
	ret->allocation = ret->capacity - ret->available;
	return 0;
}

int storage_folder_scan(const struct def *def, struct storage_scan *ret)
{
	const char *path = path_of(def);
	struct storage_volume **end = &ret->volumes;
	struct dirent *entry;
	DIR *dir;

	if (command_path(path, "storage pool target path") < 0)
		return -1;
	dir = opendir(path);
	if (!dir)
		return error_errno(FROM_STORAGE, errno, "cannot open directory '%s'", path);
	while ((entry = readdir(dir))) {
		struct storage_volume *vol;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			!is_printable(entry->d_name))
			continue;
		vol = look(path, entry->d_name);
		if (!vol && error_last()->code)
			log_warning("%s", error_last()->message);
		error_reset();
		if (!vol)
			continue;
		vol->scanned = true;
		*end = vol;
		end = &vol->next;
	}
	closedir(dir);
	return storage_folder_space(def, ret);
}

/* Makes a folder and those above it. */
static int make_all(const char *path, mode_t mode)
{
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return error_oom();
	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			return error_errno(FROM_STORAGE, errno, "cannot create path '%s'", copy);
		*at = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return error_errno(FROM_STORAGE, errno, "failed to create directory '%s'", path);
	return 0;
}

int storage_folder_build(const struct def *def)
{
	const struct node *p = node_child(def->root, "target/permissions");
	const struct node *mode = node_child(p, "mode");
	const char *path = path_of(def);
	uid_t uid = (uid_t)node_num(node_child(p, "owner"), -1);
	gid_t gid = (gid_t)node_num(node_child(p, "group"), -1);
	mode_t bits = mode ? (mode_t)strtoul(mode->text, NULL, 8) : 0711;

	if (command_path(path, "storage pool target path") < 0 || make_all(path, bits) < 0)
		return -1;
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && chown(path, uid, gid) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot chown '%s' to (%u, %u)", path, uid, gid);
	if (mode && chmod(path, bits) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot set mode of '%s' to %04o", path, bits);
	return 0;
}

int storage_folder_remove(const struct def *def)
{
	if (command_path(path_of(def), "storage pool target path") < 0)
		return -1;
	if (rmdir(path_of(def)) < 0)
		return error_errno(FROM_STORAGE, errno, "failed to remove pool '%s'", path_of(def));
	return 0;
}

int storage_folder_refuse_format(const struct def *def)
{
	return error_set(FROM_STORAGE, ERR_OPERATION_INVALID,
					 "No source device specified when formatting pool '%s'", def_text(def, "name"));
}

/* -- volumes -- */

int storage_folder_make(const struct def *pool, const struct def *def, const char *path,
						const struct storage_from *from, unsigned flags)
{
	(void)pool;
	return from ? volume_make_from(def, path, from->path, from->format, flags)
				: volume_make(def, path, flags);
}

int storage_folder_remove_volume(const struct def *pool, const struct storage_volume *vol)
{
	(void)pool;
	if ((S_ISDIR(vol->st.st_mode) ? rmdir(vol->path) : unlink(vol->path)) < 0 && errno != ENOENT)
		return error_errno(FROM_STORAGE, errno, "cannot remove '%s'", vol->path);
	return 0;
}

int storage_folder_resize(const struct storage_volume *vol, uint64_t capacity, bool allocate)
{
	return volume_resize(vol->path, vol->image.format, capacity, allocate,
						 capacity < vol->image.capacity);
}
