/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads domain documents (each followed by a NUL) from standard input and answers each with what
 * the library writes, or "error CODE: message", followed by a NUL. The interoperation tests compare
 * it with what libvirt makes of the same documents.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/domain.h"

static void answer(const char *xml, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *text = NULL;

	/* libvirt's test driver gives names to interfaces */
	if (domain_def_parse(xml, 0, &def) == 0 && domain_def_name_interfaces(def, "testnet") == 0)
		text = domain_def_format(def, flags);
	if (text)
		fputs(text, stdout);
	else
		printf("error %d: %s", error_last()->code, error_last()->message);
	putchar('\0');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	CLEANUP_FREE char *xml = NULL;
	size_t size = 0;

	while (getdelim(&xml, &size, '\0', stdin) > 0)
		answer(xml, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 0);
	return 0;
}
