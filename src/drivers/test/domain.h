/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain of the made-up host and the list of them. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_DOMAIN_H
#define DRIVERS_TEST_DOMAIN_H

#include "drivers/args.h"
#include "drivers/domains/domains.h"
#include "drivers/test/node.h"

enum { TEST_N_STATES = RVIRT_DOMAIN_PMSUSPENDED + 1 };

/* How an I/O thread polls. */
struct test_iothread {
	unsigned id;
	unsigned long long poll_max_ns;
	unsigned poll_grow, poll_shrink;
};

struct test_domain {
	struct domain d;
	long long seconds; /* the clock of its guest */
	unsigned nseconds;
	bool frozen[2];                  /* the guest's file systems: / and /boot */
	struct test_iothread *iothreads; /* those that were added or told how to poll */
	size_t n_iothreads;
};

/* What only this driver knows of a domain. */
static inline struct test_domain *test_own(const struct domain *d)
{
	return (struct test_domain *)(uintptr_t)d;
}

/* domains_find() and domains_find_active() on the host. */
struct domain *test_find(struct test_node *node, const struct rvirt_wire_domain *dom);
struct domain *test_find_active(struct test_node *node, const struct rvirt_wire_domain *dom);

/* An empty list of such domains. */
void test_domains_init(struct domains *list);

/* Makes it active, under the next id. 0 or -1. */
int test_domain_start(struct test_node *node, struct domain *d, int reason);

/* Makes it inactive; one that is not persistent is gone afterwards. An event of this detail is
 * queued. */
void test_domain_stop(struct test_node *node, struct domain *d, int reason, int detail);

/* Microseconds since 1970: what the figures that are made up grow with. */
uint64_t test_clock_us(void);

/* Queues a lifecycle event. */
void test_domain_event(struct test_node *node, const struct domain *d, int event, int detail);

/* The disk with this target, or with this source where the name is a path; NULL, without an error,
 * if there is none. */
struct node *test_domain_disk(const struct domain_def *def, const char *name);

/* What network interfaces without a name are called, with a number behind. */
#define TEST_INTERFACE_PREFIX "testnet"

#endif
