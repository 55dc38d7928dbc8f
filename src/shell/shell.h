/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state of one rvsh: its options and its connection. It talks to hosts through the public API
 * of librvirt and knows nothing of what is below that.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include <rvirt/rvirt.h>
#include <stdbool.h>

/* What the running command has reported so far; belongs to output.c. */
struct report {
	char *context; /* lines of the shell itself */
	char *message; /* the library's line */
	int code, domain;
	struct json_t *value; /* the result as JSON */
};

struct shell {
	struct rvirt_conn *conn; /* NULL until a command needs it */
	char *uri;               /* NULL: the default */
	bool readonly;
	bool quiet, timing;
	bool json_always; /* --json before the command */
	bool json;        /* the running command answers with JSON */
	bool interactive; /* commands are read until quit */
	bool silent;      /* nothing is written to stderr */
	bool lost;        /* the connection broke while it was in use */
	int debug;        /* messages of at least this level are shown */
	const char *escape;
	int keepalive_interval, keepalive_count; /* negative: the default */
	int log_fd;                              /* -1: no log file */
	struct report report;
};

/* Messages below sh->debug are left out. */
enum shell_level {
	SHELL_DEBUG,
	SHELL_INFO,
	SHELL_NOTICE,
	SHELL_WARNING,
	SHELL_ERROR,
};

/* Opens the connection again: to uri, or NULL for the one there was, or else the default. quietly:
 * says nothing about a connection that this one replaces. 0, or -1 with the error reported. */
int shell_connect(struct shell *sh, const char *uri, bool readonly, bool quietly);

/* The connection, opened if there is none or if it was lost. 0, or -1 with the error reported. */
int shell_need_connection(struct shell *sh);

/* Notices that the connection broke, after a call failed. */
void shell_check_connection(struct shell *sh);

void shell_close(struct shell *sh);

/* Memory that cannot be had ends the program with a message. */
void *shell_alloc(size_t size) __attribute__((returns_nonnull, malloc));
void *shell_realloc(void *old, size_t size) __attribute__((returns_nonnull));
char *shell_strdup(const char *text) __attribute__((returns_nonnull, malloc));
char *shell_printf(const char *fmt, ...)
	__attribute__((returns_nonnull, malloc, format(printf, 1, 2)));

#endif
