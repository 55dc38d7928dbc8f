/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and writing non-blocking descriptors the way a channel's operations must: the results are
 * those of struct channel_ops (a count, CHANNEL_AGAIN, CHANNEL_FAILED), errors end in how.
 */
#ifndef TRANSPORT_FD_IO_H
#define TRANSPORT_FD_IO_H

#include <sys/types.h>
#include <sys/uio.h>

ssize_t fd_io_read(int fd, void *data, size_t n, const char *how);

/* To a socket. */
ssize_t fd_io_send(int fd, const struct iovec *pieces, int n_pieces, const char *how);

/* To a descriptor of any other kind. */
ssize_t fd_io_write(int fd, const struct iovec *pieces, int n_pieces, const char *how);

#endif
