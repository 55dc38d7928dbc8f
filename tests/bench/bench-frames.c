/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bare client of the remote protocol, so that what is measured is the daemon. Knows four
 * procedures by heart and nothing of the project's library. bench-frames call N SOCKET PID | flight
 * N DEPTH SOCKET | open N SOCKET | idle COUNT SOCKET PID
 */
#include "config.h"
#include "bench.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_OPEN = 1,
	DOMAIN_GET_INFO = 16,
	DOMAIN_LOOKUP_BY_NAME = 23,
	AUTH_LIST = 66,

	HEADER = 28,
	DOMAIN = 28, /* "test", its UUID, its id */
	ASK = HEADER + DOMAIN,
	ANSWER = HEADER + 32,
	MOST_AT_ONCE = 64,

	OPENED_AT_ONCE = 100,
	OPENING_ROUNDS = 15,
};

/* A message under construction. */
struct message {
	char data[256];
	size_t len;
};

static void add_word(struct message *m, uint32_t word)
{
	word = htonl(word);
	memcpy(m->data + m->len, &word, sizeof word);
	m->len += sizeof word;
}

static void add_text(struct message *m, const char *text)
{
	add_word(m, (uint32_t)strlen(text));
	memcpy(m->data + m->len, text, strlen(text));
	m->len += (strlen(text) + 3) / 4 * 4;
}

static void begin(struct message *m, uint32_t procedure, uint32_t serial)
{
	*m = (struct message){0};
	add_word(m, 0);
	add_word(m, 0x20008086);
	add_word(m, 1);
	add_word(m, procedure);
	add_word(m, 0);
	add_word(m, serial);
	add_word(m, 0);
}

static void finish(struct message *m)
{
	uint32_t len = htonl((uint32_t)m->len);

	memcpy(m->data, &len, sizeof len);
}

static uint32_t word_at(const char *data, size_t at)
{
	uint32_t word;

	memcpy(&word, data + at, sizeof word);
	return ntohl(word);
}

/* Reads one reply that must be a success; its payload into payload[0 … size). */
static void receive(int fd, char *payload, size_t size)
{
	char header[HEADER];
	size_t len;

	bench_read_all(fd, header, sizeof header);
	len = word_at(header, 0) - HEADER;
	if (len > size)
		bench_die("a reply of %zu bytes to procedure %u", len, word_at(header, 12));
	bench_read_all(fd, payload, len);
	if (word_at(header, 24) != 0)
		bench_die("procedure %u failed: %.*s", word_at(header, 12),
				  (int)len > 16 ? (int)len - 16 : 0, payload + 16);
}

/* A connection with test:///default open on it. */
static int open_connection(const char *socket)
{
	struct message auth, open;
	char payload[512];
	int fd = bench_connect(socket);

	begin(&auth, AUTH_LIST, 0);
	finish(&auth);
	begin(&open, CONNECT_OPEN, 1);
	add_word(&open, 1);
	add_text(&open, "test:///default");
	add_word(&open, 0);
	finish(&open);
	memcpy(auth.data + auth.len, open.data, open.len);
	bench_write_all(fd, auth.data, auth.len + open.len);
	receive(fd, payload, sizeof payload);
	receive(fd, payload, sizeof payload);
	return fd;
}

/* The call that is measured: DOMAIN_GET_INFO of domain "test". */
static void prepare_ask(int fd, struct message *ret_ask)
{
	struct message lookup;
	char domain[DOMAIN];

	begin(&lookup, DOMAIN_LOOKUP_BY_NAME, 2);
	add_text(&lookup, "test");
	finish(&lookup);
	bench_write_all(fd, lookup.data, lookup.len);
	receive(fd, domain, sizeof domain);
	begin(ret_ask, DOMAIN_GET_INFO, 3);
	memcpy(ret_ask->data + ret_ask->len, domain, sizeof domain);
	ret_ask->len += sizeof domain;
	finish(ret_ask);
}

static void measure_calls(const char *socket, pid_t daemon, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);
	int fd = open_connection(socket);
	struct message ask;
	char answer[ANSWER];
	int64_t cpu;

	prepare_ask(fd, &ask);
	cpu = bench_cpu_ns(0) + bench_cpu_ns(daemon);
	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();

		bench_write_all(fd, ask.data, ASK);
		receive(fd, answer, sizeof answer);
		times[i] = bench_now_ns() - start;
	}
	cpu = bench_cpu_ns(0) + bench_cpu_ns(daemon) - cpu;
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	bench_print("cpu_us", (double)cpu / 1e3 / (double)n);
	free(times);
	close(fd);
}

/* Counts the whole answers in data, checks that each is a success, and moves the rest to the front.
 */
static size_t take_answers(char *data, size_t *have)
{
	size_t whole = *have / ANSWER;

	for (size_t i = 0; i < whole; i++)
		if (word_at(data, i * ANSWER) != ANSWER || word_at(data, i * ANSWER + 24) != 0)
			bench_die("the daemon refused a call");
	*have %= ANSWER;
	memmove(data, data + whole * ANSWER, *have);
	return whole;
}

static void measure_flight(const char *socket, long n, long depth)
{
	char asks[ASK * MOST_AT_ONCE], data[ANSWER * MOST_AT_ONCE];
	int fd = open_connection(socket);
	struct message ask;
	size_t have = 0;
	long answered = 0;
	int64_t start;

	if (depth > MOST_AT_ONCE)
		bench_die("at most %d in flight", MOST_AT_ONCE);
	prepare_ask(fd, &ask);
	for (int i = 0; i < MOST_AT_ONCE; i++)
		memcpy(asks + i * ASK, ask.data, ASK);
	start = bench_now_ns();
	bench_write_all(fd, asks, (size_t)depth * ASK);
	while (answered < n) {
		ssize_t got = read(fd, data + have, sizeof data - have);
		size_t whole;

		if (got <= 0)
			bench_die("read");
		have += (size_t)got;
		whole = take_answers(data, &have);
		answered += (long)whole;
		bench_write_all(fd, asks, whole * ASK);
	}
	bench_print("per_s", (double)answered * 1e9 / (double)(bench_now_ns() - start));
	close(fd);
}

static void measure_opening(const char *socket, long n)
{
	int64_t *times = calloc((size_t)n, sizeof *times);

	for (long i = 0; i < n; i++) {
		int64_t start = bench_now_ns();

		close(open_connection(socket));
		times[i] = bench_now_ns() - start;
	}
	bench_print("p50_us", (double)bench_percentile(times, (size_t)n, 50) / 1e3);
	free(times);
}

/* How many connections can be opened a second while others are open: the median of rounds, each of
 * which opens some more and closes them. Ends when the daemon has seen that they are closed. */
static double opening_rate(const char *socket, int held)
{
	int64_t times[OPENING_ROUNDS];
	struct message ask;
	char answer[ANSWER];

	prepare_ask(held, &ask);
	for (int round = 0; round < OPENING_ROUNDS; round++) {
		int fds[OPENED_AT_ONCE];
		int64_t start = bench_now_ns();

		for (int i = 0; i < OPENED_AT_ONCE; i++)
			fds[i] = open_connection(socket);
		times[round] = bench_now_ns() - start;
		for (int i = 0; i < OPENED_AT_ONCE; i++)
			close(fds[i]);
		bench_write_all(held, ask.data, ASK);
		receive(held, answer, sizeof answer);
	}
	return OPENED_AT_ONCE * 1e9 / (double)bench_percentile(times, OPENING_ROUNDS, 50);
}

/* Opens count connections and keeps them; measures how fast more can be opened at each mark. */
static void measure_idle(const char *socket, pid_t daemon, long count)
{
	static const long marks[] = {100, 1000, 5000};
	int64_t before = bench_pss(daemon);
	size_t mark = 0;
	int held = -1;

	for (long i = 1; i <= count; i++) {
		int fd = open_connection(socket);

		if (held < 0)
			held = fd;
		if (i == count)
			bench_print("bytes", (double)(bench_pss(daemon) - before) / (double)count);
		if (mark < sizeof marks / sizeof *marks && i == marks[mark]) {
			char key[32];

			snprintf(key, sizeof key, "per_s_at_%ld", marks[mark++]);
			bench_print(key, opening_rate(socket, held));
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "call") == 0)
		measure_calls(argv[3], (pid_t)bench_number(argv[4]), bench_number(argv[2]));
	else if (argc == 5 && strcmp(argv[1], "flight") == 0)
		measure_flight(argv[4], bench_number(argv[2]), bench_number(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "open") == 0)
		measure_opening(argv[3], bench_number(argv[2]));
	else if (argc == 5 && strcmp(argv[1], "idle") == 0)
		measure_idle(argv[3], (pid_t)bench_number(argv[4]), bench_number(argv[2]));
	else
		bench_die("usage: call N SOCKET PID | flight N DEPTH SOCKET | open N SOCKET | idle COUNT "
				  "SOCKET PID");
	return 0;
}
