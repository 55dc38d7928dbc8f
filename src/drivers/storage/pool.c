/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools as they are: looking them up, listing them, describing them.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/pool.h"
#include "drivers/storage/ops.h"

#include <string.h>

enum { LIST_MAX = 16384 };

int storage_copy(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}

int storage_pool_wire(const struct storage_pool *pool, struct rvirt_wire_storage_pool *ret)
{
	memcpy(ret->uuid, pool->uuid, UUID_LEN);
	return storage_copy(pool->name, &ret->name);
}

const struct storage_type *storage_pool_type(const struct storage_pool *pool)
{
	return storage_type_of(pool->def);
}

const char *storage_pool_path(const struct storage_pool *pool)
{
	return def_text(pool->def, "target/path");
}

int storage_set_permissions(struct node *target, const struct stat *st)
{
	struct node *p = node_need(target, "permissions");

	if (!p || !node_need(p, "mode") || !node_need(p, "owner") || !node_need(p, "group"))
		return -1;
	return node_set_textf(node_child(p, "mode"), "%04o", st->st_mode & 07777) < 0 ||
				   node_set_textf(node_child(p, "owner"), "%u", st->st_uid) < 0 ||
				   node_set_textf(node_child(p, "group"), "%u", st->st_gid) < 0
			   ? -1
			   : 0;
}

/* -- the list -- */

struct storage_pool *storage_pool_new(struct storage *st, struct def **def)
{
	struct storage_pool *pool = calloc(1, sizeof *pool), **at = &st->pools;

	if (!pool || storage_copy(def_text(*def, "name"), &pool->name) < 0) {
		free(pool);
		error_oom();
		return NULL;
	}
	pool->def = steal(def);
	def_uuid(pool->def, pool->uuid);
	while (*at)
		at = &(*at)->next;
	*at = pool;
	return pool;
}

void storage_pool_remove(struct storage *st, struct storage_pool *pool)
{
	struct storage_pool **at = &st->pools;

	while (*at != pool)
		at = &(*at)->next;
	*at = pool->next;
	storage_volumes_free(pool->volumes);
	storage_scan_clear(&pool->found);
	def_free(pool->def);
	def_free(pool->next_def);
	free(pool->name);
	free(pool);
}

struct storage_pool *storage_pool_by_name(struct storage *st, const char *name)
{
	struct storage_pool *pool = st->pools;

	while (pool && strcmp(pool->name, name) != 0)
		pool = pool->next;
	return pool;
}

struct storage_pool *storage_pool_by_uuid(struct storage *st, const unsigned char *uuid)
{
	struct storage_pool *pool = st->pools;

	while (pool && memcmp(pool->uuid, uuid, UUID_LEN) != 0)
		pool = pool->next;
	return pool;
}

struct storage_pool *storage_find_pool(struct storage *st,
									   const struct rvirt_wire_storage_pool *wire)
{
	struct storage_pool *pool = storage_pool_by_uuid(st, wire->uuid);
	char text[UUID_TEXT_LEN];

	if (!pool)
		storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s' (%s)",
					   uuid_format(wire->uuid, text), wire->name);
	return pool;
}

static struct storage_pool *need_active(struct storage_pool *pool)
{
	if (!pool || pool->active)
		return pool;
	storage_refuse(ERR_OPERATION_INVALID, "storage pool '%s' is not active", pool->name);
	return NULL;
}

struct storage_pool *storage_find_active(struct storage *st,
										 const struct rvirt_wire_storage_pool *wire)
{
	return need_active(storage_find_pool(st, wire));
}

/* -- listing -- */

/* Whether the filters of CONNECT_LIST_ALL_STORAGE_POOLS let it pass: of each group in which one is
 * set, one has to fit. */
static bool passes(const struct storage_pool *pool, unsigned flags)
{
	static const unsigned groups[] = {3, 12, 48, ~63u};
	const char *type = node_attr(pool->def->root, "type");
	unsigned it = (pool->active ? RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE
								: RVIRT_CONNECT_LIST_STORAGE_POOLS_INACTIVE) |
				  (pool->persistent ? RVIRT_CONNECT_LIST_STORAGE_POOLS_PERSISTENT
									: RVIRT_CONNECT_LIST_STORAGE_POOLS_TRANSIENT) |
				  (pool->autostart ? RVIRT_CONNECT_LIST_STORAGE_POOLS_AUTOSTART
								   : RVIRT_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART);

	it |= (unsigned)RVIRT_CONNECT_LIST_STORAGE_POOLS_DIR << storage_type_number(type);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (flags & groups[i] && !(flags & groups[i] & it))
			return false;
	return true;
}

static uint32_t count(const struct storage *st, unsigned flags)
{
	uint32_t n = 0;

	for (const struct storage_pool *pool = st->pools; pool; pool = pool->next)
		n += passes(pool, flags);
	return n;
}

static int list_names(const struct storage *st, unsigned flags, int max,
					  struct rvirt_wire_names_ret *ret)
{
	if (max < 0 || max > LIST_MAX)
		return error_set(FROM_RPC, ERR_RPC, "too many storage pools '%d' for limit '%d'", max,
						 LIST_MAX);
	ret->names = calloc((size_t)max + 1, sizeof *ret->names);
	if (!ret->names)
		return error_oom();
	for (const struct storage_pool *pool = st->pools; pool && ret->n_names < (unsigned)max;
		 pool = pool->next)
		if (passes(pool, flags) && storage_copy(pool->name, &ret->names[ret->n_names++]) < 0)
			return -1;
	return 0;
}

int storage_connect_num_of_storage_pools(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	ret->num = (int)count(st, RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	return 0;
}

int storage_connect_num_of_defined_storage_pools(struct driver_conn *conn,
												 struct rvirt_wire_num_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	ret->num = (int)count(st, RVIRT_CONNECT_LIST_STORAGE_POOLS_INACTIVE);
	return 0;
}

int storage_connect_list_storage_pools(struct driver_conn *conn,
									   const struct rvirt_wire_maxnames_args *args,
									   struct rvirt_wire_names_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	return list_names(st, RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE, args->maxnames, ret);
}

int storage_connect_list_defined_storage_pools(struct driver_conn *conn,
											   const struct rvirt_wire_maxnames_args *args,
											   struct rvirt_wire_names_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	return list_names(st, RVIRT_CONNECT_LIST_STORAGE_POOLS_INACTIVE, args->maxnames, ret);
}

int storage_connect_list_all_storage_pools(struct driver_conn *conn,
										   const struct rvirt_wire_need_results_flags_args *args,
										   struct rvirt_wire_pools_count_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	if (storage_check_flags(args->flags, 0xfffff, "storageConnectListAllStoragePools") < 0)
		return -1;
	ret->count = count(st, args->flags);
	if (!args->need_results)
		return 0;
	ret->pools = calloc((size_t)ret->count + 1, sizeof *ret->pools);
	if (!ret->pools)
		return error_oom();
	for (const struct storage_pool *pool = st->pools; pool; pool = pool->next)
		if (passes(pool, args->flags) && storage_pool_wire(pool, &ret->pools[ret->n_pools++]) < 0)
			return -1;
	return 0;
}

/* -- looking up -- */

int storage_storage_pool_lookup_by_name(struct driver_conn *conn,
										const struct rvirt_wire_name_args *args,
										struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_pool_by_name(st, args->name);

	if (!pool)
		return storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'",
							  args->name);
	return storage_pool_wire(pool, &ret->pool);
}

int storage_storage_pool_lookup_by_uuid(struct driver_conn *conn,
										const struct rvirt_wire_uuid_args *args,
										struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_pool_by_uuid(st, args->uuid);
	char text[UUID_TEXT_LEN];

	if (!pool)
		return storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s'",
							  uuid_format(args->uuid, text));
	return storage_pool_wire(pool, &ret->pool);
}

int storage_storage_pool_lookup_by_volume(struct driver_conn *conn,
										  const struct rvirt_wire_vol_args *args,
										  struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_pool_by_name(st, args->vol.pool);

	if (!pool)
		return storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'",
							  args->vol.pool);
	return storage_pool_wire(pool, &ret->pool);
}

int storage_storage_pool_lookup_by_target_path(struct driver_conn *conn,
											   const struct rvirt_wire_path_args *args,
											   struct rvirt_wire_pool_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	size_t len = strlen(args->path);

	while (len > 1 && args->path[len - 1] == '/')
		len--;
	for (const struct storage_pool *pool = st->pools; pool; pool = pool->next) {
		const char *path = storage_pool_path(pool);

		if (pool->active && path && strlen(path) == len && memcmp(path, args->path, len) == 0)
			return storage_pool_wire(pool, &ret->pool);
	}
	return storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching target path '%s'",
						  args->path);
}

/* -- describing -- */

int storage_storage_pool_get_info(struct driver_conn *conn, const struct rvirt_wire_pool_args *args,
								  struct rvirt_wire_storage_pool_get_info_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_pool(st, &args->pool);

	if (!pool)
		return -1;
	ret->state = pool->active ? RVIRT_STORAGE_POOL_RUNNING : RVIRT_STORAGE_POOL_INACTIVE;
	ret->capacity = pool->found.capacity;
	ret->allocation = pool->found.allocation;
	ret->available = pool->found.available;
	return 0;
}

static int set_holes(struct node *device, const struct storage_scan *found)
{
	for (size_t i = 0; device && i < found->n_holes; i++) {
		struct node *hole = node_add(device, "freeExtent");

		if (!hole ||
			node_setf(hole, "start", "%llu", (unsigned long long)found->holes[i].start) < 0 ||
			node_setf(hole, "end", "%llu", (unsigned long long)found->holes[i].end) < 0)
			return -1;
	}
	return 0;
}

/* What a pool is, with what was found when it was looked at last. NULL with NO_MEMORY. */
static struct def *describe(const struct storage_pool *pool, bool inactive)
{
	const struct storage_scan *found = &pool->found;
	CLEANUP(cleanup_def)
	struct def *def = def_copy(inactive && pool->next_def ? pool->next_def : pool->def);

	if (!def || pool_set_amounts(def, found->capacity, found->allocation, found->available) < 0 ||
		set_holes(node_child(def->root, "source/device"), found) < 0 ||
		(found->st.st_mode &&
		 storage_set_permissions(node_child(def->root, "target"), &found->st) < 0))
		return NULL;
	return steal(&def);
}

int storage_storage_pool_get_xml_desc(struct driver_conn *conn,
									  const struct rvirt_wire_pool_flags_args *args,
									  struct rvirt_wire_xml_ret *ret)
{
	enum { XML_INACTIVE = 1 };
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	const struct storage_pool *pool;

	if (storage_check_flags(args->flags, XML_INACTIVE, "storagePoolGetXMLDesc") < 0 ||
		!(pool = storage_find_pool(st, &args->pool)) ||
		!(def = describe(pool, args->flags & XML_INACTIVE)))
		return -1;
	ret->xml = def_format(def, 0);
	return ret->xml ? 0 : -1;
}

int storage_storage_pool_get_autostart(struct driver_conn *conn,
									   const struct rvirt_wire_pool_args *args,
									   struct rvirt_wire_autostart_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_pool(st, &args->pool);

	ret->autostart = pool && pool->autostart;
	return pool ? 0 : -1;
}

int storage_storage_pool_is_active(struct driver_conn *conn,
								   const struct rvirt_wire_pool_args *args,
								   struct rvirt_wire_active_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_pool(st, &args->pool);

	ret->active = pool && pool->active;
	return pool ? 0 : -1;
}

int storage_storage_pool_is_persistent(struct driver_conn *conn,
									   const struct rvirt_wire_pool_args *args,
									   struct rvirt_wire_persistent_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_pool(st, &args->pool);

	ret->persistent = pool && pool->persistent;
	return pool ? 0 : -1;
}
