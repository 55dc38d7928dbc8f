/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processors that a binary gives to guests, in the words of documents; a guest's processor on
 * its way from what is wished to what it is.
 */
#ifndef DRIVERS_QEMU_CPU_H
#define DRIVERS_QEMU_CPU_H

#include "drivers/cpu/cpu.h"
#include "drivers/qemu/qemu.h"

enum qemu_cpu_kind {
	QEMU_CPU_MOST,       /* what a guest can have */
	QEMU_CPU_MIGRATABLE, /* what it can take to other hosts */
	QEMU_CPU_FULL,       /* with KVM: what the host has beside, too */
};

/* The best model for a guest, and what it has more and less; NULL, with no error set, if the binary
 * does not say. */
struct def *qemu_cpu_best(const struct qemu_caps *caps, bool kvm, enum qemu_cpu_kind kind);

/* What this host's processor is; NULL, with no error set, if that is not known. */
struct def *qemu_cpu_of_host(void);

/* The models that a binary has (the capabilities must live longer), and the features that it knows.
 */
struct cpu_models qemu_cpu_models(const struct qemu_caps *caps, bool kvm);
bool qemu_cpu_known(const struct qemu_caps *caps, bool kvm, bool migratable,
					struct cpu_set *ret_set);

/* Leaves out of a list what is nothing for guests. */
void qemu_cpu_filter(struct node *cpu);

/* Before a start: makes the processor of a definition one that says all that QEMU needs. 0, or -1
 * with the error set where the host does not have what is wished. */
int qemu_cpu_prepare(struct node *root, const struct qemu_caps *caps);

/* Before the virtual CPUs run: the live definition gets what QEMU made of it; where it was to be
 * exactly so (check='full') another one is an error. 0, or -1 with the error set. */
int qemu_cpu_learn(struct vm *vm);

/* The binary that a caller means, as qemu_connect_get_domain_capabilities() is asked for it, to be
 * given back; NULL with the error set. */
struct qemu_caps *qemu_caps_pick(struct qemu *q, const char *path, const char *arch,
								 const char *machine, const char *type,
								 struct qemu_machine *ret_machine, bool *ret_kvm);

#endif
