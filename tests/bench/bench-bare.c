/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the machine itself allows: 56 bytes there and 60 bytes back between two processes over a
 * unix socket, with nothing in between. The limit that the other programs are measured against.
 *   bench-bare call N | flight N DEPTH | open N
 */
#include "config.h"
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK = 56, ANSWER = 60, MOST_AT_ONCE = 64 };

/* Answers each 56 bytes with 60. Asks come in whole: the client writes them so, and a unix stream
 * socket of this load does not split them. */
static void serve_one(int epoll, int fd)
{
	static char data[ANSWER * MOST_AT_ONCE];
	ssize_t n = read(fd, data, ASK * MOST_AT_ONCE);

	if (n <= 0) {
		epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
		close(fd);
		return;
	}
	if (n % ASK != 0)
		bench_die("part of a message");
	bench_write_all(fd, data, (size_t)(n / ASK * ANSWER));
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		bench_die("epoll_ctl");
}

static void serve(int listener)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	watch(epoll, listener);
	for (;;) {
		struct epoll_event events[16];
		int n = epoll_wait(epoll, events, 16, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				watch(epoll, accept(listener, NULL, NULL));
			else
				serve_one(epoll, events[i].data.fd);
		}
	}
}

static void ping(int fd)
{
	char data[ANSWER] = {0};

	bench_write_all(fd, data, ASK);
	bench_read_all(fd, data, ANSWER);
}

static void measure_calls(const char *path, pid_t server, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);
	int fd = bench_connect(path);
	int64_t cpu;

	for (long i = 0; i < 1000; i++)
		ping(fd);
	cpu = bench_cpu_ns(0) + bench_cpu_ns(server);
	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();

		ping(fd);
		times[i] = bench_now_ns() - start;
	}
	cpu = bench_cpu_ns(0) + bench_cpu_ns(server) - cpu;
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	bench_print("cpu_us", (double)cpu / 1e3 / (double)n);
	free(times);
	close(fd);
}

static void measure_flight(const char *path, long n, long depth)
{
	char data[ANSWER * MOST_AT_ONCE] = {0};
	int fd = bench_connect(path);
	int64_t start = bench_now_ns();
	long answered = 0;
	size_t have = 0;

	if (depth > MOST_AT_ONCE)
		bench_die("at most %d in flight", MOST_AT_ONCE);
	bench_write_all(fd, data, (size_t)depth * ASK);
	while (answered < n) {
		ssize_t got = read(fd, data, sizeof data - have);
		size_t whole;

		if (got <= 0)
			bench_die("read");
		have += (size_t)got;
		whole = have / ANSWER;
		have %= ANSWER;
		answered += (long)whole;
		bench_write_all(fd, data, whole * ASK);
	}
	bench_print("per_s", (double)answered * 1e9 / (double)(bench_now_ns() - start));
	close(fd);
}

static void measure_opening(const char *path, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);

	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();
		int fd = bench_connect(path);

		ping(fd);
		close(fd);
		times[i] = bench_now_ns() - start;
	}
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	free(times);
}

static int listen_in(const char *dir, struct sockaddr_un *ret_addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ret_addr->sun_family = AF_UNIX;
	snprintf(ret_addr->sun_path, sizeof ret_addr->sun_path, "%s/s", dir);
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_addr, sizeof *ret_addr) < 0 || listen(fd, 64) < 0)
		bench_die("listen on %s", ret_addr->sun_path);
	return fd;
}

static void measure(const char *path, pid_t server, int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "call") == 0)
		measure_calls(path, server, bench_number(argv[2]));
	else if (argc == 4 && strcmp(argv[1], "flight") == 0)
		measure_flight(path, bench_number(argv[2]), bench_number(argv[3]));
	else if (argc == 3 && strcmp(argv[1], "open") == 0)
		measure_opening(path, bench_number(argv[2]));
	else
		fprintf(stderr, "usage: bench-bare call N | flight N DEPTH | open N\n");
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/rvirt-bare-XXXXXX";
	struct sockaddr_un addr = {0};
	pid_t server;
	int listener;

	if (!mkdtemp(dir))
		bench_die("mkdtemp");
	listener = listen_in(dir, &addr);
	server = fork();
	if (server < 0)
		bench_die("fork");
	if (server == 0)
		serve(listener);
	close(listener);
	measure(addr.sun_path, server, argc, argv);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	unlink(addr.sun_path);
	rmdir(dir);
	return 0;
}
