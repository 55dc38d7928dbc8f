/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user that guests run as, and what it is given for as long as a guest runs: image files that
 * it could not use otherwise become its own and are given back, by the last guest that has them.
 * Nothing here wants the lock.
 */
#ifndef DRIVERS_QEMU_ACCESS_H
#define DRIVERS_QEMU_ACCESS_H

#include "base/buf.h"
#include "drivers/qemu/qemu.h"

/* A file that was given to a guest's user. */
struct access_file {
	struct access_file *next;
	struct access_owners *owners; /* the driver's */
	char *path;
	dev_t dev;
	ino_t ino;
	uid_t uid; /* whose it was */
	gid_t gid;
};

/* Which user guests run as: those of the configuration (NULL or "": chosen here). Only root has the
 * choice. 0, or -1 with the error set. */
int access_choose_user(struct qemu *q, const char *user, const char *group);

/* When no machine is left in the list. */
void access_end(struct qemu *q);

/* Gives all files of a definition to the guest's user, as far as it can't use them. 0 with what was
 * given, or -1 with the error set and nothing given. */
int access_give_all(const struct qemu *q, const struct domain_def *def,
					struct access_file **ret_files);

/* The same of one file; *files gets what was given. */
int access_give(const struct qemu *q, const char *path, bool write, struct access_file **files);

/* The same of a disk's image and all that it stands on. */
int access_give_disk(const struct qemu *q, const struct node *disk, struct access_file **files);

/* Moves what more was given to a list. */
void access_join(struct access_file **files, struct access_file **more);

/* Gives back what is still the same file, and frees the list. Keeps the thread's error. */
void access_take_back(struct access_file **files);

/* Frees the list alone: the files stay the guest's. */
void access_forget(struct access_file **files);

/* The list as elements of the state's document, and back. */
int access_write(const struct access_file *files, struct buf *b);
int access_read(const struct qemu *q, const xmlNode *state, struct access_file **ret_files);

#endif
