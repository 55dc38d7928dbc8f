/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What changes definitions of pools: defining, creating, undefining, starting with the daemon.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/pool.h"
#include "drivers/storage/ops.h"

#include <string.h>

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
	const char *name = def_text(def, "name");
	struct storage_pool *pool;
	unsigned char uuid[UUID_LEN];

	for (struct storage_pool *other = st->pools; other; other = other->next)
		if (pool_conflicts(other->def, def))
			return storage_refuse(ERR_OPERATION_FAILED, "Storage source conflict with pool: '%s'",
								  other->name);
	def_uuid(def, uuid);
	pool = storage_pool_by_uuid(st, uuid);
	*ret = pool;
	if (pool && strcmp(pool->name, name) != 0)
		return refuse_twin(pool, pool->name, "is already defined");
	if (pool && start && (pool->active || pool->changing))
		return storage_refuse(ERR_OPERATION_INVALID, "pool is already active as '%s'", pool->name);
	if (!pool && storage_pool_by_name(st, name))
		return refuse_twin(storage_pool_by_name(st, name), name, "already exists");
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
		struct def **at = pool->active || pool->changing ? &pool->next_def : &pool->def;

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
	if (storage_start(st, pool, args->flags) < 0) {
		if (!pool->persistent)
			storage_pool_remove(st, pool);
		return -1;
	}
	return storage_pool_wire(pool, &ret->pool);
}

int storage_storage_pool_undefine(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool || storage_need_inactive(pool, "still") < 0 || storage_need_no_jobs(pool) < 0)
		return -1;
	store_forget(&st->store, pool->name);
	storage_tell(st, pool, RVIRT_STORAGE_POOL_EVENT_UNDEFINED);
	storage_pool_remove(st, pool);
	return 0;
}

int storage_storage_pool_set_autostart(struct driver_conn *conn,
									   const struct rvirt_wire_pool_autostart_args *args)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool = storage_find_pool(st, &args->pool);
	bool autostart = args->autostart != 0;

	if (!pool)
		return -1;
	if (!pool->persistent)
		return storage_refuse(ERR_INTERNAL_ERROR, "pool has no config file");
	if (pool->autostart != autostart && store_save_autostart(&st->store, pool->name, autostart) < 0)
		return -1;
	pool->autostart = autostart;
	return 0;
}
