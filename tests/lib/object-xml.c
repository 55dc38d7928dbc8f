/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * object-xml KIND [PARSE] (or volume/TYPE: of a pool of that type): reads documents of a kind (each
 * followed by a NUL) from standard input and answers each with what the library writes, or "error
 * CODE: message", followed by a NUL. PARSE are the flags of conf/def.h. The interoperation tests
 * compare it with what libvirt makes of the same documents.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/interface.h"
#include "conf/network.h"
#include "conf/networkport.h"
#include "conf/nodedev.h"
#include "conf/nwfilter.h"
#include "conf/pool.h"
#include "conf/secret.h"
#include "conf/volume.h"

/* To add a kind: its line here. */
static const struct def_kind *(*const kinds[])(void) = {
	def_kind_interface, def_kind_network, def_kind_networkport, def_kind_nodedev,
	def_kind_nwfilter,  def_kind_pool,    def_kind_secret,
};

static const struct def_kind *find_kind(const char *name)
{
	if (name && strncmp(name, "volume/", 7) == 0)
		return def_kind_volume_in(name + 7);
	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i]()->root, name) == 0)
			return kinds[i]();
	}
	return NULL;
}

static void answer(const struct def_kind *kind, const char *xml, unsigned flags)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	CLEANUP_FREE char *text = NULL;

	if (def_parse(kind, xml, flags, &def) == 0)
		text = def_format(def, 0);
	if (text)
		fputs(text, stdout);
	else
		printf("error %d: %s", error_last()->code, error_last()->message);
	putchar('\0');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct def_kind *kind = find_kind(argc > 1 ? argv[1] : NULL);
	unsigned flags = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
	CLEANUP_FREE char *xml = NULL;
	size_t size = 0;

	if (!kind) {
		fprintf(stderr, "usage: object-xml KIND [PARSE] < DOCUMENTS\n");
		return 2;
	}
	while (getdelim(&xml, &size, '\0', stdin) > 0)
		answer(kind, xml, flags);
	return 0;
}
