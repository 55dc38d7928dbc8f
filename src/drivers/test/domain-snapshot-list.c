/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of a domain: counted, listed, looked up.
 */
#include "config.h"
#include "drivers/domains/snapshots.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#define SNAPSHOT_OP(op, function, args_type, ret_type)                                             \
	int test_##op(struct driver_conn *conn, const struct rvirt_wire_##args_type *args,             \
				  struct rvirt_wire_##ret_type *ret)                                               \
	{                                                                                              \
		TEST_LOCKED(node, conn);                                                                   \
                                                                                                   \
		return function(&node->domains, args, ret);                                                \
	}
#include "drivers/domains/snapshots.def"
