/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's threads of a running machine. Who asks has a job and the lock, which is released
 * meanwhile.
 */
#ifndef DRIVERS_QEMU_THREADS_H
#define DRIVERS_QEMU_THREADS_H

#include "conf/value.h"
#include "drivers/qemu/qemu.h"

struct vm_thread {
	unsigned number; /* of the virtual CPU, or of the I/O thread */
	pid_t tid;       /* of all virtual CPUs the same where one thread runs them */
	unsigned long long poll_max_ns, poll_grow, poll_shrink; /* of an I/O thread */
};

struct vm_threads {
	struct vm_thread *list;
	size_t n;
};

void vm_threads_clear(struct vm_threads *t);
#define CLEANUP_VM_THREADS __attribute__((cleanup(vm_threads_clear)))

/* Those that run virtual CPUs, by the number of the CPU. 0, or -1 with the error set. */
int vm_vcpu_threads(struct vm *vm, struct vm_threads *ret);

/* I/O threads, in QEMU's order: the last one that came is the first. 0, or -1 with the error set.
 */
int vm_iothreads(struct vm *vm, struct vm_threads *ret);

/* The one of that number, or NULL. */
const struct vm_thread *vm_thread_find(const struct vm_threads *t, unsigned number);

/* -- sched_setaffinity() and its kin, for any number of processors -- */

/* 0, or -1 with the error set. */
int thread_set_cpus(pid_t tid, const struct bits *cpus);
int thread_get_cpus(pid_t tid, struct bits *ret_cpus);

/* All processors of the host that are online. */
void host_cpus(struct bits *ret_cpus);

#endif
