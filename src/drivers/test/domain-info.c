/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a domain is and how it is doing. domain_get_info() is the call that pollers make: it
 * allocates nothing and looks at nothing but numbers.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

int test_domain_get_info(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						 struct rvirt_wire_domain_get_info_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	ret->state = (uint8_t)d->state;
	ret->max_mem = d->def->memory;
	ret->memory = d->def->current_memory;
	ret->nr_virt_cpu = (uint16_t)d->def->vcpus;
	ret->cpu_time = test_clock_us() * 1000;
	return 0;
}

int test_domain_get_state(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						  struct rvirt_wire_state_reason_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetState") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	ret->state = d->state;
	ret->reason = d->reason;
	return 0;
}

int test_domain_get_xml_desc(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_xml_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;
	const struct domain_def *def;

	if (args_flags(FROM_TEST, args->flags,
				   DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE | DOMAIN_FORMAT_MIGRATABLE,
				   "testDomainGetXMLDesc") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	def = args->flags & DOMAIN_FORMAT_INACTIVE && d->next ? d->next : d->def;
	ret->xml = domain_def_format(def, args->flags);
	return ret->xml ? 0 : -1;
}

int test_domain_get_os_type(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	(void)args;
	ret->type = strdup("linux");
	return ret->type ? 0 : error_oom();
}

int test_domain_get_max_memory(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							   struct rvirt_wire_memory_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	ret->memory = d->def->memory;
	return 0;
}

int test_domain_get_hostname(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_hostname_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetHostname") < 0 ||
		!test_find_active(node, &args->dom))
		return -1;
	if (asprintf(&ret->hostname, "%shost", args->dom.name) < 0) {
		ret->hostname = NULL;
		return error_oom();
	}
	return 0;
}

/* The clock that a user set in the guest decides what its control interface is pretended to be
 * doing. */
int test_domain_get_control_info(struct driver_conn *conn,
								 const struct rvirt_wire_dom_flags_args *args,
								 struct rvirt_wire_state_details_state_time_ret *ret)
{
	enum { CONTROL_OK, CONTROL_JOB, CONTROL_OCCUPIED, CONTROL_ERROR };
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetControlInfo") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	if (test_own(d)->seconds > 0 && test_own(d)->seconds < 10000) {
		ret->state = CONTROL_JOB;
		ret->state_time = (uint64_t)test_own(d)->seconds;
	} else if (test_own(d)->seconds >= 10000 && test_own(d)->seconds < 30000) {
		ret->state = CONTROL_OCCUPIED;
		ret->state_time = (uint64_t)test_own(d)->seconds - 10000;
	} else if (test_own(d)->seconds >= 30000 && test_own(d)->seconds < 60000) {
		ret->state = CONTROL_ERROR;
		ret->details = (uint32_t)(test_own(d)->seconds % 4);
		ret->state_time = (uint64_t)test_own(d)->seconds - 30000;
	}
	return 0;
}

int test_domain_get_autostart(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_autostart_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	ret->autostart = d->autostart;
	return 0;
}

int test_domain_set_autostart(struct driver_conn *conn,
							  const struct rvirt_wire_dom_autostart_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	d->autostart = args->autostart != 0;
	return 0;
}

int test_domain_is_active(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						  struct rvirt_wire_active_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	ret->active = domain_active(d);
	return 0;
}

int test_domain_is_persistent(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_persistent_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	ret->persistent = d->persistent;
	return 0;
}

/* Nothing here is kept anywhere but in memory, so nothing differs from what is kept. */
int test_domain_is_updated(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						   struct rvirt_wire_updated_ret *ret)
{
	(void)conn;
	(void)args;
	ret->updated = 0;
	return 0;
}
