/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clocks, sockets and output of the benchmark programs.
 */
#include "config.h"
#include "bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, errnum ? ": %s\n" : "\n", strerror(errnum));
	exit(1);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		bench_die("clock_gettime");
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t bench_cpu_ns(pid_t pid)
{
	clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;

	if (pid && (errno = clock_getcpuclockid(pid, &clock)) != 0)
		bench_die("CPU clock of process %d", (int)pid);
	return clock_ns(clock);
}

int64_t bench_pss(pid_t pid)
{
	char path[64], line[256];
	long long kib = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	if (!f)
		bench_die("%s", path);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %lld kB", &kib) == 1)
			break;
	fclose(f);
	if (kib < 0)
		bench_die("%s has no Pss", path);
	return kib * 1024;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t bench_percentile(int64_t *values, size_t n, int p)
{
	qsort(values, n, sizeof *values, compare);
	return values[(n - 1) * (size_t)p / 100];
}

int bench_connect(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		bench_die("socket");
	if (strlen(path) >= sizeof addr.sun_path)
		bench_die("too long for a socket: %s", path);
	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		bench_die("connect %s", path);
	return fd;
}

int bench_connect_port(int port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
							   .sin_port = htons((uint16_t)port),
							   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		bench_die("socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		bench_die("connect to port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

void bench_write_all(int fd, const void *data, size_t n)
{
	for (const char *p = data; n > 0;) {
		ssize_t done = write(fd, p, n);

		if (done < 0)
			bench_die("write");
		p += done;
		n -= (size_t)done;
	}
}

void bench_read_all(int fd, void *data, size_t n)
{
	for (char *p = data; n > 0;) {
		ssize_t done = read(fd, p, n);

		if (done <= 0) {
			errno = done < 0 ? errno : 0;
			bench_die("the peer closed the connection");
		}
		p += done;
		n -= (size_t)done;
	}
}

void bench_print(const char *key, double value)
{
	printf("%s %.3f\n", key, value);
	fflush(stdout);
}

long bench_number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 1)
		bench_die("not a positive number: %s", text);
	return n;
}
