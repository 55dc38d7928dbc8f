/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a host is and has: hostname, uri, version, nodeinfo, capabilities, freecell, sysinfo,
 * maxvcpus.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* The release of libvirt whose protocol this is. */
#define API_VERSION 9000000

static int hostname_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_hostname_ret ret = {0};

	(void)in;
	if (rvirt_call_connect_get_hostname(sh->conn, &ret) < 0)
		return out_fail_at(sh, "failed to get hostname");
	out_text(sh, "%s\n", ret.hostname);
	out_value(sh, json_pack("{s:o}", "hostname", out_json_text(ret.hostname)));
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_HOSTNAME, &ret);
	return 0;
}

static int uri_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *uri = rvirt_conn_uri(sh->conn);

	(void)in;
	if (!uri)
		return out_fail_at(sh, "failed to get URI");
	out_text(sh, "%s\n", uri);
	out_value(sh, json_pack("{s:o}", "uri", out_json_text(uri)));
	return 0;
}

static char *version_text(uint64_t v)
{
	return shell_printf("%llu.%llu.%llu", (unsigned long long)v / 1000000,
						(unsigned long long)v / 1000 % 1000, (unsigned long long)v % 1000);
}

/* Takes a failed call's error as its own line; the command goes on. */
static void show_daemon(struct shell *sh, json_t *object, bool known, uint64_t version)
{
	CLEANUP_FREE char *text = NULL;

	if (!known) {
		out_warn(sh, "failed to get the daemon version");
		return;
	}
	text = version_text(version);
	out_text(sh, "Running against daemon: %s\n", text);
	json_object_set_new(object, "daemon", json_string(text));
}

static int version_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_call *type_call, *hv_call, *daemon_call = NULL;
	CLEANUP_FREE char *library = version_text(rvirt_version()), *api = version_text(API_VERSION);
	CLEANUP_FREE char *hypervisor = NULL;
	struct rvirt_wire_type_ret type = {0};
	struct rvirt_wire_hv_ver_ret hv = {0};
	struct rvirt_wire_lib_ver_ret daemon = {0};
	bool daemon_known;
	json_t *object;
	int result = 0;

	type_call = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_TYPE, NULL);
	hv_call = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_VERSION, NULL);
	if (args_given(in, "daemon"))
		daemon_call = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_LIB_VERSION, NULL);
	if (domain_wait(type_call, &type) < 0)
		result = out_fail_at(sh, "failed to get hypervisor type");
	if (domain_wait(hv_call, &hv) < 0 && result == 0)
		result = out_fail_at(sh, "failed to get the hypervisor version");
	daemon_known = domain_wait(daemon_call, &daemon) == 0;
	if (result < 0) {
		rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_TYPE, &type);
		return -1;
	}
	out_text(sh, "Compiled against library: rvirt %s\nUsing library: rvirt %s\n", PACKAGE_VERSION,
			 library);
	out_text(sh, "Using API: %s %s\n", type.type, api);
	object = json_pack("{s:s, s:s, s:o}", "library", library, "api", api, "hypervisor_type",
					   out_json_text(type.type));
	if (hv.hv_ver == 0) {
		out_text(sh, "Cannot extract running %s hypervisor version\n", type.type);
	} else {
		hypervisor = version_text(hv.hv_ver);
		out_text(sh, "Running hypervisor: %s %s\n", type.type, hypervisor);
		json_object_set_new(object, "hypervisor", json_string(hypervisor));
	}
	if (args_given(in, "daemon"))
		show_daemon(sh, object, daemon_known, daemon.lib_ver);
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_TYPE, &type);
	return 0;
}

static int nodeinfo_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_node_get_info_ret info = {0};
	json_t *object = NULL;
	char model[sizeof(info.model) + 1] = "";
	const struct {
		const char *label, *key;
		int value;
	} counts[] = {
		{"CPU socket(s):", "sockets", 0},
		{"Core(s) per socket:", "cores_per_socket", 0},
		{"Thread(s) per core:", "threads_per_core", 0},
		{"NUMA cell(s):", "numa_cells", 0},
	};
	int values[4];

	(void)in;
	if (rvirt_call_node_get_info(sh->conn, &info) < 0)
		return out_fail_at(sh, "failed to get node information");
	memcpy(model, info.model, sizeof(info.model));
	out_field(sh, &object, 20, "CPU model:", "cpu_model", out_json_text(model), "%s", model);
	out_field(sh, &object, 20, "CPU(s):", "cpus", json_integer(info.cpus), "%d", info.cpus);
	if (info.mhz)
		out_field(sh, &object, 20, "CPU frequency:", "cpu_mhz", json_integer(info.mhz), "%d MHz",
				  info.mhz);
	memcpy(values, (const int[]){info.sockets, info.cores, info.threads, info.nodes},
		   sizeof(values));
	for (size_t i = 0; i < 4; i++)
		out_field(sh, &object, 20, counts[i].label, counts[i].key, json_integer(values[i]), "%d",
				  values[i]);
	out_field(sh, &object, 20, "Memory size:", "memory_kib", json_integer((json_int_t)info.memory),
			  "%llu KiB", (unsigned long long)info.memory);
	out_value(sh, object);
	return 0;
}

/* The host's capabilities; NULL with the error reported. */
static char *capabilities(struct shell *sh, const char *failure)
{
	struct rvirt_wire_capabilities_ret ret = {0};

	if (rvirt_call_connect_get_capabilities(sh->conn, &ret) < 0) {
		out_fail_at(sh, "%s", failure);
		return NULL;
	}
	return ret.capabilities;
}

static int capabilities_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *xml = capabilities(sh, "failed to get capabilities");

	(void)in;
	if (!xml)
		return -1;
	out_text(sh, "%s\n", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return 0;
}

static int sysinfo_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_flags_args args = {0};
	struct rvirt_wire_sysinfo_ret ret = {0};

	(void)in;
	if (rvirt_call_connect_get_sysinfo(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get sysinfo");
	out_text(sh, "%s", ret.sysinfo);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(ret.sysinfo)));
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_SYSINFO, &ret);
	return 0;
}

/* -- freecell -- */

static json_t *cell_json(int cell, uint64_t bytes)
{
	return json_pack("{s:i, s:I}", "cell", cell, "free_kib", (json_int_t)(bytes / 1024));
}

static int wait_cell(struct rvirt_call *call, uint64_t *ret_bytes)
{
	struct rvirt_wire_cells_ret ret = {0};
	int result = domain_wait(call, &ret);

	if (result == 0 && ret.n_cells == 1)
		*ret_bytes = ret.cells[0];
	else
		result = -1;
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_CELLS_FREE_MEMORY, &ret);
	return result;
}

static struct rvirt_call *send_cell(struct shell *sh, int cell)
{
	struct rvirt_wire_start_cell_maxcells_args args = {cell, 1};

	return rvirt_call_send(sh->conn, RVIRT_PROC_NODE_GET_CELLS_FREE_MEMORY, &args);
}

static int freecell_one(struct shell *sh, int cell)
{
	uint64_t bytes;

	if (wait_cell(send_cell(sh, cell), &bytes) < 0)
		return out_fail(sh);
	out_text(sh, "%d: %llu KiB\n", cell, (unsigned long long)bytes / 1024);
	out_value(sh, cell_json(cell, bytes));
	return 0;
}

/* Asks all the cells of the capabilities at once. */
static int ask_cells(struct shell *sh, xmlDoc *doc, xmlNode **nodes, size_t n, json_t **ret_cells,
					 uint64_t *ret_total)
{
	CLEANUP_FREE struct rvirt_call **calls = shell_alloc(n * sizeof(*calls));
	CLEANUP_FREE int *ids = shell_alloc(n * sizeof(*ids));
	CLEANUP_FREE uint64_t *bytes = shell_alloc(n * sizeof(*bytes));
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		ids[i] = xml_number(doc, nodes[i], "string(@id)");
		if (ids[i] < 0)
			result = out_refuse(sh, "conversion from string failed");
		else
			calls[i] = send_cell(sh, ids[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (calls[i] && wait_cell(calls[i], &bytes[i]) < 0 && result == 0)
			result = out_fail_at(sh, "failed to get free memory for NUMA node number: %d", ids[i]);
	if (result < 0)
		return -1;
	*ret_cells = json_array();
	*ret_total = 0;
	for (size_t i = 0; i < n; i++) {
		out_text(sh, "%5d: %10llu KiB\n", ids[i], (unsigned long long)bytes[i] / 1024);
		json_array_append_new(*ret_cells, cell_json(ids[i], bytes[i]));
		*ret_total += bytes[i];
	}
	return 0;
}

static int freecell_all(struct shell *sh)
{
	CLEANUP_FREE char *xml = capabilities(sh, "unable to get node capabilities");
	CLEANUP_XML xmlDoc *doc = xml ? xml_parse(xml, false) : NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	json_t *cells;
	uint64_t total;
	size_t n;

	if (!xml)
		return -1;
	if (!doc)
		return out_refuse(sh, "unable to get node capabilities");
	if (xml_nodes(doc, "/capabilities/host/topology/cells/cell", &nodes, &n) < 0)
		return out_refuse(sh, "could not get information about NUMA topology");
	if (ask_cells(sh, doc, nodes, n, &cells, &total) < 0)
		return -1;
	out_note(sh, "--------------------\n");
	out_note(sh, "%5s: %10llu KiB\n", "Total", (unsigned long long)total / 1024);
	out_value(sh, json_pack("{s:o, s:I}", "cells", cells, "free_kib", (json_int_t)(total / 1024)));
	return 0;
}

static int freecell_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_free_mem_ret ret;
	int cell, given;

	if (args_exclusive(sh, in, "all", "cellno") < 0)
		return -1;
	given = args_get_int(sh, in, "cellno", &cell);
	if (given < 0)
		return -1;
	if (args_given(in, "all"))
		return freecell_all(sh);
	if (given > 0)
		return freecell_one(sh, cell);
	if (rvirt_call_node_get_free_memory(sh->conn, &ret) < 0)
		return out_fail(sh);
	out_text(sh, "Total: %llu KiB\n", (unsigned long long)ret.free_mem / 1024);
	out_value(sh, json_pack("{s:I}", "free_kib", (json_int_t)(ret.free_mem / 1024)));
	return 0;
}

/* -- maxvcpus -- */

/* The limit in the domain capabilities; -1 if it is not there. */
static int max_in_capabilities(const char *text)
{
	CLEANUP_XML xmlDoc *doc = xml_parse(text, true);

	return doc ? xml_number(doc, NULL, "string(./vcpu[1]/@max)") : -1;
}

static int maxvcpus_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_connect_get_domain_capabilities_args caps_args = {0};
	struct rvirt_wire_type_args type_args = {0};
	struct rvirt_wire_capabilities_ret caps = {0};
	struct rvirt_wire_max_vcpus_ret max;
	struct rvirt_call *caps_call, *max_call;
	const char *type;
	int vcpus = -1;

	if (args_get_text(sh, in, "type", &type) < 0)
		return -1;
	caps_args.virttype = type_args.type = borrow(type);
	caps_call = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_DOMAIN_CAPABILITIES, &caps_args);
	max_call = rvirt_call_send(sh->conn, RVIRT_PROC_CONNECT_GET_MAX_VCPUS, &type_args);
	if (domain_wait(caps_call, &caps) == 0) {
		vcpus = max_in_capabilities(caps.capabilities);
		rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_DOMAIN_CAPABILITIES, &caps);
	}
	if (domain_wait(max_call, &max) < 0 && vcpus < 0)
		return out_fail(sh);
	if (vcpus < 0)
		vcpus = max.max_vcpus;
	out_text(sh, "%d\n", vcpus);
	out_value(sh, json_pack("{s:i}", "vcpus", vcpus));
	return 0;
}

static const struct arg version_args[] = {
	{"daemon", ARG_BOOL, "the daemon's version too"},
	{NULL},
};
static const struct arg freecell_args[] = {
	{"cellno", ARG_INT, "of one NUMA cell only"},
	{"all", ARG_BOOL, "of each NUMA cell"},
	{NULL},
};
static const struct arg maxvcpus_args[] = {
	{"type", ARG_STRING, "for domains of this type"},
	{NULL},
};

const struct cmd *cmd_host_rows(void)
{
	static const struct cmd rows[] = {
		{"hostname", "host", "name of the host", NULL, NULL, 0, hostname_run},
		{"uri", "host", "URI of the connection", NULL, NULL, 0, uri_run},
		{"version", "host", "versions of library, hypervisor and daemon",
		 "Shows the versions of what takes part in this connection.", version_args, 0, version_run},
		{"nodeinfo", "host", "processors and memory of the host", "Shows what the host is made of.",
		 NULL, 0, nodeinfo_run},
		{"capabilities", "host", "capabilities of host and hypervisor",
		 "Prints the XML of what the host and its hypervisor can do.", NULL, 0, capabilities_run},
		{"freecell", "host", "free memory of the host",
		 "Shows the free memory of the host, or of its NUMA cells.", freecell_args, 0,
		 freecell_run},
		{"sysinfo", "host", "firmware's description of the host",
		 "Prints the XML of what the host's firmware tells, if the hypervisor passes it on.", NULL,
		 0, sysinfo_run},
		{"maxvcpus", "host", "most virtual CPUs of a domain",
		 "Shows how many virtual CPUs a domain can have on this connection.", maxvcpus_args, 0,
		 maxvcpus_run},
		{NULL},
	};

	return rows;
}
