/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <qemu:commandline> of a domain: what people pass to QEMU themselves. Private to domain.c.
 */
#ifndef CONF_DOMAIN_PASSTHROUGH_H
#define CONF_DOMAIN_PASSTHROUGH_H

#include "conf/domain.h"

/* Reads it; other elements of the namespace are refused by name. 0, or -1 with the error set. */
int domain_passthrough_read(struct domain_def *def, const xmlNode *domain);
/* The declaration of the namespace in the start tag, and the element at the end. 0 or -1. */
int domain_passthrough_write_namespace(const struct domain_def *def, struct buf *b);
int domain_passthrough_write(const struct domain_def *def, unsigned indent, struct buf *b);
int domain_passthrough_copy(struct domain_def *copy, const struct domain_def *def);
void domain_passthrough_clear(struct domain_def *def);

#endif
