/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream over a terminal, a socket or a pipe, for an event loop. What it can be waited for is
 * told by an epoll descriptor of its own, in which stands, beside the peer's, one by which another
 * thread ends it.
 */
#include "config.h"
#include "drivers/stream.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fd_stream {
	struct driver_stream head;
	int fd, epoll, cut_fd;
	uint32_t events; /* what is waited for on fd; 0: it does not stand in epoll */
	_Atomic(const char *) cut;
	struct driver_stream_fd_options options;
};

static struct fd_stream *self(struct driver_stream *s)
{
	return (struct fd_stream *)s;
}

static int check_cut(struct fd_stream *f)
{
	const char *why = atomic_load(&f->cut);

	return why ? error_set(FROM_STREAMS, ERR_OPERATION_ABORTED, "%s", why) : 0;
}

static int fd_wait(struct driver_stream *s, bool read, bool write)
{
	struct fd_stream *f = self(s);
	struct epoll_event event = {.events = (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U)};
	int op = !f->events ? EPOLL_CTL_ADD : event.events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	/* out of epoll where nothing is waited for: that the peer has hung up is always told */
	if (event.events != f->events && epoll_ctl(f->epoll, op, f->fd, &event) < 0)
		return error_errno(FROM_STREAMS, errno, "cannot wait for a stream");
	f->events = event.events;
	return f->epoll;
}

static ssize_t fd_read(struct driver_stream *s, void *data, size_t n, int64_t *ret_hole)
{
	struct fd_stream *f = self(s);
	ssize_t got;

	(void)ret_hole;
	if (check_cut(f) < 0)
		return -1;
	do
		got = read(f->fd, data, n);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return got;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return DRIVER_STREAM_AGAIN;
	/* how a terminal and a socket say that nobody is at the other end any more */
	if (errno == EIO || errno == ECONNRESET)
		return 0;
	return error_errno(FROM_STREAMS, errno, "cannot read from stream");
}

static ssize_t fd_write_some(struct driver_stream *s, const void *data, size_t n)
{
	struct fd_stream *f = self(s);
	ssize_t done;

	if (check_cut(f) < 0)
		return -1;
	do
		done = write(f->fd, data, n);
	while (done < 0 && errno == EINTR);
	if (done > 0 || n == 0)
		return done;
	if (done == 0 || errno == EAGAIN || errno == EWOULDBLOCK)
		return DRIVER_STREAM_AGAIN;
	return error_errno(FROM_STREAMS, errno, "cannot write to stream");
}

static int fd_finish(struct driver_stream *s)
{
	struct fd_stream *f = self(s);

	return f->options.finish ? f->options.finish(f->options.opaque) : 0;
}

static void fd_close(struct driver_stream *s)
{
	struct fd_stream *f = self(s);

	if (f->options.closed)
		f->options.closed(f->options.opaque);
	close(f->fd);
	close(f->epoll);
	close(f->cut_fd);
	free(f);
}

static const struct driver_stream_ops both = {.read = fd_read,
											  .wait_fd = fd_wait,
											  .write_some = fd_write_some,
											  .finish = fd_finish,
											  .close = fd_close};
static const struct driver_stream_ops source = {
	.read = fd_read, .wait_fd = fd_wait, .finish = fd_finish, .close = fd_close};
static const struct driver_stream_ops sink = {
	.wait_fd = fd_wait, .write_some = fd_write_some, .finish = fd_finish, .close = fd_close};

/* 0, or -1 with the error set; what is open is the caller's to close. */
static int prepare(struct fd_stream *f)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (f->epoll < 0 || f->cut_fd < 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->cut_fd, &event) < 0)
		return error_errno(FROM_STREAMS, errno, "cannot wait for a stream");
	return fd_set_nonblocking(f->fd);
}

struct driver_stream *driver_stream_from_fd(int fd, const struct driver_stream_fd_options *options)
{
	struct fd_stream *f = calloc(1, sizeof *f);

	if (!f) {
		close(fd);
		error_oom();
		return NULL;
	}
	*f = (struct fd_stream){
		.head = {.ops = !options->writes ? &source
						: options->reads ? &both
										 : &sink},
		.fd = fd,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.cut_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	if (prepare(f) < 0) {
		fd_close(&f->head);
		return NULL;
	}
	f->options = *options;
	return &f->head;
}

void driver_stream_cut(struct driver_stream *s, const char *why)
{
	struct fd_stream *f = self(s);

	atomic_store(&f->cut, why);
	eventfd_write(f->cut_fd, 1);
}
