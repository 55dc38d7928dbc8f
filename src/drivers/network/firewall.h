/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which packets pass the host from and to its networks: one table of nftables, which is replaced as
 * a whole whenever a network starts, stops or changes.
 */
#ifndef DRIVERS_NETWORK_FIREWALL_H
#define DRIVERS_NETWORK_FIREWALL_H

#include "conf/def.h"

/* The table for these networks, NULL-terminated, as nftables reads it; without any the table is
 * removed. Owned by the caller; NULL with the error set. */
char *firewall_text(const struct def *const *networks);

/* Puts it in place, whole or not at all. 0, or -1 with the error set. */
int firewall_load(const char *text);

#endif
