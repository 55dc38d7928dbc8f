/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage volume as a kind of definition.
 */
#include "config.h"
#include "conf/volume.h"

#include "base/error.h"
#include "conf/schema.h"
#include "conf/volume-format.h"

const struct def_kind *def_kind_volume(void)
{
	static const char *const files[] = SCHEMA_FILES("storagevol.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "volume",
										 .what = "(storage_volume_definition)",
										 .error_domain = FROM_STORAGE,
										 .format = format_volume,
										 .schema = &schema};

	return &kind;
}
