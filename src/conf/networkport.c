/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The port of a network as a kind of definition.
 */
#include "config.h"
#include "conf/networkport.h"

#include "conf/common-rules.h"
#include "conf/networkport-format.h" /* the rules that networkport.fmt names: rule_NAME() */
#include "conf/schema.h"
#include "conf/value.h"

#define refuse(...) error_set(FROM_NETWORK, ERR_INTERNAL_ERROR, __VA_ARGS__)

const struct def_kind *def_kind_networkport(void)
{
	static const char *const files[] = SCHEMA_FILES("networkport.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "networkport",
										 .what = "(networkport_definition)",
										 .error_domain = FROM_NETWORK,
										 .format = format_networkport,
										 .schema = &schema};

	return &kind;
}

int rule_networkport_mac(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address");
	unsigned char mac[6];

	(void)c;
	if (!text || !*text)
		return refuse("network port has no mac");
	if (value_parse_mac(text, mac) < 0)
		return refuse("Unable to parse MAC '%s'", text);
	return node_setf(n, "address", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
					 mac[4], mac[5]);
}

int rule_networkport_virtualport(struct conf *c, struct node *n)
{
	(void)c;
	return common_virtualport(n, 0);
}

/* Whether a floor can be kept is for the network to say. */
int rule_networkport_bandwidth(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(node_child(n, "outbound"), "floor"))
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "'floor' attribute allowed only in <inbound> element");
	if (!n->children)
		n->show |= SHOW_NEVER;
	return 0;
}
