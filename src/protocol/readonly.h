/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a read-only connection is refused, in the words that libvirt has for it. Asked by the client
 * before anything is sent, and by the daemon whatever the client claims.
 */
#ifndef PROTOCOL_READONLY_H
#define PROTOCOL_READONLY_H

#include "protocol/ops.h"

/* 0 if a read-only connection may make the call, or -1 with OPERATION_DENIED set. args NULL where
 * the procedure has some: as far as can be said without them. */
int readonly_check(const struct wire_op *op, const void *args);

#endif
