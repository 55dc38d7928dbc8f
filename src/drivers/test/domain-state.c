/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a domain: start, suspend, resume, shutdown, reboot, reset, destroy. Messages name the
 * domain as the caller did.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

static int start(struct test_node *node, const struct rvirt_wire_domain *dom, struct domain **ret)
{
	struct domain *d = test_find(node, dom);

	if (!d)
		return -1;
	if (d->state != RVIRT_DOMAIN_SHUTOFF)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "Domain '%s' is already running",
						 dom->name);
	if (test_domain_start(node, d, RVIRT_DOMAIN_RUNNING_BOOTED) < 0)
		return -1;
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_BOOTED);
	*ret = d;
	return 0;
}

int test_domain_create(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	return start(node, &args->dom, &d);
}

int test_domain_create_with_flags(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_dom_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainCreateWithFlags") < 0 ||
		start(node, &args->dom, &d) < 0)
		return -1;
	return domain_wire(d, &ret->dom);
}

/* Descriptors are for containers, and no concern of what is only played. */
int test_domain_create_with_files(struct driver_conn *conn,
								  const struct rvirt_wire_dom_flags_args *args,
								  struct rvirt_wire_dom_ret *ret, const struct rvirt_fds *fds)
{
	(void)fds;
	return test_domain_create_with_flags(conn, args, ret);
}

int test_domain_suspend(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	if (d->state == RVIRT_DOMAIN_SHUTOFF || d->state == RVIRT_DOMAIN_PAUSED)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "domain '%s' not running", args->dom.name);
	domain_set_state(d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_USER);
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_SUSPENDED, 0);
	return 0;
}

int test_domain_resume(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d = test_find(node, &args->dom);

	if (!d)
		return -1;
	if (d->state != RVIRT_DOMAIN_PAUSED)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "domain '%s' not paused", args->dom.name);
	domain_set_state(d, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_UNPAUSED);
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_RESUMED, 0);
	return 0;
}

/* What a guest that ends by itself comes to, by its on_poweroff or on_reboot. */
static void end_by(struct test_node *node, struct domain *d, const char *action)
{
	if (action && (strcmp(action, "restart") == 0 || strcmp(action, "rename-restart") == 0))
		domain_set_state(d, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_BOOTED);
	else
		test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_SHUTDOWN,
						 RVIRT_DOMAIN_EVENT_STOPPED_SHUTDOWN);
}

static int shut_down(struct test_node *node, const struct rvirt_wire_domain *dom)
{
	struct domain *d = test_find(node, dom);

	if (!d)
		return -1;
	if (d->state == RVIRT_DOMAIN_SHUTOFF)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "domain '%s' not running", dom->name);
	end_by(node, d, d->def->on_poweroff);
	return 0;
}

int test_domain_shutdown(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	TEST_LOCKED(node, conn);

	return shut_down(node, &args->dom);
}

int test_domain_shutdown_flags(struct driver_conn *conn,
							   const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainShutdownFlags") < 0)
		return -1;
	return shut_down(node, &args->dom);
}

int test_domain_reboot(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	enum { REBOOT_WAYS = 31 };
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_flags(FROM_TEST, args->flags, REBOOT_WAYS, "testDomainReboot") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	end_by(node, d, d->def->on_reboot);
	return 0;
}

int test_domain_reset(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainReset") < 0)
		return -1;
	return test_find_active(node, &args->dom) ? 0 : -1;
}

static int destroy(struct test_node *node, const struct rvirt_wire_domain *dom)
{
	struct domain *d = test_find_active(node, dom);

	if (!d)
		return -1;
	test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_DESTROYED, RVIRT_DOMAIN_EVENT_STOPPED_DESTROYED);
	return 0;
}

int test_domain_destroy(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	TEST_LOCKED(node, conn);

	return destroy(node, &args->dom);
}

int test_domain_destroy_flags(struct driver_conn *conn,
							  const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_DESTROY_GRACEFUL,
				   "testDomainDestroyFlags") < 0)
		return -1;
	return destroy(node, &args->dom);
}
