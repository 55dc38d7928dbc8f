/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a read-only connection is refused before anything is sent, in the words that libvirt's
 * client has for it.
 */
#ifndef LIB_READONLY_H
#define LIB_READONLY_H

#include "protocol/ops.h"

/* 0 if a read-only connection may make the call, or -1 with OPERATION_DENIED set. */
int readonly_check(const struct wire_op *op, const void *args);

#endif
