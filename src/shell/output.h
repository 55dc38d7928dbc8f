/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a command says: text for people as virsh writes it, or one JSON value for programs; and its
 * errors.
 */
#ifndef SHELL_OUTPUT_H
#define SHELL_OUTPUT_H

#include "shell.h"

#include <jansson.h>

/* The result as text; nothing with --json. */
void out_text(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A remark beside the result; nothing with --quiet or --json. */
void out_note(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How far something is, on stderr, in place of what was there before. */
void out_progress(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The result as JSON, handed over; kept only with --json. NULL ends the program: no memory. */
void out_value(struct shell *sh, json_t *value);

/* Messages of --debug, also to the log file. */
void out_debug(struct shell *sh, enum shell_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A line on stderr that does not make the command fail. */
void out_warn(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An error of the shell's own. Returns -1. */
int out_refuse(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A call to the library failed: its error ends the report. Returns -1. */
int out_fail(struct shell *sh);

/* The same, with a line of what was tried before it. Returns -1. */
int out_fail_at(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ends the report as out_fail() does, with an error that is not the library's. Returns -1. */
int out_cause(struct shell *sh, int code, int domain, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Forgets what was reported as the command's error, which a way round was found for. */
void out_forget(struct shell *sh);

/* Ends a command: writes what is left of its errors and its JSON. */
void out_finish(struct shell *sh);

/* A line "label: text" of a list of properties, label padded to width, and key with value (handed
 * over) in *object (created when NULL). */
void out_field(struct shell *sh, json_t **object, int width, const char *label, const char *key,
			   json_t *value, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* Text that a peer sent, as JSON: bytes that are no UTF-8 are replaced. NULL: null. */
json_t *out_json_text(const char *text);
json_t *out_json_uuid(const unsigned char uuid[RVIRT_UUID_LEN]);

/* Writes the text form of a UUID; returns text. */
#define OUT_UUID_SIZE 37
char *out_uuid(const unsigned char uuid[RVIRT_UUID_LEN], char text[OUT_UUID_SIZE]);

/* Writes a size with the unit that leaves less than 1024: "1.500 MiB". */
#define OUT_SIZE_TEXT 32
void out_size_text(uint64_t bytes, int decimals, char text[OUT_SIZE_TEXT]);

/* -- tables -- */

/* A table whose columns are as wide as their widest cell on a terminal. */
struct table;
struct table *table_new(size_t n_columns, const char *const *heads);
void table_free(struct table *t);

/* Adds a row of n_columns texts. */
void table_add(struct table *t, const char *const *cells);

/* The whole as text, with heads or without; freed by the caller. */
char *table_format(const struct table *t, bool heads);

#endif
