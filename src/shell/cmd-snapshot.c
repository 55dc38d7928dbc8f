/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Snapshots and checkpoints made and changed: snapshot-create, -create-as, -current, -revert,
 * -edit, checkpoint-create, -create-as, -edit.
 */
#include "config.h"

#include "document.h"
#include "file.h"
#include "moment.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct args_bit create_bits[] = {
	{"redefine", RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE},
	{"current", RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT},
	{"no-metadata", RVIRT_DOMAIN_SNAPSHOT_CREATE_NO_METADATA},
	{"halt", RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT},
	{"disk-only", RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY},
	{"reuse-external", RVIRT_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT},
	{"quiesce", RVIRT_DOMAIN_SNAPSHOT_CREATE_QUIESCE},
	{"atomic", RVIRT_DOMAIN_SNAPSHOT_CREATE_ATOMIC},
	{"live", RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE},
	{"validate", RVIRT_DOMAIN_SNAPSHOT_CREATE_VALIDATE},
	{NULL, 0},
};
static const struct args_bit checkpoint_bits[] = {
	{"redefine", RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE},
	{"redefine-validate", RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE},
	{"quiesce", RVIRT_DOMAIN_CHECKPOINT_CREATE_QUIESCE},
	{NULL, 0},
};

/* Makes a moment of the document; from: where it stood, or NULL. */
static int create(struct shell *sh, const struct invocation *in,
				  const struct rvirt_wire_domain *dom, const char *xml, unsigned flags,
				  const char *from)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_MOMENT struct moment m = {0};

	if (moment_create(sh, kind, dom, xml, flags, &m) < 0)
		return out_fail(sh);
	if (from)
		out_note(sh, "Domain %s %s created from '%s'", kind->word, m.it.name, from);
	else
		out_note(sh, "Domain %s %s created", kind->word, m.it.name);
	out_value(sh, json_pack("{s:o, s:s}", "name", out_json_text(m.it.name), "result", "created"));
	return 0;
}

static unsigned create_flags(const struct invocation *in)
{
	return args_bits(in, *in->cmd->name == 's' ? create_bits : checkpoint_bits);
}

static int create_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *from;

	if (args_given(in, "redefine-validate") && !args_given(in, "redefine"))
		return out_refuse(sh, "Option --redefine is required by option --redefine-validate");
	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "xmlfile", &from) < 0)
		return -1;
	if (!(xml = from ? file_read(sh, from) : shell_printf("<%s/>", kind->root)))
		return -1;
	return create(sh, in, &dom, xml, create_flags(in), from);
}

void moment_put_name(FILE *to, const struct invocation *in)
{
	xml_put_element(to, "name", args_text(in, "name"));
	xml_put_element(to, "description", args_text(in, "description"));
}

/* One part NAME=VALUE of a specification: its value; NULL if it is another. */
static const char *part(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && text[n] == '=' ? text + n + 1 : NULL;
}

/* [file=]name[,snapshot=type] */
static int put_memory(struct shell *sh, FILE *to, const char *spec)
{
	CLEANUP_STRINGS struct strings parts = {0};
	const char *file = NULL, *mode = NULL, *value;

	strings_split_commas(&parts, spec);
	for (size_t i = 0; i < parts.n; i++) {
		if (!mode && (value = part(parts.at[i], "snapshot")))
			mode = value;
		else if (!file && (value = part(parts.at[i], "file")))
			file = value;
		else if (!file && !strchr(parts.at[i], '='))
			file = parts.at[i];
		else
			return out_refuse(sh, "unable to parse memspec: %s", spec);
	}
	fputs("  <memory", to);
	xml_put_attr(to, "snapshot", mode);
	xml_put_attr(to, "file", file);
	fputs("/>\n", to);
	return 0;
}

static void put_disk(FILE *to, const struct moment_kind *kind, const char *const *values)
{
	const char *mode = values[1], *driver = values[2], *stype = values[3], *file = values[4];

	fputs("    <disk", to);
	xml_put_attr(to, "name", values[0]);
	xml_put_attr(to, kind->spec, mode);
	xml_put_attr(to, "type", stype);
	if (*kind->word == 'c') {
		xml_put_attr(to, "bitmap", values[5]);
		fputs("/>\n", to);
		return;
	}
	if (!driver && !file) {
		fputs("/>\n", to);
		return;
	}
	fputs(">\n", to);
	if (driver) {
		fputs("      <driver", to);
		xml_put_attr(to, "type", driver);
		fputs("/>\n", to);
	}
	if (file) {
		fputs("      <source", to);
		xml_put_attr(to, stype && strcmp(stype, "block") == 0 ? "dev" : "file", file);
		fputs("/>\n", to);
	}
	fputs("    </disk>\n", to);
}

/* disk[,snapshot=type][,driver=type][,stype=type][,file=name], or
 * disk[,checkpoint=type][,bitmap=name] */
static int put_diskspec(struct shell *sh, FILE *to, const struct moment_kind *kind,
						const char *spec)
{
	const char *const names[] = {NULL, kind->spec, "driver", "stype", "file", "bitmap"};
	bool snapshot = *kind->word == 's';
	CLEANUP_STRINGS struct strings parts = {0};
	const char *values[6] = {NULL};

	strings_split_commas(&parts, spec);
	if (parts.n)
		values[0] = parts.at[0];
	for (size_t i = 1; i < parts.n; i++) {
		bool found = false;

		for (size_t j = 1; j < 6 && !found; j++) {
			if (values[j] || (snapshot ? j == 5 : j > 1 && j < 5))
				continue;
			values[j] = part(parts.at[i], names[j]);
			found = values[j];
		}
		if (!found)
			return out_refuse(sh, "unable to parse diskspec: %s", spec);
	}
	put_disk(to, kind, values);
	return 0;
}

static int put_document(struct shell *sh, FILE *to, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	const char *memory = args_text(in, "memspec"), *disk;
	size_t at = 0, n = 0;

	fprintf(to, "<%s>\n", kind->root);
	moment_put_name(to, in);
	if (memory && put_memory(sh, to, memory) < 0)
		return -1;
	while ((disk = args_rest(in, &at))) {
		if (n++ == 0)
			fputs("  <disks>\n", to);
		if (put_diskspec(sh, to, kind, disk) < 0)
			return -1;
	}
	if (n)
		fputs("  </disks>\n", to);
	fprintf(to, "</%s>\n", kind->root);
	return 0;
}

static int create_as_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *text;
	size_t size;
	FILE *to;
	int rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "name", &text) < 0 ||
		args_get_text(sh, in, "description", &text) < 0 ||
		args_get_text(sh, in, "memspec", &text) < 0)
		return -1;
	if (!(to = open_memstream(&xml, &size)))
		return out_refuse(sh, "out of memory");
	rc = put_document(sh, to, in);
	fclose(to);
	if (rc < 0)
		return -1;
	if (!args_given(in, "print-xml"))
		return create(sh, in, &dom, xml, create_flags(in), NULL);
	out_text(sh, "%s\n", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return 0;
}

/* Makes a snapshot the current one by describing it again. */
static int set_current(struct shell *sh, const struct invocation *in,
					   const struct rvirt_wire_domain *dom, const char *name)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_MOMENT struct moment m = {0}, again = {0};
	CLEANUP_FREE char *xml = NULL;

	if (moment_lookup(sh, kind, dom, name, &m) < 0)
		return -1;
	if (!(xml = moment_xml(sh, kind, &m, kind->secure)) ||
		moment_create(sh, kind, dom, xml,
					  RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE | RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT,
					  &again) < 0)
		return out_fail(sh);
	out_note(sh, "Snapshot %s set as current", name);
	out_value(sh, json_pack("{s:o, s:s}", "name", out_json_text(name), "result", "current"));
	return 0;
}

static int current_run(struct shell *sh, const struct invocation *in)
{
	const struct moment_kind *kind = moment_kind_of(in);
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_result_ret has = {0};
	struct rvirt_wire_snap_ret current = {0};
	const char *name;

	if (args_exclusive(sh, in, "name", "snapshotname") < 0 ||
		domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "snapshotname", &name) < 0)
		return -1;
	if (name)
		return set_current(sh, in, &dom, name);
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_has_current_snapshot(sh->conn, &args, &has) < 0)
		return out_fail(sh);
	if (!has.result)
		return out_refuse(sh, "domain '%s' has no current snapshot", args_text(in, "domain"));
	if (rvirt_call_domain_snapshot_current(sh->conn, &args, &current) < 0)
		return out_fail(sh);
	m.it = current.snap;
	if (args_given(in, "name")) {
		out_text(sh, "%s", m.it.name);
		out_value(sh, json_pack("{s:o}", "name", out_json_text(m.it.name)));
		return 0;
	}
	if (!(xml = moment_xml(sh, kind, &m, args_given(in, "security-info") ? kind->secure : 0)))
		return out_fail(sh);
	return document_print(sh, in, xml);
}

static int revert_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {
		{"running", RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING},
		{"paused", RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED},
		{"reset-nvram", RVIRT_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM},
		{NULL, 0},
	};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_MOMENT struct moment m = {0};
	unsigned flags = args_bits(in, bits);
	int rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || moment_find(sh, in, "snapshotname", &dom, &m) < 0)
		return -1;
	rc = moment_call(sh, RVIRT_PROC_DOMAIN_REVERT_TO_SNAPSHOT, &m, flags);
	/* force is for what is refused without it */
	if (rc < 0 && args_given(in, "force") &&
		rvirt_last_error().code == RVIRT_ERR_SNAPSHOT_REVERT_RISKY)
		rc = moment_call(sh, RVIRT_PROC_DOMAIN_REVERT_TO_SNAPSHOT, &m,
						 flags | RVIRT_DOMAIN_SNAPSHOT_REVERT_FORCE);
	if (rc < 0)
		return out_fail_at(sh, "Failed to revert snapshot %s", m.it.name);
	out_note(sh, "Domain snapshot %s reverted\n", m.it.name);
	out_value(sh, json_pack("{s:o, s:s}", "name", out_json_text(m.it.name), "result", "reverted"));
	return 0;
}

/* A moment in an editor. */
struct edited {
	const struct moment_kind *kind;
	const struct rvirt_wire_domain *dom;
	struct moment m, made;
	unsigned flags;
};

static char *edited_get(struct shell *sh, void *opaque)
{
	const struct edited *e = opaque;

	return moment_xml(sh, e->kind, &e->m, e->kind->secure);
}

static int edited_put(struct shell *sh, const char *xml, bool relaxed, void *opaque)
{
	struct edited *e = opaque;

	(void)relaxed;
	moment_clear(&e->made);
	return moment_create(sh, e->kind, e->dom, xml, e->flags, &e->made);
}

static void edited_clear(struct edited *e)
{
	moment_clear(&e->m);
	moment_clear(&e->made);
}

/* The changed moment has another name: whether that is what was asked for. */
static int finish_rename(struct shell *sh, const struct invocation *in, struct edited *e)
{
	const char *from = e->m.it.name, *to = e->made.it.name;
	bool rename = args_given(in, "rename"), clone = args_given(in, "clone");
	unsigned metadata = RVIRT_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY;

	if (!rename && !clone) {
		moment_call(sh, e->kind->delete, &e->made, metadata);
		return out_refuse(sh, "must use --rename or --clone to change %s to %s", from, to);
	}
	if (rename && moment_call(sh, e->kind->delete, &e->m, metadata) < 0)
		return out_fail_at(sh, "Failed to clean up %s", from);
	out_note(sh, rename ? "Snapshot %s renamed to %s.\n" : "Snapshot %s cloned to %s.\n", from, to);
	return 0;
}

static int edit_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP(edited_clear) struct edited e = {.kind = moment_kind_of(in), .dom = &dom};
	struct document document = {.get = edited_get, .put = edited_put, .opaque = &e};
	CLEANUP_FREE char *unchanged = NULL;
	const char *word = *e.kind->word == 's' ? "Snapshot" : "Checkpoint";
	int rc;

	if (args_exclusive(sh, in, "rename", "clone") < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	/* with a name --current is what it is to become */
	if (args_text(in, e.kind->option)
			? moment_lookup(sh, e.kind, &dom, args_text(in, e.kind->option), &e.m) < 0
			: moment_find(sh, in, e.kind->option, &dom, &e.m) < 0)
		return -1;
	e.flags = e.kind->redefine;
	if (args_text(in, "snapshotname") && args_given(in, "current"))
		e.flags |= RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT;
	document.always = e.flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT;
	unchanged = shell_printf("%s %s XML configuration not changed.\n", word, e.m.it.name);
	document.unchanged = unchanged;
	if ((rc = document_edit(sh, &document)) < 0)
		return -1;
	if (rc > 0 && strcmp(e.m.it.name, e.made.it.name) != 0) {
		if (finish_rename(sh, in, &e) < 0)
			return -1;
	} else if (rc > 0) {
		out_note(sh, "%s %s edited.\n", word, e.m.it.name);
	}
	out_value(sh,
			  json_pack("{s:o, s:s}", "name", out_json_text(rc > 0 ? e.made.it.name : e.m.it.name),
						"result", rc > 0 ? "updated" : "unchanged"));
	return 0;
}

#define ARGS_CREATE                                                                                \
	{"no-metadata", ARG_BOOL, "let the host forget it"},                                           \
		{"halt", ARG_BOOL, "turn the guest off afterwards"},                                       \
		{"disk-only", ARG_BOOL, "of the disks alone"},                                             \
		{"reuse-external", ARG_BOOL, "use the files that are there"},                              \
		{"quiesce", ARG_BOOL, "let the guest freeze its file systems"},                            \
		{"atomic", ARG_BOOL, "all of it or nothing"},                                              \
		{"live", ARG_BOOL, "let the guest run meanwhile"},                                         \
	{                                                                                              \
		"validate", ARG_BOOL, "check the XML against the schema"                                   \
	}

static const struct arg snapshot_create_args[] = {
	ARG_DOMAIN_ANY(0),
	{"xmlfile", ARG_STRING, "file with the XML of a snapshot", 0, file_complete},
	{"redefine", ARG_BOOL, "describe one again that there was"},
	{"current", ARG_BOOL, "with --redefine, make it the current one"},
	ARGS_CREATE,
	{NULL},
};
static const struct arg snapshot_create_as_args[] = {
	ARG_DOMAIN_ANY(0),
	{"name", ARG_STRING, "its name"},
	{"description", ARG_STRING, "what it is about"},
	{"print-xml", ARG_BOOL, "print the XML instead"},
	ARGS_CREATE,
	{"memspec", ARG_STRING, "where the memory goes: [file=]NAME[,snapshot=TYPE]", ARG_NAMED},
	{"diskspec", ARG_REST, "a disk: TARGET[,snapshot=TYPE][,driver=TYPE][,stype=TYPE][,file=NAME]"},
	{NULL},
};
static const struct arg current_args[] = {
	ARG_DOMAIN_ANY(0),
	{"name", ARG_BOOL, "only the name"},
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	{"snapshotname", ARG_STRING, "make this one the current one"},
	{NULL},
};
static const struct arg revert_args[] = {
	ARG_DOMAIN_ANY(0),
	{"snapshotname", ARG_STRING, "name of a snapshot"},
	{"current", ARG_BOOL, "the current snapshot"},
	{"running", ARG_BOOL, "let it run afterwards"},
	{"paused", ARG_BOOL, "leave it paused afterwards"},
	{"force", ARG_BOOL, "also where something would be lost"},
	{"reset-nvram", ARG_BOOL, "make the NVRAM anew from its template"},
	{NULL},
};
static const struct arg snapshot_edit_args[] = {
	ARG_DOMAIN_ANY(0),
	{"snapshotname", ARG_STRING, "name of a snapshot"},
	{"current", ARG_BOOL, "the current snapshot, or make it that"},
	{"rename", ARG_BOOL, "it may get another name"},
	{"clone", ARG_BOOL, "another name makes another snapshot"},
	{NULL},
};
static const struct arg checkpoint_create_args[] = {
	ARG_DOMAIN_ANY(0),
	{"xmlfile", ARG_STRING, "file with the XML of a checkpoint", 0, file_complete},
	{"redefine", ARG_BOOL, "describe one again that there was"},
	{"redefine-validate", ARG_BOOL, "check whether the disks still have it"},
	{"quiesce", ARG_BOOL, "let the guest freeze its file systems"},
	{NULL},
};
static const struct arg checkpoint_create_as_args[] = {
	ARG_DOMAIN_ANY(0),
	{"name", ARG_STRING, "its name"},
	{"description", ARG_STRING, "what it is about"},
	{"print-xml", ARG_BOOL, "print the XML instead"},
	{"quiesce", ARG_BOOL, "let the guest freeze its file systems"},
	{"diskspec", ARG_REST, "a disk: TARGET[,checkpoint=TYPE][,bitmap=NAME]"},
	{NULL},
};
static const struct arg checkpoint_edit_args[] = {
	ARG_DOMAIN_ANY(0), {"checkpointname", ARG_STRING, "name of a checkpoint"}, {NULL}};

const struct cmd *cmd_snapshot_rows(void)
{
	static const struct cmd rows[] = {
		{"snapshot-create", "snapshot", "make a snapshot from an XML file",
		 "Makes a snapshot of a domain, by an XML file or with all that there is.",
		 snapshot_create_args, CMD_WRITES, create_run},
		{"snapshot-create-as", "snapshot", "make a snapshot from options",
		 "Makes a snapshot of a domain as the options say.", snapshot_create_as_args, CMD_WRITES,
		 create_as_run},
		{"snapshot-current", "snapshot", "show or set the current snapshot",
		 "Prints the snapshot from which the guest goes on, or makes another one that.",
		 current_args, CMD_WRITES, current_run},
		{"snapshot-revert", "snapshot", "go back to a snapshot",
		 "Puts a domain back into the state of a snapshot. What came since is lost.", revert_args,
		 CMD_WRITES, revert_run},
		{"snapshot-edit", "snapshot", "edit the XML of a snapshot",
		 "Changes what is known of a snapshot in an editor.", snapshot_edit_args, CMD_WRITES,
		 edit_run},
		{"checkpoint-create", "checkpoint", "make a checkpoint from an XML file",
		 "Marks a moment from which backups count what has changed.", checkpoint_create_args,
		 CMD_WRITES, create_run},
		{"checkpoint-create-as", "checkpoint", "make a checkpoint from options",
		 "Marks a moment from which backups count what has changed, as the options say.",
		 checkpoint_create_as_args, CMD_WRITES, create_as_run},
		{"checkpoint-edit", "checkpoint", "edit the XML of a checkpoint",
		 "Changes what is known of a checkpoint in an editor.", checkpoint_edit_args, CMD_WRITES,
		 edit_run},
		{NULL},
	};

	return rows;
}
