/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage pools and volumes as command lines name them.
 */
#ifndef SHELL_STORAGE_H
#define SHELL_STORAGE_H

#include "args.h"

#include "base/cleanup.h"

void storage_pool_clear(struct rvirt_wire_storage_pool *pool);
void storage_vol_clear(struct rvirt_wire_storage_vol *vol);
#define CLEANUP_POOL CLEANUP(storage_pool_clear)
#define CLEANUP_VOL CLEANUP(storage_vol_clear)

/* Finds the pool that an option names, by name or UUID. 0 with *ret to be released, or -1 with the
 * error reported. */
int storage_find_pool(struct shell *sh, const struct invocation *in, const char *option,
					  struct rvirt_wire_storage_pool *ret);

/* Finds the volume of an option: by name in the pool of option pool_option, if that is given, else
 * by key and by path. As above. */
int storage_find_vol(struct shell *sh, const struct invocation *in, const char *option,
					 const char *pool_option, struct rvirt_wire_storage_vol *ret);

/* The same with the options "vol" and "pool". */
int storage_find(struct shell *sh, const struct invocation *in, struct rvirt_wire_storage_vol *ret);

/* A number of bytes for people ("1.50 GiB"), as a line and a member of JSON. */
void storage_size_field(struct shell *sh, struct json_t **object, const char *label,
						const char *key, uint64_t bytes, bool exact, bool unit);

/* What a command did, as its JSON. Returns 0. */
int storage_pool_done(struct shell *sh, const struct rvirt_wire_storage_pool *pool,
					  const char *result);

/* The same of a volume. */
int storage_vol_done(struct shell *sh, const struct rvirt_wire_storage_vol *vol,
					 const char *result);

/* A volume's document, owned by the caller. 0, or -1 with the error reported. */
int storage_vol_xml(struct shell *sh, const struct rvirt_wire_storage_vol *vol, char **ret);

/* Completes names of pools (what: flags of CONNECT_LIST_ALL_STORAGE_POOLS), and of volumes of the
 * pool that the line names. */
void storage_complete_pool(struct shell *sh, const struct invocation *in, unsigned what,
						   struct strings *to);
void storage_complete_vol(struct shell *sh, const struct invocation *in, unsigned what,
						  struct strings *to);

#define ARG_POOL(what_)                                                                            \
	{                                                                                              \
		"pool", ARG_DATA, "name or UUID of the pool", 0, storage_complete_pool, what_              \
	}
#define ARG_VOL                                                                                    \
	{                                                                                              \
		"vol", ARG_DATA, "name, key or path of the volume", 0, storage_complete_vol                \
	}
#define ARG_VOL_POOL                                                                               \
	{                                                                                              \
		"pool", ARG_STRING, "name or UUID of the pool", 0, storage_complete_pool,                  \
			RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE                                                \
	}

#endif
