/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host's own network interfaces.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct entry {
	const struct rvirt_wire_interface *iface;
	struct rvirt_call *active;
};

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct entry *)a)->iface->name,
					  ((const struct entry *)b)->iface->name);
}

static struct entry *ask_all(struct shell *sh, const struct rvirt_wire_ifaces_count_ret *found)
{
	struct entry *e = shell_alloc((found->n_ifaces + 1) * sizeof(*e));

	for (uint32_t i = 0; i < found->n_ifaces; i++)
		e[i].iface = &found->ifaces[i];
	qsort(e, found->n_ifaces, sizeof(*e), by_name);
	for (uint32_t i = 0; i < found->n_ifaces; i++) {
		struct rvirt_wire_iface_args args = {*e[i].iface};

		e[i].active = rvirt_call_send(sh->conn, RVIRT_PROC_INTERFACE_IS_ACTIVE, &args);
	}
	return e;
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Name", "State", "MAC Address"};
	struct rvirt_wire_need_results_flags_args args = {1, RVIRT_CONNECT_LIST_INTERFACES_ACTIVE};
	struct rvirt_wire_ifaces_count_ret found = {0};
	CLEANUP_FREE struct entry *entries = NULL;
	CLEANUP_FREE char *text = NULL;
	struct table *table;
	json_t *all = json_array();

	if (args_given(in, "inactive"))
		args.flags = RVIRT_CONNECT_LIST_INTERFACES_INACTIVE;
	if (args_given(in, "all"))
		args.flags = RVIRT_CONNECT_LIST_INTERFACES_ACTIVE | RVIRT_CONNECT_LIST_INTERFACES_INACTIVE;
	if (rvirt_call_connect_list_all_interfaces(sh->conn, &args, &found) < 0) {
		json_decref(all);
		return out_fail_at(sh, "Failed to list interfaces");
	}
	entries = ask_all(sh, &found);
	table = table_new(3, heads);
	for (uint32_t i = 0; i < found.n_ifaces; i++) {
		const struct rvirt_wire_interface *iface = entries[i].iface;
		struct rvirt_wire_active_ret active = {-1};
		const char *cells[] = {iface->name, NULL, iface->mac};

		domain_wait(entries[i].active, &active);
		cells[1] = active.active ? "active" : "inactive";
		table_add(table, cells);
		json_array_append_new(all, json_pack("{s:o, s:b, s:o}", "name", out_json_text(iface->name),
											 "active", active.active != 0, "mac",
											 out_json_text(iface->mac)));
	}
	text = table_format(table, !sh->quiet);
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "interfaces", all));
	table_free(table);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_INTERFACES, &found);
	return 0;
}

static int convert_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_INTERFACE};
	bool to_mac = strcmp(in->cmd->name, "iface-mac") == 0;

	if (object_find(sh, in, OBJECT_INTERFACE, NULL, to_mac ? OBJECT_BY_NAME : OBJECT_BY_MAC, &o) <
		0)
		return -1;
	out_text(sh, "%s\n", to_mac ? o.as.iface.iface.mac : o.as.iface.iface.name);
	out_value(sh, json_pack("{s:o, s:o}", "name", out_json_text(o.as.iface.iface.name), "mac",
							out_json_text(o.as.iface.iface.mac)));
	return 0;
}

static int change_run(struct shell *sh, const struct invocation *in)
{
	static const struct {
		const char *command, *verb, *past;
		enum rvirt_proc proc;
	} changes[] = {
		{"iface-begin", "begin", "started", RVIRT_PROC_INTERFACE_CHANGE_BEGIN},
		{"iface-commit", "commit", "committed", RVIRT_PROC_INTERFACE_CHANGE_COMMIT},
		{"iface-rollback", "rollback", "rolled back", RVIRT_PROC_INTERFACE_CHANGE_ROLLBACK},
	};
	struct rvirt_wire_flags_args args = {0};
	size_t i = 0;

	while (strcmp(changes[i].command, in->cmd->name) != 0)
		i++;
	if (domain_wait(rvirt_call_send(sh->conn, changes[i].proc, &args), NULL) < 0)
		return out_fail_at(sh, "Failed to %s network config change transaction", changes[i].verb);
	out_note(sh, "Network config change transaction %s\n", changes[i].past);
	out_value(sh, json_pack("{s:s}", "result", changes[i].past));
	return 0;
}

/* The document of an interface, as it is after its next start. */
static xmlDoc *read_doc(struct shell *sh, struct object *o)
{
	struct rvirt_wire_xml_ret ret = {0};
	xmlDoc *doc = NULL;

	if (object_call_flags(sh, o, RVIRT_PROC_INTERFACE_GET_XML_DESC, RVIRT_INTERFACE_XML_INACTIVE,
						  &ret) < 0)
		out_fail(sh);
	else if (!(doc = xml_parse(ret.xml, true)))
		out_refuse(sh, "Failed to parse configuration of %s", o->label);
	free(ret.xml);
	return doc;
}

static bool has_type(const xmlNode *n, const char *type)
{
	xmlChar *value = xmlGetProp(n, (const xmlChar *)"type");
	bool same = value && xmlStrEqual(value, (const xmlChar *)type);

	xmlFree(value);
	return same;
}

/* Moves what belongs to a device, and not to the addresses on it. */
static void move_parts(xmlNode *from, xmlNode *to)
{
	static const char *const parts[] = {"mac", "bond", "vlan"};
	xmlNode *next;

	for (xmlNode *n = from->children; n; n = next) {
		next = n->next;
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			if (n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, (const xmlChar *)parts[i])) {
				xmlUnlinkNode(n);
				xmlAddChild(to, n);
				break;
			}
		}
	}
}

static void copy_attr(const xmlNode *from, xmlNode *to, const char *name)
{
	xmlChar *value = xmlGetProp(from, (const xmlChar *)name);

	xmlSetProp(to, (const xmlChar *)name, value);
	xmlFree(value);
}

static void set_attr(xmlNode *n, const char *name, const char *value)
{
	xmlSetProp(n, (const xmlChar *)name, (const xmlChar *)value);
}

/* Defines an interface from a document. 0 with *ret, or -1 with the library's error set. */
static int define(struct shell *sh, xmlDoc *doc, struct object *ret)
{
	CLEANUP_FREE char *xml = xml_format(doc, xmlDocGetRootElement(doc));
	struct rvirt_wire_xml_flags_args args = {xml, 0};

	if (rvirt_call_interface_define_xml(sh->conn, &args, (struct rvirt_wire_iface_ret *)&ret->as) <
		0)
		return -1;
	ret->label = "";
	return 0;
}

/* Puts the interface of a document into a bridge of its own. */
static void make_bridge(xmlNode *top, const char *name, bool stp, unsigned delay)
{
	xmlNode *bridge = xmlNewChild(top, NULL, (const xmlChar *)"bridge", NULL);
	xmlNode *inner = xmlNewChild(bridge, NULL, (const xmlChar *)"interface", NULL);
	CLEANUP_FREE char *seconds = shell_printf("%u", delay);

	set_attr(bridge, "stp", stp ? "on" : "off");
	if (stp)
		set_attr(bridge, "delay", seconds);
	copy_attr(top, inner, "type");
	copy_attr(top, inner, "name");
	set_attr(top, "type", "bridge");
	set_attr(top, "name", name);
	move_parts(top, inner);
}

static int start(struct shell *sh, struct object *o, const char *name, const char *kind)
{
	if (object_call_flags(sh, o, RVIRT_PROC_INTERFACE_CREATE, 0, NULL) < 0)
		return out_fail_at(sh, "Failed to start %s %s", kind, name);
	out_note(sh, "%c%s %s started\n", *kind - 'a' + 'A', kind + 1, name);
	return 0;
}

static int bridge_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_INTERFACE}, made = {.type = OBJECT_INTERFACE};
	CLEANUP_XML xmlDoc *doc = NULL;
	struct rvirt_wire_name_args as_name = {0};
	struct rvirt_wire_iface_ret there = {0};
	const char *name;
	unsigned delay = 0;

	if (object_find(sh, in, OBJECT_INTERFACE, NULL, OBJECT_BY_NAME, &o) < 0 ||
		args_get_text(sh, in, "bridge", &name) < 0)
		return -1;
	as_name.name = borrow(name);
	if (rvirt_call_interface_lookup_by_name(sh->conn, &as_name, &there) == 0) {
		rvirt_wire_clear(RVIRT_PROC_INTERFACE_LOOKUP_BY_NAME, &there);
		return out_refuse(sh, "Network device %s already exists", name);
	}
	if (args_get_uint(sh, in, "delay", &delay) < 0 || !(doc = read_doc(sh, &o)))
		return -1;
	if (has_type(xmlDocGetRootElement(doc), "bridge"))
		return out_refuse(sh, "Existing device %s is already a bridge", o.label);
	make_bridge(xmlDocGetRootElement(doc), name, !args_given(in, "no-stp"), delay);
	if (define(sh, doc, &made) < 0)
		return out_fail_at(sh, "Failed to define new bridge interface %s", name);
	out_note(sh, "Created bridge %s with attached device %s\n", name, o.label);
	if (!args_given(in, "no-start") && start(sh, &made, name, "bridge interface") < 0)
		return -1;
	return object_done(sh, &made, "bridged");
}

/* Takes the interface in a bridge's document out of it. 0 with its name, or -1 with the error
 * reported. */
static int unmake_bridge(struct shell *sh, xmlDoc *doc, const char *label)
{
	CLEANUP_FREE xmlNode **inner = NULL;
	xmlNode *top = xmlDocGetRootElement(doc);
	size_t n = 0;

	if (!has_type(top, "bridge"))
		return out_refuse(sh, "Device %s is not a bridge", label);
	if (xml_nodes(doc, "/interface/bridge/interface", &inner, &n) < 0 || n == 0)
		return out_refuse(sh, "No interface attached to bridge");
	if (n > 1)
		return out_refuse(sh, "Multiple interfaces attached to bridge");
	copy_attr(inner[0], top, "type");
	copy_attr(inner[0], top, "name");
	move_parts(inner[0], top);
	return 0;
}

static int unbridge_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_INTERFACE}, made = {.type = OBJECT_INTERFACE};
	CLEANUP_XML xmlDoc *doc = NULL;
	const char *name;

	if (object_find(sh, in, OBJECT_INTERFACE, "bridge", OBJECT_BY_NAME, &o) < 0 ||
		!(doc = read_doc(sh, &o)) || unmake_bridge(sh, doc, o.label) < 0)
		return -1;
	if (object_call_flags(sh, &o, RVIRT_PROC_INTERFACE_DESTROY, 0, NULL) < 0)
		return out_fail_at(sh, "Failed to destroy bridge interface %s", o.label);
	if (object_call(sh, &o, RVIRT_PROC_INTERFACE_UNDEFINE, NULL) < 0)
		return out_fail_at(sh, "Failed to undefine bridge interface %s", o.label);
	if (define(sh, doc, &made) < 0)
		return out_fail_at(sh, "Failed to define new interface");
	name = made.as.iface.iface.name;
	out_note(sh, "Device %s un-attached from bridge %s\n", name, o.label);
	if (!args_given(in, "no-start") && start(sh, &made, name, "interface") < 0)
		return -1;
	return object_done(sh, &made, "unbridged");
}

static const struct arg any_args[] = {ARG_INTERFACE("interface", "name or MAC address"), {NULL}};
static const struct arg list_args[] = {
	{"inactive", ARG_BOOL, "only interfaces that are not active"},
	{"all", ARG_BOOL, "active and inactive interfaces"},
	{NULL},
};
static const struct arg file_args[] = {
	{"file", ARG_DATA, "file with the interface's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg dumpxml_args[] = {
	ARG_INTERFACE("interface", "name or MAC address"),
	{"inactive", ARG_BOOL, "what it will be from its next start on"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg bridge_args[] = {
	ARG_INTERFACE("interface", "name of the interface"),
	{"bridge", ARG_DATA, "name of the new bridge"},
	{"no-stp", ARG_BOOL, "without the spanning tree protocol"},
	{"delay", ARG_INT, "seconds before a new port forwards"},
	{"no-start", ARG_BOOL, "do not start the bridge"},
	{NULL},
};
static const struct arg unbridge_args[] = {
	ARG_INTERFACE("bridge", "name of the bridge"),
	{"no-start", ARG_BOOL, "do not start the interface"},
	{NULL},
};
static const struct arg no_args[] = {{NULL}};

const struct cmd *cmd_iface_rows(void)
{
	static const struct cmd rows[] = {
		{"iface-begin", "interface", "remember the interfaces' settings",
		 "Remembers the settings of the host's interfaces, for iface-rollback.", no_args,
		 CMD_WRITES, change_run},
		{"iface-bridge", "interface", "put an interface into a new bridge",
		 "Makes a bridge and puts an existing interface into it.", bridge_args, CMD_WRITES,
		 bridge_run},
		{"iface-commit", "interface", "keep the changes since iface-begin",
		 "Keeps the changes since iface-begin.", no_args, CMD_WRITES, change_run},
		{"iface-define", "interface", "define an interface from an XML file",
		 "Defines an interface of the host, or changes one that is defined.", file_args, CMD_WRITES,
		 object_make_run},
		{"iface-destroy", "interface", "stop an interface", "Takes an interface of the host down.",
		 any_args, CMD_WRITES, object_act_run},
		{"iface-dumpxml", "interface", "show an interface's XML",
		 "Prints the XML of an interface of the host.", dumpxml_args, 0, object_dump_run},
		{"iface-edit", "interface", "edit an interface's XML",
		 "Opens an interface's XML in an editor and defines what is saved.", any_args, CMD_WRITES,
		 object_edit_run},
		{"iface-list", "interface", "list the host's interfaces",
		 "Lists the active interfaces, or those that the options ask for.", list_args, 0, list_run},
		{"iface-mac", "interface", "show the MAC address of an interface", NULL, any_args, 0,
		 convert_run},
		{"iface-name", "interface", "show the interface with a MAC address", NULL, any_args, 0,
		 convert_run},
		{"iface-rollback", "interface", "undo the changes since iface-begin",
		 "Brings the settings back that iface-begin remembered.", no_args, CMD_WRITES, change_run},
		{"iface-start", "interface", "start an interface", "Brings an interface of the host up.",
		 any_args, CMD_WRITES, object_act_run},
		{"iface-unbridge", "interface", "take an interface out of its bridge",
		 "Removes a bridge and leaves the interface that was in it.", unbridge_args, CMD_WRITES,
		 unbridge_run},
		{"iface-undefine", "interface", "undefine an interface",
		 "Removes the definition of an interface.", any_args, CMD_WRITES, object_act_run},
		{NULL},
	};

	return rows;
}
