/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files share that add devices to running machines. Private to hotplug*.c.
 */
#ifndef DRIVERS_QEMU_HOTPLUG_IMPL_H
#define DRIVERS_QEMU_HOTPLUG_IMPL_H

#include "drivers/qemu/hotplug.h"

/* One device under work, in a copy of the live definition. */
struct plugging {
	struct vm *vm;
	struct domain_def *def;
	struct node *n;
	json_t *undo; /* of what was done: {"execute": …, "arguments": …} */
};

enum plug_step { PLUG_NODE, PLUG_NETDEV, PLUG_OBJECT, PLUG_CHARDEV, PLUG_DEVICE };

/* Makes a step; args is stolen, and NULL where making it failed; ret_value may be NULL. 0 or -1. */
int plug_step(struct plugging *p, enum plug_step step, json_t *args, json_t **ret_value);

/* Undoes all steps, from the last to the first. Keeps the thread's error. */
void plug_undo(struct plugging *p);

/* The last step: the device itself. */
int plug_device(struct plugging *p);

/* -- hotplug-others.c: a device with what it stands on. 0, or -1 with all undone. -- */

int plug_chardev(struct plugging *p);
int plug_memory(struct plugging *p);
int plug_watchdog(struct plugging *p);

#endif
