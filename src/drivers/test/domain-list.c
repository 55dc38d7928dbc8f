/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counting, listing and looking up domains.
 */
#include "config.h"
#include "drivers/test/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { LIST_MAX = 16384 };

/* all filters of CONNECT_LIST_ALL_DOMAINS */
enum { LIST_ALL = 65535 };

/* The filters that are true of a domain. */
static unsigned filters_of(const struct test_domain *d)
{
	unsigned f = test_moments_count(&d->snapshots) ? RVIRT_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
												   : RVIRT_CONNECT_LIST_DOMAINS_NO_SNAPSHOT;

	f |= test_moments_count(&d->checkpoints) ? RVIRT_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT
											 : RVIRT_CONNECT_LIST_DOMAINS_NO_CHECKPOINT;
	f |= test_domain_active(d) ? RVIRT_CONNECT_LIST_DOMAINS_ACTIVE
							   : RVIRT_CONNECT_LIST_DOMAINS_INACTIVE;
	f |= d->persistent ? RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT
					   : RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT;
	f |= d->managed_save ? RVIRT_CONNECT_LIST_DOMAINS_MANAGEDSAVE
						 : RVIRT_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE;
	f |= d->autostart ? RVIRT_CONNECT_LIST_DOMAINS_AUTOSTART
					  : RVIRT_CONNECT_LIST_DOMAINS_NO_AUTOSTART;
	switch (d->state) {
	case RVIRT_DOMAIN_RUNNING:
		return f | RVIRT_CONNECT_LIST_DOMAINS_RUNNING;
	case RVIRT_DOMAIN_PAUSED:
		return f | RVIRT_CONNECT_LIST_DOMAINS_PAUSED;
	case RVIRT_DOMAIN_SHUTOFF:
		return f | RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF;
	default:
		return f | RVIRT_CONNECT_LIST_DOMAINS_OTHER;
	}
}

bool test_domain_matches(const struct test_domain *d, unsigned flags)
{
	static const unsigned groups[] = {
		RVIRT_CONNECT_LIST_DOMAINS_ACTIVE | RVIRT_CONNECT_LIST_DOMAINS_INACTIVE,
		RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT | RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT,
		RVIRT_CONNECT_LIST_DOMAINS_RUNNING | RVIRT_CONNECT_LIST_DOMAINS_PAUSED |
			RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF | RVIRT_CONNECT_LIST_DOMAINS_OTHER,
		RVIRT_CONNECT_LIST_DOMAINS_MANAGEDSAVE | RVIRT_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
		RVIRT_CONNECT_LIST_DOMAINS_AUTOSTART | RVIRT_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
		RVIRT_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT | RVIRT_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
		RVIRT_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT | RVIRT_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
	};
	unsigned true_of_it = filters_of(d);

	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (flags & groups[i] && !(flags & groups[i] & true_of_it))
			return false;
	return true;
}

static unsigned count(const struct test_node *node, unsigned flags)
{
	unsigned n = 0;

	for (const struct test_domain *d = node->domains; d; d = d->hh.next)
		n += test_domain_matches(d, flags);
	return n;
}

int test_connect_num_of_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = (int)HASH_CNT(hh_id, node->by_id);
	return 0;
}

int test_connect_num_of_defined_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = (int)(HASH_COUNT(node->domains) - HASH_CNT(hh_id, node->by_id));
	return 0;
}

int test_connect_list_domains(struct driver_conn *conn, const struct rvirt_wire_maxids_args *args,
							  struct rvirt_wire_ids_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_max(args->maxids, LIST_MAX, "maxids", "REMOTE_DOMAIN_LIST_MAX") < 0)
		return -1;
	if (!(ret->ids = calloc((size_t)args->maxids + 1, sizeof *ret->ids)))
		return error_oom();
	for (const struct test_domain *d = node->by_id; d; d = d->hh_id.next) {
		if (ret->n_ids == (unsigned)args->maxids)
			break;
		ret->ids[ret->n_ids++] = d->id;
	}
	return 0;
}

int test_connect_list_defined_domains(struct driver_conn *conn,
									  const struct rvirt_wire_maxnames_args *args,
									  struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_max(args->maxnames, LIST_MAX, "maxnames", "REMOTE_DOMAIN_LIST_MAX") < 0)
		return -1;
	if (!(ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names)))
		return error_oom();
	for (const struct test_domain *d = node->domains; d; d = d->hh.next) {
		if (test_domain_active(d))
			continue;
		if (ret->n_names == (unsigned)args->maxnames)
			break;
		if (!(ret->names[ret->n_names] = strdup(d->name)))
			return error_oom();
		ret->n_names++;
	}
	return 0;
}

int test_connect_list_all_domains(struct driver_conn *conn,
								  const struct rvirt_wire_need_results_flags_args *args,
								  struct rvirt_wire_domains_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (test_args_flags(args->flags, LIST_ALL, "testConnectListAllDomains") < 0)
		return -1;
	ret->count = count(node, args->flags);
	if (ret->count > LIST_MAX)
		return error_set(FROM_RPC, ERR_RPC, "Too many domains '%u' for limit '%d'", ret->count,
						 LIST_MAX);
	if (!args->need_results || !ret->count)
		return 0;
	if (!(ret->domains = calloc(ret->count, sizeof *ret->domains)))
		return error_oom();
	for (const struct test_domain *d = node->domains; d; d = d->hh.next) {
		if (!test_domain_matches(d, args->flags))
			continue;
		if (test_domain_wire(d, &ret->domains[ret->n_domains]) < 0)
			return -1;
		ret->n_domains++;
	}
	return 0;
}

int test_domain_lookup_by_id(struct driver_conn *conn, const struct rvirt_wire_id_args *args,
							 struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_domain *d;

	if (args->id < 0)
		return test_args_refuse(FROM_DOMAIN, "virDomainLookupByID", "id",
								"id in virDomainLookupByID must be zero or greater");
	if (!(d = test_domain_by_id(node, args->id)))
		return error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
	return test_domain_wire(d, &ret->dom);
}

int test_domain_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_domain *d = test_domain_by_name(node, args->name);

	return d ? test_domain_wire(d, &ret->dom) : error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
}

int test_domain_lookup_by_uuid(struct driver_conn *conn, const struct rvirt_wire_uuid_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct test_domain *d = test_domain_by_uuid(node, args->uuid);

	return d ? test_domain_wire(d, &ret->dom) : error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
}
