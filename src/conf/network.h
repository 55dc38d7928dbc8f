/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks: their documents, and changes to parts of one.
 */
#ifndef CONF_NETWORK_H
#define CONF_NETWORK_H

#include "conf/def.h"

const struct def_kind *def_kind_network(void);

/* Changes one part: command, section and parent are the protocol's numbers for NETWORK_UPDATE, xml
 * the part. 0 with a new definition, or -1 with the error set. */
int network_update(const struct def *def, unsigned command, unsigned section, int parent,
				   const char *xml, struct def **ret_def);

#endif
