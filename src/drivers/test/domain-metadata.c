/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people write about a domain: title, description, and elements of their own.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

int test_domain_get_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_get_metadata_args *args,
							 struct rvirt_wire_metadata_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (domain_check_get_metadata(args) < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainGetMetadata") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	return domain_get_metadata(d, args, &ret->metadata);
}

int test_domain_set_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_set_metadata_args *args)
{
	TEST_LOCKED(node, conn);
	struct rvirt_wire_domain_event_callback_metadata_change_msg m;
	struct domain *d;

	if (domain_check_set_metadata(args) < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainSetMetadata") < 0 ||
		!(d = test_find(node, &args->dom)) || domain_set_metadata(d, args) < 0)
		return -1;
	if (domain_metadata_event(d, args->type, args->uri, &m) == 0)
		hub_tell(&node->hub, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, &m);
	return 0;
}
