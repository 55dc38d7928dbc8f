/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The connection of a shell, opened when the first command asks for it and again when it was lost.
 */
#include "config.h"
#include "shell.h"

#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void no_memory(void)
{
	fputs("error: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

void *shell_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		no_memory();
	return p;
}

void *shell_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (!p)
		no_memory();
	return p;
}

char *shell_strdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		no_memory();
	return copy;
}

char *shell_printf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		no_memory();
	va_end(ap);
	return text;
}

static void warn_if_unverified(struct shell *sh)
{
	if (!strncmp(rvirt_conn_how(sh->conn), "tls ", 4) && !rvirt_conn_is_secure(sh->conn))
		out_warn(sh, "the server's certificate is not verified (no_verify): it may be anybody's");
}

int shell_connect(struct shell *sh, const char *uri, bool readonly, bool quietly)
{
	/* for the library 0 is its default and less is none; for our user 0 is none and less was not
	 * said */
	struct rvirt_open_options options = {
		.flags = readonly ? RVIRT_OPEN_READONLY : 0,
		.keepalive_interval = sh->keepalive_interval ? sh->keepalive_interval : -1,
		.keepalive_count = sh->keepalive_count,
		.auth = rvirt_auth_terminal,
	};
	bool replaces = sh->conn;

	if (sh->keepalive_interval < 0)
		options.keepalive_interval = 0;
	if (sh->keepalive_count < 0)
		options.keepalive_count = 0;
	shell_close(sh);
	sh->conn = rvirt_open(uri ? uri : sh->uri, &options);
	if (!sh->conn)
		return sh->lost ? out_fail_at(sh, "Failed to reconnect to the hypervisor")
						: out_fail_at(sh, "failed to connect to the hypervisor");
	if (uri) {
		free(sh->uri);
		sh->uri = shell_strdup(uri);
	}
	sh->readonly = readonly;
	sh->lost = false;
	warn_if_unverified(sh);
	if (replaces && !quietly)
		out_warn(sh, "Reconnected to the hypervisor");
	return 0;
}

int shell_need_connection(struct shell *sh)
{
	if (sh->conn && !sh->lost)
		return 0;
	return shell_connect(sh, NULL, sh->readonly, false);
}

void shell_check_connection(struct shell *sh)
{
	if (!sh->conn || sh->lost || rvirt_conn_is_alive(sh->conn))
		return;
	sh->lost = true;
}

void shell_close(struct shell *sh)
{
	rvirt_close(sh->conn);
	sh->conn = NULL;
}
