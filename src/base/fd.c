/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Helpers for descriptors and times.
 */
#include "config.h"
#include "base/fd.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

int fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_errno(FROM_NONE, errno, "cannot make descriptor %d non-blocking", fd);
	return 0;
}

static char *read_whole(int fd, const char *path, size_t max, size_t *ret_len)
{
	CLEANUP_BUF struct buf content = {0};
	ssize_t n;

	for (;;) {
		unsigned char *at = buf_reserve(&content, 16384);

		if (!at)
			return NULL;
		n = read(fd, at, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error_errno(FROM_NONE, errno, "cannot read %s", path);
			return NULL;
		}
		if (n == 0)
			break;
		buf_grow(&content, (size_t)n);
		if (buf_len(&content) > max) {
			error_set(FROM_NONE, ERR_OVERFLOW, "%s is longer than %zu bytes", path, max);
			return NULL;
		}
	}
	if (ret_len)
		*ret_len = buf_len(&content);
	return buf_steal_text(&content);
}

char *fd_read_file(const char *path, size_t max, size_t *ret_len)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return read_whole(fd, path, max, ret_len);
	error_errno(FROM_NONE, errno, "cannot open %s", path);
	return NULL;
}

char *fd_read_regular_file(const char *path, size_t max, size_t *ret_len)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		error_errno(FROM_NONE, errno, "cannot open %s", path);
		return NULL;
	}
	if (S_ISREG(st.st_mode))
		return read_whole(fd, path, max, ret_len);
	error_set(FROM_NONE, ERR_INVALID_ARG, "%s is no regular file", path);
	return NULL;
}

int64_t now_ms_about(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int fd_write_all(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

size_t fd_read_all(int fd, void *data, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t done = read(fd, (char *)data + have, n - have);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = EIO;
		if (done <= 0)
			break;
		have += (size_t)done;
	}
	return have;
}
