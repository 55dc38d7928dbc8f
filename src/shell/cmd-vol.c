/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage volumes: listing, describing, changing. They are created by cmd-vol-create.c, their
 * contents are cmd-vol-transfer.c's.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "output.h"
#include "storage.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- listing and describing -- */

static const char *type_text(int type)
{
	static const char *const texts[] = {"file", "block", "dir", "net", "netdir", "ploop"};

	return type >= 0 && type < 6 ? texts[type] : "unknown";
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct rvirt_wire_storage_vol *)a)->name,
					  ((const struct rvirt_wire_storage_vol *)b)->name);
}

struct asked {
	struct rvirt_call *path, *info;
};

static void add_row(const struct rvirt_wire_storage_vol *vol, struct asked *asked, bool details,
					struct table *table, json_t *all)
{
	struct rvirt_wire_name_ret path = {0};
	struct rvirt_wire_type_capacity_allocation_ret info = {0};
	bool knows_path = domain_wait(asked->path, &path) == 0;
	bool knows_info = details && domain_wait(asked->info, &info) == 0;
	char capacity[32] = "unknown", allocation[32] = "unknown";
	const char *cells[] = {vol->name, knows_path ? path.name : "unknown path",
						   knows_info ? type_text(info.type) : "unknown", capacity, allocation};

	if (knows_info) {
		out_size_text(info.capacity, 2, capacity);
		out_size_text(info.allocation, 2, allocation);
	}
	table_add(table, cells);
	json_array_append_new(all, json_pack("{s:o, s:o}", "name", out_json_text(vol->name), "path",
										 out_json_text(knows_path ? path.name : NULL)));
	free(path.name);
}

static void print_list(struct shell *sh, const struct rvirt_wire_vols_count_ret *found,
					   bool details)
{
	static const char *const heads[] = {"Name", "Path", "Type", "Capacity", "Allocation"};
	struct table *table = table_new(details ? 5 : 2, heads);
	CLEANUP_FREE struct asked *asked = shell_alloc(((size_t)found->n_vols + 1) * sizeof(*asked));
	CLEANUP_FREE char *text = NULL;
	json_t *all = json_array();

	for (uint32_t i = 0; i < found->n_vols; i++) {
		struct rvirt_wire_vol_args args = {found->vols[i]};

		asked[i].path = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_VOL_GET_PATH, &args);
		if (details)
			asked[i].info = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_VOL_GET_INFO, &args);
	}
	for (uint32_t i = 0; i < found->n_vols; i++)
		add_row(&found->vols[i], &asked[i], details, table, all);
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "volumes", all));
	table_free(table);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	struct rvirt_wire_pool_need_results_flags_args args = {.need_results = 1};
	struct rvirt_wire_vols_count_ret found = {0};

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (rvirt_call_storage_pool_list_all_volumes(sh->conn, &args, &found) < 0)
		return out_fail_at(sh, "Failed to list volumes");
	if (found.n_vols)
		qsort(found.vols, found.n_vols, sizeof(*found.vols), by_name);
	print_list(sh, &found, args_given(in, "details"));
	rvirt_wire_clear(RVIRT_PROC_STORAGE_POOL_LIST_ALL_VOLUMES, &found);
	return 0;
}

static int info_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	bool bytes = args_given(in, "bytes"), physical = args_given(in, "physical");
	struct rvirt_wire_vol_flags_args flags = {.flags = RVIRT_STORAGE_VOL_GET_PHYSICAL};
	struct rvirt_wire_vol_args args;
	struct rvirt_wire_type_capacity_allocation_ret info;
	json_t *object = NULL;

	if (storage_find(sh, in, &vol) < 0)
		return -1;
	flags.vol = args.vol = vol;
	if ((physical ? rvirt_call_storage_vol_get_info_flags(sh->conn, &flags, &info)
				  : rvirt_call_storage_vol_get_info(sh->conn, &args, &info)) < 0)
		return out_fail(sh);
	out_field(sh, &object, 15, "Name:", "name", out_json_text(vol.name), "%s", vol.name);
	out_field(sh, &object, 15, "Type:", "type", json_string(type_text(info.type)), "%s",
			  type_text(info.type));
	storage_size_field(sh, &object, "Capacity:", "capacity", info.capacity, bytes, true);
	storage_size_field(sh, &object,
					   physical ? "Physical:" : "Allocation:", physical ? "physical" : "allocation",
					   info.allocation, bytes, true);
	out_value(sh, object);
	return 0;
}

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *xml = NULL;

	if (storage_find(sh, in, &vol) < 0 || storage_vol_xml(sh, &vol, &xml) < 0)
		return -1;
	return document_print(sh, in, xml);
}

static int path_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *path = NULL;
	struct rvirt_wire_vol_args args;
	struct rvirt_wire_name_ret ret = {0};

	if (storage_find(sh, in, &vol) < 0)
		return -1;
	args.vol = vol;
	if (rvirt_call_storage_vol_get_path(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	path = ret.name;
	out_text(sh, "%s\n", path);
	out_value(sh, json_pack("{s:o}", "path", out_json_text(path)));
	return 0;
}

static int print_pool_uuid(struct shell *sh, const struct rvirt_wire_storage_vol *vol)
{
	struct rvirt_wire_vol_args args = {*vol};
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	struct rvirt_wire_pool_ret ret = {0};
	char uuid[OUT_UUID_SIZE];

	if (rvirt_call_storage_pool_lookup_by_volume(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get parent pool");
	pool = ret.pool;
	out_text(sh, "%s\n", out_uuid(pool.uuid, uuid));
	out_value(sh, json_pack("{s:o, s:o}", "pool", out_json_text(pool.name), "uuid",
							out_json_uuid(pool.uuid)));
	return 0;
}

/* vol-name, vol-key and vol-pool: a part of the handle. */
static int part_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	const char *what = in->cmd->name + strlen("vol-"), *text;

	if (storage_find(sh, in, &vol) < 0)
		return -1;
	if (args_given(in, "uuid"))
		return print_pool_uuid(sh, &vol);
	text = strcmp(what, "pool") == 0 ? vol.pool : strcmp(what, "key") == 0 ? vol.key : vol.name;
	out_text(sh, "%s\n", text);
	out_value(sh, json_pack("{s:o}", what, out_json_text(text)));
	return 0;
}

/* -- changing -- */

static int delete_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	struct rvirt_wire_vol_flags_args args = {
		.flags = args_given(in, "delete-snapshots") ? RVIRT_STORAGE_VOL_DELETE_WITH_SNAPSHOTS : 0};

	if (storage_find(sh, in, &vol) < 0)
		return -1;
	args.vol = vol;
	if (rvirt_call_storage_vol_delete(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to delete vol %s", args_text(in, "vol"));
	out_note(sh, "Vol %s deleted\n", args_text(in, "vol"));
	return storage_vol_done(sh, &vol, "deleted");
}

static int wipe_run(struct shell *sh, const struct invocation *in)
{
	static const char *const names[] = {"zero",    "nnsa",     "dod",       "bsi",
										"gutmann", "schneier", "pfitzner7", "pfitzner33",
										"random",  "trim",     NULL};
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	struct rvirt_wire_vol_algorithm_flags_args args = {0};
	const char *algorithm;

	if (storage_find(sh, in, &vol) < 0 || args_get_text(sh, in, "algorithm", &algorithm) < 0)
		return -1;
	while (algorithm && names[args.algorithm] && strcmp(names[args.algorithm], algorithm) != 0)
		args.algorithm++;
	if (!names[args.algorithm])
		return out_refuse(sh, "Unsupported algorithm '%s'", algorithm);
	args.vol = vol;
	if (rvirt_call_storage_vol_wipe_pattern(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to wipe vol %s", args_text(in, "vol"));
	out_note(sh, "Vol %s wiped\n", args_text(in, "vol"));
	return storage_vol_done(sh, &vol, "wiped");
}

static int resize_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	bool delta = args_given(in, "delta");
	const char *text = args_text(in, "capacity");
	struct rvirt_wire_vol_capacity_flags_args args = {
		.flags = (args_given(in, "allocate") ? RVIRT_STORAGE_VOL_RESIZE_ALLOCATE : 0) |
				 (delta ? RVIRT_STORAGE_VOL_RESIZE_DELTA : 0) |
				 (args_given(in, "shrink") ? RVIRT_STORAGE_VOL_RESIZE_SHRINK : 0)};

	if (storage_find(sh, in, &vol) < 0 || args_get_size(sh, in, "capacity", 1, &args.capacity) < 0)
		return -1;
	args.vol = vol;
	if (rvirt_call_storage_vol_resize(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to change size of volume '%s' %s %s", vol.name,
						   delta ? "by" : "to", text);
	out_note(sh, "Size of volume '%s' successfully changed %s %s\n", vol.name, delta ? "by" : "to",
			 text);
	return storage_vol_done(sh, &vol, "resized");
}

#define ARG_ACTIVE_POOL ARG_POOL(RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE)

static const struct arg list_args[] = {
	ARG_ACTIVE_POOL, {"details", ARG_BOOL, "with types and sizes"}, {NULL}};
static const struct arg info_args[] = {
	ARG_VOL,
	ARG_VOL_POOL,
	{"bytes", ARG_BOOL, "sizes in bytes"},
	{"physical", ARG_BOOL, "the size of the file instead of what it occupies"},
	{NULL},
};
static const struct arg dumpxml_args[] = {ARG_VOL, ARG_VOL_POOL, ARGS_XPATH, {NULL}};
static const struct arg vol_args[] = {ARG_VOL, ARG_VOL_POOL, {NULL}};
static const struct arg pool_args[] = {ARG_VOL, {NULL}};
static const struct arg its_pool_args[] = {
	ARG_VOL, {"uuid", ARG_BOOL, "its UUID instead of its name"}, {NULL}};
static const struct arg delete_args[] = {
	ARG_VOL,
	ARG_VOL_POOL,
	{"delete-snapshots", ARG_BOOL, "with its snapshots"},
	{NULL},
};
static const struct arg wipe_args[] = {
	ARG_VOL, ARG_VOL_POOL, {"algorithm", ARG_STRING, "with what: zero, random, ..."}, {NULL}};
static const struct arg resize_args[] = {
	ARG_VOL,
	{"capacity", ARG_DATA, "its new size, such as 10G (default: bytes)"},
	ARG_VOL_POOL,
	{"allocate", ARG_BOOL, "allocate what is new"},
	{"delta", ARG_BOOL, "the size is a difference"},
	{"shrink", ARG_BOOL, "it may become smaller"},
	{NULL},
};

const struct cmd *cmd_vol_rows(void)
{
	static const struct cmd rows[] = {
		{"vol-delete", "volume", "delete a volume", NULL, delete_args, CMD_WRITES, delete_run},
		{"vol-dumpxml", "volume", "XML of a volume", NULL, dumpxml_args, 0, dumpxml_run},
		{"vol-info", "volume", "what a volume is", NULL, info_args, 0, info_run},
		{"vol-key", "volume", "key of a volume", NULL, vol_args, 0, part_run},
		{"vol-list", "volume", "list volumes of a pool", NULL, list_args, 0, list_run},
		{"vol-name", "volume", "name of a volume", NULL, pool_args, 0, part_run},
		{"vol-path", "volume", "path of a volume", NULL, vol_args, 0, path_run},
		{"vol-pool", "volume", "pool of a volume", NULL, its_pool_args, 0, part_run},
		{"vol-resize", "volume", "change the size of a volume", NULL, resize_args, CMD_WRITES,
		 resize_run},
		{"vol-wipe", "volume", "overwrite a volume", NULL, wipe_args, CMD_WRITES, wipe_run},
		{NULL},
	};

	return rows;
}
