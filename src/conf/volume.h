/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Storage volumes: their documents.
 */
#ifndef CONF_VOLUME_H
#define CONF_VOLUME_H

#include "conf/def.h"

/* A volume of a pool that is a folder. */
const struct def_kind *def_kind_volume(void);

/* Of a pool of that type: which formats there are depends on it. */
const struct def_kind *def_kind_volume_in(const char *pool_type);

/* An amount in bytes at a child of the root ("capacity"); missing when it is not there. */
unsigned long long volume_amount(const struct def *def, const char *name,
								 unsigned long long missing);

/* Sets such an amount. 0, or -1 with NO_MEMORY. */
int volume_set_amount(struct def *def, const char *name, unsigned long long bytes);

#endif
