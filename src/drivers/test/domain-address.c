/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses that a running domain's interfaces are said to have: on one of the host's networks
 * a different one for each interface and run, counted from where the network begins to give them
 * out.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/object.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/address.h"

#include <arpa/inet.h>
#include <string.h>

enum { SOURCE_LAST = RVIRT_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP + 1 };

/* The address that lies offset behind start, in *ret. */
static int count_from(const char *start, unsigned offset, struct rvirt_wire_domain_ip_addr *ret)
{
	struct address a;
	char text[ADDRESS_TEXT_LEN];
	uint32_t number;

	if (address_read(start, AF_UNSPEC, &a) < 0)
		return -1;
	if (a.family == AF_INET) {
		memcpy(&number, a.bytes, sizeof number);
		number = htonl(ntohl(number) + offset);
		memcpy(a.bytes, &number, sizeof number);
	} else {
		a.bytes[15] = (unsigned char)(a.bytes[15] + offset);
	}
	ret->type = a.family == AF_INET ? RVIRT_IP_ADDR_TYPE_IPV4 : RVIRT_IP_ADDR_TYPE_IPV6;
	return object_text(address_format(&a, text), &ret->addr);
}

static int network_address(struct test_node *node, const char *name, unsigned offset,
						   struct rvirt_wire_domain_ip_addr *ret)
{
	const struct object *network = object_by_name(node->objects[TEST_NETWORK], name);
	const struct node *ip = network ? node_child(network->def->root, "ip") : NULL;
	const struct node *range = node_child(node_child(ip, "dhcp"), "range");
	const char *netmask = node_attr(ip, "netmask");
	struct address mask;

	if (!network)
		return error_set(FROM_TEST, ERR_NO_NETWORK, "no network with matching name '%s'", name);
	if (!ip)
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "network '%s' gives out no addresses",
						 name);
	if (netmask && address_parse(netmask, AF_INET, &mask) == 0 && address_mask_prefix(&mask) > 0)
		ret->prefix = (unsigned)address_mask_prefix(&mask);
	ret->prefix = (unsigned)node_attr_num(ip, "prefix", ret->prefix);
	return count_from(range ? node_attr(range, "start") : node_attr(ip, "address"), offset, ret);
}

static int fill(struct test_node *node, const struct domain *d, const struct node *net,
				unsigned number, struct rvirt_wire_domain_interface *ret)
{
	const char *name = node_attr(node_child(net, "target"), "dev");
	const char *mac = node_attr(node_child(net, "mac"), "address");
	const char *network = node_attr(node_child(net, "source"), "network");

	if (object_text(name ? name : "", &ret->name) < 0 ||
		(mac && object_text(mac, &ret->hwaddr) < 0))
		return -1;
	if (!(ret->addrs = calloc(1, sizeof *ret->addrs)))
		return error_oom();
	ret->n_addrs = 1;
	if (node_attr_is(net, "type", "network"))
		return network_address(node, network ? network : "",
							   20 * ((unsigned)d->id - 1) + number + 1, ret->addrs);
	ret->addrs->prefix = 24;
	return count_from("192.168.0.1", number, ret->addrs);
}

int test_domain_interface_addresses(struct driver_conn *conn,
									const struct rvirt_wire_dom_source_flags_args *args,
									struct rvirt_wire_ifaces_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;
	const struct node *devices;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainInterfaceAddresses") < 0)
		return -1;
	if (args->source >= SOURCE_LAST)
		return error_set(FROM_TEST, ERR_ARGUMENT_UNSUPPORTED, "Unknown IP address data source %u",
						 args->source);
	if (!(d = test_find_active(node, &args->dom)))
		return -1;
	devices = node_child(d->def->root, "devices");
	if (!(ret->ifaces = calloc(node_count(devices, "interface") + 1, sizeof *ret->ifaces)))
		return error_oom();
	NODE_EACH(net, devices, "interface")
	{
		struct rvirt_wire_domain_interface *iface = &ret->ifaces[ret->n_ifaces];

		ret->n_ifaces++;
		if (fill(node, d, net, ret->n_ifaces - 1, iface) < 0)
			return -1;
	}
	return 0;
}
