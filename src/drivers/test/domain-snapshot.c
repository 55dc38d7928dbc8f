/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of a domain: made, described again, reverted to, deleted. Of the disks nothing is kept.
 */
#include "config.h"
#include "drivers/domains/snapshots.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

/* What a new snapshot holds: the domain as it is, and which parts of it. */
static int complete(struct domain *d, struct moment *m)
{
	struct node *memory = node_need(m->def->root, "memory");
	bool external = node_attr_is(memory, "snapshot", "external");

	domain_def_free(m->domain);
	if (!memory || !(m->domain = domain_def_copy(d->def)) ||
		moment_set_text(m, "state", snapshot_state_of(d)) < 0)
		return -1;
	if (!external &&
		node_set(memory, "snapshot", d->state == RVIRT_DOMAIN_SHUTOFF ? "no" : "internal") < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (node_attr_is(row, "snapshot", "manual"))
			return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
							 "'manual' snapshot mode is not supported by the test driver");
	}
	return moment_align_snapshot(m, !external);
}

static struct placed_moment *create(struct test_node *node, struct domain *d, struct moment **m,
									unsigned flags)
{
	struct placed_moment *t;

	if (complete(d, *m) < 0 ||
		moment_set_parent(*m, d->snapshots.current ? moment_name(d->snapshots.current->m) : NULL) <
			0 ||
		!(t = moments_add(&d->snapshots, m)))
		return NULL;
	d->snapshots.current = t;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT && domain_active(d))
		test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_FROM_SNAPSHOT,
						 RVIRT_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
	return t;
}

int test_domain_snapshot_create_xml(struct driver_conn *conn,
									const struct rvirt_wire_dom_xml_desc_flags_args *args,
									struct rvirt_wire_snap_ret *ret)
{
	enum {
		KNOWN = RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE | RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT |
				RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT | RVIRT_DOMAIN_SNAPSHOT_CREATE_QUIESCE |
				RVIRT_DOMAIN_SNAPSHOT_CREATE_ATOMIC | RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE |
				RVIRT_DOMAIN_SNAPSHOT_CREATE_VALIDATE
	};
	CLEANUP(cleanup_moment) struct moment *m = NULL;
	bool again = args->flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct placed_moment *t;

	if (snapshots_check_create(args->flags) < 0 ||
		args_flags(FROM_TEST, args->flags, KNOWN, "testDomainSnapshotCreateXML") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	if (moments_count(&d->checkpoints))
		return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
						 "cannot create snapshot while checkpoint exists");
	if (!d->persistent && args->flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot halt after transient domain snapshot");
	if (moment_parse(
			def_kind_snapshot(), args->xml_desc,
			(again ? MOMENT_REDEFINE : 0) |
				(args->flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_VALIDATE ? MOMENT_VALIDATE : 0),
			&m) < 0)
		return -1;
	if (!(t = again ? snapshots_redefine(d, &m, args->flags) : create(node, d, &m, args->flags)))
		return -1;
	if (args->flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT)
		d->snapshots.current = t;
	if (snapshot_wire(t, &args->dom, &ret->snap) < 0)
		return -1;
	if (args->flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT)
		ret->snap.dom.id = -1;
	return 0;
}

int test_domain_snapshot_delete(struct driver_conn *conn,
								const struct rvirt_wire_snap_flags_args *args)
{
	enum {
		KNOWN = RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN | RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY
	};
	TEST_LOCKED(node, conn);
	enum moments_delete what;
	struct domain *d;
	struct placed_moment *t;

	if (snapshots_check_delete(args->flags, &what) < 0 ||
		args_flags(FROM_TEST, args->flags, KNOWN, "testDomainSnapshotDelete") < 0 ||
		!(d = test_find(node, &args->snap.dom)) ||
		!(t = snapshots_find(&node->domains, d, args->snap.name)))
		return -1;
	return moments_delete(&d->snapshots, t, what);
}

static int check_revert(const struct domain *d, const struct moment *m, unsigned flags)
{
	bool runs =
		flags & (RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING | RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED);

	if (!d->persistent && !snapshot_has_memory(m) && !runs)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "transient domain needs to request run or pause to revert to inactive "
						 "snapshot");
	if (!m->domain && !(flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_FORCE))
		return error_set(FROM_TEST, ERR_SNAPSHOT_REVERT_RISKY,
						 "snapshot '%s' lacks domain '%s' rollback info", moment_name(m), d->name);
	if (!m->domain)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "missing domain in snapshot");
	return 0;
}

/* Puts a copy of the snapshot's definition in place of what runs or is defined. */
static int take_definition(struct domain *d, const struct moment *m)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = domain_def_copy(m->domain);

	if (!def || domain_def_set_name(def, d->name) < 0)
		return -1;
	domain_def_set_id(def, d->id);
	domain_def_free(d->def);
	d->def = steal(&def);
	return 0;
}

/* The guest is ended; if it ran at the time of the snapshot, it starts from there. */
static int revert(struct test_node *node, struct domain *d, const struct moment *m, unsigned flags)
{
	bool pause = flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED ||
				 (snapshot_is(m, "paused") && !(flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING));
	bool starts = snapshot_has_memory(m);

	if (domain_active(d)) {
		domains_shut(&node->domains, d, RVIRT_DOMAIN_SHUTOFF_FROM_SNAPSHOT);
		test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STOPPED,
						  RVIRT_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
	}
	if (take_definition(d, m) < 0 ||
		(starts && test_domain_start(node, d, RVIRT_DOMAIN_RUNNING_FROM_SNAPSHOT) < 0))
		return -1;
	/* of a snapshot without memory libvirt's driver only says that it starts */
	if (starts ||
		flags & (RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING | RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED))
		test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STARTED,
						  RVIRT_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
	if (!pause)
		return 0;
	if (starts)
		domain_set_state(d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_FROM_SNAPSHOT);
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_SUSPENDED,
					  RVIRT_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
	return 0;
}

int test_domain_revert_to_snapshot(struct driver_conn *conn,
								   const struct rvirt_wire_snap_flags_args *args)
{
	enum {
		KNOWN = RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING | RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED |
				RVIRT_DOMAIN_SNAPSHOT_REVERT_FORCE
	};
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct placed_moment *t;
	int rc;

	if (snapshots_check_revert(args->flags) < 0 ||
		args_flags(FROM_TEST, args->flags, KNOWN, "testDomainRevertToSnapshot") < 0 ||
		!(d = test_find(node, &args->snap.dom)) ||
		!(t = snapshots_find(&node->domains, d, args->snap.name)) ||
		check_revert(d, t->m, args->flags) < 0)
		return -1;
	rc = revert(node, d, t->m, args->flags);
	d->snapshots.current = rc == 0 ? t : NULL;
	return rc;
}
