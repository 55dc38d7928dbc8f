/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Text, errors and JSON. In text mode errors are written as they come, before the library's own
 * line at the command's end; with --json they are kept for one object on stderr.
 */
#include "config.h"
#include "output.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return shell_strdup("out of memory");
	return text;
}

static void log_line(struct shell *sh, enum shell_level level, const char *text)
{
	static const char *const names[] = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"};
	CLEANUP_FREE char *line = NULL;
	char when[32];
	size_t len = strlen(text);
	time_t now = time(NULL);
	struct tm tm;

	if (sh->log_fd < 0)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y.%m.%d %H:%M:%S", &tm);
	line = shell_printf("[%s rvsh %d] %s %s%s", when, (int)getpid(), names[level], text,
						len && text[len - 1] == '\n' ? "" : "\n");
	if (write(sh->log_fd, line, strlen(line)) < 0) {
		close(sh->log_fd);
		sh->log_fd = -1;
		out_warn(sh, "failed to write the log file");
	}
}

void out_text(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	if (sh->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void out_note(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	if (sh->quiet || sh->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void out_progress(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	if (sh->json || sh->silent)
		return;
	fflush(stdout);
	fputc('\r', stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
}

void out_value(struct shell *sh, json_t *value)
{
	if (!value) {
		fputs("error: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	json_decref(sh->report.value);
	sh->report.value = sh->json ? json_incref(value) : NULL;
	json_decref(value);
}

void out_debug(struct shell *sh, enum shell_level level, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list ap;

	if ((int)level < sh->debug)
		return;
	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	log_line(sh, level, text);
	out_text(sh, "%s", text);
}

/* Our stdout is flushed first, so that the two streams keep their order when they go to one place.
 */
static void error_line(struct shell *sh, const char *text)
{
	log_line(sh, SHELL_ERROR, text);
	if (sh->silent)
		return;
	fflush(stdout);
	fprintf(stderr, "error: %s\n", text);
	fflush(stderr);
}

void out_warn(struct shell *sh, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	if (!sh->json)
		error_line(sh, text);
	else
		log_line(sh, SHELL_ERROR, text);
}

/* Takes text. */
static void add_context(struct shell *sh, char *text)
{
	struct report *r = &sh->report;

	if (!sh->json) {
		error_line(sh, text);
		free(text);
		return;
	}
	log_line(sh, SHELL_ERROR, text);
	if (r->context) {
		char *both = shell_printf("%s\n%s", r->context, text);

		free(text);
		text = both;
	}
	free(r->context);
	r->context = text;
}

int out_refuse(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_context(sh, format(fmt, ap));
	va_end(ap);
	return -1;
}

int out_fail(struct shell *sh)
{
	struct rvirt_error error = rvirt_last_error();

	if (error.code == 0)
		return -1;
	return out_cause(sh, error.code, error.domain, "%s",
					 error.message ? error.message : "unknown error");
}

int out_fail_at(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	out_fail(sh);
	va_start(ap, fmt);
	add_context(sh, format(fmt, ap));
	va_end(ap);
	return -1;
}

int out_cause(struct shell *sh, int code, int domain, const char *fmt, ...)
{
	struct report *r = &sh->report;
	va_list ap;

	free(r->message);
	va_start(ap, fmt);
	r->message = format(fmt, ap);
	va_end(ap);
	r->code = code;
	r->domain = domain;
	return -1;
}

void out_forget(struct shell *sh)
{
	struct report *r = &sh->report;

	free(r->message);
	r->message = NULL;
	r->code = r->domain = 0;
}

static void print_json(json_t *value, FILE *to)
{
	json_dumpf(value, to, JSON_INDENT(2));
	fputc('\n', to);
	fflush(to);
}

static void json_error(struct report *r)
{
	/* the library's line says most; without one our own is the message */
	const char *message = r->message ? r->message : r->context;
	json_t *error = json_pack("{s:i, s:i, s:o}", "code", r->code, "domain", r->domain, "message",
							  out_json_text(message));

	if (r->message && r->context)
		json_object_set_new(error, "context", out_json_text(r->context));
	error = json_pack("{s:o}", "error", error);
	fflush(stdout);
	print_json(error, stderr);
	json_decref(error);
}

void out_finish(struct shell *sh)
{
	struct report *r = &sh->report;

	if (r->value && sh->json)
		print_json(r->value, stdout);
	if (!sh->json && r->message)
		error_line(sh, r->message);
	else if (sh->json && (r->message || r->context))
		json_error(r);
	json_decref(r->value);
	free(r->context);
	free(r->message);
	*r = (struct report){0};
}

void out_field(struct shell *sh, json_t **object, int width, const char *label, const char *key,
			   json_t *value, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	out_text(sh, "%-*s %s\n", width, label, text);
	if (!*object)
		*object = json_object();
	json_object_set_new(*object, key, value);
}

json_t *out_json_text(const char *text)
{
	CLEANUP_FREE char *clean = NULL;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	clean = shell_strdup(text);
	for (char *c = clean; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_string(clean);
}

void out_size_text(uint64_t bytes, int decimals, char text[OUT_SIZE_TEXT])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < sizeof units / sizeof *units; i++)
		value /= 1024;
	snprintf(text, OUT_SIZE_TEXT, "%.*f %s", decimals, value, units[i]);
}

char *out_uuid(const unsigned char uuid[RVIRT_UUID_LEN], char text[OUT_UUID_SIZE])
{
	char *at = text;

	for (int i = 0; i < RVIRT_UUID_LEN; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", uuid[i]);
	}
	return text;
}

json_t *out_json_uuid(const unsigned char uuid[RVIRT_UUID_LEN])
{
	char text[OUT_UUID_SIZE];

	return json_string(out_uuid(uuid, text));
}
