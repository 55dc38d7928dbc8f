/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The disks of a snapshot or checkpoint, brought in line with those of the domain.
 */
#include "config.h"
#include "conf/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"

#define refuse(m, code, ...)                                                                       \
	error_set((enum error_domain)(m)->def->kind->error_domain, code, __VA_ARGS__)

/* The domain's disk that a name means: its target, or its source where it is a path. */
static const struct node *find_disk(const struct domain_def *def, const char *name)
{
	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		if (node_attr_is(node_child(disk, "target"), "dev", name) ||
			(*name == '/' && node_attr_is(node_child(disk, "source"), "file", name)))
			return disk;
	}
	return NULL;
}

static const char *target(const struct node *disk)
{
	const char *name = node_attr(node_child(disk, "target"), "dev");

	return name ? name : "";
}

static bool is_empty(const struct node *disk)
{
	const struct node *source = node_child(disk, "source");

	return !source || (!source->nattrs && !source->children);
}

static struct node *find_row(const struct node *disks, const char *name)
{
	NODE_EACH(row, disks, "disk")
	{
		if (node_attr_is(row, "name", name))
			return row;
	}
	return NULL;
}

/* Each disk that the document names is one of the domain's, by its target, and named once. */
static int check_names(struct moment *m, struct node *disks)
{
	NODE_EACH(row, disks, "disk")
	{
		const char *name = node_attr(row, "name");
		const struct node *disk = find_disk(m->domain, name);

		if (!disk)
			return refuse(m, ERR_CONFIG_UNSUPPORTED, "no disk named '%s'", name);
		if (strcmp(name, target(disk)) != 0 && node_set(row, "name", target(disk)) < 0)
			return -1;
		for (const struct node *other = node_child(disks, "disk"); other != row;
			 other = node_next(other))
			if (node_attr_is(other, "name", node_attr(row, "name")))
				return refuse(m, ERR_CONFIG_UNSUPPORTED, "disk '%s' specified twice",
							  node_attr(row, "name"));
	}
	return 0;
}

/* The rows in the order of the domain's disks, made where there was none. */
static int fill_rows(struct moment *m, struct node **ret_disks)
{
	struct node *disks = node_child(m->def->root, "disks");

	*ret_disks = NULL;
	if (disks && check_names(m, disks) < 0)
		return -1;
	if (!node_count(node_child(m->domain->root, "devices"), "disk")) {
		node_remove_all(m->def->root, "disks");
		return 0;
	}
	if (!(disks = node_need(m->def->root, "disks")))
		return -1;
	NODE_EACH(disk, node_child(m->domain->root, "devices"), "disk")
	{
		struct node *row = find_row(disks, target(disk));

		if (row) {
			node_unlink(row);
			node_insert(disks, row, NULL);
		} else if (!(row = node_add(disks, "disk")) || node_set(row, "name", target(disk)) < 0) {
			return -1;
		}
	}
	*ret_disks = disks;
	return 0;
}

/* -- snapshots -- */

/* What the domain says of its disk in general, or NULL. */
static const char *mode_of_disk(const struct node *disk)
{
	const char *said = node_attr(disk, "snapshot");

	return said ? said : node_child(disk, "readonly") ? "no" : NULL;
}

/* A row of the document. A snapshot that keeps everything inside of the images leaves none out. */
static int align_named(struct moment *m, struct node *row, bool internal)
{
	const char *name = node_attr(row, "name"), *said = node_attr(row, "snapshot");
	const char *general = mode_of_disk(find_disk(m->domain, name));
	const char *usual = internal ? "internal" : "external";
	const char *path = node_attr(node_child(row, "source"), "file");

	if (!said && (node_child(row, "source") || node_child(row, "driver")))
		said = "external";
	if (internal && said && strcmp(said, usual) != 0 &&
		!(strcmp(said, "no") == 0 && general && strcmp(general, "no") == 0))
		return refuse(m, ERR_CONFIG_UNSUPPORTED, "disk '%s' must use snapshot mode '%s'", name,
					  usual);
	if (!said)
		said = general && (!internal || strcmp(general, "no") == 0) ? general : usual;
	if (path && strcmp(said, "external") != 0)
		return refuse(m, ERR_CONFIG_UNSUPPORTED,
					  "file '%s' for disk '%s' requires use of external snapshot mode", path, name);
	return node_set(row, "snapshot", said);
}

static int align_unnamed(struct moment *m, struct node *row, bool internal)
{
	const struct node *disk = find_disk(m->domain, node_attr(row, "name"));
	const char *general = mode_of_disk(disk);

	if (is_empty(disk))
		return node_set(row, "snapshot", "no");
	if (!general)
		general = internal ? "internal" : "external";
	return node_set(row, "snapshot", general);
}

/* The name of a file beside the disk's image: that of the snapshot instead of what follows the last
 * dot. Owned by the caller; NULL with the error set. */
static char *name_file(const struct moment *m, const char *name)
{
	const struct node *disk = find_disk(m->domain, name);
	const char *path = node_attr(node_child(disk, "source"), "file");
	const char *dot = path ? strrchr(path, '.') : NULL;
	struct stat st;
	char *text;

	if (!node_attr_is(disk, "type", "file") ||
		(path && (stat(path, &st) < 0 || !S_ISREG(st.st_mode)))) {
		refuse(m, ERR_CONFIG_UNSUPPORTED,
			   "source for disk '%s' is not a regular file; refusing to generate external "
			   "snapshot name",
			   name);
		return NULL;
	}
	if (!path) {
		refuse(m, ERR_CONFIG_UNSUPPORTED,
			   "cannot generate external snapshot name for disk '%s' without source", name);
		return NULL;
	}
	if (asprintf(&text, "%.*s.%s", dot && !strchr(dot, '/') ? (int)(dot - path) : (int)strlen(path),
				 path, moment_name(m)) >= 0)
		return text;
	error_oom();
	return NULL;
}

/* An external row without a file gets one. */
static int place_row(struct moment *m, struct node *row)
{
	const char *type = node_attr(row, "type"), *name = node_attr(row, "name");
	CLEANUP_FREE char *path = NULL;
	struct node *source;

	if (!node_attr_is(row, "snapshot", "external"))
		return 0;
	if (!type && node_set(row, "type", "file") < 0)
		return -1;
	if (node_child(row, "source"))
		return 0;
	if (type && strcmp(type, "file") != 0)
		return refuse(m, ERR_CONFIG_UNSUPPORTED,
					  "cannot generate external snapshot name for disk '%s' on a '%s' device", name,
					  type);
	if (!(path = name_file(m, name)))
		return -1;
	for (const struct node *other = node_child(row->parent, "disk"); other != row;
		 other = node_next(other))
		if (node_attr_is(node_child(other, "source"), "file", path))
			return refuse(m, ERR_CONFIG_UNSUPPORTED,
						  "cannot generate external snapshot name for disk '%s': collision with "
						  "disk '%s'",
						  name, node_attr(other, "name"));
	source = node_need(row, "source");
	return source ? node_set(source, "file", path) : -1;
}

int moment_align_snapshot(struct moment *m, bool internal)
{
	struct node *disks = node_child(m->def->root, "disks");

	if (!m->domain)
		return refuse(m, ERR_INTERNAL_ERROR, "missing domain in snapshot");
	if (node_count(disks, "disk") > node_count(node_child(m->domain->root, "devices"), "disk"))
		return refuse(m, ERR_CONFIG_UNSUPPORTED, "too many disk snapshot requests for domain");
	if (disks && check_names(m, disks) < 0)
		return -1;
	NODE_EACH(row, disks, "disk")
	{
		if (align_named(m, row, internal) < 0)
			return -1;
	}
	if (fill_rows(m, &disks) < 0)
		return -1;
	NODE_EACH(row, disks, "disk")
	{
		if ((!node_attr(row, "snapshot") && align_unnamed(m, row, internal) < 0) ||
			place_row(m, row) < 0)
			return -1;
	}
	return 0;
}

/* -- checkpoints -- */

int moment_align_checkpoint(struct moment *m)
{
	bool none = !node_child(m->def->root, "disks");
	struct node *disks;

	/* the disks that are named are meant, if nothing else is said of them */
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (!node_attr(row, "checkpoint") && node_set(row, "checkpoint", "bitmap") < 0)
			return -1;
	}
	if (fill_rows(m, &disks) < 0)
		return -1;
	if (!disks)
		return refuse(m, ERR_CONFIG_UNSUPPORTED,
					  "domain must have at least one disk to perform checkpoints");
	NODE_EACH(row, disks, "disk")
	{
		const char *name = node_attr(row, "name");
		const struct node *disk = find_disk(m->domain, name);
		bool unfit = is_empty(disk) || node_child(disk, "readonly");
		bool bitmap = node_attr_is(row, "checkpoint", "bitmap");

		if (!node_attr(row, "checkpoint"))
			bitmap = !unfit && none;
		if (bitmap && unfit)
			return refuse(m, ERR_CONFIG_UNSUPPORTED, "disk '%s' is empty or readonly", name);
		if (node_set(row, "checkpoint", bitmap ? "bitmap" : "no") < 0)
			return -1;
		if (bitmap && !node_attr(row, "bitmap") && node_set(row, "bitmap", moment_name(m)) < 0)
			return -1;
	}
	return 0;
}
