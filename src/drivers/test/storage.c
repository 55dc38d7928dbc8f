/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's storage pools as they are.
 */
#include "config.h"
#include "drivers/test/storage.h"

#include "drivers/args.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/pool.h"

#include <stdlib.h>
#include <string.h>

/* the filters of every object, and one for each of 14 types */
enum { POOL_FILTERS = OBJECT_FILTERS | 0xfffc0 };

struct object *test_pool_find(struct test_node *node, const char *name)
{
	struct object *o = object_by_name(node->objects[TEST_POOL], name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'", name);
	return o;
}

struct object *test_pool_find_in_state(struct test_node *node, const char *name, bool active)
{
	struct object *o = test_pool_find(node, name);

	if (!o || o->active == active)
		return o;
	error_set(FROM_TEST, ERR_OPERATION_INVALID, "storage pool '%s' is %sactive", name,
			  active ? "not " : "");
	return NULL;
}

struct object *test_pool_find_uuid(struct test_node *node, const unsigned char *uuid)
{
	struct object *o = object_by_uuid(node->objects[TEST_POOL], uuid);
	char text[UUID_TEXT_LEN];

	if (!o)
		error_set(FROM_TEST, ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s'",
				  uuid_format(uuid, text));
	return o;
}

int test_pool_wire(const struct object *o, struct rvirt_wire_storage_pool *ret)
{
	memcpy(ret->uuid, o->uuid, UUID_LEN);
	return object_text(o->name, &ret->name);
}

static uint64_t amount(const struct object *o, const char *name)
{
	return strtoull(def_text(o->def, name), NULL, 10);
}

struct test_space test_pool_space(const struct object *o)
{
	return (struct test_space){amount(o, "capacity"), amount(o, "allocation"),
							   amount(o, "available")};
}

int test_pool_take(struct object *o, int64_t bytes)
{
	struct test_space space = test_pool_space(o);

	/* as in libvirt it may be less than nothing, once a pool was defined anew with its volumes */
	space.allocation += (uint64_t)bytes;
	return pool_set_amounts(o->def, space.capacity, space.allocation,
							space.capacity - space.allocation);
}

/* A new or changed pool has all of its space. */
static int reset(struct object *o)
{
	static const uint64_t capacity = 100ull << 30;

	o->types = pool_type_filter(node_attr(o->def->root, "type"));
	return pool_set_amounts(o->def, capacity, 0, capacity);
}

int test_pool_assign(struct test_node *node, struct def **def, unsigned flags,
					 struct object **ret_pool)
{
	struct object *o;

	OBJECT_EACH(other, node->objects[TEST_POOL])
	{
		if (pool_conflicts(other->def, *def))
			return error_set(FROM_STORAGE, ERR_OPERATION_FAILED,
							 "Storage source conflict with pool: '%s'", other->name);
	}
	if (object_assign(&node->objects[TEST_POOL], def, flags, &o) < 0 || reset(o) < 0)
		return -1;
	*ret_pool = o;
	return 0;
}

int test_connect_num_of_storage_pools(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_POOL], OBJECT_ACTIVE);
	return 0;
}

int test_connect_num_of_defined_storage_pools(struct driver_conn *conn,
											  struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = object_count(node->objects[TEST_POOL], OBJECT_INACTIVE);
	return 0;
}

int test_connect_list_storage_pools(struct driver_conn *conn,
									const struct rvirt_wire_maxnames_args *args,
									struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_POOL], OBJECT_ACTIVE, args->maxnames,
						"REMOTE_STORAGE_POOL_LIST_MAX", ret);
}

int test_connect_list_defined_storage_pools(struct driver_conn *conn,
											const struct rvirt_wire_maxnames_args *args,
											struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return object_names(node->objects[TEST_POOL], OBJECT_INACTIVE, args->maxnames,
						"REMOTE_STORAGE_POOL_LIST_MAX", ret);
}

int test_connect_list_all_storage_pools(struct driver_conn *conn,
										const struct rvirt_wire_need_results_flags_args *args,
										struct rvirt_wire_pools_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, POOL_FILTERS, "testConnectListAllStoragePools") < 0)
		return -1;
	/* only counted, they are not filtered: so does libvirt */
	ret->count =
		(uint32_t)object_count(node->objects[TEST_POOL], args->need_results ? args->flags : 0);
	if (!args->need_results)
		return 0;
	if (!(ret->pools = calloc(ret->count + 1, sizeof *ret->pools)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_POOL])
	{
		if (object_matches(o, args->flags) && test_pool_wire(o, &ret->pools[ret->n_pools++]) < 0)
			return -1;
	}
	return 0;
}

int test_storage_pool_lookup_by_name(struct driver_conn *conn,
									 const struct rvirt_wire_name_args *args,
									 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find(node, args->name);

	return o ? test_pool_wire(o, &ret->pool) : -1;
}

int test_storage_pool_lookup_by_uuid(struct driver_conn *conn,
									 const struct rvirt_wire_uuid_args *args,
									 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find_uuid(node, args->uuid);

	return o ? test_pool_wire(o, &ret->pool) : -1;
}

int test_storage_pool_lookup_by_volume(struct driver_conn *conn,
									   const struct rvirt_wire_vol_args *args,
									   struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find(node, args->vol.pool);

	return o ? test_pool_wire(o, &ret->pool) : -1;
}

int test_storage_pool_get_info(struct driver_conn *conn, const struct rvirt_wire_pool_args *args,
							   struct rvirt_wire_storage_pool_get_info_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find(node, args->pool.name);
	struct test_space space;

	if (!o)
		return -1;
	space = test_pool_space(o);
	ret->state = o->active ? RVIRT_STORAGE_POOL_RUNNING : RVIRT_STORAGE_POOL_INACTIVE;
	ret->capacity = space.capacity;
	ret->allocation = space.allocation;
	ret->available = space.available;
	return 0;
}

int test_storage_pool_get_xml_desc(struct driver_conn *conn,
								   const struct rvirt_wire_pool_flags_args *args,
								   struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolGetXMLDesc") < 0 ||
		!(o = test_pool_find(node, args->pool.name)))
		return -1;
	return (ret->xml = def_format(o->def, 0)) ? 0 : -1;
}

int test_storage_pool_get_autostart(struct driver_conn *conn,
									const struct rvirt_wire_pool_args *args,
									struct rvirt_wire_autostart_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find(node, args->pool.name);

	if (!o)
		return -1;
	ret->autostart = o->persistent && o->autostart;
	return 0;
}

int test_storage_pool_set_autostart(struct driver_conn *conn,
									const struct rvirt_wire_pool_autostart_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = test_pool_find(node, args->pool.name);

	if (!o)
		return -1;
	if (!o->persistent)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "pool has no config file");
	o->autostart = args->autostart != 0;
	return 0;
}

int test_storage_pool_is_active(struct driver_conn *conn, const struct rvirt_wire_pool_args *args,
								struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find_uuid(node, args->pool.uuid);

	if (!o)
		return -1;
	ret->active = o->active;
	return 0;
}

int test_storage_pool_is_persistent(struct driver_conn *conn,
									const struct rvirt_wire_pool_args *args,
									struct rvirt_wire_persistent_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find_uuid(node, args->pool.uuid);

	if (!o)
		return -1;
	ret->persistent = o->persistent;
	return 0;
}
