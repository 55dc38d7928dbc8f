/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of disks while their guest runs, and the images that are made for them.
 */
#ifndef DRIVERS_QEMU_BLOCKJOB_COPY_H
#define DRIVERS_QEMU_BLOCKJOB_COPY_H

#include "drivers/qemu/blockjob.h"

struct blockjob_copy {
	const struct node *to;    /* a <disk>: its type, source and driver's type count */
	unsigned long long speed; /* bytes a second, 0: as fast as it goes */
	unsigned long long granularity, buf_size; /* bytes, 0: as QEMU has it */
	unsigned flags;                           /* of enum rvirt_domain_block_copy_flags */
};

/* Begins to copy a disk, and keeps the copy alike until it is ended. 0 or -1. */
int blockjob_copy(struct vm *vm, struct node *disk, const struct blockjob_copy *how);

/* -- blockjob-image.c -- */

/* The bytes that a guest sees of a node. 0 or -1. */
int blockjob_size(struct vm *vm, const struct node *disk, unsigned long long *ret);

/* Makes the file of a store where there is none or an empty one; raw: of that size. *ret_made: it
 * was not there. Without the lock. 0 or -1. */
int blockjob_make_file(const char *path, bool raw, unsigned long long size, bool *ret_made);

/* Adds the nodes of a store whose file is new, which gets the store's format in between, standing
 * on backing (NULL: on nothing). 0, or -1 with the error set and no node added. */
int blockjob_make_image(struct vm *vm, const struct node *disk, const struct node *store,
						unsigned long long size, const struct node *backing);

#endif
