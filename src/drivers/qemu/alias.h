/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names by which QEMU knows the devices of a running domain. They are libvirt's, which people
 * know from monitors and events.
 */
#ifndef DRIVERS_QEMU_ALIAS_H
#define DRIVERS_QEMU_ALIAS_H

#include "conf/domain.h"

/* Gives every device that has none its name, for as long as the domain runs. 0, or -1 with
 * NO_MEMORY. */
int qemu_alias_all(struct domain_def *def);

/* The same for one device that is in the definition. */
int qemu_alias_one(struct domain_def *def, struct node *device);

/* The device of that name, or NULL. */
struct node *qemu_alias_find(const struct domain_def *def, const char *alias);

/* Its name, or "" if it has none yet. */
const char *qemu_alias(const struct node *device);

#endif
