/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Machines kept in files.
 */
#ifndef DRIVERS_QEMU_SAVE_H
#define DRIVERS_QEMU_SAVE_H

#include "drivers/qemu/qemu.h"

/* Where a machine's managed image is, or would be; owned by the caller. NULL with NO_MEMORY. */
char *save_managed_path(const struct qemu *q, const char *name);

/* Looks whether it is there. */
void save_find_managed(struct vm *vm);

/* Removes it, where it is there. 0 or -1. */
int save_drop_managed(struct vm *vm);

/* With the lock and without a job: starts a machine that does not run from its managed image, which
 * is gone afterwards. flags are of enum rvirt_domain_create_flags. 0, or -1 with the error set. */
int save_start_managed(struct vm *vm, unsigned flags);

/* Writes the memory of a guest that stands still, with its definition, into a new file, from which
 * it can be started; it goes on to stand still. With the asynchronous job. 0, or -1 and no file. */
int save_memory(struct vm *vm, const char *path);

#endif
