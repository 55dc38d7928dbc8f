/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and writing non-blocking descriptors without SIGPIPE, whatever the program does with that
 * signal.
 */
#include "config.h"
#include "transport/fd-io.h"

#include "base/error.h"
#include "base/fds.h"
#include "transport/channel.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t fd_io_read(int fd, void *data, size_t n, const char *how)
{
	for (;;) {
		ssize_t got = read(fd, data, n);

		if (got >= 0)
			return got;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return CHANNEL_AGAIN;
		if (errno != EINTR)
			return error_errno(FROM_RPC, errno, "Cannot recv data, %s", how);
	}
}

ssize_t fd_io_receive_fds(int fd, void *data, size_t n, bool waits, const char *how,
						  struct rvirt_fds *fds)
{
	for (;;) {
		int flags = waits ? 0 : MSG_DONTWAIT;
		ssize_t got = fds ? fds_receive(fd, data, n, flags, fds) : recv(fd, data, n, flags);

		if (got >= 0)
			return got;
		if (errno == EAGAIN || errno == EWOULDBLOCK || (errno == EINTR && waits))
			return CHANNEL_AGAIN;
		if (errno != EINTR)
			return error_errno(FROM_RPC, errno, "Cannot recv data, %s", how);
	}
}

ssize_t fd_io_receive(int fd, void *data, size_t n, bool waits, const char *how)
{
	return fd_io_receive_fds(fd, data, n, waits, how, NULL);
}

/* What a write that returned n with errnum means. */
static ssize_t written(ssize_t n, int errnum, const char *how)
{
	if (n >= 0)
		return n;
	if (errnum == EAGAIN || errnum == EWOULDBLOCK)
		return CHANNEL_AGAIN;
	return error_errno(FROM_RPC, errnum, "Cannot write data, %s", how);
}

ssize_t fd_io_send(int fd, const struct iovec *pieces, int n_pieces, const char *how)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)pieces,
						 .msg_iovlen = (size_t)n_pieces};
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	ssize_t n;

	do {
		/* of one piece the kernel needs to be told less */
		n = n_pieces == 1 ? send(fd, pieces->iov_base, pieces->iov_len, flags)
						  : sendmsg(fd, &msg, flags);
	} while (n < 0 && errno == EINTR);
	return written(n, errno, how);
}

ssize_t fd_io_send_fd(int fd, unsigned char byte, int sent, const char *how)
{
	ssize_t n;

	do {
		n = fds_send(fd, &byte, 1, sent);
	} while (n < 0 && errno == EINTR);
	return written(n, errno, how);
}

ssize_t fd_io_write(int fd, const struct iovec *pieces, int n_pieces, const char *how)
{
	static const struct timespec at_once = {0};
	sigset_t pipe_signal, before, pending;
	ssize_t n;
	int errnum;

	/* only a socket's write can be told not to raise the signal */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	do {
		n = writev(fd, pieces, n_pieces);
	} while (n < 0 && errno == EINTR);
	errnum = errno;
	if (n < 0 && errnum == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe_signal, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return written(n, errnum, how);
}
