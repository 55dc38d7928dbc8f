/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who a client is: the procedures of authentication.
 */
#ifndef DAEMON_AUTH_H
#define DAEMON_AUTH_H

#include "daemon/client.h"

/* AUTH_LIST: what the client has to do; nothing if it need not prove anything (any more). */
int auth_list(struct client *c, const struct wire_op *op, const void *args, void *ret);

/* The procedures of a scheme that this client can't or need not use. */
int auth_refuse(struct client *c, const struct wire_op *op, const void *args, void *ret);

#endif
