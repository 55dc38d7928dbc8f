/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Snapshots and checkpoints shown and deleted: snapshot-info, -parent, -dumpxml, -delete, and the
 * same of checkpoints.
 */
#include "config.h"

#include "document.h"
#include "moment.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

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
	moment_clear_wire(&parent.snap);
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
		moment_wait_details(sh, moment_send_xml(sh, kind, &m, 0), &m) < 0)
		return -1;
	out_field(sh, &object, 15, "Name:", "name", out_json_text(m.it.name), "%s", m.it.name);
	out_field(sh, &object, 15, "Domain:", "domain", out_json_text(m.it.dom.name), "%s",
			  m.it.dom.name);
	if (moment_is_snapshot(kind))
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
	if (moment_is_snapshot(kind) &&
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
