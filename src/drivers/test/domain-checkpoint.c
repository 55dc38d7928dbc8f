/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checkpoints of a domain, from which backups count what has changed.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

static struct placed_moment *find(struct domain *d, const char *name)
{
	struct placed_moment *t = moments_find(&d->checkpoints, name);

	if (!t)
		error_set(FROM_TEST, ERR_NO_DOMAIN_CHECKPOINT,
				  "no domain checkpoint with matching name '%s'", name);
	return t;
}

static int wire(const struct placed_moment *t, const struct rvirt_wire_domain *dom,
				struct rvirt_wire_domain_checkpoint *ret)
{
	ret->name = strdup(moment_name(t->m));
	ret->dom = (struct rvirt_wire_domain){.name = strdup(dom->name), .id = dom->id};
	memcpy(ret->dom.uuid, dom->uuid, UUID_LEN);
	return ret->name && ret->dom.name ? 0 : error_oom();
}

static struct placed_moment *create(struct domain *d, struct moment **m)
{
	struct placed_moment *t;

	domain_def_free((*m)->domain);
	if (!((*m)->domain = domain_def_copy(d->def)) || moment_align_checkpoint(*m) < 0 ||
		moment_set_parent(*m, d->checkpoints.current ? moment_name(d->checkpoints.current->m)
													 : NULL) < 0 ||
		!(t = moments_add(&d->checkpoints, m)))
		return NULL;
	d->checkpoints.current = t;
	return t;
}

static struct placed_moment *redefine(struct domain *d, struct moment **m)
{
	struct placed_moment *old = moments_find(&d->checkpoints, moment_name(*m));
	char uuid[UUID_TEXT_LEN];

	if ((*m)->domain && memcmp((*m)->domain->uuid, d->uuid, UUID_LEN) != 0) {
		error_set(FROM_DOMAIN_CHECKPOINT, ERR_INVALID_ARG,
				  "definition for checkpoint %s must use uuid %s", moment_name(*m),
				  uuid_format(d->uuid, uuid));
		return NULL;
	}
	if (moments_check_parent(&d->checkpoints, *m) < 0 || moment_align_checkpoint(*m) < 0)
		return NULL;
	if (old)
		return moments_replace(&d->checkpoints, old, m) < 0 ? NULL : old;
	old = moments_add(&d->checkpoints, m);
	if (old && !d->checkpoints.current)
		d->checkpoints.current = old;
	return old;
}

static int check_create_flags(unsigned flags)
{
	static const char function[] = "virDomainCheckpointCreateXML";
	static const char again[] = "VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE";

	if (flags & RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE &&
		!(flags & RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE))
		return args_refuse(FROM_DOMAIN_CHECKPOINT, function, "ctl",
						   "Flag '%s' is required by flag "
						   "'VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE'",
						   again);
	if (args_either_of(FROM_DOMAIN_CHECKPOINT, flags, RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
					   again, RVIRT_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
					   "VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE", function) < 0)
		return -1;
	return args_flags(FROM_TEST, flags,
					  RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE |
						  RVIRT_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
					  "testDomainCheckpointCreateXML");
}

int test_domain_checkpoint_create_xml(struct driver_conn *conn,
									  const struct rvirt_wire_dom_xml_desc_flags_args *args,
									  struct rvirt_wire_checkpoint_ret *ret)
{
	CLEANUP(cleanup_moment) struct moment *m = NULL;
	bool again = args->flags & RVIRT_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct placed_moment *t;

	if (check_create_flags(args->flags) < 0 || !(d = test_find(node, &args->dom)))
		return -1;
	if (moments_count(&d->snapshots))
		return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
						 "cannot create checkpoint while snapshot exists");
	if (!domain_active(d))
		return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
						 "cannot create checkpoint for inactive domain");
	if (moment_parse(def_kind_checkpoint(), args->xml_desc,
					 MOMENT_VALIDATE | (again ? MOMENT_REDEFINE : 0), &m) < 0 ||
		!(t = again ? redefine(d, &m) : create(d, &m)))
		return -1;
	return wire(t, &args->dom, &ret->checkpoint);
}

int test_domain_checkpoint_get_xml_desc(struct driver_conn *conn,
										const struct rvirt_wire_checkpoint_flags_args *args,
										struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t;

	if (args_flags(FROM_TEST, args->flags,
				   RVIRT_DOMAIN_CHECKPOINT_XML_SECURE | RVIRT_DOMAIN_CHECKPOINT_XML_NO_DOMAIN |
					   RVIRT_DOMAIN_CHECKPOINT_XML_SIZE,
				   "testDomainCheckpointGetXMLDesc") < 0 ||
		!(d = test_find(node, &args->checkpoint.dom)) || !(t = find(d, args->checkpoint.name)))
		return -1;
	if (args->flags & RVIRT_DOMAIN_CHECKPOINT_XML_SIZE && !domain_active(d))
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
	ret->xml = moment_format(
		t->m, NULL,
		(args->flags & RVIRT_DOMAIN_CHECKPOINT_XML_SECURE ? MOMENT_SECURE : 0) |
			(args->flags & RVIRT_DOMAIN_CHECKPOINT_XML_NO_DOMAIN ? MOMENT_NO_DOMAIN : 0));
	return ret->xml ? 0 : -1;
}

static int give_all(struct test_node *node, const struct rvirt_wire_domain *dom, const char *from,
					bool need, unsigned flags, const char *function,
					struct rvirt_wire_checkpoints_count_ret *ret)
{
	enum {
		KNOWN = RVIRT_DOMAIN_CHECKPOINT_LIST_ROOTS | RVIRT_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL |
				RVIRT_DOMAIN_CHECKPOINT_LIST_LEAVES | RVIRT_DOMAIN_CHECKPOINT_LIST_NO_LEAVES
	};
	CLEANUP_FREE struct placed_moment **all = NULL;
	struct moments_filter f = {.leaves = flags & RVIRT_DOMAIN_CHECKPOINT_LIST_LEAVES,
							   .no_leaves = flags & RVIRT_DOMAIN_CHECKPOINT_LIST_NO_LEAVES};
	struct domain *d;
	int n;

	if (args_flags(FROM_TEST, flags, KNOWN, function) < 0 || !(d = test_find(node, dom)) ||
		(from && !(f.from = find(d, from))))
		return -1;
	/* the same bit: only the roots of all, or not only the children of one */
	f.children = !(flags & RVIRT_DOMAIN_CHECKPOINT_LIST_DESCENDANTS) == !!from;
	n = moments_list(&d->checkpoints, &f, &all);
	if (n < 0)
		return -1;
	ret->count = n;
	if (need && !(ret->checkpoints = calloc((size_t)n + 1, sizeof *ret->checkpoints)))
		return error_oom();
	for (int i = 0; need && i < n; i++)
		if (wire(all[i], dom, &ret->checkpoints[ret->n_checkpoints++]) < 0)
			return -1;
	return 0;
}

int test_domain_list_all_checkpoints(struct driver_conn *conn,
									 const struct rvirt_wire_dom_need_results_flags_args *args,
									 struct rvirt_wire_checkpoints_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_all(node, &args->dom, NULL, args->need_results, args->flags,
					"testDomainListAllCheckpoints", ret);
}

int test_domain_checkpoint_list_all_children(
	struct driver_conn *conn,
	const struct rvirt_wire_domain_checkpoint_list_all_children_args *args,
	struct rvirt_wire_checkpoints_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	return give_all(node, &args->checkpoint.dom, args->checkpoint.name, args->need_results,
					args->flags, "testDomainCheckpointListAllChildren", ret);
}

int test_domain_checkpoint_lookup_by_name(struct driver_conn *conn,
										  const struct rvirt_wire_dom_name_flags_args *args,
										  struct rvirt_wire_checkpoint_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainCheckpointLookupByName") < 0 ||
		!(d = test_find(node, &args->dom)) || !(t = find(d, args->name)))
		return -1;
	return wire(t, &args->dom, &ret->checkpoint);
}

int test_domain_checkpoint_get_parent(struct driver_conn *conn,
									  const struct rvirt_wire_checkpoint_flags_args *args,
									  struct rvirt_wire_parent_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct placed_moment *t;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainCheckpointGetParent") < 0 ||
		!(d = test_find(node, &args->checkpoint.dom)) || !(t = find(d, args->checkpoint.name)))
		return -1;
	if (t->parent == &d->checkpoints.root)
		return error_set(FROM_TEST, ERR_NO_DOMAIN_CHECKPOINT,
						 "checkpoint '%s' does not have a parent", args->checkpoint.name);
	return wire(t->parent, &args->checkpoint.dom, &ret->parent);
}

int test_domain_checkpoint_delete(struct driver_conn *conn,
								  const struct rvirt_wire_checkpoint_flags_args *args)
{
	TEST_LOCKED(node, conn);
	enum moments_delete what = MOMENT_ALONE;
	struct domain *d;
	struct placed_moment *t;

	if (args_either_of(
			FROM_DOMAIN_CHECKPOINT, args->flags, RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN,
			"VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN", RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
			"VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY", "virDomainCheckpointDelete") < 0 ||
		args_flags(FROM_TEST, args->flags,
				   RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN |
					   RVIRT_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY |
					   RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
				   "testDomainCheckpointDelete") < 0 ||
		!(d = test_find(node, &args->checkpoint.dom)) || !(t = find(d, args->checkpoint.name)))
		return -1;
	if (args->flags & RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN)
		what = MOMENT_AND_CHILDREN;
	else if (args->flags & RVIRT_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY)
		what = MOMENT_CHILDREN_ONLY;
	return moments_delete(&d->checkpoints, t, what);
}
