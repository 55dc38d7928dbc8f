/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survives the daemon: definitions, what is active, and what starts by itself.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "base/log.h"

#include <string.h>

int storage_save(struct storage *st, const struct storage_pool *pool)
{
	return store_save(&st->store, pool->next_def ? pool->next_def : pool->def);
}

int storage_save_active(struct storage *st, const struct storage_pool *pool)
{
	return store_save_active(&st->store, pool->name,
							 pool->active || pool->changing ? pool->def : NULL);
}

/* -- at start -- */

static void load_defined(void *opaque, struct def **def)
{
	struct storage *st = opaque;
	struct storage_pool *pool = storage_pool_new(st, def);

	if (!pool)
		return;
	pool->persistent = true;
	pool->autostart = store_autostarts(&st->store, pool->name);
}

/* It is still what it was started as, if it was defined anew since. */
static void keep_running(struct storage_pool *pool, struct def **def)
{
	CLEANUP_FREE char *now = def_format(pool->def, 0), *then = def_format(*def, 0);

	if (!now || !then || strcmp(now, then) == 0)
		return;
	pool->next_def = steal(&pool->def);
	pool->def = steal(def);
}

/* One that was running when the daemon ended. */
static void load_active(void *opaque, struct def **def)
{
	struct storage *st = opaque;
	struct storage_pool *pool = storage_pool_by_name(st, def_name(*def));

	if (!pool)
		pool = storage_pool_new(st, def);
	else
		keep_running(pool, def);
	if (pool)
		pool->active = true;
}

int storage_load(struct storage *st)
{
	if (store_each(&st->store, false, load_defined, st) < 0 ||
		store_each(&st->store, true, load_active, st) < 0)
		return -1;
	for (struct storage_pool *pool = st->pools, *next; pool; pool = next) {
		next = pool->next;
		if (!pool->active && !pool->autostart)
			continue;
		if (storage_start_again(st, pool) < 0) {
			log_error("storage pool '%s' is not started: %s", pool->name, error_last()->message);
			error_reset();
		}
		storage_save_active(st, pool);
		if (!pool->active && !pool->persistent)
			storage_pool_remove(st, pool);
	}
	return 0;
}
