/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of networks: their documents.
 */
#ifndef CONF_NETWORKPORT_H
#define CONF_NETWORKPORT_H

#include "conf/def.h"

const struct def_kind *def_kind_networkport(void);

#endif
