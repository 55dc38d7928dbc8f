/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bookkeeping of descriptors: each set is closed by whoever owns it, whatever happens.
 */
#include "config.h"
#include "base/fds.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum { KERNEL_MAX = 253 }; /* that the kernel lets one message carry */

void fds_clear(struct rvirt_fds *fds)
{
	while (fds->n > 0)
		close(fds->fd[--fds->n]);
}

void fds_add(struct rvirt_fds *fds, int fd)
{
	if (fds->n < RVIRT_FDS_MAX)
		fds->fd[fds->n++] = fd;
	else
		close(fd);
}

bool fds_take(struct rvirt_fds *fds, unsigned n, struct rvirt_fds *ret)
{
	if (fds->n < n)
		return false;
	ret->n = n;
	memcpy(ret->fd, fds->fd, n * sizeof *fds->fd);
	fds->n -= n;
	memmove(fds->fd, fds->fd + n, fds->n * sizeof *fds->fd);
	return true;
}

/* All that came are ours now, wanted or not. */
static void take_rights(const struct cmsghdr *head, struct rvirt_fds *fds)
{
	size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
		fds_add(fds, fd);
	}
}

ssize_t fds_receive(int sock, void *data, size_t n, int flags, struct rvirt_fds *fds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(KERNEL_MAX * sizeof(int))];
	} control;
	struct iovec bytes = {.iov_base = data, .iov_len = n};
	struct msghdr message = {.msg_iov = &bytes,
							 .msg_iovlen = 1,
							 .msg_control = &control,
							 .msg_controllen = sizeof control};
	ssize_t got = recvmsg(sock, &message, flags | MSG_CMSG_CLOEXEC);

	if (got < 0)
		return got;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
			take_rights(head, fds);
	return got;
}

ssize_t fds_send(int sock, const void *data, size_t n, int fd)
{
	struct iovec bytes = {.iov_base = (void *)(uintptr_t)data, .iov_len = n};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *head;

		memset(&control, 0, sizeof control);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.room;
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(head), &fd, sizeof fd);
	}
	return sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int reserve(struct fds_queue *q, size_t n)
{
	struct fds_queued *items;

	if (q->n + n <= q->size)
		return 0;
	items = realloc(q->items, (q->n + n) * sizeof *items);
	if (!items)
		return error_oom();
	q->items = items;
	q->size = q->n + n;
	return 0;
}

int fds_queue_add(struct fds_queue *q, const struct rvirt_fds *fds, uint64_t at)
{
	if (reserve(q, fds->n) < 0)
		return -1;
	for (unsigned i = 0; i < fds->n; i++) {
		int copy = fcntl(fds->fd[i], F_DUPFD_CLOEXEC, 0);

		if (copy < 0) {
			error_errno(FROM_RPC, errno, "Cannot duplicate FD %d", fds->fd[i]);
			while (i-- > 0)
				close(q->items[--q->n].fd);
			return -1;
		}
		q->items[q->n++] = (struct fds_queued){.at = at + i, .fd = copy};
	}
	return 0;
}

void fds_queue_sent(struct fds_queue *q, uint64_t at)
{
	size_t n = 0;

	while (n < q->n && q->items[n].at < at)
		close(q->items[n++].fd);
	if (n == 0)
		return;
	q->n -= n;
	memmove(q->items, q->items + n, q->n * sizeof *q->items);
}

int fds_queue_next(const struct fds_queue *q, uint64_t at, size_t *n)
{
	if (q->n == 0)
		return -1;
	if (q->items[0].at == at) {
		*n = 1;
		return q->items[0].fd;
	}
	if (*n > q->items[0].at - at)
		*n = (size_t)(q->items[0].at - at);
	return -1;
}

void fds_queue_clear(struct fds_queue *q)
{
	while (q->n > 0)
		close(q->items[--q->n].fd);
	free(q->items);
	*q = (struct fds_queue){0};
}
