/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The error of the calling thread. Whoever first knows the cause sets it, once, with what was tried
 * on what; callers may put context in front. Functions that can fail return -1 or NULL and leave
 * the error set.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

enum error_code {
#define ERROR(number, name, text, detailed) ERR_##name = number,
#include "base/errors.def"
#undef ERROR
};

enum error_domain {
#define ERROR_DOMAIN(number, name) FROM_##name = number,
#include "base/errors.def"
#undef ERROR_DOMAIN
};

/* What a peer may say of an error besides its message; texts may be NULL. */
struct error {
	int code;
	int domain;
	int level; /* 1 warning, 2 error */
	char *message;
	char *str1, *str2, *str3;
	int int1, int2;
};

/* Sets the thread's error; the message is the code's own text with the detail in its place, e.g.
 * "Domain not found: no domain with matching name 'x'". fmt may be NULL: no detail. Of a detail of
 * more than 4 KiB the beginning and the end are kept. Returns -1. */
int error_set(enum error_domain domain, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int error_vset(enum error_domain domain, enum error_code code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* Sets code SYSTEM_ERROR with the detail and the text of errnum. Returns -1. */
int error_errno(enum error_domain domain, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets code NO_MEMORY. Returns -1. */
int error_oom(void);

/* Puts "context: " in front of the message that is set. Returns -1. */
int error_prefix(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Puts "; more" behind the message that is set: what else is known, what to do. Returns -1. */
int error_suffix(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The thread's error; code ERR_OK when none is set. Valid until the thread's next call here. */
const struct error *error_last(void);
void error_reset(void);

/* Moves the thread's error out (for another thread) and back in. The texts change owner. */
void error_take(struct error *ret);
void error_give(struct error *from);
void error_clear(struct error *e);

/* Copies what e holds into the thread's error. Returns -1. */
int error_copy(const struct error *e);

/* Keeps the thread's error across calls that may set another:
 *     struct error saved; error_take(&saved); …; error_give(&saved); */

#endif
