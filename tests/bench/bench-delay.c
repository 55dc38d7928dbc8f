/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A far link for an ext transport or ssh: carries stdin and stdout to a unix socket or a port of
 * this host, each byte so much later than it came, in both directions. Adds delay only: any number
 * of bytes may be under way. bench-delay MILLISECONDS SOCKET|PORT
 */
#include "config.h"
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, SLOTS = 1024 };

/* One direction: chunks in the order in which they came, each with the time when it is due. */
struct line {
	int from, to;
	int ended; /* 1: from is at its end, 2: to was told */
	size_t first, count;
	struct {
		int64_t due;
		size_t len;
		char data[CHUNK];
	} slots[SLOTS];
};

static void take(struct line *line, int64_t due)
{
	size_t at = (line->first + line->count) % SLOTS;
	ssize_t n = read(line->from, line->slots[at].data, CHUNK);

	/* The end travels like data: an empty chunk. */
	line->ended = n <= 0;
	line->slots[at].len = n > 0 ? (size_t)n : 0;
	line->slots[at].due = due;
	line->count++;
}

static void deliver(struct line *line, int64_t now)
{
	while (line->count > 0 && line->slots[line->first].due <= now) {
		size_t len = line->slots[line->first].len;

		if (len > 0) {
			bench_write_all(line->to, line->slots[line->first].data, len);
		} else {
			if (shutdown(line->to, SHUT_WR) < 0)
				close(line->to);
			line->ended = 2;
		}
		line->first = (line->first + 1) % SLOTS;
		line->count--;
	}
}

static struct timespec time_left(const struct line *a, const struct line *b, int64_t now)
{
	int64_t due = INT64_MAX;

	if (a->count > 0)
		due = a->slots[a->first].due;
	if (b->count > 0 && b->slots[b->first].due < due)
		due = b->slots[b->first].due;
	if (due == INT64_MAX)
		due = now + (int64_t)3600 * 1000000000;
	due = due > now ? due - now : 0;
	return (struct timespec){.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
}

static struct pollfd wait_for(const struct line *line)
{
	int open = !line->ended && line->count < SLOTS;

	return (struct pollfd){.fd = open ? line->from : -1, .events = POLLIN};
}

int main(int argc, char **argv)
{
	static struct line out, back;
	int64_t delay_ns;
	int fd;

	if (argc != 3)
		bench_die("usage: bench-delay MILLISECONDS SOCKET|PORT");
	delay_ns = bench_number(argv[1]) * 1000000;
	fd = strspn(argv[2], "0123456789") == strlen(argv[2])
			 ? bench_connect_port((int)bench_number(argv[2]))
			 : bench_connect(argv[2]);
	out.from = STDIN_FILENO;
	out.to = back.from = fd;
	back.to = STDOUT_FILENO;
	/* The client may wait for this program to end before it closes its side. */
	while (back.ended != 2) {
		struct pollfd fds[2] = {wait_for(&out), wait_for(&back)};
		struct timespec left = time_left(&out, &back, bench_now_ns());

		if (ppoll(fds, 2, &left, NULL) < 0 && errno != EINTR)
			bench_die("poll");
		if (fds[0].fd >= 0 && fds[0].revents)
			take(&out, bench_now_ns() + delay_ns);
		if (fds[1].fd >= 0 && fds[1].revents)
			take(&back, bench_now_ns() + delay_ns);
		deliver(&out, bench_now_ns());
		deliver(&back, bench_now_ns());
	}
	return 0;
}
