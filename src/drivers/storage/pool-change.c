/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What changes pools: defining, starting, looking again what is in them, stopping, removing.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/pool.h"
#include "drivers/storage/ops.h"

#include <string.h>

/* Kinds that are described, defined and listed, and that nobody here can start, are refused by
 * name. */
static int need_dir(const struct storage_pool *pool)
{
	const char *type = node_attr(pool->def->root, "type");

	if (strcmp(type, "dir") == 0)
		return 0;
	return storage_refuse(ERR_INTERNAL_ERROR, "missing backend for pool type %s (%s)", type,
						  pool->name);
}

static int need_no_jobs(const struct storage_pool *pool)
{
	if (!pool->jobs)
		return 0;
	return storage_refuse(ERR_INTERNAL_ERROR, "pool '%s' has asynchronous jobs running.",
						  pool->name);
}

static int need_inactive(const struct storage_pool *pool, const char *words)
{
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

/* Puts what was found in place of what was there. What is in use, or being made, stays as it was.
 */
static int take_over(struct storage_pool *pool, struct storage_scan *found)
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
	*at = found->volumes;
	pool->capacity = found->capacity;
	pool->allocation = found->allocation;
	pool->available = found->available;
	return storage_set_permissions(node_child(pool->def->root, "target"), &found->st);
}

int storage_refresh(struct storage *st, struct storage_pool *pool)
{
	CLEANUP_FREE char *path = strdup(storage_pool_path(pool));
	struct storage_scan found = {0};
	int r;

	if (!path)
		return error_oom();
	pool->jobs++;
	storage_pause(st);
	r = storage_dir_scan(path, &found);
	storage_resume(st);
	pool->jobs--;
	return r < 0 ? -1 : take_over(pool, &found);
}

/* Makes it active; on failure it is as before. */
static int start(struct storage *st, struct storage_pool *pool, unsigned flags)
{
	enum {
		BUILD = RVIRT_STORAGE_POOL_CREATE_WITH_BUILD |
				RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE |
				RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE
	};

	if (need_dir(pool) < 0 || (flags & BUILD && storage_dir_build(pool->def) < 0))
		return -1;
	pool->active = true;
	if (storage_refresh(st, pool) < 0) {
		pool->active = false;
		return -1;
	}
	if (storage_save_active(st, pool) < 0) {
		pool->active = false;
		return -1;
	}
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_STARTED);
	return 0;
}

/* -- defining -- */

static int refuse_twin(const struct storage_pool *pool, const char *name, const char *words)
{
	char uuid[UUID_TEXT_LEN];

	return storage_refuse(ERR_OPERATION_FAILED, "pool '%s' %s with uuid %s", name, words,
						  uuid_format(pool->uuid, uuid));
}

/* The pool that a document is about; NULL if there is none yet. 0, or -1 with the error set. */
static int find_twin(struct storage *st, const struct def *def, bool start,
					 struct storage_pool **ret)
{
	const char *name = def_text(def, "name"), *path = def_text(def, "target/path");
	struct storage_pool *pool;
	unsigned char uuid[UUID_LEN];

	def_uuid(def, uuid);
	pool = storage_pool_by_uuid(st, uuid);
	*ret = pool;
	if (pool && strcmp(pool->name, name) != 0)
		return refuse_twin(pool, pool->name, "is already defined");
	if (pool && start && pool->active)
		return storage_refuse(ERR_OPERATION_INVALID, "pool is already active as '%s'", pool->name);
	if (!pool && storage_pool_by_name(st, name))
		return refuse_twin(storage_pool_by_name(st, name), name, "already exists");
	for (struct storage_pool *other = st->pools; path && other; other = other->next)
		if (other != pool && storage_pool_path(other) &&
			strcmp(storage_pool_path(other), path) == 0)
			return storage_refuse(ERR_OPERATION_FAILED, "Storage source conflict with pool: '%s'",
								  other->name);
	return 0;
}

int storage_storage_pool_define_xml(struct driver_conn *conn,
									const struct rvirt_wire_xml_flags_args *args,
									struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	unsigned validate = args->flags & RVIRT_STORAGE_POOL_DEFINE_VALIDATE ? DEF_VALIDATE : 0;
	struct storage_pool *pool;
	bool fresh;

	if (storage_check_flags(args->flags, RVIRT_STORAGE_POOL_DEFINE_VALIDATE,
							"storagePoolDefineXML") < 0 ||
		def_parse(def_kind_pool(), args->xml, validate, &def) < 0 ||
		find_twin(st, def, false, &pool) < 0)
		return -1;
	fresh = !pool;
	if (fresh && !(pool = storage_pool_new(st, &def)))
		return -1;
	if (!fresh) {
		struct def **at = pool->active ? &pool->next_def : &pool->def;

		def_free(*at);
		*at = steal(&def);
	}
	if (storage_save(st, pool) < 0) {
		if (fresh)
			storage_pool_remove(st, pool);
		return -1;
	}
	pool->persistent = true;
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_DEFINED);
	return storage_pool_wire(pool, &ret->pool);
}

int storage_storage_pool_create_xml(struct driver_conn *conn,
									const struct rvirt_wire_xml_flags_args *args,
									struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct storage_pool *pool;

	if (storage_check_flags(args->flags, 7, "storagePoolCreateXML") < 0 ||
		def_parse(def_kind_pool(), args->xml, 0, &def) < 0 || find_twin(st, def, true, &pool) < 0)
		return -1;
	if (pool) {
		if (!pool->next_def)
			pool->next_def = steal(&pool->def);
		def_free(pool->def);
		pool->def = steal(&def);
	} else if (!(pool = storage_pool_new(st, &def))) {
		return -1;
	}
	if (start(st, pool, args->flags) < 0) {
		if (pool->next_def) {
			def_free(pool->def);
			pool->def = steal(&pool->next_def);
		}
		if (!pool->persistent)
			storage_pool_remove(st, pool);
		return -1;
	}
	return storage_pool_wire(pool, &ret->pool);
}

/* -- starting and stopping -- */

int storage_storage_pool_create(struct driver_conn *conn,
								const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;

	if (storage_check_flags(args->flags, 7, "storagePoolCreate") < 0 ||
		!(pool = storage_find_pool(st, &args->pool)) || need_inactive(pool, "already") < 0 ||
		need_no_jobs(pool) < 0)
		return -1;
	return start(st, pool, args->flags);
}

int storage_storage_pool_build(struct driver_conn *conn,
							   const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;

	if (!(pool = storage_find_pool(st, &args->pool)) || need_inactive(pool, "already") < 0 ||
		need_dir(pool) < 0)
		return -1;
	return storage_dir_build(pool->def);
}

/* What an inactive pool is: nothing of what was in it. A pool that was not defined is gone. */
static void stop(struct storage *st, struct storage_pool *pool)
{
	pool->active = false;
	storage_save_active(st, pool);
	storage_volumes_free(steal(&pool->volumes));
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_STOPPED);
	if (pool->next_def) {
		def_free(pool->def);
		pool->def = steal(&pool->next_def);
	}
	if (!pool->persistent)
		storage_pool_remove(st, pool);
}

int storage_storage_pool_destroy(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_active(st, &args->pool);

	if (!pool || need_no_jobs(pool) < 0)
		return -1;
	stop(st, pool);
	return 0;
}

int storage_storage_pool_undefine(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool || need_inactive(pool, "still") < 0 || need_no_jobs(pool) < 0)
		return -1;
	storage_forget(st, pool);
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_UNDEFINED);
	storage_pool_remove(st, pool);
	return 0;
}

int storage_storage_pool_delete(struct driver_conn *conn,
								const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool || need_inactive(pool, "still") < 0 || need_no_jobs(pool) < 0 || need_dir(pool) < 0 ||
		storage_dir_delete(storage_pool_path(pool)) < 0)
		return -1;
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_DELETED);
	return 0;
}

int storage_storage_pool_refresh(struct driver_conn *conn,
								 const struct rvirt_wire_pool_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;

	if (storage_check_flags(args->flags, 0, "storagePoolRefresh") < 0 ||
		!(pool = storage_find_active(st, &args->pool)) || need_no_jobs(pool) < 0)
		return -1;
	if (storage_refresh(st, pool) < 0) {
		/* what can't be looked at is not there */
		struct error cause;

		error_take(&cause);
		stop(st, pool);
		error_give(&cause);
		return -1;
	}
	storage_tell_refresh(st, pool);
	return 0;
}

int storage_storage_pool_set_autostart(struct driver_conn *conn,
									   const struct rvirt_wire_pool_autostart_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);
	bool before;

	if (!pool)
		return -1;
	if (!pool->persistent)
		return storage_refuse(ERR_INTERNAL_ERROR, "pool has no config file");
	before = pool->autostart;
	pool->autostart = args->autostart != 0;
	if (pool->autostart == before || storage_save_autostart(st, pool) == 0)
		return 0;
	pool->autostart = before;
	return -1;
}
