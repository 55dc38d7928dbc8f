/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate: the one place that every call of the public API passes. It refuses what a read-only
 * connection may not do, answers what the connection itself knows, and hands the rest to the local
 * driver or to the remote one.
 */
#ifndef LIB_GATE_H
#define LIB_GATE_H

#include <rvirt/rvirt.h>

/* Makes one call and waits for it. args and ret are of the procedure's shapes (NULL where void);
 * ret need not be zeroed and is untouched on failure. 0, or -1 with the error set. */
/* The same of a procedure that takes or gives descriptors; NULL: none are sent, or those that come
 * are closed. */
int gate_call_fds(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args, void *ret,
				  const struct rvirt_fds *fds, struct rvirt_fds *ret_fds);

int gate_call(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args, void *ret);

/* The same of a procedure that opens a stream. */
int gate_open_stream(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args,
					 void *ret, struct rvirt_stream **ret_stream);

/* Sends one call; a local driver makes it at once. NULL with the error set where it can't be made;
 * how it went is what gate_wait() says. */
struct rvirt_call *gate_send(struct rvirt_conn *conn, enum rvirt_proc procedure, const void *args);

/* Waits for a call that was sent, and releases it. As gate_call() otherwise. */
int gate_wait(struct rvirt_call *call, void *ret);

#endif
