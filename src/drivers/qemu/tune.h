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

/* -- tune-threads.c -- */

/* Puts all threads of a machine that was started where its definition has them, and gives them
 * their schedulers. With a job and the lock, which is released meanwhile; asks nothing of QEMU
 * where the definition says nothing. After virtual CPUs came it may be called again. 0, or -1 with
 * the error set. */
int tune_threads(struct vm *vm);

/* -- tune-group.c -- */

/* What of the controllers a definition calls for is written into a machine's group (NULL: there is
 * none), before its process begins. Waits for nothing, needs no lock. 0, or -1 with the error set,
 * which names the controller that the host does not have. */
int tune_group(const char *group, const struct domain_def *def);

/* The groups of the threads, with what the definition says of each kind; threads that come later
 * are added by calling it again. 0, or -1 with the error set. */
struct vm_threads;
int tune_bandwidths(const char *group, const struct domain_def *def, const struct vm_threads *vcpus,
					const struct vm_threads *iothreads);
bool tune_has_bandwidths(const struct domain_def *def);

/* A limit of memory in KiB, in the words of definitions: "hard_limit" …; and all three, for the
 * limit with swap follows from two. 0, or -1 with the error set. */
int tune_set_memory(const char *group, const struct domain_def *def);
/* A list of paths and values, of one figure of disks. */
int tune_set_io_list(const char *group, const struct domain_def *def);

/* -- pin.c -- */

/* Tells clients what was changed of a running machine; takes the list. */
void tune_tell(struct vm *vm, struct params *what);

#endif
