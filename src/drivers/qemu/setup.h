/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told to QEMU, and asked of it, between its start and that of the virtual CPUs.
 */
#ifndef DRIVERS_QEMU_SETUP_H
#define DRIVERS_QEMU_SETUP_H

#include "drivers/qemu/qemu.h"

/* With the job and the lock, which it releases meanwhile. 0, or -1 with the error set. */
int setup_guest(struct vm *vm);

/* Tells QEMU the password of graphics, and until when it holds: nothing if it has none. 0 or -1. */
int setup_password(struct vm *vm, const struct node *graphics);

/* The terminal that a character device got stands in the definition while it runs. 0 or -1. */
int setup_terminal(struct node *n, const char *path);

#endif
