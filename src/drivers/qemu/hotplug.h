/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices that come to a machine and leave it, in its definition and while it runs. Who calls has a
 * modifying job and the lock, which those that wait release meanwhile.
 */
#ifndef DRIVERS_QEMU_HOTPLUG_H
#define DRIVERS_QEMU_HOTPLUG_H

#include <libxml/tree.h>

#include "drivers/qemu/qemu.h"

/* -- hotplug.c -- */

/* The persistent definition becomes another one, which is taken over. 0, or -1 with the error set
 * and nothing changed. */
int hotplug_keep_config(struct vm *vm, struct domain_def **def);

/* -- hotplug-read.c -- */

/* A device's document: one element. NULL with the error set. */
xmlDoc *hotplug_parse(const char *xml);

/* Reads base again with the device in it: a definition of its own, whose addresses are complete,
 * and the device in that. Waits. 0, or -1 with the error set. */
int hotplug_read(struct vm *vm, const struct domain_def *base, xmlDoc *device,
				 struct domain_def **ret_def, struct node **ret_device);

/* The device of a definition that a document means: a disk by its target, an interface by its
 * address, graphics by its type, any other by all that the document says. NULL with DEVICE_MISSING
 * or OPERATION_FAILED.
 */
struct node *hotplug_find(const struct domain_def *def, xmlDoc *device);

/* -- hotplug-add.c -- */

/* Adds a device that was read with the definition of the running machine, and controllers that this
 * has and the machine does not. 0, or -1 with the error set and nothing changed. */
int hotplug_attach(struct vm *vm, const struct domain_def *read, const struct node *device);

/* Adds the block nodes of a disk that was prepared. 0, or -1 with the error set and none added. */
int hotplug_add_nodes(struct vm *vm, const struct node *disk);

/* -- hotplug-media.c -- */

/* Changes the medium of a drive of the running machine to that of wish, or takes it out; force:
 * though the guest has locked it. 0, or -1 with the error set. */
int hotplug_change_medium(struct vm *vm, struct node *drive, const struct node *wish, bool force);

/* Sets the link of an interface of the running machine as wish has it; refused where wish differs
 * in anything else. 0, or -1 with the error set. */
int hotplug_change_link(struct vm *vm, struct node *interface, const struct node *wish);

/* -- hotplug-others.c -- */

/* The memory of a domain is larger or smaller by that of a device. 0 or -1. */
int hotplug_count_memory(struct domain_def *def, const struct node *memory, bool more);

/* -- hotplug-graphics.c -- */

/* Sets the password of graphics as wish has it, and until when it holds; refused where wish differs
 * in anything else. 0, or -1 with the error set. */
int hotplug_change_password(struct vm *vm, struct node *graphics, const struct node *wish);

/* -- hotplug-remove.c -- */

/* Asks the guest for a device of vm->d.def, and waits a while until it has given it up; what it
 * gives up later leaves the definition then. 0, or -1 with the error set. */
int hotplug_detach(struct vm *vm, struct node *device);

/* What left while nobody waited for it leaves the definition. 0, or -1 with the error set. */
int hotplug_look(struct vm *vm);

/* Removes the block nodes of a disk, and gives back its files that no other disk of the machine
 * has. Neither can fail. */
void hotplug_drop_nodes(struct vm *vm, const struct node *disk);
void hotplug_take_back(struct vm *vm, const struct node *disk);

/* -- hotplug-vcpu.c -- */

/* As many virtual CPUs as QEMU has are in the definition. 0, or -1 with the error set. */
int hotplug_count_vcpus(struct vm *vm);

#endif
