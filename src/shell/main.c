/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * rvsh: options before the command, then one command line or many.
 */
#include "config.h"

#include "args.h"
#include "input.h"
#include "options.h"
#include "output.h"
#include "table.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool leaves(const struct cmd *cmd)
{
	return strcmp(cmd->name, "quit") == 0 || strcmp(cmd->name, "exit") == 0;
}

/* Runs the commands of one line, all of them; the result is the last one's. */
static int run(struct shell *sh, const struct invocation *in)
{
	int result = 0;

	for (; in; in = in->next) {
		double before = now_ms(), after;

		sh->json = sh->json_always || in->json;
		input_begin_command(sh);
		result = in->cmd->flags & CMD_LOCAL ? 0 : shell_need_connection(sh);
		if (result == 0) {
			input_begin_command(sh);
			result = in->cmd->run(sh, in);
		}
		input_end_command(sh);
		after = now_ms();
		if (result < 0)
			shell_check_connection(sh);
		out_finish(sh);
		if (leaves(in->cmd))
			break;
		if (sh->timing)
			out_text(sh, "\n(Time: %.3f ms)\n\n", after - before);
		else if (!(in->cmd->flags & CMD_BARE))
			out_note(sh, "\n");
	}
	return result;
}

/* Runs what was parsed, which this takes. */
static int run_parsed(struct shell *sh, int parsed, struct invocation *first)
{
	int result = parsed;

	if (result == 0)
		result = run(sh, first);
	else
		out_finish(sh);
	args_free(first);
	return result;
}

static int run_line(struct shell *sh, const char *line)
{
	struct invocation *first = NULL;
	int parsed = args_parse_line(sh, line, &first);

	return run_parsed(sh, parsed, first);
}

/* A connection that was named has to be there, even for commands that need none; only what programs
 * ask for behind the user's back does without. */
static int connect_named(struct shell *sh, const struct invocation *first)
{
	if (!sh->uri || (first && first->cmd->flags & CMD_HIDDEN))
		return 0;
	if (shell_connect(sh, NULL, sh->readonly, true) == 0)
		return 0;
	out_finish(sh);
	return -1;
}

static int run_once(struct shell *sh, char **words, size_t n)
{
	struct invocation *first = NULL;
	int parsed;

	if (n == 1) {
		out_debug(sh, SHELL_INFO, "commands: \"%s\"\n", words[0]);
		parsed = args_parse_line(sh, words[0], &first);
	} else {
		parsed = args_parse_words(sh, words, n, &first);
	}
	if (parsed == 0 && connect_named(sh, first) < 0) {
		args_free(first);
		return -1;
	}
	options_environment(sh);
	return run_parsed(sh, parsed, first);
}

static int run_interactive(struct shell *sh)
{
	char *line;

	if (connect_named(sh, NULL) < 0)
		return -1;
	options_environment(sh);
	sh->interactive = true;
	if (input_open(sh) < 0) {
		out_finish(sh);
		return -1;
	}
	if (!sh->quiet)
		out_text(sh, "Welcome to rvsh, the virtualization interactive terminal.\n\n"
					 "Type:  'help' for help with commands\n"
					 "       'quit' to quit\n\n");
	while (sh->interactive) {
		line = input_line(sh);
		if (!line)
			break;
		if (*line)
			run_line(sh, line);
		free(line);
		/* who writes our input from a program waits for this */
		fflush(stdout);
	}
	out_text(sh, "\n");
	input_close(sh);
	return 0;
}

int main(int argc, char **argv)
{
	struct shell sh = {
		.debug = SHELL_ERROR,
		.escape = "^]",
		.keepalive_interval = -1,
		.keepalive_count = -1,
		.log_fd = -1,
	};
	int first, result;

	setlocale(LC_ALL, "");
	input_guard_terminal();
	first = options_read(&sh, argc, argv);
	if (first == argc)
		result = run_interactive(&sh);
	else
		result = run_once(&sh, argv + first, (size_t)(argc - first));
	shell_close(&sh);
	free(sh.uri);
	if (fflush(stdout) < 0 || ferror(stdout)) {
		out_warn(&sh, "failed to write the output: %s", strerror(errno));
		result = -1;
	}
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
