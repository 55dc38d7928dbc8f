/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's storage pools. They hold no volumes.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { POOL_DEFINED, POOL_UNDEFINED, POOL_STARTED, POOL_STOPPED };
/* the filters of every object, and one for each of 14 types */
enum { POOL_FILTERS = OBJECT_FILTERS | 0xfffc0 };

static const uint64_t capacity = 100ull << 30;

static struct object *find(struct test_node *node, const char *name)
{
	struct object *o = object_by_name(node->objects[TEST_POOL], name);

	if (!o)
		error_set(FROM_TEST, ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'", name);
	return o;
}

static struct object *find_in_state(struct test_node *node, const char *name, bool active)
{
	struct object *o = find(node, name);

	if (!o || o->active == active)
		return o;
	error_set(FROM_TEST, ERR_OPERATION_INVALID, "storage pool '%s' is %sactive", name,
			  active ? "not " : "");
	return NULL;
}

static struct object *find_uuid(struct test_node *node, const unsigned char *uuid)
{
	struct object *o = object_by_uuid(node->objects[TEST_POOL], uuid);
	char text[UUID_TEXT_LEN];

	if (!o)
		error_set(FROM_TEST, ERR_NO_STORAGE_POOL, "no storage pool with matching uuid '%s'",
				  uuid_format(uuid, text));
	return o;
}

static int wire(const struct object *o, struct rvirt_wire_storage_pool *ret)
{
	memcpy(ret->uuid, o->uuid, UUID_LEN);
	return object_text(o->name, &ret->name);
}

static void tell(struct test_node *node, const struct object *o, int event)
{
	struct rvirt_wire_storage_pool_event_lifecycle_msg m = {.event = event};

	if (node->hub.members && wire(o, &m.pool) == 0)
		hub_tell(&node->hub, RVIRT_PROC_STORAGE_POOL_EVENT_LIFECYCLE, &m);
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
	ret->count = (uint32_t)object_count(node->objects[TEST_POOL], args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->pools = calloc(ret->count + 1, sizeof *ret->pools)))
		return error_oom();
	OBJECT_EACH(o, node->objects[TEST_POOL])
	{
		if (object_matches(o, args->flags) && wire(o, &ret->pools[ret->n_pools++]) < 0)
			return -1;
	}
	return 0;
}

int test_storage_pool_lookup_by_name(struct driver_conn *conn,
									 const struct rvirt_wire_name_args *args,
									 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->name);

	return o ? wire(o, &ret->pool) : -1;
}

int test_storage_pool_lookup_by_uuid(struct driver_conn *conn,
									 const struct rvirt_wire_uuid_args *args,
									 struct rvirt_wire_pool_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find_uuid(node, args->uuid);

	return o ? wire(o, &ret->pool) : -1;
}

int test_storage_pool_get_info(struct driver_conn *conn, const struct rvirt_wire_pool_args *args,
							   struct rvirt_wire_storage_pool_get_info_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->pool.name);

	if (!o)
		return -1;
	ret->state = o->active ? RVIRT_STORAGE_POOL_RUNNING : RVIRT_STORAGE_POOL_INACTIVE;
	ret->capacity = ret->available = capacity;
	return 0;
}

int test_storage_pool_get_xml_desc(struct driver_conn *conn,
								   const struct rvirt_wire_pool_flags_args *args,
								   struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolGetXMLDesc") < 0 ||
		!(o = find(node, args->pool.name)))
		return -1;
	return object_text(o->xml, &ret->xml);
}

int test_storage_pool_get_autostart(struct driver_conn *conn,
									const struct rvirt_wire_pool_args *args,
									struct rvirt_wire_autostart_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find(node, args->pool.name);

	if (!o)
		return -1;
	ret->autostart = o->autostart;
	return 0;
}

int test_storage_pool_set_autostart(struct driver_conn *conn,
									const struct rvirt_wire_pool_autostart_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find(node, args->pool.name);

	if (!o)
		return -1;
	o->autostart = args->autostart != 0;
	return 0;
}

int test_storage_pool_is_active(struct driver_conn *conn, const struct rvirt_wire_pool_args *args,
								struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = find_uuid(node, args->pool.uuid);

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
	const struct object *o = find_uuid(node, args->pool.uuid);

	if (!o)
		return -1;
	ret->persistent = o->persistent;
	return 0;
}

int test_storage_pool_create(struct driver_conn *conn,
							 const struct rvirt_wire_pool_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolCreate") < 0 ||
		!(o = find_in_state(node, args->pool.name, false)))
		return -1;
	o->active = true;
	tell(node, o, POOL_STARTED);
	return 0;
}

int test_storage_pool_destroy(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find_in_state(node, args->pool.name, true);

	if (!o)
		return -1;
	o->active = false;
	tell(node, o, POOL_STOPPED);
	return 0;
}

int test_storage_pool_undefine(struct driver_conn *conn, const struct rvirt_wire_pool_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *o = find_in_state(node, args->pool.name, false);

	if (!o)
		return -1;
	tell(node, o, POOL_UNDEFINED);
	object_remove(&node->objects[TEST_POOL], o);
	return 0;
}

int test_storage_pool_refresh(struct driver_conn *conn,
							  const struct rvirt_wire_pool_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct rvirt_wire_storage_pool_event_refresh_msg m = {0};
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolRefresh") < 0 ||
		!(o = find_in_state(node, args->pool.name, true)))
		return -1;
	if (node->hub.members && wire(o, &m.pool) == 0)
		hub_tell(&node->hub, RVIRT_PROC_STORAGE_POOL_EVENT_REFRESH, &m);
	return 0;
}

int test_storage_pool_num_of_volumes(struct driver_conn *conn,
									 const struct rvirt_wire_pool_args *args,
									 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = 0;
	return find_in_state(node, args->pool.name, true) ? 0 : -1;
}

int test_storage_pool_list_volumes(struct driver_conn *conn,
								   const struct rvirt_wire_pool_maxnames_args *args,
								   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	(void)ret;
	if (args_max(args->maxnames, OBJECTS_MAX, "maxnames", "REMOTE_STORAGE_VOL_LIST_MAX") < 0)
		return -1;
	return find_in_state(node, args->pool.name, true) ? 0 : -1;
}

int test_storage_pool_list_all_volumes(struct driver_conn *conn,
									   const struct rvirt_wire_pool_need_results_flags_args *args,
									   struct rvirt_wire_vols_count_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolListAllVolumes") < 0 ||
		!(o = find_uuid(node, args->pool.uuid)))
		return -1;
	ret->count = 0;
	if (!o->active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "storage pool is not active");
	return 0;
}
