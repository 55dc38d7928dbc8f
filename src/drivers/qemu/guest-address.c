/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest's addresses and its name, by who knows them: its agent, the host's networks, or the table
 * of the host's neighbours.
 */
#include "config.h"
#include "drivers/network/netlink.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/guest-info.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/plug.h"

#include "conf/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

enum { LIST_MAX = 2048 }; /* of interfaces, and of the addresses of one */

/* A list of items grows by one, zeroed; NULL with the error set. */
static void *grow(void *list, uint32_t *n, size_t size)
{
	char *grown;

	if (*n >= LIST_MAX) {
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "there are more than %d addresses", LIST_MAX);
		return NULL;
	}
	if (!(grown = reallocarray(*(void **)list, *n + 1, size))) {
		error_oom();
		return NULL;
	}
	*(void **)list = grown;
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

/* The interface of that name, which is made where there is none; mac may be NULL. */
static struct rvirt_wire_domain_interface *need(struct rvirt_wire_ifaces_ret *ret, const char *name,
												size_t len, const char *mac)
{
	struct rvirt_wire_domain_interface *f;

	for (uint32_t i = 0; i < ret->n_ifaces; i++)
		if (strlen(ret->ifaces[i].name) == len && strncmp(ret->ifaces[i].name, name, len) == 0)
			return &ret->ifaces[i];
	if (!(f = grow(&ret->ifaces, &ret->n_ifaces, sizeof *f)))
		return NULL;
	f->name = strndup(name, len);
	f->hwaddr = mac ? strdup(mac) : NULL;
	if (f->name && (!mac || f->hwaddr))
		return f;
	error_oom();
	return NULL;
}

static int add_address(struct rvirt_wire_domain_interface *f, int type, const char *text,
					   unsigned prefix)
{
	struct rvirt_wire_domain_ip_addr *a = grow(&f->addrs, &f->n_addrs, sizeof *a);

	if (!a)
		return -1;
	*a = (struct rvirt_wire_domain_ip_addr){.type = type, .addr = strdup(text), .prefix = prefix};
	return a->addr ? 0 : error_oom();
}

/* -- the agent -- */

static int take_address(struct rvirt_wire_domain_interface *f, const json_t *entry)
{
	const char *type = qmp_text(entry, "ip-address-type"), *text = qmp_text(entry, "ip-address");
	long long prefix = qmp_int(entry, "prefix", -1);

	if (!type || !text)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "qemu agent didn't provide '%s' field for interface '%s'",
						 type ? "ip-address" : "ip-address-type", f->name);
	if (strcmp(type, "ipv4") != 0 && strcmp(type, "ipv6") != 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "unknown ip address type '%s'", type);
	if (prefix < 0 || prefix > UINT32_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "malformed 'prefix' field");
	return add_address(
		f, strcmp(type, "ipv4") == 0 ? RVIRT_IP_ADDR_TYPE_IPV4 : RVIRT_IP_ADDR_TYPE_IPV6, text,
		(unsigned)prefix);
}

int guest_take_interfaces(const json_t *list, struct rvirt_wire_ifaces_ret *ret)
{
	const json_t *entry, *address;
	size_t i, j;

	if (!json_is_array(list))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "qemu agent didn't return an array of interfaces");
	json_array_foreach(list, i, entry)
	{
		const char *name = qmp_text(entry, "name");
		struct rvirt_wire_domain_interface *f;

		if (!name)
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
							 "qemu agent didn't provide 'name' field");
		/* "eth0:1" is another address of eth0 */
		f = need(ret, name, strcspn(name, ":"), qmp_text(entry, "hardware-address"));
		if (!f)
			return -1;
		json_array_foreach(json_object_get(entry, "ip-addresses"), j, address)
		{
			if (take_address(f, address) < 0)
				return -1;
		}
	}
	return 0;
}

static int ask_agent(struct qemu *q, const struct rvirt_wire_domain *dom,
					 struct rvirt_wire_ifaces_ret *ret)
{
	CLEANUP_JSON json_t *list = NULL;

	GUEST_TURN(vm, q, dom);

	if (!vm || guest_call(vm, "guest-network-get-interfaces", NULL, &list) < 0)
		return -1;
	return guest_take_interfaces(list, ret);
}

/* -- the host -- */

/* An interface as a search has it. */
struct search {
	const char *name, *mac;
	struct rvirt_wire_ifaces_ret *ret;
	int result;
};

static int take_lease(struct search *s, const struct rvirt_wire_network_dhcp_lease *lease)
{
	struct rvirt_wire_domain_interface *f = need(s->ret, s->name, strlen(s->name), s->mac);

	return f ? add_address(f, lease->type, lease->ipaddr, lease->prefix) : -1;
}

/* Those that were given to a MAC address; the caller's by wire_clear(). */
static int find_leases(struct driver_host *host, const char *network, const char *mac,
					   struct rvirt_wire_leases_count_ret *ret)
{
	const struct wire_op *look = wire_op_by_number(RVIRT_PROC_NETWORK_LOOKUP_BY_NAME);
	const struct wire_op *list = wire_op_by_number(RVIRT_PROC_NETWORK_GET_DHCP_LEASES);
	struct rvirt_wire_name_args named = {.name = (char *)(uintptr_t)network};
	struct rvirt_wire_network_get_dhcp_leases_args args = {.mac = (char *)(uintptr_t)mac,
														   .need_results = 1};
	struct rvirt_wire_net_ret found = {0};
	struct driver_conn *networks = plug_networks(host);
	int r = networks ? driver_call(networks, look, &named, &found) : -1;

	if (r == 0) {
		args.net = found.net;
		r = driver_call(networks, list, &args, ret);
		wire_clear(look->ret, &found);
	}
	driver_close(networks);
	return r;
}

/* Without the lock. */
static int each_lease(struct driver_host *host, const struct domain_def *def,
					  int (*take)(struct search *s,
								  const struct rvirt_wire_network_dhcp_lease *lease),
					  struct search *s)
{
	NODE_EACH(n, node_child(def->root, "devices"), "interface")
	{
		struct rvirt_wire_leases_count_ret leases = {0};
		int r = 0;

		s->name = child_attr(n, "target", "dev");
		s->mac = child_attr(n, "mac", "address");
		if (!is(n, "type", "network") || !s->name || !s->mac)
			continue;
		if (find_leases(host, child_attr(n, "source", "network"), s->mac, &leases) < 0)
			return -1;
		for (uint32_t i = 0; i < leases.n_leases && r == 0; i++)
			r = take(s, &leases.leases[i]);
		wire_clear(wire_op_by_number(RVIRT_PROC_NETWORK_GET_DHCP_LEASES)->ret, &leases);
		if (r < 0)
			return -1;
	}
	return 0;
}

static int see_neighbour(const struct nlmsghdr *message, void *opaque)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(message);
	struct search *s = opaque;
	struct nlattr *attr;
	char text[INET6_ADDRSTRLEN] = "";
	unsigned char mac[6], wanted[6];
	struct rvirt_wire_domain_interface *f;
	bool same = false;

	mnl_attr_for_each(attr, message, sizeof *nd)
	{
		size_t len = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == NDA_DST && len == (nd->ndm_family == AF_INET ? 4u : 16u))
			inet_ntop(nd->ndm_family, mnl_attr_get_payload(attr), text, sizeof text);
		if (mnl_attr_get_type(attr) == NDA_LLADDR && len == sizeof mac) {
			memcpy(mac, mnl_attr_get_payload(attr), sizeof mac);
			same = value_parse_mac(s->mac, wanted) == 0 && memcmp(mac, wanted, sizeof mac) == 0;
		}
	}
	if (!same || !*text || (nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) || s->result < 0)
		return MNL_CB_OK;
	f = need(s->ret, s->name, strlen(s->name), s->mac);
	s->result = f ? add_address(f,
								nd->ndm_family == AF_INET ? RVIRT_IP_ADDR_TYPE_IPV4
														  : RVIRT_IP_ADDR_TYPE_IPV6,
								text, 0)
				  : -1;
	return MNL_CB_OK;
}

/* Those that the host has spoken to. */
static int each_neighbour(const struct domain_def *def, struct search *s)
{
	NODE_EACH(n, node_child(def->root, "devices"), "interface")
	{
		struct netlink nl;
		struct ndmsg *nd;
		int err;

		s->name = child_attr(n, "target", "dev");
		s->mac = child_attr(n, "mac", "address");
		if (!s->name || !s->mac)
			continue;
		netlink_begin(&nl, RTM_GETNEIGH, NLM_F_DUMP, sizeof *nd, (void **)&nd);
		err = netlink_ask(&nl, see_neighbour, s);
		if (err < 0)
			return error_errno(FROM_QEMU, -err, "cannot read the table of neighbours");
		if (s->result < 0)
			return -1;
	}
	return 0;
}

/* The definition of what runs, as it is now; the caller's. NULL with the error set. */
static struct domain_def *copy_def(struct qemu *q, const struct rvirt_wire_domain *dom)
{
	struct vm *vm = vm_find(q, dom);

	return vm && vm_check_active(vm) == 0 ? domain_def_copy(vm->d.def) : NULL;
}

int qemu_domain_interface_addresses(struct driver_conn *conn,
									const struct rvirt_wire_dom_source_flags_args *args,
									struct rvirt_wire_ifaces_ret *ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct search s = {.ret = ret};
	struct driver_host *host;

	if (qemu_flags(args->flags, 0, "qemuDomainInterfaceAddresses") < 0)
		return -1;
	{
		QEMU_LOCKED(q, conn);

		host = q->host;
		if (args->source == RVIRT_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
			return ask_agent(q, &args->dom, ret);
		if (!(def = copy_def(q, &args->dom)))
			return -1;
	}
	if (args->source == RVIRT_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
		return each_lease(host, def, take_lease, &s);
	if (args->source == RVIRT_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
		return each_neighbour(def, &s);
	return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED, "Unsupported IP address data source %d",
					 (int)args->source);
}

/* -- the name -- */

static int name_by_agent(struct qemu *q, const struct rvirt_wire_domain *dom, char **ret_name)
{
	CLEANUP_JSON json_t *value = NULL;
	const char *name;

	GUEST_TURN(vm, q, dom);

	if (!vm || guest_call(vm, "guest-get-host-name", NULL, &value) < 0 ||
		!(name = guest_text(value, "host-name", "guest-get-host-name")))
		return -1;
	*ret_name = strdup(name);
	return *ret_name ? 0 : error_oom();
}

/* The first lease with a name: s->name is what it is put into. */
struct name_search {
	struct search s;
	char *found;
};

static int take_name(struct search *s, const struct rvirt_wire_network_dhcp_lease *lease)
{
	struct name_search *n = (struct name_search *)s;

	if (!lease->hostname || n->found)
		return 0;
	n->found = strdup(lease->hostname);
	return n->found ? 0 : error_oom();
}

int qemu_domain_get_hostname(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_hostname_ret *ret)
{
	enum { LEASE = RVIRT_DOMAIN_GET_HOSTNAME_LEASE, AGENT = RVIRT_DOMAIN_GET_HOSTNAME_AGENT };
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct name_search n = {.found = NULL};
	struct driver_host *host;

	if (qemu_flags(args->flags, LEASE | AGENT, "qemuDomainGetHostname") < 0 ||
		args_either(args->flags, LEASE, "VIR_DOMAIN_GET_HOSTNAME_LEASE", AGENT,
					"VIR_DOMAIN_GET_HOSTNAME_AGENT", "qemuDomainGetHostname") < 0)
		return -1;
	{
		QEMU_LOCKED(q, conn);

		host = q->host;
		if (!(args->flags & LEASE))
			return name_by_agent(q, &args->dom, &ret->hostname);
		if (!(def = copy_def(q, &args->dom)))
			return -1;
	}
	if (each_lease(host, def, take_name, &n.s) < 0) {
		free(n.found);
		return -1;
	}
	if (!n.found)
		return error_set(FROM_QEMU, ERR_NO_HOSTNAME, "no hostname found for domain %s", def->name);
	ret->hostname = n.found;
	return 0;
}
