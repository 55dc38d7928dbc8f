/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The made-up host's domains: what this driver has of each beside what all have, and the ways in
 * which one becomes active or inactive.
 */
#include "config.h"
#include "drivers/test/domain.h"

#include "base/error.h"

#include <string.h>
#include <time.h>

static struct domain *make(struct domains *list)
{
	struct test_domain *own = calloc(1, sizeof *own);

	(void)list;
	if (!own) {
		error_oom();
		return NULL;
	}
	own->seconds = 627319920;
	return &own->d;
}

static void domain_free(struct domain *d)
{
	free(test_own(d)->iothreads);
	domain_clear(d);
	free(test_own(d));
}

void test_domains_init(struct domains *list)
{
	*list = (struct domains){.next_id = 1,
							 .error_domain = FROM_TEST,
							 .prefix = "test",
							 .make = make,
							 .free = domain_free};
}

struct domain *test_find(struct test_node *node, const struct rvirt_wire_domain *dom)
{
	return domains_find(&node->domains, dom);
}

struct domain *test_find_active(struct test_node *node, const struct rvirt_wire_domain *dom)
{
	return domains_find_active(&node->domains, dom);
}

int test_domain_start(struct test_node *node, struct domain *d, int reason)
{
	if (domains_start(&node->domains, d, reason) < 0)
		return -1;
	d->managed_save = false;
	return 0;
}

void test_domain_stop(struct test_node *node, struct domain *d, int reason, int detail)
{
	domains_shut(&node->domains, d, reason);
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STOPPED, detail);
	if (!d->persistent)
		domains_remove(&node->domains, d);
}

void test_domain_event(struct test_node *node, const struct domain *d, int event, int detail)
{
	struct rvirt_wire_domain_event_callback_lifecycle_msg m = {
		.msg = {.event = event, .detail = detail}};

	if (node->hub.members && domain_wire(d, &m.msg.dom) == 0)
		hub_tell(&node->hub, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE, &m);
}

uint64_t test_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
