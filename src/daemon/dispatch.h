/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a call to its answer: whether it may be made, who makes it, in which thread.
 */
#ifndef DAEMON_DISPATCH_H
#define DAEMON_DISPATCH_H

#include "daemon/client.h"

/* Answers a call; now, or when a worker has made it. fds: that came with it, which may be taken;
 * NULL: none. */
void dispatch_call(struct client *c, const struct frame_header *h, const unsigned char *payload,
				   size_t n, struct rvirt_fds *fds);

/* Answers a call whose descriptors did not come. */
void dispatch_refuse_fds(struct client *c, const struct frame_header *h);

/* Whether the client may make this call in its state; args NULL: not looked at yet, the answer
 * being no only if no arguments could make it yes. 0, or -1 with the error set. */
int dispatch_permits(const struct client *c, const struct wire_op *op, const void *args);

/* Closes the driver's connection of a client that is gone, if that may wait: true, and the client
 * is stirred when it is closed. False: client_clear() may do it. */
bool dispatch_close(struct client *c);

#endif
