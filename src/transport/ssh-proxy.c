/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Composes the program. Jump hosts need no shell; a ProxyCommand is one by definition.
 */
#include "config.h"
#include "transport/ssh-proxy.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "transport/words.h"

#include <stdio.h>
#include <string.h>

enum { MAX_ARGS = 16 };

DEFINE_CLEANUP(words, char **, words_free)

/* Copies the list, which ends with NULL. */
static char **copy_list(const char *const *list)
{
	CLEANUP(cleanup_words) char **copy = calloc(MAX_ARGS + 1, sizeof *copy);

	if (!copy)
		goto no_memory;
	for (int i = 0; list[i]; i++) {
		copy[i] = strdup(list[i]);
		if (!copy[i])
			goto no_memory;
	}
	return steal(&copy);
no_memory:
	error_oom();
	return NULL;
}

int ssh_proxy_command(const char *command, const struct ssh_tokens *tokens, char ***ret_argv)
{
	CLEANUP_FREE char *expanded = ssh_expand_command(command, tokens), *line = NULL;
	const char *shell = getenv("SHELL");

	if (!expanded)
		return -1;
	if (asprintf(&line, "exec %s", expanded) < 0) {
		line = NULL;
		return error_oom();
	}
	*ret_argv =
		copy_list((const char *const[]){shell && *shell ? shell : "/bin/sh", "-c", line, NULL});
	return *ret_argv ? 0 : -1;
}

/* The last jump, taken apart in place. */
struct jump {
	char *before; /* the jumps before it; NULL: none */
	char *user, *host, *port;
};

/* False if it is no jump. */
static bool parse(char *text, struct jump *ret)
{
	struct jump j = {.host = text};
	char *at, *end;

	at = strrchr(text, ',');
	if (at) {
		*at = '\0';
		j.before = text;
		j.host = at + 1;
	}
	at = strrchr(j.host, '@');
	if (at) {
		*at = '\0';
		j.user = j.host;
		j.host = at + 1;
	}
	if (*j.host == '[') {
		end = strchr(++j.host, ']');
		if (!end)
			return false;
		*end++ = '\0';
	} else {
		end = j.host + strcspn(j.host, ":");
	}
	if (*end == ':') {
		*end = '\0';
		j.port = end + 1;
	} else if (*end) {
		return false;
	}
	*ret = j;
	return *j.host && *j.host != '-';
}

int ssh_proxy_jump(const char *jumps, const struct ssh_tokens *tokens, bool batch, char ***ret_argv)
{
	CLEANUP_FREE char *text = strdup(jumps), *forward = NULL;
	const char *argv[MAX_ARGS + 1] = {"ssh", "-T"};
	struct jump j;
	int n = 2;

	if (asprintf(&forward, "[%s]:%d", tokens->host, tokens->port) < 0)
		forward = NULL;
	if (!text || !forward)
		return error_oom();
	if (!parse(text, &j))
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "ssh configuration: ProxyJump '%s' cannot be read", jumps);
	if (batch) {
		argv[n++] = "-o";
		argv[n++] = "BatchMode=yes";
	}
	if (j.before) {
		argv[n++] = "-J";
		argv[n++] = j.before;
	}
	if (j.user) {
		argv[n++] = "-l";
		argv[n++] = j.user;
	}
	if (j.port) {
		argv[n++] = "-p";
		argv[n++] = j.port;
	}
	argv[n++] = "-W";
	argv[n++] = forward;
	argv[n++] = "--";
	argv[n++] = j.host;
	*ret_argv = copy_list(argv);
	return *ret_argv ? 0 : -1;
}
