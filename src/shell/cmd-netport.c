/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The ports of virtual networks.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static int by_uuid(const void *a, const void *b)
{
	return memcmp(((const struct rvirt_wire_network_port *)a)->uuid,
				  ((const struct rvirt_wire_network_port *)b)->uuid, RVIRT_UUID_LEN);
}

static int list_ports(struct shell *sh, const struct object *net,
					  struct rvirt_wire_ports_count_ret *ret)
{
	struct rvirt_wire_network_list_all_ports_args args = {net->as.net.net, 1, 0};

	if (rvirt_call_network_list_all_ports(sh->conn, &args, ret) < 0)
		return -1;
	if (ret->n_ports)
		qsort(ret->ports, ret->n_ports, sizeof(*ret->ports), by_uuid);
	return 0;
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"UUID"};
	CLEANUP_OBJECT struct object net = {.type = OBJECT_NETWORK};
	struct rvirt_wire_ports_count_ret ret = {0};
	bool table = !args_given(in, "uuid");
	CLEANUP_FREE char *whole = NULL;
	struct table *t;
	json_t *all;

	if (args_given(in, "uuid") && args_given(in, "table"))
		return out_refuse(sh, "Only one argument from --table and --uuid may be specified.");
	if (object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &net) < 0)
		return -1;
	if (list_ports(sh, &net, &ret) < 0)
		return out_fail(sh);
	t = table_new(1, heads);
	all = json_array();
	for (uint32_t i = 0; i < ret.n_ports; i++) {
		char text[OUT_UUID_SIZE];
		const char *cells[] = {out_uuid(ret.ports[i].uuid, text)};

		table_add(t, cells);
		if (!table)
			out_text(sh, "%s\n", text);
		json_array_append_new(all, json_string(text));
	}
	whole = table_format(t, !sh->quiet);
	if (table)
		out_text(sh, "%s", whole);
	out_value(sh, json_pack("{s:o}", "ports", all));
	table_free(t);
	rvirt_wire_clear(RVIRT_PROC_NETWORK_LIST_ALL_PORTS, &ret);
	return 0;
}

/* Finds the port of a line. 0 with *ret to be released by rvirt_wire_clear(), or -1 with the error
 * reported. */
static int find(struct shell *sh, const struct invocation *in, struct rvirt_wire_port_ret *ret)
{
	CLEANUP_OBJECT struct object net = {.type = OBJECT_NETWORK};
	struct rvirt_wire_network_uuid_args args = {0};
	const char *port;

	if (object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &net) < 0 ||
		args_get_text(sh, in, "port", &port) < 0)
		return -1;
	args.network = net.as.net.net;
	if (!domain_parse_uuid(port, args.uuid))
		return out_refuse(sh, "failed to get network port '%s'", port);
	if (rvirt_call_network_port_lookup_by_uuid(sh->conn, &args, ret) < 0)
		return out_fail_at(sh, "failed to get network port '%s'", port);
	return 0;
}

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_port_ret found = {0};
	struct rvirt_wire_port_flags_args args;
	struct rvirt_wire_xml_ret ret = {0};
	int rc;

	if (find(sh, in, &found) < 0)
		return -1;
	args = (struct rvirt_wire_port_flags_args){found.port, 0};
	rc = rvirt_call_network_port_get_xml_desc(sh->conn, &args, &ret) < 0
			 ? out_fail(sh)
			 : document_print(sh, in, ret.xml);
	free(ret.xml);
	rvirt_wire_clear(RVIRT_PROC_NETWORK_PORT_LOOKUP_BY_UUID, &found);
	return rc;
}

static int done(struct shell *sh, const unsigned char uuid[RVIRT_UUID_LEN], const char *result)
{
	out_value(sh, json_pack("{s:o, s:s}", "uuid", out_json_uuid(uuid), "result", result));
	return 0;
}

static int delete_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_port_ret found = {0};
	struct rvirt_wire_port_flags_args args;
	char uuid[OUT_UUID_SIZE];
	int rc;

	if (find(sh, in, &found) < 0)
		return -1;
	args = (struct rvirt_wire_port_flags_args){found.port, 0};
	out_uuid(found.port.uuid, uuid);
	rc = rvirt_call_network_port_delete(sh->conn, &args);
	if (rc < 0)
		out_fail_at(sh, "Failed to delete network port %s", uuid);
	else
		out_note(sh, "Network port %s deleted\n", uuid);
	if (rc == 0)
		done(sh, found.port.uuid, "deleted");
	rvirt_wire_clear(RVIRT_PROC_NETWORK_PORT_LOOKUP_BY_UUID, &found);
	return rc;
}

static int create_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object net = {.type = OBJECT_NETWORK};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_network_xml_flags_args args;
	struct rvirt_wire_port_ret ret = {0};
	char uuid[OUT_UUID_SIZE];
	const char *file;

	if (object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &net) < 0 ||
		args_get_text(sh, in, "file", &file) < 0 || !(xml = file_read(sh, file)))
		return -1;
	args = (struct rvirt_wire_network_xml_flags_args){
		net.as.net.net, xml, args_given(in, "validate") ? RVIRT_NETWORK_PORT_CREATE_VALIDATE : 0};
	if (rvirt_call_network_port_create_xml(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to create network from %s", file);
	out_note(sh, "Network port %s created from %s\n", out_uuid(ret.port.uuid, uuid), file);
	done(sh, ret.port.uuid, "created");
	rvirt_wire_clear(RVIRT_PROC_NETWORK_PORT_CREATE_XML, &ret);
	return 0;
}

static const struct arg list_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE),
	{"uuid", ARG_BOOL, "print UUIDs, one a line"},
	{"table", ARG_BOOL, "print a table (the default)"},
	{NULL},
};
static const struct arg create_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE),
	{"file", ARG_DATA, "file with the port's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg dumpxml_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE),
	{"port", ARG_DATA, "UUID of the port"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg delete_args[] = {
	ARG_NETWORK(RVIRT_CONNECT_LIST_NETWORKS_ACTIVE),
	{"port", ARG_DATA, "UUID of the port"},
	{NULL},
};

const struct cmd *cmd_netport_rows(void)
{
	static const struct cmd rows[] = {
		{"net-port-list", "network", "list the ports of a network",
		 "Lists the UUIDs of a network's ports.", list_args, 0, list_run},
		{"net-port-create", "network", "create a port from an XML file",
		 "Creates a port on a network.", create_args, CMD_WRITES, create_run},
		{"net-port-dumpxml", "network", "show a port's XML", "Prints the XML of a network's port.",
		 dumpxml_args, 0, dumpxml_run},
		{"net-port-delete", "network", "delete a port", "Deletes a port of a network.", delete_args,
		 CMD_WRITES, delete_run},
		{NULL},
	};

	return rows;
}
