/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of machines: their documents on the disk, what QEMU and qemu-img do for them, and how a
 * machine becomes what it was. Everything here wants the lock, and a job unless something else is
 * said; those that wait release the lock meanwhile.
 */
#ifndef DRIVERS_QEMU_SNAPSHOT_H
#define DRIVERS_QEMU_SNAPSHOT_H

#include "drivers/domains/snapshots.h"
#include "drivers/qemu/qemu.h"

/* -- snapshot-store.c: a document for each below lib_dir/snapshot, as libvirt has it -- */

/* Whether a document can be kept under the snapshot's name. 0, or -1 with XML_DETAIL. */
int snapshot_check_name(const struct moment *m);

/* Writes the document of one. 0 or -1. */
int snapshot_save(const struct vm *vm, const struct placed_moment *t);

/* Makes it (NULL: none) the current one, in its document and that of the one before. 0, or -1 with
 * none current. */
int snapshot_make_current(struct vm *vm, struct placed_moment *t);

/* Removes it from the tree and its document from the disk; its children go to its parent. 0 or -1.
 */
int snapshot_drop(struct vm *vm, struct placed_moment *t);

/* The same of all, with nothing but their documents. 0 or -1. */
int snapshots_drop_all(struct vm *vm);

/* At the daemon's start, without a job: reads those of all machines. What can't be read is logged.
 */
void snapshots_load(struct qemu *q);

/* -- snapshot.c -- */

/* Finds the machine that a caller means and begins the asynchronous job, of that operation
 * (RVIRT_DOMAIN_JOB_OPERATION_…), during which only to destroy it is allowed; migration_end() ends
 * it. NULL with the error set. */
struct vm *snapshot_enter(struct qemu *q, const struct rvirt_wire_domain *dom, int job,
						  const char *owner);

/* -- snapshot-check.c -- */

/* Refuses what can't be done with these disks; a machine that does not run keeps external disks
 * only. 0 or -1. */
int snapshot_check(const struct vm *vm, struct moment *m, unsigned flags);

/* -- snapshot-inside.c: in the images -- */

/* With the asynchronous job, of a running machine: memory and disks under that name; and their end.
 * 0 or -1. */
int snapshot_keep(struct vm *vm, const char *name);
int snapshot_discard(struct vm *vm, const char *name);

enum snapshot_image_op { SNAPSHOT_IMAGE_CREATE, SNAPSHOT_IMAGE_APPLY, SNAPSHOT_IMAGE_DELETE };

/* The same with the images of a machine that does not run: the disks of the snapshot's definition.
 * Creating is undone where a disk fails; the other two go on with the next disk, and fail at the
 * end. 0 or -1. */
int snapshot_images(struct vm *vm, const struct moment *m, enum snapshot_image_op op);

/* -- snapshot-outside.c: beside the images -- */

/* New images for the disks that the snapshot says, standing on those that there were; reuse: they
 * are there. Of a machine that does not run; and with the asynchronous job, of one that does. 0, or
 * -1 with the error set and the old images in use. */
int snapshot_stack_images(struct vm *vm, const struct moment *m, bool reuse);
int snapshot_stack_running(struct vm *vm, const struct moment *m, bool reuse);

/* -- snapshot-merge.c -- */

/* Whether the disks use the images of the snapshot, and those can be merged. 0 or -1. */
int snapshot_check_merge(const struct vm *vm, const struct moment *m);

/* With the asynchronous job: writes the new images into those that they stand on, which are the
 * machine's again, and removes them. Asked again after a failure it goes on where it ended. 0 or
 * -1.
 */
int snapshot_merge(struct vm *vm, const struct moment *m);

#endif
