/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition must be for this driver, and what it is given where it leaves the choice. The
 * words of refusals are libvirt's.
 */
#include "config.h"
#include "drivers/network/network.h"

#include "conf/address.h"
#include "conf/network-rules.h"
#include "drivers/network/link.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { BRIDGE_MAX = 256 };

#define unsupported(...) network_refuse(ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

/* -- the bridge -- */

/* Whether another network's bridge has the name, now or when it starts again. */
static bool in_use(const struct networks *nw, const char *bridge, const char *own)
{
	for (const struct object *o = nw->list; o; o = o->next) {
		const char *now = network_bridge(o->def);
		const char *next = o->next_def ? network_bridge(o->next_def) : NULL;

		if (strcmp(o->name, own) != 0 &&
			((now && strcmp(now, bridge) == 0) || (next && strcmp(next, bridge) == 0)))
			return true;
	}
	return false;
}

/* A name by a template with one %d in it. */
static int choose_name(const struct networks *nw, struct def *def, const char *template)
{
	const char *at = strstr(template, "%d");
	char name[64];

	for (int i = 0; i <= BRIDGE_MAX; i++) {
		snprintf(name, sizeof name, "%.*s%d%s", (int)(at - template), template, i, at + 2);
		if (!in_use(nw, name, def_name(def)) && !link_index(name))
			return node_set(node_child(def->root, "bridge"), "name", name);
	}
	return network_refuse(ERR_INTERNAL_ERROR, "Bridge generation exceeded max id %d", BRIDGE_MAX);
}

static int check_bridge(const struct networks *nw, struct def *def)
{
	const char *name = network_bridge(def);

	if (name && !strstr(name, "%d"))
		return in_use(nw, name, def_name(def))
				   ? network_refuse(ERR_INTERNAL_ERROR, "bridge name '%s' already in use.", name)
				   : 0;
	if (name && strchr(name, '%') == strrchr(name, '%'))
		return choose_name(nw, def, name);
	return choose_name(nw, def, "virbr%d");
}

static int need_mac(struct def *def)
{
	struct node *mac = node_need(def->root, "mac");
	unsigned char end[3];

	if (!mac)
		return -1;
	if (node_attr(mac, "address"))
		return 0;
	if (getrandom(end, sizeof end, 0) != sizeof end)
		return network_refuse(ERR_INTERNAL_ERROR, "no random numbers for a MAC address");
	return node_setf(mac, "address", "52:54:00:%02x:%02x:%02x", end[0], end[1], end[2]);
}

/* -- what some modes don't have -- */

static int check_external(const struct def *def)
{
	static const char *const parts[] = {"mac", "ip", "dns", "domain"};
	const struct node *dns = node_child(def->root, "dns");
	const char *given[] = {
		node_attr(node_child(def->root, "mac"), "address"),
		node_child(def->root, "ip") ? "" : NULL,
		node_child(dns, "txt") || node_child(dns, "host") || node_child(dns, "srv") ? "" : NULL,
		node_attr(node_child(def->root, "domain"), "name"),
	};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (given[i])
			return unsupported("Unsupported <%s> element in network %s with forward mode='%s'",
							   parts[i], def_name(def), network_mode(def));
	return 0;
}

static int check_pool(const struct def *def)
{
	const struct node *forward = node_child(def->root, "forward");
	const struct node *interface = node_child(forward, "interface");
	bool address = node_child(forward, "address"), pf = node_child(forward, "pf");
	const char *name = def_name(def), *mode = network_mode(def);

	if (interface && strcmp(mode, "hostdev") == 0)
		return unsupported("hostdev network '%s' lists '%s' in the device pool, but hostdev "
						   "networks require all devices to be listed by PCI address, not network "
						   "device name",
						   name, node_attr(interface, "dev"));
	if (address && strcmp(mode, "hostdev") != 0)
		return unsupported("network '%s' has forward mode '%s'  but lists a device by PCI address "
						   "in the device pool. This is only supported for networks with forward "
						   "mode 'hostdev'",
						   name, mode);
	if ((interface ? 1 : 0) + address + pf > 1)
		return unsupported("<address>, <interface>, and <pf> elements of <forward> in network %s "
						   "are mutually exclusive",
						   name);
	return 0;
}

static int check_dhcp(const struct def *def)
{
	int count[2] = {0};

	NODE_EACH(ip, def->root, "ip")
	{
		const struct node *dhcp = node_child(ip, "dhcp");
		struct address a;

		network_ip_prefix(ip, &a);
		if ((node_child(dhcp, "range") || node_child(dhcp, "host")) &&
			++count[a.family == AF_INET6] > 1)
			return unsupported("Multiple %s dhcp sections found -- dhcp is supported only for a "
							   "single %s address on each network",
							   a.family == AF_INET ? "IPv4" : "IPv6",
							   a.family == AF_INET ? "IPv4" : "IPv6");
	}
	return 0;
}

/* -- groups of ports -- */

static bool is_openvswitch(const struct node *n)
{
	return node_attr_is(node_child(n, "virtualport"), "type", "openvswitch");
}

static int check_vlan(const struct def *def)
{
	const char *mode = network_mode(def);
	bool bridged = strcmp(mode, "bridge") == 0;
	bool allowed = strcmp(mode, "hostdev") == 0 || strcmp(mode, "passthrough") == 0 ||
				   (bridged && is_openvswitch(def->root));
	bool used = node_child(def->root, "vlan"), bad = false, chosen = false;

	NODE_EACH(group, def->root, "portgroup")
	{
		chosen = chosen || node_attr_is(group, "default", "yes");
		if (!used && !node_child(group, "vlan"))
			continue;
		if (node_child(group, "virtualport"))
			bad = bad || !bridged || !is_openvswitch(group);
		else
			bad = bad || !allowed;
	}
	if (bad || (used && !allowed && !chosen))
		return unsupported("<vlan> element specified for network %s, whose type doesn't support "
						   "vlan configuration",
						   def_name(def));
	return 0;
}

static int check_groups(const struct def *def, bool bandwidth)
{
	const char *chosen = NULL, *network = def_name(def);

	NODE_EACH(group, def->root, "portgroup")
	{
		const char *name = node_attr(group, "name");

		if (node_attr_is(group, "default", "yes")) {
			if (chosen)
				return unsupported("network '%s' has multiple default <portgroup> elements (%s and "
								   "%s), but only one default is allowed",
								   network, chosen, name);
			chosen = name;
		}
		for (const struct node *other = node_next(group); other; other = node_next(other))
			if (node_attr_is(other, "name", name))
				return unsupported("multiple <portgroup> elements with the same name (%s) in "
								   "network '%s'",
								   name, network);
		if (node_child(group, "bandwidth") && !bandwidth)
			return unsupported("Unsupported <bandwidth> element in network '%s' in portgroup '%s' "
							   "with forward mode='%s'",
							   network, name, network_mode(def));
	}
	return check_vlan(def);
}

int network_check(const struct networks *nw, struct def *def)
{
	const char *mode = network_mode(def);
	bool own = network_is_virtual(def);
	bool bandwidth = own || (strcmp(mode, "bridge") == 0 && network_bridge(def));

	if (strchr(def_name(def), '\n'))
		return error_set(FROM_XML, ERR_XML_DETAIL, "invalid char in %s: %c", "name", '\n');
	if (own && (check_bridge(nw, def) < 0 || need_mac(def) < 0))
		return -1;
	if (!own && check_external(def) < 0)
		return -1;
	if (node_child(def->root, "bandwidth") && !bandwidth)
		return unsupported("Unsupported network-wide <bandwidth> element in network %s with "
						   "forward mode='%s'",
						   def_name(def), mode);
	if (check_pool(def) < 0 || check_dhcp(def) < 0)
		return -1;
	return check_groups(def, bandwidth);
}
