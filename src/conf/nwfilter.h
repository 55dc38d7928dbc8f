/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters of network traffic: their documents.
 */
#ifndef CONF_NWFILTER_H
#define CONF_NWFILTER_H

#include "conf/def.h"

const struct def_kind *def_kind_nwfilter(void);

#endif
