/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread's error and the table of codes. Knows nothing of who sets them.
 */
#include "config.h"
#include "base/error.h"

#include "base/cleanup.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct error current;

/* Lets go of the texts when the thread ends. */
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void clear_at_thread_end(void *e)
{
	error_clear(e);
}

static void watch_thread_ends(void)
{
	pthread_key_create(&at_thread_end, clear_at_thread_end);
}

/* The thread has an error from now on. Takes the texts over. */
static void keep(const struct error *e)
{
	error_clear(&current);
	current = *e;
	pthread_once(&once, watch_thread_ends);
	pthread_setspecific(at_thread_end, &current);
}

/* A row of errors.def: the text alone, and the text with the detail's place. */
struct text {
	const char *plain, *detailed;
};

static const struct text texts[] = {
#define ERROR(number, name, text, with_detail) [number] = {text, with_detail},
#include "base/errors.def"
#undef ERROR
};

void error_clear(struct error *e)
{
	free(e->message);
	free(e->str1);
	free(e->str2);
	free(e->str3);
	*e = (struct error){0};
}

static int set(enum error_domain domain, enum error_code code, char *message)
{
	keep(&(struct error){.code = (int)code, .domain = (int)domain, .level = 2, .message = message});
	return -1;
}

/* The length of what is kept of a text that has at least so many bytes: no character is cut. */
static size_t whole_characters(const char *text, size_t n)
{
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* A message with a value of megabytes says no more than one with its beginning and its end, and
 * would not fit into an answer. In place. */
static void shorten(char *text)
{
	enum { LONGEST = 4096, HEAD = 2048, TAIL = 1024 };
	size_t n = strlen(text), head, tail;
	char note[64];
	int length;

	if (n <= LONGEST)
		return;
	head = whole_characters(text, HEAD);
	tail = whole_characters(text, n - TAIL);
	length = snprintf(note, sizeof note, "[... %zu bytes left out ...]", tail - head);
	memcpy(text + head, note, (size_t)length);
	memmove(text + head + length, text + tail, n - tail + 1);
}

/* The code's text with detail in its place; the text alone if detail is NULL. */
static char *compose(enum error_code code, const char *detail)
{
	const struct text *t = &texts[ERR_INTERNAL_ERROR];
	const char *at;
	char *message = NULL;

	if ((size_t)code < sizeof texts / sizeof texts[0] && texts[code].plain)
		t = &texts[code];
	if (!detail)
		return strdup(t->plain);
	at = strstr(t->detailed, "%s");
	if (asprintf(&message, "%.*s%s%s", (int)(at - t->detailed), t->detailed, detail, at + 2) < 0)
		return NULL;
	return message;
}

int error_vset(enum error_domain domain, enum error_code code, const char *fmt, va_list ap)
{
	CLEANUP_FREE char *detail = NULL;

	if (fmt && vasprintf(&detail, fmt, ap) < 0)
		detail = NULL;
	if (detail)
		shorten(detail);
	return set(domain, code, compose(code, detail));
}

int error_set(enum error_domain domain, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vset(domain, code, fmt, ap);
	va_end(ap);
	return -1;
}

int error_errno(enum error_domain domain, int errnum, const char *fmt, ...)
{
	va_list ap;
	CLEANUP_FREE char *detail = NULL;
	char *message = NULL;

	va_start(ap, fmt);
	if (vasprintf(&detail, fmt, ap) < 0)
		detail = NULL;
	va_end(ap);
	if (detail)
		shorten(detail);
	if (asprintf(&message, "%s: %s", detail ? detail : "system call failed", strerror(errnum)) < 0)
		message = NULL;
	set(domain, ERR_SYSTEM_ERROR, message);
	current.int1 = errnum;
	return -1;
}

int error_oom(void)
{
	return set(FROM_NONE, ERR_NO_MEMORY, compose(ERR_NO_MEMORY, NULL));
}

/* Puts more in front of the message, or behind it. Without memory the message stays as it is. */
static __attribute__((format(printf, 2, 0))) void extend(bool in_front, const char *fmt, va_list ap)
{
	const char *old = current.message ? current.message : "";
	CLEANUP_FREE char *more = NULL;
	char *message = NULL;
	int n;

	if (vasprintf(&more, fmt, ap) < 0) {
		more = NULL;
		return;
	}
	shorten(more);
	n = in_front ? asprintf(&message, "%s: %s", more, old)
				 : asprintf(&message, "%s; %s", old, more);
	if (n < 0)
		return;
	free(current.message);
	current.message = message;
}

int error_prefix(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	extend(true, fmt, ap);
	va_end(ap);
	return -1;
}

int error_suffix(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	extend(false, fmt, ap);
	va_end(ap);
	return -1;
}

const struct error *error_last(void)
{
	return &current;
}

void error_reset(void)
{
	error_clear(&current);
}

void error_take(struct error *ret)
{
	*ret = current;
	current = (struct error){0};
}

void error_give(struct error *from)
{
	keep(from);
	*from = (struct error){0};
}

static char *copy_text(const char *s)
{
	return s ? strdup(s) : NULL;
}

int error_copy(const struct error *e)
{
	struct error copy = *e;

	copy.message = copy_text(e->message);
	copy.str1 = copy_text(e->str1);
	copy.str2 = copy_text(e->str2);
	copy.str3 = copy_text(e->str3);
	keep(&copy);
	return -1;
}
