/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What makes pools active and inactive: building what they stand on, starting, looking again what
 * is in them, stopping, removing. The work itself is their type's.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "drivers/args.h"
#include "drivers/storage/ops.h"

#include <string.h>

int storage_need_no_jobs(const struct storage_pool *pool)
{
	if (!pool->jobs)
		return 0;
	return storage_refuse(ERR_INTERNAL_ERROR, "pool '%s' has asynchronous jobs running.",
						  pool->name);
}

int storage_need_inactive(const struct storage_pool *pool, const char *words)
{
	if (pool->changing)
		return storage_refuse(ERR_OPERATION_INVALID,
							  "storage pool '%s' is being started or stopped", pool->name);
	if (!pool->active)
		return 0;
	return storage_refuse(ERR_OPERATION_INVALID, "storage pool '%s' is %s active", pool->name,
						  words);
}

/* Takes the volume of that name out of a list. */
static void drop_twin(struct storage_volume **at, const char *name)
{
	struct storage_volume *twin;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	twin = *at;
	if (twin)
		*at = twin->next;
	storage_volume_free(twin);
}

/* Puts what was found in place of what was there, and takes it. What is in use, or being made,
 * stays as it was. */
static void take_over(struct storage_pool *pool, struct storage_scan *found)
{
	struct storage_volume **at = &pool->volumes, *old;

	while ((old = *at)) {
		if (old->users || old->building) {
			drop_twin(&found->volumes, old->name);
			at = &old->next;
		} else {
			*at = old->next;
			storage_volume_free(old);
		}
	}
	*at = steal(&found->volumes);
	storage_scan_clear(&pool->found);
	pool->found = *found;
	*found = (struct storage_scan){0};
}

/* An inactive pool is what it was defined as last. */
static void adopt(struct storage_pool *pool)
{
	if (!pool->next_def)
		return;
	def_free(pool->def);
	pool->def = steal(&pool->next_def);
}

/* Whoever works in a pool without the lock counts as a job, so that its definition stays. */
static void begin(struct storage *st, struct storage_pool *pool)
{
	pool->jobs++;
	storage_pause(st);
}

static void end(struct storage *st, struct storage_pool *pool)
{
	storage_resume(st);
	pool->jobs--;
}

int storage_refresh(struct storage *st, struct storage_pool *pool)
{
	const struct storage_type *type = storage_pool_type(pool);
	struct storage_scan found = {0};
	int r;

	if (!type)
		return -1;
	begin(st, pool);
	r = type->scan(pool->def, &found);
	end(st, pool);
	if (r == 0)
		take_over(pool, &found);
	storage_scan_clear(&found);
	return r;
}

/* -- starting and stopping, without the lock -- */

static int take_down(const struct storage_type *type, const struct def *def)
{
	return type->stop ? type->stop(def) : 0;
}

/* What failed is what is told, and not what happened afterwards. */
static int take_down_after(const struct storage_type *type, const struct def *def)
{
	struct error cause;

	error_take(&cause);
	take_down(type, def);
	error_give(&cause);
	return -1;
}

static int bring_up(const struct storage_type *type, const struct def *def,
					struct storage_scan *found)
{
	if (type->start && type->start(def) < 0)
		return -1;
	return type->scan(def, found) < 0 ? take_down_after(type, def) : 0;
}

static int refuse_both(const char *call, const char *function)
{
	return args_refuse(FROM_STORAGE, function, "flags",
					   "Flags 'VIR_STORAGE_POOL_%s_OVERWRITE' and "
					   "'VIR_STORAGE_POOL_%s_NO_OVERWRITE' are mutually exclusive",
					   call, call);
}

/* What is to be built before the start: -1 nothing, else flags of STORAGE_POOL_BUILD. */
static int build_flags(unsigned flags)
{
	if (flags & RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE)
		return RVIRT_STORAGE_POOL_BUILD_OVERWRITE;
	if (flags & RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE)
		return RVIRT_STORAGE_POOL_BUILD_NO_OVERWRITE;
	return flags & RVIRT_STORAGE_POOL_CREATE_WITH_BUILD ? 0 : -1;
}

static int complete(const struct storage_type *type, struct def *def)
{
	return type && (!type->complete || type->complete(def) == 0) ? 0 : -1;
}

static int start(struct storage *st, struct storage_pool *pool, unsigned flags)
{
	enum {
		BOTH = RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE |
			   RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE
	};
	const struct storage_type *type = storage_pool_type(pool);
	struct storage_scan found = {0};
	int build = build_flags(flags), r;

	if ((flags & BOTH) == BOTH)
		return refuse_both("CREATE_WITH_BUILD", "storagePoolCreate");
	if (complete(type, pool->def) < 0)
		return -1;
	pool->changing = true;
	r = storage_save_active(st, pool);
	begin(st, pool);
	if (r == 0 && build >= 0)
		r = type->build(pool->def, (unsigned)build);
	if (r == 0)
		r = bring_up(type, pool->def, &found);
	end(st, pool);
	pool->changing = false;
	pool->active = r == 0;
	if (r == 0) {
		take_over(pool, &found);
		storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_STARTED);
	} else {
		storage_save_active(st, pool);
	}
	storage_scan_clear(&found);
	return r;
}

int storage_start(struct storage *st, struct storage_pool *pool, unsigned flags)
{
	int r = start(st, pool, flags);

	if (r < 0)
		adopt(pool);
	return r;
}

int storage_start_again(struct storage *st, struct storage_pool *pool)
{
	const struct storage_type *type = storage_pool_type(pool);
	struct storage_scan found = {0};
	bool was = pool->active, up;
	int r;

	pool->active = false;
	if (complete(type, pool->def) < 0)
		return -1;
	begin(st, pool);
	up = was && (!type->is_up || type->is_up(pool->def));
	if (!up && !pool->autostart)
		r = storage_refuse(ERR_OPERATION_INVALID, "it was active and is not mounted any more");
	else if (up)
		r = type->scan(pool->def, &found) < 0 ? take_down_after(type, pool->def) : 0;
	else
		r = bring_up(type, pool->def, &found);
	end(st, pool);
	pool->active = r == 0;
	if (r == 0)
		take_over(pool, &found);
	storage_scan_clear(&found);
	return r;
}

/* -- what is served -- */

int storage_storage_pool_create(struct driver_conn *conn,
								const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;

	if (storage_check_flags(args->flags, 7, "storagePoolCreate") < 0 ||
		!(pool = storage_find_pool(st, &args->pool)) ||
		storage_need_inactive(pool, "already") < 0 || storage_need_no_jobs(pool) < 0)
		return -1;
	return storage_start(st, pool, args->flags);
}

/* Builds or removes what an inactive pool stands on. */
static int work(struct storage *st, struct storage_pool *pool,
				int (*job)(const struct storage_type *type, const struct def *def, unsigned flags),
				unsigned flags)
{
	const struct storage_type *type = storage_pool_type(pool);
	int r;

	if (complete(type, pool->def) < 0)
		return -1;
	pool->changing = true;
	begin(st, pool);
	r = job(type, pool->def, flags);
	end(st, pool);
	pool->changing = false;
	adopt(pool);
	return r;
}

static int do_build(const struct storage_type *type, const struct def *def, unsigned flags)
{
	return type->build(def, flags);
}

static int do_remove(const struct storage_type *type, const struct def *def, unsigned flags)
{
	(void)flags;
	return type->remove(def);
}

int storage_storage_pool_build(struct driver_conn *conn,
							   const struct rvirt_wire_pool_flags_args *args)
{
	enum { BOTH = RVIRT_STORAGE_POOL_BUILD_OVERWRITE | RVIRT_STORAGE_POOL_BUILD_NO_OVERWRITE };
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool || storage_need_inactive(pool, "already") < 0 || storage_need_no_jobs(pool) < 0 ||
		storage_check_flags(args->flags, BOTH, "storagePoolBuild") < 0)
		return -1;
	if ((args->flags & BOTH) == BOTH)
		return refuse_both("BUILD", "storagePoolBuild");
	if (work(st, pool, do_build, args->flags) < 0)
		return -1;
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_CREATED);
	return 0;
}

int storage_storage_pool_delete(struct driver_conn *conn,
								const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool || storage_need_inactive(pool, "still") < 0 || storage_need_no_jobs(pool) < 0 ||
		storage_check_flags(args->flags, 0, "storagePoolDelete") < 0 ||
		work(st, pool, do_remove, 0) < 0)
		return -1;
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_DELETED);
	return 0;
}

/* What an inactive pool is: nothing of what was in it. A pool that was not defined is gone. */
static void conclude(struct storage *st, struct storage_pool *pool)
{
	pool->active = false;
	storage_save_active(st, pool);
	storage_volumes_free(steal(&pool->volumes));
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_STOPPED);
	adopt(pool);
	if (!pool->persistent)
		storage_pool_remove(st, pool);
}

int storage_storage_pool_destroy(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_active(st, &args->pool);
	const struct storage_type *type;
	int r;

	if (!pool || storage_need_no_jobs(pool) < 0 || !(type = storage_pool_type(pool)))
		return -1;
	/* nobody begins with a volume meanwhile */
	pool->active = false;
	pool->changing = true;
	begin(st, pool);
	r = take_down(type, pool->def);
	end(st, pool);
	pool->changing = false;
	pool->active = r < 0;
	if (r == 0)
		conclude(st, pool);
	return r;
}

int storage_storage_pool_refresh(struct driver_conn *conn,
								 const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;

	if (storage_check_flags(args->flags, 0, "storagePoolRefresh") < 0 ||
		!(pool = storage_find_active(st, &args->pool)) || storage_need_no_jobs(pool) < 0)
		return -1;
	if (storage_refresh(st, pool) < 0) {
		/* what can't be looked at is not there */
		pool->active = false;
		pool->changing = true;
		begin(st, pool);
		take_down_after(storage_pool_type(pool), pool->def);
		end(st, pool);
		pool->changing = false;
		conclude(st, pool);
		return -1;
	}
	storage_tell_refresh(st, pool);
	return 0;
}
