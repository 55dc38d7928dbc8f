/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The disks of snapshots and checkpoints, by those that the domain has.
 */
#include "config.h"
#include "conf/moment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

#define refuse(m, ...)                                                                             \
	error_set((enum error_domain)(m)->def->kind->error_domain, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

/* The domain's disk that a name means: its target, or the path of its source if no other disk has
 * the same. */
static const struct node *find_disk(const struct domain_def *def, const char *name)
{
	const struct node *found = NULL;

	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		const char *path = moment_source_path(node_child(disk, "source"));

		if (*name != '/') {
			if (node_attr_is(node_child(disk, "target"), "dev", name))
				return disk;
		} else if (path && strcmp(path, name) == 0) {
			if (found)
				return NULL;
			found = disk;
		}
	}
	return found;
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

/* What the domain says of its disk. */
static const char *own_mode(const struct node *disk)
{
	const char *mode = node_attr(disk, "snapshot");

	return mode || !node_child(disk, "readonly") ? mode : "no";
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

/* What a kind of moment does with the rows: with one that the document has for a disk, and with one
 * that is made for a disk of which it says nothing. 0, or -1 with the error set. */
struct rows {
	int (*given)(struct moment *m, struct node *row, const struct node *disk, void *opaque);
	int (*made)(struct moment *m, struct node *row, const struct node *disk, void *opaque);
	void *opaque;
};

/* Each disk that the document names is one of the domain's, by its target, and named once. */
static int check_rows(struct moment *m, struct node *disks, const struct rows *rows)
{
	NODE_EACH(row, disks, "disk")
	{
		const char *name = node_attr(row, "name");
		const struct node *disk = find_disk(m->domain, name);

		if (!disk)
			return refuse(m, "no disk named '%s'", name);
		for (struct node *other = node_child(disks, "disk"); other != row; other = node_next(other))
			if (node_attr_is(other, "name", target(disk)))
				return refuse(m, "disk '%s' specified twice", name);
		if (rows->given(m, row, disk, rows->opaque) < 0 || node_set(row, "name", target(disk)) < 0)
			return -1;
	}
	return 0;
}

/* The rows in the order of the domain's disks, made where there was none. */
static int align(struct moment *m, const struct rows *rows)
{
	const struct node *devices = node_child(m->domain->root, "devices");
	struct node *disks = node_child(m->def->root, "disks");

	if (disks && node_count(disks, "disk") > node_count(devices, "disk"))
		return refuse(m, "too many disk %s requests for domain",
					  m->def->kind == def_kind_snapshot() ? "snapshot" : "checkpoint");
	if (!node_count(devices, "disk")) {
		node_remove_all(m->def->root, "disks");
		return 0;
	}
	if ((disks && check_rows(m, disks, rows) < 0) || !(disks = node_need(m->def->root, "disks")))
		return -1;
	NODE_EACH(disk, devices, "disk")
	{
		struct node *row = find_row(disks, target(disk));

		if (row) {
			node_unlink(row);
			node_insert(disks, row, NULL);
		} else if (!(row = node_add(disks, "disk")) || node_set(row, "name", target(disk)) < 0 ||
				   rows->made(m, row, disk, rows->opaque) < 0) {
			return -1;
		}
	}
	return 0;
}

/* A snapshot that keeps everything inside of the images leaves none out. */
static int snapshot_given(struct moment *m, struct node *row, const struct node *disk, void *opaque)
{
	bool internal = *(const bool *)opaque;
	const char *usual = internal ? "internal" : "external";
	const char *name = node_attr(row, "name"), *said = node_attr(row, "snapshot");
	const char *own = own_mode(disk);
	const char *path = moment_source_path(node_child(row, "source"));

	if (!said) {
		said = own && (!internal || strcmp(own, "no") == 0) ? own : usual;
		if (node_set(row, "snapshot", said) < 0)
			return -1;
		said = node_attr(row, "snapshot");
	} else if (internal && strcmp(said, usual) != 0 &&
			   !(own && strcmp(said, "no") == 0 && strcmp(own, "no") == 0)) {
		return refuse(m, "disk '%s' must use snapshot mode '%s'", name, usual);
	}
	if (path && strcmp(said, "external") != 0)
		return refuse(m, "file '%s' for disk '%s' requires use of external snapshot mode", path,
					  name);
	return 0;
}

static int snapshot_made(struct moment *m, struct node *row, const struct node *disk, void *opaque)
{
	const char *usual = *(const bool *)opaque ? "internal" : "external";
	const char *own = is_empty(disk) ? "no" : own_mode(disk);

	(void)m;
	return node_set(row, "snapshot", own ? own : usual) < 0 ? -1 : node_set(row, "type", "file");
}

/* The name of a new image: that of the disk's own file, with the snapshot's for its last part. */
static int name_image(struct moment *m, struct node *row, const struct node *disk)
{
	const char *name = node_attr(row, "name"), *type = node_attr(row, "type");
	const char *own = moment_source_path(node_child(disk, "source"));
	const char *base, *dot;
	struct node *source;
	struct stat st;

	if (strcmp(type, "file") != 0)
		return refuse(m, "cannot generate external snapshot name for disk '%s' on a '%s' device",
					  name, type);
	if (!own)
		return refuse(m, "cannot generate external snapshot name for disk '%s' without source",
					  name);
	if (stat(own, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(m,
					  "source for disk '%s' is not a regular file; refusing to generate external "
					  "snapshot name",
					  name);
	base = strrchr(own, '/');
	dot = strrchr(base ? base : own, '.');
	source = node_need(row, "source");
	if (!source || node_setf(source, "file", "%.*s.%s", dot ? (int)(dot - own) : (int)strlen(own),
							 own, moment_name(m)) < 0)
		return -1;
	for (const struct node *o = node_child(row->parent, "disk"); o != row; o = node_next(o))
		if (node_attr_is(node_child(o, "source"), "file", node_attr(source, "file")))
			return refuse(m,
						  "cannot generate external snapshot name for disk '%s': collision with "
						  "disk '%s'",
						  name, node_attr(o, "name"));
	return 0;
}

/* A row that names no image says nothing else of one. */
static void forget_image(struct node *row)
{
	node_set(row, "type", NULL);
	node_remove_all(row, "driver");
	node_remove_all(row, "source");
}

void moment_forget_places(struct moment *m)
{
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (!moment_source_path(node_child(row, "source")) &&
			!node_attr(node_child(row, "driver"), "type"))
			forget_image(row);
	}
}

int moment_align_snapshot(struct moment *m, bool internal)
{
	struct rows rows = {.given = snapshot_given, .made = snapshot_made, .opaque = &internal};

	if (!m->domain)
		return error_set(FROM_DOMAIN_SNAPSHOT, ERR_INTERNAL_ERROR, "missing domain in snapshot");
	if (align(m, &rows) < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (node_attr_is(row, "snapshot", "external") &&
			!moment_source_path(node_child(row, "source")) &&
			name_image(m, row, find_disk(m->domain, node_attr(row, "name"))) < 0)
			return -1;
	}
	moment_forget_places(m);
	return 0;
}

static int checkpoint_given(struct moment *m, struct node *row, const struct node *disk,
							void *opaque)
{
	(void)opaque;
	if ((is_empty(disk) || node_child(disk, "readonly")) && !node_attr_is(row, "checkpoint", "no"))
		return refuse(m, "disk '%s' is empty or readonly", node_attr(row, "name"));
	return 0;
}

static int checkpoint_made(struct moment *m, struct node *row, const struct node *disk,
						   void *opaque)
{
	const char *mode = opaque;

	(void)m;
	return node_set(row, "checkpoint",
					is_empty(disk) || node_child(disk, "readonly") ? "no" : mode);
}

int moment_align_checkpoint(struct moment *m)
{
	bool none = !node_child(m->def->root, "disks/disk");
	struct rows rows = {.given = checkpoint_given,
						.made = checkpoint_made,
						.opaque = (void *)(uintptr_t)(none ? "bitmap" : "no")};

	if (m->domain && !node_child(m->domain->root, "devices/disk"))
		return refuse(m, "domain must have at least one disk to perform checkpoints");
	if (m->domain && align(m, &rows) < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (node_attr_is(row, "checkpoint", "bitmap") && !node_attr(row, "bitmap") &&
			node_set(row, "bitmap", moment_name(m)) < 0)
			return -1;
	}
	return 0;
}
