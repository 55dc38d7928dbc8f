/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of network interfaces.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

static int random_mac(struct node *n)
{
	unsigned char r[UUID_LEN];

	if (uuid_generate(r) < 0)
		return -1;
	return node_setf(n, "address", "52:54:00:%02x:%02x:%02x", r[0], r[1], r[2]);
}

int rule_mac(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "address");
	unsigned char m[6];

	(void)c;
	if (!text)
		return random_mac(n);
	if (value_parse_mac(text, m) < 0)
		return refuse_xml("unable to parse mac address '%s'", text);
	if (m[0] & 1)
		return refuse_xml("expected unicast mac address, found multicast '%s'", text);
	return node_setf(n, "address", "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
					 m[5]);
}

int rule_teaming(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "type") && node_attr(n, "persistent"))
		return refuse_config("unknown teaming type '(null)'");
	return 0;
}

int rule_vlan(struct conf *c, struct node *n)
{
	const char *trunk = node_attr(n, "trunk");
	bool many = node_count(n, "tag") > 1, native = false, yes = many;

	(void)c;
	NODE_EACH(tag, n, "tag")
	{
		if (node_attr_num(tag, "id", 0) > 4095)
			return error_set(FROM_NONE, ERR_XML_ERROR, "vlan tag id %s too large (maximum 4095)",
							 node_attr(tag, "id"));
		if (node_attr(tag, "nativeMode") && native)
			return error_set(FROM_NONE, ERR_XML_ERROR, "duplicate native vlan setting");
		native = native || node_attr(tag, "nativeMode");
	}
	if (trunk) {
		yes = strcasecmp(trunk, "yes") == 0;
		if (!yes && many)
			return error_set(
				FROM_NONE, ERR_XML_ERROR,
				"invalid \"trunk='%s'\" in <vlan> - trunk='yes' is required for more than "
				"one vlan tag",
				trunk);
		if (!yes && native)
			return error_set(
				FROM_NONE, ERR_XML_ERROR,
				"invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a "
				"native vlan id");
		if (!yes && strcasecmp(trunk, "no") != 0)
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "invalid \"trunk='%s'\" in <vlan> - must be yes or no", trunk);
	}
	return node_set(n, "trunk", yes ? "yes" : NULL);
}

int rule_rate(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *average = xml_attr(n->in, "average"), *floor = xml_attr(n->in, "floor");
	CLEANUP_FREE char *peak = xml_attr(n->in, "peak"), *burst = xml_attr(n->in, "burst");

	(void)c;
	if (!average && !floor)
		return error_set(FROM_NONE, ERR_XML_DETAIL,
						 "Missing mandatory average or floor attributes");
	if ((peak || burst) && !average)
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "'peak' and 'burst' require 'average' attribute");
	if (!node_attr(n, "average") && !node_attr(n, "floor"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_bandwidth_class(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *class_id = xml_attr(n->in, "classID");

	(void)c;
	return class_id ? refuse_detail(
						  "classID attribute not supported on <bandwidth> in this usage context")
					: 0;
}

int rule_bandwidth(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(node_child(n, "inbound"), "floor") && !is(n->parent, "type", "network"))
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "floor attribute is not supported for this config");
	if (node_attr(node_child(n, "outbound"), "floor"))
		return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED,
						 "'floor' attribute allowed only in <inbound> element");
	if (!n->children)
		n->show |= SHOW_NEVER;
	return 0;
}

static int port_bounds(const struct node *p)
{
	if (node_attr_num(p, "managerid", 0) > 0xff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value of managerid out of range");
	if (node_attr_num(p, "typeid", 0) > 0xffffff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value for typeid out of range");
	if (node_attr_num(p, "typeidversion", 0) > 0xff)
		return error_set(FROM_NONE, ERR_XML_ERROR, "value of typeidversion out of range");
	if (node_attr(p, "profileid") && strlen(node_attr(p, "profileid")) >= 40)
		return error_set(FROM_NONE, ERR_XML_ERROR, "profileid parameter too long");
	return 0;
}

/* Which parameters a type has. */
static bool port_has(const char *type, const char *name)
{
	bool qbg = strcmp(type, "802.1Qbg") == 0, ovs = strcmp(type, "openvswitch") == 0;

	if (!*type)
		return true;
	if (strcmp(name, "interfaceid") == 0)
		return ovs || strcmp(type, "midonet") == 0;
	if (strcmp(name, "profileid") == 0)
		return ovs || strcmp(type, "802.1Qbh") == 0;
	return qbg;
}

static int port_uuid(struct node *p, const char *name)
{
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	if (node_attr(p, name))
		return 0;
	return uuid_generate(bytes) < 0 ? -1 : node_set(p, name, uuid_format(bytes, text));
}

static int port_complete(const char *type, const struct node *p)
{
	static const char *const qbg[] = {"managerid", "typeid", "typeidversion", "instanceid"};

	for (size_t i = 0; strcmp(type, "802.1Qbg") == 0 && i < 4; i++) {
		if (!node_attr(p, qbg[i]))
			return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
							 qbg[i], type);
	}
	if (strcmp(type, "802.1Qbh") == 0 && !node_attr(p, "profileid"))
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
						 "profileid", type);
	if ((strcmp(type, "openvswitch") == 0 || strcmp(type, "midonet") == 0) &&
		!node_attr(p, "interfaceid"))
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing %s in <virtualport type='%s'>",
						 "interfaceid", type);
	return 0;
}

int rule_virtualport(struct conf *c, struct node *n)
{
	static const char *const names[] = {"managerid",  "typeid",    "typeidversion",
										"instanceid", "profileid", "interfaceid"};
	const char *type = node_attr(n, "type") ? node_attr(n, "type") : "";
	bool network = is(n->parent, "type", "network");
	struct node *p = node_need(n, "parameters");

	(void)c;
	if (!p)
		return -1;
	if (!network && !is(n->parent, "type", "bridge") && !is(n->parent, "type", "direct") &&
		!is(n->parent, "type", "hostdev"))
		return refuse_config("<virtualport> element unsupported for <interface type='%s'>",
							 node_attr(n->parent, "type"));
	if (!*type && !network)
		return error_set(FROM_NONE, ERR_XML_ERROR, "missing required virtualport type");
	if (port_bounds(p) < 0)
		return -1;
	if (!*type || strcmp(type, "802.1Qbg") == 0) {
		if (port_uuid(p, "instanceid") < 0)
			return -1;
	}
	if (!*type || strcmp(type, "openvswitch") == 0) {
		if (port_uuid(p, "interfaceid") < 0)
			return -1;
	}
	if (!network && port_complete(type, p) < 0)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (node_attr(p, names[i]) && !port_has(type, names[i]))
			return error_set(FROM_NONE, ERR_XML_ERROR,
							 "extra %s unsupported in <virtualport type='%s'>", names[i], type);
	}
	return is(p, "profileid", "") ? node_set(p, "profileid", NULL) : 0;
}

int rule_net_source(struct conf *c, struct node *n)
{
	const char *type = node_attr(n->parent, "type");

	(void)c;
	if (strcmp(type, "vhostuser") == 0 && !is(n, "type", "unix"))
		return refuse_config("Type='%s' unsupported for <interface type='vhostuser'>",
							 node_attr(n, "type"));
	return 0;
}

int rule_net_target(struct conf *c, struct node *n)
{
	const char *dev = node_attr(n, "dev");

	(void)c;
	if (dev && !is(n, "managed", "no") &&
		(strncmp(dev, "vnet", 4) == 0 || strncmp(dev, "macvtap", 7) == 0 ||
		 strncmp(dev, "macvlan", 7) == 0))
		return node_set(n, "dev", NULL);
	return 0;
}

int rule_net_model(struct conf *c, struct node *n)
{
	static const char *const known[] = {"netfront",
										"rtl8139",
										"virtio",
										"e1000",
										"e1000e",
										"virtio-transitional",
										"virtio-non-transitional",
										"usb-net",
										"spapr-vlan",
										"lan9118",
										"scm91c111",
										"vlance",
										"vmxnet",
										"vmxnet2",
										"vmxnet3",
										"Am79C970A",
										"Am79C973",
										"82540EM",
										"82545EM",
										"82543GC"};
	const char *type = node_attr(n, "type");

	(void)c;
	for (size_t i = 0; type && i < sizeof known / sizeof *known; i++) {
		if (strcasecmp(known[i], type) == 0)
			return node_set(n, "type", known[i]);
	}
	if (type && strcasecmp(type, "unknown") == 0)
		return node_set(n, "type", NULL);
	if (type && strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") <
					strlen(type))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "Model name contains invalid characters");
	return 0;
}

int rule_port_range(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "start")) {
		node_show(n, "end", SHOW_NEVER);
		node_show(n, "to", SHOW_NEVER);
	}
	return 0;
}

int rule_coalesce(struct conf *c, struct node *n)
{
	unsigned long long max = strtoull(node_attr(n, "max") ? node_attr(n, "max") : "0", NULL, 10);

	(void)c;
	if (max > UINT_MAX)
		return error_set(FROM_DOMAIN, ERR_OVERFLOW,
						 "value '%llu' is too big for coalesce parameter, maximum is '%u'", max,
						 UINT_MAX);
	return 0;
}

/* Parameters that can't be are dropped, the rest is sorted by name. */
int rule_filterref(struct conf *c, struct node *n)
{
	static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	static const char values[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:";
	struct node *next;

	(void)c;
	for (struct node *p = node_child(n, "parameter"); p; p = next) {
		const char *name = node_attr(p, "name"), *value = node_attr(p, "value");

		next = node_next(p);
		if (!name || !value || !*value || strspn(name, names) < strlen(name) ||
			strspn(value, values) < strlen(value))
			node_remove(p);
	}
	node_sort(n, "parameter", node_compare_text, "name");
	if (!node_attr(n, "filter"))
		n->show |= SHOW_NEVER;
	return 0;
}

static int passthrough(struct node *n)
{
	struct node *source = node_child(n, "source"), *a = node_child(source, "address");
	const char *type = node_attr(a, "type");

	if (!type && node_child(source, "vendor"))
		type = "usb";
	if (!type)
		return refuse_xml("missing source address type");
	if (strcmp(type, "pci") == 0 && rule_pci_address(NULL, a) < 0)
		return -1;
	if (strcmp(type, "usb") != 0 && strcmp(type, "pci") != 0)
		return refuse_config("unknown host device source address type '%s'", type);
	return 0;
}

int rule_interface(struct conf *c, struct node *n)
{
	struct node *queues = NULL;

	(void)c;
	/* a host device has a driver of the host before that of the guest */
	NODE_EACH(d, n, "driver")
	queues = format_find(d->row, ROW_ATTR, "iommu", NULL, NULL) ? d : queues;
	if (is(n, "type", "hostdev") && passthrough(n) < 0)
		return -1;
	if (is(n, "type", "direct") || is(n, "type", "network") || is(n, "type", "vds") ||
		is(n, "type", "internal") || is(n, "type", "bridge") || is(n, "type", "vhostuser") ||
		is(n, "type", "vdpa") || is(n, "type", "client") || is(n, "type", "server") ||
		is(n, "type", "mcast") || is(n, "type", "udp")) {
		if (!node_child(n, "source"))
			return refuse_xml("interface type='%s' requires a 'source' element",
							  node_attr(n, "type"));
	}
	if (is(n, "type", "user") && node_child(n, "source"))
		node_show(node_child(n, "source"), "dev", SHOW_NEVER);
	if (queues && node_attr(queues, "queues") && node_attr_num(queues, "queues", 0) <= 1)
		node_set(queues, "queues", NULL);
	if (queues && !domain_is_virtio(node_attr(node_child(n, "model"), "type")))
		queues->show |= SHOW_NEVER;
	return 0;
}
