/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of partitions: reading them, finding room in them.
 */
#include "config.h"
#include "drivers/storage/disk.h"

#include "base/error.h"
#include "drivers/storage/command.h"
#include "drivers/storage/json.h"

#include <stdlib.h>
#include <string.h>

enum { MIB = 1024 * 1024, PARTS_MAX = 1024 };

void disk_table_clear(struct disk_table *table)
{
	free(table->parts);
	*table = (struct disk_table){0};
}

static int refuse(const char *what)
{
	return error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "cannot read what parted reports: %s", what);
}

static int read_part(const json_t *json, struct disk_part *ret)
{
	static const char *const kinds[] = {"primary", "extended", "logical", "free"};
	const char *type = json_text(json, "type");
	json_int_t number = json_integer_value(json_object_get(json, "number"));
	unsigned kind = 0;

	while (kind < 4 && strcmp(kinds[kind], type) != 0)
		kind++;
	if (kind == 4 || number < 0 || number > PARTS_MAX)
		return refuse("a partition of no known kind");
	*ret = (struct disk_part){kind, (unsigned)number, json_amount(json, "start"),
							  json_amount(json, "end")};
	if (ret->end == UINT64_MAX || ret->end < ret->start)
		return refuse("a partition that ends before it begins");
	ret->end++; /* it names the last byte */
	return 0;
}

int disk_table_parse(const char *text, struct disk_table *ret)
{
	CLEANUP(cleanup_json) json_t *json = json_loads(text, 0, NULL);
	CLEANUP_TABLE struct disk_table table = {0};
	const json_t *disk = json_object_get(json, "disk");
	const json_t *parts = json_object_get(disk, "partitions");

	if (!disk)
		return refuse("there is no disk in it");
	table.sector = (uint64_t)json_integer_value(json_object_get(disk, "logical-sector-size"));
	if (table.sector < 512 || table.sector > MIB || json_array_size(parts) > PARTS_MAX)
		return refuse("sectors of no size, or too many partitions");
	table.parts = calloc(json_array_size(parts) + 1, sizeof *table.parts);
	if (!table.parts)
		return error_oom();
	for (size_t i = 0; i < json_array_size(parts); i++)
		if (read_part(json_array_get(parts, i), &table.parts[table.n++]) < 0)
			return -1;
	*ret = table;
	table = (struct disk_table){0};
	return 0;
}

int disk_table_read(const char *device, struct disk_table *ret)
{
	const char *const argv[] = {"parted", "--script", "--json", device, "unit",
								"B",      "print",    "free",   NULL};
	CLEANUP_FREE char *text = NULL;

	return command_read(argv, &text) < 0 ? -1 : disk_table_parse(text, ret);
}

bool disk_is_inside(const struct disk_table *table, const struct disk_part *part)
{
	for (const struct disk_part *p = table->parts; p < table->parts + table->n; p++)
		if (p->kind == DISK_EXTENDED && part->start >= p->start && part->end <= p->end)
			return true;
	return false;
}

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

int disk_find_room(const struct disk_table *table, uint64_t size, bool logical, uint64_t *ret_start,
				   uint64_t *ret_end)
{
	uint64_t best = UINT64_MAX;

	if (size == 0 || size > INT64_MAX)
		return error_set(FROM_STORAGE, ERR_INVALID_ARG, "a partition of %llu bytes",
						 (unsigned long long)size);
	size = round_up(size, table->sector);
	for (const struct disk_part *p = table->parts; p < table->parts + table->n; p++) {
		/* a logical one is described in a sector in front of it */
		uint64_t start = round_up(p->start + (logical ? table->sector : 0), MIB);

		if (p->kind != DISK_FREE || disk_is_inside(table, p) != logical || start >= p->end ||
			p->end - start < size || p->end - p->start >= best)
			continue;
		best = p->end - p->start;
		*ret_start = start;
		*ret_end = start + size;
	}
	return best < UINT64_MAX
			   ? 0
			   : error_set(FROM_STORAGE, ERR_INTERNAL_ERROR, "no large enough free extent");
}
