/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * list: the domains of a host. It costs one round trip for the names and states, and one more for
 * what only a call for each domain can tell, however many domains there are.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct entry {
	const struct rvirt_wire_domain *dom;
	int state; /* negative: the domain has gone meanwhile */
	bool saved;
	char *title; /* NULL: not asked for */
	struct rvirt_call *call, *title_call;
};

struct listing {
	struct rvirt_wire_domains_count_ret found;
	struct entry *entries;
	size_t n;
};

static unsigned filter_flags(const struct invocation *in)
{
	static const struct {
		const char *option;
		unsigned flag;
	} filters[] = {
		{"persistent", RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT},
		{"transient", RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT},
		{"with-managed-save", RVIRT_CONNECT_LIST_DOMAINS_MANAGEDSAVE},
		{"without-managed-save", RVIRT_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE},
		{"autostart", RVIRT_CONNECT_LIST_DOMAINS_AUTOSTART},
		{"no-autostart", RVIRT_CONNECT_LIST_DOMAINS_NO_AUTOSTART},
		{"with-snapshot", RVIRT_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT},
		{"without-snapshot", RVIRT_CONNECT_LIST_DOMAINS_NO_SNAPSHOT},
		{"with-checkpoint", RVIRT_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT},
		{"without-checkpoint", RVIRT_CONNECT_LIST_DOMAINS_NO_CHECKPOINT},
		{"state-running", RVIRT_CONNECT_LIST_DOMAINS_RUNNING},
		{"state-paused", RVIRT_CONNECT_LIST_DOMAINS_PAUSED},
		{"state-shutoff", RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF},
		{"state-other", RVIRT_CONNECT_LIST_DOMAINS_OTHER},
	};
	unsigned flags = RVIRT_CONNECT_LIST_DOMAINS_ACTIVE;

	if (args_given(in, "inactive") || args_given(in, "state-shutoff"))
		flags = RVIRT_CONNECT_LIST_DOMAINS_INACTIVE;
	if (args_given(in, "all"))
		flags = RVIRT_CONNECT_LIST_DOMAINS_ACTIVE | RVIRT_CONNECT_LIST_DOMAINS_INACTIVE;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (args_given(in, filters[i].option))
			flags |= filters[i].flag;
	return flags;
}

static int by_place(const void *a, const void *b)
{
	const struct rvirt_wire_domain *x = ((const struct entry *)a)->dom;
	const struct rvirt_wire_domain *y = ((const struct entry *)b)->dom;

	if (x->id < 0 && y->id < 0)
		return strcasecmp(x->name, y->name);
	if (x->id < 0 || y->id < 0)
		return x->id < 0 ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_uuid(const void *a, const void *b)
{
	return memcmp(((const struct rvirt_wire_domain_stats_record *)a)->dom.uuid,
				  ((const struct rvirt_wire_domain_stats_record *)b)->dom.uuid, RVIRT_UUID_LEN);
}

/* The state in a record of statistics; -1 if it is not there. */
static int record_state(const struct rvirt_wire_domain_stats_record *record)
{
	for (uint32_t i = 0; i < record->n_params; i++)
		if (strcmp(record->params[i].field, "state.state") == 0 &&
			record->params[i].value.type == RVIRT_TYPED_PARAM_INT)
			return record->params[i].value.u.i;
	return -1;
}

/* Takes states from the statistics of all domains, where they have them. */
static void take_states(struct listing *l, struct rvirt_wire_ret_stats_ret *stats)
{
	if (stats->n_ret_stats)
		qsort(stats->ret_stats, stats->n_ret_stats, sizeof(*stats->ret_stats), by_uuid);
	for (size_t i = 0; i < l->n; i++) {
		struct rvirt_wire_domain_stats_record key, *record = NULL;

		memcpy(key.dom.uuid, l->entries[i].dom->uuid, RVIRT_UUID_LEN);
		if (stats->n_ret_stats)
			record = bsearch(&key, stats->ret_stats, stats->n_ret_stats, sizeof(key), by_uuid);
		l->entries[i].state = record ? record_state(record) : -1;
	}
}

/* Asks each domain whose state is not known yet. A domain that is gone keeps -1. */
static void ask_states(struct shell *sh, struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct rvirt_wire_dom_flags_args args = domain_flags_args(l->entries[i].dom, 0);

		if (l->entries[i].state < 0)
			l->entries[i].call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_GET_STATE, &args);
	}
	for (size_t i = 0; i < l->n; i++) {
		struct rvirt_wire_state_reason_ret ret;

		if (l->entries[i].state < 0 && domain_wait(l->entries[i].call, &ret) == 0)
			l->entries[i].state = ret.state;
	}
}

/* Names and, if asked for, states. */
static int collect(struct shell *sh, unsigned flags, bool states, struct listing *l)
{
	struct rvirt_wire_need_results_flags_args list_args = {1, flags};
	struct rvirt_wire_doms_stats_flags_args stats_args = {
		0, NULL, RVIRT_DOMAIN_STATS_STATE,
		flags & (RVIRT_CONNECT_LIST_DOMAINS_ACTIVE | RVIRT_CONNECT_LIST_DOMAINS_INACTIVE)};
	struct rvirt_wire_ret_stats_ret stats = {0};
	struct rvirt_call *list, *all_stats = NULL;
	int result;

	list = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_LIST_ALL_DOMAINS, &list_args);
	if (list && states)
		all_stats = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_ALL_DOMAIN_STATS, &stats_args);
	result = domain_wait(list, &l->found);
	if (result < 0)
		out_fail_at(sh, "Failed to list domains");
	if (domain_wait(all_stats, &stats) < 0)
		stats = (struct rvirt_wire_ret_stats_ret){0};
	if (result == 0) {
		l->n = l->found.n_domains;
		l->entries = shell_alloc(l->n * sizeof(*l->entries));
		for (size_t i = 0; i < l->n; i++)
			l->entries[i].dom = &l->found.domains[i];
		qsort(l->entries, l->n, sizeof(*l->entries), by_place);
		if (states) {
			take_states(l, &stats);
			ask_states(sh, l);
		}
	}
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_ALL_DOMAIN_STATS, &stats);
	return result;
}

/* Asks for saved states and titles, all at once. */
static int ask_details(struct shell *sh, struct listing *l, bool saved, bool titles)
{
	int result = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct entry *e = &l->entries[i];
		struct rvirt_wire_dom_flags_args args = domain_flags_args(e->dom, 0);

		e->call = NULL;
		if (saved && e->state == RVIRT_DOMAIN_SHUTOFF)
			e->call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_HAS_MANAGED_SAVE_IMAGE, &args);
		if (titles && e->state >= 0)
			e->title_call = domain_send_description(sh, e->dom, RVIRT_DOMAIN_METADATA_TITLE, 0);
	}
	for (size_t i = 0; i < l->n; i++) {
		struct entry *e = &l->entries[i];
		struct rvirt_wire_result_ret ret;

		if (e->call && rvirt_call_wait(e->call, &ret) == 0)
			e->saved = ret.result > 0;
		if (titles && e->state >= 0)
			e->title =
				domain_wait_description(sh, e->dom, RVIRT_DOMAIN_METADATA_TITLE, 0, e->title_call);
		if (titles && e->state >= 0 && !e->title)
			result = out_fail(sh);
	}
	return result;
}

static const char *entry_state(const struct entry *e)
{
	return e->saved ? "saved" : domain_state_text(e->state);
}

static void print_table(struct shell *sh, const struct listing *l, bool titles)
{
	static const char *const heads[] = {"Id", "Name", "State", "Title"};
	struct table *table = table_new(titles ? 4 : 3, heads);
	CLEANUP_FREE char *text = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		char id[16] = "-";
		const char *cells[] = {id, e->dom->name, entry_state(e), e->title};

		if (e->state < 0)
			continue;
		if (e->dom->id >= 0)
			snprintf(id, sizeof(id), "%d", e->dom->id);
		table_add(table, cells);
	}
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	table_free(table);
}

static void print_lines(struct shell *sh, const struct listing *l, const struct invocation *in)
{
	bool uuid = args_given(in, "uuid"), id = args_given(in, "id"), name = args_given(in, "name");

	for (size_t i = 0; i < l->n; i++) {
		const struct rvirt_wire_domain *dom = l->entries[i].dom;
		char text[OUT_UUID_SIZE];
		const char *gap = "";

		if (id && !uuid && !name && dom->id < 0)
			continue;
		if (uuid) {
			out_text(sh, "%s", out_uuid(dom->uuid, text));
			gap = " ";
		}
		if (id && dom->id >= 0)
			out_text(sh, "%s%d", gap, dom->id);
		else if (id)
			out_text(sh, "%s-", gap);
		if (name)
			out_text(sh, "%s%s", id ? " " : gap, dom->name);
		out_text(sh, "\n");
	}
}

static json_t *listing_json(const struct listing *l)
{
	json_t *all = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		json_t *one;

		if (e->state < 0)
			continue;
		one = domain_json(e->dom);
		json_object_set_new(one, "state", json_string(entry_state(e)));
		if (e->title)
			json_object_set_new(one, "title", out_json_text(e->title));
		json_array_append_new(all, one);
	}
	return json_pack("{s:o}", "domains", all);
}

static void clear(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->entries[i].title);
	free(l->entries);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_DOMAINS, &l->found);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(clear) struct listing l = {0};
	bool titles = args_given(in, "title");
	bool table = !args_given(in, "uuid") && !args_given(in, "name") && !args_given(in, "id");

	if (args_exclusive(sh, in, "table", "name") < 0 ||
		args_exclusive(sh, in, "table", "uuid") < 0 || args_exclusive(sh, in, "table", "id") < 0)
		return -1;
	if (collect(sh, filter_flags(in), table || sh->json, &l) < 0)
		return -1;
	if ((sh->json || table) && ask_details(sh, &l, args_given(in, "managed-save"), titles) < 0)
		return -1;
	if (sh->json)
		out_value(sh, listing_json(&l));
	else if (table)
		print_table(sh, &l, titles);
	else
		print_lines(sh, &l, in);
	return 0;
}

static const struct arg list_args[] = {
	{"inactive", ARG_BOOL, "only domains that are not active"},
	{"all", ARG_BOOL, "active and inactive domains"},
	{"transient", ARG_BOOL, "only domains without a persistent definition"},
	{"persistent", ARG_BOOL, "only domains with a persistent definition"},
	{"with-snapshot", ARG_BOOL, "only domains that have a snapshot"},
	{"without-snapshot", ARG_BOOL, "only domains that have no snapshot"},
	{"with-checkpoint", ARG_BOOL, "only domains that have a checkpoint"},
	{"without-checkpoint", ARG_BOOL, "only domains that have no checkpoint"},
	{"state-running", ARG_BOOL, "only domains that run"},
	{"state-paused", ARG_BOOL, "only paused domains"},
	{"state-shutoff", ARG_BOOL, "only domains that are shut off"},
	{"state-other", ARG_BOOL, "only domains in any other state"},
	{"autostart", ARG_BOOL, "only domains that start with the host"},
	{"no-autostart", ARG_BOOL, "only domains that do not start with the host"},
	{"with-managed-save", ARG_BOOL, "only domains with a saved state"},
	{"without-managed-save", ARG_BOOL, "only domains without a saved state"},
	{"uuid", ARG_BOOL, "print UUIDs, one domain a line"},
	{"name", ARG_BOOL, "print names, one domain a line"},
	{"id", ARG_BOOL, "print ids, one domain a line"},
	{"table", ARG_BOOL, "print a table (the default)"},
	{"managed-save", ARG_BOOL, "show domains with a saved state as saved"},
	{"title", ARG_BOOL, "show the titles too"},
	{NULL},
};

const struct cmd *cmd_list_rows(void)
{
	static const struct cmd rows[] = {
		{"list", "monitor", "list domains",
		 "Lists the active domains, or those that the options ask for.", list_args, 0, list_run},
		{NULL},
	};

	return rows;
}
