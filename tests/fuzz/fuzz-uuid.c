/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text of a UUID: what is accepted is read back the same from its own written form.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = strndup((const char *)data, size);
	unsigned char uuid[UUID_LEN], again[UUID_LEN];
	char written[UUID_TEXT_LEN];

	if (!text || uuid_parse(text, uuid) < 0)
		return 0;
	if (uuid_parse(uuid_format(uuid, written), again) < 0 || memcmp(uuid, again, UUID_LEN) != 0)
		abort();
	return 0;
}
