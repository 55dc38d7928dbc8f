/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's network interface as a kind of definition, and its rules.
 */
#include "config.h"
#include "conf/interface.h"

#include "conf/common-rules.h"
#include "conf/interface-format.h" /* the rules that interface.fmt names: rule_NAME() */
#include "conf/schema.h"

#define refuse_xml(...) error_set(FROM_INTERFACE, ERR_XML_ERROR, __VA_ARGS__)

const struct def_kind *def_kind_interface(void)
{
	static const char *const files[] = SCHEMA_FILES("interface.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "interface",
										 .what = "(interface_definition)",
										 .name_attr = true,
										 .error_domain = FROM_INTERFACE,
										 .format = format_interface,
										 .schema = &schema};

	return &kind;
}

/* What may stand inside of what. */
int rule_interface_type(struct conf *c, struct node *n)
{
	const char *outer = n->parent ? node_name(n->parent) : NULL;

	(void)c;
	if (!outer || is(n, "type", "ethernet") ||
		(strcmp(outer, "bridge") == 0 && !is(n, "type", "bridge")))
		return 0;
	return refuse_xml("interface has unsupported type '%s'", node_attr(n, "type"));
}

int rule_interface_mtu(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr_num(n, "size", 0) > 100000)
		return refuse_xml("value of the 'size' attribute of 'mtu' element must be at most 100000");
	return 0;
}

int rule_interface_family(struct conf *c, struct node *n)
{
	(void)c;
	if (!is(n, "family", "ipv4") && !is(n, "family", "ipv6"))
		return refuse_xml("unsupported protocol family '%s'", node_attr(n, "family"));
	return 0;
}

/* libvirt takes a bridge whose stp is neither on nor off, as one without anything. */
int rule_interface_stp(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "stp") || is(n, "stp", "on") || is(n, "stp", "off"))
		return 0;
	return node_set(n, "stp", NULL) < 0 || node_set(n, "wrong", "yes") < 0 ? -1 : 0;
}

int rule_interface_bridge(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "wrong"))
		return 0;
	return node_set(n, "wrong", NULL) < 0 ? -1 : node_set(n, "delay", NULL);
}

int rule_interface_miimon(struct conf *c, struct node *n)
{
	static const char *const delays[] = {"downdelay", "updelay"};

	(void)c;
	for (size_t i = 0; i < 2; i++) {
		if (node_attr_num(n, delays[i], 0) <= 0)
			node_set(n, delays[i], NULL);
	}
	return 0;
}
