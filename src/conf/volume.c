/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage volume as a kind of definition.
 */
#include "config.h"
#include "conf/volume.h"

#include <string.h>

#include "base/error.h"
#include "conf/schema.h"
#include "conf/volume-format.h"

enum { IMAGES, PARTITIONS, PLAIN };

/* What pools of a type hold. */
static int holds(const char *pool_type)
{
	static const struct {
		const char *type;
		int holds;
	} rows[] = {
		{"dir", IMAGES}, {"fs", IMAGES},       {"netfs", IMAGES},    {"gluster", IMAGES},
		{"rbd", IMAGES}, {"vstorage", IMAGES}, {"disk", PARTITIONS},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].type, pool_type) == 0)
			return rows[i].holds;
	return PLAIN;
}

const struct def_kind *def_kind_volume_in(const char *pool_type)
{
	static const char *const files[] = SCHEMA_FILES("storagevol.rng");
	static struct schema schema = SCHEMA(files);
#define KIND(pool)                                                                                 \
	{                                                                                              \
		.root = "volume", .what = "(storage_volume_definition)", .error_domain = FROM_STORAGE,     \
		.data = pool, .format = format_volume, .schema = &schema                                   \
	}
	static const struct def_kind kinds[] = {
		[IMAGES] = KIND("images"), [PARTITIONS] = KIND("partitions"), [PLAIN] = KIND("plain")};
#undef KIND

	return &kinds[holds(pool_type)];
}

const struct def_kind *def_kind_volume(void)
{
	return def_kind_volume_in("dir");
}
