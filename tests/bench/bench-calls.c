/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client library and its daemon together. Linked once with each library.
 *   call N URI PID | threads N THREADS URI | open N URI
 * N is the number of calls of each thread.
 */
#include "config.h"
#include "bench-calls.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static void measure_calls(const char *uri, pid_t daemon, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);
	void *conn = api_open(uri);
	void *domain = api_lookup(conn, "test");
	int64_t cpu;

	for (int i = 0; i < 500; i++)
		api_info(domain);
	cpu = bench_cpu_ns(0) + bench_cpu_ns(daemon);
	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();

		api_info(domain);
		times[i] = bench_now_ns() - start;
	}
	cpu = bench_cpu_ns(0) + bench_cpu_ns(daemon) - cpu;
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	bench_print("p99_us", (double)bench_percentile(times, (size_t)n, 99) / 1e3);
	bench_print("cpu_us", (double)cpu / 1e3 / (double)n);
	free(times);
	api_release(domain);
	api_close(conn);
}

struct share {
	void *domain;
	long calls;
};

static void *call_in_thread(void *data)
{
	const struct share *share = data;

	for (long i = 0; i < share->calls; i++)
		api_info(share->domain);
	return NULL;
}

static void measure_threads(const char *uri, long n, long threads)
{
	pthread_t *ids = calloc((size_t)threads, sizeof *ids);
	void *conn = api_open(uri);
	struct share share = {.domain = api_lookup(conn, "test"), .calls = n};
	int64_t start = bench_now_ns();

	for (long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, call_in_thread, &share) != 0)
			bench_die("pthread_create");
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	bench_print("per_s", (double)(n * threads) * 1e9 / (double)(bench_now_ns() - start));
	free(ids);
	api_release(share.domain);
	api_close(conn);
}

static void measure_opening(const char *uri, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);

	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();

		api_close(api_open(uri));
		times[i] = bench_now_ns() - start;
	}
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	free(times);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "call") == 0)
		measure_calls(argv[3], (pid_t)bench_number(argv[4]), bench_number(argv[2]));
	else if (argc == 5 && strcmp(argv[1], "threads") == 0)
		measure_threads(argv[4], bench_number(argv[2]), bench_number(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "open") == 0)
		measure_opening(argv[3], bench_number(argv[2]));
	else
		bench_die("usage: call N URI PID | threads N THREADS URI | open N URI");
	return 0;
}
