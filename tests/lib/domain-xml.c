/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domain-xml [FORMAT [PARSE]]: reads domain documents (each followed by a NUL) from standard input
 * and answers each with what the library writes, or "error CODE: message", followed by a NUL.
 * FORMAT and PARSE are the flags of conf/domain.h. The interoperation tests compare it with what
 * libvirt makes of the same documents.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/domain.h"

static void answer(const char *xml, unsigned format, unsigned parse)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *text = NULL;

	/* libvirt's test driver gives names to interfaces */
	if (domain_def_parse(xml, parse, &def) == 0 && domain_def_name_interfaces(def, "testnet") == 0)
		text = domain_def_format(def, format);
	if (text)
		fputs(text, stdout);
	else
		printf("error %d: %s", error_last()->code, error_last()->message);
	putchar('\0');
	fflush(stdout);
}

static unsigned number(const char *text)
{
	return text ? (unsigned)strtoul(text, NULL, 0) : 0;
}

int main(int argc, char **argv)
{
	const char *format = argc > 1 ? argv[1] : NULL, *parse = argc > 2 ? argv[2] : NULL;
	CLEANUP_FREE char *xml = NULL;
	size_t size = 0;

	while (getdelim(&xml, &size, '\0', stdin) > 0)
		answer(xml, number(format), number(parse));
	return 0;
}
