/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Storage pools: their documents.
 */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "conf/def.h"

const struct def_kind *def_kind_pool(void);

/* The filter of CONNECT_LIST_ALL_STORAGE_POOLS that pools of a type pass; 0 if there is no such
 * type.
 */
unsigned pool_type_filter(const char *type);

/* Reads what sources of that type of pool are looked for by. 0 with the name of its first host (the
 * caller's; NULL: there is none), or -1 with the error set. */
int pool_source_host(const char *type, const char *xml, char **ret_host);

/* Whether a pool stands on the same storage as another one, under another name. */
bool pool_conflicts(const struct def *a, const struct def *b);

/* Sets what the pool has, in bytes. 0, or -1 with NO_MEMORY. */
int pool_set_amounts(struct def *def, unsigned long long capacity, unsigned long long allocation,
					 unsigned long long available);

#endif
