/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of common.fmt: names, UUIDs, MAC addresses, routes, VLANs, bandwidth, virtual ports,
 * storage.
 */
#include "config.h"

#include <stdlib.h>
#include <strings.h>

#include "base/uuid.h"
#include "conf/address.h"
#include "conf/common-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

int rule_name(struct conf *c, struct node *n)
{
	(void)c;
	if (strchr(n->text, '/'))
		return error_set(FROM_XML, ERR_XML_DETAIL, "invalid char in %s: %c", "name", '/');
	return 0;
}

int rule_need_uuid(struct conf *c, struct node *n)
{
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	(void)c;
	if (n->text)
		return 0;
	return uuid_generate(bytes) < 0 ? -1 : node_set_text(n, uuid_format(bytes, text));
}

bool common_pci_is_empty(const struct node *n)
{
	return !node_attr_num(n, "domain", 0) && !node_attr_num(n, "bus", 0) &&
		   !node_attr_num(n, "slot", 0);
}

int rule_pci_address(struct conf *c, struct node *n)
{
	long long bus = node_attr_num(n, "bus", 0), slot = node_attr_num(n, "slot", 0);
	long long function = node_attr_num(n, "function", 0);

	(void)c;
	if (common_pci_is_empty(n))
		return 0;
	if (bus > 0xff)
		return error_set(FROM_NONE, ERR_XML_ERROR,
						 "Invalid PCI address bus='0x%llx', must be <= 0xFF", bus);
	if (slot > 0x1f)
		return error_set(FROM_NONE, ERR_XML_ERROR,
						 "Invalid PCI address slot='0x%llx', must be <= 0x1F", slot);
	if (function > 7)
		return error_set(FROM_NONE, ERR_XML_ERROR,
						 "Invalid PCI address function=0x%llx, must be <= 7", function);
	return 0;
}

int common_set_mac(struct node *n, const char *attr, const char *text)
{
	unsigned char m[6];

	if (value_parse_mac(text, m) < 0)
		return 1;
	if (m[0] & 1)
		return 2;
	return node_setf(n, attr, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

#define refuse_route(...) error_set(FROM_NETWORK, ERR_XML_ERROR, __VA_ARGS__)

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

/* No bit is set that the mask (or the prefix) leaves out. */
static bool route_is_network(const struct address *network, const struct address *mask, int prefix)
{
	for (size_t i = 0; mask && i < sizeof mask->bytes; i++) {
		if (network->bytes[i] & ~mask->bytes[i])
			return false;
	}
	return mask || address_rest_is(network, prefix, false);
}

static const char *route_place(const struct conf *c, const struct node *parent)
{
	const char *name = node_name(parent);

	if (strcmp(name, "hostdev") == 0)
		return "Domain hostdev device";
	if (strcmp(name, "source") == 0)
		return "interface host IP";
	return strcmp(name, "network") == 0 ? common_text(c, "name") : "guest interface";
}

int rule_route(struct conf *c, struct node *n)
{
	const char *to = node_attr(n, "address"), *by = node_attr(n, "gateway");
	const char *mask = node_attr(n, "netmask"), *what = route_place(c, n->parent);
	struct address network, gateway, netmask;
	char text[ADDRESS_TEXT_LEN];
	int prefix = (int)node_attr_num(n, "prefix", 0);

	if (!to)
		return refuse_route("%s: Missing required address attribute in route definition", what);
	if (!by)
		return refuse_route("%s: Missing required gateway attribute in route definition", what);
	if (address_parse(to, AF_UNSPEC, &network) < 0)
		return refuse_route("%s: Bad network address '%s' in route definition", what, to);
	if (address_parse(by, AF_UNSPEC, &gateway) < 0)
		return refuse_route("%s: Bad gateway address '%s' in route definition", what, by);
	if (mask && network.family == AF_INET && address_parse(mask, AF_UNSPEC, &netmask) < 0)
		return refuse_route("%s: Bad netmask address '%s' in route definition", what, mask);
	if (route_family(what, n, network.family, gateway.family) < 0)
		return -1;
	if (!route_is_network(&network, mask ? &netmask : NULL, prefix))
		return refuse_route("%s: Address '%s' in route definition is not a network address", what,
							to);
	if (mask && node_set(n, "netmask", address_format(&netmask, text)) < 0)
		return -1;
	if (node_set(n, "address", address_format(&network, text)) < 0)
		return -1;
	return node_set(n, "gateway", address_format(&gateway, text));
}

/* A tag that stands there twice is native in both places. */
static int spread_native(const struct node *vlan)
{
	const struct node *native = NULL;

	NODE_EACH(tag, vlan, "tag")
	native = node_attr(tag, "nativeMode") ? tag : native;
	NODE_EACH(tag, vlan, "tag")
	{
		if (native && same(node_attr(tag, "id"), node_attr(native, "id")) &&
			node_set(tag, "nativeMode", node_attr(native, "nativeMode")) < 0)
			return -1;
	}
	return 0;
}

int rule_vlan(struct conf *c, struct node *n)
{
	const char *trunk = node_attr(n, "trunk");
	bool many = node_count(n, "tag") > 1, native = false, yes = many;

	(void)c;
	NODE_EACH(tag, n, "tag")
	{
		if (node_attr_num(tag, "id", 0) > 4095)
			return error_set(FROM_NONE, ERR_XML_ERROR, "vlan tag id %s too large (maximum 4095)",
							 node_attr(tag, "id"));
		if (node_attr(tag, "nativeMode") && native)
			return error_set(FROM_NONE, ERR_XML_ERROR, "duplicate native vlan setting");
		native = native || node_attr(tag, "nativeMode");
	}
	if (trunk) {
		yes = strcasecmp(trunk, "yes") == 0;
		if (!yes && many)
			return error_set(
				FROM_NONE, ERR_XML_ERROR,
				"invalid \"trunk='%s'\" in <vlan> - trunk='yes' is required for more than "
				"one vlan tag",
				trunk);
		if (!yes && native)
			return error_set(
				FROM_NONE, ERR_XML_ERROR,
				"invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a "
				"native vlan id");
		if (!yes && strcasecmp(trunk, "no") != 0)
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "invalid \"trunk='%s'\" in <vlan> - must be yes or no", trunk);
	}
	return spread_native(n) < 0 ? -1 : node_set(n, "trunk", yes ? "yes" : NULL);
}

int rule_rate(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *average = xml_attr(n->in, "average"), *floor = xml_attr(n->in, "floor");
	CLEANUP_FREE char *peak = xml_attr(n->in, "peak"), *burst = xml_attr(n->in, "burst");

	(void)c;
	if (!average && !floor)
		return error_set(FROM_NONE, ERR_XML_DETAIL,
						 "Missing mandatory average or floor attributes");
	if ((peak || burst) && !average)
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "'peak' and 'burst' require 'average' attribute");
	if (!node_attr(n, "average") && !node_attr(n, "floor"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_bandwidth_class(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *class_id = xml_attr(n->in, "classID");

	(void)c;
	return class_id ? error_set(FROM_NONE, ERR_XML_DETAIL,
								"classID attribute not supported on <bandwidth> in this usage "
								"context")
					: 0;
}

int rule_bandwidth(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(node_child(n, "inbound"), "floor") && !is(n->parent, "type", "network"))
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "floor attribute is not supported for this config");
	if (node_attr(node_child(n, "outbound"), "floor"))
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "'floor' attribute allowed only in <inbound> element");
	if (!n->children)
		n->show |= SHOW_NEVER;
	return 0;
}

static int port_bounds(const struct node *p)
{
	if (node_attr_num(p, "managerid", 0) > 0xff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value of managerid out of range");
	if (node_attr_num(p, "typeid", 0) > 0xffffff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value for typeid out of range");
	if (node_attr_num(p, "typeidversion", 0) > 0xff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value of typeidversion out of range");
	if (node_attr(p, "profileid") && strlen(node_attr(p, "profileid")) >= 40)
		return error_set(FROM_NONE, ERR_XML_ERROR, "profileid parameter too long");
	return 0;
}

/* Which parameters a type has. */
static bool port_has(const char *type, const char *name)
{
	bool qbg = strcmp(type, "802.1Qbg") == 0, ovs = strcmp(type, "openvswitch") == 0;

	if (!*type)
		return true;
	if (strcmp(name, "interfaceid") == 0)
		return ovs || strcmp(type, "midonet") == 0;
	if (strcmp(name, "profileid") == 0)
		return ovs || strcmp(type, "802.1Qbh") == 0;
	return qbg;
}

static int port_uuid(struct node *p, const char *name)
{
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	if (node_attr(p, name))
		return 0;
	return uuid_generate(bytes) < 0 ? -1 : node_set(p, name, uuid_format(bytes, text));
}

static int port_complete(const char *type, const struct node *p)
{
	static const char *const qbg[] = {"managerid", "typeid", "typeidversion", "instanceid"};

	for (size_t i = 0; strcmp(type, "802.1Qbg") == 0 && i < 4; i++) {
		if (!node_attr(p, qbg[i]))
			return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
							 qbg[i], type);
	}
	if (strcmp(type, "802.1Qbh") == 0 && !node_attr(p, "profileid"))
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
						 "profileid", type);
	if ((strcmp(type, "openvswitch") == 0 || strcmp(type, "midonet") == 0) &&
		!node_attr(p, "interfaceid"))
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
						 "interfaceid", type);
	return 0;
}

int common_virtualport(struct node *n, unsigned wanted)
{
	static const char *const names[] = {"managerid",  "typeid",    "typeidversion",
										"instanceid", "profileid", "interfaceid"};
	const char *type = node_attr(n, "type") ? node_attr(n, "type") : "";
	struct node *p = node_need(n, "parameters");

	if (!p)
		return -1;
	if (!*type && (wanted & VIRTUALPORT_TYPE))
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing required virtualport type");
	if (port_bounds(p) < 0)
		return -1;
	if ((wanted & VIRTUALPORT_GENERATE) && (!*type || strcmp(type, "802.1Qbg") == 0)) {
		if (port_uuid(p, "instanceid") < 0)
			return -1;
	}
	if ((wanted & VIRTUALPORT_GENERATE) && (!*type || strcmp(type, "openvswitch") == 0)) {
		if (port_uuid(p, "interfaceid") < 0)
			return -1;
	}
	if ((wanted & VIRTUALPORT_COMPLETE) && port_complete(type, p) < 0)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (node_attr(p, names[i]) && !port_has(type, names[i]))
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "extra %s unsupported in <virtualport type='%s'>", names[i], type);
	}
	return is(p, "profileid", "") ? node_set(p, "profileid", NULL) : 0;
}

/* Parameters that can't be are dropped, the rest is sorted by name. */
int rule_filterref(struct conf *c, struct node *n)
{
	static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	static const char values[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:";
	struct node *next;

	(void)c;
	for (struct node *p = node_child(n, "parameter"); p; p = next) {
		const char *name = node_attr(p, "name"), *value = node_attr(p, "value");

		next = node_next(p);
		if (!name || !value || !*value || strspn(name, names) < strlen(name) ||
			strspn(value, values) < strlen(value))
			node_remove(p);
	}
	node_sort(n, "parameter", node_compare_text, "name");
	if (!node_attr(n, "filter"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_secret(struct conf *c, struct node *n)
{
	const char *uuid = node_attr(n, "uuid"), *usage = node_attr(n, "usage");
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	(void)c;
	if (!uuid && !usage)
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing secret uuid or usage attribute");
	if (uuid && usage)
		return error_set(FROM_NONE, ERR_XML_ERROR, "either secret uuid or usage expected");
	if (!uuid)
		return 0;
	if (uuid_parse(uuid, bytes) < 0)
		return error_set(FROM_NONE, ERR_XML_ERROR, "invalid secret uuid '%s'", uuid);
	return node_set(n, "uuid", uuid_format(bytes, text));
}

int rule_encryption(struct conf *c, struct node *n)
{
	(void)c;
	if (node_child(n, "ivgen") && !node_child(n, "cipher"))
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "ivgen element found, but cipher is missing");
	return 0;
}

int rule_storage_mode(struct conf *c, struct node *n)
{
	unsigned long mode = n->text ? strtoul(n->text, NULL, 10) : 0;

	(void)c;
	if (mode & ~0777ul)
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "malformed octal mode");
	return n->text ? node_set_textf(n, "0%lo", mode) : 0;
}

int common_check_wwn(const char *text)
{
	const char *p = text;
	size_t digits;

	if (!p)
		return 0;
	p += starts(p, "0x") ? 2 : 0;
	digits = strspn(p, "0123456789abcdefABCDEF");
	if (digits != 16 || p[digits])
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "Malformed wwn: %s", text);
	return 0;
}
