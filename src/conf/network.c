/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network as a kind of definition.
 */
#include "config.h"
#include "conf/network.h"

#include "base/error.h"
#include "conf/network-format.h"
#include "conf/schema.h"

const struct def_kind *def_kind_network(void)
{
	static const char *const files[] = SCHEMA_FILES("network.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "network",
										 .what = "(network_definition)",
										 .error_domain = FROM_NETWORK,
										 .format = format_network,
										 .schema = &schema};

	return &kind;
}
