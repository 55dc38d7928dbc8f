/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's network devices, by rtnetlink: bridges, their addresses and ports, and counters.
 * Functions return 0, or -1 with an error of FROM_NETWORK set that names the device, unless they
 * say otherwise. None keeps anything between calls; any thread may call them.
 */
#ifndef DRIVERS_NETWORK_LINK_H
#define DRIVERS_NETWORK_LINK_H

#include "conf/address.h"

#include <stdbool.h>
#include <stdint.h>

enum { LINK_MAC_LEN = 6 };

/* Whether a text can be a device's name, and one that no program reads as more than a name. */
bool link_name_ok(const char *name);

/* Its index, or 0 (no error is set). */
unsigned link_index(const char *name);

/* A bridge, which is down. mac may be NULL. */
int link_add_bridge(const char *name, const unsigned char *mac);

/* What a bridge of ours is told before it is up: delay in seconds. */
struct link_bridge {
	bool stp, vlan_filtering;
	unsigned delay;
};
int link_set_bridge(const char *name, const struct link_bridge *options);

int link_set_mtu(const char *name, unsigned mtu);
int link_set_mac(const char *name, const unsigned char mac[LINK_MAC_LEN]);
int link_set_up(const char *name, bool up);
int link_delete(const char *name);

/* The largest packet; 0 with the error set. */
unsigned link_mtu(const char *name);

/* Puts a device into a bridge. */
int link_plug(const char *name, const char *bridge);

/* How a bridge treats one of its ports. */
struct link_port {
	bool isolated;        /* it reaches no other isolated port */
	bool fixed_addresses; /* nothing is learned, nothing unknown is flooded to it */
};
int link_set_port(const char *name, const struct link_port *options);

/* Makes a MAC address known behind a port that does not learn. */
int link_add_mac(const char *name, const unsigned char mac[LINK_MAC_LEN]);

int link_add_address(const char *name, const struct address *address, int prefix);

/* A route through a gateway; metric 0: the system's choice. */
int link_add_route(const char *name, const struct address *network, int prefix,
				   const struct address *gateway, unsigned metric);

/* The device of an IPv6 route that router advertisements made, and that forwarding would end; 0 if
 * there is none. -1 with the error set. */
int link_find_autoconfigured(unsigned *ret_index);

/* As DOMAIN_INTERFACE_STATS has them, seen from the device. */
struct link_stats {
	uint64_t rx_bytes, rx_packets, rx_errs, rx_drop, tx_bytes, tx_packets, tx_errs, tx_drop;
};
int link_read_stats(const char *name, struct link_stats *ret_stats);

#endif
