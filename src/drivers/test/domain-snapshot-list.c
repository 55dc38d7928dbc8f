/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of a domain: counted, listed, looked up.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum {
	STATES = RVIRT_DOMAIN_SNAPSHOT_LIST_INACTIVE | RVIRT_DOMAIN_SNAPSHOT_LIST_ACTIVE |
			 RVIRT_DOMAIN_SNAPSHOT_LIST_DISK_ONLY,
	PLACES = RVIRT_DOMAIN_SNAPSHOT_LIST_INTERNAL | RVIRT_DOMAIN_SNAPSHOT_LIST_EXTERNAL,
	METADATA = RVIRT_DOMAIN_SNAPSHOT_LIST_METADATA | RVIRT_DOMAIN_SNAPSHOT_LIST_NO_METADATA,
	LEAVES = RVIRT_DOMAIN_SNAPSHOT_LIST_LEAVES | RVIRT_DOMAIN_SNAPSHOT_LIST_NO_LEAVES,
	KNOWN = RVIRT_DOMAIN_SNAPSHOT_LIST_ROOTS | RVIRT_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL | STATES |
			PLACES | METADATA | LEAVES,
	NAMES_MAX = 16384,
};

static bool is_external(const struct moment *m)
{
	if (node_attr_is(node_child(m->def->root, "memory"), "snapshot", "external"))
		return true;
	NODE_EACH(disk, node_child(m->def->root, "disks"), "disk")
	{
		if (node_attr_is(disk, "snapshot", "external"))
			return true;
	}
	return false;
}

static bool passes(const struct placed_moment *t, unsigned flags)
{
	const char *state = def_text(t->m->def, "state");
	unsigned s = RVIRT_DOMAIN_SNAPSHOT_LIST_ACTIVE, p = RVIRT_DOMAIN_SNAPSHOT_LIST_INTERNAL;

	if (state && strcmp(state, "shutoff") == 0)
		s = RVIRT_DOMAIN_SNAPSHOT_LIST_INACTIVE;
	else if (state && strcmp(state, "disk-snapshot") == 0)
		s = RVIRT_DOMAIN_SNAPSHOT_LIST_DISK_ONLY;
	if (is_external(t->m))
		p = RVIRT_DOMAIN_SNAPSHOT_LIST_EXTERNAL;
	return !((flags & STATES) && !(flags & s)) && !((flags & PLACES) && !(flags & p)) &&
		   (flags & METADATA) != RVIRT_DOMAIN_SNAPSHOT_LIST_NO_METADATA;
}

/* Those of a domain (from NULL), or below one of its snapshots. */
static int list(struct test_node *node, const struct rvirt_wire_domain *dom, const char *from,
				unsigned flags, const char *function, struct placed_moment ***ret)
{
	struct moments_filter f = {.passes = passes, .flags = flags};
	struct domain *d;

	if (args_flags(FROM_TEST, flags, KNOWN, function) < 0 || !(d = test_find(node, dom)) ||
		(from && !(f.from = test_snapshot_find(d, from))))
		return -1;
	/* the same bit: only the roots of all, or not only the children of one */
	f.children = !(flags & RVIRT_DOMAIN_SNAPSHOT_LIST_DESCENDANTS) == !!from;
	f.leaves = flags & RVIRT_DOMAIN_SNAPSHOT_LIST_LEAVES;
	f.no_leaves = flags & RVIRT_DOMAIN_SNAPSHOT_LIST_NO_LEAVES;
	return moments_list(&d->snapshots, &f, ret);
}

static int count(struct test_node *node, const struct rvirt_wire_domain *dom, const char *from,
				 unsigned flags, const char *function, int32_t *ret)
{
	CLEANUP_FREE struct placed_moment **all = NULL;
	int n = list(node, dom, from, flags, function, &all);

	if (n >= 0)
		*ret = n;
	return n < 0 ? -1 : 0;
}

static int give_names(struct test_node *node, const struct rvirt_wire_domain *dom, const char *from,
					  int max, unsigned flags, const char *function,
					  struct rvirt_wire_names_ret *ret)
{
	CLEANUP_FREE struct placed_moment **all = NULL;
	int n = args_max(max, NAMES_MAX, "maxnames", "REMOTE_DOMAIN_SNAPSHOT_LIST_MAX");

	if (n == 0)
		n = list(node, dom, from, flags, function, &all);
	if (n < 0)
		return -1;
	if (!(ret->names = calloc((size_t)n + 1, sizeof(char *))))
		return error_oom();
	for (int i = 0; i < n && i < max; i++, ret->n_names++)
		if (!(ret->names[i] = strdup(moment_name(all[i]->m))))
			return error_oom();
	return 0;
}

static int give_all(struct test_node *node, const struct rvirt_wire_domain *dom, const char *from,
					bool need, unsigned flags, const char *function,
					struct rvirt_wire_snapshots_count_ret *ret)
{
	CLEANUP_FREE struct placed_moment **all = NULL;
	int n = list(node, dom, from, flags, function, &all);

	if (n < 0)
		return -1;
	ret->count = n;
	if (!need)
		return 0;
	if (!(ret->snapshots = calloc((size_t)n + 1, sizeof *ret->snapshots)))
		return error_oom();
	for (int i = 0; i < n; i++)
		if (test_snapshot_wire(all[i], dom, &ret->snapshots[ret->n_snapshots++]) < 0)
			return -1;
	return 0;
}

int test_domain_snapshot_num(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	return count(node, &args->dom, NULL, args->flags, "testDomainSnapshotNum", &ret->num);
}

int test_domain_snapshot_num_children(struct driver_conn *conn,
									  const struct rvirt_wire_snap_flags_args *args,
									  struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	return count(node, &args->snap.dom, args->snap.name, args->flags,
				 "testDomainSnapshotNumChildren", &ret->num);
}

int test_domain_snapshot_list_names(struct driver_conn *conn,
									const struct rvirt_wire_dom_maxnames_flags_args *args,
									struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_names(node, &args->dom, NULL, args->maxnames, args->flags,
					  "testDomainSnapshotListNames", ret);
}

int test_domain_snapshot_list_children_names(struct driver_conn *conn,
											 const struct rvirt_wire_snap_maxnames_flags_args *args,
											 struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_names(node, &args->snap.dom, args->snap.name, args->maxnames, args->flags,
					  "testDomainSnapshotListChildrenNames", ret);
}

int test_domain_list_all_snapshots(struct driver_conn *conn,
								   const struct rvirt_wire_dom_need_results_flags_args *args,
								   struct rvirt_wire_snapshots_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_all(node, &args->dom, NULL, args->need_results, args->flags,
					"testDomainListAllSnapshots", ret);
}

int test_domain_snapshot_list_all_children(
	struct driver_conn *conn, const struct rvirt_wire_domain_snapshot_list_all_children_args *args,
	struct rvirt_wire_snapshots_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_all(node, &args->snapshot.dom, args->snapshot.name, args->need_results, args->flags,
					"testDomainSnapshotListAllChildren", ret);
}

int test_domain_snapshot_lookup_by_name(struct driver_conn *conn,
										const struct rvirt_wire_dom_name_flags_args *args,
										struct rvirt_wire_snap_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainSnapshotLookupByName") < 0 ||
		!(d = test_find(node, &args->dom)) || !(t = test_snapshot_find(d, args->name)))
		return -1;
	return test_snapshot_wire(t, &args->dom, &ret->snap);
}

int test_domain_has_current_snapshot(struct driver_conn *conn,
									 const struct rvirt_wire_dom_flags_args *args,
									 struct rvirt_wire_result_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainHasCurrentSnapshot") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	ret->result = d->snapshots.current != NULL;
	return 0;
}

int test_domain_snapshot_current(struct driver_conn *conn,
								 const struct rvirt_wire_dom_flags_args *args,
								 struct rvirt_wire_snap_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainSnapshotCurrent") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	if (!d->snapshots.current)
		return error_set(FROM_TEST, ERR_NO_DOMAIN_SNAPSHOT,
						 "the domain does not have a current snapshot");
	return test_snapshot_wire(d->snapshots.current, &args->dom, &ret->snap);
}

/* The snapshot that a call is about; NULL with the error set. */
static struct placed_moment *of(struct test_node *node,
								const struct rvirt_wire_snap_flags_args *args, const char *function,
								struct domain **ret_d)
{
	if (args_flags(FROM_TEST, args->flags, 0, function) < 0 ||
		!(*ret_d = test_find(node, &args->snap.dom)))
		return NULL;
	return test_snapshot_find(*ret_d, args->snap.name);
}

int test_domain_snapshot_get_parent(struct driver_conn *conn,
									const struct rvirt_wire_snap_flags_args *args,
									struct rvirt_wire_snap_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t = of(node, args, "testDomainSnapshotGetParent", &d);

	if (!t)
		return -1;
	if (t->parent == &d->snapshots.root)
		return error_set(FROM_TEST, ERR_NO_DOMAIN_SNAPSHOT, "snapshot '%s' does not have a parent",
						 args->snap.name);
	return test_snapshot_wire(t->parent, &args->snap.dom, &ret->snap);
}

int test_domain_snapshot_is_current(struct driver_conn *conn,
									const struct rvirt_wire_snap_flags_args *args,
									struct rvirt_wire_current_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t = of(node, args, "testDomainSnapshotIsCurrent", &d);

	if (!t)
		return -1;
	ret->current = d->snapshots.current == t;
	return 0;
}

int test_domain_snapshot_has_metadata(struct driver_conn *conn,
									  const struct rvirt_wire_snap_flags_args *args,
									  struct rvirt_wire_domain_snapshot_has_metadata_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (!of(node, args, "testDomainSnapshotHasMetadata", &d))
		return -1;
	ret->metadata = 1;
	return 0;
}
