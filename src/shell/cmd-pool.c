/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage pools: listing and describing. What changes them is cmd-pool-change.c.
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
		out_size_text(info.capacity, 2, capacity);
		out_size_text(info.allocation, 2, allocation);
		out_size_text(info.available, 2, available);
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

const struct cmd *cmd_pool_rows(void)
{
	static const struct cmd rows[] = {
		{"pool-dumpxml", "pool", "XML of a pool", NULL, dumpxml_args, 0, dumpxml_run},
		{"pool-info", "pool", "what a pool is", NULL, info_args, 0, info_run},
		{"pool-list", "pool", "list pools", NULL, list_args, 0, list_run},
		{"pool-name", "pool", "name of a pool by its UUID", NULL, pool_args, 0, name_run},
		{"pool-uuid", "pool", "UUID of a pool by its name", NULL, pool_args, 0, name_run},
		{NULL},
	};

	return rows;
}
