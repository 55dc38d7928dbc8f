/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Figures of a running machine, as QEMU and the host's kernel tell them.
 */
#ifndef DRIVERS_QEMU_STATS_H
#define DRIVERS_QEMU_STATS_H

#include "drivers/network/link.h"
#include "drivers/params.h"
#include "drivers/qemu/qemu.h"

/* Of one disk. */
struct disk_stats {
	long long rd_req, rd_bytes, rd_ns, wr_req, wr_bytes, wr_ns, fl_req, fl_ns;
	unsigned long long capacity, physical, allocation; /* bytes; 0 where nothing is in the drive */
};

/* With a job and the lock, which it releases meanwhile: what QEMU says of all disks. 0 or -1. */
struct disk_answers {
	json_t *stats, *block;
};
int disk_ask(struct vm *vm, struct disk_answers *ret_answers);
void disk_answers_clear(struct disk_answers *answers);
#define CLEANUP_DISK_ANSWERS __attribute__((cleanup(disk_answers_clear)))

/* The element of an answer that is about a disk, or NULL. Borrowed. */
json_t *disk_about(json_t *answer, const struct node *disk);

/* The figures of one disk, zeroed where QEMU has none. */
void disk_stats(const struct disk_answers *answers, const struct node *disk,
				struct disk_stats *ret_stats);

/* The memory of the guest and of its process, by tags of RVIRT_DOMAIN_MEMORY_STAT_…: as many as fit
 * into n. With a job and the lock, which is released meanwhile. The count, or -1. */
int memory_stats(struct vm *vm, struct rvirt_wire_domain_memory_stat *stats, int n);

/* The counters of an interface that has a device of the host, whose name is in <target>: rx is what
 * the guest has received, unless the device is the owner's own (as with libvirt). 0 or -1. */
int stats_read_interface(const struct node *interface, struct link_stats *ret);

/* -- parts of the statistics of many machines, in params -- */

/* "block.0.rd.reqs" */
void stats_put(struct params *p, unsigned long long value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void stats_put_text(struct params *p, const char *group, unsigned i, const char *what,
					const char *text);

/* asks: the machine runs and its job is the caller's, so that it can be asked; backing: images that
 * others stand on have entries of their own. 0, or -1 with the error set. */
int stats_add_disks(struct vm *vm, bool asks, bool backing, struct params *p);
int stats_add_vcpus(struct vm *vm, bool asks, struct params *p);

/* Of a machine that can be asked. */
int stats_add_iothreads(struct vm *vm, struct params *p);
int stats_add_dirty_rate(struct vm *vm, struct params *p);

#endif
