/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tap devices.
 */
#include "config.h"
#include "drivers/network/tap.h"

#include "base/cleanup.h"
#include "conf/networkport.h"
#include "conf/value.h"
#include "drivers/network/macvtap.h"
#include "drivers/network/port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

_Static_assert(NETWORK_TAP_NAME_LEN == IFNAMSIZ, "names of devices");

/* -- the port in a network -- */

/* What a network says of a port: copied, for its lock is not kept. */
struct plug {
	char bridge[NETWORK_TAP_NAME_LEN];
	bool isolated, fixed_addresses;
	unsigned mtu; /* 0: it says none */
};

/* The document of a port, with the caller's words put in as words. */
static int port_def(const struct network_tap_request *request, const unsigned char uuid[UUID_LEN],
					struct def **ret_def)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	CLEANUP_BUF struct buf b = {0};
	char own[UUID_TEXT_LEN], owner[UUID_TEXT_LEN];
	const unsigned char *mac = request->mac;
	struct node *group;

	if (buf_printf(&b,
				   "<networkport><uuid>%s</uuid><owner><name>-</name><uuid>%s</uuid></owner>"
				   "<mac address='%02x:%02x:%02x:%02x:%02x:%02x'/></networkport>",
				   uuid_format(uuid, own), uuid_format(request->owner_uuid, owner), mac[0], mac[1],
				   mac[2], mac[3], mac[4], mac[5]) < 0 ||
		def_parse(def_kind_networkport(), (char *)buf_at(&b), 0, &def) < 0 ||
		node_set_text(node_child(def->root, "owner/name"), request->owner) < 0)
		return -1;
	if (request->portgroup &&
		(!(group = node_add(def->root, "group")) || node_set_text(group, request->portgroup) < 0))
		return -1;
	if (request->isolated && node_set(node_need(def->root, "port"), "isolated", "yes") < 0)
		return -1;
	*ret_def = steal(&def);
	return 0;
}

static int read_plug(const struct object *o, const struct network_port *p, struct plug *ret)
{
	const struct node *plug = node_child(p->def->root, "plug");
	const char *type = node_attr(plug, "type"), *bridge = node_attr(plug, "bridge");

	if (!bridge)
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "network '%s' connects by '%s', which is not supported", o->name,
							  type);
	if (!link_name_ok(bridge))
		return network_refuse(ERR_XML_ERROR, "bridge name '%s' of network '%s' can't be used",
							  bridge, o->name);
	if (node_child(p->def->root, "bandwidth") || node_child(p->def->root, "vlan"))
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "<bandwidth> and <vlan> of ports of network '%s' are not supported",
							  o->name);
	snprintf(ret->bridge, sizeof ret->bridge, "%s", bridge);
	ret->isolated = node_attr_is(node_child(p->def->root, "port"), "isolated", "yes");
	ret->fixed_addresses = node_attr_is(plug, "macTableManager", "libvirt");
	ret->mtu = (unsigned)node_attr_num(node_child(o->def->root, "mtu"), "size", 0);
	return 0;
}

/* A new port of the network that is asked for. */
static int take_port(struct driver_conn *conn, const struct network_tap_request *request,
					 unsigned char uuid[UUID_LEN], struct plug *ret)
{
	NETWORKS_CHANGING(nw, conn);
	struct object *o = object_by_name(nw->list, request->network);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct network_port *p;

	if (!o)
		return network_refuse(ERR_NO_NETWORK, "no network with matching name '%s'",
							  request->network);
	if (!o->active)
		return network_refuse(ERR_OPERATION_INVALID, "network '%s' is not active", o->name);
	if (uuid_generate(uuid) < 0 || port_def(request, uuid, &def) < 0 ||
		!(p = port_add(nw, o, &def, 0)))
		return -1;
	if (read_plug(o, p, ret) == 0)
		return 0;
	port_remove(nw, o, p);
	return -1;
}

void network_tap_release(struct driver_conn *networks, const char *network,
						 const unsigned char port[UUID_LEN])
{
	struct error saved;

	error_take(&saved);
	{
		NETWORKS_CHANGING(nw, networks);
		struct object *o = object_by_name(nw->list, network);
		struct network_port *p = o ? port_find(o, port) : NULL;

		if (p)
			port_remove(nw, o, p);
	}
	error_give(&saved);
}

/* -- the device -- */

static int open_queue(struct ifreq *request)
{
	CLEANUP_CLOSE int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_errno(FROM_NETWORK, errno, "Unable to open %s, is tun module loaded?",
						   "/dev/net/tun");
	if (ioctl(fd, TUNSETIFF, request) < 0)
		return error_errno(FROM_NETWORK, errno, "Unable to create tap device %s",
						   request->ifr_name);
	return steal_fd(&fd);
}

/* A name, or a pattern of one, which the kernel fills in. */
static int choose_name(const struct network_tap_request *request, char name[IFNAMSIZ])
{
	const char *target = request->target;
	const char *number = target ? strstr(target, "%d") : NULL;
	char plain[IFNAMSIZ + 1];

	if (request->existing && (!target || !link_index(target)))
		return network_refuse(ERR_OPERATION_INVALID, "there is no device '%s' on this host",
							  target ? target : "");
	if (!request->existing && (!target || strncmp(target, "vnet", 4) == 0)) {
		strcpy(name, "vnet%d");
		return 0;
	}
	snprintf(plain, sizeof plain, "%.*s%s", number ? (int)(number - target) : IFNAMSIZ, target,
			 number ? number + 2 : "");
	if (!link_name_ok(plain) || strlen(target) >= IFNAMSIZ)
		return network_refuse(ERR_XML_ERROR, "'%s' can't be the name of a device", target);
	if (!number && !request->existing && link_index(target))
		return network_refuse(ERR_OPERATION_INVALID, "The %s interface already exists", target);
	strcpy(name, target);
	return 0;
}

static int open_device(const struct network_tap_request *request, struct network_tap *tap)
{
	unsigned n = request->queues ? request->queues : 1;
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	if (request->vnet_hdr)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (n > 1)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	if (choose_name(request, ifr.ifr_name) < 0)
		return -1;
	for (; tap->n_fds < n; tap->n_fds++) {
		/* after the first, ifr has the name that was chosen */
		tap->fds[tap->n_fds] = open_queue(&ifr);
		if (tap->fds[tap->n_fds] < 0)
			return -1;
	}
	snprintf(tap->name, sizeof tap->name, "%s", ifr.ifr_name);
	return 0;
}

/* The host's end has an address of its own, which no other device has: the guest's with another
 * beginning, high so that the bridge does not take it for its own. */
static void host_mac(const unsigned char *guest, unsigned char ret[LINK_MAC_LEN])
{
	memcpy(ret, guest, LINK_MAC_LEN);
	ret[0] = guest[0] == 0xfe ? 0xfa : 0xfe;
}

/* A device of its own: what it is for is its owner's to say. */
static int set_up_alone(const struct network_tap_request *request, struct network_tap *tap)
{
	unsigned char mac[LINK_MAC_LEN];

	tap->has_mtu = request->mtu;
	tap->mtu = request->mtu;
	if (request->existing)
		return 0;
	host_mac(request->mac, mac);
	if (link_set_mac(tap->name, mac) < 0 ||
		(request->mtu && link_set_mtu(tap->name, request->mtu) < 0))
		return -1;
	return request->down ? 0 : link_set_up(tap->name, true);
}

static int set_up(const struct network_tap_request *request, const struct plug *plug,
				  struct network_tap *tap)
{
	struct link_port options = {.isolated = plug->isolated || request->isolated,
								.fixed_addresses = plug->fixed_addresses};
	unsigned mtu = request->mtu ? request->mtu : plug->mtu;
	unsigned char mac[LINK_MAC_LEN];

	host_mac(request->mac, mac);
	tap->has_mtu = mtu;
	if (!mtu && !(mtu = link_mtu(plug->bridge)))
		return -1;
	tap->mtu = mtu;
	if (link_set_mac(tap->name, mac) < 0 || link_set_mtu(tap->name, mtu) < 0 ||
		link_plug(tap->name, plug->bridge) < 0)
		return -1;
	if ((options.isolated || options.fixed_addresses) && link_set_port(tap->name, &options) < 0)
		return -1;
	if (options.fixed_addresses && link_add_mac(tap->name, request->mac) < 0)
		return -1;
	return request->down ? 0 : link_set_up(tap->name, true);
}

/* -- both -- */

static int make(const struct network_tap_request *request, const struct plug *plug,
				struct network_tap *tap)
{
	snprintf(tap->bridge, sizeof tap->bridge, "%s", plug->bridge);
	if (open_device(request, tap) == 0 &&
		(*plug->bridge ? set_up(request, plug, tap) : set_up_alone(request, tap)) == 0)
		return 0;
	network_tap_close(tap);
	return -1;
}

int network_tap_make(struct driver_conn *networks, const struct network_tap_request *request,
					 struct network_tap *ret_tap)
{
	struct network_tap tap = {.n_fds = 0};
	struct plug plug = {.mtu = 0};

	for (int i = 0; i < NETWORK_TAP_QUEUES_MAX; i++)
		tap.fds[i] = -1;
	if (request->queues > NETWORK_TAP_QUEUES_MAX)
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "%u queues of a device: at most %d are supported", request->queues,
							  NETWORK_TAP_QUEUES_MAX);
	if (request->network) {
		if (take_port(networks, request, tap.port, &plug) < 0)
			return -1;
		tap.has_port = true;
	} else if (request->device) {
		if (macvtap_make(request, &tap) < 0)
			return -1;
		*ret_tap = tap;
		return 0;
	} else if (request->bridge) {
		if (!link_name_ok(request->bridge))
			return network_refuse(ERR_XML_ERROR, "bridge name '%s' can't be used", request->bridge);
		snprintf(plug.bridge, sizeof plug.bridge, "%s", request->bridge);
	}
	if (make(request, &plug, &tap) == 0) {
		*ret_tap = tap;
		return 0;
	}
	if (tap.has_port)
		network_tap_release(networks, request->network, tap.port);
	return -1;
}

void network_tap_close(struct network_tap *tap)
{
	for (unsigned i = 0; i < NETWORK_TAP_QUEUES_MAX; i++)
		if (tap->fds[i] >= 0)
			close(steal_fd(&tap->fds[i]));
}

int network_tap_stats(const char *name, struct link_stats *ret_stats)
{
	struct link_stats s;

	if (link_read_stats(name, &s) < 0)
		return -1;
	*ret_stats = (struct link_stats){s.tx_bytes, s.tx_packets, s.tx_errs, s.tx_drop,
									 s.rx_bytes, s.rx_packets, s.rx_errs, s.rx_drop};
	return 0;
}
