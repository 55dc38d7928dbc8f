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

	(void)c;
	if (!text)
		return random_mac(n);
	switch (common_set_mac(n, "address", text)) {
	case 0:
		return 0;
	case 1:
		return refuse_xml("unable to parse mac address '%s'", text);
	case 2:
		return refuse_xml("expected unicast mac address, found multicast '%s'", text);
	default:
		return -1;
	}
}

int rule_teaming(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "type") && node_attr(n, "persistent"))
		return refuse_config("unknown teaming type '(null)'");
	return 0;
}

int rule_virtualport(struct conf *c, struct node *n)
{
	bool network = is(n->parent, "type", "network");

	(void)c;
	if (!network && !is(n->parent, "type", "bridge") && !is(n->parent, "type", "direct") &&
		!is(n->parent, "type", "hostdev"))
		return refuse_config("<virtualport> element unsupported for <interface type='%s'>",
							 node_attr(n->parent, "type"));
	return common_virtualport(n, VIRTUALPORT_GENERATE |
									 (network ? 0 : VIRTUALPORT_TYPE | VIRTUALPORT_COMPLETE));
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

	if (dev && !c->live && !is(n, "managed", "no") &&
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

static int passthrough(struct node *n)
{
	struct node *source = node_child(n, "source");
	const char *type = node_attr(node_child(source, "address"), "type");

	if (!type && node_child(source, "vendor"))
		type = "usb";
	if (!type)
		return refuse_xml("missing source address type");
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
