/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the check of a definition. Private to check*.c.
 */
#ifndef DRIVERS_QEMU_CHECK_H
#define DRIVERS_QEMU_CHECK_H

#include "drivers/qemu/define-impl.h"

/* Machine, memory and processors; devices. 0, or -1 with CONFIG_UNSUPPORTED set. */
int check_machine(const struct defining *d);
int check_devices(const struct defining *d);

#endif
