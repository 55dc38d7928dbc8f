/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all benchmark programs share: clocks, percentiles, and "KEY VALUE" lines on stdout, which
 * `run` reads. A measuring program has nothing to recover from: bench_die() ends it.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints the text, errno's too if it is set, and exits 1. */
void bench_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

int64_t bench_now_ns(void);

/* CPU time that a process (0: this one) has used so far, with all its threads. */
int64_t bench_cpu_ns(pid_t pid);

/* Proportional share of memory of a process, in bytes. */
int64_t bench_pss(pid_t pid);

/* The p-th percentile of n values, which it sorts. */
int64_t bench_percentile(int64_t *values, size_t n, int p);

/* A connected unix socket. */
int bench_connect(const char *path);

/* To a port of this host. */
int bench_connect_port(int port);

void bench_write_all(int fd, const void *data, size_t n);
void bench_read_all(int fd, void *data, size_t n);

void bench_print(const char *key, double value);

/* The number of an argument, at least 1. */
long bench_number(const char *text);

#endif
