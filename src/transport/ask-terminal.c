/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks at the terminal, or has $SSH_ASKPASS ask, as ssh would (ssh(1), ENVIRONMENT).
 */
#include "config.h"
#include "transport/ask.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "transport/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

enum { ANSWER_MAX = 1024 };

static const char default_askpass[] = "/usr/bin/ssh-askpass";

static int cancelled(void)
{
	return error_set(FROM_AUTH, ERR_AUTH_CANCELLED, "there was no answer");
}

/* -- at the terminal --
 * Characters are read one by one: so the terminal raises no signal while it does not echo, and
 * this thread decides when one may end the program.
 */

struct line {
	char text[ANSWER_MAX + 1];
	size_t len;
	bool echo;
};

enum key { KEY_GOES_ON, KEY_ENTER, KEY_INTERRUPT, KEY_END };

static void put(int tty, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(tty, text, left);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
}

/* Takes the last character away, which may be of several bytes. */
static void erase(struct line *l, int tty)
{
	if (!l->len)
		return;
	while (l->len > 1 && ((unsigned char)l->text[l->len - 1] & 0xc0) == 0x80)
		l->len--;
	l->len--;
	if (l->echo)
		put(tty, "\b \b");
}

static enum key take_key(struct line *l, int tty, const struct termios *mode, char c)
{
	cc_t code = (cc_t)c;

	if (c == '\n' || c == '\r')
		return KEY_ENTER;
	if (code == mode->c_cc[VINTR] || code == mode->c_cc[VQUIT])
		return KEY_INTERRUPT;
	if (code == mode->c_cc[VEOF])
		return l->len ? KEY_ENTER : KEY_END;
	if (code == mode->c_cc[VERASE] || c == '\b' || c == 127) {
		erase(l, tty);
	} else if (code == mode->c_cc[VKILL]) {
		while (l->len)
			erase(l, tty);
	} else if (l->len < ANSWER_MAX && ((unsigned char)c >= ' ' || c == '\t')) {
		l->text[l->len++] = c;
		if (l->echo)
			put(tty, (char[]){c, '\0'});
	}
	return KEY_GOES_ON;
}

static enum key read_line(int tty, int signals, const struct termios *mode, struct line *l)
{
	enum key key = KEY_GOES_ON;

	while (key == KEY_GOES_ON) {
		struct pollfd fds[2] = {{.fd = tty, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
		char c;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return KEY_END;
		if (fds[1].revents)
			return KEY_END; /* the signal is delivered when it may be */
		if (!fds[0].revents)
			continue;
		key = read(tty, &c, 1) == 1 ? take_key(l, tty, mode, c) : KEY_END;
	}
	return key;
}

static int ask_at(int tty, struct ask_question *q)
{
	struct line line = {.echo = q->kind == ASK_TEXT || q->kind == ASK_CONFIRM};
	struct termios mode, raw;
	sigset_t ending, before;
	enum key key;
	int signals;

	if (tcgetattr(tty, &mode) < 0)
		return error_errno(FROM_AUTH, errno, "the terminal");
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ending, &before);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	raw = mode;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(tty, TCSAFLUSH, &raw);
	put(tty, q->prompt);
	key = read_line(tty, signals, &mode, &line);
	put(tty, "\n");
	tcsetattr(tty, TCSAFLUSH, &mode);
	cleanup_close(&signals);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (key == KEY_ENTER)
		q->answer = strndup(line.text, line.len);
	explicit_bzero(&line, sizeof line);
	if (key == KEY_INTERRUPT)
		raise(SIGINT);
	if (key != KEY_ENTER)
		return cancelled();
	return q->answer ? 0 : error_oom();
}

/* -- by a program -- */

static int ask_program(const char *program, struct ask_question *q)
{
	const char *argv[] = {program, q->prompt, NULL};
	CLEANUP_BUF struct buf out = {0};
	int r = capture_output((char *const *)(uintptr_t)argv, program, ANSWER_MAX, -1, &out);
	size_t n = 0;

	while (n < buf_len(&out) && !strchr("\r\n", buf_at(&out)[n]))
		n++;
	if (r == 0)
		q->answer = strndup(n ? (char *)buf_at(&out) : "", n);
	if (out.data)
		explicit_bzero(out.data, out.size);
	if (r < 0) {
		error_prefix("asking by %s", program);
		return -1;
	}
	return q->answer ? 0 : error_oom();
}

/* Which of both ssh would take. */
struct choice {
	bool program_first, program_allowed;
};

static struct choice choose(void)
{
	const char *required = getenv("SSH_ASKPASS_REQUIRE");
	bool display = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
	struct choice c = {.program_allowed = display};

	if (required && !strcasecmp(required, "force"))
		c = (struct choice){true, true};
	else if (required && !strcasecmp(required, "prefer"))
		c = (struct choice){display, display};
	else if (required && !strcasecmp(required, "never"))
		c = (struct choice){false, false};
	return c;
}

static int ask_one(struct ask_question *q)
{
	const char *program = getenv("SSH_ASKPASS");
	struct choice c = choose();
	CLEANUP_CLOSE int tty = c.program_first ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty >= 0)
		return ask_at(tty, q);
	if (c.program_allowed)
		return ask_program(program && *program ? program : default_askpass, q);
	return error_set(FROM_AUTH, ERR_AUTH_UNAVAILABLE,
					 "nobody can be asked: there is neither a terminal nor a display with "
					 "SSH_ASKPASS");
}

int ask_terminal(struct ask_question *questions, size_t n, void *opaque)
{
	(void)opaque;
	for (size_t i = 0; i < n; i++)
		if (ask_one(&questions[i]) < 0)
			return -1;
	return 0;
}
