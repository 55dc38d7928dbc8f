/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines. readline and signals leave no room for a pointer to our state: what they need
 * stands in the static struct here.
 */
#include "config.h"
#include "input.h"

#include "args.h"
#include "complete.h"
#include "output.h"
#include "strings.h"

#include "base/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#define HISTORY_LINES 500
#define HISTORY_MAX 500000

static struct {
	struct shell *sh;
	bool terminal; /* stdin is one */
	struct termios saved;
	char *history; /* NULL: none is kept */
	volatile sig_atomic_t interrupted;
	volatile sig_atomic_t running; /* a command runs in an interactive shell */
	volatile sig_atomic_t fd;      /* of the connection; -1: none */
} input = {.fd = -1};

/* -- signals -- */

static void restore_terminal(void)
{
	if (input.terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &input.saved);
}

static void end_by_signal(int number)
{
	restore_terminal();
	signal(number, SIG_DFL);
	raise(number);
}

void input_guard_terminal(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = SA_NODEFER};

	input.terminal = tcgetattr(STDIN_FILENO, &input.saved) == 0;
	if (!input.terminal)
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

static void interrupt(int number)
{
	(void)number;
	if (!input.running) {
		input.interrupted = 1;
		return;
	}
	if (input.interrupted || input.fd < 0)
		end_by_signal(SIGINT);
	input.interrupted = 1;
	shutdown(input.fd, SHUT_RDWR);
}

void input_begin_command(struct shell *sh)
{
	short events;

	if (!sh->interactive || !input.terminal)
		return;
	input.interrupted = 0;
	input.fd = sh->conn ? rvirt_conn_poll_fd(sh->conn, &events) : -1;
	input.running = 1;
}

void input_end_command(struct shell *sh)
{
	(void)sh;
	input.running = 0;
	input.interrupted = 0;
	input.fd = -1;
}

/* Ctrl-C begins a new line. */
static void begin_new_line(void)
{
	if (!input.interrupted)
		return;
	input.interrupted = 0;
	rl_echo_signal_char(SIGINT);
	rl_crlf();
	rl_free_line_state();
	rl_on_new_line();
	rl_replace_line("", 1);
	rl_point = rl_end = 0;
	rl_redisplay();
}

/* A key for readline. A signal that comes before the wait for it must not be slept over. */
static int get_key(FILE *from)
{
	struct pollfd fd = {fileno(from), POLLIN, 0};
	sigset_t blocked, before;
	int ready;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	do {
		begin_new_line();
		rl_check_signals();
		ready = ppoll(&fd, 1, NULL, &before);
	} while (ready < 0 && errno == EINTR);
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* one that came together with the key came first */
	begin_new_line();
	return rl_getc(from);
}

/* -- completion -- */

static char *escape_blanks(const char *text)
{
	char *escaped = shell_alloc(2 * strlen(text) + 1), *to = escaped;

	for (; *text; text++) {
		if (*text == ' ' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	return escaped;
}

/* What readline wants: what all have in common, then each one; NULL-terminated, all allocated. */
static char **as_matches(const struct strings *found)
{
	char **matches = shell_alloc((found->n + 2) * sizeof(*matches));
	size_t common = strlen(found->at[0]);

	for (size_t i = 1; i < found->n; i++)
		for (size_t j = 0; j < common; j++)
			if (found->at[i][j] != found->at[0][j])
				common = j;
	matches[0] = shell_printf("%.*s", (int)common, found->at[0]);
	for (size_t i = 0; found->n > 1 && i < found->n; i++)
		matches[i + 1] = shell_strdup(found->at[i]);
	return matches;
}

static char **complete(const char *text, int start, int end)
{
	CLEANUP_FREE char *line = shell_printf("%.*s", end, rl_line_buffer);
	CLEANUP_STRINGS struct strings words = {0}, found = {0}, escaped = {0};
	char open = 0;
	bool file;

	(void)text;
	(void)start;
	args_split(line, &words, &open);
	complete_words(input.sh, words.at, words.n, &found, &file);
	rl_attempted_completion_over = !file;
	if (found.n == 0)
		return NULL;
	if (open)
		return as_matches(&found);
	for (size_t i = 0; i < found.n; i++)
		strings_take(&escaped, escape_blanks(found.at[i]));
	return as_matches(&escaped);
}

static int is_quoted(char *line, int at)
{
	return at > 0 && line[at - 1] == '\\' && !is_quoted(line, at - 1);
}

/* -- lines -- */

/* The number of lines to keep; -1 with the error reported. */
static int history_size(struct shell *sh)
{
	static const char *const names[] = {"RVSH_HISTSIZE", "VIRSH_HISTSIZE"};
	int n = HISTORY_LINES;

	for (size_t i = 0; i < 2; i++) {
		const char *text = getenv(names[i]);

		if (!text)
			continue;
		if (args_parse_int(text, &n) < 0)
			return out_refuse(sh, "Bad $%s value.", names[i]);
		if (n < 0 || n > HISTORY_MAX)
			return out_refuse(sh, "$%s value should be between 0 and %d", names[i], HISTORY_MAX);
		break;
	}
	return n;
}

/* The file that keeps the history, its directories made; NULL if that cannot be. */
static char *history_path(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	CLEANUP_FREE char *base = NULL, *dir = NULL;

	if (cache && *cache == '/')
		base = shell_strdup(cache);
	else if (home && *home)
		base = shell_printf("%s/.cache", home);
	else
		return NULL;
	dir = shell_printf("%s/rvsh", base);
	if ((mkdir(base, 0700) < 0 && errno != EEXIST) || (mkdir(dir, 0700) < 0 && errno != EEXIST))
		return NULL;
	return shell_printf("%s/history", dir);
}

int input_open(struct shell *sh)
{
	struct sigaction action = {.sa_handler = interrupt};
	int lines;

	input.sh = sh;
	if (!input.terminal)
		return 0;
	lines = history_size(sh);
	if (lines < 0)
		return -1;
	rl_readline_name = "rvsh";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t\n;";
	rl_completer_quote_characters = "\"'";
	rl_char_is_quoted_p = is_quoted;
	rl_catch_signals = 0;
	rl_getc_function = get_key;
	stifle_history(lines);
	input.history = history_path();
	if (input.history)
		read_history(input.history);
	sigaction(SIGINT, &action, NULL);
	return 0;
}

/* A line of a pipe, shown after the prompt as a terminal would show it. */
static char *piped_line(struct shell *sh, const char *prompt)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	out_text(sh, "%s", prompt);
	len = getline(&line, &size, stdin);
	if (len < 0) {
		free(line);
		return NULL;
	}
	if (len > 0 && line[len - 1] == '\n')
		line[len - 1] = '\0';
	out_text(sh, "%s\n", line);
	return line;
}

char *input_line(struct shell *sh)
{
	const char *prompt = sh->readonly ? "rvsh > " : "rvsh # ";
	char *line;

	sh->json = sh->json_always;
	if (!input.terminal)
		return piped_line(sh, prompt);
	input.interrupted = 0;
	line = readline(prompt);
	if (line && *line)
		add_history(line);
	return line;
}

void input_close(struct shell *sh)
{
	(void)sh;
	if (input.history) {
		write_history(input.history);
		free(input.history);
		input.history = NULL;
	}
	restore_terminal();
}
