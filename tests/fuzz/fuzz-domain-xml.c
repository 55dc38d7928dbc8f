/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain documents: whatever the text, it is read or refused with an error; one that was read can
 * be copied and written, and what was written can be given back to the reader.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct domain_def *def, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *again = NULL;
	CLEANUP_FREE char *text = domain_def_format(def, flags), *second = NULL;

	if (!text)
		abort();
	if (domain_def_parse(text, 0, &again) < 0)
		return; /* what is not escaped or not written for all can be missing: refused, no more */
	second = domain_def_format(again, flags);
	if (!second)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL, *copy = NULL;
	CLEANUP_FREE char *xml = strndup((const char *)data, size);

	error_reset();
	if (domain_def_parse(xml, 0, &def) < 0) {
		if (!error_last()->code || !error_last()->message)
			abort();
		return 0;
	}
	if (!(copy = domain_def_copy(def)) || domain_def_name_interfaces(copy, "net") < 0)
		abort();
	read_back(def, DOMAIN_FORMAT_SECURE);
	read_back(copy, DOMAIN_FORMAT_MIGRATABLE);
	return 0;
}
