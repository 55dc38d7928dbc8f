/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What LVM reports of groups and volumes, as JSON.
 */
#include "config.h"
#include "drivers/storage/logical.h"

#include "base/error.h"
#include "conf/xml.h"
#include "drivers/storage/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a report; *ret_rows are the rows of that name in it. NULL with the error set. */
static json_t *read_report(const char *text, const char *name, const json_t **ret_rows)
{
	json_t *json = json_loads(text, 0, NULL);

	*ret_rows = json_object_get(json_array_get(json_object_get(json, "report"), 0), name);
	if (json_is_array(*ret_rows))
		return json;
	json_decref(json);
	error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
			  "cannot read what LVM reports: there is no '%s' in it", name);
	return NULL;
}

/* -- volumes -- */

/* Of "/dev/sda(0),/dev/sdb(12)" each device, with the extent that the segment begins with there. */
static int add_extents(struct storage_volume *vol, const json_t *row)
{
	CLEANUP_FREE char *devices = strdup(json_text(row, "devices"));
	uint64_t size = json_amount(row, "vg_extent_size"), length = json_amount(row, "seg_size");
	char *at = NULL;
	unsigned n = 1;

	if (!devices)
		return error_oom();
	/* stripes lie side by side */
	if (strcmp(json_text(row, "segtype"), "striped") == 0)
		for (const char *c = devices; *c; c++)
			n += *c == ',';
	length /= n;
	for (char *device = strtok_r(devices, ",", &at); device; device = strtok_r(NULL, ",", &at)) {
		char *extent = strrchr(device, '(');
		uint64_t start, end;

		if (!extent)
			continue;
		*extent++ = '\0';
		start = strtoull(extent, NULL, 10);
		if (__builtin_mul_overflow(start, size, &start) ||
			__builtin_add_overflow(start, length, &end))
			return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
							 "malformed volume extent length value");
		if (storage_volume_extent(vol, device, start, end) < 0)
			return -1;
	}
	return 0;
}

/* Not those that are off, nor pools of thin ones, which have no device. */
static bool is_usable(const json_t *row)
{
	const char *attr = json_text(row, "lv_attr");

	return strlen(attr) > 4 && attr[4] == 'a' && attr[0] != 't';
}

static struct storage_volume *new_volume(const json_t *row, const char *dir)
{
	CLEANUP(cleanup_storage_volume) struct storage_volume *vol = calloc(1, sizeof *vol);
	const char *name = json_text(row, "lv_name"), *origin = json_text(row, "origin");

	if (!vol || !(vol->name = strdup(name)) || !(vol->key = strdup(json_text(row, "lv_uuid"))) ||
		asprintf(&vol->path, "%s/%s", dir, name) < 0) {
		error_oom();
		return NULL;
	}
	/* what stands on nothing has an origin of no name of its own */
	if (*origin && *origin != '[' && asprintf(&vol->origin, "%s/%s", dir, origin) < 0) {
		vol->origin = NULL;
		error_oom();
		return NULL;
	}
	vol->device = true;
	vol->image.format = "none";
	vol->image.capacity = vol->allocation = json_amount(row, "lv_size");
	return steal(&vol);
}

int logical_read_volumes(const char *json, const char *dir, struct storage_volume **ret)
{
	const json_t *rows = NULL;
	CLEANUP(cleanup_json) json_t *report = read_report(json, "lv", &rows);
	struct storage_volume *last = NULL;

	if (!report)
		return -1;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (!is_usable(row))
			continue;
		if (!last || strcmp(last->name, json_text(row, "lv_name")) != 0) {
			struct storage_volume *vol = new_volume(row, dir);

			if (!vol)
				return -1;
			*ret = vol;
			ret = &vol->next;
			last = vol;
		}
		if (add_extents(last, row) < 0)
			return -1;
	}
	return 0;
}

/* -- groups -- */

int logical_read_space(const char *json, uint64_t *ret_capacity, uint64_t *ret_available)
{
	const json_t *rows = NULL, *row;
	CLEANUP(cleanup_json) json_t *report = read_report(json, "vg", &rows);
	uint64_t size, left;

	if (!report)
		return -1;
	row = json_array_get(rows, 0);
	size = json_amount(row, "vg_size");
	left = json_amount(row, "vg_free");
	if (!row || left > size)
		return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
						 "cannot read what LVM reports: a volume group of no size");
	*ret_capacity = size;
	*ret_available = left;
	return 0;
}

static bool seen_before(const json_t *rows, size_t n, const char *group)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(json_text(json_array_get(rows, i), "vg_name"), group) == 0)
			return true;
	return false;
}

static int add_source(const json_t *rows, const char *group, struct buf *to)
{
	if (buf_puts(to, "  <source>\n") < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (strcmp(json_text(row, "vg_name"), group) == 0 &&
			(buf_puts(to, "    <device path='") < 0 ||
			 xml_escape(to, json_text(row, "pv_name")) < 0 || buf_puts(to, "'/>\n") < 0))
			return -1;
	}
	return buf_puts(to, "    <name>") < 0 || xml_escape(to, group) < 0 ||
				   buf_puts(to, "</name>\n    <format type='lvm2'/>\n  </source>\n") < 0
			   ? -1
			   : 0;
}

int logical_read_sources(const char *json, struct buf *to)
{
	const json_t *rows = NULL;
	CLEANUP(cleanup_json) json_t *report = read_report(json, "pv", &rows);

	if (!report)
		return -1;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *group = json_text(json_array_get(rows, i), "vg_name");

		if (*group && !seen_before(rows, i, group) && add_source(rows, group, to) < 0)
			return -1;
	}
	return 0;
}
