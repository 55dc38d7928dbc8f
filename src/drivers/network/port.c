/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How ports are plugged into a network. The rules and their words are libvirt's.
 */
#include "config.h"
#include "drivers/network/port.h"

#include "conf/networkport.h"

#include <string.h>

struct network_port *port_find(const struct object *o, const unsigned char uuid[UUID_LEN])
{
	char text[UUID_TEXT_LEN];

	for (struct network_port *p = network_of(o)->ports; p; p = p->next)
		if (memcmp(p->uuid, uuid, UUID_LEN) == 0)
			return p;
	network_refuse(ERR_NO_NETWORK_PORT, "Network port with UUID %s does not exist",
				   uuid_format(uuid, text));
	return NULL;
}

/* -- what the network gives to a port that does not say it itself -- */

/* The group of ports of that name, or the one that is the network's choice. */
static const struct node *group_of(const struct def *network, const char *name)
{
	NODE_EACH(group, network->root, "portgroup")
	{
		if (name ? node_attr_is(group, "name", name) : node_attr_is(group, "default", "yes"))
			return group;
	}
	return NULL;
}

/* Copies what an element holds: attributes, text and children. The descriptions differ in where
 * the element stands, not in what it is. */
static int copy_into(struct node *to, const struct node *from)
{
	for (size_t i = 0; i < from->nattrs; i++)
		if (node_set(to, from->attrs[i].name, from->attrs[i].value) < 0)
			return -1;
	for (const struct node *child = from->children; child; child = child->next) {
		struct node *new = node_add(to, node_name(child));

		if (!new || copy_into(new, child) < 0)
			return -1;
	}
	return 0;
}

/* The first that there is: the port's own, the group's, the network's. */
static int inherit(struct node *port, const char *element, const struct node *group,
				   const struct node *network)
{
	const struct node *from = node_child(group, element);
	struct node *to;

	if (node_child(port, element))
		return 0;
	if (!from && network)
		from = node_child(network, element);
	if (!from)
		return 0;
	to = node_add(port, element);
	return to ? copy_into(to, from) : -1;
}

static int inherit_attr(struct node *port, const char *element, const char *attr, const char *value)
{
	struct node *n =
		value && !node_attr(node_child(port, element), attr) ? node_need(port, element) : NULL;

	return n ? node_set(n, attr, value) : 0;
}

static int inherit_all(struct def *port, const struct def *network)
{
	struct node *p = port->root;
	const struct node *name = node_child(p, "group");
	const struct node *group = group_of(network, name ? name->text : NULL);
	const char *trust = node_attr(group, "trustGuestRxFilters");

	if (!trust)
		trust = node_attr(network->root, "trustGuestRxFilters");
	return inherit(p, "bandwidth", group, NULL) < 0 ||
				   inherit(p, "vlan", group, network->root) < 0 ||
				   inherit(p, "virtualport", group, network->root) < 0 ||
				   inherit_attr(p, "rxfilters", "trustGuest", trust) < 0 ||
				   inherit_attr(p, "port", "isolated",
								node_attr(node_child(network->root, "port"), "isolated")) < 0
			   ? -1
			   : 0;
}

/* -- plugging -- */

static int check_virtualport(const struct def *port, const struct def *network, const char *uses,
							 const char *const *allowed)
{
	const struct node *virtualport = node_child(port->root, "virtualport");
	const char *type = node_attr(virtualport, "type");

	if (!virtualport)
		return 0;
	for (; type && *allowed; allowed++)
		if (strcmp(type, *allowed) == 0)
			return 0;
	return network_refuse(ERR_CONFIG_UNSUPPORTED,
						  "<virtualport type='%s'> not supported for network '%s' which uses %s",
						  type ? type : "none", def_name(network), uses);
}

/* How many ports of the network use a device. */
static size_t users_of(const struct object *o, const char *dev)
{
	size_t n = 0;

	for (const struct network_port *p = network_of(o)->ports; p; p = p->next)
		n += node_attr_is(node_child(p->def->root, "plug"), "dev", dev);
	return n;
}

/* The device that is used least; where each is one port's alone, one that nobody uses. NULL with
 * the error set. */
static const char *choose_device(const struct object *o)
{
	bool alone = strcmp(network_mode(o->def), "passthrough") == 0;
	const struct node *forward = node_child(o->def->root, "forward");
	const char *best = NULL;
	size_t least = 0;

	NODE_EACH(interface, forward, "interface")
	{
		const char *dev = node_attr(interface, "dev");
		size_t users = users_of(o, dev);

		if (!best || users < least) {
			best = dev;
			least = users;
		}
	}
	if (!best)
		network_refuse(ERR_INTERNAL_ERROR,
					   "network '%s' uses a direct mode, but has no forward dev and no interface "
					   "pool",
					   o->name);
	else if (alone && least)
		network_refuse(ERR_INTERNAL_ERROR,
					   "network '%s' requires exclusive access to interfaces, but none are "
					   "available",
					   o->name);
	return best && !(alone && least) ? best : NULL;
}

static int plug_bridge(struct node *plug, const struct def *network, const char *type)
{
	const struct node *bridge = node_child(network->root, "bridge");

	return node_set(plug, "type", type) < 0 ||
				   node_set(plug, "bridge", node_attr(bridge, "name")) < 0 ||
				   node_set(plug, "macTableManager", node_attr(bridge, "macTableManager")) < 0
			   ? -1
			   : 0;
}

static int plug(const struct object *o, struct def *port)
{
	static const char *const none[] = {NULL}, *const switches[] = {"openvswitch", NULL};
	static const char *const taps[] = {"802.1Qbg", "802.1Qbh", NULL};
	const char *mode = network_mode(o->def), *dev;
	struct node *n = node_need(port->root, "plug");

	if (!n)
		return -1;
	if (network_is_virtual(o->def))
		return plug_bridge(n, o->def, "network") < 0
				   ? -1
				   : check_virtualport(port, o->def, "IP forwarding", none);
	if (strcmp(mode, "bridge") == 0 && network_bridge(o->def))
		return plug_bridge(n, o->def, "bridge") < 0
				   ? -1
				   : check_virtualport(port, o->def, "a bridge device", switches);
	if (strcmp(mode, "hostdev") == 0)
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "network '%s' hands out devices of the host, which is not supported",
							  o->name);
	if (check_virtualport(port, o->def, "a macvtap device", taps) < 0 || !(dev = choose_device(o)))
		return -1;
	return node_set(n, "type", "direct") < 0 || node_set(n, "dev", dev) < 0 ||
				   node_set(n, "mode", mode) < 0
			   ? -1
			   : 0;
}

/* One that says itself how it was plugged: whether that can still be. */
static int check_plug(const struct object *o, const struct def *port)
{
	const struct node *n = node_child(port->root, "plug");
	const char *type = node_attr(n, "type"), *dev = node_attr(n, "dev"), *uuid;

	uuid = def_text(port, "uuid");
	if (strcmp(type, "network") == 0 || strcmp(type, "bridge") == 0)
		return network_bridge(o->def)
				   ? 0
				   : network_refuse(ERR_INTERNAL_ERROR,
									"Unexpectedly got a network port without a network bridge");
	NODE_EACH(interface, node_child(o->def->root, "forward"), "interface")
	{
		if (!dev || !node_attr_is(interface, "dev", dev))
			continue;
		if (strcmp(network_mode(o->def), "passthrough") != 0 || !users_of(o, dev))
			return 0;
		return network_refuse(ERR_INTERNAL_ERROR,
							  "network '%s' claims dev='%s' is already in use by a different port",
							  o->name, dev);
	}
	return network_refuse(ERR_INTERNAL_ERROR,
						  "network '%s' doesn't have dev='%s' in use by network port '%s'", o->name,
						  dev ? dev : "", uuid);
}

int port_check_floor(const struct object *o, const struct def *port)
{
	const char *mac = node_attr(node_child(port->root, "mac"), "address");

	if (!node_attr(node_child(port->root, "bandwidth/inbound"), "floor"))
		return 0;
	if (!network_is_virtual(o->def))
		return network_refuse(
			ERR_CONFIG_UNSUPPORTED,
			"Invalid use of 'floor' on interface with MAC address %s - 'floor' is "
			"only supported for interface type 'network' with forward type "
			"'nat', 'route', 'open' or none",
			mac);
	return network_refuse(ERR_OPERATION_UNSUPPORTED,
						  "Invalid use of 'floor' on interface with MAC address %s - network '%s' "
						  "has no inbound QoS set",
						  mac, o->name);
}

/* -- the list -- */

static struct network_port *append(struct object *o, struct def **def)
{
	struct network_port **at = &network_of(o)->ports, *port = calloc(1, sizeof *port);

	if (!port) {
		error_oom();
		return NULL;
	}
	def_uuid(*def, port->uuid);
	port->def = steal(def);
	while (*at)
		at = &(*at)->next;
	*at = port;
	return port;
}

struct network_port *port_add(struct networks *nw, struct object *o, struct def **def,
							  unsigned flags)
{
	unsigned char uuid[UUID_LEN];
	char text[UUID_TEXT_LEN];
	struct network_port *port;

	def_uuid(*def, uuid);
	if (flags & PORT_RECLAIM
			? check_plug(o, *def) < 0
			: inherit_all(*def, o->def) < 0 || plug(o, *def) < 0 || port_check_floor(o, *def) < 0)
		return NULL;
	if (port_find(o, uuid)) {
		network_refuse(ERR_NETWORK_PORT_EXIST, "Network port with UUID %s already exists",
					   uuid_format(uuid, text));
		return NULL;
	}
	error_reset();
	port = append(o, def);
	if (!port || (flags & PORT_KEPT) || network_save_port(nw, o, port) == 0)
		return port;
	port_remove(nw, o, port);
	return NULL;
}

void port_remove(struct networks *nw, struct object *o, struct network_port *port)
{
	struct network_port **at = &network_of(o)->ports;
	struct error saved;

	error_take(&saved);
	network_forget_port(nw, o, port->uuid);
	error_give(&saved);
	while (*at != port)
		at = &(*at)->next;
	*at = port->next;
	def_free(port->def);
	free(port);
}
