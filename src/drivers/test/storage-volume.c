/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The volumes of the host's storage pools: they have a description and no contents.
 */
#include "config.h"
#include "drivers/test/storage.h"

#include "drivers/args.h"
#include "drivers/test/ops.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/volume.h"
#include "conf/xml.h"

#include <string.h>
#include <uthash.h>

struct test_volume {
	struct def *def;
	UT_hash_handle hh; /* by name */
};

static const char *key_of(const struct test_volume *v)
{
	return def_text(v->def, "key");
}

static const char *path_of(const struct test_volume *v)
{
	return def_text(v->def, "target/path");
}

static int wire(const struct object *pool, const struct test_volume *v,
				struct rvirt_wire_storage_vol *ret)
{
	return object_text(pool->name, &ret->pool) < 0 ||
				   object_text(def_name(v->def), &ret->name) < 0 ||
				   object_text(key_of(v), &ret->key) < 0
			   ? -1
			   : 0;
}

/* What a pool has of its own. */
struct volumes {
	struct test_volume *list; /* uthash head */
};

static struct test_volume *list_of(const struct object *pool)
{
	const struct volumes *own = pool->own;

	return own ? own->list : NULL;
}

static void free_volumes(void *opaque)
{
	struct volumes *own = opaque;
	struct test_volume *v, *next;

	HASH_ITER(hh, own->list, v, next)
	{
		HASH_DEL(own->list, v);
		def_free(v->def);
		free(v);
	}
	free(own);
}

/* -- looking up -- */

static struct test_volume *by_name(const struct object *pool, const char *name)
{
	const struct volumes *own = pool->own;
	struct test_volume *v = NULL;

	if (own)
		HASH_FIND_STR(own->list, name, v);
	return v;
}

static int refuse_name(const char *name)
{
	return error_set(FROM_TEST, ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", name);
}

/* The volume of an active pool. NULL with the error set. */
static struct test_volume *find(struct test_node *node, const char *pool, const char *name,
								struct object **ret_pool)
{
	struct object *o = test_pool_find_in_state(node, pool, true);
	struct test_volume *v = o ? by_name(o, name) : NULL;

	if (o && !v)
		refuse_name(name);
	*ret_pool = o;
	return v;
}

int test_storage_vol_lookup_by_name(struct driver_conn *conn,
									const struct rvirt_wire_pool_name_args *args,
									struct rvirt_wire_vol_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct object *pool;
	const struct test_volume *v = find(node, args->pool.name, args->name, &pool);

	return v ? wire(pool, v, &ret->vol) : -1;
}

/* The volume of any active pool of which what() is text. */
static int look_up(struct driver_conn *conn, const char *(*of)(const struct test_volume *v),
				   const char *what, const char *text, struct rvirt_wire_vol_ret *ret)
{
	TEST_LOCKED(node, conn);

	OBJECT_EACH(o, node->objects[TEST_POOL])
	{
		for (const struct test_volume *v = o->active ? list_of(o) : NULL; v; v = v->hh.next)
			if (strcmp(of(v), text) == 0)
				return wire(o, v, &ret->vol);
	}
	return error_set(FROM_TEST, ERR_NO_STORAGE_VOL, "no storage vol with matching %s '%s'", what,
					 text);
}

int test_storage_vol_lookup_by_key(struct driver_conn *conn, const struct rvirt_wire_key_args *args,
								   struct rvirt_wire_vol_ret *ret)
{
	return look_up(conn, key_of, "key", args->key, ret);
}

int test_storage_vol_lookup_by_path(struct driver_conn *conn,
									const struct rvirt_wire_path_args *args,
									struct rvirt_wire_vol_ret *ret)
{
	return look_up(conn, path_of, "path", args->path, ret);
}

/* -- listing -- */

int test_storage_pool_num_of_volumes(struct driver_conn *conn,
									 const struct rvirt_wire_pool_args *args,
									 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o = test_pool_find_in_state(node, args->pool.name, true);

	ret->num = o ? (int)HASH_COUNT(list_of(o)) : 0;
	return o ? 0 : -1;
}

int test_storage_pool_list_volumes(struct driver_conn *conn,
								   const struct rvirt_wire_pool_maxnames_args *args,
								   struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_max(args->maxnames, OBJECTS_MAX, "maxnames", "REMOTE_STORAGE_VOL_LIST_MAX") < 0 ||
		!(o = test_pool_find_in_state(node, args->pool.name, true)))
		return -1;
	if (!(ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names)))
		return error_oom();
	for (const struct test_volume *v = list_of(o); v && ret->n_names < (unsigned)args->maxnames;
		 v = v->hh.next)
		if (object_text(def_name(v->def), &ret->names[ret->n_names++]) < 0)
			return -1;
	return 0;
}

int test_storage_pool_list_all_volumes(struct driver_conn *conn,
									   const struct rvirt_wire_pool_need_results_flags_args *args,
									   struct rvirt_wire_vols_count_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct object *o;

	if (args_flags(FROM_TEST, args->flags, 0, "testStoragePoolListAllVolumes") < 0 ||
		!(o = test_pool_find_uuid(node, args->pool.uuid)))
		return -1;
	if (!o->active)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "storage pool is not active");
	ret->count = HASH_COUNT(list_of(o));
	if (!args->need_results)
		return 0;
	if (!(ret->vols = calloc(ret->count + 1, sizeof *ret->vols)))
		return error_oom();
	for (const struct test_volume *v = list_of(o); v; v = v->hh.next)
		if (wire(o, v, &ret->vols[ret->n_vols++]) < 0)
			return -1;
	return 0;
}

/* -- describing -- */

static int type_in(const struct object *pool)
{
	static const struct {
		const char *pool;
		int type;
	} rows[] = {
		{"dir", RVIRT_STORAGE_VOL_FILE},         {"fs", RVIRT_STORAGE_VOL_FILE},
		{"netfs", RVIRT_STORAGE_VOL_FILE},       {"vstorage", RVIRT_STORAGE_VOL_FILE},
		{"sheepdog", RVIRT_STORAGE_VOL_NETWORK}, {"iscsi-direct", RVIRT_STORAGE_VOL_NETWORK},
		{"gluster", RVIRT_STORAGE_VOL_NETWORK},  {"rbd", RVIRT_STORAGE_VOL_NETWORK},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (node_attr_is(pool->def->root, "type", rows[i].pool))
			return rows[i].type;
	return RVIRT_STORAGE_VOL_BLOCK;
}

int test_storage_vol_get_info(struct driver_conn *conn, const struct rvirt_wire_vol_args *args,
							  struct rvirt_wire_type_capacity_allocation_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct object *pool;
	const struct test_volume *v = find(node, args->vol.pool, args->vol.name, &pool);

	if (!v)
		return -1;
	ret->type = type_in(pool);
	ret->capacity = volume_amount(v->def, "capacity", 0);
	ret->allocation = volume_amount(v->def, "allocation", 0);
	return 0;
}

int test_storage_vol_get_xml_desc(struct driver_conn *conn,
								  const struct rvirt_wire_vol_flags_args *args,
								  struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_volume *v;
	struct object *pool;

	if (args_flags(FROM_TEST, args->flags, 0, "testStorageVolGetXMLDesc") < 0 ||
		!(v = find(node, args->vol.pool, args->vol.name, &pool)))
		return -1;
	return (ret->xml = def_format(v->def, 0)) ? 0 : -1;
}

int test_storage_vol_get_path(struct driver_conn *conn, const struct rvirt_wire_vol_args *args,
							  struct rvirt_wire_name_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct object *pool;
	const struct test_volume *v = find(node, args->vol.pool, args->vol.name, &pool);

	return v ? object_text(path_of(v), &ret->name) : -1;
}

/* -- making and deleting -- */

/* Where a volume is: at a path, and under a key, or where its pool is. */
static int place(struct def *def, const struct object *pool, const char *path, const char *key)
{
	const char *dir = def_text(pool->def, "target/path");
	struct node *at = node_need(node_child(def->root, "target"), "path");
	struct node *id = node_need(def->root, "key");

	if (!at || !id)
		return -1;
	/* libvirt's words for a pool that is nowhere on this host */
	if ((path ? node_set_text(at, path)
			  : node_set_textf(at, "%s/%s", dir ? dir : "(null)", def_name(def))) < 0)
		return -1;
	return node_set_text(id, key ? key : at->text);
}

/* Takes *def over. NULL with NO_MEMORY set. */
static struct test_volume *append(struct object *pool, struct def **def)
{
	struct volumes *own = pool->own ? pool->own : calloc(1, sizeof *own);
	struct test_volume *v = own ? calloc(1, sizeof *v) : NULL;
	const char *name = def_name(*def);

	pool->own = own;
	pool->own_free = free_volumes;
	if (!v || test_pool_take(pool, (int64_t)volume_amount(*def, "allocation", 0)) < 0) {
		free(v);
		error_oom();
		return NULL;
	}
	v->def = steal(def);
	HASH_ADD_KEYPTR(hh, own->list, name, strlen(name), v);
	return v;
}

int test_volume_add(struct object *pool, const xmlNode *element)
{
	const xmlNode *target = xml_child(element, "target");
	CLEANUP_FREE char *key = xml_text(xml_child(element, "key"));
	CLEANUP_FREE char *path = target ? xml_text(xml_child(target, "path")) : NULL;
	CLEANUP(cleanup_def) struct def *def = NULL;

	if (def_parse_node(def_kind_volume_in(node_attr(pool->def->root, "type")), element, &def) < 0)
		return -1;
	if (by_name(pool, def_name(def)))
		return error_set(FROM_TEST, ERR_OPERATION_FAILED, "storage vol already exists");
	if (place(def, pool, path && *path ? path : NULL, key && *key ? key : NULL) < 0)
		return -1;
	return append(pool, &def) ? 0 : -1;
}

/* Makes a volume; the contents of the volume that is copied, if there is one, are no matter. */
static int create(struct driver_conn *conn, const char *pool, const char *xml, unsigned flags,
				  const char *from, struct rvirt_wire_vol_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct object *o = test_pool_find_in_state(node, pool, true);
	CLEANUP(cleanup_def) struct def *def = NULL;
	const struct test_volume *v;
	struct test_space space;

	if (!o || def_parse(def_kind_volume_in(node_attr(o->def->root, "type")), xml,
						flags ? DEF_VALIDATE : 0, &def) < 0)
		return -1;
	if (by_name(o, def_name(def)))
		return error_set(FROM_TEST, ERR_OPERATION_FAILED, "storage vol already exists");
	if (from && !by_name(o, from))
		return refuse_name(from);
	space = test_pool_space(o);
	if (space.allocation + volume_amount(def, "allocation", 0) > space.capacity)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR,
						 "Not enough free space in pool for volume '%s'", def_name(def));
	if (place(def, o, NULL, NULL) < 0 || !(v = append(o, &def)))
		return -1;
	return wire(o, v, &ret->vol);
}

int test_storage_vol_create_xml(struct driver_conn *conn,
								const struct rvirt_wire_pool_xml_flags_args *args,
								struct rvirt_wire_vol_ret *ret)
{
	if (args_flags(FROM_TEST, args->flags, RVIRT_STORAGE_VOL_CREATE_VALIDATE,
				   "testStorageVolCreateXML") < 0)
		return -1;
	return create(conn, args->pool.name, args->xml, args->flags, NULL, ret);
}

int test_storage_vol_create_xml_from(struct driver_conn *conn,
									 const struct rvirt_wire_storage_vol_create_xml_from_args *args,
									 struct rvirt_wire_vol_ret *ret)
{
	if (args_flags(FROM_TEST, args->flags, RVIRT_STORAGE_VOL_CREATE_VALIDATE,
				   "testStorageVolCreateXMLFrom") < 0)
		return -1;
	return create(conn, args->pool.name, args->xml, args->flags, args->clonevol.name, ret);
}

int test_storage_vol_delete(struct driver_conn *conn, const struct rvirt_wire_vol_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct object *pool;
	struct test_volume *v;
	struct volumes *own;

	if (args_flags(FROM_TEST, args->flags, 0, "testStorageVolDelete") < 0 ||
		!(v = find(node, args->vol.pool, args->vol.name, &pool)) ||
		test_pool_take(pool, -(int64_t)volume_amount(v->def, "allocation", 0)) < 0)
		return -1;
	own = pool->own;
	HASH_DEL(own->list, v);
	def_free(v->def);
	free(v);
	return 0;
}
