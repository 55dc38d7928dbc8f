/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bridge between stdio and a unix socket, whose client and daemon this program plays.
 *   pipes|socketpairs up|down|both MIB COMMAND…    MIB in each direction
 *   pipes|socketpairs calls N COMMAND…             N small calls and replies
 * SOCKET in the command stands for the socket's path; "loop" is a plain 64 KiB read-write loop.
 * virt-ssh-helper takes no path: it finds the socket because XDG_RUNTIME_DIR is set.
 */
#include "config.h"
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 65536
#define CALL_SIZE 56 /* DOMAIN_GET_INFO */
#define REPLY_SIZE 60
#define NOBODY 65534
#define PATIENCE_MS 5000

struct bench {
	char dir[32], path[64];
	int listener;
	int client_in, client_out, daemon; /* our ends */
	pid_t bridge;
};

/* What anybody would write first: the measure of the others. */
static void plain_loop(const char *path)
{
	static char buf[PIECE];
	const int sock = bench_connect(path);
	struct pollfd fds[] = {{STDIN_FILENO, POLLIN}, {sock, POLLIN}};

	while (poll(fds, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			const ssize_t n = fds[i].revents ? read(fds[i].fd, buf, sizeof(buf)) : -1;

			if (n > 0)
				bench_write_all(i ? STDOUT_FILENO : sock, buf, (size_t)n);
			else if (n == 0)
				exit(0);
		}
	}
}

static void listen_here(struct bench *b)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	snprintf(b->dir, sizeof(b->dir), "/tmp/bench-gateway-XXXXXX");
	if (!mkdtemp(b->dir) || chmod(b->dir, 0755) < 0)
		bench_die("%s", b->dir);
	snprintf(b->path, sizeof(b->path), "%s/libvirt", b->dir);
	if (mkdir(b->path, 0755) < 0 || (geteuid() == 0 && chown(b->path, NOBODY, NOBODY) < 0))
		bench_die("%s", b->path);
	snprintf(b->path, sizeof(b->path), "%s/libvirt/libvirt-sock", b->dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", b->path);
	b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(b->listener, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		listen(b->listener, 1) < 0 || chmod(b->path, 0777) < 0)
		bench_die("%s", b->path);
	setenv("XDG_RUNTIME_DIR", b->dir, 1);
}

static void remove_all(struct bench *b)
{
	unlink(b->path);
	snprintf(b->path, sizeof(b->path), "%s/libvirt/libvirtd.lock", b->dir);
	unlink(b->path);
	snprintf(b->path, sizeof(b->path), "%s/libvirt", b->dir);
	rmdir(b->path);
	rmdir(b->dir);
}

static void open_pair(bool pipes, int ret_ends[2])
{
	if (pipes ? pipe2(ret_ends, O_CLOEXEC)
			  : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_ends))
		bench_die("pipe");
}

/* Puts the path where a word has SOCKET at its end. */
static void name_socket(const struct bench *b, char **words)
{
	for (; *words; words++) {
		const size_t len = strlen(*words);

		if (len >= 6 && strcmp(*words + len - 6, "SOCKET") == 0 &&
			asprintf(words, "%.*s%s", (int)len - 6, *words, b->path) < 0)
			bench_die("memory");
	}
}

static bool start(struct bench *b, bool pipes, char **command)
{
	struct pollfd pfd = {b->listener, POLLIN};
	int in[2], out[2];

	name_socket(b, command);
	open_pair(pipes, in);
	open_pair(pipes, out);
	b->bridge = fork();
	if (b->bridge == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		if (strcmp(command[0], "loop") == 0)
			plain_loop(b->path);
		else
			execvp(command[0], command);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	b->client_out = in[1];
	b->client_in = out[0];
	if (poll(&pfd, 1, PATIENCE_MS) > 0)
		b->daemon = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
	return b->daemon >= 0;
}

/* Ends the bridge. Returns the processor time that it took, in seconds. */
static double stop(struct bench *b)
{
	struct rusage usage = {0};

	kill(b->bridge, SIGKILL);
	wait4(b->bridge, NULL, 0, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct job {
	int fd;
	size_t size;
};

static void *source(void *arg)
{
	static const char data[PIECE];
	struct job *j = arg;

	for (; j->size; j->size -= PIECE)
		bench_write_all(j->fd, data, PIECE);
	return NULL;
}

static void *sink(void *arg)
{
	char data[PIECE];
	struct job *j = arg;

	while (j->size) {
		const ssize_t n = read(j->fd, data, sizeof(data));

		if (n <= 0)
			bench_die("bytes are missing");
		j->size -= (size_t)n;
	}
	return NULL;
}

static void measure_flow(struct bench *b, const char *flow, size_t size)
{
	struct job jobs[] = {
		{b->client_out, size}, {b->daemon, size}, {b->daemon, size}, {b->client_in, size}};
	const int first = strcmp(flow, "down") == 0 ? 2 : 0, last = strcmp(flow, "up") == 0 ? 2 : 4;
	const double gib = (double)size * (last - first) / 2 / (1 << 30);
	const int64_t began = bench_now_ns();
	pthread_t threads[4];

	for (int i = first; i < last; i++)
		pthread_create(&threads[i], NULL, i % 2 ? sink : source, &jobs[i]);
	for (int i = first; i < last; i++)
		pthread_join(threads[i], NULL);
	bench_print("gib_per_s", gib / ((double)(bench_now_ns() - began) / 1e9));
	bench_print("cpu_ms_per_gib", stop(b) * 1e3 / gib);
}

static void *answer(void *arg)
{
	const int fd = *(const int *)arg;
	char data[REPLY_SIZE] = "";

	for (;;) {
		bench_read_all(fd, data, CALL_SIZE);
		bench_write_all(fd, data, REPLY_SIZE);
	}
	return NULL;
}

static void measure_calls(struct bench *b, size_t n)
{
	int64_t *times = calloc(n, sizeof(*times));
	char data[REPLY_SIZE] = "";
	pthread_t thread;

	pthread_create(&thread, NULL, answer, &b->daemon);
	for (size_t i = 0; i < n; i++) {
		const int64_t began = bench_now_ns();

		bench_write_all(b->client_out, data, CALL_SIZE);
		bench_read_all(b->client_in, data, REPLY_SIZE);
		times[i] = bench_now_ns() - began;
	}
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	bench_print("p50_us", (double)bench_percentile(times, n, 50) / 1e3);
	bench_print("cpu_us", stop(b) * 1e6 / (double)n);
	free(times);
}

int main(int argc, char **argv)
{
	struct bench b = {.daemon = -1};
	bool started;

	if (argc < 5)
		bench_die("usage: bench-gateway pipes|socketpairs up|down|both|calls MIB|N COMMAND...");
	signal(SIGPIPE, SIG_IGN);
	listen_here(&b);
	started = start(&b, strcmp(argv[1], "pipes") == 0, argv + 4);
	remove_all(&b);
	if (!started) {
		stop(&b);
		bench_die("%s does not connect", argv[4]);
	}
	if (strcmp(argv[2], "calls") == 0)
		measure_calls(&b, (size_t)bench_number(argv[3]));
	else
		measure_flow(&b, argv[2], (size_t)bench_number(argv[3]) << 20);
	return 0;
}
