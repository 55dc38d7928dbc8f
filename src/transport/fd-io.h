/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and writing non-blocking descriptors the way a channel's operations must: the results are
 * those of struct channel_ops (a count, CHANNEL_AGAIN, CHANNEL_FAILED), errors end in how.
 */
#ifndef TRANSPORT_FD_IO_H
#define TRANSPORT_FD_IO_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

ssize_t fd_io_read(int fd, void *data, size_t n, const char *how);

/* From a socket, which need not be non-blocking; waits: for as long as the socket's own limit says.
 */
ssize_t fd_io_receive(int fd, void *data, size_t n, bool waits, const char *how);

/* The same from a unix socket, with the descriptors that come along. */
struct rvirt_fds;
ssize_t fd_io_receive_fds(int fd, void *data, size_t n, bool waits, const char *how,
						  struct rvirt_fds *fds);

/* One byte with a copy of a descriptor, to a unix socket. */
ssize_t fd_io_send_fd(int fd, unsigned char byte, int sent, const char *how);

/* To a socket, which need not be non-blocking. */
ssize_t fd_io_send(int fd, const struct iovec *pieces, int n_pieces, const char *how);

/* To a descriptor of any other kind. */
ssize_t fd_io_write(int fd, const struct iovec *pieces, int n_pieces, const char *how);

#endif
