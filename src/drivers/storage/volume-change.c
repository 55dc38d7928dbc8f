/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What changes volumes: creating, copying, resizing, deleting. While a file is worked on, its
 * volume is in the list and says so.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/volume.h"
#include "drivers/storage/folder.h"
#include "drivers/storage/ops.h"
#include "drivers/storage/volume-make.h"

#include <errno.h>
#include <string.h>

enum { CREATE_FLAGS = 7 };

static int check_name(const char *name)
{
	if (strchr(name, '/'))
		return storage_refuse(ERR_OPERATION_INVALID, "volume name '%s' cannot contain '/'", name);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return storage_refuse(ERR_OPERATION_FAILED, "volume name '%s' is a folder's", name);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			return storage_refuse(ERR_OPERATION_FAILED, "volume name with control characters");
	return 0;
}

static void add(struct storage_pool *pool, struct storage_volume *vol)
{
	struct storage_volume **at = &pool->volumes;

	while (*at)
		at = &(*at)->next;
	*at = vol;
}

static void drop(struct storage_pool *pool, struct storage_volume *vol)
{
	struct storage_volume **at = &pool->volumes;

	while (*at != vol)
		at = &(*at)->next;
	*at = vol->next;
	storage_volume_free(vol);
}

/* A volume that is about to be made, in the list. NULL with the error set. */
static struct storage_volume *announce(struct storage_pool *pool, const struct def *def)
{
	CLEANUP(cleanup_storage_volume) struct storage_volume *vol = calloc(1, sizeof *vol);
	const char *name = def_text(def, "name");

	if (check_name(name) < 0)
		return NULL;
	if (storage_volume_by_name(pool, name)) {
		storage_refuse(ERR_STORAGE_VOL_EXIST, "'%s'", name);
		return NULL;
	}
	if (!vol || storage_copy(name, &vol->name) < 0 ||
		asprintf(&vol->path, "%s/%s", storage_pool_path(pool), name) < 0) {
		error_oom();
		return NULL;
	}
	vol->building = true;
	vol->device = storage_pool_type(pool)->devices;
	vol->image.format = vol->device ? "none" : "raw";
	vol->image.capacity = volume_amount(def, "capacity", 0);
	vol->st.st_mode = S_IFREG;
	add(pool, vol);
	return steal(&vol);
}

/* What has changed besides the volume. Of devices the pool is looked at as a whole, so that the
 * volume is another one afterwards, or NULL. */
static struct storage_volume *look_after(struct storage *st, struct storage_pool *pool,
										 struct storage_volume *vol)
{
	const struct storage_type *type = storage_pool_type(pool);
	CLEANUP_FREE char *name = strdup(vol->name);
	struct storage_scan space = {0};

	if (type->devices)
		return storage_refresh(st, pool) < 0 || !name ? NULL : storage_volume_by_name(pool, name);
	storage_look_again(pool, vol);
	if (storage_folder_space(pool->def, &space) == 0) {
		pool->found.allocation = space.allocation;
		pool->found.available = space.available;
	}
	error_reset();
	return vol;
}

/* It is there, or not: the volume is what it is, or goes. */
static int conclude(struct storage *st, struct storage_pool *pool, const struct def *def,
					struct storage_volume *vol, int result, struct rvirt_wire_storage_vol *ret)
{
	/* of a partition only its maker knows */
	const char *partition =
		vol->device
			? storage_partition_format(node_attr(node_child(def->root, "target/format"), "type"))
			: NULL;

	vol->building = false;
	if (result < 0) {
		drop(pool, vol);
		return -1;
	}
	vol = look_after(st, pool, vol);
	if (vol && partition)
		vol->image.format = partition;
	if (vol)
		return storage_volume_wire(pool, vol, ret);
	return error_last()->code
			   ? -1
			   : storage_refuse(ERR_NO_STORAGE_VOL, "the volume is not there anymore");
}

int storage_storage_vol_create_xml(struct driver_conn *conn,
								   const struct rvirt_wire_pool_xml_flags_args *args,
								   struct rvirt_wire_vol_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	unsigned validate = args->flags & RVIRT_STORAGE_VOL_CREATE_VALIDATE ? DEF_VALIDATE : 0;
	const struct storage_type *type;
	struct storage_pool *pool;
	struct storage_volume *vol;
	int r;

	if (storage_check_flags(args->flags, CREATE_FLAGS, "storageVolCreateXML") < 0 ||
		!(pool = storage_find_active(st, &args->pool)) || !(type = storage_pool_type(pool)) ||
		storage_type_read_volume(type, args->xml, validate, &def) < 0 ||
		!(vol = announce(pool, def)))
		return -1;
	pool->jobs++;
	storage_pause(st);
	r = type->volume_make(pool->def, def, vol->path, NULL, args->flags);
	storage_resume(st);
	pool->jobs--;
	return conclude(st, pool, def, vol, r, &ret->vol);
}

int storage_storage_vol_create_xml_from(
	struct driver_conn *conn, const struct rvirt_wire_storage_vol_create_xml_from_args *args,
	struct rvirt_wire_vol_ret *ret)
{
	STORAGE_LOCKED(st, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	unsigned validate = args->flags & RVIRT_STORAGE_VOL_CREATE_VALIDATE ? DEF_VALIDATE : 0;
	const struct storage_type *type;
	struct storage_pool *pool, *from_pool;
	struct storage_volume *vol, *from;
	struct storage_from source;
	int r;

	if (storage_check_flags(args->flags, CREATE_FLAGS, "storageVolCreateXMLFrom") < 0 ||
		!(pool = storage_find_active(st, &args->pool)) ||
		!(from = storage_find_volume(st, &args->clonevol, &from_pool)) ||
		!(type = storage_pool_type(pool)) ||
		storage_type_read_volume(type, args->xml, validate, &def) < 0)
		return -1;
	if (from->building)
		return storage_refuse(ERR_OPERATION_INVALID, "volume '%s' is still being allocated.",
							  from->name);
	if (volume_amount(def, "capacity", 0) < from->image.capacity &&
		volume_set_amount(def, "capacity", from->image.capacity) < 0)
		return -1;
	if (storage_volume_by_name(pool, def_text(def, "name")))
		return storage_refuse(ERR_INTERNAL_ERROR, "storage volume name '%s' already in use.",
							  def_text(def, "name"));
	if (!(vol = announce(pool, def)))
		return -1;
	pool->jobs++;
	from_pool->jobs++;
	from->users++;
	storage_pause(st);
	source = (struct storage_from){from->path, from->device ? "raw" : from->image.format};
	r = type->volume_make(pool->def, def, vol->path, &source, args->flags);
	storage_resume(st);
	from->users--;
	from_pool->jobs--;
	pool->jobs--;
	return conclude(st, pool, def, vol, r, &ret->vol);
}

int storage_storage_vol_delete(struct driver_conn *conn,
							   const struct rvirt_wire_vol_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_type *type;
	struct storage_pool *pool;
	struct storage_volume *vol;
	int r = 0;

	if (storage_check_flags(
			args->flags, RVIRT_STORAGE_VOL_DELETE_ZEROED | RVIRT_STORAGE_VOL_DELETE_WITH_SNAPSHOTS,
			"storageVolDelete") < 0 ||
		!(vol = storage_find_idle(st, &args->vol, &pool)) || !(type = storage_pool_type(pool)))
		return -1;
	pool->jobs++;
	vol->users++;
	storage_pause(st);
	if (args->flags & RVIRT_STORAGE_VOL_DELETE_ZEROED && !S_ISDIR(vol->st.st_mode))
		r = volume_overwrite(vol->path, false);
	if (r == 0)
		r = type->volume_remove(pool->def, vol);
	storage_resume(st);
	vol->users--;
	pool->jobs--;
	if (r == 0) {
		drop(pool, vol);
		if (type->devices)
			r = storage_refresh(st, pool);
	}
	return r;
}

/* The capacity that is asked for. 0, or -1 with the error set: it can't be. */
static int new_capacity(const struct storage_pool *pool, const struct storage_volume *vol,
						uint64_t capacity, unsigned flags, uint64_t *ret)
{
	uint64_t now = vol->image.capacity, wanted = capacity;
	bool shrink = flags & RVIRT_STORAGE_VOL_RESIZE_SHRINK;

	if (flags & RVIRT_STORAGE_VOL_RESIZE_DELTA && shrink)
		wanted = capacity < now ? now - capacity : 0;
	else if (flags & RVIRT_STORAGE_VOL_RESIZE_DELTA &&
			 __builtin_add_overflow(now, capacity, &wanted))
		return storage_refuse(ERR_OVERFLOW, "capacity %llu", (unsigned long long)capacity);
	if (wanted < now && !shrink)
		return storage_refuse(
			ERR_INVALID_ARG,
			"Can't shrink capacity below current capacity unless shrink flag explicitly specified");
	if (flags & RVIRT_STORAGE_VOL_RESIZE_ALLOCATE && wanted > now &&
		wanted - now > pool->found.available)
		return storage_refuse(ERR_OPERATION_FAILED, "Not enough space left in storage pool");
	*ret = wanted;
	return 0;
}

static int need_resize(const struct storage_type *type)
{
	if (type->volume_resize)
		return 0;
	return storage_refuse(ERR_NO_SUPPORT,
						  "storage pool does not support changing of volume capacity");
}

int storage_storage_vol_resize(struct driver_conn *conn,
							   const struct rvirt_wire_vol_capacity_flags_args *args)
{
	STORAGE_LOCKED(st, conn);
	const struct storage_type *type;
	struct storage_pool *pool;
	struct storage_volume *vol;
	uint64_t capacity = 0;
	int r;

	if (storage_check_flags(args->flags, 7, "storageVolResize") < 0 ||
		!(vol = storage_find_idle(st, &args->vol, &pool)) || !(type = storage_pool_type(pool)) ||
		need_resize(type) < 0 ||
		new_capacity(pool, vol, args->capacity, args->flags, &capacity) < 0)
		return -1;
	pool->jobs++;
	vol->users++;
	storage_pause(st);
	r = type->volume_resize(vol, capacity, args->flags & RVIRT_STORAGE_VOL_RESIZE_ALLOCATE);
	storage_resume(st);
	vol->users--;
	pool->jobs--;
	if (r == 0)
		look_after(st, pool, vol);
	return r;
}
