/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage pools: listing, describing, defining, starting, stopping.
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

/* -- listing -- */

static const char *state_text(int state)
{
	static const char *const texts[] = {[RVIRT_STORAGE_POOL_INACTIVE] = "inactive",
										[RVIRT_STORAGE_POOL_BUILDING] = "building",
										[RVIRT_STORAGE_POOL_RUNNING] = "running",
										[RVIRT_STORAGE_POOL_DEGRADED] = "degraded",
										[RVIRT_STORAGE_POOL_INACCESSIBLE] = "inaccessible"};

	return state >= 0 && state <= RVIRT_STORAGE_POOL_INACCESSIBLE ? texts[state] : "unknown";
}

static int type_flags(struct shell *sh, const char *types, unsigned *ret)
{
	static const char *const names[] = {"dir",     "fs",   "netfs",    "logical",      "disk",
										"iscsi",   "scsi", "mpath",    "rbd",          "sheepdog",
										"gluster", "zfs",  "vstorage", "iscsi-direct", NULL};
	CLEANUP_FREE char *copy = shell_strdup(types ? types : "");
	char *at = NULL;

	for (char *type = strtok_r(copy, ",", &at); type; type = strtok_r(NULL, ",", &at)) {
		unsigned i = 0;

		while (names[i] && strcmp(names[i], type) != 0)
			i++;
		if (!names[i])
			return out_refuse(sh, "Invalid pool type '%s'", type);
		*ret |= (unsigned)RVIRT_CONNECT_LIST_STORAGE_POOLS_DIR << i;
	}
	return 0;
}

static int list_flags(struct shell *sh, const struct invocation *in, unsigned *ret)
{
	*ret = args_given(in, "all")        ? 0
		   : args_given(in, "inactive") ? RVIRT_CONNECT_LIST_STORAGE_POOLS_INACTIVE
										: RVIRT_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
	*ret |= (args_given(in, "autostart") ? RVIRT_CONNECT_LIST_STORAGE_POOLS_AUTOSTART : 0) |
			(args_given(in, "no-autostart") ? RVIRT_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART : 0) |
			(args_given(in, "persistent") ? RVIRT_CONNECT_LIST_STORAGE_POOLS_PERSISTENT : 0) |
			(args_given(in, "transient") ? RVIRT_CONNECT_LIST_STORAGE_POOLS_TRANSIENT : 0);
	return type_flags(sh, args_text(in, "type"), ret);
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct rvirt_wire_storage_pool *)a)->name,
					  ((const struct rvirt_wire_storage_pool *)b)->name);
}

/* What is asked of each pool of a list, of all together. */
struct asked {
	struct rvirt_call *autostart, *info, *persistent;
};

static void add_row(struct shell *sh, const struct rvirt_wire_storage_pool *pool,
					struct asked *asked, bool details, struct table *table, json_t *all)
{
	struct rvirt_wire_autostart_ret autostart = {0};
	struct rvirt_wire_persistent_ret persistent = {0};
	struct rvirt_wire_storage_pool_get_info_ret info = {0};
	bool knows_autostart = domain_wait(asked->autostart, &autostart) == 0;
	bool knows_info = domain_wait(asked->info, &info) == 0;
	bool knows_persistent = domain_wait(asked->persistent, &persistent) == 0;
	bool active = info.state != RVIRT_STORAGE_POOL_INACTIVE;
	char capacity[32] = "-", allocation[32] = "-", available[32] = "-";
	const char *starts = !knows_autostart ? "no autostart" : autostart.autostart ? "yes" : "no";
	const char *persists = !knows_persistent ? "unknown" : persistent.persistent ? "yes" : "no";
	const char *brief[] = {pool->name, active ? "active" : "inactive", starts};
	const char *whole[] = {pool->name, knows_info ? state_text(info.state) : "unknown",
						   starts,     persists,
						   capacity,   allocation,
						   available};

	(void)sh;
	if (info.state == RVIRT_STORAGE_POOL_RUNNING || info.state == RVIRT_STORAGE_POOL_DEGRADED) {
		storage_size_text(info.capacity, capacity);
		storage_size_text(info.allocation, allocation);
		storage_size_text(info.available, available);
	}
	table_add(table, details ? whole : brief);
	json_array_append_new(
		all, json_pack("{s:o, s:o, s:s, s:b, s:b}", "name", out_json_text(pool->name), "uuid",
					   out_json_uuid(pool->uuid), "state", state_text(info.state), "autostart",
					   autostart.autostart, "persistent", persistent.persistent));
}

static void print_table(struct shell *sh, const struct rvirt_wire_pools_count_ret *found,
						bool details)
{
	static const char *const brief[] = {"Name", "State", "Autostart"};
	static const char *const whole[] = {"Name",     "State",      "Autostart", "Persistent",
										"Capacity", "Allocation", "Available"};
	struct table *table = details ? table_new(7, whole) : table_new(3, brief);
	CLEANUP_FREE struct asked *asked = shell_alloc(((size_t)found->n_pools + 1) * sizeof(*asked));
	CLEANUP_FREE char *text = NULL;
	json_t *all = json_array();

	for (uint32_t i = 0; i < found->n_pools; i++) {
		struct rvirt_wire_pool_args args = {found->pools[i]};

		asked[i].autostart =
			rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_POOL_GET_AUTOSTART, &args);
		asked[i].info = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_POOL_GET_INFO, &args);
		asked[i].persistent =
			rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_POOL_IS_PERSISTENT, &args);
	}
	for (uint32_t i = 0; i < found->n_pools; i++)
		add_row(sh, &found->pools[i], &asked[i], details, table, all);
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "pools", all));
	table_free(table);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	bool name = args_given(in, "name"), uuid = args_given(in, "uuid");
	struct rvirt_wire_need_results_flags_args args = {.need_results = 1};
	struct rvirt_wire_pools_count_ret found = {0};

	if (list_flags(sh, in, &args.flags) < 0)
		return -1;
	if (rvirt_call_connect_list_all_storage_pools(sh->conn, &args, &found) < 0)
		return out_fail_at(sh, "Failed to list pools");
	if (found.n_pools)
		qsort(found.pools, found.n_pools, sizeof(*found.pools), by_name);
	if (!name && !uuid)
		print_table(sh, &found, args_given(in, "details"));
	for (uint32_t i = 0; (name || uuid) && i < found.n_pools; i++) {
		char text[OUT_UUID_SIZE];

		out_text(sh, uuid ? "%s%s" : "%s", uuid ? out_uuid(found.pools[i].uuid, text) : "",
				 uuid && name ? " " : "");
		out_text(sh, "%s\n", name ? found.pools[i].name : "");
	}
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_STORAGE_POOLS, &found);
	return 0;
}

/* -- describing -- */

static int info_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	struct rvirt_wire_pool_args args;
	struct rvirt_wire_storage_pool_get_info_ret info;
	struct rvirt_wire_persistent_ret persistent = {-1};
	struct rvirt_wire_autostart_ret autostart = {-1};
	json_t *object = NULL;
	char uuid[OUT_UUID_SIZE];

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (rvirt_call_storage_pool_get_info(sh->conn, &args, &info) < 0)
		return out_fail(sh);
	rvirt_call_storage_pool_is_persistent(sh->conn, &args, &persistent);
	out_field(sh, &object, 15, "Name:", "name", out_json_text(pool.name), "%s", pool.name);
	out_field(sh, &object, 15, "UUID:", "uuid", out_json_uuid(pool.uuid), "%s",
			  out_uuid(pool.uuid, uuid));
	out_field(sh, &object, 15, "State:", "state", json_string(state_text(info.state)), "%s",
			  state_text(info.state));
	out_field(sh, &object, 15, "Persistent:", "persistent", json_boolean(persistent.persistent > 0),
			  "%s",
			  persistent.persistent < 0 ? "unknown"
			  : persistent.persistent   ? "yes"
										: "no");
	if (rvirt_call_storage_pool_get_autostart(sh->conn, &args, &autostart) < 0)
		out_text(sh, "%-15s %s\n", "Autostart:", "no autostart");
	else
		out_field(sh, &object, 15, "Autostart:", "autostart", json_boolean(autostart.autostart),
				  "%s", autostart.autostart ? "yes" : "no");
	if (info.state == RVIRT_STORAGE_POOL_RUNNING || info.state == RVIRT_STORAGE_POOL_DEGRADED) {
		bool bytes = args_given(in, "bytes");

		storage_size_field(sh, &object, "Capacity:", "capacity", info.capacity, bytes, false);
		storage_size_field(sh, &object, "Allocation:", "allocation", info.allocation, bytes, false);
		storage_size_field(sh, &object, "Available:", "available", info.available, bytes, false);
	}
	out_value(sh, object);
	return 0;
}

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_pool_flags_args args = {.flags = args_given(in, "inactive")};
	struct rvirt_wire_xml_ret ret = {0};

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (rvirt_call_storage_pool_get_xml_desc(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	xml = ret.xml;
	return document_print(sh, in, xml);
}

static int name_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	char uuid[OUT_UUID_SIZE];

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	out_text(sh, "%s\n",
			 strcmp(in->cmd->name, "pool-uuid") == 0 ? out_uuid(pool.uuid, uuid) : pool.name);
	out_value(sh, json_pack("{s:o, s:o}", "name", out_json_text(pool.name), "uuid",
							out_json_uuid(pool.uuid)));
	return 0;
}

/* -- defining -- */

/* Appends a piece of XML, its % being the value, if there is one. */
static void put(char **xml, const char *piece, const char *value)
{
	CLEANUP_FREE char *clean = value ? xml_escape(value) : NULL;
	const char *at = strchr(piece, '%');
	char *longer;

	if (!clean)
		return;
	longer = shell_printf("%s%.*s%s%s", *xml, (int)(at - piece), piece, clean, at + 1);
	free(*xml);
	*xml = longer;
}

static char *make_xml(const struct invocation *in)
{
	static const struct {
		const char *option, *xml;
	} source[] = {
		{"source-host", "    <host name='%'/>\n"},
		{"source-path", "    <dir path='%'/>\n"},
		{"source-dev", "    <device path='%'/>\n"},
		{"adapter-name", "    <adapter name='%'/>\n"},
		{"source-format", "    <format type='%'/>\n"},
		{"source-name", "    <name>%</name>\n"},
		{"source-protocol-ver", "    <protocol ver='%'/>\n"},
	};
	char *xml = shell_strdup("");
	size_t before;

	put(&xml, "<pool type='%'>\n", args_text(in, "type"));
	put(&xml, "  <name>%</name>\n", args_text(in, "name"));
	before = strlen(xml);
	for (size_t i = 0; i < sizeof(source) / sizeof(*source); i++)
		put(&xml, source[i].xml, args_text(in, source[i].option));
	if (strlen(xml) > before) {
		char *whole =
			shell_printf("%.*s  <source>\n%s  </source>\n", (int)before, xml, xml + before);

		free(xml);
		xml = whole;
	}
	put(&xml, "  <target>\n    <path>%</path>\n  </target>\n", args_text(in, "target"));
	put(&xml, "</pool>%\n", "");
	return xml;
}

static unsigned build_flags(const struct invocation *in)
{
	return (args_given(in, "build") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD : 0) |
		   (args_given(in, "overwrite") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE : 0) |
		   (args_given(in, "no-overwrite") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE : 0);
}

/* pool-define, pool-create, and both with -as. */
static int make_run(struct shell *sh, const struct invocation *in)
{
	bool as = strstr(in->cmd->name, "-as"), create = strstr(in->cmd->name, "create");
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_xml_flags_args args;
	struct rvirt_wire_pool_ret ret = {0};
	const char *from;
	int r;

	if (args_exclusive(sh, in, "overwrite", "no-overwrite") < 0 ||
		args_get_text(sh, in, as ? "name" : "file", &from) < 0 ||
		!(xml = as ? make_xml(in) : file_read(sh, from)))
		return -1;
	if (as && args_given(in, "print-xml")) {
		out_text(sh, "%s", xml);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
		return 0;
	}
	args = (struct rvirt_wire_xml_flags_args){xml, create ? build_flags(in)
												   : args_given(in, "validate")
													   ? RVIRT_STORAGE_POOL_DEFINE_VALIDATE
													   : 0};
	r = create ? rvirt_call_storage_pool_create_xml(sh->conn, &args, &ret)
			   : rvirt_call_storage_pool_define_xml(sh->conn, &args, &ret);
	if (r < 0)
		return out_fail_at(sh, "Failed to %s pool %s%s", create ? "create" : "define",
						   as ? "" : "from ", from);
	pool = ret.pool;
	if (as)
		out_note(sh, "Pool %s %s\n", pool.name, create ? "created" : "defined");
	else
		out_note(sh, "Pool %s %s from %s\n", pool.name, create ? "created" : "defined", from);
	return storage_pool_done(sh, &pool, create ? "created" : "defined");
}

/* -- one call on one pool -- */

static const struct act {
	const char *command;
	enum rvirt_proc proc;
	const char *verb, *done;
	bool flags;
} acts[] = {
	{"pool-build", RVIRT_PROC_STORAGE_POOL_BUILD, "build", "built", true},
	{"pool-start", RVIRT_PROC_STORAGE_POOL_CREATE, "start", "started", true},
	{"pool-destroy", RVIRT_PROC_STORAGE_POOL_DESTROY, "destroy", "destroyed", false},
	{"pool-delete", RVIRT_PROC_STORAGE_POOL_DELETE, "delete", "deleted", true},
	{"pool-refresh", RVIRT_PROC_STORAGE_POOL_REFRESH, "refresh", "refreshed", true},
	{"pool-undefine", RVIRT_PROC_STORAGE_POOL_UNDEFINE, "undefine", "has been undefined", false},
};

static int act_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	const struct act *act = acts;
	struct rvirt_wire_pool_flags_args args = {0};
	struct rvirt_call *call;

	while (strcmp(act->command, in->cmd->name) != 0)
		act++;
	if (args_exclusive(sh, in, "overwrite", "no-overwrite") < 0 ||
		storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (act->proc == RVIRT_PROC_STORAGE_POOL_CREATE)
		args.flags = build_flags(in);
	if (act->proc == RVIRT_PROC_STORAGE_POOL_BUILD)
		args.flags = (args_given(in, "overwrite") ? RVIRT_STORAGE_POOL_BUILD_OVERWRITE : 0) |
					 (args_given(in, "no-overwrite") ? RVIRT_STORAGE_POOL_BUILD_NO_OVERWRITE : 0);
	/* the pool comes first in both kinds of arguments */
	call = rvirt_call_send(sh->conn, act->proc, &args);
	if (domain_wait(call, NULL) < 0)
		return out_fail_at(sh, "Failed to %s pool %s", act->verb, pool.name);
	out_note(sh, "Pool %s %s\n", pool.name, act->done);
	return storage_pool_done(sh, &pool, act->done);
}

static int autostart_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	bool on = !args_given(in, "disable");
	struct rvirt_wire_pool_autostart_args args = {.autostart = on};

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (rvirt_call_storage_pool_set_autostart(sh->conn, &args) < 0)
		return out_fail_at(sh, "failed to %s pool %s as autostarted", on ? "mark" : "unmark",
						   pool.name);
	out_note(sh, "Pool %s %s as autostarted\n", pool.name, on ? "marked" : "unmarked");
	return storage_pool_done(sh, &pool, on ? "marked" : "unmarked");
}

#define ARGS_BUILD                                                                                 \
	{"build", ARG_BOOL, "build the pool as normal"},                                               \
		{"no-overwrite", ARG_BOOL, "build it only if nothing is there"},                           \
	{                                                                                              \
		"overwrite", ARG_BOOL, "build it over what is there"                                       \
	}
#define ARGS_AS                                                                                    \
	{"name", ARG_DATA, "name of the pool"}, {"type", ARG_DATA, "type of the pool"},                \
		{"print-xml", ARG_BOOL, "print the XML, and do nothing"},                                  \
		{"source-host", ARG_STRING, "host that the source is on"},                                 \
		{"source-path", ARG_STRING, "path of the source"},                                         \
		{"source-dev", ARG_STRING, "device of the source"},                                        \
		{"source-name", ARG_STRING, "name of the source"},                                         \
		{"target", ARG_STRING, "where the volumes are"},                                           \
		{"source-format", ARG_STRING, "format of the source"},                                     \
		{"adapter-name", ARG_STRING, "name of the adapter"},                                       \
	{                                                                                              \
		"source-protocol-ver", ARG_STRING, "version of NFS"                                        \
	}

static const struct arg list_args[] = {
	{"inactive", ARG_BOOL, "inactive ones only"},
	{"all", ARG_BOOL, "inactive ones too"},
	{"transient", ARG_BOOL, "those that are gone when they stop"},
	{"persistent", ARG_BOOL, "those that are defined"},
	{"autostart", ARG_BOOL, "those that start by themselves"},
	{"no-autostart", ARG_BOOL, "those that do not"},
	{"type", ARG_STRING, "only these types, separated by commas"},
	{"details", ARG_BOOL, "with sizes"},
	{"uuid", ARG_BOOL, "their UUIDs only"},
	{"name", ARG_BOOL, "their names only"},
	{NULL},
};
static const struct arg pool_args[] = {ARG_POOL(0), {NULL}};
static const struct arg info_args[] = {ARG_POOL(0), {"bytes", ARG_BOOL, "sizes in bytes"}, {NULL}};
static const struct arg dumpxml_args[] = {
	ARG_POOL(0), {"inactive", ARG_BOOL, "what it is after the next start"}, ARGS_XPATH, {NULL}};
static const struct arg start_args[] = {ARG_POOL(0), ARGS_BUILD, {NULL}};
static const struct arg build_args[] = {
	ARG_POOL(0),
	{"no-overwrite", ARG_BOOL, "only if nothing is there"},
	{"overwrite", ARG_BOOL, "over what is there"},
	{NULL},
};
static const struct arg autostart_args[] = {
	ARG_POOL(0), {"disable", ARG_BOOL, "do not start it"}, {NULL}};
static const struct arg define_args[] = {
	{"file", ARG_DATA, "file with the XML of a pool", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg create_args[] = {
	{"file", ARG_DATA, "file with the XML of a pool", 0, file_complete}, ARGS_BUILD, {NULL}};
static const struct arg define_as_args[] = {ARGS_AS, {NULL}};
static const struct arg create_as_args[] = {ARGS_AS, ARGS_BUILD, {NULL}};

const struct cmd *cmd_pool_rows(void)
{
	static const struct cmd rows[] = {
		{"pool-autostart", "pool", "start a pool with the host", NULL, autostart_args, CMD_WRITES,
		 autostart_run},
		{"pool-build", "pool", "make what a pool stands on", NULL, build_args, CMD_WRITES, act_run},
		{"pool-create", "pool", "start a pool from an XML file", NULL, create_args, CMD_WRITES,
		 make_run},
		{"pool-create-as", "pool", "start a pool described by options", NULL, create_as_args,
		 CMD_WRITES, make_run},
		{"pool-define", "pool", "define a pool from an XML file", NULL, define_args, CMD_WRITES,
		 make_run},
		{"pool-define-as", "pool", "define a pool described by options", NULL, define_as_args,
		 CMD_WRITES, make_run},
		{"pool-delete", "pool", "delete what a pool stands on", NULL, pool_args, CMD_WRITES,
		 act_run},
		{"pool-destroy", "pool", "stop a pool", NULL, pool_args, CMD_WRITES, act_run},
		{"pool-dumpxml", "pool", "XML of a pool", NULL, dumpxml_args, 0, dumpxml_run},
		{"pool-info", "pool", "what a pool is", NULL, info_args, 0, info_run},
		{"pool-list", "pool", "list pools", NULL, list_args, 0, list_run},
		{"pool-name", "pool", "name of a pool by its UUID", NULL, pool_args, 0, name_run},
		{"pool-refresh", "pool", "look again what is in a pool", NULL, pool_args, CMD_WRITES,
		 act_run},
		{"pool-start", "pool", "start a pool that is defined", NULL, start_args, CMD_WRITES,
		 act_run},
		{"pool-undefine", "pool", "undefine a pool that is not active", NULL, pool_args, CMD_WRITES,
		 act_run},
		{"pool-uuid", "pool", "UUID of a pool by its name", NULL, pool_args, 0, name_run},
		{NULL},
	};

	return rows;
}
