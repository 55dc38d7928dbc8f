/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host's devices: their documents.
 */
#ifndef CONF_NODEDEV_H
#define CONF_NODEDEV_H

#include "conf/def.h"

const struct def_kind *def_kind_nodedev(void);

/* The same for a device that shall be made: it has no name, no number, and is called "new device".
 * 0, or -1 with the error set. */
int nodedev_parse_new(const char *xml, unsigned flags, struct def **ret_def);

#endif
