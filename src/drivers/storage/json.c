/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's tools report as JSON.
 */
#include "config.h"
#include "drivers/storage/json.h"

#include <stdlib.h>

const char *json_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

uint64_t json_amount(const json_t *object, const char *name)
{
	return strtoull(json_text(object, name), NULL, 10);
}
