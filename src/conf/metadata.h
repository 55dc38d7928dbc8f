/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What users keep in documents: one element for each namespace, which belongs to whoever uses that
 * namespace.
 */
#ifndef CONF_METADATA_H
#define CONF_METADATA_H

#include <libxml/tree.h>

/* Drops what can't be addressed: elements without namespace, and all but the first of a namespace.
 * 0, or -1 with CONFIG_UNSUPPORTED set if there are too many. */
int metadata_tidy(xmlNode *metadata, int error_domain);

#endif
