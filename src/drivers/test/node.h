/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The made-up host: its numbers, its objects, and the connections that look at it. One mutex guards
 * all of it; operations hold it for as long as they look. Events are queued under it and delivered
 * without it.
 */
#ifndef DRIVERS_TEST_NODE_H
#define DRIVERS_TEST_NODE_H

#include "base/uuid.h"
#include "drivers/driver.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { TEST_MAX_VCPUS = 32 };

/* The kinds of objects other than domains. */
enum test_object_kind { TEST_NETWORK, TEST_POOL, TEST_INTERFACE, TEST_DEVICE, TEST_N_KINDS };

struct test_domain;
struct object;
struct test_event;
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

	pthread_mutex_t lock;
	struct test_info info;
	struct test_cell cells[2];
	int n_cells;
	struct test_domain *domains, *by_name,
		*by_id; /* uthash heads; domains keeps the order of making */
	int next_id;
	struct object *objects[TEST_N_KINDS]; /* in the order of making */
	bool changing_interfaces;             /* a transaction runs: */
	struct object *kept_interfaces;       /* what comes back if it is undone */

	struct test_conn *conns;
	struct test_event *first, **last; /* events not yet delivered */
	bool delivering;
	pthread_t deliverer;
	unsigned long delivered; /* counts deliveries */
	pthread_cond_t idle;     /* signalled after each */
};

struct test_conn {
	struct driver_conn conn;
	struct test_node *node;
	struct test_conn *next;
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

	pthread_mutex_lock(&node->lock);
	return node;
}

static inline void test_node_unlock(struct test_node **node)
{
	pthread_mutex_unlock(&(*node)->lock);
}

#define TEST_LOCKED(name, conn)                                                                    \
	__attribute__((cleanup(test_node_unlock))) struct test_node *name = test_node_lock(conn)

/* The same where events may be queued: they are delivered once the lock is released. */
void test_node_unlock_and_deliver(struct test_node **node);

#define TEST_CHANGING(name, conn)                                                                  \
	__attribute__((cleanup(test_node_unlock_and_deliver))) struct test_node *name =                \
		test_node_lock(conn)

/* Queues an event; the node must be locked. msg is of the event's shape: it is copied as it is and
 * what it holds changes owner. An event that can't be remembered is lost. */
void test_event_queue(struct test_node *node, int procedure, void *msg);

/* Connections that get the events. */
void test_event_join(struct test_node *node, struct test_conn *conn);

/* After this the connection's sink is not called again. */
void test_event_leave(struct test_node *node, struct test_conn *conn);

void test_event_drop_all(struct test_node *node);

#endif
