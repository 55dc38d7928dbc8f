/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain's network interfaces: domiflist, domifstat, domifaddr, domif-getlink, domif-setlink,
 * domiftune.
 */
#include "config.h"

#include "domain.h"
#include "netif.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"
#include "xml.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int domiflist_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Interface", "Type", "Source", "Model", "MAC"};
	static const char *const keys[] = {"interface", "type", "source", "model", "mac"};
	static const char *const paths[] = {
		"string(./target/@dev)", "string(./@type)",
		"string(./source/@bridge|./source/@dev|./source/@network|./source/@name|./source/@path)",
		"string(./model/@type)", "string(./mac/@address)"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL, *text = NULL;
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	struct table *table;
	json_t *all;
	size_t n;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		!(xml = domain_xml(sh, &dom, args_given(in, "inactive") ? RVIRT_DOMAIN_XML_INACTIVE : 0)))
		return -1;
	if (!(doc = xml_parse(xml, false)) ||
		xml_nodes(doc, "/domain/devices/interface", &nodes, &n) < 0)
		return out_refuse(sh, "the host's XML of the domain cannot be read");
	table = table_new(5, heads);
	all = json_array();
	for (size_t i = 0; i < n; i++) {
		const char *cells[5];
		char *values[5];
		json_t *one = json_object();

		for (int j = 0; j < 5; j++) {
			values[j] = xml_string(doc, nodes[i], paths[j]);
			cells[j] = values[j] ? values[j] : "-";
			json_object_set_new(one, keys[j], out_json_text(values[j]));
		}
		table_add(table, cells);
		json_array_append_new(all, one);
		for (int j = 0; j < 5; j++)
			free(values[j]);
	}
	text = table_format(table, true);
	table_free(table);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "interfaces", all));
	return 0;
}

static int domifstat_run(struct shell *sh, const struct invocation *in)
{
	static const char *const names[] = {"rx_bytes", "rx_packets", "rx_errs", "rx_drop",
										"tx_bytes", "tx_packets", "tx_errs", "tx_drop"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_device_args args;
	struct rvirt_wire_domain_interface_stats_ret s;
	const char *device;
	json_t *object;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "interface", &device) < 0)
		return -1;
	args = (struct rvirt_wire_dom_device_args){dom, borrow(device)};
	if (rvirt_call_domain_interface_stats(sh->conn, &args, &s) < 0)
		return out_fail_at(sh, "Failed to get interface stats %s %s", args_text(in, "domain"),
						   device);
	object = json_object();
	for (int i = 0; i < 8; i++) {
		const int64_t values[] = {s.rx_bytes, s.rx_packets, s.rx_errs, s.rx_drop,
								  s.tx_bytes, s.tx_packets, s.tx_errs, s.tx_drop};

		if (values[i] < 0)
			continue;
		out_text(sh, "%s %s %lld\n", device, names[i], (long long)values[i]);
		json_object_set_new(object, names[i], json_integer(values[i]));
	}
	out_value(sh, object);
	return 0;
}

/* An interface's lines: one for each address, its name in the first (full: in all). */
static json_t *show_addresses(struct shell *sh, const struct rvirt_wire_domain_interface *i,
							  bool full)
{
	const char *mac = i->hwaddr ? i->hwaddr : "N/A";
	json_t *addrs = json_array();

	if (!i->n_addrs)
		out_text(sh, " %-10s %-17s    %-12s %s\n", i->name, mac, "N/A", "N/A");
	for (uint32_t j = 0; j < i->n_addrs; j++) {
		const struct rvirt_wire_domain_ip_addr *a = &i->addrs[j];
		const char *type = a->type == 0 ? "ipv4" : a->type == 1 ? "ipv6" : "";

		out_text(sh, " %-10s %-17s    %-12s %s/%u\n", full || j == 0 ? i->name : "-",
				 full || j == 0 ? mac : "-", type, a->addr, a->prefix);
		json_array_append_new(addrs,
							  json_pack("{s:s, s:o, s:I}", "type", type, "address",
										out_json_text(a->addr), "prefix", (json_int_t)a->prefix));
	}
	return json_pack("{s:o, s:o, s:o}", "name", out_json_text(i->name), "mac",
					 out_json_text(i->hwaddr), "addresses", addrs);
}

static int domifaddr_run(struct shell *sh, const struct invocation *in)
{
	static const char *const sources[] = {"lease", "agent", "arp"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_source_flags_args args = {.source = 0};
	struct rvirt_wire_ifaces_ret ret = {0};
	const char *name, *source;
	json_t *all;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "interface", &name) < 0 ||
		args_get_text(sh, in, "source", &source) < 0)
		return -1;
	while (source && args.source < 3 && strcmp(source, sources[args.source]) != 0)
		args.source++;
	if (args.source == 3)
		return out_refuse(sh, "Unknown data source '%s'", source);
	args.dom = dom;
	if (rvirt_call_domain_interface_addresses(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to query for interfaces addresses");
	out_note(sh, " %-10s %-20s %-8s     %s\n%s%s\n", "Name", "MAC address", "Protocol", "Address",
			 "-------------------------------------------------", "------------------------------");
	all = json_array();
	for (uint32_t i = 0; i < ret.n_ifaces; i++)
		if (!name || strcmp(name, ret.ifaces[i].name) == 0)
			json_array_append_new(all, show_addresses(sh, &ret.ifaces[i], args_given(in, "full")));
	out_value(sh, json_pack("{s:o}", "interfaces", all));
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_INTERFACE_ADDRESSES, &ret);
	return 0;
}

/* A MAC address in its usual form, or "" if it is none. */
static void mac_text(const char *text, char ret[18])
{
	unsigned b[6];
	int n = 0;

	*ret = '\0';
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &n) ==
			6 &&
		!text[n])
		snprintf(ret, 18, "%02x:%02x:%02x:%02x:%02x:%02x", b[0] & 0xff, b[1] & 0xff, b[2] & 0xff,
				 b[3] & 0xff, b[4] & 0xff, b[5] & 0xff);
}

xmlNode *netif_find(xmlDoc *doc, const char *name, bool *ret_several)
{
	CLEANUP_FREE xmlNode **nodes = NULL;
	xmlNode *found = NULL;
	char mac[18];
	size_t n = 0;

	*ret_several = false;
	mac_text(name, mac);
	if (!doc || xml_nodes(doc, "/domain/devices/interface", &nodes, &n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		CLEANUP_FREE char *its_mac = xml_string(doc, nodes[i], "string(./mac/@address)");
		CLEANUP_FREE char *dev = xml_string(doc, nodes[i], "string(./target/@dev)");

		if ((*mac && its_mac && strcasecmp(mac, its_mac) == 0) || (dev && strcmp(dev, name) == 0)) {
			*ret_several = found;
			found = nodes[i];
		}
	}
	return *ret_several ? NULL : found;
}

static int refuse_getlink(struct shell *sh, const char *name, bool several)
{
	char mac[18];

	mac_text(name, mac);
	if (several)
		return out_refuse(sh, "multiple matching interfaces found");
	if (*mac)
		return out_refuse(sh, "Interface (mac: %s) not found.", mac);
	return out_refuse(sh, "Interface (dev: %s) not found.", name);
}

static int domif_getlink_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL, *state = NULL;
	CLEANUP_XML xmlDoc *doc = NULL;
	const char *name;
	xmlNode *iface;
	bool several;

	if (args_get_text(sh, in, "interface", &name) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		!(xml = domain_xml(sh, &dom, args_given(in, "config") ? RVIRT_DOMAIN_XML_INACTIVE : 0)))
		return -1;
	doc = xml_parse(xml, false);
	if (!(iface = netif_find(doc, name, &several)))
		return refuse_getlink(sh, name, several);
	state = xml_string(doc, iface, "string(./link/@state)");
	out_text(sh, "%s %s", name, state ? state : "up");
	out_value(sh, json_pack("{s:o, s:o}", "interface", out_json_text(name), "link",
							out_json_text(state ? state : "up")));
	return 0;
}

/* Gives an interface's element a link with that state, in place of the one it has. */
static void set_link(xmlNode *iface, const char *state)
{
	xmlNode *link = iface->children;

	while (link && !xmlStrEqual(link->name, (const xmlChar *)"link"))
		link = link->next;
	if (!link)
		link = xmlNewChild(iface, NULL, (const xmlChar *)"link", NULL);
	xmlSetProp(link, (const xmlChar *)"state", (const xmlChar *)state);
}

static int domif_setlink_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL, *changed = NULL;
	CLEANUP_XML xmlDoc *doc = NULL;
	bool config = args_given(in, "config");
	unsigned flags = config ? RVIRT_DOMAIN_AFFECT_CONFIG : RVIRT_DOMAIN_AFFECT_LIVE;
	const char *name, *state;
	xmlNode *iface;
	bool several;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "interface", &name) < 0 ||
		args_get_text(sh, in, "state", &state) < 0)
		return -1;
	if (strcmp(state, "up") != 0 && strcmp(state, "down") != 0)
		return out_refuse(sh, "invalid link state '%s'", state);
	if (dom.id < 0)
		flags = RVIRT_DOMAIN_AFFECT_CONFIG;
	if (!(xml = domain_xml(sh, &dom, config ? RVIRT_DOMAIN_XML_INACTIVE : 0)))
		return -1;
	doc = xml_parse(xml, true);
	if (!(iface = netif_find(doc, name, &several)))
		return out_refuse(
			sh, several ? "multiple matching interfaces found" : "interface '%s' not found", name);
	set_link(iface, state);
	changed = xml_format(doc, iface);
	if (args_given(in, "print-xml")) {
		out_text(sh, "%s", changed);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(changed)));
		return 0;
	}
	struct rvirt_wire_dom_xml_flags_args args = {dom, changed, flags};
	if (rvirt_call_domain_update_device_flags(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to update interface link state");
	out_note(sh, "Device updated successfully\n");
	return domain_done(sh, &dom, "updated");
}

/* One number of a rate; an empty one is 0. */
static int rate_part(struct shell *sh, const char *text, const char *name, uint64_t *ret)
{
	char *end;

	if (!*text)
		return 0;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno || end == text || *end || strchr(text, '-'))
		return out_refuse(sh, "field '%s' is malformed", name);
	return 0;
}

int netif_rate(struct shell *sh, const struct invocation *in, const char *option, bool zero,
			   struct netif_rate *ret)
{
	static const char *const names[] = {"average", "peak", "burst", "floor"};
	CLEANUP_STRINGS struct strings parts = {0};
	uint64_t *const places[] = {&ret->average, &ret->peak, &ret->burst, &ret->floor};
	bool inbound = *option == 'i';
	const char *text;

	if (args_get_text(sh, in, option, &text) < 0)
		return -1;
	if (!text)
		return 0;
	strings_split(&parts, text, ',');
	if (parts.n > 4)
		return out_refuse(sh, "Rate string '%s' has too many fields", text);
	for (size_t i = 0; i < parts.n; i++)
		if (rate_part(sh, parts.at[i], names[i], places[i]) < 0)
			return -1;
	if (zero) {
		for (int i = 0; i < 4; i++)
			if (*places[i] > UINT_MAX)
				return out_refuse(sh, "%s rate larger than maximum %u", option, UINT_MAX);
		if (ret->floor && !inbound)
			return out_refuse(sh, "outbound floor is unsupported yet");
		if (!ret->peak && !ret->burst)
			return 1;
	}
	if (!ret->average && !(inbound && ret->floor))
		return inbound ? out_refuse(sh, "either inbound average or floor is mandatory")
					   : out_refuse(sh, "outbound average is mandatory");
	if (ret->floor && !inbound)
		return out_refuse(sh, "outbound floor is unsupported yet");
	return 1;
}

static void add_rate(struct typed *t, const char *const *names, const struct netif_rate *rate)
{
	const uint64_t values[] = {rate->average, rate->peak, rate->burst, rate->floor};

	for (int i = 0; i < 4; i++)
		if (i == 0 || values[i])
			typed_uint(t, names[i], (unsigned)values[i]);
}

static int show_rates(struct shell *sh, const struct rvirt_wire_domain *dom, const char *device,
					  unsigned flags)
{
	struct rvirt_wire_domain_get_interface_parameters_args args = {*dom, borrow(device), 0, flags};
	struct rvirt_wire_params_nparams_ret ret = {0};

	if (rvirt_call_domain_get_interface_parameters(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get number of interface parameters");
	args.nparams = ret.nparams;
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_INTERFACE_PARAMETERS, &ret);
	if (!args.nparams)
		return 0;
	if (rvirt_call_domain_get_interface_parameters(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get interface parameters");
	typed_print(sh, ret.params, ret.n_params);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_INTERFACE_PARAMETERS, &ret);
	return 0;
}

static int domiftune_run(struct shell *sh, const struct invocation *in)
{
	static const char *const in_names[] = {"inbound.average", "inbound.peak", "inbound.burst",
										   "inbound.floor"};
	static const char *const out_names[] = {"outbound.average", "outbound.peak", "outbound.burst",
											"outbound.floor"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct netif_rate inbound = {0}, outbound = {0};
	struct typed params = {.n = 0};
	const char *device;
	unsigned flags;
	int has_in, has_out;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "interface", &device) < 0 ||
		(has_in = netif_rate(sh, in, "inbound", true, &inbound)) < 0 ||
		(has_out = netif_rate(sh, in, "outbound", true, &outbound)) < 0)
		return -1;
	if (has_in)
		add_rate(&params, in_names, &inbound);
	if (has_out)
		add_rate(&params, out_names, &outbound);
	if (!params.n)
		return show_rates(sh, &dom, device, flags);
	struct rvirt_wire_domain_set_interface_parameters_args args = {dom, borrow(device), params.n,
																   params.list, flags};
	if (rvirt_call_domain_set_interface_parameters(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to set interface parameters");
	return domain_done(sh, &dom, "changed");
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE
#define ARG_INTERFACE                                                                              \
	{                                                                                              \
		"interface", ARG_DATA, "target or MAC address of an interface"                             \
	}

static const struct arg domiflist_args[] = {
	ARG_DOMAIN_ANY(0), {"inactive", ARG_BOOL, "of the definition for the next boot"}, {NULL}};
static const struct arg domifstat_args[] = {ARG_DOMAIN_ANY(ACTIVE), ARG_INTERFACE, {NULL}};
static const struct arg domifaddr_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"interface", ARG_STRING, "only of the interface of that name"},
	{"full", ARG_BOOL, "name and MAC address in every line"},
	{"source", ARG_STRING, "who knows: lease, agent or arp"},
	{NULL},
};
static const struct arg getlink_args[] = {
	ARG_DOMAIN_ANY(0),
	ARG_INTERFACE,
	{"persistent", ARG_ALIAS, "config"},
	{"config", ARG_BOOL, "of the definition for the next boot"},
	{NULL},
};
static const struct arg setlink_args[] = {
	ARG_DOMAIN_ANY(0),
	ARG_INTERFACE,
	{"state", ARG_DATA, "up or down"},
	{"persistent", ARG_ALIAS, "config"},
	{"config", ARG_BOOL, "from the next boot on"},
	{"print-xml", ARG_BOOL, "print the changed interface instead"},
	{NULL},
};
static const struct arg domiftune_args[] = {
	ARG_DOMAIN_ANY(0),
	ARG_INTERFACE,
	{"inbound", ARG_STRING, "average,peak,burst,floor of what comes in, in kilobytes a second"},
	{"outbound", ARG_STRING, "average,peak,burst of what goes out, in kilobytes a second"},
	ARGS_AFFECT,
	{NULL},
};

const struct cmd *cmd_netif_rows(void)
{
	static const struct cmd rows[] = {
		{"domiflist", "monitor", "network interfaces of a domain",
		 "Lists the network interfaces of a domain.", domiflist_args, 0, domiflist_run},
		{"domifstat", "monitor", "statistics of a domain's network interface",
		 "Shows what went through a network interface of a running guest.", domifstat_args, 0,
		 domifstat_run},
		{"domifaddr", "monitor", "addresses of a domain's network interfaces",
		 "Shows the addresses that a running guest has, as leases, its agent or ARP know them.",
		 domifaddr_args, 0, domifaddr_run},
		{"domif-getlink", "monitor", "whether a domain's network interface has a link",
		 "Shows whether the cable of a network interface is plugged in.", getlink_args, 0,
		 domif_getlink_run},
		{"domif-setlink", "domain", "plug a domain's network interface in or out",
		 "Sets whether the cable of a network interface is plugged in.", setlink_args, CMD_WRITES,
		 domif_setlink_run},
		{"domiftune", "domain", "show or set the rates of a domain's network interface",
		 "Shows how much may go through a network interface, or limits it.", domiftune_args,
		 CMD_WRITES, domiftune_run},
		{NULL},
	};

	return rows;
}
