/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Managed save: of a domain that was put to sleep only the fact is remembered.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

int test_domain_managed_save(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_either(args->flags, RVIRT_DOMAIN_SAVE_RUNNING, "VIR_DOMAIN_SAVE_RUNNING",
					RVIRT_DOMAIN_SAVE_PAUSED, "VIR_DOMAIN_SAVE_PAUSED",
					"virDomainManagedSave") < 0 ||
		args_flags(FROM_TEST, args->flags,
				   RVIRT_DOMAIN_SAVE_BYPASS_CACHE | RVIRT_DOMAIN_SAVE_RUNNING |
					   RVIRT_DOMAIN_SAVE_PAUSED,
				   "testDomainManagedSave") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	if (!d->persistent)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot do managed save for transient domain");
	test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_SAVED, RVIRT_DOMAIN_EVENT_STOPPED_SAVED);
	d->managed_save = true;
	return 0;
}

int test_domain_has_managed_save_image(struct driver_conn *conn,
									   const struct rvirt_wire_dom_flags_args *args,
									   struct rvirt_wire_result_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainHasManagedSaveImage") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	ret->result = d->managed_save;
	return 0;
}

int test_domain_managed_save_remove(struct driver_conn *conn,
									const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainManagedSaveRemove") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	d->managed_save = false;
	return 0;
}
