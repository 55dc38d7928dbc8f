/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One struct pump is one direction. Small messages go through a buffer, which has the lower
 * latency; once a read fills the buffer, the bytes are spliced and stay in the kernel, through a
 * pipe of our own if neither end is one. A direction that ends is drained and then closed alone.
 */
#include "config.h"

#include "gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536      /* the buffer */
#define PIPE_SIZE 262144 /* to splice at a time: few turns, and it still fits a cache */
#define CALM 16384       /* a splice of less than this ends the bulk mode */
#define GONE (POLLERR | POLLHUP | POLLNVAL)

struct pump {
	int from, to;
	short want;        /* POLLIN on from, POLLOUT on to, or 0: this direction has ended */
	bool gone;         /* it ended because nobody reads what it writes */
	bool direct;       /* one end is a pipe: splicing needs none of ours */
	bool refused;      /* splicing does not work here */
	bool bulk;         /* splicing at present */
	int pipe[2];       /* ours */
	size_t piped;      /* bytes in our pipe */
	size_t start, end; /* bytes in the buffer; they precede those in the pipe */
	char buf[CHUNK];
};

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void pump_init(struct pump *p, int from, int to)
{
	p->from = from;
	p->to = to;
	p->want = POLLIN;
	p->direct = is_pipe(from) || is_pipe(to);
}

static bool pump_holds(const struct pump *p)
{
	return p->start < p->end || p->piped;
}

/* sshd passes on the end of stdout only when stderr has ended too. */
static void end_stderr(void)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDERR_FILENO);
	close(null);
}

/* Says to both neighbours that nothing passes here any more. */
static void pump_end(struct pump *p)
{
	p->want = 0;
	if (shutdown(p->to, SHUT_WR) < 0 && errno == ENOTSOCK)
		close(p->to);
	if (p->to == STDOUT_FILENO)
		end_stderr();
	if (p->gone && shutdown(p->from, SHUT_RD) < 0 && errno == ENOTSOCK)
		close(p->from);
}

/* The kernel may refuse, and whatever is no pipe does. */
static void widen(int pipe)
{
	const int size = fcntl(pipe, F_GETPIPE_SZ);

	if (size > 0 && size < PIPE_SIZE)
		fcntl(pipe, F_SETPIPE_SZ, PIPE_SIZE);
}

/* Where splice fails for a reason of its own, read and write take over. */
static ssize_t pump_splice(struct pump *p, int from, int to, size_t size)
{
	const ssize_t n = splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK);

	p->refused =
		n < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE && errno != ECONNRESET;
	return n;
}

static ssize_t pump_read(struct pump *p, int from)
{
	const ssize_t n = read(from, p->buf, CHUNK);

	p->start = 0;
	p->end = n > 0 ? (size_t)n : 0;
	return n;
}

static ssize_t pump_fill(struct pump *p)
{
	ssize_t n;

	if (p->bulk) {
		n = pump_splice(p, p->from, p->direct ? p->to : p->pipe[1], PIPE_SIZE);
		p->piped = n > 0 && !p->direct ? (size_t)n : 0;
		p->bulk = n < 0 ? !p->refused : n >= CALM;
		if (!p->refused)
			return n;
	}
	n = pump_read(p, p->from);
	if (n == CHUNK && !p->refused) {
		p->bulk = p->direct || p->pipe[1] || pipe2(p->pipe, O_CLOEXEC) == 0;
		widen(p->direct ? p->from : p->pipe[1]);
		widen(p->to);
	}
	return n;
}

static ssize_t pump_flush(struct pump *p)
{
	ssize_t n;

	if (p->start == p->end) {
		n = pump_splice(p, p->pipe[0], p->to, p->piped);
		p->piped -= n > 0 ? (size_t)n : 0;
		if (!p->refused)
			return n;
		p->bulk = false;
		pump_read(p, p->pipe[0]);
		p->piped -= p->end;
	}
	n = write(p->to, p->buf + p->start, p->end - p->start);
	p->start += n > 0 ? (size_t)n : 0;
	return n;
}

/* Takes a failed or empty read or write (n) for what it means. Returns the error if bytes are lost.
 */
static int pump_settle(struct pump *p, ssize_t n)
{
	const int error = n < 0 ? errno : 0;
	int unread = 0;

	if (error == EAGAIN || error == EINTR) {
		/* A direct splice may wait for either end: for the one that was not just polled. */
		if (p->bulk && p->direct && !pump_holds(p))
			p->want = p->want == POLLIN ? POLLOUT : POLLIN;
		else
			p->want = pump_holds(p) ? POLLOUT : POLLIN;
		return 0;
	}
	p->gone = error != 0;
	if (error == EPIPE)
		ioctl(p->from, FIONREAD, &unread);
	pump_end(p);
	return error != EPIPE || unread || pump_holds(p) ? error : 0;
}

/* Moves what can be moved without waiting, and sets what to wait for. */
static int pump_step(struct pump *p)
{
	ssize_t n;

	if (!pump_holds(p)) {
		n = pump_fill(p);
		if (n <= 0)
			return pump_settle(p, n);
	}
	while (pump_holds(p)) {
		n = pump_flush(p);
		if (n < 0)
			return pump_settle(p, n);
	}
	p->want = POLLIN;
	return 0;
}

/* Acts on what poll said of the two ends. */
static int pump_turn(struct pump *p, short from, short to)
{
	if (!p->want)
		return 0;
	if (to & GONE) {
		errno = EPIPE;
		return pump_settle(p, -1);
	}
	if (p->want == POLLIN ? from & (POLLIN | GONE) : to & POLLOUT)
		return pump_step(p);
	return 0;
}

/* Sets flags so that no side can hold up the other. The description may be shared with other
 * programs, so a terminal keeps its flags, and others get theirs back. */
static int unblock(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !isatty(fd))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

int pump_run(int sock)
{
	static struct pump up, down;
	const int flags[2] = {unblock(STDIN_FILENO), unblock(STDOUT_FILENO)};
	int lost = 0;

	unblock(sock);
	signal(SIGPIPE, SIG_IGN);
	pump_init(&up, STDIN_FILENO, sock);
	pump_init(&down, sock, STDOUT_FILENO);
	while (up.want || down.want) {
		struct pollfd fds[] = {
			{up.want == POLLIN ? up.from : -1, POLLIN},
			{up.want || down.want == POLLIN ? sock : -1,
			 (short)((up.want & POLLOUT) | (down.want & POLLIN))},
			{down.want ? down.to : -1, (short)(down.want & POLLOUT)},
		};
		/* When nobody reads the output any more, the input gets no more time than it needs. */
		const int n = poll(fds, 3, down.gone && up.want == POLLIN ? 0 : -1);

		if (n < 0)
			continue;
		if (n == 0)
			pump_end(&up);
		const int lost_up = pump_turn(&up, fds[0].revents, fds[1].revents);
		const int lost_down = pump_turn(&down, fds[1].revents, fds[2].revents);

		lost = lost ? lost : lost_up ? lost_up : lost_down;
	}
	fcntl(STDOUT_FILENO, F_SETFL, flags[1]);
	fcntl(STDIN_FILENO, F_SETFL, flags[0]);
	if (lost == EPIPE || lost == ECONNRESET)
		fputs("rvirt-gateway: a side closed before it had read all that was sent to it\n", stderr);
	else if (lost)
		fprintf(stderr, "rvirt-gateway: cannot pass on what was sent: %s\n", strerror(lost));
	return lost ? -1 : 0;
}
