/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's devices, as its storage pools need them. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_DEVICE_H
#define DRIVERS_TEST_DEVICE_H

#include "drivers/test/object.h"

/* Makes the virtual host bus adapter that this host can have, with these numbers (borrowed; NULL:
 * as they are in its model). NULL with the error set. */
struct object *test_device_make_vport(struct test_node *node, const char *wwnn, const char *wwpn);

/* 0, or -1 with NO_NODE_DEVICE set. */
int test_device_drop_vport(struct test_node *node);

#endif
