/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs that QEMU has on the images of a running machine's disks: to pull data up the chain, to
 * commit it down, to copy a disk. They go on without the daemon, and are in the state's document.
 *
 * Who calls has a modifying job, or an asynchronous one with a nested one, and the lock, which
 * those that ask QEMU release meanwhile. Whoever is to remove an image of a chain (a snapshot)
 * calls blockjob_commit(), then blockjob_wait(), and for the image on top blockjob_leave() before.
 *
 * A store is an image with what it stands on: <disk>, <mirror> or <backingStore>.
 */
#ifndef DRIVERS_QEMU_BLOCKJOB_H
#define DRIVERS_QEMU_BLOCKJOB_H

#include <libxml/tree.h>

#include "base/buf.h"
#include "drivers/qemu/qemu.h"

enum blockjob_state {
	BLOCKJOB_RUNNING,
	BLOCKJOB_READY,   /* both are alike and kept so */
	BLOCKJOB_LEAVING, /* it was asked to change to the other image */
	BLOCKJOB_ABORTING,
	BLOCKJOB_CONCLUDED, /* what came of it is in done and why */
};

/* Of one disk; the numbers are those of block nodes, 0: none. */
struct blockjob {
	struct blockjob *next;
	char *name; /* by which QEMU knows it */
	char *disk; /* its target */
	int type;   /* of enum rvirt_domain_block_job_type */
	enum blockjob_state state;
	unsigned top, base, above; /* what is committed or pulled, where to, what stands on top */
	bool delete_images;        /* that are committed */
	bool over;                 /* QEMU has said that it ended */
	bool waited;               /* somebody waits for that, who finishes it */
	int done;                  /* status of the event that told the end */
	char *why;                 /* QEMU's words where it failed, or NULL */
	unsigned refs;             /* the list's, and of who waits */
};

/* The job of a disk, or NULL. */
struct blockjob *blockjob_of(const struct vm *vm, const struct node *disk);

/* Refuses where the disk has a job, or any disk of the machine has one. 0 or -1. */
int blockjob_check_none(const struct vm *vm, const struct node *disk);
int blockjob_check_any(const struct vm *vm);

/* The disk of a target or path; NULL with INVALID_ARG. */
struct node *blockjob_disk(const struct vm *vm, const char *path);

/* Bytes a second from what a client gives in these or in MiB. 0, or -1 with OVERFLOW. */
int blockjob_speed(uint64_t bandwidth, bool bytes, unsigned long long *ret);

/* -- start -- */

struct blockjob_commit {
	struct node *top, *base;  /* stores of the disk */
	unsigned long long speed; /* bytes a second, 0: as fast as it goes */
	bool relative;            /* the name of base in what stands above stays relative */
	bool delete_images;
};

/* Begins to write what is in top, and in all between, into base. 0 or -1. */
int blockjob_commit(struct vm *vm, struct node *disk, const struct blockjob_commit *how);

/* -- end -- */

/* Waits until the job of a disk is ready (of an image on top), or has ended and is done with; the
 * machine's end ends the wait. 0: ready, or it ended well; -1 with the error set. */
int blockjob_wait(struct vm *vm, const char *disk);

/* Asks a job to end: pivot: by changing to the other image, else by giving it up. Waits for the end
 * unless async. 0 or -1. */
int blockjob_leave(struct vm *vm, struct blockjob *job, bool pivot, bool async);

/* After QEMU has ended a job: changes the definitions, removes nodes, gives files back, tells. 0,
 * or -1 if QEMU did not say how it ended. */
int blockjob_finish(struct vm *vm, struct blockjob *job);

/* Finishes those that ended while nobody waited. */
void blockjobs_settle(struct vm *vm);

/* After the daemon's start: what has become of the jobs. 0 or -1. */
int blockjobs_found(struct vm *vm);

/* The machine has ended: its jobs too. */
void blockjobs_forget(struct vm *vm);

/* -- the list -- */

/* Enters a job, which belongs to the list, and saves the state; drops it again. */
struct blockjob *blockjob_add(struct vm *vm, const struct node *disk, int type, unsigned node);
void blockjob_drop(struct vm *vm, struct blockjob *job);
void blockjob_unref(struct blockjob *job); /* NULL is allowed */

/* Tells clients of a status. */
void blockjob_tell(struct vm *vm, const struct blockjob *job, int status);

/* The state's document. 0 or -1. */
int blockjobs_write(const struct vm *vm, struct buf *b);
int blockjobs_read(struct vm *vm, const xmlNode *state);

/* -- blockjob-chain.c: stores -- */

const char *store_format(const struct node *store);
/* Path of a file or block device, or NULL. */
const char *store_path(const struct node *store);
/* What it stands on, or NULL. */
struct node *store_below(const struct node *store);
/* The store of a chain with that number, or NULL. */
struct node *store_find(struct node *disk, unsigned index);

/* The store that a client names by path, or "vda[1]", or name NULL: the one at the bottom. Below
 * from, if that is given. *ret_above (may be NULL) is what stands on it. NULL with INVALID_ARG. */
struct node *store_lookup(struct node *disk, struct node *from, const char *name,
						  struct node **ret_above);

/* Copies an element with all that is in it to another place where the description has it. NULL with
 * the error set. */
struct node *store_graft(struct node *parent, const struct node *n);

/* The store stands on a copy of below from now on (NULL: on nothing). 0 or -1. */
int store_put_below(struct node *store, const struct node *below);

/* The disk's image becomes that of store; what it stands on stays. 0 or -1. */
int store_become(struct node *disk, const struct node *store);

/* Removes the nodes of a disk, with its mirror, that another state of it has not. */
void store_drop_nodes(struct vm *vm, const struct node *before, const struct node *after);

/* Adds the two nodes of a store to QEMU; of what it stands on, those with no node yet are not its
 * concern. 0, or -1 with the error set and none added. */
int store_add_nodes(struct vm *vm, const struct node *disk, const struct node *store);

#endif
