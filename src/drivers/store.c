/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions that survive the daemon.
 */
#include "config.h"
#include "drivers/store.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "drivers/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum error_domain domain_of(const struct store *s)
{
	return (enum error_domain)s->kind->error_domain;
}

int store_init(struct store *s, const char *state_dir, const char *driver,
			   const struct def_kind *kind)
{
	s->kind = kind;
	s->config_dir = place_path(state_dir, PLACE_CONFIG, driver);
	s->run_dir = place_path(state_dir, PLACE_RUN, driver);
	return s->config_dir && s->run_dir ? 0 : -1;
}

void store_clear(struct store *s)
{
	free(s->config_dir);
	free(s->run_dir);
	*s = (struct store){0};
}

static char *file_of(const char *dir, const char *sub, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s/%s.xml", dir, sub, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

/* -- writing -- */

static int save_def(const struct store *s, const char *dir, const struct def *def,
					int (*write)(enum error_domain domain, const char *path, const char *text))
{
	CLEANUP_FREE char *path = file_of(dir, "", def_name(def));
	CLEANUP_FREE char *xml = path ? def_format(def, 0) : NULL;

	return xml && place_make(domain_of(s), dir) == 0 ? write(domain_of(s), path, xml) : -1;
}

int store_save(const struct store *s, const struct def *def)
{
	return save_def(s, s->config_dir, def, place_write);
}

int store_save_active(const struct store *s, const char *name, const struct def *def)
{
	CLEANUP_FREE char *path = NULL;

	if (def)
		return save_def(s, s->run_dir, def, place_write_volatile);
	path = file_of(s->run_dir, "", name);
	if (!path)
		return -1;
	unlink(path);
	return 0;
}

int store_save_autostart(const struct store *s, const char *name, bool autostart)
{
	CLEANUP_FREE char *link = file_of(s->config_dir, "/autostart", name);
	CLEANUP_FREE char *target = file_of(s->config_dir, "", name);
	CLEANUP_FREE char *links = NULL;

	if (!link || !target)
		return -1;
	if (!autostart) {
		if (unlink(link) < 0 && errno != ENOENT)
			return error_errno(domain_of(s), errno, "Failed to delete symlink '%s'", link);
		return 0;
	}
	if (asprintf(&links, "%s/autostart", s->config_dir) < 0) {
		links = NULL;
		return error_oom();
	}
	if (place_make(domain_of(s), links) < 0)
		return -1;
	if (symlink(target, link) < 0 && errno != EEXIST)
		return error_errno(domain_of(s), errno, "Failed to create symlink '%s' to '%s'", link,
						   target);
	return place_sync(domain_of(s), link);
}

void store_forget(const struct store *s, const char *name)
{
	CLEANUP_FREE char *link = file_of(s->config_dir, "/autostart", name);
	CLEANUP_FREE char *path = file_of(s->config_dir, "", name);

	if (link)
		unlink(link);
	if (path && unlink(path) == 0)
		place_sync(domain_of(s), path);
}

/* -- reading -- */

bool store_autostarts(const struct store *s, const char *name)
{
	CLEANUP_FREE char *link = file_of(s->config_dir, "/autostart", name);
	struct stat info;

	return link && lstat(link, &info) == 0;
}

/* NULL, logged, if there is none that can be read. */
static struct def *read_def(const struct store *s, const char *path, const char *name)
{
	CLEANUP_FREE char *text = fd_read_regular_file(path, DEF_XML_MAX, NULL);
	CLEANUP(cleanup_def) struct def *def = NULL;

	if (text && def_parse(s->kind, text, 0, &def) == 0 && strcmp(def_name(def), name) == 0)
		return steal(&def);
	log_error("%s of %s is not loaded: %s", s->kind->root, path,
			  def ? "the name in it is not the file's" : error_last()->message);
	error_reset();
	return NULL;
}

int store_each(const struct store *s, bool active, store_each_fn *each, void *opaque)
{
	const char *folder = active ? s->run_dir : s->config_dir;
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_errno(domain_of(s), errno, "cannot open directory '%s'", folder);
	while ((entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL, *name = NULL;
		CLEANUP(cleanup_def) struct def *def = NULL;
		size_t len = strlen(entry->d_name);

		if (len <= 4 || strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		name = strndup(entry->d_name, len - 4);
		path = name ? file_of(folder, "", name) : NULL;
		if (path && (def = read_def(s, path, name)))
			each(opaque, &def);
	}
	closedir(dir);
	return 0;
}
