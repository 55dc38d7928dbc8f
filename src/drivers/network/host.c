/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network on the host.
 */
#include "config.h"
#include "drivers/network/host.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf/network-rules.h"
#include "conf/value.h"
#include "drivers/network/dnsmasq.h"
#include "drivers/network/firewall.h"
#include "drivers/network/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int files_of(struct networks *nw, const char *name, struct dnsmasq_files *files)
{
	return dnsmasq_files_init(files, nw->store.run_dir, nw->lib_dir, name);
}

/* -- settings of the kernel -- */

static int set_kernel(const char *path, const char *value)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return error_errno(FROM_NETWORK, errno, "cannot write to '%s'", path);
	return 0;
}

static bool has_family(const struct def *def, int family)
{
	NODE_EACH(ip, def->root, "ip")
	{
		struct address a;

		network_ip_prefix(ip, &a);
		if (a.family == family)
			return true;
	}
	return false;
}

/* A bridge of ours believes nobody about its addresses, and has IPv6 only if it is said to. */
static int set_ipv6(const struct def *def)
{
	static const char *const settings[] = {"disable_ipv6", "accept_ra", "autoconf"};
	const char *values[] = {has_family(def, AF_INET6) ? "0\n" : "1\n", "0\n", "0\n"};

	for (size_t i = 0; i < 3; i++) {
		char path[128];

		snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s", network_bridge(def),
				 settings[i]);
		if (i == 0 && access(path, F_OK) < 0)
			return 0; /* a kernel without IPv6 */
		if (set_kernel(path, values[i]) < 0)
			return -1;
	}
	return 0;
}

/* A host whose own route was learned from advertisements would lose it by forwarding, unless it is
 * told to go on learning. */
static int check_own_route(void)
{
	char name[IF_NAMESIZE] = "", path[128];
	CLEANUP_FREE char *value = NULL;
	unsigned index;

	if (link_find_autoconfigured(&index) < 0)
		return -1;
	if (!index || !if_indextoname(index, name))
		return 0;
	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	value = fd_read_file(path, 64, NULL);
	if (value && *value == '2')
		return 0;
	return network_refuse(
		ERR_INTERNAL_ERROR,
		"Check the host setup: interface %s has kernel autoconfigured IPv6 routes "
		"and enabling forwarding without accept_ra set to 2 will cause the kernel "
		"to flush them, breaking networking.",
		name);
}

static int enable_forwarding(const struct def *def)
{
	bool six = has_family(def, AF_INET6);

	if (strcmp(network_mode(def), "none") == 0)
		return 0;
	if (six && check_own_route() < 0)
		return -1;
	if (has_family(def, AF_INET) && set_kernel("/proc/sys/net/ipv4/ip_forward", "1\n") < 0)
		return error_prefix("failed to enable IP forwarding");
	if (six && set_kernel("/proc/sys/net/ipv6/conf/all/forwarding", "1\n") < 0)
		return error_prefix("failed to enable IP forwarding");
	return 0;
}

/* -- what the host has already -- */

/* Whether a route of the host, a line of /proc/net/route, leads to where the network shall be. */
static int check_route(const char *route, const struct def *def)
{
	unsigned to, gateway, flags, references, use, metric, mask;
	char interface[IF_NAMESIZE];

	if (sscanf(route, "%15s %x %x %x %u %u %u %x", interface, &to, &gateway, &flags, &references,
			   &use, &metric, &mask) != 8 ||
		mask == 0)
		return 0;
	NODE_EACH(ip, def->root, "ip")
	{
		struct address a;
		int prefix = network_ip_prefix(ip, &a);
		struct in_addr own;

		if (a.family != AF_INET || prefix <= 0)
			continue;
		memcpy(&own, a.bytes, sizeof own);
		if (mask == htonl(~0u << (32 - prefix)) && (own.s_addr & mask) == to)
			return network_refuse(ERR_INTERNAL_ERROR, "Network is already in use by interface %s",
								  interface);
	}
	return 0;
}

static int check_routes(const struct def *def)
{
	CLEANUP_FREE char *routes = fd_read_file("/proc/net/route", 1 << 22, NULL);
	char *rest = routes, *line;

	if (!routes)
		error_reset(); /* a kernel without it */
	while (routes && (line = strsep(&rest, "\n")))
		if (check_route(line, def) < 0)
			return -1;
	return 0;
}

/* What is written into rules and files is a name that means nothing else; what is not served is
 * refused before anything is begun. */
static int check_names(const struct def *def)
{
	const struct node *forward = node_child(def->root, "forward");
	const char *bridge = network_bridge(def), *dev = node_attr(forward, "dev");
	const char *zone = node_attr(node_child(def->root, "bridge"), "zone");

	if (bridge && !link_name_ok(bridge))
		return network_refuse(ERR_XML_ERROR, "bridge name '%s' of network '%s' can't be used",
							  bridge, def_name(def));
	if (dev && !link_name_ok(dev))
		return network_refuse(ERR_XML_ERROR, "device '%s' of network '%s' can't be used", dev,
							  def_name(def));
	if (zone)
		return network_refuse(ERR_INTERNAL_ERROR,
							  "zone %s requested for network %s but firewalld is not active", zone,
							  def_name(def));
	if (node_child(def->root, "bandwidth"))
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "<bandwidth> of network '%s' is not supported", def_name(def));
	if (node_child(forward, "pf") || strcmp(network_mode(def), "hostdev") == 0)
		return network_refuse(ERR_CONFIG_UNSUPPORTED,
							  "network '%s' hands out devices of the host (<pf>, forward mode "
							  "'hostdev'), which is not supported",
							  def_name(def));
	return 0;
}

/* -- the bridge -- */

static int set_up_bridge(const struct def *def)
{
	const struct node *bridge = node_child(def->root, "bridge");
	const char *name = network_bridge(def);
	long long mtu = node_attr_num(node_child(def->root, "mtu"), "size", 0);
	struct link_bridge options = {
		.stp = !node_attr_is(bridge, "stp", "off"),
		.vlan_filtering = node_attr_is(bridge, "macTableManager", "libvirt"),
		.delay = (unsigned)node_attr_num(bridge, "delay", 0),
	};

	if (mtu > 0 && link_set_mtu(name, (unsigned)mtu) < 0)
		return -1;
	return link_set_bridge(name, &options) < 0 ? -1 : set_ipv6(def);
}

static int add_addresses(const struct def *def)
{
	NODE_EACH(ip, def->root, "ip")
	{
		struct address a;
		int prefix = network_ip_prefix(ip, &a);

		if (prefix < 0)
			return network_refuse(ERR_INTERNAL_ERROR,
								  "bridge '%s' has an invalid netmask or IP address",
								  network_bridge(def));
		if (link_add_address(network_bridge(def), &a, prefix) < 0)
			return -1;
	}
	return 0;
}

/* As in libvirt, one that can't be added does not keep the network from running. */
static void add_routes(const struct def *def)
{
	NODE_EACH(route, def->root, "route")
	{
		struct address to, gateway;
		int prefix = network_ip_prefix(route, &to);

		if (prefix >= 0 && address_parse(node_attr(route, "gateway"), AF_UNSPEC, &gateway) == 0 &&
			link_add_route(network_bridge(def), &to, prefix, &gateway,
						   (unsigned)node_attr_num(route, "metric", 0)) == 0)
			continue;
		log_warning("network '%s': a route is missing: %s", def_name(def), error_last()->message);
		error_reset();
	}
}

/* -- the firewall -- */

/* The definitions of what is active, with `changed` in place of what `o` says, or of nothing. */
static int reload_firewall(struct networks *nw, const struct object *o, const struct def *changed)
{
	CLEANUP_FREE const struct def **defs = NULL;
	CLEANUP_FREE char *text = NULL;
	size_t n = 0;

	defs = calloc((size_t)object_count(nw->list, 0) + 2, sizeof(struct def *));
	if (!defs)
		return error_oom();
	OBJECT_EACH(other, nw->list)
	{
		if (other->active && other != o && network_is_virtual(other->def))
			defs[n++] = other->def;
	}
	if (changed)
		defs[n++] = changed;
	text = firewall_text(defs);
	return text ? firewall_load(text) : -1;
}

int host_reload_firewall(struct networks *nw)
{
	return reload_firewall(nw, NULL, NULL);
}

/* -- all of it -- */

static void stop_virtual(struct networks *nw, const struct object *o)
{
	CLEANUP_DNSMASQ_FILES struct dnsmasq_files files = {0};
	const char *bridge = network_bridge(o->def);

	if (files_of(nw, o->name, &files) == 0)
		dnsmasq_stop(&files);
	if (link_index(bridge) && link_delete(bridge) < 0)
		log_warning("network '%s': %s", o->name, error_last()->message);
	if (reload_firewall(nw, o, NULL) < 0)
		log_warning("network '%s': its rules stay: %s", o->name, error_last()->message);
	error_reset();
}

static int fill_virtual(struct networks *nw, const struct object *o)
{
	CLEANUP_DNSMASQ_FILES struct dnsmasq_files files = {0};

	if (files_of(nw, o->name, &files) < 0 || set_up_bridge(o->def) < 0 ||
		reload_firewall(nw, o, o->def) < 0 || add_addresses(o->def) < 0 ||
		link_set_up(network_bridge(o->def), true) < 0)
		return -1;
	add_routes(o->def);
	return enable_forwarding(o->def) < 0 ? -1 : dnsmasq_start(&files, o->def);
}

static int start_virtual(struct networks *nw, const struct object *o)
{
	const char *bridge = network_bridge(o->def);
	const char *mac = node_attr(node_child(o->def->root, "mac"), "address");
	unsigned char bytes[LINK_MAC_LEN];
	bool given = mac && value_parse_mac(mac, bytes) == 0;
	struct error saved;

	if (!bridge)
		return network_refuse(ERR_INTERNAL_ERROR, "network '%s' has no bridge name defined",
							  o->name);
	if (check_routes(o->def) < 0 || link_add_bridge(bridge, given ? bytes : NULL) < 0)
		return -1;
	if (fill_virtual(nw, o) == 0)
		return 0;
	error_take(&saved);
	stop_virtual(nw, o);
	error_give(&saved);
	return -1;
}

int host_start(struct networks *nw, const struct object *o)
{
	if (check_names(o->def) < 0)
		return -1;
	return network_is_virtual(o->def) ? start_virtual(nw, o) : 0;
}

void host_stop(struct networks *nw, const struct object *o)
{
	if (network_is_virtual(o->def))
		stop_virtual(nw, o);
}

static bool gives_addresses(const struct def *def)
{
	NODE_EACH(ip, def->root, "ip")
	{
		if (dnsmasq_serves(ip))
			return true;
	}
	return false;
}

/* Whether dnsmasq would take all that is said; what it would not is found while one still runs. */
static int check_conf(const struct def *def, const struct dnsmasq_files *files)
{
	CLEANUP_FREE char *conf = dnsmasq_conf(def, files);
	CLEANUP_FREE char *hosts = conf ? dnsmasq_hosts(def) : NULL;
	CLEANUP_FREE char *names = hosts ? dnsmasq_names(def) : NULL;

	return names ? 0 : -1;
}

static int change_virtual(struct networks *nw, const struct object *o, const struct def *def,
						  unsigned section, const struct dnsmasq_files *files)
{
	switch (section) {
	case RVIRT_NETWORK_SECTION_FORWARD_INTERFACE:
		return reload_firewall(nw, o, def);
	case RVIRT_NETWORK_SECTION_IP_DHCP_HOST:
		if (gives_addresses(o->def) == gives_addresses(def))
			return dnsmasq_refresh(files, def);
		break;
	case RVIRT_NETWORK_SECTION_DNS_HOST:
		return dnsmasq_refresh(files, def);
	case RVIRT_NETWORK_SECTION_IP_DHCP_RANGE:
	case RVIRT_NETWORK_SECTION_DNS_TXT:
	case RVIRT_NETWORK_SECTION_DNS_SRV:
		break;
	default:
		return 0;
	}
	/* these are read at its start only */
	dnsmasq_stop(files);
	return dnsmasq_start(files, def);
}

int host_change(struct networks *nw, const struct object *o, const struct def *def,
				unsigned section)
{
	CLEANUP_DNSMASQ_FILES struct dnsmasq_files files = {0};
	struct error saved;

	if (check_names(def) < 0 || files_of(nw, o->name, &files) < 0)
		return -1;
	if (!network_is_virtual(def))
		return 0;
	if (check_conf(def, &files) < 0)
		return -1;
	if (change_virtual(nw, o, def, section, &files) == 0)
		return 0;
	error_take(&saved);
	if (change_virtual(nw, o, o->def, section, &files) < 0)
		log_warning("network '%s': %s", o->name, error_last()->message);
	error_give(&saved);
	return -1;
}

bool host_is_running(const struct object *o)
{
	return !network_is_virtual(o->def) || link_index(network_bridge(o->def));
}

int host_repair(struct networks *nw, const struct object *o)
{
	CLEANUP_DNSMASQ_FILES struct dnsmasq_files files = {0};

	if (!network_is_virtual(o->def) || files_of(nw, o->name, &files) < 0)
		return 0;
	return dnsmasq_find(&files) ? 0 : dnsmasq_start(&files, o->def);
}

void host_forget(struct networks *nw, const char *name)
{
	CLEANUP_DNSMASQ_FILES struct dnsmasq_files files = {0};

	if (files_of(nw, name, &files) == 0)
		unlink(files.leases);
}
