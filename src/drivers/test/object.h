/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks, storage pools, host interfaces and host devices of the made-up host, as documents
 * describe it. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_OBJECT_H
#define DRIVERS_TEST_OBJECT_H

#include "drivers/object.h"
#include "drivers/test/node.h"

#include <libxml/tree.h>

/* True if an element of a host's description is an object. */
bool test_object_is(const xmlNode *element);

/* Puts such an element of a host's description in the list of its kind. NULL with the error set. */
struct object *test_object_add(struct test_node *node, const xmlNode *element);

void test_object_free_all(struct test_node *node);

#endif
