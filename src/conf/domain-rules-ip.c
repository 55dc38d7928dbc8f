/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of network addresses.
 */
#include "config.h"

#include "conf/address.h"
#include "conf/domain-rules.h"
#include "conf/value.h"

int rule_ip(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address"), *prefix = node_attr(n, "prefix");
	const char *peer = node_attr(n, "peer");
	int family = is(n, "family", "ipv4") ? AF_INET : is(n, "family", "ipv6") ? AF_INET6 : AF_UNSPEC;
	char out[ADDRESS_TEXT_LEN];
	struct address a;
	unsigned bits = 0;

	(void)c;
	if (address_parse(text, family, &a) < 0)
		return refuse_xml("Invalid address '%s' in <ip>", text);
	if (prefix &&
		(value_parse_uint(prefix, 10, &bits) < 0 || bits > (a.family == AF_INET ? 32 : 128)))
		return refuse_xml("Invalid prefix value '%s' in <ip>", prefix);
	if (node_set(n, "address", address_format(&a, out)) < 0 ||
		node_set(n, "family", a.family == AF_INET ? "ipv4" : "ipv6") < 0)
		return -1;
	if (bits ? node_setf(n, "prefix", "%u", bits) < 0 : node_set(n, "prefix", NULL) < 0)
		return -1;
	if (!peer)
		return 0;
	if (address_parse(peer, a.family, &a) < 0)
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "Invalid peer '%s' in <ip>", peer);
	return node_set(n, "peer", address_format(&a, out));
}

int rule_guestfwd(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address");
	char out[ADDRESS_TEXT_LEN];
	struct address a;

	(void)c;
	if (!text)
		return refuse_xml("guestfwd channel does not define a target address");
	if (address_read(text, AF_UNSPEC, &a) < 0)
		return -1;
	if (a.family != AF_INET)
		return refuse_config("guestfwd channel only supports IPv4 addresses");
	return node_set(n, "address", address_format(&a, out));
}

int rule_channel_target(struct conf *c, struct node *n)
{
	(void)c;
	return is(n, "type", "guestfwd")
			   ? node_setf(n, "port", "%lld", node_attr_num(n, "port", 0) & 0xffff)
			   : 0;
}
