/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counters of the host's kernel on the threads of a running machine (perf_event_open). They live as
 * long as the daemon watches the machine, and wait for nothing.
 */
#ifndef DRIVERS_QEMU_PERF_H
#define DRIVERS_QEMU_PERF_H

#include "drivers/params.h"
#include "drivers/qemu/qemu.h"

struct perf;

/* Opens the counters that the definition of a running machine names. 0, or -1 with the error set.
 */
int perf_start(struct vm *vm);

/* Opens one, closes one. 0, or -1 with the error set: the host does not have it, or not for us. */
int perf_enable(struct vm *vm, const char *name);
void perf_disable(struct vm *vm, const char *name);

void perf_stop(struct vm *vm);

/* "perf.cpu_clock" and so on, of those that are open. */
void perf_put(const struct vm *vm, struct params *params);

#endif
