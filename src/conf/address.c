/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses.
 */
#include "config.h"
#include "conf/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static int parse(const char *text, int family, struct address *ret_address)
{
	struct addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(text, NULL, &hints, &found);

	if (rc != 0)
		return rc;
	*ret_address = (struct address){.family = found->ai_family};
	if (found->ai_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)found->ai_addr;

		memcpy(ret_address->bytes, &in->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)found->ai_addr;

		memcpy(ret_address->bytes, &in6->sin6_addr, 16);
		ret_address->scope = in6->sin6_scope_id;
	}
	freeaddrinfo(found);
	return 0;
}

int address_parse(const char *text, int family, struct address *ret_address)
{
	return parse(text, family, ret_address) == 0 ? 0 : -1;
}

int address_read(const char *text, int family, struct address *ret_address)
{
	int rc = parse(text, family, ret_address);

	if (rc == 0)
		return 0;
	return error_set(FROM_NONE, ERR_SYSTEM_ERROR, "Cannot parse socket address '%s': %s", text,
					 gai_strerror(rc));
}

const char *address_format(const struct address *a, char text[ADDRESS_TEXT_LEN])
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_scope_id = a->scope};
	bool four = a->family == AF_INET;

	memcpy(&in.sin_addr, a->bytes, 4);
	memcpy(&in6.sin6_addr, a->bytes, 16);
	if (getnameinfo(four ? (const struct sockaddr *)&in : (const struct sockaddr *)&in6,
					four ? sizeof in : sizeof in6, text, ADDRESS_TEXT_LEN, NULL, 0,
					NI_NUMERICHOST) != 0)
		*text = '\0';
	return text;
}

static int bits_of(const struct address *a)
{
	return a->family == AF_INET ? 32 : 128;
}

static bool bit(const struct address *a, int i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

bool address_in_network(const struct address *a, const struct address *network, int prefix)
{
	if (a->family != network->family)
		return false;
	for (int i = 0; i < prefix && i < bits_of(a); i++) {
		if (bit(a, i) != bit(network, i))
			return false;
	}
	return true;
}

bool address_rest_is(const struct address *a, int prefix, bool ones)
{
	for (int i = prefix; i < bits_of(a); i++) {
		if (bit(a, i) != ones)
			return false;
	}
	return true;
}

int address_mask_prefix(const struct address *mask)
{
	int prefix = 0;

	while (prefix < bits_of(mask) && bit(mask, prefix))
		prefix++;
	return address_rest_is(mask, prefix, false) ? prefix : -1;
}

int address_natural_prefix(const struct address *a)
{
	unsigned first = a->bytes[0];

	if (a->family == AF_INET6)
		return 64;
	return first < 0x80 ? 8 : first < 0xc0 ? 16 : first < 0xe0 ? 24 : -1;
}

#define refuse(...) error_set(FROM_NONE, ERR_INTERNAL_ERROR, __VA_ARGS__)

static int check_network(const struct address *start, const struct address *end,
						 const struct address *network, int prefix)
{
	char s[ADDRESS_TEXT_LEN], e[ADDRESS_TEXT_LEN], n[ADDRESS_TEXT_LEN];

	address_format(start, s);
	address_format(end, e);
	address_format(network, n);
	if (start->family != network->family)
		return refuse("mismatch of address family in range %s - %s for network %s", s, e, n);
	if (prefix < 0 || prefix > bits_of(network))
		return refuse("bad prefix %d for network %s when  checking range %s - %s", prefix, n, s, e);
	if (!address_in_network(start, network, prefix) || !address_in_network(end, network, prefix))
		return refuse("range %s - %s is not entirely within network %s/%d", s, e, n, prefix);
	if (start->family != AF_INET)
		return 0;
	if (address_rest_is(start, prefix, false))
		return refuse("start of range %s - %s in network %s/%d is the network address", s, e, n,
					  prefix);
	if (address_rest_is(end, prefix, true))
		return refuse("end of range %s - %s in network %s/%d is the broadcast address", s, e, n,
					  prefix);
	return 0;
}

int address_check_range(const struct address *start, const struct address *end,
						const struct address *network, int prefix)
{
	char s[ADDRESS_TEXT_LEN], e[ADDRESS_TEXT_LEN];
	size_t size = (size_t)bits_of(start) / 8;
	bool four = start->family == AF_INET;

	address_format(start, s);
	address_format(end, e);
	if (start->family != end->family)
		return refuse("mismatch of address family in range %s - %s", s, e);
	if (network && check_network(start, end, network, prefix) < 0)
		return -1;
	if (memcmp(start->bytes, end->bytes, size - 2) != 0)
		return refuse("range %s - %s is too large (> 65535)", s, e);
	if (memcmp(start->bytes, end->bytes, size) > 0)
		return four ? refuse("range %s - %s is reversed ", s, e)
					: refuse("range %s - %s start larger than end", s, e);
	return 0;
}
