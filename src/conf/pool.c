/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage pool as a kind of definition.
 */
#include "config.h"
#include "conf/pool.h"

#include "base/error.h"
#include "conf/pool-format.h"
#include "conf/schema.h"

const struct def_kind *def_kind_pool(void)
{
	static const char *const files[] = SCHEMA_FILES("storagepool.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "pool",
										 .what = "(storage_pool_definition)",
										 .error_domain = FROM_STORAGE,
										 .format = format_pool,
										 .schema = &schema};

	return &kind;
}
