/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines of check: what was found, and the command that mends what is wrong.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const char *head, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void say(const char *head, const char *fmt, va_list ap)
{
	printf("%-6s ", head);
	vprintf(fmt, ap);
	putchar('\n');
}

void pki_say_ok(struct pki_report *r, const char *fmt, ...)
{
	va_list ap;

	(void)r;
	va_start(ap, fmt);
	say("ok", fmt, ap);
	va_end(ap);
}

void pki_say_note(struct pki_report *r, const char *fmt, ...)
{
	va_list ap;

	r->notes++;
	va_start(ap, fmt);
	say("note", fmt, ap);
	va_end(ap);
}

void pki_say_fault(struct pki_report *r, const char *fmt, ...)
{
	va_list ap;

	r->faults++;
	printf("%-6s %s\n", "FAULT", error_last()->message);
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void pki_say_mend(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}
