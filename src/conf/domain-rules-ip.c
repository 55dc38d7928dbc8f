/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of network addresses and routes.
 */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

/* An address in its usual spelling; the family, or 0 if it is none. */
static int address(const char *text, int family, char ret_text[INET6_ADDRSTRLEN],
				   unsigned char ret_bytes[16])
{
	memset(ret_bytes, 0, 16);
	if (family != AF_INET6 && inet_pton(AF_INET, text, ret_bytes) == 1) {
		inet_ntop(AF_INET, ret_bytes, ret_text, INET6_ADDRSTRLEN);
		return AF_INET;
	}
	if (family != AF_INET && inet_pton(AF_INET6, text, ret_bytes) == 1) {
		inet_ntop(AF_INET6, ret_bytes, ret_text, INET6_ADDRSTRLEN);
		return AF_INET6;
	}
	return 0;
}

int rule_ip(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address"), *prefix = node_attr(n, "prefix");
	const char *peer = node_attr(n, "peer");
	int family = is(n, "family", "ipv4") ? AF_INET : is(n, "family", "ipv6") ? AF_INET6 : AF_UNSPEC;
	char out[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	unsigned bits = 0;

	(void)c;
	if (!(family = address(text, family, out, bytes)))
		return refuse_xml("Invalid address '%s' in <ip>", text);
	if (prefix &&
		(value_parse_uint(prefix, 10, &bits) < 0 || bits > (family == AF_INET ? 32 : 128)))
		return refuse_xml("Invalid prefix value '%s' in <ip>", prefix);
	if (node_set(n, "address", out) < 0 ||
		node_set(n, "family", family == AF_INET ? "ipv4" : "ipv6") < 0)
		return -1;
	if (bits ? node_setf(n, "prefix", "%u", bits) < 0 : node_set(n, "prefix", NULL) < 0)
		return -1;
	if (!peer)
		return 0;
	if (!address(peer, family, out, bytes))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "Invalid peer '%s' in <ip>", peer);
	return node_set(n, "peer", out);
}

#define refuse_route(...) error_set(FROM_NETWORK, ERR_XML_ERROR, __VA_ARGS__)

static bool is_network(const unsigned char bytes[16], int family, const unsigned char *mask,
					   unsigned prefix)
{
	for (unsigned i = 0; i < (family == AF_INET ? 32u : 128u); i++) {
		bool one = bytes[i / 8] >> (7 - i % 8) & 1;
		bool inside = mask ? mask[i / 8] >> (7 - i % 8) & 1 : i < prefix;

		if (one && !inside)
			return false;
	}
	return true;
}

static int route_family(const char *what, const struct node *n, int network, int gateway)
{
	const char *family = node_attr(n, "family"), *to = node_attr(n, "address");
	long long prefix = node_attr_num(n, "prefix", 0);

	if (!family || strcmp(family, "ipv4") == 0) {
		const char *said = family ? "IPv4 family specified" : "No family specified";

		if (network != AF_INET)
			return refuse_route("%s: %s for non-IPv4 address '%s' in route definition", what, said,
								to);
		if (gateway != AF_INET)
			return refuse_route("%s: %s for non-IPv4 gateway '%s' in route definition", what, said,
								to);
		if (node_attr(n, "netmask") && node_attr(n, "prefix"))
			return refuse_route("%s: Route definition cannot have both a prefix and a netmask",
								what);
		if (prefix > 32)
			return refuse_route(
				"%s: Invalid prefix %lld specified in route definition, must be 0 - 32", what,
				prefix);
		return 0;
	}
	if (strcmp(family, "ipv6") != 0)
		return refuse_route("%s: Unrecognized family '%s' in route definition", what, family);
	if (network != AF_INET6)
		return refuse_route(
			"%s: ipv6 family specified for non-IPv6 address '%s' in route definition", what, to);
	if (node_attr(n, "netmask"))
		return refuse_route(
			"%s: Specifying netmask invalid for IPv6 address '%s' in route definition", what, to);
	if (gateway != AF_INET6)
		return refuse_route(
			"%s: ipv6 specified for non-IPv6 gateway address '%s' in route definition", what,
			node_attr(n, "gateway"));
	if (prefix > 128)
		return refuse_route(
			"%s: Invalid prefix %lld specified in route definition, must be 0 - 128", what, prefix);
	return 0;
}

int rule_route(struct conf *c, struct node *n)
{
	const char *to = node_attr(n, "address"), *by = node_attr(n, "gateway");
	const char *mask = node_attr(n, "netmask"), *parent = node_name(n->parent);
	const char *what = strcmp(parent, "hostdev") == 0  ? "Domain hostdev device"
					   : strcmp(parent, "source") == 0 ? "interface host IP"
													   : "guest interface";
	char network[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN], netmask[INET6_ADDRSTRLEN];
	unsigned char bytes[16], unused[16], m[16];
	int family, second;

	(void)c;
	if (!to)
		return refuse_route("%s: Missing required address attribute in route definition", what);
	if (!by)
		return refuse_route("%s: Missing required gateway attribute in route definition", what);
	if (!(family = address(to, AF_UNSPEC, network, bytes)))
		return refuse_route("%s: Bad network address '%s' in route definition", what, to);
	if (!(second = address(by, AF_UNSPEC, gateway, unused)))
		return refuse_route("%s: Bad gateway address '%s' in route definition", what, by);
	if (mask && family == AF_INET && !address(mask, AF_UNSPEC, netmask, m))
		return refuse_route("%s: Bad netmask address '%s' in route definition", what, mask);
	if (route_family(what, n, family, second) < 0)
		return -1;
	if (!is_network(bytes, family, mask ? m : NULL, (unsigned)node_attr_num(n, "prefix", 0)))
		return refuse_route("%s: Address '%s' in route definition is not a network address", what,
							to);
	if (node_set(n, "address", network) < 0 || (mask && node_set(n, "netmask", netmask) < 0))
		return -1;
	return node_set(n, "gateway", gateway);
}

int rule_guestfwd(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address");
	char out[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	int family;

	(void)c;
	if (!text)
		return refuse_xml("guestfwd channel does not define a target address");
	if (!(family = address(text, AF_UNSPEC, out, bytes)))
		return error_set(FROM_NONE, ERR_SYSTEM_ERROR,
						 "Cannot parse socket address '%s': Name or service not known", text);
	if (family != AF_INET)
		return refuse_config("guestfwd channel only supports IPv4 addresses");
	return node_set(n, "address", out);
}

int rule_channel_target(struct conf *c, struct node *n)
{
	(void)c;
	return is(n, "type", "guestfwd")
			   ? node_setf(n, "port", "%lld", node_attr_num(n, "port", 0) & 0xffff)
			   : 0;
}
