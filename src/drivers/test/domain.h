/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain of the made-up host and the list of them. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_DOMAIN_H
#define DRIVERS_TEST_DOMAIN_H

#include "conf/domain.h"
#include "drivers/test/args.h"
#include "drivers/test/moment.h"
#include "drivers/test/node.h"

#include <uthash.h>

enum { TEST_N_STATES = RVIRT_DOMAIN_PMSUSPENDED + 1 };

/* How an I/O thread polls. */
struct test_iothread {
	unsigned id;
	unsigned long long poll_max_ns;
	unsigned poll_grow, poll_shrink;
};

struct test_domain {
	unsigned char uuid[UUID_LEN];
	char *name;
	int id; /* -1: not active */
	int state, reason;
	bool persistent, autostart, managed_save;
	struct domain_def *def;  /* of what runs, else what is defined */
	struct domain_def *next; /* while it runs: what it will be when it stops, or NULL */
	long long seconds;       /* the clock of its guest */
	unsigned nseconds;
	bool frozen[2];                  /* the guest's file systems: / and /boot */
	struct test_iothread *iothreads; /* those that were added or told how to poll */
	size_t n_iothreads;
	struct test_moments snapshots, checkpoints;
	UT_hash_handle hh, hh_name, hh_id;
};

/* The domain that a caller means. NULL with NO_DOMAIN set, naming it. */
struct test_domain *test_domain_find(struct test_node *node, const struct rvirt_wire_domain *dom);

/* NULL, without an error, if there is none. */
struct test_domain *test_domain_by_uuid(struct test_node *node, const unsigned char uuid[UUID_LEN]);
struct test_domain *test_domain_by_name(struct test_node *node, const char *name);
struct test_domain *test_domain_by_id(struct test_node *node, int id);

/* The domain if it is active; NULL with OPERATION_INVALID set if not, or as test_domain_find(). */
struct test_domain *test_domain_find_active(struct test_node *node,
											const struct rvirt_wire_domain *dom);

/* Puts a definition, which it takes over, in the list: as a new domain, or as that of the domain
 * with this name and UUID. live: it is about to run, and nothing else may run under its name; else
 * it is what will run the next time. NULL with the error set. */
struct test_domain *test_domain_add(struct test_node *node, struct domain_def **def, bool live,
									bool *ret_new);

void test_domain_remove(struct test_node *node, struct test_domain *d);
void test_domain_free_all(struct test_node *node);

/* Makes it active, under the next id. 0 or -1. */
int test_domain_start(struct test_node *node, struct test_domain *d, int reason);

/* Makes it inactive; one that is not persistent is gone afterwards. An event of this detail is
 * queued. */
void test_domain_stop(struct test_node *node, struct test_domain *d, int reason, int detail);

/* The same without event and removal. */
void test_domain_shut(struct test_node *node, struct test_domain *d, int reason);

int test_domain_set_name(struct test_node *node, struct test_domain *d, const char *name);

void test_domain_set_state(struct test_domain *d, int state, int reason);

static inline bool test_domain_active(const struct test_domain *d)
{
	return d->id != -1;
}

/* Microseconds since 1970: what the figures that are made up grow with. */
uint64_t test_clock_us(void);

/* Whether the filters of CONNECT_LIST_ALL_DOMAINS let it pass. */
bool test_domain_matches(const struct test_domain *d, unsigned flags);

/* The filters that statistics in bulk know too. */
enum { TEST_LIST_FOR_STATS = 255 };

/* Queues a lifecycle event. */
void test_domain_event(struct test_node *node, const struct test_domain *d, int event, int detail);

/* The definitions that flags (TEST_AFFECT_…) mean: both of a running domain at the most. Either is
 * NULL where it is not meant. 0, or -1 with OPERATION_INVALID. */
int test_domain_defs(struct test_domain *d, unsigned flags, struct domain_def **ret_live,
					 struct domain_def **ret_config);

/* The one definition that flags mean. ret_live may be NULL. NULL with the error set. */
struct domain_def *test_domain_def(struct test_domain *d, unsigned flags, bool *ret_live);

/* The disk with this target, or with this source where the name is a path; NULL, without an error,
 * if there is none. */
struct node *test_domain_disk(const struct domain_def *def, const char *name);

/* A map of CPUs that came in as the text of a set, owned by the caller; NULL with the error set. */
char *test_domain_map_text(const uint8_t *map, uint32_t n);

/* What travels of it. 0, or -1 with NO_MEMORY. */
int test_domain_wire(const struct test_domain *d, struct rvirt_wire_domain *ret);

/* The snapshot of that name; NULL with NO_DOMAIN_SNAPSHOT set. */
struct test_moment *test_snapshot_find(struct test_domain *d, const char *name);

/* What travels of a snapshot. 0, or -1 with NO_MEMORY. */
int test_snapshot_wire(const struct test_moment *t, const struct rvirt_wire_domain *dom,
					   struct rvirt_wire_domain_snapshot *ret);

/* What network interfaces without a name are called, with a number behind. */
#define TEST_INTERFACE_PREFIX "testnet"

#endif
