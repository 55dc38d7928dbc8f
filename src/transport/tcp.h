/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reaching a host's port, for the transports that begin so.
 */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include "transport/channel.h"

/* A channel to the port, by the first of the host's addresses that takes it. transport is the name
 * for the channel's how. Errors as transport_open() has them. */
int tcp_reach(const char *transport, const char *host, int port, long long deadline_ms,
			  struct channel **ret_channel);

#endif
