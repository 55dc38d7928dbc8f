/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What dnsmasq is told of a network: text made of a definition, and nothing else. A value that
 * could be read as more than the value it is makes the function fail, with CONFIG_UNSUPPORTED set.
 */
#ifndef DRIVERS_NETWORK_DNSMASQ_CONF_H
#define DRIVERS_NETWORK_DNSMASQ_CONF_H

#include "conf/def.h"

/* The files that the configuration names. */
struct dnsmasq_files {
	char *conf, *pid, *leases;
	char *hosts; /* addresses for certain clients */
	char *names; /* names for certain addresses */
};

/* Whether the network has anything to serve. */
bool dnsmasq_wanted(const struct def *def);

/* Whether addresses of the family are given out on this <ip>. */
bool dnsmasq_serves(const struct node *ip);

/* The configuration, and the contents of two of its files. The text is the caller's; NULL with the
 * error set. */
char *dnsmasq_conf(const struct def *def, const struct dnsmasq_files *files);
char *dnsmasq_hosts(const struct def *def);
char *dnsmasq_names(const struct def *def);

#endif
