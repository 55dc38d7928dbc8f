/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of a machine: counted, listed, looked up.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/snapshot.h"

#define SNAPSHOT_OP(op, function, args_type, ret_type)                                             \
	int qemu_##op(struct driver_conn *conn, const struct rvirt_wire_##args_type *args,             \
				  struct rvirt_wire_##ret_type *ret)                                               \
	{                                                                                              \
		QEMU_LOCKED(q, conn);                                                                      \
                                                                                                   \
		return function(&q->domains, args, ret);                                                   \
	}
#include "drivers/domains/snapshots.def"
