/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of a network's addresses, and of the DHCP and DNS service there.
 */
#include "config.h"
#include "conf/network-rules.h"

#include <ctype.h>

#include "conf/value.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

int network_ip_prefix(const struct node *ip, struct address *ret_address)
{
	const char *mask_text = node_attr(ip, "netmask");
	struct address mask;

	address_parse(node_attr(ip, "address"), AF_UNSPEC, ret_address);
	if (node_attr(ip, "prefix"))
		return (int)node_attr_num(ip, "prefix", 0);
	if (mask_text && address_parse(mask_text, AF_INET, &mask) == 0)
		return address_mask_prefix(&mask);
	return address_natural_prefix(ret_address);
}

static int check_four(const struct conf *c, const struct node *n, int family, int mask)
{
	const char *name = network_name(c), *address = node_attr(n, "address");
	long long prefix = node_attr_num(n, "prefix", 0);

	if (family != AF_INET)
		return refuse_config("%s family specified for non-IPv4 address '%s' in network '%s'",
							 node_attr(n, "family") ? "ipv4" : "no", address, name);
	if (mask && mask != AF_INET)
		return refuse_config(
			"Invalid netmask '%s' for address '%s' in network '%s' (both must be IPv4)",
			node_attr(n, "netmask"), address, name);
	if (mask && prefix)
		return refuse_config("Network '%s' IP address cannot have both a prefix and a netmask",
							 name);
	if (prefix > 32)
		return refuse_config("Invalid IPv4 prefix '%lld' in network '%s'", prefix, name);
	return 0;
}

static int check_six(const struct conf *c, const struct node *n, int family, int mask)
{
	const char *name = network_name(c), *address = node_attr(n, "address");
	long long prefix = node_attr_num(n, "prefix", 0);

	if (family != AF_INET6)
		return refuse_config("Family 'ipv6' specified for non-IPv6 address '%s' in network '%s'",
							 address, name);
	if (mask)
		return refuse_config("netmask not allowed for IPv6 address '%s' in network '%s'", address,
							 name);
	if (prefix > 128)
		return refuse_config("Invalid IPv6 prefix '%lld' in network '%s'", prefix, name);
	return 0;
}

int rule_network_ip(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address"), *mask_text = node_attr(n, "netmask");
	const char *family = node_attr(n, "family");
	struct address a, mask = {0};
	char out[ADDRESS_TEXT_LEN];
	int rc;

	if (address_parse(text, AF_UNSPEC, &a) < 0)
		return refuse_xml("Invalid address '%s' in network '%s'", text, network_name(c));
	if (mask_text && address_parse(mask_text, AF_UNSPEC, &mask) < 0)
		return refuse_xml("Invalid netmask '%s' in network '%s'", mask_text, network_name(c));
	if (!family || strcmp(family, "ipv4") == 0)
		rc = check_four(c, n, a.family, mask.family);
	else if (strcmp(family, "ipv6") == 0)
		rc = check_six(c, n, a.family, mask.family);
	else
		return refuse_xml("Unrecognized family '%s' in network '%s'", family, network_name(c));
	if (rc < 0 || node_set(n, "address", address_format(&a, out)) < 0)
		return -1;
	return mask_text ? node_set(n, "netmask", address_format(&mask, out)) : 0;
}

int rule_network_tftp(struct conf *c, struct node *n)
{
	struct address a;

	network_ip_prefix(n->parent, &a);
	if (a.family != AF_INET)
		return refuse_config("Unsupported <tftp> element in an IPv6 element in network '%s'",
							 network_name(c));
	return 0;
}

void network_show_dhcp(struct node *dhcp)
{
	dhcp->show = node_child(dhcp, "range") || node_child(dhcp, "host") ? 0 : SHOW_NEVER;
}

int rule_network_dhcp(struct conf *c, struct node *n)
{
	(void)c;
	network_show_dhcp(n);
	return 0;
}

int rule_network_lease(struct conf *c, struct node *n)
{
	long long expiry = node_attr_num(n, "expiry", -1);

	(void)c;
	if ((expiry > 0 && expiry < 120 && is(n, "unit", "seconds")) ||
		(expiry == 1 && is(n, "unit", "minutes")))
		return refuse_config("The minimum lease time should be greater than 2 minutes");
	return expiry == 0 ? node_set(n, "unit", NULL) : 0;
}

int rule_network_range(struct conf *c, struct node *n)
{
	struct address start, end, own;
	char text[ADDRESS_TEXT_LEN];
	int prefix = network_ip_prefix(n->parent->parent, &own);

	(void)c;
	if (address_read(node_attr(n, "start"), AF_UNSPEC, &start) < 0 ||
		address_read(node_attr(n, "end"), AF_UNSPEC, &end) < 0 ||
		address_check_range(&start, &end, &own, prefix) < 0 ||
		node_set(n, "start", address_format(&start, text)) < 0)
		return -1;
	return node_set(n, "end", address_format(&end, text));
}

static int check_host_mac(const struct conf *c, const char *mac, bool six)
{
	unsigned char m[6];

	if (six)
		return refuse_xml("Invalid to specify MAC address '%s' in network '%s' IPv6 static host "
						  "definition",
						  mac, network_name(c));
	if (value_parse_mac(mac, m) < 0)
		return refuse_xml("Cannot parse MAC address '%s' in network '%s'", mac, network_name(c));
	if (m[0] & 1)
		return refuse_xml("expected unicast mac address, found multicast '%s' in network '%s'", mac,
						  network_name(c));
	return 0;
}

/* What there must be of a host's attributes. */
static int check_host_whole(const struct conf *c, const struct node *n, bool six)
{
	const char *mac = node_attr(n, "mac"), *name = node_attr(n, "name"), *ip = node_attr(n, "ip");

	if (network_is_partial(c)) {
		if (!mac && !name && !ip)
			return refuse_xml("At least one of name, mac, or ip attribute must be specified for "
							  "static host definition in network '%s' ",
							  network_name(c));
		return 0;
	}
	if (six && !node_attr(n, "id") && !name)
		return refuse_xml("Static host definition in IPv6 network '%s' must have id or name "
						  "attribute",
						  network_name(c));
	if (!six && !mac && !name)
		return refuse_xml("Static host definition in IPv4 network '%s' must have mac or name "
						  "attribute",
						  network_name(c));
	if (!ip)
		return refuse_xml("Missing IP address in static host definition for network '%s'",
						  network_name(c));
	return 0;
}

int rule_network_host(struct conf *c, struct node *n)
{
	const char *mac = node_attr(n, "mac"), *id = node_attr(n, "id"), *ip = node_attr(n, "ip");
	const char *name = node_attr(n, "name");
	struct address a, own;
	char text[ADDRESS_TEXT_LEN];
	bool six;

	network_ip_prefix(n->parent->parent, &own);
	six = own.family == AF_INET6;
	if (mac && check_host_mac(c, mac, six) < 0)
		return -1;
	if (id && id[strspn(id, "0123456789abcdefABCDEF:")])
		return refuse_xml("Invalid character '%c' in id '%s' of network '%s'",
						  id[strspn(id, "0123456789abcdefABCDEF:")], id, network_name(c));
	if (name && !isalnum((unsigned char)*name))
		return refuse_xml("Cannot use host name '%s' in network '%s'", name, network_name(c));
	if (ip && address_parse(ip, AF_UNSPEC, &a) < 0)
		return refuse_xml("Invalid IP address in static host definition for network '%s'",
						  network_name(c));
	if (check_host_whole(c, n, six) < 0)
		return -1;
	return ip ? node_set(n, "ip", address_format(&a, text)) : 0;
}

int rule_network_bootp(struct conf *c, struct node *n)
{
	struct address own, server;
	char text[ADDRESS_TEXT_LEN];

	(void)c;
	network_ip_prefix(n->parent->parent, &own);
	if (own.family != AF_INET) {
		n->show |= SHOW_NEVER;
		return 0;
	}
	if (!node_attr(n, "file"))
		return error_set(FROM_XML, ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'",
						 "file", "bootp");
	if (!node_attr(n, "server"))
		return 0;
	if (address_read(node_attr(n, "server"), AF_UNSPEC, &server) < 0)
		return -1;
	return node_set(n, "server", address_format(&server, text));
}

int rule_network_forwarder(struct conf *c, struct node *n)
{
	const char *addr = node_attr(n, "addr");
	struct address a;
	char text[ADDRESS_TEXT_LEN];

	if (addr && address_parse(addr, AF_UNSPEC, &a) < 0)
		return refuse_xml("Invalid forwarder IP address '%s' in network '%s'", addr,
						  network_name(c));
	if (!addr && !node_attr(n, "domain"))
		return refuse_xml("Invalid forwarder element, must contain at least one of addr or domain");
	return addr ? node_set(n, "addr", address_format(&a, text)) : 0;
}

int rule_network_dns_host(struct conf *c, struct node *n)
{
	const char *ip = node_attr(n, "ip");
	bool partial = network_is_partial(c), names = false;
	struct node *next;
	struct address a;
	char text[ADDRESS_TEXT_LEN];

	for (struct node *h = node_child(n, "hostname"); h; h = next) {
		next = node_next(h);
		names = names || h->text;
		if (!h->text)
			node_remove(h);
	}
	if (!names && !partial)
		return refuse_detail("Missing hostname in network '%s' DNS HOST record", network_name(c));
	if (!ip && !partial)
		return refuse_detail("Missing IP address in network '%s' DNS HOST record", network_name(c));
	if (!ip && !names)
		return refuse_detail("Missing ip and hostname in network '%s' DNS HOST record",
							 network_name(c));
	if (!ip)
		return 0;
	if (address_parse(ip, AF_UNSPEC, &a) < 0)
		return refuse_detail("Invalid IP address in network '%s' DNS HOST record", network_name(c));
	return node_set(n, "ip", address_format(&a, text));
}

int rule_network_txt(struct conf *c, struct node *n)
{
	const char *name = node_attr(n, "name");

	if (!name)
		return refuse_detail("missing required name attribute in DNS TXT record of network %s",
							 network_name(c));
	if (strpbrk(name, " ,"))
		return refuse_detail("prohibited character in DNS TXT record name '%s' of network %s", name,
							 network_name(c));
	if (!node_attr(n, "value") && !network_is_partial(c))
		return refuse_detail("missing required value attribute in DNS TXT record named '%s' of "
							 "network %s",
							 name, network_name(c));
	return 0;
}

static int check_srv_number(const struct conf *c, struct node *n, const char *attr, unsigned least,
							const char *invalid)
{
	const char *text = node_attr(n, attr), *service = node_attr(n, "service");
	unsigned v = 0;
	bool good = text && value_parse_uint(text, 10, &v) == 0;

	if (good && !node_attr(n, "target"))
		return refuse_detail("DNS SRV %s attribute not permitted without target for service '%s' "
							 "in network '%s'",
							 attr, service ? service : "(null)", network_name(c));
	if (text && (!good || v < least || v > 65535))
		return refuse_detail("%s DNS SRV %s attribute for service '%s' in network '%s'", invalid,
							 attr, service ? service : "(null)", network_name(c));
	if (!v)
		return node_set(n, attr, NULL);
	return node_setf(n, attr, "%u", v);
}

int rule_network_srv(struct conf *c, struct node *n)
{
	const char *service = node_attr(n, "service"), *protocol = node_attr(n, "protocol");
	const char *name = network_name(c);

	if (!service && !network_is_partial(c))
		return refuse_detail("missing required service attribute in DNS SRV record of network '%s'",
							 name);
	if (service && strlen(service) > 512)
		return refuse_detail("service attribute '%s' in network '%s' is too long, limit is %d "
							 "bytes",
							 service, name, 512);
	if (service && service[strspn(service, ALNUM "_-+/*")])
		return refuse_detail("invalid character in service attribute '%s' in DNS SRV record of "
							 "network '%s'",
							 service, name);
	if (!protocol && !network_is_partial(c))
		return refuse_detail("missing required protocol attribute in DNS SRV record '%s' of "
							 "network '%s'",
							 service, name);
	if (protocol && protocol[strspn(protocol, ALNUM "-+/")])
		return refuse_detail("invalid character in protocol attribute '%s' in DNS SRV record of "
							 "network '%s'",
							 protocol, name);
	if (check_srv_number(c, n, "port", 1, "invalid") < 0 ||
		check_srv_number(c, n, "priority", 0, "Invalid") < 0)
		return -1;
	return check_srv_number(c, n, "weight", 0, "invalid");
}

int rule_network_dns(struct conf *c, struct node *n)
{
	if (is(n, "enable", "no") && n->children)
		return refuse_xml("Extra data in disabled network '%s'", network_name(c));
	return 0;
}
