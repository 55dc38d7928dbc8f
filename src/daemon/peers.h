/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon as a client of others, for drivers that have to be one: by librvirt's public API. Only
 * the program is linked with that library; drivers and the rest of the daemon do not know it.
 */
#ifndef DAEMON_PEERS_H
#define DAEMON_PEERS_H

#include "drivers/driver.h"

const struct driver_peers *peers_of_library(void);

#endif
