/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host's network interfaces: their documents.
 */
#ifndef CONF_INTERFACE_H
#define CONF_INTERFACE_H

#include "conf/def.h"

const struct def_kind *def_kind_interface(void);

#endif
