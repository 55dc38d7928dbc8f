/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of snapshots and checkpoints, also as trees: snapshot-list, checkpoint-list.
 */
#include "config.h"

#include "moment.h"
#include "output.h"
#include "table.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* The moments of a domain, or those below from. 0 with *ret (n moments with their details), -1 with
 * the error reported. */
static int list_all(struct shell *sh, const struct moment_kind *kind,
					const struct rvirt_wire_domain *dom, const struct moment *from, unsigned flags,
					struct moment **ret, size_t *ret_n)
{
	struct rvirt_wire_dom_need_results_flags_args args = {*dom, 1, flags};
	struct rvirt_wire_domain_snapshot_list_all_children_args below = {.need_results = 1,
																	  .flags = flags};
	struct rvirt_wire_snapshots_count_ret all = {0};
	CLEANUP_FREE struct rvirt_call **calls = NULL;
	struct rvirt_call *call;
	int rc = 0;

	if (from)
		below.snapshot = from->it;
	call = from ? rvirt_call_send(sh->conn, kind->list_children, &below)
				: rvirt_call_send(sh->conn, kind->list, &args);
	if (domain_wait(call, &all) < 0)
		return out_fail(sh);
	*ret_n = all.n_snapshots;
	*ret = shell_alloc((*ret_n + 1) * sizeof(**ret));
	calls = shell_alloc((*ret_n + 1) * sizeof(*calls));
	for (size_t i = 0; i < *ret_n; i++) {
		(*ret)[i] = (struct moment){.it = all.snapshots[i]};
		calls[i] = moment_send_xml(sh, kind, &(*ret)[i], 0);
	}
	for (size_t i = 0; i < *ret_n; i++)
		if (rc < 0)
			domain_wait(calls[i], NULL);
		else
			rc = moment_wait_details(sh, calls[i], &(*ret)[i]);
	free(all.snapshots);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return strcasecmp(x->it.name, y->it.name);
}

static char *time_text(long long seconds)
{
	char text[64];
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm))
		return shell_printf("%lld", seconds);
	return shell_strdup(text);
}

static bool is_listed(const struct moment *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].it.name, name) == 0)
			return true;
	return false;
}

static void print_tree(struct shell *sh, const struct moment *all, size_t n)
{
	CLEANUP_FREE char **names = shell_alloc((n + 1) * sizeof(char *));
	CLEANUP_FREE char **parents = shell_alloc((n + 1) * sizeof(char *));

	for (size_t i = 0; i < n; i++) {
		names[i] = all[i].it.name;
		parents[i] = all[i].parent && is_listed(all, n, all[i].parent) ? all[i].parent : NULL;
	}
	tree_print(sh, names, parents, n);
}

static json_t *moment_json(const struct moment *m)
{
	return json_pack("{s:o, s:I, s:o, s:o}", "name", out_json_text(m->it.name), "created",
					 (json_int_t)m->created, "state", out_json_text(m->state), "parent",
					 out_json_text(m->parent));
}

static void print_table(struct shell *sh, const struct moment_kind *kind, const struct moment *all,
						size_t n, bool parents)
{
	const char *heads[4] = {"Name", "Creation Time"};
	size_t columns = 2;
	CLEANUP_FREE char *text = NULL;
	struct table *table;

	if (moment_is_snapshot(kind))
		heads[columns++] = "State";
	if (parents)
		heads[columns++] = "Parent";
	table = table_new(columns, heads);
	for (size_t i = 0; i < n; i++) {
		CLEANUP_FREE char *created = time_text(all[i].created);
		const char *cells[4] = {all[i].it.name, created};
		size_t c = 2;

		if (moment_is_snapshot(kind))
			cells[c++] = all[i].state ? all[i].state : "";
		if (parents)
			cells[c++] = all[i].parent ? all[i].parent : "";
		table_add(table, cells);
	}
	text = table_format(table, true);
	table_free(table);
	out_text(sh, "%s", text);
}

static int check_list_options(struct shell *sh, const struct invocation *in)
{
	static const char *const pairs[][2] = {{"tree", "name"},   {"parent", "roots"},
										   {"parent", "tree"}, {"roots", "tree"},
										   {"roots", "from"},  {"roots", "current"}};

	static const char *const filters[] = {"leaves",    "no-leaves", "inactive", "active",
										  "disk-only", "internal",  "external"};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (args_exclusive(sh, in, pairs[i][0], pairs[i][1]) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (args_given(in, filters[i]) && args_given(in, "tree"))
			return out_refuse(sh, "--%s and --tree are mutually exclusive", filters[i]);
	return 0;
}

static unsigned list_flags(const struct invocation *in, const struct moment_kind *kind)
{
	static const struct args_bit snapshot[] = {
		{"roots", RVIRT_DOMAIN_SNAPSHOT_LIST_ROOTS},
		{"leaves", RVIRT_DOMAIN_SNAPSHOT_LIST_LEAVES},
		{"no-leaves", RVIRT_DOMAIN_SNAPSHOT_LIST_NO_LEAVES},
		{"metadata", RVIRT_DOMAIN_SNAPSHOT_LIST_METADATA},
		{"no-metadata", RVIRT_DOMAIN_SNAPSHOT_LIST_NO_METADATA},
		{"inactive", RVIRT_DOMAIN_SNAPSHOT_LIST_INACTIVE},
		{"active", RVIRT_DOMAIN_SNAPSHOT_LIST_ACTIVE},
		{"disk-only", RVIRT_DOMAIN_SNAPSHOT_LIST_DISK_ONLY},
		{"internal", RVIRT_DOMAIN_SNAPSHOT_LIST_INTERNAL},
		{"external", RVIRT_DOMAIN_SNAPSHOT_LIST_EXTERNAL},
		{"topological", RVIRT_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL},
		{NULL, 0},
	};
	static const struct args_bit checkpoint[] = {
		{"roots", RVIRT_DOMAIN_CHECKPOINT_LIST_ROOTS},
		{"leaves", RVIRT_DOMAIN_CHECKPOINT_LIST_LEAVES},
		{"no-leaves", RVIRT_DOMAIN_CHECKPOINT_LIST_NO_LEAVES},
		{"topological", RVIRT_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL},
		{NULL, 0},
	};

	return args_bits(in, moment_is_snapshot(kind) ? snapshot : checkpoint);
}

static void print_list(struct shell *sh, const struct invocation *in,
					   const struct moment_kind *kind, const struct moment *all, size_t n)
{
	json_t *json = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(json, moment_json(&all[i]));
		if (args_given(in, "name"))
			out_text(sh, "%s\n", all[i].it.name);
	}
	if (args_given(in, "tree"))
		print_tree(sh, all, n);
	if (!args_given(in, "name") && !args_given(in, "tree"))
		print_table(sh, kind, all, n, args_given(in, "parent"));
	out_value(sh, json_pack("{s:o}", moment_is_snapshot(kind) ? "snapshots" : "checkpoints", json));
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment from = {0};
	bool has_from =
		args_given(in, "from") || (moment_is_snapshot(kind) && args_given(in, "current"));
	unsigned flags = list_flags(in, kind);
	struct moment *all = NULL;
	size_t n = 0;
	int rc;

	if (check_list_options(sh, in) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(has_from && moment_find(sh, in, "from", &dom, &from) < 0))
		return -1;
	if (args_given(in, "descendants")) {
		if (!has_from)
			return out_refuse(sh, moment_is_snapshot(kind)
									  ? "--descendants requires either --from or --current"
									  : "--descendants requires --from");
		flags |= kind->descendants;
	}
	rc = list_all(sh, kind, &dom, has_from ? &from : NULL, flags, &all, &n);
	/* a tree begins with the moment that it is asked for */
	if (rc == 0 && has_from && args_given(in, "tree")) {
		all = shell_realloc(all, (n + 2) * sizeof(*all));
		all[n++] = (struct moment){.it = from.it, .created = -1};
		from.it = (struct rvirt_wire_domain_snapshot){0};
	}
	if (rc == 0) {
		if (!args_given(in, "topological"))
			qsort(all, n, sizeof(*all), by_name);
		print_list(sh, in, kind, all, n);
	}
	for (size_t i = 0; i < n; i++)
		moment_clear(&all[i]);
	free(all);
	return rc;
}

static const struct arg snapshot_list_args[] = {
	ARG_DOMAIN_ANY(0),
	{"parent", ARG_BOOL, "with the one before each"},
	{"roots", ARG_BOOL, "only those without one before"},
	{"leaves", ARG_BOOL, "only those without one after"},
	{"no-leaves", ARG_BOOL, "only those with one after"},
	{"metadata", ARG_BOOL, "only those that the host knows of"},
	{"no-metadata", ARG_BOOL, "only those that the host does not know of"},
	{"inactive", ARG_BOOL, "only those of a guest that was off"},
	{"active", ARG_BOOL, "only those of a guest that ran"},
	{"disk-only", ARG_BOOL, "only those of disks alone"},
	{"internal", ARG_BOOL, "only those inside the disk images"},
	{"external", ARG_BOOL, "only those in files of their own"},
	{"tree", ARG_BOOL, "as a tree"},
	{"from", ARG_STRING, "only those after this one", ARG_NAMED},
	ARG_CURRENT,
	{"descendants", ARG_BOOL, "with --from, all that follow"},
	{"name", ARG_BOOL, "only the names"},
	{"topological", ARG_BOOL, "each after the one before it, instead of by name"},
	{NULL},
};
static const struct arg checkpoint_list_args[] = {
	ARG_DOMAIN_ANY(0),
	{"parent", ARG_BOOL, "with the one before each"},
	{"roots", ARG_BOOL, "only those without one before"},
	{"leaves", ARG_BOOL, "only those without one after"},
	{"no-leaves", ARG_BOOL, "only those with one after"},
	{"tree", ARG_BOOL, "as a tree"},
	{"from", ARG_STRING, "only those after this one", ARG_NAMED},
	{"descendants", ARG_BOOL, "with --from, all that follow"},
	{"name", ARG_BOOL, "only the names"},
	{"topological", ARG_BOOL, "each after the one before it, instead of by name"},
	{NULL},
};

const struct cmd *cmd_moment_list_rows(void)
{
	static const struct cmd rows[] = {
		{"snapshot-list", "snapshot", "snapshots of a domain",
		 "Lists the snapshots of a domain, also as a tree.", snapshot_list_args, 0, list_run},
		{"checkpoint-list", "checkpoint", "checkpoints of a domain",
		 "Lists the checkpoints of a domain, also as a tree.", checkpoint_list_args, 0, list_run},
		{NULL},
	};

	return rows;
}
