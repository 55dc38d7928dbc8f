/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Volumes as they are: looking them up, listing them, describing them.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/volume.h"
#include "drivers/storage/ops.h"

#include <string.h>

enum { LIST_MAX = 16384 };

static const char *storage_volume_key(const struct storage_volume *vol)
{
	return vol->key ? vol->key : vol->path;
}

int storage_volume_wire(const struct storage_pool *pool, const struct storage_volume *vol,
						struct rvirt_wire_storage_vol *ret)
{
	return storage_copy(pool->name, &ret->pool) < 0 || storage_copy(vol->name, &ret->name) < 0
			   ? -1
			   : storage_copy(storage_volume_key(vol), &ret->key);
}

/* -- looking up -- */

struct storage_volume *storage_volume_by_name(const struct storage_pool *pool, const char *name)
{
	struct storage_volume *vol = pool->volumes;

	while (vol && strcmp(vol->name, name) != 0)
		vol = vol->next;
	return vol;
}

struct storage_volume *storage_find_volume(struct storage *st,
										   const struct rvirt_wire_storage_vol *wire,
										   struct storage_pool **ret_pool)
{
	struct storage_pool *pool = storage_pool_by_name(st, wire->pool);
	struct storage_volume *vol;

	if (!pool) {
		storage_refuse(ERR_NO_STORAGE_POOL, "no storage pool with matching name '%s'", wire->pool);
		return NULL;
	}
	if (!pool->active) {
		storage_refuse(ERR_OPERATION_INVALID, "storage pool '%s' is not active", pool->name);
		return NULL;
	}
	vol = storage_volume_by_name(pool, wire->name);
	if (!vol)
		storage_refuse(ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", wire->name);
	*ret_pool = pool;
	return vol;
}

struct storage_volume *storage_find_idle(struct storage *st,
										 const struct rvirt_wire_storage_vol *wire,
										 struct storage_pool **ret_pool)
{
	struct storage_volume *vol = storage_find_volume(st, wire, ret_pool);

	if (vol && vol->building)
		storage_refuse(ERR_OPERATION_INVALID, "volume '%s' is still being allocated.", vol->name);
	else if (vol && vol->users)
		storage_refuse(ERR_OPERATION_INVALID, "volume '%s' is still in use.", vol->name);
	else
		return vol;
	return NULL;
}

int storage_storage_vol_lookup_by_name(struct driver_conn *conn,
									   const struct rvirt_wire_pool_name_args *args,
									   struct rvirt_wire_vol_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_active(st, &args->pool);
	const struct storage_volume *vol;

	if (!pool)
		return -1;
	vol = storage_volume_by_name(pool, args->name);
	if (!vol)
		return storage_refuse(ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'",
							  args->name);
	return storage_volume_wire(pool, vol, &ret->vol);
}

/* 1 found, 0 not, -1 with the error set. */
static int find_path(const struct storage *st, const char *path, bool key,
					 struct rvirt_wire_vol_ret *ret)
{
	for (const struct storage_pool *pool = st->pools; pool; pool = pool->next)
		for (const struct storage_volume *vol = pool->volumes; vol; vol = vol->next)
			if (strcmp(key ? storage_volume_key(vol) : vol->path, path) == 0)
				return storage_volume_wire(pool, vol, &ret->vol) < 0 ? -1 : 1;
	return 0;
}

int storage_storage_vol_lookup_by_key(struct driver_conn *conn,
									  const struct rvirt_wire_key_args *args,
									  struct rvirt_wire_vol_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	int found = find_path(st, args->key, true, ret);

	if (!found)
		return storage_refuse(ERR_NO_STORAGE_VOL, "no storage vol with matching key %s", args->key);
	return found < 0 ? -1 : 0;
}

int storage_storage_vol_lookup_by_path(struct driver_conn *conn,
									   const struct rvirt_wire_path_args *args,
									   struct rvirt_wire_vol_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	int found = find_path(st, args->path, false, ret);

	if (!found)
		return storage_refuse(ERR_NO_STORAGE_VOL, "no storage vol with matching path '%s'",
							  args->path);
	return found < 0 ? -1 : 0;
}

/* -- listing -- */

static uint32_t count(const struct storage_pool *pool)
{
	uint32_t n = 0;

	for (const struct storage_volume *vol = pool->volumes; vol; vol = vol->next)
		n++;
	return n;
}

int storage_storage_pool_num_of_volumes(struct driver_conn *conn,
										const struct rvirt_wire_pool_args *args,
										struct rvirt_wire_num_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_active(st, &args->pool);

	ret->num = pool ? (int)count(pool) : 0;
	return pool ? 0 : -1;
}

int storage_storage_pool_list_volumes(struct driver_conn *conn,
									  const struct rvirt_wire_pool_maxnames_args *args,
									  struct rvirt_wire_names_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool = storage_find_active(st, &args->pool);

	if (!pool)
		return -1;
	if (args->maxnames < 0 || args->maxnames > LIST_MAX)
		return error_set(FROM_RPC, ERR_RPC, "too many storage volumes '%d' for limit '%d'",
						 args->maxnames, LIST_MAX);
	ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names);
	if (!ret->names)
		return error_oom();
	for (const struct storage_volume *vol = pool->volumes;
		 vol && ret->n_names < (unsigned)args->maxnames; vol = vol->next)
		if (storage_copy(vol->name, &ret->names[ret->n_names++]) < 0)
			return -1;
	return 0;
}

int storage_storage_pool_list_all_volumes(
	struct driver_conn *conn, const struct rvirt_wire_pool_need_results_flags_args *args,
	struct rvirt_wire_vols_count_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_pool *pool;

	if (storage_check_flags(args->flags, 0, "storagePoolListAllVolumes") < 0 ||
		!(pool = storage_find_active(st, &args->pool)))
		return -1;
	ret->count = count(pool);
	if (!args->need_results)
		return 0;
	if (ret->count > LIST_MAX)
		return error_set(FROM_RPC, ERR_RPC, "too many storage volumes '%u' for limit '%d'",
						 ret->count, LIST_MAX);
	ret->vols = calloc((size_t)ret->count + 1, sizeof *ret->vols);
	if (!ret->vols)
		return error_oom();
	for (const struct storage_volume *vol = pool->volumes; vol; vol = vol->next)
		if (storage_volume_wire(pool, vol, &ret->vols[ret->n_vols++]) < 0)
			return -1;
	return 0;
}

/* -- describing -- */

/* What was seen of it is what it is. */
static void take_look(struct storage_volume *vol, struct storage_volume *now)
{
	storage_image_clear(&vol->image);
	vol->image = now->image;
	vol->st = now->st;
	now->image = (struct storage_image){0};
}

void storage_look_again(struct storage_pool *pool, struct storage_volume *vol)
{
	const struct storage_type *type = storage_pool_type(pool);
	CLEANUP(cleanup_storage_volume) struct storage_volume *now = NULL;

	if (vol->building || !type)
		return;
	if (!type->volume_look) {
		stat(vol->path, &vol->st);
		return;
	}
	now = type->volume_look(pool->def, vol->name);
	error_reset();
	if (now)
		take_look(vol, now);
}

/* The volume as it is now: others change volumes too. The lock is released while it is looked at,
 * which on a host that has gone away takes as long as that; what can't be looked at stays as it
 * was. NULL with the error set. */
static struct storage_volume *find_as_it_is(struct storage *st,
											const struct rvirt_wire_storage_vol *wire,
											struct storage_pool **ret_pool)
{
	struct storage_volume *vol = storage_find_volume(st, wire, ret_pool);
	const struct storage_type *type = vol ? storage_pool_type(*ret_pool) : NULL;
	CLEANUP(cleanup_storage_volume) struct storage_volume *now = NULL;
	CLEANUP(cleanup_def) struct def *def = NULL;
	CLEANUP_FREE char *path = NULL;
	struct stat info;
	bool seen = false;

	if (!vol || vol->building || !type)
		return vol;
	if (storage_copy(vol->path, &path) < 0 || !(def = def_copy((*ret_pool)->def)))
		return NULL;
	storage_pause(st);
	if (type->volume_look)
		now = type->volume_look(def, wire->name);
	else
		seen = stat(path, &info) == 0;
	storage_resume(st);
	error_reset();
	vol = storage_find_volume(st, wire, ret_pool);
	if (vol && !vol->building && now)
		take_look(vol, now);
	if (vol && seen)
		vol->st = info;
	return vol;
}

static uint64_t allocation_of(const struct storage_volume *vol)
{
	if (vol->device)
		return vol->allocation;
	return S_ISDIR(vol->st.st_mode) ? 0 : (uint64_t)vol->st.st_blocks * 512;
}

static uint64_t physical_of(const struct storage_volume *vol)
{
	return vol->device ? vol->physical : (uint64_t)vol->st.st_size;
}

static int get_info(struct storage *st, const struct rvirt_wire_storage_vol *wire, bool physical,
					struct rvirt_wire_type_capacity_allocation_ret *ret)
{
	struct storage_pool *pool;
	const struct storage_volume *vol = find_as_it_is(st, wire, &pool);

	if (!vol)
		return -1;
	ret->type = vol->device                ? RVIRT_STORAGE_VOL_BLOCK
				: S_ISDIR(vol->st.st_mode) ? RVIRT_STORAGE_VOL_DIR
										   : RVIRT_STORAGE_VOL_FILE;
	ret->capacity = vol->image.capacity;
	ret->allocation = physical ? physical_of(vol) : allocation_of(vol);
	return 0;
}

int storage_storage_vol_get_info(struct driver_conn *conn, const struct rvirt_wire_vol_args *args,
								 struct rvirt_wire_type_capacity_allocation_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	return get_info(st, &args->vol, false, ret);
}

int storage_storage_vol_get_info_flags(struct driver_conn *conn,
									   const struct rvirt_wire_vol_flags_args *args,
									   struct rvirt_wire_type_capacity_allocation_ret *ret)
{
	STORAGE_LOCKED(st, conn);

	if (storage_check_flags(args->flags, RVIRT_STORAGE_VOL_GET_PHYSICAL, "storageVolGetInfoFlags") <
		0)
		return -1;
	return get_info(st, &args->vol, args->flags & RVIRT_STORAGE_VOL_GET_PHYSICAL, ret);
}

static int set_child(struct node *parent, const char *name, const char *text)
{
	struct node *n = node_need(parent, name);

	return n ? node_set_text(n, text) : -1;
}

static int set_time(struct node *parent, const char *name, const struct timespec *t)
{
	struct node *n = node_need(parent, name);

	if (!n)
		return -1;
	return t->tv_nsec ? node_set_textf(n, "%lld.%09ld", (long long)t->tv_sec, t->tv_nsec)
					  : node_set_textf(n, "%lld", (long long)t->tv_sec);
}

static int set_file(struct node *target, const struct stat *st)
{
	struct node *t = node_need(target, "timestamps");
	static const struct timespec none;

	if (!t || storage_set_permissions(target, st) < 0)
		return -1;
	return set_time(t, "atime", &st->st_atim) < 0 || set_time(t, "mtime", &st->st_mtim) < 0 ||
				   set_time(t, "ctime", &st->st_ctim) < 0 || set_time(t, "btime", &none) < 0
			   ? -1
			   : 0;
}

static int set_backing(struct def *def, const struct storage_volume *vol)
{
	struct node *backing = vol->image.backing ? node_need(def->root, "backingStore") : NULL;
	struct stat st;

	if (!vol->image.backing)
		return 0;
	if (!backing || set_child(backing, "path", vol->image.backing) < 0 ||
		node_set(node_need(backing, "format"), "type",
				 vol->image.backing_format ? vol->image.backing_format : "raw") < 0)
		return -1;
	return stat(vol->image.backing, &st) < 0 ? 0 : set_file(backing, &st);
}

static int set_qcow2(struct node *target, const struct storage_image *image)
{
	struct node *size = image->cluster_size ? node_need(target, "clusterSize") : NULL;
	struct node *features = image->compat_1_1 ? node_need(target, "features") : NULL;

	if (set_child(target, "compat", image->compat_1_1 ? "1.1" : "0.10") < 0 ||
		(size &&
		 (node_set(size, "unit", "B") < 0 || node_set_textf(size, "%u", image->cluster_size) < 0)))
		return -1;
	return features && image->lazy_refcounts && !node_need(features, "lazy_refcounts") ? -1 : 0;
}

static int set_extents(struct def *def, const struct storage_volume *vol)
{
	struct node *source = vol->device ? node_need(def->root, "source") : NULL, *device = NULL;
	struct node *extent;

	for (size_t i = 0; source && i < vol->n_extents; i++) {
		const struct storage_extent *e = &vol->extents[i];

		/* those of one device stand together */
		if (!device || !node_attr_is(device, "path", e->path)) {
			device = node_add(source, "device");
			if (!device || node_set(device, "path", e->path) < 0)
				return -1;
		}
		extent = node_add(device, "extent");
		if (!extent || node_setf(extent, "start", "%llu", (unsigned long long)e->start) < 0 ||
			node_setf(extent, "end", "%llu", (unsigned long long)e->end) < 0)
			return -1;
	}
	return vol->n_extents && !source ? -1 : 0;
}

/* Of a snapshot: what it is one of. */
static int set_origin(struct def *def, const struct storage_volume *vol)
{
	struct node *backing = vol->origin ? node_need(def->root, "backingStore") : NULL;
	struct stat st;

	if (!vol->origin)
		return 0;
	if (!backing || set_child(backing, "path", vol->origin) < 0)
		return -1;
	return stat(vol->origin, &st) < 0 ? 0 : storage_set_permissions(backing, &st);
}

/* What a volume is, as a document. */
static int describe(const struct storage_pool *pool, const struct storage_volume *vol,
					struct def **ret)
{
	const struct storage_type *type = storage_pool_type(pool);
	static const char start[] =
		"<volume><name>x</name><capacity>0</capacity><allocation>0</allocation></volume>";
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct node *target;

	if (def_parse(def_kind_volume(), start, 0, &def) < 0)
		return -1;
	target = node_child(def->root, "target");
	if (node_set(def->root, "type",
				 vol->device                ? "block"
				 : S_ISDIR(vol->st.st_mode) ? "dir"
											: "file") < 0 ||
		set_child(def->root, "name", vol->name) < 0 ||
		set_child(def->root, "key", storage_volume_key(vol)) < 0 || set_extents(def, vol) < 0 ||
		volume_set_amount(def, "capacity", vol->image.capacity) < 0 ||
		volume_set_amount(def, "allocation", allocation_of(vol)) < 0 ||
		volume_set_amount(def, "physical", physical_of(vol)) < 0 ||
		set_child(target, "path", vol->path) < 0 ||
		node_set(node_need(target, "format"), "type", vol->image.format) < 0 ||
		set_file(target, &vol->st) < 0 || set_backing(def, vol) < 0 || set_origin(def, vol) < 0 ||
		(vol->scanned && strcmp(vol->image.format, "qcow2") == 0 &&
		 set_qcow2(target, &vol->image) < 0))
		return -1;
	if (type && type->formats == STORAGE_NO_FORMATS)
		node_remove_all(target, "format");
	*ret = steal(&def);
	return 0;
}

int storage_storage_vol_get_xml_desc(struct driver_conn *conn,
									 const struct rvirt_wire_vol_flags_args *args,
									 struct rvirt_wire_xml_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct storage_pool *pool;
	struct storage_volume *vol;

	if (storage_check_flags(args->flags, 0, "storageVolGetXMLDesc") < 0 ||
		!(vol = find_as_it_is(st, &args->vol, &pool)))
		return -1;
	if (describe(pool, vol, &def) < 0)
		return -1;
	ret->xml = def_format(def, 0);
	return ret->xml ? 0 : -1;
}

int storage_storage_vol_get_path(struct driver_conn *conn, const struct rvirt_wire_vol_args *args,
								 struct rvirt_wire_name_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;
	struct storage_volume *vol = storage_find_volume(st, &args->vol, &pool);

	return vol ? storage_copy(vol->path, &ret->name) : -1;
}
