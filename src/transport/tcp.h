/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reaching a host's port, for the transports that begin so.
 */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include "transport/channel.h"

enum { TCP_WHO_MAX = 512 };

/* A channel to the port, by the first of the host's addresses of family (AF_UNSPEC: any) that takes
 * it. who says which way this is, at most TCP_WHO_MAX - 1 bytes of it count: "tcp to host h, port
 * p". Errors as transport_open() has them. */
int tcp_reach(const char *who, const char *host, int port, int family, long long deadline_ms,
			  struct channel **ret_channel);

#endif
