/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between reading what was kept and the machines that come of it.
 */
#ifndef DRIVERS_QEMU_STATE_H
#define DRIVERS_QEMU_STATE_H

#include "drivers/qemu/qemu.h"

/* Calls each() with the names of the documents in a folder, if it is there, and what they hold;
 * one for which it returns -1 is passed over, with the error in the log. 0 or -1. */
int qemu_each_file(struct qemu *q, const char *folder,
				   int (*each)(struct qemu *q, const char *name, const char *text));

/* Tasks after the daemon's start. vm_found() has the machine's job, which it ends. */
void vm_found(struct vm *vm);
void vm_autostart(struct vm *vm);

#endif
