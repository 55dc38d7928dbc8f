/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tap devices for those interfaces that need one.
 */
#include "config.h"
#include "drivers/qemu/plug.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/value.h"
#include "drivers/qemu/bandwidth.h"
#include "drivers/qemu/device.h"

#include <unistd.h>

enum { MAC_LEN = 6 };

static bool needs_tap(const struct node *interface)
{
	static const char *const types[] = {"network", "bridge", "direct", "ethernet"};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (is(interface, "type", types[i]))
			return true;
	return false;
}

static bool any_needs_tap(const struct domain_def *def)
{
	NODE_EACH(n, node_child(def->root, "devices"), "interface")
	{
		if (needs_tap(n))
			return true;
	}
	return false;
}

struct driver_conn *plug_networks(struct driver_host *host)
{
	return driver_open(host, geteuid() == 0 ? "network:///system" : "network:///session", 0, NULL);
}

DEFINE_CLEANUP(driver_conn, struct driver_conn *, driver_close)

/* What it is plugged into stands in the definition while it runs. */
static int note(struct node *interface, const struct network_tap *tap)
{
	struct node *source = node_child(interface, "source"), *target = node_need(interface, "target");
	char port[UUID_TEXT_LEN];

	if (!target || node_set(target, "dev", tap->name) < 0)
		return -1;
	if (!is(interface, "type", "network"))
		return 0;
	if (node_set(source, "bridge", tap->bridge) < 0 ||
		(tap->has_port && node_set(source, "portid", uuid_format(tap->port, port)) < 0))
		return -1;
	return 0;
}

/* What would be left out without a word. */
static int check(const struct node *interface)
{
	static const char *const parts[] = {"vlan", "virtualport", "filterref"};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (node_child(interface, parts[i]))
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "<%s> of an interface of type '%s' is not supported", parts[i],
							 node_attr(interface, "type"));
	return bandwidth_check(interface);
}

static int plug(struct driver_conn *networks, const struct domain_def *def, struct node *n,
				struct network_tap *tap)
{
	const struct node *source = node_child(n, "source");
	const char *address = child_attr(n, "mac", "address");
	bool network = is(n, "type", "network");
	unsigned char mac[MAC_LEN];
	struct network_tap_request request = {
		.network = network ? node_attr(source, "network") : NULL,
		.bridge = is(n, "type", "bridge") ? node_attr(source, "bridge") : NULL,
		.device = is(n, "type", "direct") ? node_attr(source, "dev") : NULL,
		.mode = node_attr(source, "mode"),
		.existing = is(n, "type", "ethernet") && child_is(n, "target", "managed", "no"),
		.portgroup = network ? node_attr(source, "portgroup") : NULL,
		.target = child_attr(n, "target", "dev"),
		.mac = mac,
		.mtu = (unsigned)node_attr_num(node_child(n, "mtu"), "size", 0),
		.queues = (unsigned)node_attr_num(node_child(n, "driver"), "queues", 1),
		.vnet_hdr = is_virtio(child_attr(n, "model", "type")),
		.isolated = child_is(n, "port", "isolated", "yes"),
		.down = child_is(n, "link", "state", "down"),
		.owner = def->name,
		.owner_uuid = def->uuid,
	};

	if (!address || value_parse_mac(address, mac) < 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "an interface has no MAC address");
	if (check(n) < 0 || network_tap_make(networks, &request, tap) < 0)
		return -1;
	if (note(n, tap) == 0 && (!node_child(n, "bandwidth") || bandwidth_apply(n) == 0))
		return 0;
	network_tap_close(tap);
	network_macvtap_delete(tap->name);
	if (tap->has_port)
		network_tap_release(networks, request.network, tap->port);
	return -1;
}

/* What a document says of an earlier run may be another machine's by now. */
static void forget(struct node *interface)
{
	if (is(interface, "type", "network"))
		node_set(node_child(interface, "source"), "portid", NULL);
	if (is(interface, "type", "direct"))
		node_set(node_child(interface, "target"), "dev", NULL);
}

int plug_interface(struct driver_host *host, const struct domain_def *def, struct node *interface,
				   struct network_tap *ret_tap)
{
	CLEANUP(cleanup_driver_conn) struct driver_conn *networks = NULL;

	*ret_tap = (struct network_tap){0};
	if (!needs_tap(interface))
		return 0;
	forget(interface);
	networks = plug_networks(host);
	return networks ? plug(networks, def, interface, ret_tap) : -1;
}

int plug_all(struct driver_host *host, struct domain_def *def, struct plugs *ret)
{
	struct node *devices = node_child(def->root, "devices");
	size_t n = node_count(devices, "interface");

	*ret = (struct plugs){0};
	if (!any_needs_tap(def))
		return 0;
	NODE_EACH(interface, devices, "interface")
	{
		forget(interface);
	}
	ret->taps = calloc(n, sizeof *ret->taps);
	ret->backends = calloc(n, sizeof *ret->backends);
	if (!ret->taps || !ret->backends)
		return error_oom();
	NODE_EACH(interface, devices, "interface")
	{
		struct network_tap *tap = &ret->taps[ret->n];

		if (plug_interface(host, def, interface, tap) < 0) {
			plugs_clear(ret);
			unplug_all(host, def);
			return -1;
		}
		ret->backends[ret->n++] = (struct qemu_backend){.taps = tap->fds, .n_taps = tap->n_fds};
	}
	return 0;
}

void plugs_clear(struct plugs *plugs)
{
	for (size_t i = 0; i < plugs->n; i++)
		if (plugs->taps[i].n_fds)
			network_tap_close(&plugs->taps[i]);
	free(plugs->taps);
	free(plugs->backends);
	*plugs = (struct plugs){0};
}

void unplug_interface(struct driver_host *host, const struct node *interface)
{
	const char *port = child_attr(interface, "source", "portid");
	const char *network = child_attr(interface, "source", "network");
	CLEANUP(cleanup_driver_conn) struct driver_conn *networks = NULL;
	unsigned char uuid[UUID_LEN];
	struct error saved;

	if (is(interface, "type", "direct") && child_attr(interface, "target", "dev"))
		network_macvtap_delete(child_attr(interface, "target", "dev"));
	if (!port || !network || uuid_parse(port, uuid) < 0)
		return;
	error_take(&saved);
	networks = plug_networks(host);
	if (networks)
		network_tap_release(networks, network, uuid);
	error_give(&saved);
}

void unplug_all(struct driver_host *host, const struct domain_def *def)
{
	NODE_EACH(interface, node_child(def->root, "devices"), "interface")
	{
		unplug_interface(host, interface);
	}
}
