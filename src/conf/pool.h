/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Storage pools: their documents.
 */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "conf/def.h"

const struct def_kind *def_kind_pool(void);

/* Sets what the pool has, in bytes. 0, or -1 with NO_MEMORY. */
int pool_set_amounts(struct def *def, unsigned long long capacity, unsigned long long allocation,
					 unsigned long long available);

#endif
