/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counting, listing and looking up machines.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

int qemu_connect_num_of_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	QEMU_LOCKED(q, conn);

	ret->num = domains_num(&q->domains);
	return 0;
}

int qemu_connect_num_of_defined_domains(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	QEMU_LOCKED(q, conn);

	ret->num = domains_num_defined(&q->domains);
	return 0;
}

int qemu_connect_list_domains(struct driver_conn *conn, const struct rvirt_wire_maxids_args *args,
							  struct rvirt_wire_ids_ret *ret)
{
	QEMU_LOCKED(q, conn);

	return domains_list_ids(&q->domains, args, ret);
}

int qemu_connect_list_defined_domains(struct driver_conn *conn,
									  const struct rvirt_wire_maxnames_args *args,
									  struct rvirt_wire_names_ret *ret)
{
	QEMU_LOCKED(q, conn);

	return domains_list_defined(&q->domains, args, ret);
}

int qemu_connect_list_all_domains(struct driver_conn *conn,
								  const struct rvirt_wire_need_results_flags_args *args,
								  struct rvirt_wire_domains_count_ret *ret)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags, DOMAINS_LIST_ALL, "qemuConnectListAllDomains") < 0)
		return -1;
	return domains_list_all(&q->domains, args, ret);
}

int qemu_domain_lookup_by_id(struct driver_conn *conn, const struct rvirt_wire_id_args *args,
							 struct rvirt_wire_dom_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct domain *d;

	if (args->id < 0)
		return args_refuse(FROM_DOMAIN, "virDomainLookupByID", "id",
						   "id in virDomainLookupByID must be zero or greater");
	if (!(d = domains_by_id(&q->domains, args->id)))
		return error_set(FROM_QEMU, ERR_NO_DOMAIN, "no domain with matching id %d", args->id);
	return domain_wire(d, &ret->dom);
}

int qemu_domain_lookup_by_name(struct driver_conn *conn, const struct rvirt_wire_name_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct domain *d = domains_by_name(&q->domains, args->name);

	if (!d)
		return error_set(FROM_QEMU, ERR_NO_DOMAIN, "no domain with matching name '%s'", args->name);
	return domain_wire(d, &ret->dom);
}

int qemu_domain_lookup_by_uuid(struct driver_conn *conn, const struct rvirt_wire_uuid_args *args,
							   struct rvirt_wire_dom_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct domain *d = domains_by_uuid(&q->domains, args->uuid);
	char uuid[UUID_TEXT_LEN];

	if (!d)
		return error_set(FROM_QEMU, ERR_NO_DOMAIN, "no domain with matching uuid '%s'",
						 uuid_format(args->uuid, uuid));
	return domain_wire(d, &ret->dom);
}
