/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The types of pools, and what documents of their volumes may say.
 */
#include "config.h"
#include "drivers/storage/type.h"

#include "base/error.h"
#include "conf/volume.h"
#include "conf/xml.h"

#include <stdlib.h>
#include <string.h>

const char *const *storage_type_names(void)
{
	static const char *const names[] = {"dir",     "fs",   "netfs",    "logical",      "disk",
										"iscsi",   "scsi", "mpath",    "rbd",          "sheepdog",
										"gluster", "zfs",  "vstorage", "iscsi-direct", NULL};

	return names;
}

int storage_type_number(const char *name)
{
	const char *const *names = storage_type_names();

	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const struct storage_type *storage_type_by_name(const char *name)
{
	static const struct storage_type *const types[] = {&storage_type_dir, &storage_type_fs,
													   &storage_type_netfs, &storage_type_logical,
													   &storage_type_disk};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "missing backend for pool type %d (%s)",
			  storage_type_number(name), name);
	return NULL;
}

const struct storage_type *storage_type_of(const struct def *def)
{
	return storage_type_by_name(node_attr(def->root, "type"));
}

/* -- what is found -- */

static void clear_extents(struct storage_extent *extents, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(extents[i].path);
	free(extents);
}

void storage_volume_free(struct storage_volume *vol)
{
	if (!vol)
		return;
	free(vol->name);
	free(vol->path);
	free(vol->key);
	free(vol->origin);
	clear_extents(vol->extents, vol->n_extents);
	storage_image_clear(&vol->image);
	free(vol);
}

void storage_volumes_free(struct storage_volume *volumes)
{
	while (volumes) {
		struct storage_volume *vol = volumes;

		volumes = vol->next;
		storage_volume_free(vol);
	}
}

int storage_volume_extent(struct storage_volume *vol, const char *path, uint64_t start,
						  uint64_t end)
{
	struct storage_extent *more =
		reallocarray(vol->extents, vol->n_extents + 1, sizeof *vol->extents);

	if (!more)
		return error_oom();
	vol->extents = more;
	more[vol->n_extents] = (struct storage_extent){strdup(path), start, end};
	return more[vol->n_extents++].path ? 0 : error_oom();
}

void storage_scan_clear(struct storage_scan *scan)
{
	storage_volumes_free(scan->volumes);
	clear_extents(scan->holes, scan->n_holes);
	*scan = (struct storage_scan){0};
}

/* -- documents of volumes -- */

const char *storage_partition_format(const char *name)
{
	static const char *const known[] = {"none",       "linux",      "fat16",
										"fat32",      "linux-swap", "linux-lvm",
										"linux-raid", "extended",   NULL};

	for (const char *const *at = known; *at; at++)
		if (strcmp(*at, name) == 0)
			return *at;
	return NULL;
}

/* Takes the formats out of a document, which are no images' here. 0 with the volume's, or -1. */
static int take_formats(xmlNode *root, bool partitions, const char **ret)
{
	static const char *const places[] = {"target", "backingStore"};

	*ret = "none";
	for (size_t i = 0; i < 2; i++) {
		const xmlNode *place = xml_child(root, places[i]);
		xmlNode *format = place ? (xmlNode *)(uintptr_t)xml_child(place, "format") : NULL;
		CLEANUP_FREE char *name = format ? xml_attr(format, "type") : NULL;

		if (i == 0 && partitions && name && !(*ret = storage_partition_format(name)))
			return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "unknown volume format type %s",
							 name);
		if (format) {
			xmlUnlinkNode(format);
			xmlFreeNode(format);
		}
	}
	return 0;
}

int storage_type_read_volume(const struct storage_type *type, const char *xml, unsigned flags,
							 struct def **ret)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	const char *format;

	if (type->formats == STORAGE_FILES)
		return def_parse(def_kind_volume(), xml, flags, ret);
	if (!(doc = def_read_xml(def_kind_volume(), xml, flags)) ||
		take_formats(xmlDocGetRootElement(doc), type->formats == STORAGE_PARTITIONS, &format) < 0 ||
		def_parse_node(def_kind_volume(), xmlDocGetRootElement(doc), ret) < 0)
		return -1;
	return node_set(node_child((*ret)->root, "target/format"), "type", format);
}
