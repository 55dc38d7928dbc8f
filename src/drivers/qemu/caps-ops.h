/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents about hosts and binaries. Private to caps-ops.c, caps-xml.c, domcaps.c.
 */
#ifndef DRIVERS_QEMU_CAPS_OPS_H
#define DRIVERS_QEMU_CAPS_OPS_H

#include "base/buf.h"
#include "drivers/qemu/caps.h"
#include "drivers/qemu/host.h"

/* <capabilities>: of the host, and of the n binaries. 0 or -1 with NO_MEMORY. */
int caps_write(struct buf *b, const struct host *host, const unsigned char *uuid,
			   struct qemu_caps *const *binaries, size_t n);

/* <domainCapabilities> of a binary for one machine. 0, or -1 with the error set. */
int domcaps_write(struct buf *b, const struct qemu_caps *caps, const struct qemu_machine *machine,
				  const char *arch, bool kvm);

/* A text with what XML means escaped; ' name='value''. */
int caps_escape(struct buf *b, const char *text);
int caps_attr(struct buf *b, const char *name, const char *value);

#endif
