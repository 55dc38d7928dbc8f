/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage volumes: creating and copying them.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "storage.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

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
	return storage_vol_done(sh, &vol, "created");
}

static int create_from_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_VOL struct rvirt_wire_storage_vol from = {0}, vol = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_storage_vol_create_xml_from_args args = {.flags = create_flags(in)};
	struct rvirt_wire_vol_ret ret = {0};
	const char *file;

	if (storage_find_pool(sh, in, "pool", &pool) < 0 || args_get_text(sh, in, "file", &file) < 0 ||
		storage_find_vol(sh, in, "vol", "inputpool", &from) < 0 || !(xml = file_read(sh, file)))
		return -1;
	args.pool = pool;
	args.clonevol = from;
	args.xml = xml;
	if (rvirt_call_storage_vol_create_xml_from(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to create vol from %s", file);
	vol = ret.vol;
	out_note(sh, "Vol %s created from input vol %s\n", vol.name, from.name);
	return storage_vol_done(sh, &vol, "created");
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
	return storage_vol_done(sh, &vol, "created");
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
	if (storage_vol_xml(sh, &from, &xml) < 0)
		return -1;
	other = renamed(xml, name);
	if (!other)
		return out_refuse(sh, "Failed to allocate XML buffer");
	if (args_given(in, "print-xml")) {
		out_text(sh, "%s", other);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(other)));
		return 0;
	}
	args.pool = pool;
	args.clonevol = from;
	args.xml = other;
	if (rvirt_call_storage_vol_create_xml_from(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to clone vol from %s", from.name);
	vol = ret.vol;
	out_note(sh, "Vol %s cloned from %s\n", vol.name, from.name);
	return storage_vol_done(sh, &vol, "cloned");
}

#define ARG_ACTIVE_POOL ARG_POOL(RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
#define ARG_PREALLOC                                                                               \
	{                                                                                              \
		"prealloc-metadata", ARG_BOOL, "allocate the image's own data, for qcow2"                  \
	}

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
	{"print-xml", ARG_BOOL, "print the XML, and do nothing"},
	{NULL},
};
static const struct arg create_from_args[] = {
	ARG_ACTIVE_POOL,
	{"file", ARG_DATA, "file with the XML of a volume", 0, file_complete},
	ARG_VOL,
	{"inputpool", ARG_STRING, "name or UUID of the pool of that volume", 0, storage_complete_pool,
	 RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE},
	ARG_PREALLOC,
	{"reflink", ARG_BOOL, "let both share what is the same"},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};

const struct cmd *cmd_vol_create_rows(void)
{
	static const struct cmd rows[] = {
		{"vol-clone", "volume", "copy a volume in its pool", NULL, clone_args, CMD_WRITES,
		 clone_run},
		{"vol-create", "volume", "create a volume from an XML file", NULL, create_args, CMD_WRITES,
		 create_run},
		{"vol-create-as", "volume", "create a volume described by options", NULL, create_as_args,
		 CMD_WRITES, create_as_run},
		{"vol-create-from", "volume", "create a volume as a copy of another one", NULL,
		 create_from_args, CMD_WRITES, create_from_run},
		{NULL},
	};

	return rows;
}
