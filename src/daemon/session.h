/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The procedures that the daemon answers itself: a connection's opening and end, authentication,
 * features, event registrations.
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "daemon/client.h"

/* Makes a call of a procedure that has WIRE_OP_SESSION. As driver_call(). */
int session_call(struct client *c, const struct wire_op *op, const void *args, void *ret);

/* The two halves of CONNECT_OPEN, whose arguments are args. The first may wait, changes nothing of
 * the client and may run in any thread: the driver's connection, or NULL with the error set. The
 * second, in the loop, gives the client what the first returned. */
struct driver_conn *session_open_driver(struct client *c, const void *args, char **ret_uri);
void session_opened(struct client *c, struct driver_conn *conn, char *uri);

/* Whether the call may wait. */
bool session_may_wait(const struct client *c, const struct wire_op *op, const void *args);

#endif
