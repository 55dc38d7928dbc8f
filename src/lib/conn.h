/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection as the public API has it: to a driver in this process, or to a daemon.
 */
#ifndef LIB_CONN_H
#define LIB_CONN_H

#include "base/cleanup.h"
#include "drivers/driver.h"
#include "lib/remote.h"
#include "transport/uri.h"

#include <rvirt/rvirt.h>

struct rvirt_conn {
	struct uri *uri;
	bool readonly;
	bool daemon_chooses;       /* what to open: its URI is the daemon's to say */
	unsigned generation;       /* of processes: see conn_check_process() */
	struct driver_conn *local; /* one of these */
	struct remote *remote;
};

/* 0 in the process that opened the connection; in a child of it -1 with the error set. */
int conn_check_process(const struct rvirt_conn *conn);

#endif
