/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines: from text or words to commands with their options, checked against the rows of
 * table.h, and the options' values. The syntax is virsh's.
 */
#ifndef SHELL_ARGS_H
#define SHELL_ARGS_H

#include "shell.h"

#include <stddef.h>
#include <stdint.h>

struct strings;
struct invocation;

enum arg_type {
	ARG_BOOL,
	ARG_STRING, /* optional; also without its name */
	ARG_INT,    /* a number, checked by who reads it */
	ARG_DATA,   /* required text, usually without its name */
	ARG_REST,   /* what is left on the line; the last row */
	ARG_ALIAS,  /* help is the name that it stands for, or NAME=VALUE */
};

enum arg_flag {
	ARG_REQUIRED = 1,
	ARG_NAMED = 2, /* only with its name */
	ARG_EMPTY = 4, /* an empty text is a value */
};

struct arg {
	const char *name; /* NULL ends the list */
	enum arg_type type;
	const char *help;
	unsigned flags;

	/* adds candidates for this argument; errors are nobody's concern */
	void (*complete)(struct shell *sh, const struct invocation *in, unsigned what,
					 struct strings *to);
	unsigned what;
};

struct value {
	const struct arg *arg;
	char *text; /* NULL for ARG_BOOL */
};

/* One command of a line. */
struct invocation {
	const struct cmd *cmd;
	struct value *values; /* in the order of the line */
	size_t n_values;
	bool json; /* --json was among its options */
	struct invocation *next;
};

/* Reads a line of commands. 0, or -1 with the error reported (an empty line: without one).
 * *ret_first may be NULL when there is nothing to do. Released by args_free(). */
int args_parse_line(struct shell *sh, const char *line, struct invocation **ret_first);

/* Reads one command whose words are separate already. */
int args_parse_words(struct shell *sh, char **words, size_t n, struct invocation **ret_first);
void args_free(struct invocation *first);

/* Releases what one invocation holds. */
void args_clear(struct invocation *in);

/* Splits a line into words as args_parse_line() does, up to its end or the end of its last command,
 * for completion: an open quote is closed. *ret_open is the quote character that was open, or 0. */
void args_split(const char *line, struct strings *ret_words, char *ret_open);

/* For completion: what the words after a command, the last one not finished, ask for next. in is
 * released by args_clear(). */
struct args_next {
	struct invocation in;
	const struct arg
		*arg;   /* whose value the last word is; NULL: an option's name, or nothing fits */
	bool named; /* its name stands before it */
};
void args_expect(const struct cmd *cmd, char **words, size_t n, struct args_next *ret);

bool args_given(const struct invocation *in, const char *name);

/* A bit for each option of a table that is given; a row without name ends it. */
struct args_bit {
	const char *option;
	unsigned bit;
};
unsigned args_bits(const struct invocation *in, const struct args_bit *bits);

/* An option's text; NULL when it is absent or empty. */
const char *args_text(const struct invocation *in, const char *name);

/* The same, an empty one being an error unless its row allows it: 0 with *ret set (NULL: absent),
 * or -1. */
int args_get_text(struct shell *sh, const struct invocation *in, const char *name,
				  const char **ret);

/* Numbers: 1 found, 0 absent with *ret untouched, -1 with the error reported. */
int args_get_int(struct shell *sh, const struct invocation *in, const char *name, int *ret);
int args_get_uint(struct shell *sh, const struct invocation *in, const char *name, unsigned *ret);

int args_get_llong(struct shell *sh, const struct invocation *in, const char *name, int64_t *ret);
int args_get_ull(struct shell *sh, const struct invocation *in, const char *name, uint64_t *ret);

/* --timeout, a number of seconds, in milliseconds. */
int args_get_timeout(struct shell *sh, const struct invocation *in, int *ret_ms);

/* A size such as 2GiB, in bytes; without a unit it counts in scale bytes. */
int args_get_size(struct shell *sh, const struct invocation *in, const char *name, uint64_t scale,
				  uint64_t *ret_bytes);

/* The same, but that it is malformed is left to the caller to say. */
int args_read_size(struct shell *sh, const struct invocation *in, const char *name, uint64_t scale,
				   uint64_t *ret_bytes);

/* Descriptors of this process, "N,M,..." after --pass-fds: borrowed. 0, none being given too, or
 * -1. */
int args_get_fds(struct shell *sh, const struct invocation *in, struct rvirt_fds *ret);

/* The next text of the ARG_REST option; *at starts at 0. NULL: no more. */
const char *args_rest(const struct invocation *in, size_t *at);

/* 0, or -1 with the error reported if both are given. */
int args_exclusive(struct shell *sh, const struct invocation *in, const char *a, const char *b);

/* The whole of text as a decimal int. 0, or -1 without an error. */
int args_parse_int(const char *text, int *ret);

#endif
