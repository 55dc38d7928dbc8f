/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Macvtap devices, for tap.c.
 */
#ifndef DRIVERS_NETWORK_MACVTAP_H
#define DRIVERS_NETWORK_MACVTAP_H

#include "drivers/network/tap.h"

/* Makes the device that a request for a device of the host means, and fills in *tap, which has no
 * descriptors yet. 0, or -1 with the error set and nothing left. */
int macvtap_make(const struct network_tap_request *request, struct network_tap *tap);

#endif
