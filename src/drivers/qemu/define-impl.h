/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files share that complete and check definitions. Private to define.c, complete*.c,
 * address*.c and check*.c.
 */
#ifndef DRIVERS_QEMU_DEFINE_IMPL_H
#define DRIVERS_QEMU_DEFINE_IMPL_H

#include "base/error.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/device.h"

/* A definition under work. */
struct defining {
	struct node *root, *devices;
	const struct qemu_caps *caps;
	enum qemu_board board;
};

/* What comes before the parts that drivers share are completed: machine, default devices. */
int complete_before(struct defining *d);
/* What comes after: models and names that follow from others. */
int complete_after(struct defining *d);

/* Addresses for those that have none. 0, or -1 with the error set. */
int address_allot(struct defining *d);
int address_allot_pci(struct defining *d);
int address_allot_usb(struct defining *d);

/* Refuses by name what can't be done. 0, or -1 with CONFIG_UNSUPPORTED set. */
int check_domain(const struct defining *d);

/* error_set() for the commonest code; returns -1. */
#define refuse(...) error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

/* A child with up to three attributes (name, value, …, NULL), after those of its name. */
struct node *define_add(struct node *parent, const char *name, const char *const *attrs);

#endif
