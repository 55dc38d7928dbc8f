/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked about the trees of snapshots: counted, listed, looked up.
 */
#include "config.h"
#include "drivers/domains/snapshots.h"

#include "base/error.h"
#include "drivers/args.h"

#include <stdio.h>
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

/* -- one of them -- */

bool snapshot_is(const struct moment *m, const char *state)
{
	const char *text = def_text(m->def, "state");

	return text && strcmp(text, state) == 0;
}

const char *snapshot_state_of(const struct domain *d)
{
	static const char *const texts[] = {"nostate",  "running", "blocked", "paused",
										"shutdown", "shutoff", "crashed", "pmsuspended"};

	return texts[d->state];
}

bool snapshot_has_memory(const struct moment *m)
{
	return snapshot_is(m, "running") || snapshot_is(m, "paused");
}

bool snapshot_is_external(const struct moment *m)
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

struct placed_moment *snapshots_find(const struct domains *list, struct domain *d, const char *name)
{
	struct placed_moment *t = moments_find(&d->snapshots, name);

	if (!t)
		error_set((enum error_domain)list->error_domain, ERR_NO_DOMAIN_SNAPSHOT,
				  "no domain snapshot with matching name '%s'", name);
	return t;
}

int snapshot_wire(const struct placed_moment *t, const struct rvirt_wire_domain *dom,
				  struct rvirt_wire_domain_snapshot *ret)
{
	ret->name = strdup(moment_name(t->m));
	ret->dom = (struct rvirt_wire_domain){.name = strdup(dom->name), .id = dom->id};
	memcpy(ret->dom.uuid, dom->uuid, UUID_LEN);
	return ret->name && ret->dom.name ? 0 : error_oom();
}

int snapshots_flags(const struct domains *list, unsigned flags, unsigned known, const char *what)
{
	char function[64];

	snprintf(function, sizeof function, "%s%s", list->prefix, what);
	return args_flags(list->error_domain, flags, known, function);
}

/* -- lists -- */

static bool passes(const struct placed_moment *t, unsigned flags)
{
	unsigned s = RVIRT_DOMAIN_SNAPSHOT_LIST_ACTIVE, p = RVIRT_DOMAIN_SNAPSHOT_LIST_INTERNAL;

	if (snapshot_is(t->m, "shutoff"))
		s = RVIRT_DOMAIN_SNAPSHOT_LIST_INACTIVE;
	else if (snapshot_is(t->m, "disk-snapshot"))
		s = RVIRT_DOMAIN_SNAPSHOT_LIST_DISK_ONLY;
	if (snapshot_is_external(t->m))
		p = RVIRT_DOMAIN_SNAPSHOT_LIST_EXTERNAL;
	return !((flags & STATES) && !(flags & s)) && !((flags & PLACES) && !(flags & p)) &&
		   (flags & METADATA) != RVIRT_DOMAIN_SNAPSHOT_LIST_NO_METADATA;
}

/* Those of a domain, or (from) below one of its snapshots, are meant. */
struct question {
	const struct rvirt_wire_domain *dom;
	const char *from;
	unsigned flags;
	const char *what; /* the call */
};

static int find(const struct domains *list, const struct question *q, struct placed_moment ***ret)
{
	struct moments_filter f = {.passes = passes, .flags = q->flags};
	struct domain *d;

	if (snapshots_flags(list, q->flags, KNOWN, q->what) < 0 || !(d = domains_find(list, q->dom)) ||
		(q->from && !(f.from = snapshots_find(list, d, q->from))))
		return -1;
	/* the same bit: only the roots of all, or not only the children of one */
	f.children = !(q->flags & RVIRT_DOMAIN_SNAPSHOT_LIST_DESCENDANTS) == !!q->from;
	f.leaves = q->flags & RVIRT_DOMAIN_SNAPSHOT_LIST_LEAVES;
	f.no_leaves = q->flags & RVIRT_DOMAIN_SNAPSHOT_LIST_NO_LEAVES;
	return moments_list(&d->snapshots, &f, ret);
}

static int count(const struct domains *list, const struct question *q, int32_t *ret)
{
	CLEANUP_FREE struct placed_moment **found = NULL;
	int n = find(list, q, &found);

	if (n >= 0)
		*ret = n;
	return n < 0 ? -1 : 0;
}

static int give_names(const struct domains *list, const struct question *q, int max,
					  struct rvirt_wire_names_ret *ret)
{
	CLEANUP_FREE struct placed_moment **found = NULL;
	int n = args_max(max, NAMES_MAX, "maxnames", "REMOTE_DOMAIN_SNAPSHOT_LIST_MAX");

	if (n == 0)
		n = find(list, q, &found);
	if (n < 0)
		return -1;
	if (!(ret->names = calloc((size_t)n + 1, sizeof(char *))))
		return error_oom();
	for (int i = 0; i < n && i < max; i++, ret->n_names++)
		if (!(ret->names[i] = strdup(moment_name(found[i]->m))))
			return error_oom();
	return 0;
}

static int give_all(const struct domains *list, const struct question *q, bool need,
					struct rvirt_wire_snapshots_count_ret *ret)
{
	CLEANUP_FREE struct placed_moment **found = NULL;
	int n = find(list, q, &found);

	if (n < 0)
		return -1;
	ret->count = n;
	if (!need)
		return 0;
	if (!(ret->snapshots = calloc((size_t)n + 1, sizeof *ret->snapshots)))
		return error_oom();
	for (int i = 0; i < n; i++)
		if (snapshot_wire(found[i], q->dom, &ret->snapshots[ret->n_snapshots++]) < 0)
			return -1;
	return 0;
}

int snapshots_num(const struct domains *list, const struct rvirt_wire_dom_flags_args *args,
				  struct rvirt_wire_num_ret *ret)
{
	struct question q = {&args->dom, NULL, args->flags, "DomainSnapshotNum"};

	return count(list, &q, &ret->num);
}

int snapshots_num_children(const struct domains *list,
						   const struct rvirt_wire_snap_flags_args *args,
						   struct rvirt_wire_num_ret *ret)
{
	struct question q = {&args->snap.dom, args->snap.name, args->flags,
						 "DomainSnapshotNumChildren"};

	return count(list, &q, &ret->num);
}

int snapshots_list_names(const struct domains *list,
						 const struct rvirt_wire_dom_maxnames_flags_args *args,
						 struct rvirt_wire_names_ret *ret)
{
	struct question q = {&args->dom, NULL, args->flags, "DomainSnapshotListNames"};

	return give_names(list, &q, args->maxnames, ret);
}

int snapshots_list_children_names(const struct domains *list,
								  const struct rvirt_wire_snap_maxnames_flags_args *args,
								  struct rvirt_wire_names_ret *ret)
{
	struct question q = {&args->snap.dom, args->snap.name, args->flags,
						 "DomainSnapshotListChildrenNames"};

	return give_names(list, &q, args->maxnames, ret);
}

int snapshots_list_all(const struct domains *list,
					   const struct rvirt_wire_dom_need_results_flags_args *args,
					   struct rvirt_wire_snapshots_count_ret *ret)
{
	struct question q = {&args->dom, NULL, args->flags, "DomainListAllSnapshots"};

	return give_all(list, &q, args->need_results, ret);
}

int snapshots_list_all_children(
	const struct domains *list,
	const struct rvirt_wire_domain_snapshot_list_all_children_args *args,
	struct rvirt_wire_snapshots_count_ret *ret)
{
	struct question q = {&args->snapshot.dom, args->snapshot.name, args->flags,
						 "DomainSnapshotListAllChildren"};

	return give_all(list, &q, args->need_results, ret);
}

/* -- looked up -- */

/* The domain of a call without flags; NULL with the error set. */
static struct domain *domain_of(const struct domains *list, const struct rvirt_wire_domain *dom,
								unsigned flags, const char *what)
{
	return snapshots_flags(list, flags, 0, what) < 0 ? NULL : domains_find(list, dom);
}

/* The snapshot that such a call is about, and its domain. */
static struct placed_moment *of(const struct domains *list,
								const struct rvirt_wire_snap_flags_args *args, const char *what,
								struct domain **ret_d)
{
	*ret_d = domain_of(list, &args->snap.dom, args->flags, what);
	return *ret_d ? snapshots_find(list, *ret_d, args->snap.name) : NULL;
}

int snapshots_lookup(const struct domains *list, const struct rvirt_wire_dom_name_flags_args *args,
					 struct rvirt_wire_snap_ret *ret)
{
	struct domain *d = domain_of(list, &args->dom, args->flags, "DomainSnapshotLookupByName");
	const struct placed_moment *t = d ? snapshots_find(list, d, args->name) : NULL;

	return t ? snapshot_wire(t, &args->dom, &ret->snap) : -1;
}

int snapshots_has_current(const struct domains *list, const struct rvirt_wire_dom_flags_args *args,
						  struct rvirt_wire_result_ret *ret)
{
	const struct domain *d = domain_of(list, &args->dom, args->flags, "DomainHasCurrentSnapshot");

	if (!d)
		return -1;
	ret->result = d->snapshots.current != NULL;
	return 0;
}

int snapshots_current(const struct domains *list, const struct rvirt_wire_dom_flags_args *args,
					  struct rvirt_wire_snap_ret *ret)
{
	const struct domain *d = domain_of(list, &args->dom, args->flags, "DomainSnapshotCurrent");

	if (!d)
		return -1;
	if (!d->snapshots.current)
		return error_set((enum error_domain)list->error_domain, ERR_NO_DOMAIN_SNAPSHOT,
						 "the domain does not have a current snapshot");
	return snapshot_wire(d->snapshots.current, &args->dom, &ret->snap);
}

int snapshots_parent(const struct domains *list, const struct rvirt_wire_snap_flags_args *args,
					 struct rvirt_wire_snap_ret *ret)
{
	struct domain *d;
	const struct placed_moment *t = of(list, args, "DomainSnapshotGetParent", &d);

	if (!t)
		return -1;
	if (t->parent == &d->snapshots.root)
		return error_set((enum error_domain)list->error_domain, ERR_NO_DOMAIN_SNAPSHOT,
						 "snapshot '%s' does not have a parent", args->snap.name);
	return snapshot_wire(t->parent, &args->snap.dom, &ret->snap);
}

int snapshots_is_current(const struct domains *list, const struct rvirt_wire_snap_flags_args *args,
						 struct rvirt_wire_current_ret *ret)
{
	struct domain *d;
	const struct placed_moment *t = of(list, args, "DomainSnapshotIsCurrent", &d);

	if (!t)
		return -1;
	ret->current = d->snapshots.current == t;
	return 0;
}

int snapshots_has_metadata(const struct domains *list,
						   const struct rvirt_wire_snap_flags_args *args,
						   struct rvirt_wire_domain_snapshot_has_metadata_ret *ret)
{
	struct domain *d;

	if (!of(list, args, "DomainSnapshotHasMetadata", &d))
		return -1;
	ret->metadata = 1;
	return 0;
}

int snapshots_describe(const struct domains *list, const struct rvirt_wire_snap_flags_args *args,
					   struct rvirt_wire_xml_ret *ret)
{
	struct domain *d;
	const struct placed_moment *t;

	if (snapshots_flags(list, args->flags, RVIRT_DOMAIN_SNAPSHOT_XML_SECURE,
						"DomainSnapshotGetXMLDesc") < 0 ||
		!(d = domains_find(list, &args->snap.dom)) ||
		!(t = snapshots_find(list, d, args->snap.name)))
		return -1;
	return (ret->xml = moment_format(t->m, d->uuid, args->flags ? MOMENT_SECURE : 0)) ? 0 : -1;
}
