/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files about the host's storage share. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_STORAGE_H
#define DRIVERS_TEST_STORAGE_H

#include "drivers/test/object.h"

/* The pool that a caller means. NULL with the error set. */
struct object *test_pool_find(struct test_node *node, const char *name);
struct object *test_pool_find_uuid(struct test_node *node, const unsigned char *uuid);
/* The same if it is (not) active; OPERATION_INVALID otherwise. */
struct object *test_pool_find_in_state(struct test_node *node, const char *name, bool active);

int test_pool_wire(const struct object *o, struct rvirt_wire_storage_pool *ret);

/* What is left of a pool's space. */
struct test_space {
	uint64_t capacity, allocation, available;
};
struct test_space test_pool_space(const struct object *o);
/* Takes so much of it; negative: gives it back. 0 or -1 with NO_MEMORY. */
int test_pool_take(struct object *o, int64_t bytes);

/* As object_assign(), and no pool may stand on the storage of another one. */
int test_pool_assign(struct test_node *node, struct def **def, unsigned flags,
					 struct object **ret_pool);

/* Adds a volume of a host's description to a pool. 0, or -1 with the error set. */
int test_volume_add(struct object *pool, const xmlNode *element);

#endif
