/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * top: a table of the running domains that is drawn again and again. On a terminal it takes keys;
 * for programs it is one table, or one line of JSON, after the other.
 */
#include "config.h"

#include "interrupt.h"
#include "output.h"
#include "sample.h"
#include "table.h"

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct top {
	struct shell *sh;
	int delay_ms;
	int left; /* tables that are still to be printed; negative: no end */
	enum sample_order order;
	bool live; /* a terminal takes it */
	bool quit; /* by a key */
	struct sample before, now;
	struct termios saved;
	struct sigaction old_resize;
};

/* -- what is shown -- */

/* A number of bytes in at most five characters. */
static void short_size(double bytes, char text[16])
{
	static const char units[] = "BKMGTPE";
	size_t i = 0;

	for (; bytes >= 1000 && units[i + 1]; i++)
		bytes /= 1024;
	snprintf(text, 16, i && bytes < 9.95 ? "%.1f%c" : "%.0f%c", bytes, units[i]);
}

static void add_row(struct table *t, const struct sample_row *r)
{
	char id[16], cpu[16], memory[16], vcpus[16], rates[4][16];
	const char *cells[] = {id,    r->name,  sample_state(r), cpu,      memory,
						   vcpus, rates[0], rates[1],        rates[2], rates[3]};

	snprintf(id, sizeof id, r->id < 0 ? "-" : "%d", r->id);
	snprintf(cpu, sizeof cpu, sample_is_rated(r, SAMPLE_CPU) ? "%.1f" : "-", r->cpu_percent);
	strcpy(memory, "-");
	if (r->told & SAMPLE_MEMORY)
		short_size((double)r->memory_kib * 1024, memory);
	snprintf(vcpus, sizeof vcpus, r->told & SAMPLE_VCPUS ? "%llu" : "-",
			 (unsigned long long)r->vcpus);
	for (int i = 0; i < SAMPLE_RATES; i++) {
		strcpy(rates[i], "-");
		if (sample_is_rated(r, SAMPLE_BYTES << i))
			short_size(r->rates[i], rates[i]);
	}
	table_add(t, cells);
}

static char *format_table(const struct top *top)
{
	static const char *const heads[] = {"Id",   "Name", "State", "%CPU",   "Memory",
										"vCPU", "RX/s", "TX/s",  "Read/s", "Write/s"};
	CLEANUP_FREE const struct sample_row **rows = sample_sorted(&top->now, top->order);
	struct table *t = table_new(10, heads);
	char *text;

	for (size_t i = 0; i < top->now.n; i++)
		add_row(t, rows[i]);
	text = table_format(t, true);
	table_free(t);
	return text;
}

/* As much of the text as fits below the first line. */
static void draw_lines(const char *text, unsigned lines)
{
	for (; *text && lines; lines--) {
		size_t n = strcspn(text, "\n");

		printf("%.*s\033[K%s", (int)n, text, lines > 1 ? "\r\n" : "");
		text += n + (text[n] == '\n');
	}
}

static void draw(const struct top *top)
{
	CLEANUP_FREE char *text = format_table(top);
	struct winsize size = {.ws_row = 24};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	printf("\033[H%zu domains, by %s    s: other order  q: quit\033[K\r\n", top->now.n,
		   sample_order_name(top->order));
	draw_lines(text, size.ws_row > 1 ? size.ws_row - 1U : 1);
	printf("\033[J");
	fflush(stdout);
}

static void print(struct top *top)
{
	if (top->sh->json) {
		json_t *json = sample_json(&top->now, top->order);

		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(json);
	} else {
		CLEANUP_FREE char *text = format_table(top);

		out_text(top->sh, "%s\n", text);
	}
	fflush(stdout);
	if (top->left > 0)
		top->left--;
}

/* -- the terminal -- */

/* That it comes is enough: it ends the rest. */
static void on_resize(int number)
{
	(void)number;
}

/* Another screen, without a cursor and without breaking long lines; keys come one by one. */
static void enter_terminal(struct top *top)
{
	const struct sigaction act = {.sa_handler = on_resize};
	struct termios raw;

	sigaction(SIGWINCH, &act, &top->old_resize);
	tcgetattr(STDIN_FILENO, &top->saved);
	raw = top->saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	printf("\033[?1049h\033[?25l\033[?7l");
}

static void leave_terminal(const struct top *top)
{
	printf("\033[?7h\033[?25h\033[?1049l");
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &top->saved);
	sigaction(SIGWINCH, &top->old_resize, NULL);
}

static void take_key(struct top *top)
{
	char key;

	/* a terminal that has gone wants no more tables */
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
		top->quit = true;
	else if (key == 's' || key == 'S')
		top->order = (top->order + 1) % SAMPLE_ORDERS;
}

/* -- the loop -- */

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits for the time of the next sample, or a signal; a key or a new size draws the table again.
 * What the host sends meanwhile, its pings, is answered. */
static void rest(struct top *top)
{
	long long end = now_ms() + top->delay_ms, left;

	while (!top->quit && !interrupt_came() && (left = end - now_ms()) > 0) {
		struct pollfd p[] = {{.fd = top->live ? STDIN_FILENO : -1, .events = POLLIN}, {.fd = -1}};
		int r;

		p[1].fd = rvirt_conn_poll_fd(top->sh->conn, &p[1].events);
		r = poll(p, 2, left < 1000 ? (int)left : 1000);
		/* what goes wrong here is told by the next call */
		if (p[1].fd >= 0 && rvirt_conn_dispatch(top->sh->conn) < 0)
			return;
		if (r > 0 && p[0].revents)
			take_key(top);
		if (top->live && !top->quit && (r < 0 || p[0].revents))
			draw(top);
	}
}

static int next(struct top *top)
{
	sample_clear(&top->before);
	top->before = top->now;
	top->now = (struct sample){0};
	if (sample_take(top->sh, &top->now) < 0)
		return -1;
	sample_rate(&top->now, &top->before);
	return 0;
}

static int loop(struct top *top)
{
	if (next(top) < 0)
		return -1;
	if (top->live)
		draw(top);
	while (top->left) {
		rest(top);
		if (top->quit || interrupt_came())
			break;
		if (next(top) < 0)
			return -1;
		if (top->live)
			draw(top);
		else
			print(top);
	}
	return 0;
}

/* --delay: seconds, also parts of one. */
static int get_delay(struct shell *sh, const struct invocation *in, int *ret_ms)
{
	const char *text = args_text(in, "delay");
	double seconds;
	char *end;

	*ret_ms = 2000;
	if (!args_given(in, "delay"))
		return 0;
	seconds = text && isdigit((unsigned char)*text) ? strtod(text, &end) : 0;
	if (!text || seconds < 0.1 || seconds > 86400 || *end)
		return out_refuse(sh, "--delay is a number of seconds from 0.1 to 86400, not '%s'",
						  text ? text : "");
	*ret_ms = (int)(seconds * 1000);
	return 0;
}

static int top_run(struct shell *sh, const struct invocation *in)
{
	struct top top = {.sh = sh, .left = -1};
	const char *order;
	struct interrupt old;
	int rc;

	if (get_delay(sh, in, &top.delay_ms) < 0 || args_get_int(sh, in, "count", &top.left) < 0 ||
		args_get_text(sh, in, "sort", &order) < 0)
		return -1;
	if (args_given(in, "count") && top.left < 1)
		return out_refuse(sh, "--count is a number of tables from 1 on");
	if (order && sample_order_find(order, &top.order) < 0)
		return out_refuse(sh, "--sort is one of cpu, memory, network, disk and name, not '%s'",
						  order);
	top.live = top.left < 0 && !sh->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	interrupt_begin(&old);
	if (top.live)
		enter_terminal(&top);
	rc = loop(&top);
	if (top.live)
		leave_terminal(&top);
	interrupt_end(&old);
	sample_clear(&top.before);
	sample_clear(&top.now);
	return rc < 0 ? out_fail(sh) : 0;
}

static void complete_order(struct shell *sh, const struct invocation *in, unsigned what,
						   struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	for (int i = 0; i < SAMPLE_ORDERS; i++)
		strings_add(to, sample_order_word(i));
}

static const struct arg top_args[] = {
	{"delay", ARG_INT, "seconds between two looks (default 2), also parts of one"},
	{"count", ARG_INT, "print so many tables one after the other, and no live one"},
	{"sort", ARG_STRING, "cpu (the default), memory, network, disk or name", 0, complete_order},
	{NULL},
};

const struct cmd *cmd_top_rows(void)
{
	static const struct cmd rows[] = {
		{"top", "monitor", "what the running domains take, again and again",
		 "Shows the running domains and what they take of processor (of one, in percent), memory, "
		 "network and disks, anew every two seconds. On a terminal s changes the order and q ends "
		 "it.",
		 top_args, 0, top_run},
		{NULL},
	};

	return rows;
}
