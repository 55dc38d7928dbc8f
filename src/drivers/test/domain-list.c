/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counting, listing and looking up domains.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

int test_connect_num_of_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = domains_num(&node->domains);
	return 0;
}

int test_connect_num_of_defined_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);

	ret->num = domains_num_defined(&node->domains);
	return 0;
}

int test_connect_list_domains(struct driver_conn *conn, const struct rvirt_wire_maxids_args *args,
							  struct rvirt_wire_ids_ret *ret)
{
	TEST_LOCKED(node, conn);

	return domains_list_ids(&node->domains, args, ret);
}

int test_connect_list_defined_domains(struct driver_conn *conn,
									  const struct rvirt_wire_maxnames_args *args,
									  struct rvirt_wire_names_ret *ret)
{
	TEST_LOCKED(node, conn);

	return domains_list_defined(&node->domains, args, ret);
}

int test_connect_list_all_domains(struct driver_conn *conn,
								  const struct rvirt_wire_need_results_flags_args *args,
								  struct rvirt_wire_domains_count_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, DOMAINS_LIST_ALL, "testConnectListAllDomains") < 0)
		return -1;
	return domains_list_all(&node->domains, args, ret);
}

int test_domain_lookup_by_id(struct driver_conn *conn, const struct rvirt_wire_id_args *args,
							 struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args->id < 0)
		return args_refuse(FROM_DOMAIN, "virDomainLookupByID", "id",
						   "id in virDomainLookupByID must be zero or greater");
	if (!(d = domains_by_id(&node->domains, args->id)))
		return error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
	return domain_wire(d, &ret->dom);
}

int test_domain_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = domains_by_name(&node->domains, args->name);

	return d ? domain_wire(d, &ret->dom) : error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
}

int test_domain_lookup_by_uuid(struct driver_conn *conn, const struct rvirt_wire_uuid_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = domains_by_uuid(&node->domains, args->uuid);

	return d ? domain_wire(d, &ret->dom) : error_set(FROM_TEST, ERR_NO_DOMAIN, NULL);
}
