/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream from a file, or into one that is there already. Its holes are told as such if the peer
 * wants to know of them.
 */
#include "config.h"
#include "drivers/stream.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct file {
	struct driver_stream head;
	int fd;
	off_t at, end;  /* where it stands, and where it is over */
	off_t data_end; /* up to here it is data, as far as is known */
	bool sparse, limited;
	char *path;
	void (*closed)(void *opaque);
	void *opaque;
};

static struct file *self(struct driver_stream *s)
{
	return (struct file *)s;
}

/* Sets data_end; the length of the hole in which the file stands, or 0. */
static int64_t look_for_hole(struct file *f)
{
	off_t data = lseek(f->fd, f->at, SEEK_DATA), hole;

	if (data < 0 && errno != ENXIO) { /* a file system without holes */
		f->data_end = f->end;
		return 0;
	}
	if (data < 0 || data > f->end)
		data = f->end;
	if (data > f->at)
		return data - f->at;
	hole = lseek(f->fd, f->at, SEEK_HOLE);
	f->data_end = hole < 0 || hole > f->end ? f->end : hole;
	return 0;
}

static ssize_t file_read(struct driver_stream *s, void *data, size_t n, int64_t *ret_hole)
{
	struct file *f = self(s);
	off_t end = f->sparse ? f->data_end : f->end;
	ssize_t got;

	if (f->at >= f->end)
		return 0;
	if (f->sparse && f->at >= f->data_end) {
		*ret_hole = look_for_hole(f);
		f->at += *ret_hole;
		if (*ret_hole)
			return 0;
		end = f->data_end;
	}
	if ((off_t)n > end - f->at)
		n = (size_t)(end - f->at);
	do
		got = pread(f->fd, data, n, f->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_errno(FROM_STREAMS, errno, "cannot read from stream, %s", f->path);
	if (got == 0)
		f->at = f->end; /* it has become shorter */
	f->at += got;
	return got;
}

static int check_room(const struct file *f, int64_t n)
{
	if (!f->limited || n <= f->end - f->at)
		return 0;
	return error_errno(FROM_STREAMS, ENOSPC, "cannot write to stream");
}

static int file_write(struct driver_stream *s, const void *data, size_t n)
{
	struct file *f = self(s);
	const char *from = data;

	if (check_room(f, (int64_t)n) < 0)
		return -1;
	while (n > 0) {
		ssize_t done = pwrite(f->fd, from, n, f->at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_errno(FROM_STREAMS, errno, "cannot write to stream, %s", f->path);
		f->at += done;
		from += done;
		n -= (size_t)done;
	}
	return 0;
}

/* A device has no holes. */
static int write_zeros(struct driver_stream *s, int64_t length)
{
	static const char zeros[64 * 1024];

	while (length > 0) {
		size_t n = length < (int64_t)sizeof zeros ? (size_t)length : sizeof zeros;

		if (file_write(s, zeros, n) < 0)
			return -1;
		length -= (int64_t)n;
	}
	return 0;
}

/* The file becomes as long as it has to be, and what stood in the hole is gone. */
static int file_write_hole(struct driver_stream *s, int64_t length)
{
	struct file *f = self(s);
	struct stat st;
	off_t end;

	if (check_room(f, length) < 0)
		return -1;
	if (__builtin_add_overflow(f->at, length, &end) || fstat(f->fd, &st) < 0)
		return error_errno(FROM_STREAMS, EFBIG, "unable to write a hole, %s", f->path);
	if (S_ISBLK(st.st_mode))
		return write_zeros(s, length);
	if (end > st.st_size && ftruncate(f->fd, end) < 0)
		return error_errno(FROM_STREAMS, errno, "unable to truncate %s", f->path);
	if (f->at < st.st_size && fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, f->at,
										(end < st.st_size ? end : st.st_size) - f->at) < 0)
		return error_errno(FROM_STREAMS, errno, "unable to write a hole, %s", f->path);
	f->at = end;
	return 0;
}

static void file_close(struct driver_stream *s)
{
	struct file *f = self(s);

	close(f->fd);
	if (f->closed)
		f->closed(f->opaque);
	free(f->path);
	free(f);
}

static const struct driver_stream_ops source = {.read = file_read, .close = file_close};
static const struct driver_stream_ops sink = {.write = file_write, .close = file_close};
static const struct driver_stream_ops sparse_sink = {
	.write = file_write, .write_hole = file_write_hole, .close = file_close};

static int open_file(const char *path, const struct driver_stream_range *range, bool writes)
{
	int fd = open(path, (writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(FROM_STREAMS, errno, "Unable to open stream for '%s'", path);
	if (range->offset > INT64_MAX || range->length > INT64_MAX - range->offset) {
		close(fd);
		return error_set(FROM_STREAMS, ERR_INVALID_ARG, "offset %llu and length %llu in '%s'",
						 (unsigned long long)range->offset, (unsigned long long)range->length,
						 path);
	}
	return fd;
}

static off_t end_of(int fd, const struct driver_stream_range *range, bool writes)
{
	off_t size = lseek(fd, 0, SEEK_END), end = (off_t)(range->offset + range->length);

	if (writes)
		return end;
	return range->length && end < size ? end : size;
}

struct driver_stream *driver_stream_from_file(const char *path,
											  const struct driver_stream_range *range, bool writes)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_FREE struct file *f = calloc(1, sizeof *f);
	int fd;

	if (!f || !copy) {
		error_oom();
		return NULL;
	}
	fd = open_file(path, range, writes);
	if (fd < 0)
		return NULL;
	if (!writes)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*f = (struct file){
		.head = {.ops = !writes         ? &source
						: range->sparse ? &sparse_sink
										: &sink},
		.fd = fd,
		.at = (off_t)range->offset,
		.end = end_of(fd, range, writes),
		.sparse = range->sparse,
		.limited = range->length > 0,
		.path = steal(&copy),
		.closed = range->closed,
		.opaque = range->opaque,
	};
	return &steal(&f)->head;
}
