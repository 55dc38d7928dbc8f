/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition gets when its domain starts, for as long as it runs: names of devices, numbers
 * of block nodes, paths of sockets.
 */
#ifndef DRIVERS_QEMU_PREPARE_H
#define DRIVERS_QEMU_PREPARE_H

#include "conf/domain.h"
#include "drivers/qemu/caps.h"

struct qemu_ports;

struct qemu_prepare {
	struct qemu_ports *ports;
	const char *nvram_dir;    /* where variables of UEFI are; NULL: a domain with UEFI is refused */
	int nvram_uid, nvram_gid; /* whose they are where drop is set */
	bool drop;
	const char *dir; /* where this run has its sockets: as in qemu_command_env */
	/* where a volume is: a path owned by the caller, or NULL with the error set; NULL: volumes are
	 * refused */
	char *(*find_volume)(void *opaque, const char *pool, const char *volume);
	void *opaque;
	bool only_looks;     /* nothing is made on the host */
	bool without_images; /* they are not there yet: their headers are not read */
};

/* Changes the copy of the definition that will run. 0, or -1 with the error set. */
int qemu_prepare(struct domain_def *live, const struct qemu_prepare *how);

/* When it runs no more, and after a failure to start: gives back what was taken for it. */
void qemu_unprepare(const struct domain_def *live, const struct qemu_prepare *how);
/* Of a domain that was found running: takes what it has. */
void qemu_prepare_again(const struct domain_def *live, const struct qemu_prepare *how);

/* The same of one disk that is added to a running domain, or whose image is changed. */
int qemu_prepare_disk(struct domain_def *live, struct node *disk, const struct qemu_prepare *how);

/* The path of a socket that a document leaves to us, in the folder where a run has its own. 0 or
 * -1. */
int qemu_prepare_chardev(struct node *n, const char *dir);

/* Numbers an image and all that it stands on: above taken, and above those of all other disks. 0 or
 * -1. */
int qemu_number_store(const struct domain_def *live, struct node *store, unsigned taken);

#endif
