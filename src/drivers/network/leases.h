/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses that dnsmasq has given to clients, by its own file of them.
 */
#ifndef DRIVERS_NETWORK_LEASES_H
#define DRIVERS_NETWORK_LEASES_H

#include <stdbool.h>
#include <stddef.h>

/* One lease; the texts are parts of what was read, or NULL. */
struct lease {
	long long expiry; /* seconds since 1970; 0: never */
	bool six;
	char mac[64]; /* of IPv6 what is in the client's DUID; or empty */
	const char *iaid, *ip, *hostname, *clientid;
};

/* Reads the next line of *at (which is changed, and moves on) that is a lease. False at the end.
 * six: whether the lines of IPv6 have begun; false to begin with. */
bool lease_next(char **at, bool *six, struct lease *ret_lease);

#endif
