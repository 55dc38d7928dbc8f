/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * undefine: removes a definition, and with --storage or --remove-all-storage the volumes that it
 * uses.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A volume to be removed. */
struct volume {
	struct rvirt_wire_vol_ret found;
	char *source, *target;
};

struct volumes {
	struct volume *at;
	size_t n;
};

static void volumes_clear(struct volumes *v)
{
	for (size_t i = 0; i < v->n; i++) {
		rvirt_wire_clear(RVIRT_PROC_STORAGE_VOL_LOOKUP_BY_PATH, &v->at[i].found);
		free(v->at[i].source);
		free(v->at[i].target);
	}
	free(v->at);
}

static int find_in_pool(struct shell *sh, const char *pool, const char *name, const char *target,
						struct rvirt_wire_vol_ret *ret)
{
	struct rvirt_wire_name_args pool_args = {borrow(pool)};
	struct rvirt_wire_pool_ret found = {0};
	struct rvirt_wire_pool_name_args args;
	int result;

	if (rvirt_call_storage_pool_lookup_by_name(sh->conn, &pool_args, &found) < 0) {
		out_warn(sh, "Storage pool '%s' for volume '%s' not found.", pool, target);
		return 0;
	}
	args = (struct rvirt_wire_pool_name_args){found.pool, borrow(name)};
	result = rvirt_call_storage_vol_lookup_by_name(sh->conn, &args, ret) == 0 ? 1 : -1;
	rvirt_wire_clear(RVIRT_PROC_STORAGE_POOL_LOOKUP_BY_NAME, &found);
	return result;
}

/* 1 found, 0 or -1 not. */
static int find_volume(struct shell *sh, const char *pool, const char *source, const char *target,
					   struct rvirt_wire_vol_ret *ret)
{
	struct rvirt_wire_path_args args = {borrow(source)};
	int result;

	if (pool)
		result = find_in_pool(sh, pool, source, target, ret);
	else
		result = rvirt_call_storage_vol_lookup_by_path(sh->conn, &args, ret) == 0 ? 1 : -1;
	if (result < 0)
		out_warn(sh, "Storage volume '%s'(%s) is not managed by libvirt. Remove it manually.\n",
				 target, source);
	return result;
}

/* Takes the name that means this disk out of wanted. wanted empty: all are meant. */
static bool is_wanted(struct strings *wanted, const char *target, const char *source)
{
	for (size_t i = 0; i < wanted->n; i++) {
		if (!wanted->at[i] ||
			(strcmp(wanted->at[i], target) != 0 && strcmp(wanted->at[i], source) != 0))
			continue;
		free(wanted->at[i]);
		wanted->at[i] = NULL;
		return true;
	}
	return wanted->n == 0;
}

static int collect_disk(struct shell *sh, xmlDoc *doc, xmlNode *disk, struct strings *wanted,
						struct volumes *v)
{
	CLEANUP_FREE char *target = xml_string(doc, disk, "string(./target/@dev)");
	CLEANUP_FREE char *source = xml_string(doc, disk,
										   "string(./source/@file|./source/@dir|./source/@name|"
										   "./source/@dev|./source/@volume)");
	CLEANUP_FREE char *pool = xml_string(doc, disk, "string(./source/@pool)");
	struct rvirt_wire_vol_ret found = {0};

	if (!target)
		return out_refuse(sh, "a disk of the domain has no target");
	if (!source || !is_wanted(wanted, target, source) ||
		find_volume(sh, pool, source, target, &found) <= 0)
		return 0;
	v->at = shell_realloc(v->at, (v->n + 1) * sizeof(*v->at));
	v->at[v->n++] = (struct volume){found, steal(&source), steal(&target)};
	return 0;
}

/* Finds the volumes of the domain's disks that the options mean. */
static int collect_volumes(struct shell *sh, const struct rvirt_wire_domain *dom, const char *names,
						   struct volumes *v)
{
	CLEANUP_STRINGS struct strings wanted = {0};
	CLEANUP_FREE char *xml = domain_xml(sh, dom, 0);
	CLEANUP_XML xmlDoc *doc = xml ? xml_parse(xml, true) : NULL;
	CLEANUP_FREE xmlNode **disks = NULL;
	size_t n = 0;
	int result = 0;

	if (!xml)
		return out_refuse(sh, "Failed to get domain description xml");
	if (!doc || xml_nodes(doc, "./devices/disk", &disks, &n) < 0)
		return out_refuse(sh, "Failed to parse domain description xml");
	if (names)
		strings_split_commas(&wanted, names);
	for (size_t i = 0; i < n; i++)
		if (collect_disk(sh, doc, disks[i], &wanted, v) < 0)
			return -1;
	for (size_t i = 0; i < wanted.n; i++)
		if (wanted.at[i])
			result =
				out_refuse(sh, "Volume '%s' was not found in domain's definition.\n", wanted.at[i]);
	return result;
}

static int remove_volumes(struct shell *sh, const struct volumes *v, bool wipe, unsigned flags)
{
	int result = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct volume *vol = &v->at[i];
		struct rvirt_wire_vol_flags_args args = {vol->found.vol, 0};

		if (wipe) {
			out_note(sh, "Wiping volume '%s'(%s) ... ", vol->target, vol->source);
			fflush(stdout);
			if (rvirt_call_storage_vol_wipe(sh->conn, &args) < 0) {
				result = out_fail_at(sh, "Failed! Volume not removed.");
				continue;
			}
			out_note(sh, "Done.\n");
		}
		args.flags = flags;
		if (rvirt_call_storage_vol_delete(sh->conn, &args) < 0)
			result = out_fail_at(sh, "Failed to remove storage volume '%s'(%s)", vol->target,
								 vol->source);
		else
			out_note(sh, "Volume '%s'(%s) removed.\n", vol->target, vol->source);
	}
	return result;
}

/* What there is besides the definition. */
struct remains {
	int saved, snapshots, snapshots_metadata;
	bool knows_flags; /* the host has the newer call for sure */
};

/* An answer that may be "not supported", which counts as none. */
static int wait_number(struct shell *sh, struct rvirt_call *call, void *ret, const int32_t *number,
					   int *result)
{
	if (domain_wait(call, ret) == 0)
		return *number;
	if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT)
		*result = out_fail(sh);
	return 0;
}

/* One round trip finds out what an inactive domain has. */
static int ask_remains(struct shell *sh, const struct rvirt_wire_domain *dom, struct remains *r)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_dom_flags_args metadata_args =
		domain_flags_args(dom, RVIRT_DOMAIN_SNAPSHOT_LIST_METADATA);
	struct rvirt_wire_result_ret saved = {0};
	struct rvirt_wire_num_ret snapshots = {0}, metadata = {0};
	struct rvirt_call *saved_call, *snapshots_call, *metadata_call;
	int result = 0;

	saved_call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_HAS_MANAGED_SAVE_IMAGE, &args);
	snapshots_call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_SNAPSHOT_NUM, &args);
	metadata_call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_SNAPSHOT_NUM, &metadata_args);
	r->saved = wait_number(sh, saved_call, &saved, &saved.result, &result);
	r->snapshots = wait_number(sh, snapshots_call, &snapshots, &snapshots.num, &result);
	r->knows_flags = domain_wait(metadata_call, &metadata) == 0;
	if (r->snapshots)
		r->snapshots_metadata = r->knows_flags ? metadata.num : r->snapshots;
	return result;
}

/* On hosts without the newer call the parts are removed one by one; what cannot be is refused. */
static int undefine_by_parts(struct shell *sh, const struct rvirt_wire_domain *dom,
							 const struct remains *r, const struct invocation *in)
{
	struct rvirt_wire_dom_flags_args flags_args = domain_flags_args(dom, 0);
	struct rvirt_wire_dom_args args = domain_args(dom);

	out_forget(sh);
	if (r->saved && !args_given(in, "managed-save"))
		return out_refuse(sh, "Refusing to undefine while domain managed save image exists");
	if (r->saved && rvirt_call_domain_managed_save_remove(sh->conn, &flags_args) < 0)
		return out_fail(sh);
	if (r->snapshots_metadata && args_given(in, "snapshots-metadata"))
		return out_refuse(sh, "Unable to remove metadata of %d snapshots", r->snapshots_metadata);
	if (r->snapshots_metadata)
		return out_refuse(sh, "Refusing to undefine while %d snapshots exist",
						  r->snapshots_metadata);
	return rvirt_call_domain_undefine(sh->conn, &args) < 0 ? out_fail(sh) : 0;
}

static unsigned undefine_flags(const struct invocation *in, const struct remains *r)
{
	return (args_given(in, "managed-save") && r->saved ? RVIRT_DOMAIN_UNDEFINE_MANAGED_SAVE : 0) |
		   (args_given(in, "snapshots-metadata") && r->snapshots_metadata
				? RVIRT_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
				: 0) |
		   (args_given(in, "checkpoints-metadata") ? RVIRT_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
												   : 0) |
		   (args_given(in, "nvram") ? RVIRT_DOMAIN_UNDEFINE_NVRAM : 0) |
		   (args_given(in, "keep-nvram") ? RVIRT_DOMAIN_UNDEFINE_KEEP_NVRAM : 0) |
		   (args_given(in, "tpm") ? RVIRT_DOMAIN_UNDEFINE_TPM : 0) |
		   (args_given(in, "keep-tpm") ? RVIRT_DOMAIN_UNDEFINE_KEEP_TPM : 0);
}

static int undefine(struct shell *sh, const struct rvirt_wire_domain *dom, const struct remains *r,
					const struct invocation *in)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, undefine_flags(in, r));
	bool safe = (args_given(in, "managed-save") || !r->saved || r->knows_flags) &&
				(args_given(in, "snapshots-metadata") || !r->snapshots_metadata || r->knows_flags);
	int code;

	if (!safe && !args_given(in, "nvram"))
		return undefine_by_parts(sh, dom, r, in);
	if (rvirt_call_domain_undefine_flags(sh->conn, &args) == 0)
		return 0;
	code = rvirt_last_error().code;
	if (args_given(in, "nvram") || (code != RVIRT_ERR_NO_SUPPORT && code != RVIRT_ERR_INVALID_ARG))
		return out_fail_at(sh, "Failed to undefine domain '%s'", args_text(in, "domain"));
	return undefine_by_parts(sh, dom, r, in);
}

static int check_options(struct shell *sh, const struct invocation *in)
{
	if (args_given(in, "delete-storage-volume-snapshots") && !args_given(in, "remove-all-storage"))
		return out_refuse(sh, "Option --remove-all-storage is required by option "
							  "--delete-storage-volume-snapshots");
	if (args_exclusive(sh, in, "nvram", "keep-nvram") < 0 ||
		args_exclusive(sh, in, "tpm", "keep-tpm") < 0)
		return -1;
	if (args_given(in, "wipe-storage") && !args_text(in, "storage") &&
		!args_given(in, "remove-all-storage"))
		return out_refuse(sh, "'--wipe-storage' requires '--storage <string>' or "
							  "'--remove-all-storage'");
	return 0;
}

static int undefine_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP(volumes_clear) struct volumes volumes = {0};
	struct remains remains = {0};
	const char *storage = args_text(in, "storage");
	bool all = args_given(in, "remove-all-storage");
	struct rvirt_wire_dom_args args;
	struct rvirt_wire_active_ret active;

	if (check_options(sh, in) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_args(&dom);
	if (rvirt_call_domain_is_active(sh->conn, &args, &active) < 0)
		return out_fail(sh);
	if (!active.active && ask_remains(sh, &dom, &remains) < 0)
		return -1;
	if (storage || all) {
		if (active.active)
			return out_refuse(sh, "Storage volume deletion is supported only on stopped domains");
		if (storage && all)
			return out_refuse(sh, "Specified both --storage and --remove-all-storage");
		if (collect_volumes(sh, &dom, storage, &volumes) < 0)
			return -1;
	}
	if (undefine(sh, &dom, &remains, in) < 0)
		return -1;
	out_note(sh, "Domain '%s' has been undefined\n", args_text(in, "domain"));
	domain_done(sh, &dom, "undefined");
	return remove_volumes(sh, &volumes, args_given(in, "wipe-storage"),
						  args_given(in, "delete-storage-volume-snapshots")
							  ? RVIRT_STORAGE_VOL_DELETE_WITH_SNAPSHOTS
							  : 0);
}

static const struct arg undefine_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT),
	{"managed-save", ARG_BOOL, "remove its saved state too"},
	{"storage", ARG_STRING,
	 "remove these volumes too: targets or sources of its disks, with commas"},
	{"remove-all-storage", ARG_BOOL, "remove the volumes of all its disks too"},
	{"delete-snapshots", ARG_ALIAS, "delete-storage-volume-snapshots"},
	{"delete-storage-volume-snapshots", ARG_BOOL,
	 "with their snapshots, where the storage has them; needs --remove-all-storage"},
	{"wipe-storage", ARG_BOOL, "wipe volumes before removing them"},
	{"snapshots-metadata", ARG_BOOL, "remove what is known of its snapshots (inactive domains)"},
	{"checkpoints-metadata", ARG_BOOL,
	 "remove what is known of its checkpoints (inactive domains)"},
	{"nvram", ARG_BOOL, "remove its NVRAM file"},
	{"keep-nvram", ARG_BOOL, "keep its NVRAM file"},
	{"tpm", ARG_BOOL, "remove its TPM state"},
	{"keep-tpm", ARG_BOOL, "keep its TPM state"},
	{NULL},
};

const struct cmd *cmd_undefine_rows(void)
{
	static const struct cmd rows[] = {
		{"undefine", "domain", "remove the definition of a domain",
		 "Removes the definition of a domain. One that runs goes on until it stops.", undefine_args,
		 CMD_WRITES, undefine_run},
		{NULL},
	};

	return rows;
}
