/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections to drivers in this process: no daemon is needed.
 */
#ifndef LIB_LOCAL_H
#define LIB_LOCAL_H

#include "lib/conn.h"

/* Whether a driver of this process opens the URI. */
bool local_claims(const struct uri *uri);

/* Opens it. 0, or -1 with the error set. */
int local_open(const struct uri *uri, unsigned flags, struct driver_conn **ret);

/* Makes one call: the session's own procedures here, the others by the driver. ret is zeroed. */
int local_call(struct rvirt_conn *conn, const struct wire_op *op, const void *args, void *ret);

/* The same of one that takes (fds NULL: none) or gives descriptors. */
int local_call_fds(struct rvirt_conn *conn, const struct wire_op *op, const void *args, void *ret,
				   const struct rvirt_fds *fds, struct rvirt_fds *ret_fds);

/* The same of one that opens a stream. */
int local_open_stream(struct rvirt_conn *conn, const struct wire_op *op, const void *args,
					  void *ret, struct driver_stream **ret_stream);

#endif
