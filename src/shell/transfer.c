/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between a stream and a file.
 */
#include "config.h"
#include "transfer.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNK = 262120, /* what one message carries */
	BAR_MS = 200,   /* between two looks at the bar */
	BAR_WIDTH = 30,
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* "1.5 GiB" */
static void format_size(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < sizeof(units) / sizeof(*units); i++)
		value /= 1024;
	snprintf(text, size, "%.*f %s", i ? 1 : 0, value, units[i]);
}

static void draw(struct transfer *t)
{
	char done[32], bar[BAR_WIDTH + 1];
	uint64_t total = t->total > t->done ? t->total : t->done;
	int filled = total ? (int)((double)t->done / (double)total * BAR_WIDTH) : 0;

	format_size(t->done, done, sizeof(done));
	t->shown = true;
	if (!t->total) {
		fprintf(stderr, "\r%s: %s\033[K", t->label, done);
	} else {
		memset(bar, '#', (size_t)filled);
		memset(bar + filled, '-', (size_t)(BAR_WIDTH - filled));
		bar[BAR_WIDTH] = '\0';
		fprintf(stderr, "\r%s: [%s] %3d%% %s\033[K", t->label, bar,
				total ? (int)((double)t->done / (double)total * 100) : 0, done);
	}
	fflush(stderr);
}

static void advance(struct transfer *t, uint64_t n)
{
	t->done += n;
	if (t->sh->quiet || t->sh->json || !isatty(STDERR_FILENO) || now_ms() < t->next_ms)
		return;
	t->next_ms = now_ms() + BAR_MS;
	draw(t);
}

void transfer_end(struct transfer *t)
{
	if (!t->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	t->shown = false;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, data, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		data += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Leaves a hole in the file, or writes zeros where that is not possible. */
static int write_hole(int fd, int64_t length)
{
	static const char zeros[4096];

	if (lseek(fd, length, SEEK_CUR) >= 0)
		return 0;
	for (int64_t n; length > 0; length -= n) {
		n = length < (int64_t)sizeof(zeros) ? length : (int64_t)sizeof(zeros);
		if (write_all(fd, zeros, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

int transfer_receive(struct transfer *t, struct rvirt_stream *stream, int fd, bool *ret_file)
{
	bool ends_in_hole = false;

	for (;;) {
		int64_t hole = 0;
		ssize_t n = rvirt_stream_recv_to(stream, fd, &hole);

		*ret_file = n == RVIRT_STREAM_FILE || (hole && write_hole(fd, hole) < 0);
		if (n < 0 || *ret_file)
			return -1;
		if (n == 0 && !hole)
			break;
		ends_in_hole = hole > 0;
		advance(t, (uint64_t)n + (uint64_t)hole);
	}
	*ret_file = ends_in_hole && ftruncate(fd, lseek(fd, 0, SEEK_CUR)) < 0;
	return *ret_file ? -1 : 0;
}

/* How many bytes from where fd stands are of one kind: data, or a hole, which is skipped. 0 at the
 * end. -1 with errno. */
static int64_t extent(int fd, bool *ret_hole)
{
	off_t at = lseek(fd, 0, SEEK_CUR), data = at < 0 ? -1 : lseek(fd, at, SEEK_DATA), end;

	*ret_hole = false;
	if (at < 0)
		return -1;
	if (data < 0 && errno != ENXIO)
		return INT64_MAX; /* a file system that knows no holes */
	if (data == at) {
		end = lseek(fd, at, SEEK_HOLE);
		return end < 0 || lseek(fd, at, SEEK_SET) < 0 ? -1 : end - at;
	}
	end = data < 0 ? lseek(fd, 0, SEEK_END) : data;
	*ret_hole = end > at;
	return end < 0 ? -1 : end > at ? end - at : 0;
}

static ssize_t read_some(int fd, char *data, size_t n)
{
	ssize_t got;

	do
		got = read(fd, data, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Sends n bytes of data as they are in the file; fewer at its end. The count, or -1. */
static int64_t send_data(struct transfer *t, struct rvirt_stream *stream, int fd, int64_t n,
						 bool *ret_file)
{
	int64_t sent = 0;

	while (sent < n) {
		ssize_t got =
			rvirt_stream_send_from(stream, fd, n - sent < CHUNK ? (size_t)(n - sent) : CHUNK);

		*ret_file = got == RVIRT_STREAM_FILE;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		sent += got;
		advance(t, (uint64_t)got);
	}
	return sent;
}

int transfer_send(struct transfer *t, struct rvirt_stream *stream, int fd, bool sparse,
				  bool *ret_file)
{
	int64_t n;

	do {
		bool hole = false;

		n = sparse ? extent(fd, &hole) : INT64_MAX;
		*ret_file = n < 0;
		if (hole) {
			if (rvirt_stream_send_hole(stream, n) < 0)
				return -1;
			advance(t, (uint64_t)n);
		} else if (n > 0) {
			n = send_data(t, stream, fd, n, ret_file);
		}
	} while (n > 0 && n < INT64_MAX && sparse);
	return n < 0 ? -1 : 0;
}

int transfer_compare(struct transfer *t, struct rvirt_stream *stream, int fd, bool *ret_file)
{
	CLEANUP_FREE char *theirs = shell_alloc(CHUNK);
	CLEANUP_FREE char *ours = shell_alloc(CHUNK);
	ssize_t n;

	*ret_file = false;
	while ((n = rvirt_stream_recv(stream, theirs, CHUNK, NULL)) > 0) {
		for (ssize_t have = 0; have < n;) {
			ssize_t got = read_some(fd, ours + have, (size_t)(n - have));

			*ret_file = got < 0;
			if (got <= 0)
				return (int)got;
			have += got;
		}
		if (memcmp(theirs, ours, (size_t)n) != 0)
			return 0;
		advance(t, (uint64_t)n);
	}
	return n < 0 ? -1 : 1;
}
