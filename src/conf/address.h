/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * IPv4 and IPv6 addresses as documents have them: any spelling that the system takes as a number,
 * and the usual one. No name is ever looked up.
 */
#ifndef CONF_ADDRESS_H
#define CONF_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_LEN = 64 };

struct address {
	int family; /* AF_INET, AF_INET6 */
	unsigned char bytes[16];
	unsigned scope; /* the interface of a link-local one, or 0 */
};

/* AF_UNSPEC: any family. 0 or -1 (no error is set). */
int address_parse(const char *text, int family, struct address *ret_address);
/* The same; SYSTEM_ERROR is set: "Cannot parse socket address 'x': …". */
int address_read(const char *text, int family, struct address *ret_address);
/* The usual spelling, in text, which is returned. */
const char *address_format(const struct address *a, char text[ADDRESS_TEXT_LEN]);

/* Whether the first prefix bits are the same, in the same family. */
bool address_in_network(const struct address *a, const struct address *network, int prefix);
/* Whether all bits behind the first prefix are 0, or all are 1. */
bool address_rest_is(const struct address *a, int prefix, bool ones);
/* The number of ones at the front of an IPv4 mask; -1 if others follow. */
int address_mask_prefix(const struct address *mask);
/* What prefix a network has that says none: by its class, or 64. -1 if it has none. */
int address_natural_prefix(const struct address *a);

/* 0 if start to end is a range that is within network (NULL: any) and not too large; -1 with
 * INTERNAL_ERROR set. */
int address_check_range(const struct address *start, const struct address *end,
						const struct address *network, int prefix);

#endif
