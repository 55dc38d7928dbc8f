/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the daemon's log lines go.
 */
#ifndef DAEMON_DAEMON_LOG_H
#define DAEMON_DAEMON_LOG_H

#include "daemon/daemon-config.h"

/* Follows log_level and log_outputs. 0, or -1 with the error set, all being as before. */
int daemon_log_open(const struct config *config, bool background, bool verbose);

#endif
