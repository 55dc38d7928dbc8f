/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of hosts to addresses, within a time.
 */
#ifndef TRANSPORT_RESOLVE_H
#define TRANSPORT_RESOLVE_H

#include "base/cleanup.h"

#include <netdb.h>

DEFINE_CLEANUP(addrinfo, struct addrinfo *, freeaddrinfo)
#define CLEANUP_ADDRINFO CLEANUP(cleanup_addrinfo)

/* The stream addresses of host (a name or a numeric address, perhaps with a zone) and port, of
 * family (AF_UNSPEC: any), in the order to try them. The caller frees them with freeaddrinfo().
 * ERR_SYSTEM_ERROR or ERR_OPERATION_TIMEOUT, naming the host. */
int resolve_host(const char *host, int port, int family, long long deadline_ms,
				 struct addrinfo **ret);

#endif
