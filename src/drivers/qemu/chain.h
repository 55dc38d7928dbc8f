/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What images stand on, as their headers say: the <backingStore> elements of a running domain.
 */
#ifndef DRIVERS_QEMU_CHAIN_H
#define DRIVERS_QEMU_CHAIN_H

#include "conf/tree.h"

/* Reads the headers of the images of a disk or a <mirror> and adds, for as long as the domain runs,
 * what the document does not say itself. A header is a guest's to write: one that does not name the
 * format below it is refused, since whatever is guessed a guest could have written. 0, or -1 with
 * the error set. */
int qemu_chain_find(struct node *disk);

/* The name of the image at path beside the one at from, which stands on it by way of others, each
 * by a relative name; owned by the caller. NULL with OPERATION_INVALID where one has an absolute
 * name.
 */
char *qemu_chain_relative(const char *from, const char *path);

#endif
