/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands on network interfaces share: finding one in a definition, and rates.
 */
#ifndef SHELL_NETIF_H
#define SHELL_NETIF_H

#include "args.h"

#include <libxml/tree.h>

/* The interface of a definition with this MAC address or target. NULL if there is none, or with
 * *ret_several if more than one. */
xmlNode *netif_find(xmlDoc *doc, const char *name, bool *ret_several);

/* "average,peak,burst,floor", each of which may be left out. */
struct netif_rate {
	uint64_t average, peak, burst, floor;
};

/* Reads the rate of an option ("inbound" or "outbound") and checks which of its parts are there.
 * zero: a rate of 0 takes a limit away. 1, 0 if the option is not given, -1 with the error
 * reported. */
int netif_rate(struct shell *sh, const struct invocation *in, const char *option, bool zero,
			   struct netif_rate *ret);

#endif
