/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the addresses of a host to one connected socket.
 */
#ifndef TRANSPORT_CONNECT_H
#define TRANSPORT_CONNECT_H

#include <netdb.h>

/* How long the next address waits for the one before it (RFC 8305, "Connection Attempt Delay"), and
 * how many addresses of a host are tried at most. */
enum { CONNECT_DELAY_MS = 250, CONNECT_ATTEMPTS_MAX = 32 };

/* Connects to the first of the addresses that answers: families by turns, the next one begun after
 * CONNECT_DELAY_MS or as soon as one has failed, the others closed when one is connected. All ends
 * at deadline_ms (base/fd.h; negative: never). The socket, which does not block, and which address
 * it has; or -1 with ERR_SYSTEM_ERROR set, naming host, port and each address with its cause. */
int connect_any(const struct addrinfo *addresses, const char *host, int port, long long deadline_ms,
				const struct addrinfo **ret_address);

/* The numeric address. */
void connect_address_text(const struct addrinfo *address, char ret[NI_MAXHOST]);

#endif
