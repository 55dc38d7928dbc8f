/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a domain's document as QEMU's driver has it: what it leaves open is filled in, devices
 * get their addresses, and what this driver or this binary can't do is refused by name. What was
 * defined once reads back the same.
 */
#ifndef DRIVERS_QEMU_DEFINE_H
#define DRIVERS_QEMU_DEFINE_H

#include <libxml/tree.h>

#include "conf/domain.h"
#include "drivers/qemu/caps.h"

/* Reads a document; flags are of enum domain_parse. ret_caps (which may be NULL) gets the
 * capabilities of the domain's emulator, to be given back. 0, or -1 with the error set. */
int qemu_define(struct qemu_caps_cache *cache, const char *xml, unsigned flags,
				struct domain_def **ret_def, struct qemu_caps **ret_caps);

/* Reads a <domain> that was written of a running one, as it was: nothing is added. */
int qemu_define_running(const xmlNode *domain, struct domain_def **ret_def);

/* Completes and checks a definition to which a device was added, or that was changed otherwise:
 * gives addresses to those that have none. 0, or -1 with the error set. */
int qemu_define_again(struct domain_def *def, const struct qemu_caps *caps);

#endif
