/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage volumes: listing, describing, creating, changing. Their contents are
 * cmd-vol-transfer.c's.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "storage.h"
#include "table.h"
#include "xml.h"

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
		storage_size_text(info.capacity, capacity);
		storage_size_text(info.allocation, allocation);
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

static int get_xml(struct shell *sh, const struct rvirt_wire_storage_vol *vol, char **ret)
{
	struct rvirt_wire_vol_flags_args args = {*vol, 0};
	struct rvirt_wire_xml_ret got = {0};

	if (rvirt_call_storage_vol_get_xml_desc(sh->conn, &args, &got) < 0)
		return out_fail(sh);
	*ret = got.xml;
	return 0;
}

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *xml = NULL;

	if (storage_find(sh, in, &vol) < 0 || get_xml(sh, &vol, &xml) < 0)
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

/* vol-name, vol-key and vol-pool: a part of the handle. */
static int part_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	const char *what = in->cmd->name + strlen("vol-"), *text;

	if (storage_find(sh, in, &vol) < 0)
		return -1;
	text = strcmp(what, "pool") == 0 ? vol.pool : strcmp(what, "key") == 0 ? vol.key : vol.name;
	out_text(sh, "%s\n", text);
	out_value(sh, json_pack("{s:o}", what, out_json_text(text)));
	return 0;
}

/* -- creating -- */

static int done(struct shell *sh, const struct rvirt_wire_storage_vol *vol, const char *result)
{
	out_value(sh, json_pack("{s:o, s:o, s:o, s:s}", "name", out_json_text(vol->name), "pool",
							out_json_text(vol->pool), "key", out_json_text(vol->key), "result",
							result));
	return 0;
}

static unsigned create_flags(const struct invocation *in)
{
	return (args_given(in, "prealloc-metadata") ? RVIRT_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0) |
		   (args_given(in, "reflink") ? RVIRT_STORAGE_VOL_CREATE_REFLINK : 0) |
		   (args_given(in, "validate") ? RVIRT_STORAGE_VOL_CREATE_VALIDATE : 0);
}

static int create_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_pool_xml_flags_args args = {.flags = create_flags(in)};
	struct rvirt_wire_vol_ret ret = {0};
	const char *file;

	if (storage_find_pool(sh, in, "pool", &pool) < 0 || args_get_text(sh, in, "file", &file) < 0 ||
		!(xml = file_read(sh, file)))
		return -1;
	args.pool = pool;
	args.xml = xml;
	if (rvirt_call_storage_vol_create_xml(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to create vol from %s", file);
	vol = ret.vol;
	out_note(sh, "Vol %s created from %s\n", vol.name, file);
	return done(sh, &vol, "created");
}

/* The volume that a new one stands on: by name in its pool, or by key or path. */
static int backing_xml(struct shell *sh, const struct invocation *in, char **ret)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *clean = NULL, *path = NULL, *format = NULL;
	struct rvirt_wire_vol_args args;
	struct rvirt_wire_name_ret got = {0};

	*ret = NULL;
	if (!args_text(in, "backing-vol"))
		return 0;
	if (storage_find_vol(sh, in, "backing-vol", "pool", &vol) < 0)
		return -1;
	args.vol = vol;
	if (rvirt_call_storage_vol_get_path(sh->conn, &args, &got) < 0)
		return out_fail_at(sh, "Failed to get path of backing volume '%s'", vol.name);
	path = got.name;
	clean = xml_escape(path);
	if (args_text(in, "backing-vol-format")) {
		CLEANUP_FREE char *name = xml_escape(args_text(in, "backing-vol-format"));

		format = shell_printf("    <format type='%s'/>\n", name);
	}
	*ret = shell_printf("  <backingStore>\n    <path>%s</path>\n%s  </backingStore>\n", clean,
						format ? format : "");
	return 0;
}

static int create_as_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	CLEANUP_FREE char *xml = NULL, *backing = NULL, *clean = NULL, *target = NULL, *extra = NULL;
	struct rvirt_wire_pool_xml_flags_args args = {.flags = create_flags(in)};
	struct rvirt_wire_vol_ret ret = {0};
	uint64_t capacity = 0, allocation = 0;
	const char *name, *format = args_text(in, "format");
	int has;

	if (storage_find_pool(sh, in, "pool", &pool) < 0 || args_get_text(sh, in, "name", &name) < 0 ||
		args_get_size(sh, in, "capacity", 1, &capacity) < 0 ||
		(has = args_get_size(sh, in, "allocation", 1, &allocation)) < 0 ||
		backing_xml(sh, in, &backing) < 0)
		return -1;
	clean = xml_escape(name);
	if (has)
		extra = shell_printf("  <allocation>%llu</allocation>\n", (unsigned long long)allocation);
	if (format) {
		CLEANUP_FREE char *type = xml_escape(format);

		target = shell_printf("  <target>\n    <format type='%s'/>\n  </target>\n", type);
	}
	xml =
		shell_printf("<volume>\n  <name>%s</name>\n  <capacity>%llu</capacity>\n%s%s%s</volume>\n",
					 clean, (unsigned long long)capacity, extra ? extra : "", target ? target : "",
					 backing ? backing : "");
	if (args_given(in, "print-xml")) {
		out_text(sh, "%s", xml);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
		return 0;
	}
	args.pool = pool;
	args.xml = xml;
	if (rvirt_call_storage_vol_create_xml(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to create vol %s", name);
	vol = ret.vol;
	out_note(sh, "Vol %s created\n", name);
	return done(sh, &vol, "created");
}

/* The document of a volume with another name; NULL if it is none. */
static char *renamed(const char *xml, const char *name)
{
	CLEANUP_XML xmlDoc *doc = xml_parse(xml, true);
	CLEANUP_FREE xmlNode **nodes = NULL;
	CLEANUP_FREE char *clean = xml_escape(name);
	size_t n = 0;

	if (!doc || xml_nodes(doc, "/volume/name", &nodes, &n) < 0 || n != 1)
		return NULL;
	xmlNodeSetContent(nodes[0], (const xmlChar *)clean);
	return xml_format(doc, xmlDocGetRootElement(doc));
}

static int clone_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_VOL struct rvirt_wire_storage_vol from = {0}, vol = {0};
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_FREE char *xml = NULL, *other = NULL;
	struct rvirt_wire_storage_vol_create_xml_from_args args = {.flags = create_flags(in)};
	struct rvirt_wire_vol_args of;
	struct rvirt_wire_pool_ret its = {0};
	struct rvirt_wire_vol_ret ret = {0};
	const char *name;

	if (storage_find(sh, in, &from) < 0 || args_get_text(sh, in, "newname", &name) < 0)
		return -1;
	of.vol = from;
	if (rvirt_call_storage_pool_lookup_by_volume(sh->conn, &of, &its) < 0)
		return out_fail_at(sh, "failed to get parent pool");
	pool = its.pool;
	if (get_xml(sh, &from, &xml) < 0)
		return -1;
	other = renamed(xml, name);
	if (!other)
		return out_refuse(sh, "Failed to allocate XML buffer");
	args.pool = pool;
	args.clonevol = from;
	args.xml = other;
	if (rvirt_call_storage_vol_create_xml_from(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to clone vol from %s", from.name);
	vol = ret.vol;
	out_note(sh, "Vol %s cloned from %s\n", vol.name, from.name);
	return done(sh, &vol, "cloned");
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
	return done(sh, &vol, "deleted");
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
	return done(sh, &vol, "wiped");
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
	return done(sh, &vol, "resized");
}

#define ARG_ACTIVE_POOL ARG_POOL(RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
#define ARG_PREALLOC                                                                               \
	{                                                                                              \
		"prealloc-metadata", ARG_BOOL, "allocate the image's own data, for qcow2"                  \
	}

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
static const struct arg create_args[] = {
	ARG_ACTIVE_POOL, {"file", ARG_DATA, "file with the XML of a volume", 0, file_complete},
	ARG_PREALLOC,    {"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg create_as_args[] = {
	ARG_ACTIVE_POOL,
	{"name", ARG_DATA, "name of the volume"},
	{"capacity", ARG_DATA, "its size, such as 10G (default: bytes)"},
	{"allocation", ARG_STRING, "how much of it is allocated at once"},
	{"format", ARG_STRING, "its format: raw, qcow2, ..."},
	{"backing-vol", ARG_STRING, "the volume that it stands on"},
	{"backing-vol-format", ARG_STRING, "the format of that one"},
	ARG_PREALLOC,
	{"print-xml", ARG_BOOL, "print the XML, and do nothing"},
	{NULL},
};
static const struct arg clone_args[] = {
	ARG_VOL,
	{"newname", ARG_DATA, "name of the copy"},
	ARG_VOL_POOL,
	ARG_PREALLOC,
	{"reflink", ARG_BOOL, "let both share what is the same"},
	{NULL},
};
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
		{"vol-clone", "volume", "copy a volume in its pool", NULL, clone_args, CMD_WRITES,
		 clone_run},
		{"vol-create", "volume", "create a volume from an XML file", NULL, create_args, CMD_WRITES,
		 create_run},
		{"vol-create-as", "volume", "create a volume described by options", NULL, create_as_args,
		 CMD_WRITES, create_as_run},
		{"vol-delete", "volume", "delete a volume", NULL, delete_args, CMD_WRITES, delete_run},
		{"vol-dumpxml", "volume", "XML of a volume", NULL, dumpxml_args, 0, dumpxml_run},
		{"vol-info", "volume", "what a volume is", NULL, info_args, 0, info_run},
		{"vol-key", "volume", "key of a volume", NULL, vol_args, 0, part_run},
		{"vol-list", "volume", "list volumes of a pool", NULL, list_args, 0, list_run},
		{"vol-name", "volume", "name of a volume", NULL, pool_args, 0, part_run},
		{"vol-path", "volume", "path of a volume", NULL, vol_args, 0, path_run},
		{"vol-pool", "volume", "pool of a volume", NULL, pool_args, 0, part_run},
		{"vol-resize", "volume", "change the size of a volume", NULL, resize_args, CMD_WRITES,
		 resize_run},
		{"vol-wipe", "volume", "overwrite a volume", NULL, wipe_args, CMD_WRITES, wipe_run},
		{NULL},
	};

	return rows;
}
