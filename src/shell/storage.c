/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking up pools and volumes. What a name may be is asked together.
 */
#include "config.h"
#include "storage.h"

#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void storage_pool_clear(struct rvirt_wire_storage_pool *pool)
{
	free(pool->name);
	*pool = (struct rvirt_wire_storage_pool){0};
}

void storage_vol_clear(struct rvirt_wire_storage_vol *vol)
{
	free(vol->pool);
	free(vol->name);
	free(vol->key);
	*vol = (struct rvirt_wire_storage_vol){0};
}

int storage_find_pool(struct shell *sh, const struct invocation *in, const char *option,
					  struct rvirt_wire_storage_pool *ret)
{
	struct rvirt_wire_uuid_args uuid;
	struct rvirt_wire_name_args as_name;
	struct rvirt_call *calls[2] = {NULL};
	const char *name;
	int found = -1;

	if (args_get_text(sh, in, option, &name) < 0)
		return -1;
	as_name.name = borrow(name);
	if (domain_parse_uuid(name, uuid.uuid))
		calls[0] = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_POOL_LOOKUP_BY_UUID, &uuid);
	calls[1] = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_POOL_LOOKUP_BY_NAME, &as_name);
	for (int i = 0; i < 2; i++) {
		struct rvirt_wire_pool_ret answer = {0};

		if (domain_wait(calls[i], &answer) < 0)
			continue;
		if (found < 0)
			*ret = answer.pool;
		else
			storage_pool_clear(&answer.pool);
		found = 0;
	}
	if (found == 0)
		return 0;
	return out_fail_at(sh, "failed to get pool '%s'", name);
}

/* Asks by name in a pool (NULL: not), by key and by path; the first answer counts. */
static int look_up(struct shell *sh, const char *name, const struct rvirt_wire_storage_pool *pool,
				   struct rvirt_wire_storage_vol *ret)
{
	struct rvirt_wire_key_args by_key = {borrow(name)};
	struct rvirt_wire_path_args by_path = {borrow(name)};
	struct rvirt_call *calls[3] = {NULL};
	int found = -1;

	if (pool) {
		struct rvirt_wire_pool_name_args by_name = {*pool, borrow(name)};

		calls[0] = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_VOL_LOOKUP_BY_NAME, &by_name);
	}
	calls[1] = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_VOL_LOOKUP_BY_KEY, &by_key);
	calls[2] = rvirt_call_send(sh->conn, RVIRT_PROC_STORAGE_VOL_LOOKUP_BY_PATH, &by_path);
	for (int i = 0; i < 3; i++) {
		struct rvirt_wire_vol_ret answer = {0};

		if (domain_wait(calls[i], &answer) < 0)
			continue;
		if (found < 0)
			*ret = answer.vol;
		else
			storage_vol_clear(&answer.vol);
		found = 0;
	}
	return found;
}

/* The pool of a volume's option, which has to be active. */
static int find_active_pool(struct shell *sh, const struct invocation *in, const char *option,
							struct rvirt_wire_storage_pool *ret)
{
	struct rvirt_wire_pool_args args;
	struct rvirt_wire_active_ret active = {0};

	if (storage_find_pool(sh, in, option, ret) < 0)
		return -1;
	args.pool = *ret;
	if (rvirt_call_storage_pool_is_active(sh->conn, &args, &active) < 0 || active.active != 1)
		return out_refuse(sh, "pool '%s' is not active", ret->name);
	return 0;
}

static bool has_option(const struct invocation *in, const char *name)
{
	const struct arg *arg = in->cmd->args;

	while (arg && arg->name && strcmp(arg->name, name) != 0)
		arg++;
	return arg && arg->name;
}

int storage_find_vol(struct shell *sh, const struct invocation *in, const char *option,
					 const char *pool_option, struct rvirt_wire_storage_vol *ret)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_VOL struct rvirt_wire_storage_vol vol = {0};
	bool has_pool = args_given(in, pool_option);
	const char *name;

	if (args_get_text(sh, in, option, &name) < 0 ||
		(has_pool && find_active_pool(sh, in, pool_option, &pool) < 0))
		return -1;
	if (look_up(sh, name, has_pool ? &pool : NULL, &vol) < 0) {
		if (has_pool || !has_option(in, pool_option))
			return out_fail_at(sh, "failed to get vol '%s'", name);
		return out_fail_at(sh, "failed to get vol '%s', specifying --%s might help", name,
						   pool_option);
	}
	if (has_pool && strcmp(vol.pool, pool.name) != 0)
		return out_refuse(sh, "Requested volume '%s' is not in pool '%s'", name, pool.name);
	*ret = vol;
	vol = (struct rvirt_wire_storage_vol){0};
	return 0;
}

int storage_find(struct shell *sh, const struct invocation *in, struct rvirt_wire_storage_vol *ret)
{
	return storage_find_vol(sh, in, "vol", "pool", ret);
}

void storage_complete_pool(struct shell *sh, const struct invocation *in, unsigned what,
						   struct strings *to)
{
	struct rvirt_wire_need_results_flags_args args = {1, what};
	struct rvirt_wire_pools_count_ret ret = {0};

	(void)in;
	if (sh->interactive ? !sh->conn || sh->lost : shell_need_connection(sh) < 0)
		return;
	if (rvirt_call_connect_list_all_storage_pools(sh->conn, &args, &ret) < 0)
		return;
	for (uint32_t i = 0; i < ret.n_pools; i++)
		strings_add(to, ret.pools[i].name);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_STORAGE_POOLS, &ret);
}

void storage_complete_vol(struct shell *sh, const struct invocation *in, unsigned what,
						  struct strings *to)
{
	struct rvirt_wire_name_args name = {borrow(args_text(in, "pool"))};
	struct rvirt_wire_pool_ret found = {0};
	struct rvirt_wire_pool_need_results_flags_args args = {.need_results = 1};
	struct rvirt_wire_vols_count_ret ret = {0};

	(void)what;
	if (!name.name || (sh->interactive ? !sh->conn || sh->lost : shell_need_connection(sh) < 0) ||
		rvirt_call_storage_pool_lookup_by_name(sh->conn, &name, &found) < 0)
		return;
	args.pool = found.pool;
	if (rvirt_call_storage_pool_list_all_volumes(sh->conn, &args, &ret) == 0) {
		for (uint32_t i = 0; i < ret.n_vols; i++)
			strings_add(to, ret.vols[i].name);
		rvirt_wire_clear(RVIRT_PROC_STORAGE_POOL_LIST_ALL_VOLUMES, &ret);
	}
	storage_pool_clear(&found.pool);
}

void storage_size_field(struct shell *sh, struct json_t **object, const char *label,
						const char *key, uint64_t bytes, bool exact, bool unit)
{
	char text[OUT_SIZE_TEXT];

	out_size_text(bytes, 2, text);
	if (exact)
		snprintf(text, sizeof(text), "%llu%s", (unsigned long long)bytes, unit ? " bytes" : "");
	out_field(sh, object, 15, label, key, json_integer((json_int_t)bytes), "%s", text);
}

int storage_vol_done(struct shell *sh, const struct rvirt_wire_storage_vol *vol, const char *result)
{
	out_value(sh, json_pack("{s:o, s:o, s:o, s:s}", "name", out_json_text(vol->name), "pool",
							out_json_text(vol->pool), "key", out_json_text(vol->key), "result",
							result));
	return 0;
}

int storage_vol_xml(struct shell *sh, const struct rvirt_wire_storage_vol *vol, char **ret)
{
	struct rvirt_wire_vol_flags_args args = {*vol, 0};
	struct rvirt_wire_xml_ret got = {0};

	if (rvirt_call_storage_vol_get_xml_desc(sh->conn, &args, &got) < 0)
		return out_fail(sh);
	*ret = got.xml;
	return 0;
}

int storage_pool_done(struct shell *sh, const struct rvirt_wire_storage_pool *pool,
					  const char *result)
{
	out_value(sh, json_pack("{s:o, s:o, s:s}", "name", out_json_text(pool->name), "uuid",
							out_json_uuid(pool->uuid), "result", result));
	return 0;
}
