/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of the inside of a guest.
 */
#ifndef DRIVERS_QEMU_GUEST_INFO_H
#define DRIVERS_QEMU_GUEST_INFO_H

#include "drivers/qemu/guest.h"

/* -- guest-vcpu.c -- */

/* How many virtual CPUs the guest has turned on, or (maximum) sees; turns some on or off. 0, or -1
 * with the error set. */
int guest_count_vcpus(struct qemu *q, const struct rvirt_wire_domain *dom, bool maximum, int *ret);
int guest_set_vcpus(struct qemu *q, const struct rvirt_wire_domain *dom, unsigned n);

/* -- guest-address.c -- */

/* The interfaces that an agent has listed; *ret is the caller's, by wire_clear(), whatever comes of
 * it. 0, or -1 with the error set. */
int guest_take_interfaces(const json_t *list, struct rvirt_wire_ifaces_ret *ret);

/* A member that must be there: NULL with the error set. */
const char *guest_text(const json_t *object, const char *key, const char *command);

/* A list that must be one: NULL with the error set. */
const json_t *guest_list(const json_t *value, const char *command);

#endif
