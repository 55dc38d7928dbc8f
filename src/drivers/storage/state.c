/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survives the daemon: a file for each definition and for each pool that is active, and a link
 * for each that starts by itself.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf/pool.h"
#include "drivers/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static char *file_of(const char *dir, const char *sub, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s/%s.xml", dir, sub, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

static int save_def(const char *dir, const struct storage_pool *pool, const struct def *def)
{
	CLEANUP_FREE char *path = file_of(dir, "", pool->name);
	CLEANUP_FREE char *xml = path ? def_format(def, 0) : NULL;

	return xml && place_make(FROM_STORAGE, dir) == 0 ? place_write(FROM_STORAGE, path, xml) : -1;
}

int storage_save(struct storage *st, const struct storage_pool *pool)
{
	return save_def(st->config_dir, pool, pool->next_def ? pool->next_def : pool->def);
}

int storage_save_active(struct storage *st, const struct storage_pool *pool)
{
	CLEANUP_FREE char *path = NULL;

	if (pool->active || pool->changing)
		return save_def(st->run_dir, pool, pool->def);
	path = file_of(st->run_dir, "", pool->name);
	if (!path)
		return -1;
	unlink(path);
	return 0;
}

int storage_save_autostart(struct storage *st, const struct storage_pool *pool)
{
	CLEANUP_FREE char *link = file_of(st->config_dir, "/autostart", pool->name);
	CLEANUP_FREE char *target = file_of(st->config_dir, "", pool->name);
	CLEANUP_FREE char *links = NULL;

	if (!link || !target)
		return -1;
	if (!pool->autostart) {
		if (unlink(link) < 0 && errno != ENOENT)
			return error_errno(FROM_STORAGE, errno, "Failed to delete symlink '%s'", link);
		return 0;
	}
	if (asprintf(&links, "%s/autostart", st->config_dir) < 0) {
		links = NULL;
		return error_oom();
	}
	if (place_make(FROM_STORAGE, links) < 0)
		return -1;
	if (symlink(target, link) < 0 && errno != EEXIST)
		return error_errno(FROM_STORAGE, errno, "Failed to create symlink '%s' to '%s'", link,
						   target);
	return place_sync(FROM_STORAGE, link);
}

void storage_forget(struct storage *st, const struct storage_pool *pool)
{
	CLEANUP_FREE char *link = file_of(st->config_dir, "/autostart", pool->name);
	CLEANUP_FREE char *path = file_of(st->config_dir, "", pool->name);

	if (link)
		unlink(link);
	if (path && unlink(path) == 0)
		place_sync(FROM_STORAGE, path);
}

/* -- at start -- */

/* Calls each() with the names of the definitions in a folder, if it is there, and what they hold.
 */
static int each_file(struct storage *st, const char *folder,
					 void (*each)(struct storage *st, const char *name, struct def **def))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT
				   ? 0
				   : error_errno(FROM_STORAGE, errno, "cannot open directory '%s'", folder);
	while ((entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL, *text = NULL, *name = NULL;
		CLEANUP(cleanup_def) struct def *def = NULL;
		size_t len = strlen(entry->d_name);

		if (len <= 4 || strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
			path = NULL;
			break;
		}
		name = strndup(entry->d_name, len - 4);
		text = fd_read_regular_file(path, DEF_XML_MAX, NULL);
		if (!name || !text || def_parse(def_kind_pool(), text, 0, &def) < 0 ||
			strcmp(def_text(def, "name"), name) != 0) {
			log_error("storage pool of %s is not loaded: %s", path,
					  def ? "the name in it is not the file's" : error_last()->message);
			error_reset();
			continue;
		}
		each(st, name, &def);
	}
	closedir(dir);
	return 0;
}

static void load_defined(struct storage *st, const char *name, struct def **def)
{
	CLEANUP_FREE char *link = file_of(st->config_dir, "/autostart", name);
	struct storage_pool *pool = storage_pool_new(st, def);
	struct stat info;

	if (!pool)
		return;
	pool->persistent = true;
	pool->autostart = link && lstat(link, &info) == 0;
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
static void load_active(struct storage *st, const char *name, struct def **def)
{
	struct storage_pool *pool = storage_pool_by_name(st, name);

	if (!pool)
		pool = storage_pool_new(st, def);
	else
		keep_running(pool, def);
	if (pool)
		pool->active = true;
}

int storage_load(struct storage *st)
{
	if (each_file(st, st->config_dir, load_defined) < 0 ||
		each_file(st, st->run_dir, load_active) < 0)
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
