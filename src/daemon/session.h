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

#endif
