/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a domain is: dominfo, domstate, and its id, name and UUID. One round trip finds the domain,
 * one more gets all that dominfo shows.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"

#include <string.h>

#define WIDTH 15 /* of labels */

/* The answers that dominfo is made of; a call that failed has a negative result. */
struct dominfo {
	struct rvirt_wire_type_ret os_type;
	struct rvirt_wire_domain_get_info_ret info;
	struct rvirt_wire_persistent_ret persistent;
	struct rvirt_wire_autostart_ret autostart;
	struct rvirt_wire_result_ret saved;
	struct rvirt_wire_model_doi_ret model;
	struct rvirt_wire_domain_get_security_label_ret label;
	struct rvirt_wire_msgs_ret messages;
};

enum part {
	PART_OS_TYPE,
	PART_INFO,
	PART_PERSISTENT,
	PART_AUTOSTART,
	PART_SAVED,
	PART_MODEL,
	PART_LABEL,
	PART_MESSAGES,
	N_PARTS,
};

struct answers {
	struct dominfo d;
	bool have[N_PARTS];
};

static const enum rvirt_proc procedures[N_PARTS] = {
	[PART_OS_TYPE] = RVIRT_PROC_DOMAIN_GET_OS_TYPE,
	[PART_INFO] = RVIRT_PROC_DOMAIN_GET_INFO,
	[PART_PERSISTENT] = RVIRT_PROC_DOMAIN_IS_PERSISTENT,
	[PART_AUTOSTART] = RVIRT_PROC_DOMAIN_GET_AUTOSTART,
	[PART_SAVED] = RVIRT_PROC_DOMAIN_HAS_MANAGED_SAVE_IMAGE,
	[PART_MODEL] = RVIRT_PROC_NODE_GET_SECURITY_MODEL,
	[PART_LABEL] = RVIRT_PROC_DOMAIN_GET_SECURITY_LABEL,
	[PART_MESSAGES] = RVIRT_PROC_DOMAIN_GET_MESSAGES,
};

static void *part_result(struct dominfo *d, enum part part)
{
	void *const results[N_PARTS] = {
		[PART_OS_TYPE] = &d->os_type,       [PART_INFO] = &d->info,
		[PART_PERSISTENT] = &d->persistent, [PART_AUTOSTART] = &d->autostart,
		[PART_SAVED] = &d->saved,           [PART_MODEL] = &d->model,
		[PART_LABEL] = &d->label,           [PART_MESSAGES] = &d->messages,
	};

	return results[part];
}

static void answers_clear(struct answers *a)
{
	for (int i = 0; i < N_PARTS; i++)
		if (a->have[i])
			rvirt_wire_clear(procedures[i], part_result(&a->d, i));
}

static bool part_decides(const struct answers *a, enum part part, int code)
{
	switch (part) {
	case PART_INFO:
		return true;
	case PART_MODEL:
		return code != RVIRT_ERR_NO_SUPPORT;
	case PART_LABEL:
		return a->have[PART_MODEL] && a->d.model.n_model > 0 && *a->d.model.model;
	default:
		return false;
	}
}

/* Asks everything at once. -1 if something failed that dominfo fails with. */
static int ask(struct shell *sh, const struct rvirt_wire_domain *dom, struct answers *a)
{
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_dom_flags_args flags_args = domain_flags_args(dom, 0);
	const void *all_args[N_PARTS] = {
		&args, &args, &args, &args, &flags_args, NULL, &args, &flags_args,
	};
	struct rvirt_call *calls[N_PARTS];
	int result = 0;

	for (int i = 0; i < N_PARTS; i++)
		calls[i] = rvirt_call_send(sh->conn, procedures[i], all_args[i]);
	for (int i = 0; i < N_PARTS; i++) {
		a->have[i] = domain_wait(calls[i], part_result(&a->d, i)) == 0;
		if (!a->have[i] && part_decides(a, i, rvirt_last_error().code))
			result = out_fail(sh);
	}
	return result;
}

/* Opaque bytes that hold a text, which a NUL may end. */
static char *bytes_text(const char *bytes, uint32_t n)
{
	return shell_printf("%.*s", (int)strnlen(bytes ? bytes : "", n), bytes ? bytes : "");
}

#define FIELD(label, key, value, ...) out_field(sh, object, WIDTH, label, key, value, __VA_ARGS__)

static void show_info(struct shell *sh, json_t **object,
					  const struct rvirt_wire_domain_get_info_ret *info)
{
	const char *state = domain_state_text(info->state);

	FIELD("State:", "state", json_string(state), "%s", state);
	FIELD("CPU(s):", "vcpus", json_integer(info->nr_virt_cpu), "%d", info->nr_virt_cpu);
	if (info->cpu_time)
		FIELD("CPU time:", "cpu_time_ns", json_integer((json_int_t)info->cpu_time), "%.1lfs",
			  (double)info->cpu_time / 1e9);
	if (info->max_mem == UINT32_MAX)
		FIELD("Max memory:", "max_memory_kib", json_null(), "no limit");
	else
		FIELD("Max memory:", "max_memory_kib", json_integer((json_int_t)info->max_mem), "%llu KiB",
			  (unsigned long long)info->max_mem);
	FIELD("Used memory:", "memory_kib", json_integer((json_int_t)info->memory), "%llu KiB",
		  (unsigned long long)info->memory);
}

static void show_security(struct shell *sh, json_t **object, const struct answers *a)
{
	CLEANUP_FREE char *model = bytes_text(a->d.model.model, a->d.model.n_model);
	CLEANUP_FREE char *doi = bytes_text(a->d.model.doi, a->d.model.n_doi);
	CLEANUP_FREE char *label = NULL;

	if (!a->have[PART_MODEL] || !*model)
		return;
	FIELD("Security model:", "security_model", out_json_text(model), "%s", model);
	FIELD("Security DOI:", "security_doi", out_json_text(doi), "%s", doi);
	if (!a->have[PART_LABEL])
		return;
	label = bytes_text(a->d.label.label, a->d.label.n_label);
	if (!*label)
		return;
	FIELD("Security label:", "security_label", out_json_text(label), "%s (%s)", label,
		  a->d.label.enforcing ? "enforcing" : "permissive");
	json_object_set_new(*object, "security_enforcing", json_boolean(a->d.label.enforcing));
}

static void show(struct shell *sh, json_t **object, const struct rvirt_wire_domain *dom,
				 const struct answers *a)
{
	const struct dominfo *d = &a->d;
	char uuid[OUT_UUID_SIZE];

	if (dom->id < 0)
		FIELD("Id:", "id", json_null(), "-");
	else
		FIELD("Id:", "id", json_integer(dom->id), "%d", dom->id);
	FIELD("Name:", "name", out_json_text(dom->name), "%s", dom->name);
	FIELD("UUID:", "uuid", out_json_uuid(dom->uuid), "%s", out_uuid(dom->uuid, uuid));
	if (a->have[PART_OS_TYPE])
		FIELD("OS Type:", "os_type", out_json_text(d->os_type.type), "%s", d->os_type.type);
	if (a->have[PART_INFO])
		show_info(sh, object, &d->info);
	if (a->have[PART_PERSISTENT])
		FIELD("Persistent:", "persistent", json_boolean(d->persistent.persistent), "%s",
			  d->persistent.persistent ? "yes" : "no");
	else
		FIELD("Persistent:", "persistent", json_null(), "unknown");
	if (a->have[PART_AUTOSTART])
		FIELD("Autostart:", "autostart", json_boolean(d->autostart.autostart), "%s",
			  d->autostart.autostart ? "enable" : "disable");
	if (a->have[PART_SAVED])
		FIELD("Managed save:", "managed_save", json_boolean(d->saved.result), "%s",
			  d->saved.result ? "yes" : "no");
	else
		FIELD("Managed save:", "managed_save", json_null(), "unknown");
	show_security(sh, object, a);
	if (!a->have[PART_MESSAGES] || d->messages.n_msgs == 0)
		return;
	json_object_set_new(*object, "messages", json_array());
	for (uint32_t i = 0; i < d->messages.n_msgs; i++) {
		out_text(sh, "%-*s %s\n", WIDTH, i == 0 ? "Messages:" : "", d->messages.msgs[i]);
		json_array_append_new(json_object_get(*object, "messages"),
							  out_json_text(d->messages.msgs[i]));
	}
}

static int dominfo_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP(answers_clear) struct answers a = {0};
	json_t *object = NULL;
	int result;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	result = ask(sh, &dom, &a);
	show(sh, &object, &dom, &a);
	if (result < 0)
		json_decref(object);
	else
		out_value(sh, object);
	return result;
}

/* A host may lack GET_STATE; GET_INFO knows the state without its reason. */
static int domain_state(struct shell *sh, const struct rvirt_wire_domain *dom, int *ret_state,
						int *ret_reason)
{
	struct rvirt_wire_dom_flags_args flags_args = domain_flags_args(dom, 0);
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_domain_get_info_ret info;
	struct rvirt_wire_state_reason_ret ret;

	if (rvirt_call_domain_get_state(sh->conn, &flags_args, &ret) == 0) {
		*ret_state = ret.state;
		*ret_reason = ret.reason;
		return 0;
	}
	if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT ||
		rvirt_call_domain_get_info(sh->conn, &args, &info) < 0)
		return out_fail(sh);
	*ret_state = info.state;
	*ret_reason = -1;
	return 0;
}

static int domstate_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	int state = 0, reason = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || domain_state(sh, &dom, &state, &reason) < 0)
		return -1;
	if (args_given(in, "reason"))
		out_text(sh, "%s (%s)\n", domain_state_text(state), domain_reason_text(state, reason));
	else
		out_text(sh, "%s\n", domain_state_text(state));
	out_value(sh, json_pack("{s:s, s:s}", "state", domain_state_text(state), "reason",
							domain_reason_text(state, reason)));
	return 0;
}

static int domid_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};

	if (domain_find(sh, in, BY_NAME | BY_UUID, &dom) < 0)
		return -1;
	if (dom.id < 0)
		out_text(sh, "-\n");
	else
		out_text(sh, "%d\n", dom.id);
	out_value(sh, domain_json(&dom));
	return 0;
}

static int domname_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};

	if (domain_find(sh, in, BY_ID | BY_UUID, &dom) < 0)
		return -1;
	out_text(sh, "%s\n", dom.name);
	out_value(sh, domain_json(&dom));
	return 0;
}

static int domuuid_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	char uuid[OUT_UUID_SIZE];

	if (domain_find(sh, in, BY_NAME | BY_ID, &dom) < 0)
		return -1;
	out_text(sh, "%s\n", out_uuid(dom.uuid, uuid));
	out_value(sh, domain_json(&dom));
	return 0;
}

static const struct arg domain_args_only[] = {ARG_DOMAIN_ANY(0), {NULL}};
static const struct arg domstate_args[] = {
	ARG_DOMAIN_ANY(0),
	{"reason", ARG_BOOL, "print the reason for the state too"},
	{NULL},
};
static const struct arg domid_args[] = {
	ARG_DOMAIN("name or UUID of the domain", RVIRT_CONNECT_LIST_DOMAINS_ACTIVE), {NULL}};
static const struct arg domname_args[] = {ARG_DOMAIN("id or UUID of the domain", 0), {NULL}};
static const struct arg domuuid_args[] = {ARG_DOMAIN("id or name of the domain", 0), {NULL}};

const struct cmd *cmd_dominfo_rows(void)
{
	static const struct cmd rows[] = {
		{"dominfo", "monitor", "domain information", "Shows what a domain is and what it uses.",
		 domain_args_only, 0, dominfo_run},
		{"domstate", "monitor", "domain state", "Shows the state of a domain.", domstate_args, 0,
		 domstate_run},
		{"domid", "domain", "id of a domain, from its name or UUID", NULL, domid_args, 0,
		 domid_run},
		{"domname", "domain", "name of a domain, from its id or UUID", NULL, domname_args, 0,
		 domname_run},
		{"domuuid", "domain", "UUID of a domain, from its id or name", NULL, domuuid_args, 0,
		 domuuid_run},
		{NULL},
	};

	return rows;
}
