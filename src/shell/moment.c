/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Snapshots and checkpoints, as far as they are alike: their kinds, how they are found and read.
 */
#include "config.h"

#include "moment.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

bool moment_is_snapshot(const struct moment_kind *kind)
{
	return *kind->word == 's';
}

void moment_clear_wire(struct rvirt_wire_domain_snapshot *it)
{
	struct rvirt_wire_snap_ret whole = {*it};

	rvirt_wire_clear(RVIRT_PROC_DOMAIN_SNAPSHOT_LOOKUP_BY_NAME, &whole);
	*it = (struct rvirt_wire_domain_snapshot){0};
}

void moment_clear(struct moment *m)
{
	moment_clear_wire(&m->it);
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
	bool has_current = moment_is_snapshot(kind) && args_given(in, "current");
	const char *name;

	if (args_get_text(sh, in, option, &name) < 0)
		return -1;
	if (has_current && name)
		return out_refuse(sh, "--%s and --current are mutually exclusive", option);
	if (name)
		return moment_lookup(sh, kind, dom, name, ret);
	if (!has_current)
		return out_refuse(
			sh, moment_is_snapshot(kind) ? "--%s or --current is required" : "--%s is required",
			option);
	if (rvirt_call_domain_snapshot_current(sh->conn, &args, &current) < 0)
		return out_fail(sh);
	ret->it = current.snap;
	return 0;
}

struct rvirt_call *moment_send_xml(struct shell *sh, const struct moment_kind *kind,
								   const struct moment *m, unsigned flags)
{
	struct rvirt_wire_snap_flags_args args = {m->it, flags};

	return rvirt_call_send(sh->conn, kind->xml, &args);
}

char *moment_xml(struct shell *sh, const struct moment_kind *kind, const struct moment *m,
				 unsigned flags)
{
	struct rvirt_wire_xml_ret ret = {0};

	return domain_wait(moment_send_xml(sh, kind, m, flags), &ret) < 0 ? NULL : ret.xml;
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

int moment_wait_details(struct shell *sh, struct rvirt_call *call, struct moment *m)
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
