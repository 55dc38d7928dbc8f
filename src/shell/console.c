/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between a terminal and a stream. Nothing here waits for one side only: what the host sends while
 * the terminal is slow, or the other way round, is held in two small buffers. However it ends, the
 * terminal is left as it was found.
 */
#include "config.h"
#include "console.h"

#include "base/cleanup.h"
#include "domain.h"
#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ROOM = 4096 };

struct flow {
	char data[ROOM];
	size_t start, end;
};

struct console {
	struct shell *sh;
	struct rvirt_stream *stream;
	struct flow typed, shown; /* to the guest, to the terminal */
	char escape;
	bool quits;    /* the escape character was typed, or there is no terminal any more */
	bool over;     /* the guest's end */
	bool mid_line; /* the cursor is in the middle of a line */
};

/* -- the terminal -- */

static struct termios before; /* as it was found */
static volatile sig_atomic_t raw, signalled;

static void restore(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	raw = 0;
}

static void on_signal(int number)
{
	signalled = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { N_SIGNALS = sizeof signals / sizeof *signals };

/* What was typed already is the guest's. 0, or -1 with the error reported. */
static int make_raw(struct shell *sh)
{
	static bool registered;
	struct termios mode;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return out_refuse(sh, "unable to get tty attributes: %s", strerror(errno));
	if (!registered)
		atexit(restore); /* memory that can't be had ends the program */
	registered = true;
	mode = before;
	cfmakeraw(&mode);
	raw = 1;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0)
		return 0;
	raw = 0;
	return out_refuse(sh, "unable to set tty attributes: %s", strerror(errno));
}

/* "^]" or a character. */
static char escape_character(const char *text)
{
	return text[0] == '^' && text[1] ? (char)(toupper((unsigned char)text[1]) ^ 0x40) : text[0];
}

/* -- the two ways -- */

static bool is_empty(const struct flow *f)
{
	return f->start == f->end;
}

static void took(struct flow *f, size_t n)
{
	f->start += n;
	if (is_empty(f))
		f->start = f->end = 0;
}

static void read_keys(struct console *c)
{
	ssize_t n = read(STDIN_FILENO, c->typed.data, ROOM);
	const char *escape;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	c->quits = n <= 0;
	escape = n > 0 ? memchr(c->typed.data, c->escape, (size_t)n) : NULL;
	if (escape) {
		n = escape - c->typed.data;
		c->quits = true;
	}
	c->typed.end = n > 0 ? (size_t)n : 0;
}

static void show(struct console *c)
{
	struct flow *f = &c->shown;
	ssize_t n = write(STDOUT_FILENO, f->data + f->start, f->end - f->start);

	if (n > 0) {
		c->mid_line = f->data[f->start + (size_t)n - 1] != '\n';
		took(f, (size_t)n);
	} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
		c->quits = true;
	}
}

/* Sends what was typed and takes what has come, as far as that goes now. 0, or -1 with the
 * library's error set. */
static int exchange(struct console *c)
{
	ssize_t n = 0;

	while (!is_empty(&c->typed)) {
		n = rvirt_stream_try_send(c->stream, c->typed.data + c->typed.start,
								  c->typed.end - c->typed.start);
		if (n < 0)
			break;
		took(&c->typed, (size_t)n);
	}
	if (n == -1)
		return -1;
	if (!is_empty(&c->shown) || c->over)
		return 0;
	n = rvirt_stream_try_recv(c->stream, c->shown.data, ROOM, NULL);
	if (n == -1)
		return -1;
	if (n > 0)
		c->shown.end = (size_t)n;
	c->over = n == 0;
	return 0;
}

/* Waits for the terminal and the host, at most a second: the connection pings when it is
 * dispatched.
 */
static int turn(struct console *c)
{
	struct rvirt_conn *conn = c->sh->conn;
	struct pollfd fds[3] = {
		{.fd = is_empty(&c->typed) ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = is_empty(&c->shown) ? -1 : STDOUT_FILENO, .events = POLLOUT},
	};

	fds[2].fd = rvirt_conn_poll_fd(conn, &fds[2].events);
	/* what comes while the terminal takes nothing stays where it is */
	if (!is_empty(&c->shown))
		fds[2].events &= POLLOUT;
	if (poll(fds, 3, 1000) < 0)
		return errno == EINTR ? 0 : out_refuse(c->sh, "cannot wait: %s", strerror(errno));
	if (fds[0].revents)
		read_keys(c);
	if (fds[1].revents)
		show(c);
	if ((is_empty(&c->shown) || !fds[1].revents) && rvirt_conn_dispatch(conn) < 0 &&
		is_empty(&c->shown))
		return out_fail(c->sh);
	return exchange(c) < 0 ? out_fail(c->sh) : 0;
}

/* 0 when the user has quit or the guest's end is there; -1 with the error reported. */
static int talk(struct console *c)
{
	int r = exchange(c) < 0 ? out_fail(c->sh) : 0;

	while (r == 0 && !c->quits && !signalled && !(c->over && is_empty(&c->shown)))
		r = turn(c);
	if (r == 0 && c->quits && exchange(c) < 0)
		r = out_fail(c->sh);
	return r;
}

/* -- the command -- */

static int check(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_state_reason_ret state;

	if (rvirt_call_domain_get_state(sh->conn, &args, &state) < 0)
		return out_fail_at(sh, "Unable to get domain status");
	if (state.state == RVIRT_DOMAIN_SHUTOFF)
		return out_refuse(sh, "The domain is not running");
	if (!isatty(STDIN_FILENO))
		return out_refuse(sh, "Cannot run interactive console without a controlling TTY");
	return 0;
}

static void greet(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	const char *escape = sh->escape;

	out_note(sh, "Connected to domain '%s'\n", dom->name);
	out_note(sh, "Escape character is %s", escape);
	if (escape[0] == '^' && escape[1])
		out_note(sh, " (Ctrl + %c)", escape[1]);
	out_note(sh, "\n");
	fflush(stdout);
}

/* Opens the console and talks; the terminal is raw meanwhile. */
static int connect_terminal(struct console *c, const struct rvirt_wire_domain *dom,
							const char *device, unsigned flags, bool resume)
{
	struct rvirt_wire_dom_dev_name_flags_args args = {
		.dom = *dom, .dev_name = device ? borrow(device) : NULL, .flags = flags};
	struct rvirt_wire_dom_args dom_args = domain_args(dom);
	int r;

	if (make_raw(c->sh) < 0)
		return -1;
	if (rvirt_call_domain_open_console(c->sh->conn, &args, &c->stream) < 0)
		r = out_fail(c->sh);
	else if (resume && rvirt_call_domain_resume(c->sh->conn, &dom_args) < 0)
		r = out_fail(c->sh);
	else
		r = talk(c);
	rvirt_stream_free(c->stream);
	restore();
	return r;
}

int console_run(struct shell *sh, const struct rvirt_wire_domain *dom, const char *device,
				unsigned flags, bool resume)
{
	struct sigaction act = {.sa_handler = on_signal}, old[N_SIGNALS];
	CLEANUP_FREE struct console *c = shell_alloc(sizeof *c);
	int r;

	if (check(sh, dom) < 0)
		return -1;
	*c = (struct console){.sh = sh, .escape = escape_character(sh->escape)};
	greet(sh, dom);
	signalled = 0;
	for (int i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &act, &old[i]);
	r = connect_terminal(c, dom, device, flags, resume);
	for (int i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &old[i], NULL);
	if (signalled)
		raise(signalled);
	if (c->mid_line && !c->quits)
		out_note(sh, "\n");
	if (r == 0 && c->over && !c->quits)
		out_note(sh, "The console of domain '%s' has ended\n", dom->name);
	return r;
}

/* -- with a start -- */

unsigned console_start_flags(const struct invocation *in)
{
	return args_given(in, "console") ? RVIRT_DOMAIN_START_PAUSED : 0;
}

int console_after_start(struct shell *sh, const struct invocation *in,
						const struct rvirt_wire_domain *dom)
{
	if (!args_given(in, "console"))
		return 0;
	return console_run(sh, dom, NULL, 0, !args_given(in, "paused"));
}
