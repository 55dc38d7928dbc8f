/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Raw images are files as they are; the other formats are qemu-img's.
 */
#include "config.h"
#include "drivers/storage/volume-make.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/volume.h"
#include "drivers/storage/command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <rvirt/constants.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { CHUNK = 1024 * 1024 };

static const char *format_of(const struct def *def)
{
	return node_attr(node_child(def->root, "target/format"), "type");
}

static bool is_raw(const struct def *def)
{
	return strcmp(format_of(def), "raw") == 0;
}

/* -- the file -- */

/* A file that is being made: where the file system can, it has no name before it is complete, so
 * that one that was not completed is gone, whatever happens. */
struct new_file {
	int fd;
	const char *path; /* where it is to be */
	char *work;       /* where it is until then, for programs; NULL: there already */
};

static int refuse_twin(const char *path)
{
	return error_set(FROM_STORAGE, ERR_OPERATION_FAILED, "volume target path '%s' already exists",
					 path);
}

/* 1 if it is open, 0 if there is no such thing here, -1 with the error set. */
static int open_nameless(struct new_file *file)
{
	CLEANUP_FREE char *dir = strdup(file->path);
	struct stat st;

	if (!dir)
		return error_oom();
	if (lstat(file->path, &st) == 0)
		return refuse_twin(file->path);
	strrchr(dir, '/')[dir[0] == '/' && !strchr(dir + 1, '/')] = '\0';
	file->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return 0;
	if (asprintf(&file->work, "/proc/%d/fd/%d", (int)getpid(), file->fd) >= 0)
		return 1;
	file->work = NULL;
	return error_oom();
}

/* Only we can read it. */
static int open_new(struct new_file *file, bool nameless)
{
	int r = nameless ? open_nameless(file) : 0;

	if (r)
		return r < 0 ? -1 : 0;
	file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0 && errno == EEXIST)
		return refuse_twin(file->path);
	return file->fd < 0 ? error_errno(FROM_STORAGE, errno, "Failed to create file '%s'", file->path)
						: 0;
}

/* It is complete: gives it its name. */
static int put_in_place(struct new_file *file)
{
	if (!file->work || linkat(AT_FDCWD, file->work, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return errno == EEXIST
			   ? refuse_twin(file->path)
			   : error_errno(FROM_STORAGE, errno, "Failed to create file '%s'", file->path);
}

static void new_file_clear(struct new_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->work);
}

int volume_set_permissions(const struct def *def, int fd, const char *path)
{
	const struct node *p = node_child(def->root, "target/permissions");
	const struct node *mode = node_child(p, "mode");
	uid_t uid = (uid_t)node_num(node_child(p, "owner"), -1);
	gid_t gid = (gid_t)node_num(node_child(p, "group"), -1);

	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot chown '%s' to (%u, %u)", path, uid, gid);
	if (mode && fchmod(fd, (mode_t)strtoul(mode->text, NULL, 8) & 07777) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot set mode of '%s' to %s", path, mode->text);
	return 0;
}

/* -- raw -- */

static int set_size(int fd, const char *path, uint64_t capacity, uint64_t allocation)
{
	int r;

	if (capacity > INT64_MAX)
		return error_set(FROM_STORAGE, ERR_INVALID_ARG, "capacity of '%s'", path);
	if (ftruncate(fd, (off_t)capacity) < 0)
		return error_errno(FROM_STORAGE, errno, "cannot extend file '%s'", path);
	if (allocation > capacity)
		allocation = capacity;
	r = allocation ? posix_fallocate(fd, 0, (off_t)allocation) : 0;
	return r ? error_errno(FROM_STORAGE, r, "cannot allocate %llu bytes in file '%s'",
						   (unsigned long long)allocation, path)
			 : 0;
}

/* Through memory. The count of bytes, or -1 with errno. */
static ssize_t copy_chunk(int from, int to, off_t at, off_t end, char *data)
{
	ssize_t n = pread(from, data, end - at < CHUNK ? (size_t)(end - at) : CHUNK, at), done = 0;

	while (n > 0 && done < n) {
		ssize_t w = pwrite(to, data + done, (size_t)(n - done), at + done);

		if (w < 0 && errno != EINTR)
			return -1;
		done += w > 0 ? w : 0;
	}
	return n;
}

/* Copies one extent of data; both stand nowhere in particular. The kernel does it where it can,
 * which is not from one kind of file system to another, nor with devices. */
static int copy_data(int from, int to, off_t at, off_t end)
{
	CLEANUP_FREE char *data = NULL;

	while (at < end) {
		off_t in = at, out = at;
		ssize_t n = data ? copy_chunk(from, to, at, end, data)
						 : copy_file_range(from, &in, to, &out, (size_t)(end - at), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !data && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP)) {
			if (!(data = malloc(CHUNK)))
				return -1;
			continue;
		}
		if (n <= 0)
			return n < 0 ? -1 : 0; /* the file has become shorter */
		at += n;
	}
	return 0;
}

/* Copies what is data; what is a hole stays one. 0, or -1 with errno. */
static int copy_sparse(int from, int to)
{
	off_t at = 0, data, end;

	while ((data = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, data, SEEK_HOLE);
		if (end < 0 || copy_data(from, to, data, end) < 0)
			return -1;
		at = end;
	}
	return errno == ENXIO ? 0 : -1;
}

/* What is to be allocated beyond the copy is; the copy itself is as sparse as what it is of. */
static int fill_from(int fd, const char *path, const char *from, uint64_t capacity,
					 uint64_t allocation, bool reflink)
{
	CLEANUP_CLOSE int source = open(from, O_RDONLY | O_CLOEXEC);
	off_t size = -1;
	int r;

	if (source < 0 || (size = lseek(source, 0, SEEK_END)) < 0)
		return error_errno(FROM_STORAGE, errno, "could not open input path '%s'", from);
	if (reflink && ioctl(fd, FICLONE, source) < 0)
		return error_errno(FROM_STORAGE, errno, "failed to clone files from '%s'", from);
	if (!reflink && copy_sparse(source, fd) < 0)
		return error_errno(FROM_STORAGE, errno, "failed copying '%s' to '%s'", from, path);
	if (set_size(fd, path, capacity > (uint64_t)size ? capacity : (uint64_t)size, 0) < 0)
		return -1;
	allocation = allocation < capacity ? allocation : capacity;
	r = allocation > (uint64_t)size
			? posix_fallocate(fd, size, (off_t)(allocation - (uint64_t)size))
			: 0;
	return r ? error_errno(FROM_STORAGE, r, "cannot allocate %llu bytes in file '%s'",
						   (unsigned long long)allocation, path)
			 : 0;
}

/* -- other formats -- */

/* Whether qemu-img makes such an image. */
static int check_format(const char *format)
{
	static const char *const known[] = {"qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", NULL};

	for (const char *const *at = known; *at; at++)
		if (strcmp(*at, format) == 0)
			return 0;
	return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "unknown storage vol type %s", format);
}

/* The text for -o; "" if there are none. NULL with NO_MEMORY set. */
static char *options_of(const struct def *def, unsigned flags)
{
	CLEANUP_BUF struct buf out = {0};
	const struct node *target = node_child(def->root, "target");
	const struct node *compat = node_child(target, "compat");
	const struct node *cluster = node_child(target, "clusterSize");
	bool qcow2 = strcmp(format_of(def), "qcow2") == 0;

	if (buf_puts(&out, "") < 0 ||
		(flags & RVIRT_STORAGE_VOL_CREATE_PREALLOC_METADATA &&
		 buf_puts(&out, ",preallocation=metadata") < 0) ||
		(node_child(target, "nocow") && buf_puts(&out, ",nocow=on") < 0) ||
		(qcow2 && buf_printf(&out, ",compat=%s", compat ? compat->text : "1.1") < 0) ||
		(qcow2 && node_child(target, "features/lazy_refcounts") &&
		 buf_puts(&out, ",lazy_refcounts=on") < 0) ||
		(qcow2 && node_child(target, "features/extended_l2") &&
		 buf_puts(&out, ",extended_l2=on") < 0) ||
		(cluster && buf_printf(&out, ",cluster_size=%s", cluster->text) < 0))
		return NULL;
	if (buf_len(&out))
		buf_consume(&out, 1);
	return buf_steal_text(&out);
}

static int run_create(const struct def *def, const char *path, unsigned flags)
{
	CLEANUP_FREE char *options = options_of(def, flags);
	const struct node *backing = node_child(def->root, "backingStore");
	const char *argv[16] = {"qemu-img", "create", "-q", "-f", format_of(def)};
	char size[32];
	int n = 5;

	if (!options)
		return -1;
	if (*options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	if (backing) {
		argv[n++] = "-b";
		argv[n++] = node_child(backing, "path")->text;
		argv[n++] = "-F";
		argv[n++] = node_attr(node_child(backing, "format"), "type");
	}
	snprintf(size, sizeof size, "%llu", volume_amount(def, "capacity", 0));
	argv[n++] = "--";
	argv[n++] = path;
	argv[n++] = size;
	return command_run(argv);
}

static int run_convert(const struct def *def, const char *path, const char *from,
					   const char *from_format, unsigned flags)
{
	CLEANUP_FREE char *options = options_of(def, flags);
	const char *argv[16] = {"qemu-img", "convert", "-q", "-f", from_format, "-O", format_of(def)};
	int n = 7;

	if (!options)
		return -1;
	if (*options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	argv[n++] = "--";
	argv[n++] = from;
	argv[n++] = path;
	return command_run(argv);
}

/* -- all -- */

/* An image takes what it stands on, which is a path in a document, from the host: a guest's
 * document has no say in it. */
static int check_backing(const struct def *def)
{
	const struct node *path = node_child(def->root, "backingStore/path");

	if (!path || !path->text)
		return 0;
	if (is_raw(def))
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED,
						 "backing storage not supported for raw volumes");
	if (*path->text != '/' || access(path->text, R_OK) < 0)
		return error_errno(FROM_STORAGE, *path->text != '/' ? EINVAL : errno,
						   "inaccessible backing store volume %s", path->text);
	return 0;
}

/* Other formats are qemu-img's, which opens the file by a path. */
static int fill_image(const struct def *def, const struct new_file *file, const char *from,
					  const char *from_format, unsigned flags)
{
	const char *work = file->work ? file->work : file->path;
	int r;

	if (!is_raw(def) && check_format(format_of(def)) < 0)
		return -1;
	r = from ? run_convert(def, work, from, from_format, flags) : run_create(def, work, flags);
	if (r == 0 && from)
		r = volume_resize(work, format_of(def), volume_amount(def, "capacity", 0), false, false);
	return r < 0 && file->work ? error_prefix("cannot make '%s'", file->path) : r;
}

static int fill(const struct def *def, const struct new_file *file, const char *from,
				const char *from_format, unsigned flags)
{
	uint64_t capacity = volume_amount(def, "capacity", 0);
	uint64_t allocation = volume_amount(def, "allocation", capacity);

	if (is_raw(def) && flags & RVIRT_STORAGE_VOL_CREATE_PREALLOC_METADATA)
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED,
						 "metadata preallocation is not supported for raw volumes");
	if (!is_raw(def) || (from && strcmp(from_format, "raw") != 0))
		return fill_image(def, file, from, from_format, flags);
	return from ? fill_from(file->fd, file->path, from, capacity, allocation,
							flags & RVIRT_STORAGE_VOL_CREATE_REFLINK)
				: set_size(file->fd, file->path, capacity, allocation);
}

static int make(const struct def *def, const char *path, const char *from, const char *from_format,
				unsigned flags)
{
	CLEANUP(new_file_clear) struct new_file file = {.fd = -1, .path = path};
	bool vmdk = strcmp(format_of(def), "vmdk") == 0; /* its own name is written in it */

	if (strcmp(format_of(def), "dir") == 0)
		return mkdir(path, 0711) < 0
				   ? error_errno(FROM_STORAGE, errno, "failed to create directory '%s'", path)
				   : 0;
	if (check_backing(def) < 0 || open_new(&file, !vmdk) < 0)
		return -1;
	if (fill(def, &file, from, from_format, flags) == 0 &&
		volume_set_permissions(def, file.fd, path) == 0 && put_in_place(&file) == 0)
		return 0;
	if (!file.work)
		unlink(path);
	return -1;
}

int volume_make(const struct def *def, const char *path, unsigned flags)
{
	return make(def, path, NULL, NULL, flags);
}

int volume_make_from(const struct def *def, const char *path, const char *from,
					 const char *from_format, unsigned flags)
{
	return make(def, path, from, from_format, flags);
}

int volume_fill_device(int fd, const char *path, const char *from, const char *from_format)
{
	const char *const argv[] = {"qemu-img", "convert", "-q", "-n", "-f", from_format,
								"-O",       "raw",     "--", from, path, NULL};
	CLEANUP_CLOSE int source = -1;
	off_t size;

	if (strcmp(from_format, "raw") != 0)
		return command_run(argv);
	source = open(from, O_RDONLY | O_CLOEXEC);
	size = source < 0 ? -1 : lseek(source, 0, SEEK_END);
	if (size < 0)
		return error_errno(FROM_STORAGE, errno, "could not open input path '%s'", from);
	/* what is a hole there is none here: it is written too */
	if (copy_data(source, fd, 0, size) < 0 || fsync(fd) < 0)
		return error_errno(FROM_STORAGE, errno, "failed copying '%s' to '%s'", from, path);
	return 0;
}

int volume_resize(const char *path, const char *format, uint64_t capacity, bool allocate,
				  bool shrink)
{
	char size[32];
	const char *argv[] = {"qemu-img", "resize", "-q", "-f", format, shrink ? "--shrink" : "--",
						  path,       size,     NULL};
	CLEANUP_CLOSE int fd = -1;

	if (strcmp(format, "raw") == 0) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return error_errno(FROM_STORAGE, errno, "Unable to open '%s'", path);
		return set_size(fd, path, capacity, allocate ? capacity : 0);
	}
	if (allocate)
		return error_set(FROM_STORAGE, ERR_OPERATION_UNSUPPORTED,
						 "preallocate is only supported for raw type volume");
	snprintf(size, sizeof size, "%llu", (unsigned long long)capacity);
	return command_run(argv);
}

/* -- overwriting -- */

static int fill_random(char *data, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(data, n, 0);

		if (got < 0 && errno != EINTR)
			return -1;
		data += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int write_over(int fd, off_t size, char *data, bool random)
{
	for (off_t at = 0; at < size;) {
		size_t n = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		ssize_t w;

		if (random && fill_random(data, n) < 0)
			return -1;
		w = pwrite(fd, data, n, at);
		if (w < 0 && errno != EINTR)
			return -1;
		at += w > 0 ? w : 0;
	}
	return fdatasync(fd);
}

int volume_overwrite(const char *path, bool random)
{
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC);
	CLEANUP_FREE char *data = calloc(1, CHUNK);
	struct stat st;
	off_t size;

	if (!data)
		return error_oom();
	if (fd < 0 || fstat(fd, &st) < 0 || (size = lseek(fd, 0, SEEK_END)) < 0)
		return error_errno(FROM_STORAGE, errno, "Failed to open storage volume with path '%s'",
						   path);
	/* of a sparse file only what is there is overwritten: holes hold nothing */
	if (!random && S_ISREG(st.st_mode) && (off_t)st.st_blocks * 512 < st.st_size) {
		if (ftruncate(fd, 0) < 0 || ftruncate(fd, st.st_size) < 0)
			return error_errno(FROM_STORAGE, errno, "Failed to truncate volume with path '%s'",
							   path);
		return 0;
	}
	if (write_over(fd, size, data, random) < 0)
		return error_errno(FROM_STORAGE, errno, "Failed to write to storage volume with path '%s'",
						   path);
	return 0;
}
