/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Virtual networks.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "event.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *yes_no(int value)
{
	return value ? "yes" : "no";
}

/* What must be asked for each network: all at once, however many there are. */
struct entry {
	const struct rvirt_wire_network *net;
	struct rvirt_call *active, *autostart, *persistent;
};

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct entry *)a)->net->name, ((const struct entry *)b)->net->name);
}

static struct entry *sorted(const struct rvirt_wire_nets_count_ret *found)
{
	struct entry *entries = shell_alloc((found->n_nets + 1) * sizeof(*entries));

	for (uint32_t i = 0; i < found->n_nets; i++)
		entries[i] = (struct entry){.net = &found->nets[i]};
	qsort(entries, found->n_nets, sizeof(*entries), by_name);
	return entries;
}

static void ask_all(struct shell *sh, struct entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rvirt_wire_net_args args = {*e[i].net};

		e[i].active = rvirt_call_send(sh->conn, RVIRT_PROC_NETWORK_IS_ACTIVE, &args);
		e[i].autostart = rvirt_call_send(sh->conn, RVIRT_PROC_NETWORK_GET_AUTOSTART, &args);
		e[i].persistent = rvirt_call_send(sh->conn, RVIRT_PROC_NETWORK_IS_PERSISTENT, &args);
	}
}

/* Adds one network to the table and the JSON. */
static void add_row(struct table *table, json_t *all, const struct entry *e)
{
	struct rvirt_wire_active_ret active = {-1};
	struct rvirt_wire_autostart_ret autostart = {-1};
	struct rvirt_wire_persistent_ret persistent = {-1};
	const char *cells[4] = {e->net->name};

	domain_wait(e->active, &active);
	domain_wait(e->autostart, &autostart);
	domain_wait(e->persistent, &persistent);
	cells[1] = active.active ? "active" : "inactive";
	cells[2] = autostart.autostart < 0 ? "no autostart" : yes_no(autostart.autostart);
	cells[3] = yes_no(persistent.persistent);
	table_add(table, cells);
	json_array_append_new(
		all, json_pack("{s:o, s:o, s:b, s:b, s:b}", "name", out_json_text(e->net->name), "uuid",
					   out_json_uuid(e->net->uuid), "active", active.active != 0, "autostart",
					   autostart.autostart > 0, "persistent", persistent.persistent != 0));
}

static void list_table(struct shell *sh, struct entry *entries, size_t n)
{
	static const char *const heads[] = {"Name", "State", "Autostart", "Persistent"};
	struct table *table = table_new(4, heads);
	json_t *all = json_array();
	CLEANUP_FREE char *text = NULL;

	ask_all(sh, entries, n);
	for (size_t i = 0; i < n; i++)
		add_row(table, all, &entries[i]);
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "networks", all));
	table_free(table);
}

static unsigned list_flags(const struct invocation *in)
{
	static const struct {
		const char *option;
		unsigned flag;
	} filters[] = {
		{"persistent", RVIRT_CONNECT_LIST_NETWORKS_PERSISTENT},
		{"transient", RVIRT_CONNECT_LIST_NETWORKS_TRANSIENT},
		{"autostart", RVIRT_CONNECT_LIST_NETWORKS_AUTOSTART},
		{"no-autostart", RVIRT_CONNECT_LIST_NETWORKS_NO_AUTOSTART},
	};
	unsigned flags = RVIRT_CONNECT_LIST_NETWORKS_ACTIVE;

	if (args_given(in, "inactive"))
		flags = RVIRT_CONNECT_LIST_NETWORKS_INACTIVE;
	if (args_given(in, "all"))
		flags = RVIRT_CONNECT_LIST_NETWORKS_ACTIVE | RVIRT_CONNECT_LIST_NETWORKS_INACTIVE;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (args_given(in, filters[i].option))
			flags |= filters[i].flag;
	return flags;
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_need_results_flags_args args = {1, list_flags(in)};
	struct rvirt_wire_nets_count_ret found = {0};
	bool uuid = args_given(in, "uuid"), name = args_given(in, "name");
	CLEANUP_FREE struct entry *entries = NULL;

	if (uuid + name + args_given(in, "table") > 1)
		return out_refuse(sh,
						  "Only one argument from --table, --name and --uuid may be specified.");
	if (rvirt_call_connect_list_all_networks(sh->conn, &args, &found) < 0)
		return out_fail_at(sh, "Failed to list networks");
	entries = sorted(&found);
	if ((!uuid && !name) || sh->json)
		list_table(sh, entries, found.n_nets);
	for (uint32_t i = 0; (uuid || name) && i < found.n_nets; i++) {
		char text[OUT_UUID_SIZE];

		out_text(sh, "%s\n", uuid ? out_uuid(entries[i].net->uuid, text) : entries[i].net->name);
	}
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_NETWORKS, &found);
	return 0;
}

static int info_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};
	struct rvirt_wire_active_ret active;
	struct rvirt_wire_persistent_ret persistent;
	struct rvirt_wire_autostart_ret autostart;
	struct rvirt_wire_name_ret bridge = {0};
	char uuid[OUT_UUID_SIZE];
	json_t *all = NULL;
	bool known;

	if (object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	out_field(sh, &all, 15, "Name:", "name", out_json_text(o.as.net.net.name), "%s",
			  o.as.net.net.name);
	out_uuid(o.as.net.net.uuid, uuid);
	out_field(sh, &all, 15, "UUID:", "uuid", json_string(uuid), "%s", uuid);
	if (object_call(sh, &o, RVIRT_PROC_NETWORK_IS_ACTIVE, &active) == 0)
		out_field(sh, &all, 15, "Active:", "active", json_boolean(active.active), "%s",
				  yes_no(active.active));
	known = object_call(sh, &o, RVIRT_PROC_NETWORK_IS_PERSISTENT, &persistent) == 0;
	out_field(sh, &all, 15, "Persistent:", "persistent",
			  known ? json_boolean(persistent.persistent) : json_null(), "%s",
			  known ? yes_no(persistent.persistent) : "unknown");
	known = object_call(sh, &o, RVIRT_PROC_NETWORK_GET_AUTOSTART, &autostart) == 0;
	out_field(sh, &all, 15, "Autostart:", "autostart",
			  known ? json_boolean(autostart.autostart) : json_null(), "%s",
			  known ? yes_no(autostart.autostart) : "no autostart");
	if (object_call(sh, &o, RVIRT_PROC_NETWORK_GET_BRIDGE_NAME, &bridge) == 0)
		out_field(sh, &all, 15, "Bridge:", "bridge", out_json_text(bridge.name), "%s", bridge.name);
	free(bridge.name);
	out_value(sh, all);
	return 0;
}

static int convert_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};
	bool to_name = strcmp(in->cmd->name, "net-name") == 0;
	char uuid[OUT_UUID_SIZE];

	if (object_find(sh, in, OBJECT_NETWORK, NULL, to_name ? OBJECT_BY_UUID : OBJECT_BY_NAME, &o) <
		0)
		return -1;
	out_uuid(o.as.net.net.uuid, uuid);
	out_text(sh, "%s\n", to_name ? o.as.net.net.name : uuid);
	out_value(sh, json_pack("{s:o, s:s}", "name", out_json_text(o.as.net.net.name), "uuid", uuid));
	return 0;
}

static int autostart_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};

	if (object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	return object_autostart(sh, in, &o, RVIRT_PROC_NETWORK_SET_AUTOSTART, "network");
}

static const char *const commands[] = {"none", "modify", "delete", "add-last", "add-first", NULL};
static const char *const sections[] = {"none",         "bridge",
									   "domain",       "ip",
									   "ip-dhcp-host", "ip-dhcp-range",
									   "forward",      "forward-interface",
									   "forward-pf",   "portgroup",
									   "dns-host",     "dns-txt",
									   "dns-srv",      NULL};

/* The place of a name in a list; 0 if it has none. */
static unsigned place_of(const char *const *list, const char *name)
{
	for (unsigned i = 1; list[i]; i++)
		if (strcmp(list[i], name) == 0)
			return i;
	return 0;
}

static void add_all(const char *const *list, struct strings *to)
{
	while (*++list)
		strings_add(to, *list);
}

static void command_complete(struct shell *sh, const struct invocation *in, unsigned what,
							 struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	add_all(commands, to);
	strings_add(to, "add");
}

static void section_complete(struct shell *sh, const struct invocation *in, unsigned what,
							 struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	add_all(sections, to);
}

static int update_args(struct shell *sh, const struct invocation *in,
					   struct rvirt_wire_network_update_args *args, char **ret_text)
{
	const char *command, *section, *xml;

	args->parent_index = -1;
	if (args_get_text(sh, in, "command", &command) < 0)
		return -1;
	args->command = strcmp(command, "add") == 0 ? RVIRT_NETWORK_UPDATE_COMMAND_ADD_LAST
												: place_of(commands, command);
	if (!args->command)
		return out_refuse(sh, "unrecognized command name '%s'", command);
	if (args_get_text(sh, in, "section", &section) < 0)
		return -1;
	if (!(args->section = place_of(sections, section)))
		return out_refuse(sh, "unrecognized section name '%s'", section);
	if (args_get_int(sh, in, "parent-index", &args->parent_index) < 0 ||
		args_get_text(sh, in, "xml", &xml) < 0)
		return -1;
	*ret_text = *xml == '<' ? shell_strdup(xml) : file_read(sh, xml);
	args->xml = *ret_text;
	return args->xml ? 0 : -1;
}

static int update_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_network_update_args args = {0};
	struct rvirt_wire_active_ret active = {0};
	bool live;

	if (domain_affect(sh, in, &args.flags) < 0 ||
		object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &o) < 0 ||
		update_args(sh, in, &args, &xml) < 0)
		return -1;
	args.net = o.as.net.net;
	if (rvirt_call_network_update(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to update network %s", o.as.net.net.name);
	if (!args.flags)
		object_call(sh, &o, RVIRT_PROC_NETWORK_IS_ACTIVE, &active);
	live = args_given(in, "live") || (!args.flags && active.active);
	out_note(sh, "Updated network %s %s%s%s", o.as.net.net.name,
			 args_given(in, "config") || !live ? "persistent config" : "",
			 args_given(in, "config") && live ? " and " : "", live ? "live state" : "");
	return object_done(sh, &o, "updated");
}

static int by_mac(const void *a, const void *b)
{
	const char *x = ((const struct rvirt_wire_network_dhcp_lease *)a)->mac;
	const char *y = ((const struct rvirt_wire_network_dhcp_lease *)b)->mac;

	return strcasecmp(x ? x : "", y ? y : "");
}

static const char *or_minus(const char *text)
{
	return text ? text : "-";
}

static void add_lease(struct table *table, json_t *all,
					  const struct rvirt_wire_network_dhcp_lease *l)
{
	time_t when = (time_t)l->expirytime;
	CLEANUP_FREE char *address = shell_printf("%s/%u", l->ipaddr, l->prefix);
	const char *type = l->type == RVIRT_IP_ADDR_TYPE_IPV4   ? "ipv4"
					   : l->type == RVIRT_IP_ADDR_TYPE_IPV6 ? "ipv6"
															: "-";
	const char *cells[] = {NULL,    or_minus(l->mac),      type,
						   address, or_minus(l->hostname), or_minus(l->clientid)};
	char text[32];
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&when, &tm));
	cells[0] = text;
	table_add(table, cells);
	json_array_append_new(all, json_pack("{s:I, s:o, s:s, s:o, s:o, s:o}", "expiry",
										 (json_int_t)l->expirytime, "mac", out_json_text(l->mac),
										 "protocol", type, "address", out_json_text(address),
										 "hostname", out_json_text(l->hostname), "client_id",
										 out_json_text(l->clientid)));
}

static int leases_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Expiry Time", "MAC address", "Protocol",
										"IP address",  "Hostname",    "Client ID or DUID"};
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};
	struct rvirt_wire_network_get_dhcp_leases_args args = {.need_results = 1};
	struct rvirt_wire_leases_count_ret ret = {0};
	CLEANUP_FREE char *text = NULL;
	struct table *table;
	json_t *all = json_array();
	const char *mac;

	if (args_get_text(sh, in, "mac", &mac) < 0 ||
		object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &o) < 0) {
		json_decref(all);
		return -1;
	}
	args.net = o.as.net.net;
	args.mac = mac ? borrow(mac) : NULL;
	if (rvirt_call_network_get_dhcp_leases(sh->conn, &args, &ret) < 0) {
		json_decref(all);
		return out_fail_at(sh, "Failed to get leases info for %s", o.label);
	}
	if (ret.n_leases)
		qsort(ret.leases, ret.n_leases, sizeof(*ret.leases), by_mac);
	table = table_new(6, heads);
	for (uint32_t i = 0; i < ret.n_leases; i++)
		add_lease(table, all, &ret.leases[i]);
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "leases", all));
	table_free(table);
	rvirt_wire_clear(RVIRT_PROC_NETWORK_GET_DHCP_LEASES, &ret);
	return 0;
}

static const char *describe_lifecycle(const void *msg, char buf[37], char **ret_text)
{
	static const char *const events[] = {"Defined", "Undefined", "Started", "Stopped"};
	const struct rvirt_wire_network_event_lifecycle_msg *m = msg;

	(void)buf;
	*ret_text = shell_strdup(m->event >= 0 && m->event < 4 ? events[m->event] : "unknown");
	return m->net.name;
}

static const struct event_type types[] = {
	{"lifecycle", RVIRT_PROC_NETWORK_EVENT_LIFECYCLE, describe_lifecycle}, {NULL}};

static int event_run_network(struct shell *sh, const struct invocation *in)
{
	static const struct event_class c = {"network", types,
										 RVIRT_PROC_CONNECT_NETWORK_EVENT_REGISTER_ANY,
										 RVIRT_PROC_CONNECT_NETWORK_EVENT_DEREGISTER_ANY};
	CLEANUP_OBJECT struct object o = {.type = OBJECT_NETWORK};
	bool one = args_given(in, "network");
	int rc = event_prepare(sh, in, &c);

	if (rc <= 0)
		return rc;
	if (one && object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	return event_run(sh, in, &c, one ? &o.as : NULL);
}

static void event_complete_network(struct shell *sh, const struct invocation *in, unsigned what,
								   struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	event_complete(types, to);
}

static const struct arg any_args[] = {ARG_NETWORK(0), {NULL}};
static const struct arg active_args[] = {ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE), {NULL}};
static const struct arg inactive_args[] = {ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_INACTIVE),
										   {NULL}};
static const struct arg kept_args[] = {ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_PERSISTENT), {NULL}};
static const struct arg autostart_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_PERSISTENT),
	{"disable", ARG_BOOL, "do not start it with the host"},
	{NULL},
};
static const struct arg file_args[] = {
	{"file", ARG_DATA, "file with the network's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg dumpxml_args[] = {
	ARG_NETWORK(0),
	{"inactive", ARG_BOOL, "what it will be from its next start on"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg list_args[] = {
	{"inactive", ARG_BOOL, "only networks that are not active"},
	{"all", ARG_BOOL, "active and inactive networks"},
	{"persistent", ARG_BOOL, "only networks with a persistent definition"},
	{"transient", ARG_BOOL, "only networks without a persistent definition"},
	{"autostart", ARG_BOOL, "only networks that start with the host"},
	{"no-autostart", ARG_BOOL, "only networks that do not start with the host"},
	{"uuid", ARG_BOOL, "print UUIDs, one network a line"},
	{"name", ARG_BOOL, "print names, one network a line"},
	{"table", ARG_BOOL, "print a table (the default)"},
	{NULL},
};
static const struct arg update_arg_rows[] = {
	ARG_NETWORK(0),
	{"command", ARG_DATA, "add-first, add-last (add), delete or modify", 0, command_complete},
	{"section", ARG_DATA, "the part of the network", 0, section_complete},
	{"xml", ARG_DATA, "file with the part's XML, or the XML itself", 0, file_complete},
	{"parent-index", ARG_INT, "which <ip> it is in, counted from 0"},
	{"config", ARG_BOOL, "from the next start on"},
	{"live", ARG_BOOL, "now, on the running network"},
	{"current", ARG_BOOL, "now or from the next start on, by its state"},
	{NULL},
};
static const struct arg leases_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE),
	{"mac", ARG_STRING, "only the leases of this MAC address"},
	{NULL},
};
static const struct arg event_args[] = {
	{"network", ARG_STRING, "only events of this network (name or UUID)", 0, object_complete,
	 OBJECT_WHAT(OBJECT_NETWORK, 0)},
	ARGS_EVENT(event_complete_network),
	{NULL},
};

const struct cmd *cmd_network_rows(void)
{
	static const struct cmd rows[] = {
		{"net-autostart", "network", "start a network with its host",
		 "Makes a network start when its host does.", autostart_args, CMD_WRITES, autostart_run},
		{"net-create", "network", "start a network from an XML file",
		 "Starts a network that exists for as long as it runs.", file_args, CMD_WRITES,
		 object_make_run},
		{"net-define", "network", "define a network from an XML file",
		 "Defines a network, or changes one that is defined.", file_args, CMD_WRITES,
		 object_make_run},
		{"net-destroy", "network", "stop a network", "Stops a network. Its definition stays.",
		 active_args, CMD_WRITES, object_act_run},
		{"net-dhcp-leases", "network", "show who has which address",
		 "Shows the leases that a network's DHCP server gave out.", leases_args, 0, leases_run},
		{"net-dumpxml", "network", "show a network's XML", "Prints the XML of a network.",
		 dumpxml_args, 0, object_dump_run},
		{"net-edit", "network", "edit a network's XML",
		 "Opens a network's XML in an editor and defines what is saved.", any_args, CMD_WRITES,
		 object_edit_run},
		{"net-event", "network", "wait for events of networks",
		 "Waits for an event of a network, or lists the types.", event_args, 0, event_run_network},
		{"net-info", "network", "show a network's properties",
		 "Shows whether a network is active, persistent, autostarted, and its bridge.", any_args, 0,
		 info_run},
		{"net-list", "network", "list networks",
		 "Lists the active networks, or those that the options ask for.", list_args, 0, list_run},
		{"net-name", "network", "show the name of a network's UUID", NULL, any_args, 0,
		 convert_run},
		{"net-start", "network", "start a network", "Starts a network that is defined.",
		 inactive_args, CMD_WRITES, object_act_run},
		{"net-undefine", "network", "undefine a network",
		 "Removes the definition of a network that is not active.", kept_args, CMD_WRITES,
		 object_act_run},
		{"net-update", "network", "change a part of a network",
		 "Adds, changes or removes one part of a network, also while it runs.", update_arg_rows,
		 CMD_WRITES, update_run},
		{"net-uuid", "network", "show the UUID of a network's name", NULL, any_args, 0,
		 convert_run},
		{NULL},
	};

	return rows;
}
