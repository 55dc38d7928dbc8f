/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told to QEMU, and asked of it, between its start and that of the virtual CPUs.
 */
#ifndef DRIVERS_QEMU_SETUP_H
#define DRIVERS_QEMU_SETUP_H

#include "drivers/qemu/qemu.h"

/* With the job and the lock, which it releases meanwhile. 0, or -1 with the error set. */
int setup_guest(struct vm *vm);

#endif
