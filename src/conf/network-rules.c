/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of networks: how they are connected, and what must agree in the whole.
 */
#include "config.h"
#include "conf/network-rules.h"

#include <stdlib.h>
#include <strings.h>

#include "conf/twins.h"
#include "conf/value.h"

static const char *mode_of(const struct conf *c)
{
	const char *mode = node_attr(node_child(c->root, "forward"), "mode");

	return mode ? mode : "none";
}

static bool one_of(const char *text, const char *const *list)
{
	while (*list && strcmp(*list, text) != 0)
		list++;
	return *list;
}

int rule_network_nat(struct conf *c, struct node *n)
{
	if (!is(n->parent, "mode", "nat"))
		return refuse_xml("The <nat> element can only be used when <forward> 'mode' is 'nat' in "
						  "network %s",
						  network_name(c));
	return 0;
}

int rule_network_nat_address(struct conf *c, struct node *n)
{
	static const char *const ends[] = {"start", "end"};
	struct address range[2];
	char text[ADDRESS_TEXT_LEN];

	for (int i = 0; i < 2; i++) {
		if (address_parse(node_attr(n, ends[i]), AF_INET, &range[i]) < 0)
			return refuse_xml("Bad ipv4 %s address '%s' in <nat> in <forward> in network '%s'",
							  ends[i], node_attr(n, ends[i]), network_name(c));
		if (node_set(n, ends[i], address_format(&range[i], text)) < 0)
			return -1;
	}
	return address_check_range(&range[0], &range[1], NULL, 0);
}

int rule_network_nat_port(struct conf *c, struct node *n)
{
	static const char *const ends[] = {"start", "end"};
	unsigned port[2] = {0};

	for (int i = 0; i < 2; i++) {
		const char *text = node_attr(n, ends[i]);

		if (!text || value_parse_uint(text, 10, &port[i]) < 0 || port[i] > 65535 ||
			port[i] < port[0])
			return refuse_detail("Missing or invalid '%s' attribute in <port> in <nat> in "
								 "<forward> in network %s",
								 ends[i], network_name(c));
		if (node_setf(n, ends[i], "%u", port[i]) < 0)
			return -1;
	}
	if (!port[1])
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_network_forward_dev(struct conf *c, struct node *n)
{
	(void)c;
	/* libvirt's words: it forgets to put the name in */
	if (node_attr(n, "dev") && (xml_child(n->in, "address") || xml_child(n->in, "pf")))
		return refuse_xml("the <forward> 'dev' attribute cannot be used when <address> or <pf> "
						  "sub-elements are present in network %%s");
	return 0;
}

int rule_network_address_type(struct conf *c, struct node *n)
{
	if (!is(n, "type", "pci"))
		return refuse_xml("unsupported address type '%s' in network %s", node_attr(n, "type"),
						  network_name(c));
	return 0;
}

static int check_interfaces(const struct conf *c, struct node *forward)
{
	struct node *first = node_child(forward, "interface");
	const char *dev = node_attr(forward, "dev");
	CLEANUP_TWINS struct twins twins = {0};
	const struct node *twin;

	if (dev && first && !is(first, "dev", dev))
		return refuse_xml("<forward dev='%s'> must match first <interface dev='%s'/> in network %s",
						  dev, node_attr(first, "dev"), network_name(c));
	if (dev && !first && (!(first = node_add(forward, "interface")) || node_set(first, "dev", dev)))
		return -1;
	NODE_EACH(n, forward, "interface")
	if (twins_add(&twins, n, node_attr(n, "dev")) < 0)
		return -1;
	if ((twin = twins_find(&twins, NULL)))
		return refuse_xml("interface '%s' can only be listed once in network %s",
						  node_attr(twin, "dev"), network_name(c));
	return first ? node_set(forward, "dev", node_attr(first, "dev")) : 0;
}

static int check_addresses(const struct conf *c, const struct node *forward)
{
	CLEANUP_TWINS struct twins twins = {0};
	const struct node *twin;

	NODE_EACH(n, forward, "address")
	{
		char key[64];

		snprintf(key, sizeof key, "%04llx:%02llx:%02llx.%llx", node_attr_num(n, "domain", 0),
				 node_attr_num(n, "bus", 0), node_attr_num(n, "slot", 0),
				 node_attr_num(n, "function", 0));
		if (twins_add(&twins, n, key) < 0)
			return -1;
	}
	if ((twin = twins_find(&twins, NULL)))
		return refuse_xml("PCI device '%04llx:%02llx:%02llx.%llx' can only be listed once in "
						  "network %s",
						  node_attr_num(twin, "domain", 0), node_attr_num(twin, "bus", 0),
						  node_attr_num(twin, "slot", 0), node_attr_num(twin, "function", 0),
						  network_name(c));
	return 0;
}

int rule_network_forward(struct conf *c, struct node *n)
{
	bool hostdev = is(n, "mode", "hostdev");
	const char *managed = node_attr(n, "managed");
	const char *how = managed && strcasecmp(managed, "yes") == 0 ? "yes" : "no";

	if (check_interfaces(c, n) < 0 || check_addresses(c, n) < 0)
		return -1;
	if (is(n, "mode", "none"))
		n->show |= SHOW_NEVER;
	return node_set(n, "managed", hostdev ? how : NULL);
}

int rule_network_mac(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address");

	switch (text ? common_set_mac(n, "address", text) : 0) {
	case 0:
		return 0;
	case 1:
		return refuse_xml("Invalid bridge mac address '%s' in network '%s'", text, network_name(c));
	case 2:
		return refuse_xml("Invalid multicast bridge mac address '%s' in network '%s'", text,
						  network_name(c));
	default:
		return -1;
	}
}

int rule_network_domain(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "name"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_network_virtualport(struct conf *c, struct node *n)
{
	return common_virtualport(n, n->parent == c->root ? VIRTUALPORT_TYPE : 0);
}

int rule_network_portgroup(struct conf *c, struct node *n)
{
	const char *given = node_attr(n, "default");

	(void)c;
	return node_set(n, "default", given && strcasecmp(given, "yes") == 0 ? "yes" : NULL);
}

/* A bridge of our own, from which packets are routed. */
static int check_routed(const struct conf *c, const char *mode)
{
	const struct node *forward = node_child(c->root, "forward");
	size_t devices = node_count(forward, "interface") + node_count(forward, "address");

	if (!node_child(c->root, "ip"))
		return refuse_xml("%s forwarding requested, but no IP address provided for network '%s'",
						  mode, network_name(c));
	if (devices > 1)
		return refuse_xml("multiple forwarding interfaces specified for network '%s', only one is "
						  "supported",
						  network_name(c));
	if (devices && strcmp(mode, "open") == 0)
		return refuse_xml("forward dev not allowed for network '%s' with forward mode='%s'",
						  network_name(c), mode);
	return 0;
}

/* A bridge or device of the host's. */
static int check_bridged(const struct conf *c, const char *mode, const struct node *bridge)
{
	const struct node *forward = node_child(c->root, "forward");
	const char *name = network_name(c);
	bool devices = node_child(forward, "interface") || node_child(forward, "address") ||
				   node_child(forward, "pf");

	if (strcmp(mode, "bridge") != 0) {
		if (node_attr(bridge, "name"))
			return refuse_xml("bridge name not allowed in %s mode (network '%s')", mode, name);
		if (node_attr(bridge, "zone"))
			return refuse_xml("bridge zone not allowed in %s mode (network '%s')", mode, name);
		if (node_attr(bridge, "macTableManager"))
			return refuse_xml("bridge macTableManager setting not allowed in %s mode (network "
							  "'%s')",
							  mode, name);
	}
	if (node_attr_ull(bridge, "delay", 0) || node_attr(bridge, "stp") || node_attr(bridge, "zone"))
		return refuse_xml("bridge delay/stp/zone options only allowed in route, nat, and isolated "
						  "mode, not in %s (network '%s')",
						  mode, name);
	if (node_attr(bridge, "name") && devices)
		return refuse_xml("A network with forward mode='%s' can specify a bridge name or a forward "
						  "dev, but not both (network '%s')",
						  mode, name);
	if (node_attr(node_child(c->root, "mtu"), "size"))
		return refuse_xml("mtu size only allowed in open, route, nat, and isolated mode, not in %s "
						  "(network '%s')",
						  mode, name);
	return 0;
}

static int check_gateways(const struct conf *c)
{
	NODE_EACH(route, c->root, "route")
	{
		const char *text = node_attr(route, "gateway");
		struct address gateway, own;
		bool found = false;

		address_parse(text, AF_UNSPEC, &gateway);
		NODE_EACH(ip, c->root, "ip")
		{
			int prefix = network_ip_prefix(ip, &own);

			found = found || (prefix >= 0 && address_in_network(&gateway, &own, prefix));
		}
		if (!found)
			return refuse_config("unreachable static route gateway '%s' specified for network '%s'",
								 text, network_name(c));
	}
	return 0;
}

int rule_network(struct conf *c, struct node *n)
{
	static const char *const routed[] = {"nat", "route", "open", NULL};
	const char *mode = mode_of(c);
	struct node *bridge = node_child(n, "bridge");
	bool own = strcmp(mode, "none") == 0 || one_of(mode, routed);

	if (check_gateways(c) < 0)
		return -1;
	if (!own)
		return check_bridged(c, mode, bridge) < 0 || node_set(bridge, "delay", NULL) < 0 ? -1 : 0;
	if (one_of(mode, routed) && check_routed(c, mode) < 0)
		return -1;
	if (node_set(bridge, "stp", is(bridge, "stp", "off") ? "off" : "on") < 0)
		return -1;
	/* libvirt writes it as a signed number */
	return node_setf(bridge, "delay", "%lld", (long long)node_attr_ull(bridge, "delay", 0));
}
