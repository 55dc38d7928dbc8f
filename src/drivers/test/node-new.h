/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What making a host from its description needs, for the default one and for those in files.
 */
#ifndef DRIVERS_TEST_NODE_NEW_H
#define DRIVERS_TEST_NODE_NEW_H

#include "base/cleanup.h"
#include "drivers/test/node.h"

struct domain_def;

DEFINE_CLEANUP(test_node, struct test_node *, test_node_free)

/* How a domain is when its host comes up. */
struct test_domain_start {
	int state;
	bool transient, managed_save;
};

/* A host with the default's numbers and without objects. NULL with the error set. */
struct test_node *test_node_new(void);

/* Takes the definition over. 0 or -1. */
int test_node_add_domain(struct test_node *node, struct domain_def **def,
						 const struct test_domain_start *how);

/* What the host of test:///default has besides its domain. 0 or -1. */
int test_node_add_default_objects(struct test_node *node);

#endif
