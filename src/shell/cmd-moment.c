/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Snapshots and checkpoints, as far as they are alike: found, listed, shown, deleted.
 */
#include "config.h"

#include "document.h"
#include "moment.h"
#include "output.h"
#include "table.h"
#include "tree.h"
#include "xml.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

_Static_assert(sizeof(struct rvirt_wire_domain_snapshot) ==
					   sizeof(struct rvirt_wire_domain_checkpoint) &&
				   sizeof(struct rvirt_wire_snap_flags_args) ==
					   sizeof(struct rvirt_wire_checkpoint_flags_args) &&
				   offsetof(struct rvirt_wire_snap_flags_args, flags) ==
					   offsetof(struct rvirt_wire_checkpoint_flags_args, flags) &&
				   sizeof(struct rvirt_wire_snapshots_count_ret) ==
					   sizeof(struct rvirt_wire_checkpoints_count_ret) &&
				   sizeof(struct rvirt_wire_domain_snapshot_list_all_children_args) ==
					   sizeof(struct rvirt_wire_domain_checkpoint_list_all_children_args),
			   "a checkpoint has the shape of a snapshot");

const struct moment_kind *moment_kind_of(const struct invocation *in)
{
	static const struct moment_kind snapshot = {"snapshot",
												"snapshotname",
												"domainsnapshot",
												"snapshot",
												RVIRT_PROC_DOMAIN_SNAPSHOT_LOOKUP_BY_NAME,
												RVIRT_PROC_DOMAIN_SNAPSHOT_CREATE_XML,
												RVIRT_PROC_DOMAIN_SNAPSHOT_GET_XML_DESC,
												RVIRT_PROC_DOMAIN_SNAPSHOT_GET_PARENT,
												RVIRT_PROC_DOMAIN_SNAPSHOT_DELETE,
												RVIRT_PROC_DOMAIN_LIST_ALL_SNAPSHOTS,
												RVIRT_PROC_DOMAIN_SNAPSHOT_LIST_ALL_CHILDREN,
												RVIRT_DOMAIN_SNAPSHOT_XML_SECURE,
												RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
												RVIRT_DOMAIN_SNAPSHOT_LIST_DESCENDANTS};
	static const struct moment_kind checkpoint = {"checkpoint",
												  "checkpointname",
												  "domaincheckpoint",
												  "checkpoint",
												  RVIRT_PROC_DOMAIN_CHECKPOINT_LOOKUP_BY_NAME,
												  RVIRT_PROC_DOMAIN_CHECKPOINT_CREATE_XML,
												  RVIRT_PROC_DOMAIN_CHECKPOINT_GET_XML_DESC,
												  RVIRT_PROC_DOMAIN_CHECKPOINT_GET_PARENT,
												  RVIRT_PROC_DOMAIN_CHECKPOINT_DELETE,
												  RVIRT_PROC_DOMAIN_LIST_ALL_CHECKPOINTS,
												  RVIRT_PROC_DOMAIN_CHECKPOINT_LIST_ALL_CHILDREN,
												  RVIRT_DOMAIN_CHECKPOINT_XML_SECURE,
												  RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
												  RVIRT_DOMAIN_CHECKPOINT_LIST_DESCENDANTS};

	return *in->cmd->name == 's' ? &snapshot : &checkpoint;
}

static bool is_snapshot(const struct moment_kind *kind)
{
	return *kind->word == 's';
}

static void clear_wire(struct rvirt_wire_domain_snapshot *it)
{
	struct rvirt_wire_snap_ret whole = {*it};

	rvirt_wire_clear(RVIRT_PROC_DOMAIN_SNAPSHOT_LOOKUP_BY_NAME, &whole);
	*it = (struct rvirt_wire_domain_snapshot){0};
}

void moment_clear(struct moment *m)
{
	clear_wire(&m->it);
	if (m->doc)
		xmlFreeDoc(m->doc);
	free(m->name);
	free(m->parent);
	free(m->state);
	*m = (struct moment){0};
}

int moment_lookup(struct shell *sh, const struct moment_kind *kind,
				  const struct rvirt_wire_domain *dom, const char *name, struct moment *ret)
{
	struct rvirt_wire_dom_name_flags_args args = {*dom, borrow(name), 0};
	struct rvirt_wire_snap_ret answer = {0};

	if (domain_wait(rvirt_call_send(sh->conn, kind->lookup, &args), &answer) < 0)
		return out_fail(sh);
	ret->it = answer.snap;
	return 0;
}

int moment_find(struct shell *sh, const struct invocation *in, const char *option,
				const struct rvirt_wire_domain *dom, struct moment *ret)
{
	const struct moment_kind *kind = moment_kind_of(in);
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, 0);
	struct rvirt_wire_snap_ret current = {0};
	bool has_current = is_snapshot(kind) && args_given(in, "current");
	const char *name;

	if (args_get_text(sh, in, option, &name) < 0)
		return -1;
	if (has_current && name)
		return out_refuse(sh, "--%s and --current are mutually exclusive", option);
	if (name)
		return moment_lookup(sh, kind, dom, name, ret);
	if (!has_current)
		return out_refuse(
			sh, is_snapshot(kind) ? "--%s or --current is required" : "--%s is required", option);
	if (rvirt_call_domain_snapshot_current(sh->conn, &args, &current) < 0)
		return out_fail(sh);
	ret->it = current.snap;
	return 0;
}

static struct rvirt_call *send_xml(struct shell *sh, const struct moment_kind *kind,
								   const struct moment *m, unsigned flags)
{
	struct rvirt_wire_snap_flags_args args = {m->it, flags};

	return rvirt_call_send(sh->conn, kind->xml, &args);
}

char *moment_xml(struct shell *sh, const struct moment_kind *kind, const struct moment *m,
				 unsigned flags)
{
	struct rvirt_wire_xml_ret ret = {0};

	return domain_wait(send_xml(sh, kind, m, flags), &ret) < 0 ? NULL : ret.xml;
}

int moment_create(struct shell *sh, const struct moment_kind *kind,
				  const struct rvirt_wire_domain *dom, const char *xml, unsigned flags,
				  struct moment *ret)
{
	struct rvirt_wire_dom_xml_desc_flags_args args = {*dom, borrow(xml), flags};
	struct rvirt_wire_snap_ret answer = {0};

	if (domain_wait(rvirt_call_send(sh->conn, kind->create, &args), &answer) < 0)
		return -1;
	ret->it = answer.snap;
	return 0;
}

int moment_call(struct shell *sh, enum rvirt_proc proc, const struct moment *m, unsigned flags)
{
	struct rvirt_wire_snap_flags_args args = {m->it, flags};

	return domain_wait(rvirt_call_send(sh->conn, proc, &args), NULL);
}

/* Waits for the document and reads what is shown of a moment. */
static int wait_details(struct shell *sh, struct rvirt_call *call, struct moment *m)
{
	struct rvirt_wire_xml_ret ret = {0};
	CLEANUP_FREE char *created = NULL;

	if (domain_wait(call, &ret) < 0)
		return out_fail(sh);
	m->doc = xml_parse(ret.xml, false);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_SNAPSHOT_GET_XML_DESC, &ret);
	if (!m->doc)
		return out_refuse(sh, "the host's XML of '%s' cannot be read", m->it.name);
	m->parent = xml_string(m->doc, NULL, "string(/*/parent/name)");
	m->state = xml_string(m->doc, NULL, "string(/*/state)");
	created = xml_string(m->doc, NULL, "string(/*/creationTime)");
	m->created = created ? strtoll(created, NULL, 10) : -1;
	return 0;
}

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
		calls[i] = send_xml(sh, kind, &(*ret)[i], 0);
	}
	for (size_t i = 0; i < *ret_n; i++)
		if (rc < 0)
			domain_wait(calls[i], NULL);
		else
			rc = wait_details(sh, calls[i], &(*ret)[i]);
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

	if (is_snapshot(kind))
		heads[columns++] = "State";
	if (parents)
		heads[columns++] = "Parent";
	table = table_new(columns, heads);
	for (size_t i = 0; i < n; i++) {
		CLEANUP_FREE char *created = time_text(all[i].created);
		const char *cells[4] = {all[i].it.name, created};
		size_t c = 2;

		if (is_snapshot(kind))
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

	return args_bits(in, is_snapshot(kind) ? snapshot : checkpoint);
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
	out_value(sh, json_pack("{s:o}", is_snapshot(kind) ? "snapshots" : "checkpoints", json));
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment from = {0};
	bool has_from = args_given(in, "from") || (is_snapshot(kind) && args_given(in, "current"));
	unsigned flags = list_flags(in, kind);
	struct moment *all = NULL;
	size_t n = 0;
	int rc;

	if (check_list_options(sh, in) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		(has_from && moment_find(sh, in, "from", &dom, &from) < 0))
		return -1;
	if (args_given(in, "descendants")) {
		if (!has_from)
			return out_refuse(sh, is_snapshot(kind)
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

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit checkpoint[] = {
		{"security-info", RVIRT_DOMAIN_CHECKPOINT_XML_SECURE},
		{"no-domain", RVIRT_DOMAIN_CHECKPOINT_XML_NO_DOMAIN},
		{"size", RVIRT_DOMAIN_CHECKPOINT_XML_SIZE},
		{NULL, 0},
	};
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	CLEANUP_FREE char *xml = NULL;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || moment_find(sh, in, kind->option, &dom, &m) < 0)
		return -1;
	if (!(xml = moment_xml(sh, kind, &m, args_bits(in, checkpoint))))
		return out_fail(sh);
	return document_print(sh, in, xml);
}

static int parent_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	struct rvirt_wire_snap_flags_args args;
	struct rvirt_wire_snap_ret parent = {0};
	int code;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || moment_find(sh, in, kind->option, &dom, &m) < 0)
		return -1;
	args = (struct rvirt_wire_snap_flags_args){m.it, 0};
	if (domain_wait(rvirt_call_send(sh->conn, kind->parent, &args), &parent) < 0) {
		code = rvirt_last_error().code;
		if (code == RVIRT_ERR_NO_DOMAIN_SNAPSHOT || code == RVIRT_ERR_NO_DOMAIN_CHECKPOINT)
			return out_refuse(sh, "%s '%s' has no parent", kind->word, m.it.name);
		return out_fail(sh);
	}
	out_text(sh, "%s", parent.snap.name);
	out_value(sh, json_pack("{s:o}", "parent", out_json_text(parent.snap.name)));
	clear_wire(&parent.snap);
	return 0;
}

static int count_below(struct shell *sh, const struct moment_kind *kind, const struct moment *m,
					   unsigned flags)
{
	struct rvirt_wire_domain_snapshot_list_all_children_args args = {m->it, 0, flags};
	struct rvirt_wire_snapshots_count_ret ret = {0};

	if (domain_wait(rvirt_call_send(sh->conn, kind->list_children, &args), &ret) < 0)
		return -1;
	return ret.count;
}

static void show_snapshot(struct shell *sh, const struct moment *m, json_t **object)
{
	struct rvirt_wire_snap_flags_args args = {m->it, 0};
	struct rvirt_wire_current_ret current = {0};
	CLEANUP_FREE char *external = xml_string(m->doc, NULL,
											 "string(boolean(/*/memory[@snapshot='external'] | "
											 "/*/disks/disk[@snapshot='external']))");
	const char *place = (external && strcmp(external, "true") == 0) ||
								(m->state && strcmp(m->state, "disk-snapshot") == 0)
							? "external"
							: "internal";

	if (rvirt_call_domain_snapshot_is_current(sh->conn, &args, &current) == 0)
		out_field(sh, object, 15, "Current:", "current", json_boolean(current.current), "%s",
				  current.current ? "yes" : "no");
	out_field(sh, object, 15, "State:", "state", out_json_text(m->state), "%s",
			  m->state ? m->state : "-");
	out_field(sh, object, 15, "Location:", "location", json_string(place), "%s", place);
}

static int info_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	struct rvirt_wire_domain_snapshot_has_metadata_ret metadata = {0};
	struct rvirt_wire_snap_flags_args args;
	json_t *object = NULL;
	int children, all;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || moment_find(sh, in, kind->option, &dom, &m) < 0 ||
		wait_details(sh, send_xml(sh, kind, &m, 0), &m) < 0)
		return -1;
	out_field(sh, &object, 15, "Name:", "name", out_json_text(m.it.name), "%s", m.it.name);
	out_field(sh, &object, 15, "Domain:", "domain", out_json_text(m.it.dom.name), "%s",
			  m.it.dom.name);
	if (is_snapshot(kind))
		show_snapshot(sh, &m, &object);
	out_field(sh, &object, 15, "Parent:", "parent", out_json_text(m.parent), "%s",
			  m.parent ? m.parent : "-");
	children = count_below(sh, kind, &m, 0);
	all = count_below(sh, kind, &m, kind->descendants);
	if (children >= 0 && all >= 0) {
		out_field(sh, &object, 15, "Children:", "children", json_integer(children), "%d", children);
		out_field(sh, &object, 15, "Descendants:", "descendants", json_integer(all), "%d", all);
	}
	args = (struct rvirt_wire_snap_flags_args){m.it, 0};
	if (is_snapshot(kind) &&
		rvirt_call_domain_snapshot_has_metadata(sh->conn, &args, &metadata) == 0)
		out_field(sh, &object, 15, "Metadata:", "metadata", json_boolean(metadata.metadata), "%s",
				  metadata.metadata ? "yes" : "no");
	out_value(sh, object);
	return 0;
}

static int delete_run(struct shell *sh, const struct invocation *in)
{
	/* the same numbers for both */
	static const struct args_bit bits[] = {
		{"children", RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN},
		{"children-only", RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY},
		{"metadata", RVIRT_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY},
		{NULL, 0},
	};
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	const char *name;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || moment_find(sh, in, kind->option, &dom, &m) < 0)
		return -1;
	name = m.it.name;
	if (moment_call(sh, kind->delete, &m, args_bits(in, bits)) < 0)
		return out_fail_at(sh, "Failed to delete %s %s", kind->word, name);
	out_note(sh, "Domain %s %s %sdeleted\n", kind->word, name,
			 args_given(in, "children-only") ? "children " : "");
	out_value(sh, json_pack("{s:o, s:s}", "name", out_json_text(name), "result", "deleted"));
	return 0;
}

#define ARG_SNAPSHOT                                                                               \
	{                                                                                              \
		"snapshotname", ARG_STRING, "name of a snapshot"                                           \
	}
#define ARG_CURRENT                                                                                \
	{                                                                                              \
		"current", ARG_BOOL, "the current snapshot"                                                \
	}
#define ARG_CHECKPOINT                                                                             \
	{                                                                                              \
		"checkpointname", ARG_STRING, "name of a checkpoint"                                       \
	}
#define ARGS_DELETE                                                                                \
	{"children", ARG_BOOL, "with all that follow it"},                                             \
		{"children-only", ARG_BOOL, "only those that follow it"},                                  \
	{                                                                                              \
		"metadata", ARG_BOOL, "only what the host knows of it, not what it holds"                  \
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
static const struct arg snapshot_args[] = {ARG_DOMAIN_ANY(0), ARG_SNAPSHOT, ARG_CURRENT, {NULL}};
static const struct arg checkpoint_args[] = {ARG_DOMAIN_ANY(0), ARG_CHECKPOINT, {NULL}};
static const struct arg snapshot_dumpxml_args[] = {
	ARG_DOMAIN_ANY(0),
	{"snapshotname", ARG_DATA, "name of a snapshot"},
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg checkpoint_dumpxml_args[] = {
	ARG_DOMAIN_ANY(0),
	ARG_CHECKPOINT,
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	{"no-domain", ARG_BOOL, "without the definition of the domain"},
	{"size", ARG_BOOL, "with how much has changed since"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg snapshot_delete_args[] = {
	ARG_DOMAIN_ANY(0), ARG_SNAPSHOT, ARG_CURRENT, ARGS_DELETE, {NULL}};
static const struct arg checkpoint_delete_args[] = {
	ARG_DOMAIN_ANY(0), ARG_CHECKPOINT, ARGS_DELETE, {NULL}};

const struct cmd *cmd_moment_rows(void)
{
	static const struct cmd rows[] = {
		{"snapshot-list", "snapshot", "snapshots of a domain",
		 "Lists the snapshots of a domain, also as a tree.", snapshot_list_args, 0, list_run},
		{"snapshot-info", "snapshot", "what is known of a snapshot",
		 "Shows the state, the parent and the number of children of a snapshot.", snapshot_args, 0,
		 info_run},
		{"snapshot-parent", "snapshot", "the snapshot before a snapshot",
		 "Prints the name of the snapshot from which the guest came to this one.", snapshot_args, 0,
		 parent_run},
		{"snapshot-dumpxml", "snapshot", "XML of a snapshot", "Prints the XML of a snapshot.",
		 snapshot_dumpxml_args, 0, dumpxml_run},
		{"snapshot-delete", "snapshot", "delete a snapshot",
		 "Deletes a snapshot, those that follow it, or both.", snapshot_delete_args, CMD_WRITES,
		 delete_run},
		{"checkpoint-list", "checkpoint", "checkpoints of a domain",
		 "Lists the checkpoints of a domain, also as a tree.", checkpoint_list_args, 0, list_run},
		{"checkpoint-info", "checkpoint", "what is known of a checkpoint",
		 "Shows the parent and the number of children of a checkpoint.", checkpoint_args, 0,
		 info_run},
		{"checkpoint-parent", "checkpoint", "the checkpoint before a checkpoint",
		 "Prints the name of the checkpoint that was made before this one.", checkpoint_args, 0,
		 parent_run},
		{"checkpoint-dumpxml", "checkpoint", "XML of a checkpoint",
		 "Prints the XML of a checkpoint.", checkpoint_dumpxml_args, 0, dumpxml_run},
		{"checkpoint-delete", "checkpoint", "delete a checkpoint",
		 "Deletes a checkpoint, those that follow it, or both.", checkpoint_delete_args, CMD_WRITES,
		 delete_run},
		{NULL},
	};

	return rows;
}
