/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the description of the network leaves to code. Private to network*.c.
 */
#ifndef CONF_NETWORK_RULES_H
#define CONF_NETWORK_RULES_H

#include "conf/address.h"
#include "conf/common-rules.h"
#include "conf/network-format.h" /* the rules that network.fmt names: rule_NAME() */
#include "conf/xml.h"

#define refuse_xml(...) error_set(FROM_NETWORK, ERR_XML_ERROR, __VA_ARGS__)
#define refuse_config(...) error_set(FROM_NETWORK, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)
#define refuse_detail(...) error_set(FROM_NETWORK, ERR_XML_DETAIL, __VA_ARGS__)
#define refuse_now(...) error_set(FROM_NETWORK, ERR_OPERATION_INVALID, __VA_ARGS__)

/* What conf.data points to while a part is read that only has to be found again; NULL otherwise. */
struct network_part {
	bool partial; /* it need not be complete */
};

static inline bool network_is_partial(const struct conf *c)
{
	return c->data && ((const struct network_part *)c->data)->partial;
}

/* How messages name the network. */
static inline const char *network_name(const struct conf *c)
{
	return common_text(c, "name");
}

/* The address of an <ip>, as it is after its attributes were checked, and the length of its
 * network; -1 if it has none. */
int network_ip_prefix(const struct node *ip, struct address *ret_address);

/* Whether the <dhcp> is written: only if somebody is served. */
void network_show_dhcp(struct node *dhcp);

#endif
