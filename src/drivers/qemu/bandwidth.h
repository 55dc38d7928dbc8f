/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast an interface of a machine receives.
 */
#ifndef DRIVERS_QEMU_BANDWIDTH_H
#define DRIVERS_QEMU_BANDWIDTH_H

#include "conf/tree.h"

/* Refuses by name what of <bandwidth> is not served. 0 or -1. */
int bandwidth_check(const struct node *interface);

/* Tells the interface's device, which has its name. 0, or -1 with the error set. */
int bandwidth_apply(const struct node *interface);

#endif
