/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage pool as a kind of definition.
 */
#include "config.h"
#include "conf/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/pool-format.h"
#include "conf/schema.h"
#include "conf/xml.h"

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

unsigned pool_type_filter(const char *type)
{
	static const char *const types[] = {"dir",     "fs",   "netfs",    "logical",      "disk",
										"iscsi",   "scsi", "mpath",    "rbd",          "sheepdog",
										"gluster", "zfs",  "vstorage", "iscsi-direct", NULL};
	unsigned bit = 64;

	for (const char *const *t = types; *t; t++, bit <<= 1)
		if (strcmp(*t, type) == 0)
			return bit;
	return 0;
}

int pool_source_host(const char *type, const char *xml, char **ret_host)
{
	const struct def_kind kind = {.root = "source",
								  .what = "(storage_source_specification)",
								  .error_domain = FROM_STORAGE,
								  .data = type,
								  .format = format_source};
	CLEANUP(cleanup_def) struct def *def = NULL;
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = def_read_xml(&kind, xml, 0);
	const char *host;

	if (!doc)
		return -1;
	if (!pool_type_filter(type))
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "missing backend for pool type -1");
	if (def_parse_node(&kind, xmlDocGetRootElement(doc), &def) < 0)
		return -1;
	host = node_attr(node_child(def->root, "host"), "name");
	*ret_host = host ? strdup(host) : NULL;
	return host && !*ret_host ? error_oom() : 0;
}
