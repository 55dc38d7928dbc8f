/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The made-up host: its numbers, its objects, and the connections that look at it. The hub's
 * lock guards all of it; operations hold it for as long as they look.
 */
#ifndef DRIVERS_TEST_NODE_H
#define DRIVERS_TEST_NODE_H

#include "base/uuid.h"
#include "drivers/domains/domains.h"
#include "drivers/hub.h"

#include <stdbool.h>
#include <stdint.h>

enum { TEST_MAX_VCPUS = 32 };

/* The kinds of objects other than domains. */
enum test_object_kind { TEST_NETWORK, TEST_POOL, TEST_INTERFACE, TEST_DEVICE, TEST_N_KINDS };

struct object;
struct test_state;

/* A NUMA node of the host. */
struct test_cell {
	uint64_t memory, free; /* KiB */
};

struct test_info {
	char model[32];
	uint64_t memory; /* KiB */
	int cpus, mhz, nodes, sockets, cores, threads;
};

struct test_node {
	struct test_state *state; /* whose default host it is; NULL: it belongs to one connection */
	int refs;                 /* connections; guarded by the state */

	struct hub hub; /* its lock guards all of it */
	struct test_info info;
	struct test_cell cells[2];
	int n_cells;
	struct domains domains;
	struct object *objects[TEST_N_KINDS]; /* in the order of making */
	bool changing_interfaces;             /* a transaction runs: */
	struct object *kept_interfaces;       /* what comes back if it is undone */
};

struct test_conn {
	struct driver_conn conn;
	struct test_node *node;
	struct hub_member member;
};

/* The host of test:///default. NULL with the error set. */
struct test_node *test_node_new_default(void);

/* A host as from was when it came up: nobody may have changed that one. NULL with the error set. */
struct test_node *test_node_copy(struct test_node *from);

/* The host that a file describes. NULL with the error set. */
struct test_node *test_node_new_from_file(const char *path);

void test_node_free(struct test_node *node);

static inline struct test_node *test_node_of(struct driver_conn *conn)
{
	return ((struct test_conn *)conn)->node;
}

/* Locks the node of a connection for the caller's scope:  TEST_LOCKED(node, conn); */
static inline struct test_node *test_node_lock(struct driver_conn *conn)
{
	struct test_node *node = test_node_of(conn);

	hub_lock(&node->hub);
	return node;
}

static inline void test_node_unlock(struct test_node **node)
{
	hub_unlock(&(*node)->hub);
}

#define TEST_LOCKED(name, conn)                                                                    \
	__attribute__((cleanup(test_node_unlock))) struct test_node *name = test_node_lock(conn)

#endif
