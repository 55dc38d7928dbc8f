/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sets of descriptors on their way through a process, and the one byte that carries each of them
 * over a unix socket.
 */
#ifndef BASE_FDS_H
#define BASE_FDS_H

#include "base/cleanup.h"

#include <rvirt/fds.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Closes all of a set that owns them; it is empty afterwards. */
void fds_clear(struct rvirt_fds *fds);
#define CLEANUP_FDS CLEANUP(fds_clear)

/* Adds a descriptor, or closes it where there is no room. */
void fds_add(struct rvirt_fds *fds, int fd);

/* Moves the first n to another set, which is empty. false: there are fewer, nothing is moved. */
bool fds_take(struct rvirt_fds *fds, unsigned n, struct rvirt_fds *ret);

/* As recv(2), and adds the descriptors that came along. */
ssize_t fds_receive(int sock, void *data, size_t n, int flags, struct rvirt_fds *fds);

/* Sends n bytes (at least one) with a copy of fd (-1: without one), never raising SIGPIPE nor
 * waiting. As sendmsg(2). */
ssize_t fds_send(int sock, const void *data, size_t n, int fd);

/* Descriptors that wait in a stream of bytes to be written. Each has its byte there, at so many
 * bytes from the count that the owner keeps. Zeroed: none. */
struct fds_queue {
	struct fds_queued {
		uint64_t at;
		int fd;
	} * items;
	size_t n, size;
};

/* Queues copies of a set, whose bytes stand from `at` on in a row. 0, or -1 with the error set and
 * nothing queued. */
int fds_queue_add(struct fds_queue *q, const struct rvirt_fds *fds, uint64_t at);

/* Forgets those whose bytes stand before `at`: they were sent. */
void fds_queue_sent(struct fds_queue *q, uint64_t at);

/* The descriptor whose byte is the one at `at`, or -1; *n is how many bytes from there on go in one
 * piece, n at most. */
int fds_queue_next(const struct fds_queue *q, uint64_t at, size_t *n);

void fds_queue_clear(struct fds_queue *q);

#endif
