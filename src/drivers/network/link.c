/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's network devices, by rtnetlink.
 */
#include "config.h"
#include "drivers/network/link.h"

#include "base/error.h"
#include "drivers/network/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

bool link_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return name[strspn(name,
					   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@+-")] ==
		   '\0';
}

unsigned link_index(const char *name)
{
	return if_nametoindex(name);
}

static int no_device(const char *name)
{
	return error_errno(FROM_NETWORK, errno, "Unable to get index for interface %s", name);
}

/* A message about a device. NULL with the error set. */
static struct nlmsghdr *about(struct netlink *nl, int type, int flags, const char *name)
{
	unsigned index = link_index(name);
	struct ifinfomsg *info;
	struct nlmsghdr *h;

	if (!index) {
		no_device(name);
		return NULL;
	}
	h = netlink_begin(nl, type, flags, sizeof *info, (void **)&info);
	info->ifi_index = (int)index;
	return h;
}

/* Sends it; on failure the error is set: "Unable to WHAT NAME". */
static int ask(struct netlink *nl, const char *what, const char *name)
{
	int r = netlink_ask(nl, NULL, NULL);

	return r < 0 ? error_errno(FROM_NETWORK, -r, "Unable to %s %s", what, name) : 0;
}

int link_add_bridge(const char *name, const unsigned char *mac)
{
	struct netlink nl;
	struct ifinfomsg *info;
	struct nlmsghdr *h =
		netlink_begin(&nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *info, (void **)&info);
	struct nlattr *kind;

	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	if (mac)
		mnl_attr_put(h, IFLA_ADDRESS, LINK_MAC_LEN, mac);
	kind = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(h, kind);
	return ask(&nl, "create bridge", name);
}

int link_set_bridge(const char *name, const struct link_bridge *options)
{
	enum { TICKS = 100 }; /* of a second, whatever the kernel's own are */
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_NEWLINK, 0, name);
	struct nlattr *kind, *data;

	if (!h)
		return -1;
	kind = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	/* in this order: without STP any delay will do, and with it the kernel makes it the least */
	mnl_attr_put_u32(h, IFLA_BR_FORWARD_DELAY, options->delay * TICKS);
	mnl_attr_put_u32(h, IFLA_BR_STP_STATE, options->stp);
	if (options->vlan_filtering) /* not every kernel has it */
		mnl_attr_put_u8(h, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, kind);
	return ask(&nl, "set the options of bridge", name);
}

int link_set_mtu(const char *name, unsigned mtu)
{
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_NEWLINK, 0, name);

	if (!h)
		return -1;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return ask(&nl, "set the MTU of", name);
}

int link_set_mac(const char *name, const unsigned char mac[LINK_MAC_LEN])
{
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_NEWLINK, 0, name);

	if (!h)
		return -1;
	mnl_attr_put(h, IFLA_ADDRESS, LINK_MAC_LEN, mac);
	return ask(&nl, "set the MAC address of", name);
}

int link_set_up(const char *name, bool up)
{
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_NEWLINK, 0, name);
	struct ifinfomsg *info;

	if (!h)
		return -1;
	info = mnl_nlmsg_get_payload(h);
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return ask(&nl, up ? "set up" : "set down", name);
}

int link_delete(const char *name)
{
	struct netlink nl;

	return about(&nl, RTM_DELLINK, 0, name) ? ask(&nl, "delete", name) : -1;
}

int link_plug(const char *name, const char *bridge)
{
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_NEWLINK, 0, name);
	unsigned master = link_index(bridge);

	if (!h)
		return -1;
	if (!master)
		return no_device(bridge);
	mnl_attr_put_u32(h, IFLA_MASTER, master);
	return ask(&nl, "add to its bridge the port", name);
}

int link_set_port(const char *name, const struct link_port *options)
{
	struct netlink nl;
	struct nlmsghdr *h = about(&nl, RTM_SETLINK, 0, name);
	struct ifinfomsg *info;
	struct nlattr *port;

	if (!h)
		return -1;
	info = mnl_nlmsg_get_payload(h);
	info->ifi_family = AF_BRIDGE;
	port = mnl_attr_nest_start(h, IFLA_PROTINFO);
	mnl_attr_put_u8(h, IFLA_BRPORT_ISOLATED, options->isolated);
	mnl_attr_put_u8(h, IFLA_BRPORT_LEARNING, !options->fixed_addresses);
	mnl_attr_put_u8(h, IFLA_BRPORT_UNICAST_FLOOD, !options->fixed_addresses);
	mnl_attr_nest_end(h, port);
	return ask(&nl, "set the options of port", name);
}

int link_add_mac(const char *name, const unsigned char mac[LINK_MAC_LEN])
{
	struct netlink nl;
	struct ndmsg *neighbour;
	unsigned index = link_index(name);
	struct nlmsghdr *h =
		netlink_begin(&nl, RTM_NEWNEIGH, NLM_F_CREATE, sizeof *neighbour, (void **)&neighbour);

	if (!index)
		return no_device(name);
	neighbour->ndm_family = AF_BRIDGE;
	neighbour->ndm_ifindex = (int)index;
	neighbour->ndm_state = NUD_NOARP;
	neighbour->ndm_flags = NTF_MASTER;
	mnl_attr_put(h, NDA_LLADDR, LINK_MAC_LEN, mac);
	return ask(&nl, "add a MAC address behind", name);
}

static size_t length_of(const struct address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

int link_add_address(const char *name, const struct address *address, int prefix)
{
	struct netlink nl;
	struct ifaddrmsg *info;
	unsigned index = link_index(name);
	struct nlmsghdr *h =
		netlink_begin(&nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *info, (void **)&info);
	unsigned char broadcast[4];

	if (!index)
		return no_device(name);
	info->ifa_family = (unsigned char)address->family;
	info->ifa_prefixlen = (unsigned char)prefix;
	info->ifa_index = index;
	mnl_attr_put(h, IFA_LOCAL, length_of(address), address->bytes);
	mnl_attr_put(h, IFA_ADDRESS, length_of(address), address->bytes);
	if (address->family == AF_INET && prefix < 31) {
		for (int i = 0; i < 32; i++) {
			unsigned char bit = (unsigned char)(128 >> (i % 8));

			if (i % 8 == 0)
				broadcast[i / 8] = address->bytes[i / 8];
			if (i >= prefix)
				broadcast[i / 8] |= bit;
		}
		mnl_attr_put(h, IFA_BROADCAST, sizeof broadcast, broadcast);
	} else if (address->family == AF_INET6) {
		/* who asks for a network's own address is not to wait for others to object */
		info->ifa_flags = IFA_F_NODAD;
	}
	return ask(&nl, "add an IP address to", name);
}

int link_add_route(const char *name, const struct address *network, int prefix,
				   const struct address *gateway, unsigned metric)
{
	struct netlink nl;
	struct rtmsg *route;
	unsigned index = link_index(name);
	struct nlmsghdr *h =
		netlink_begin(&nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *route, (void **)&route);

	if (!index)
		return no_device(name);
	route->rtm_family = (unsigned char)network->family;
	route->rtm_dst_len = (unsigned char)prefix;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_DST, length_of(network), network->bytes);
	mnl_attr_put(h, RTA_GATEWAY, length_of(gateway), gateway->bytes);
	mnl_attr_put_u32(h, RTA_OIF, index);
	if (metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, metric);
	return ask(&nl, "add a route to", name);
}

/* -- what is asked for -- */

static int see_route(const struct nlmsghdr *h, void *opaque)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(h);
	unsigned *found = opaque;
	struct nlattr *attr;

	if (route->rtm_protocol != RTPROT_RA || *found)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, h, sizeof *route)
	{
		if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			*found = mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

int link_find_autoconfigured(unsigned *ret_index)
{
	struct netlink nl;
	struct rtmsg *route;
	unsigned found = 0;
	int r;

	netlink_begin(&nl, RTM_GETROUTE, NLM_F_DUMP, sizeof *route, (void **)&route);
	route->rtm_family = AF_INET6;
	r = netlink_ask(&nl, see_route, &found);
	if (r < 0)
		return error_errno(FROM_NETWORK, -r, "Unable to read the routes of the host");
	*ret_index = found;
	return 0;
}

struct facts {
	unsigned mtu;
	bool counted;
	struct rtnl_link_stats64 stats;
};

static int see_link(const struct nlmsghdr *h, void *opaque)
{
	struct facts *facts = opaque;
	struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct ifinfomsg))
	{
		size_t n = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == IFLA_MTU && n == sizeof facts->mtu)
			facts->mtu = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == IFLA_STATS64) {
			memcpy(&facts->stats, mnl_attr_get_payload(attr),
				   n < sizeof facts->stats ? n : sizeof facts->stats);
			facts->counted = true;
		}
	}
	return MNL_CB_OK;
}

static int read_facts(const char *name, struct facts *ret_facts)
{
	struct netlink nl;
	struct facts facts = {0};
	int r;

	if (!about(&nl, RTM_GETLINK, 0, name))
		return -1;
	r = netlink_ask(&nl, see_link, &facts);
	if (r < 0)
		return error_errno(FROM_NETWORK, -r, "Unable to read the state of %s", name);
	*ret_facts = facts;
	return 0;
}

unsigned link_mtu(const char *name)
{
	struct facts facts;

	return read_facts(name, &facts) < 0 ? 0 : facts.mtu;
}

int link_read_stats(const char *name, struct link_stats *ret_stats)
{
	struct facts facts;
	const struct rtnl_link_stats64 *s = &facts.stats;

	if (read_facts(name, &facts) < 0)
		return -1;
	if (!facts.counted)
		return error_set(FROM_NETWORK, ERR_INTERNAL_ERROR, "Interface not found: %s", name);
	*ret_stats = (struct link_stats){s->rx_bytes, s->rx_packets, s->rx_errors, s->rx_dropped,
									 s->tx_bytes, s->tx_packets, s->tx_errors, s->tx_dropped};
	return 0;
}
