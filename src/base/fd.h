/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small helpers for descriptors and times. All descriptors of the project are close-on-exec.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sets O_NONBLOCK. 0, or -1 with the error set. */
int fd_set_nonblocking(int fd);

/* Reads a whole file of at most max bytes; the text, NUL-terminated, owned by the caller. NULL with
 * the error set, naming the file. */
char *fd_read_file(const char *path, size_t max, size_t *ret_len);

/* The same of a regular file only: never waits for whoever is at the other end of a pipe or a
 * device. */
char *fd_read_regular_file(const char *path, size_t max, size_t *ret_len);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* The same, up to some milliseconds behind, at a fraction of the cost: for what is counted in
 * seconds. */
int64_t now_ms_about(void);

/* Writes all of it. 0, or -1 with errno set. */
int fd_write_all(int fd, const void *data, size_t n);

/* How many bytes came before the end, which sets errno to EIO, or an error. */
size_t fd_read_all(int fd, void *data, size_t n);

#endif
