/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition says of how much of the host a machine gets: of which processors, how much of
 * them, of memory and of disks. It is applied when the machine starts, and while it runs.
 */
#ifndef DRIVERS_QEMU_TUNE_H
#define DRIVERS_QEMU_TUNE_H

#include "drivers/params.h"
#include "drivers/qemu/qemu.h"

enum {
	TUNE_AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
	TUNE_STRING_OKAY = 4,
};

/* -- pin.c -- */

/* Puts all threads of a machine that was started where its definition has them, and gives them
 * their schedulers. With a job and the lock, which is released meanwhile; asks nothing of QEMU
 * where the definition says nothing. After virtual CPUs came it may be called again. 0, or -1 with
 * the error set. */
int tune_threads(struct vm *vm);

/* Tells clients what was changed of a running machine; takes the list. */
void tune_tell(struct vm *vm, struct params *what);

#endif
