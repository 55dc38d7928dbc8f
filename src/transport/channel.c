/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Channels over descriptors that exist already: a connected socket, or a pair such as a program's
 * stdin and stdout. Knows nothing of how the peer was reached.
 */
#include "config.h"
#include "transport/channel.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/fd-io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

enum { WAIT_MIN_MS = 64 }; /* for less it is not worth to tell the socket */

/* A socket has the same descriptor twice. It blocks, but where it is told not to. */
struct fd_channel {
	struct channel head;
	int read_fd, write_fd;
	int read_flags, write_flags; /* of the descriptions before, or -1: others may share them */
	bool write_is_socket;
	int64_t limit_ms; /* how long the socket lets a reader wait; 0: for ever */
};

static struct fd_channel *self(struct channel *ch)
{
	return (struct fd_channel *)ch;
}

static ssize_t fd_read(struct channel *ch, void *data, size_t n)
{
	return fd_io_read(self(ch)->read_fd, data, n, ch->how);
}

static ssize_t fd_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	struct fd_channel *fc = self(ch);

	if (fc->write_fd < 0)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "write after the end, %s", ch->how);
	return fc->write_is_socket ? fd_io_send(fc->write_fd, pieces, n_pieces, ch->how)
							   : fd_io_write(fc->write_fd, pieces, n_pieces, ch->how);
}

static int fd_shutdown_write(struct channel *ch)
{
	struct fd_channel *fc = self(ch);

	if (fc->write_fd < 0)
		return 0;
	if (fc->write_is_socket) {
		if (shutdown(fc->write_fd, SHUT_WR) < 0 && errno != ENOTCONN)
			return error_errno(FROM_RPC, errno, "cannot end writing, %s", ch->how);
		return 0;
	}
	if (fc->write_flags >= 0)
		fcntl(fc->write_fd, F_SETFL, fc->write_flags);
	close(steal_fd(&fc->write_fd));
	return 0;
}

static int fd_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct fd_channel *fc = self(ch);
	int n = 0;

	if (want_read)
		ret[n++] = (struct pollfd){.fd = fc->read_fd, .events = POLLIN};
	if (!want_write || fc->write_fd < 0)
		return n;
	if (n && fc->write_fd == fc->read_fd)
		ret[0].events |= POLLOUT;
	else
		ret[n++] = (struct pollfd){.fd = fc->write_fd, .events = POLLOUT};
	return n;
}

static void fd_close(struct channel *ch)
{
	struct fd_channel *fc = self(ch);

	if (fc->write_fd >= 0 && fc->write_flags >= 0)
		fcntl(fc->write_fd, F_SETFL, fc->write_flags);
	if (fc->read_flags >= 0)
		fcntl(fc->read_fd, F_SETFL, fc->read_flags);
	if (fc->write_fd >= 0 && fc->write_fd != fc->read_fd)
		close(fc->write_fd);
	close(fc->read_fd);
	free(ch->how);
	free(fc);
}

static const struct channel_ops fd_ops = {
	.read = fd_read,
	.write = fd_write,
	.shutdown_write = fd_shutdown_write,
	.poll = fd_poll,
	.close = fd_close,
};

static ssize_t socket_read(struct channel *ch, void *data, size_t n)
{
	return fd_io_receive(self(ch)->read_fd, data, n, false, ch->how);
}

/* Makes the socket let a reader wait for not longer than timeout_ms, of which only the order of
 * magnitude is told, so that most waits need not tell it again. Whether it does. */
static bool limit_waiting(struct fd_channel *fc, int64_t timeout_ms)
{
	struct timeval t;
	int64_t limit = 0;

	if (timeout_ms >= 0 && timeout_ms < WAIT_MIN_MS)
		return false;
	if (timeout_ms > 0)
		limit = (int64_t)1 << (63 - __builtin_clzll((unsigned long long)timeout_ms));
	if (limit == fc->limit_ms)
		return true;
	t = (struct timeval){.tv_sec = limit / 1000, .tv_usec = limit % 1000 * 1000};
	if (setsockopt(fc->read_fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) < 0)
		return false;
	fc->limit_ms = limit;
	return true;
}

static ssize_t socket_read_waiting(struct channel *ch, void *data, size_t n, int64_t timeout_ms)
{
	bool waits = limit_waiting(self(ch), timeout_ms);

	return fd_io_receive(self(ch)->read_fd, data, n, waits, ch->how);
}

static const struct channel_ops socket_ops = {
	.read = socket_read,
	.read_waiting = socket_read_waiting,
	.write = fd_write,
	.shutdown_write = fd_shutdown_write,
	.poll = fd_poll,
	.close = fd_close,
};

static ssize_t unix_read(struct channel *ch, void *data, size_t n)
{
	return fd_io_receive_fds(self(ch)->read_fd, data, n, false, ch->how, ch->fds);
}

static ssize_t unix_read_waiting(struct channel *ch, void *data, size_t n, int64_t timeout_ms)
{
	bool waits = limit_waiting(self(ch), timeout_ms);

	return fd_io_receive_fds(self(ch)->read_fd, data, n, waits, ch->how, ch->fds);
}

static int unix_write_fd(struct channel *ch, unsigned char byte, int fd)
{
	return (int)fd_io_send_fd(self(ch)->write_fd, byte, fd, ch->how);
}

static const struct channel_ops unix_ops = {
	.read = unix_read,
	.read_waiting = unix_read_waiting,
	.write = fd_write,
	.write_fd = unix_write_fd,
	.shutdown_write = fd_shutdown_write,
	.poll = fd_poll,
	.close = fd_close,
};

static bool is_unix(int fd)
{
	int domain;
	socklen_t len = sizeof domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static bool is_socket(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

static struct fd_channel *fd_channel_new(int read_fd, int write_fd, const char *how)
{
	CLEANUP_FREE struct fd_channel *fc = calloc(1, sizeof *fc);
	CLEANUP_FREE char *copy = strdup(how);

	if (!fc || !copy) {
		error_oom();
		return NULL;
	}
	*fc = (struct fd_channel){
		.head = {.ops = &fd_ops, .how = steal(&copy)},
		.read_fd = read_fd,
		.write_fd = write_fd,
		.read_flags = -1,
		.write_flags = -1,
		.write_is_socket = is_socket(write_fd),
	};
	return steal(&fc);
}

struct channel *channel_from_socket(int fd, const char *how)
{
	int flags = fcntl(fd, F_GETFL);
	struct fd_channel *fc;

	if (flags < 0 || (flags & O_NONBLOCK && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)) {
		error_errno(FROM_RPC, errno, "cannot use descriptor %d, %s", fd, how);
		return NULL;
	}
	fc = fd_channel_new(fd, fd, how);
	if (!fc)
		return NULL;
	fc->head.ops = is_unix(fd) ? &unix_ops : &socket_ops;
	return &fc->head;
}

struct channel *channel_from_pair(int read_fd, int write_fd, const char *how)
{
	int read_flags = fcntl(read_fd, F_GETFL), write_flags = fcntl(write_fd, F_GETFL);
	struct fd_channel *fc;

	if (fd_set_nonblocking(read_fd) < 0)
		return NULL;
	fc = fd_set_nonblocking(write_fd) < 0 ? NULL : fd_channel_new(read_fd, write_fd, how);
	if (!fc) {
		fcntl(write_fd, F_SETFL, write_flags);
		fcntl(read_fd, F_SETFL, read_flags);
		return NULL;
	}
	fc->read_flags = read_flags;
	fc->write_flags = write_flags;
	return &fc->head;
}

/* Milliseconds from now to the deadline, as poll() takes them. */
static int remaining(long long deadline_ms)
{
	long long left;

	if (deadline_ms < 0)
		return -1;
	left = deadline_ms - now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int channel_wait(struct channel *ch, bool want_read, bool want_write, long long deadline_ms)
{
	struct pollfd fds[2];

	for (;;) {
		int n = channel_poll(ch, want_read, want_write, fds);
		int timeout = remaining(deadline_ms);
		int r;

		if (n == 0)
			return 0;
		r = poll(fds, (nfds_t)n, timeout);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return error_errno(FROM_RPC, errno, "cannot wait, %s", ch->how);
		if (r == 0 && remaining(deadline_ms) == 0)
			return error_set(FROM_RPC, ERR_OPERATION_TIMEOUT, "no answer in time, %s", ch->how);
	}
}
