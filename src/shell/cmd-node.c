/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host's pages, CPUs and tunables: allocpages, freepages, nodecpumap, node-memory-tune,
 * nodesevinfo.
 */
#include "config.h"

#include "cpus.h"
#include "domain.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"
#include "xml.h"

#include <limits.h>
#include <stdlib.h>

/* The size of a page in KiB. As args_get_size(). */
static int page_size(struct shell *sh, const struct invocation *in, unsigned *ret)
{
	uint64_t bytes;
	int given = args_get_size(sh, in, "pagesize", 1024, &bytes);

	if (given > 0)
		*ret = (unsigned)(bytes / 1024);
	return given;
}

/* The capabilities as a document; NULL with the error reported. */
static xmlDoc *capabilities(struct shell *sh)
{
	struct rvirt_wire_capabilities_ret caps = {0};
	xmlDoc *doc;

	if (rvirt_call_connect_get_capabilities(sh->conn, &caps) < 0) {
		out_fail_at(sh, "unable to get node capabilities");
		return NULL;
	}
	doc = xml_parse(caps.capabilities, true);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_CAPABILITIES, &caps);
	if (!doc)
		out_refuse(sh, "unable to get node capabilities");
	return doc;
}

/* -- freepages -- */

/* Shows how many pages of these sizes a cell has free. */
static int show_pages(struct shell *sh, int cell, unsigned *sizes, size_t n, json_t *cells)
{
	struct rvirt_wire_node_get_free_pages_args args = {(uint32_t)n, sizes, cell, 1, 0};
	struct rvirt_wire_counts_ret ret = {0};
	json_t *pages = json_object();

	if (rvirt_call_node_get_free_pages(sh->conn, &args, &ret) < 0) {
		json_decref(pages);
		return out_fail(sh);
	}
	for (size_t i = 0; i < n && i < ret.n_counts; i++) {
		CLEANUP_FREE char *key = shell_printf("%u", sizes[i]);

		out_text(sh, "%uKiB: %llu\n", sizes[i], (unsigned long long)ret.counts[i]);
		json_object_set_new(pages, key, json_integer((json_int_t)ret.counts[i]));
	}
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_FREE_PAGES, &ret);
	json_array_append_new(cells, json_pack("{s:i, s:o}", "cell", cell, "free", pages));
	return 0;
}

static int compare_sizes(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The sizes of pages that the host's CPUs or one of its cells can have. */
static size_t host_sizes(xmlDoc *doc, unsigned sizes[], size_t max)
{
	xmlNode **nodes = NULL;
	size_t n, kept = 0, unique = 0;

	if (xml_nodes(doc, "/capabilities/host/cpu/pages | /capabilities/host/topology//pages", &nodes,
				  &n) < 0)
		return 0;
	for (size_t i = 0; i < n && kept < max; i++) {
		int size = xml_number(doc, nodes[i], "string(./@size)");

		if (size > 0)
			sizes[kept++] = (unsigned)size;
	}
	free((void *)nodes);
	qsort(sizes, kept, sizeof(*sizes), compare_sizes);
	for (size_t i = 0; i < kept; i++)
		if (!unique || sizes[unique - 1] != sizes[i])
			sizes[unique++] = sizes[i];
	return unique;
}

/* Calls one() for each cell of the host. 0 or -1. */
static int all_cells(struct shell *sh, unsigned size, json_t *cells)
{
	CLEANUP_XML xmlDoc *doc = capabilities(sh);
	unsigned sizes[64] = {size};
	size_t n, n_sizes = 1;
	xmlNode **nodes = NULL;
	int result = 0;

	if (!doc)
		return -1;
	if (!size && !(n_sizes = host_sizes(doc, sizes, sizeof(sizes) / sizeof(*sizes))))
		return out_refuse(sh, "no known page sizes");
	if (xml_nodes(doc, "/capabilities/host/topology/cells/cell", &nodes, &n) < 0 || !n) {
		free((void *)nodes);
		return out_refuse(sh, "could not get information about NUMA topology");
	}
	for (size_t i = 0; i < n && result == 0; i++) {
		int cell = xml_number(doc, nodes[i], "string(./@id)");

		out_text(sh, "Node %d:\n", cell);
		result = show_pages(sh, cell, sizes, n_sizes, cells);
		out_text(sh, "\n");
	}
	free((void *)nodes);
	return result;
}

static int freepages_run(struct shell *sh, const struct invocation *in)
{
	json_t *cells;
	unsigned size = 0;
	int cell = 0, given, sized, result;

	if (args_exclusive(sh, in, "all", "cellno") < 0 ||
		(given = args_get_int(sh, in, "cellno", &cell)) < 0 ||
		(sized = page_size(sh, in, &size)) < 0)
		return -1;
	if (!args_given(in, "all") && !given)
		return out_refuse(sh, "missing cellno argument");
	if (given && (cell < -1))
		return out_refuse(sh, "cell number must be non-negative integer or -1");
	if (given && !sized)
		return out_refuse(sh, "missing pagesize argument");
	cells = json_array();
	result = given ? show_pages(sh, cell, &size, 1, cells) : all_cells(sh, size, cells);
	out_value(sh, cells);
	return result;
}

/* -- allocpages -- */

static int allocpages_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_node_alloc_pages_args args = {.start_cell = -1, .cell_count = 1};
	struct rvirt_wire_count_ret ret;
	unsigned size = 0;
	uint64_t count = 0;
	int cell = -1, given;

	if (args_exclusive(sh, in, "all", "cellno") < 0 ||
		(given = args_get_int(sh, in, "cellno", &cell)) < 0)
		return -1;
	if (page_size(sh, in, &size) < 0 || args_get_ull(sh, in, "pagecount", &count) < 0)
		return -1;
	if (args_given(in, "all")) {
		CLEANUP_XML xmlDoc *doc = capabilities(sh);
		int cells =
			doc ? xml_number(doc, NULL, "count(/capabilities/host/topology/cells/cell)") : -1;

		if (!doc)
			return -1;
		args.start_cell = 0;
		args.cell_count = cells > 0 ? (unsigned)cells : 0;
	} else {
		args.start_cell = cell;
	}
	args.n_page_sizes = args.n_page_counts = 1;
	args.page_sizes = &size;
	args.page_counts = &count;
	args.flags = args_given(in, "add") ? 0 : RVIRT_NODE_ALLOC_PAGES_SET;
	if (rvirt_call_node_alloc_pages(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	out_value(sh, json_pack("{s:i}", "cells", ret.count));
	return 0;
}

/* -- nodecpumap -- */

static int nodecpumap_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_node_get_cpu_map_args args = {1, 1, 0};
	struct rvirt_wire_cpumap_online_count_ret ret = {0};
	CLEANUP_FREE char *list = NULL, *map = NULL;

	if (rvirt_call_node_get_cpu_map(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get cpu map");
	list = cpus_text(ret.cpumap, ret.n_cpumap);
	map = shell_alloc((size_t)ret.count + 1);
	for (int i = 0; i < ret.count; i++)
		map[i] = cpus_has(ret.cpumap, ret.n_cpumap, i) ? 'y' : '-';
	map[ret.count] = '\0';
	out_text(sh, "%-15s %d\n%-15s %u\n%-15s %s\n", "CPUs present:", ret.count,
			 "CPUs online:", ret.online, "CPU map:", args_given(in, "pretty") ? list : map);
	out_value(sh, json_pack("{s:i, s:I, s:s}", "present", ret.count, "online",
							(json_int_t)ret.online, "cpus", list));
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_MAP, &ret);
	return 0;
}

/* -- parameters -- */

/* Asks how many parameters there are, then for them, and shows them. 0 or -1 with no error
 * reported. */
static int show_params(struct shell *sh, enum rvirt_proc proc, const char *title)
{
	struct rvirt_wire_nparams_flags_args args = {0, 0};
	struct rvirt_wire_params64_nparams_ret ret = {0};
	json_t *object;

	if (domain_wait(rvirt_call_send(sh->conn, proc, &args), &ret) < 0)
		return -1;
	args.nparams = ret.nparams;
	rvirt_wire_clear(proc, &ret);
	if (args.nparams && domain_wait(rvirt_call_send(sh->conn, proc, &args), &ret) < 0)
		return -1;
	out_text(sh, "%s", args.nparams ? title : "");
	object = json_object();
	for (uint32_t i = 0; args.nparams && i < ret.n_params; i++) {
		CLEANUP_FREE char *text = typed_format(&ret.params[i]);

		out_text(sh, *title ? "\t%-15s %s\n" : "%-18s: %s\n", ret.params[i].field, text);
		json_object_set_new(object, ret.params[i].field, typed_json(&ret.params[i]));
	}
	out_value(sh, object);
	if (args.nparams)
		rvirt_wire_clear(proc, &ret);
	return 0;
}

static int memory_tune_run(struct shell *sh, const struct invocation *in)
{
	static const struct {
		const char *option, *name;
	} options[] = {{"shm-pages-to-scan", "shm_pages_to_scan"},
				   {"shm-sleep-millisecs", "shm_sleep_millisecs"},
				   {"shm-merge-across-nodes", "shm_merge_across_nodes"}};
	struct typed params = {.n = 0};
	struct rvirt_wire_params_flags_args args = {0};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		unsigned value;
		int given = args_get_uint(sh, in, options[i].option, &value);

		if (given < 0)
			return -1;
		if (given)
			typed_uint(&params, options[i].name, value);
	}
	if (!params.n) {
		if (show_params(sh, RVIRT_PROC_NODE_GET_MEMORY_PARAMETERS, "Shared memory:\n") < 0)
			return out_fail_at(sh, "Unable to get number of memory parameters");
		return 0;
	}
	args = (struct rvirt_wire_params_flags_args){params.n, params.list, 0};
	if (rvirt_call_node_set_memory_parameters(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to change memory parameters");
	out_value(sh, json_pack("{s:s}", "result", "changed"));
	return 0;
}

static int sevinfo_run(struct shell *sh, const struct invocation *in)
{
	(void)in;
	if (show_params(sh, RVIRT_PROC_NODE_GET_SEV_INFO, "") < 0)
		return out_fail_at(sh, "Unable to get host SEV information");
	return 0;
}

static const struct arg freepages_args[] = {
	{"cellno", ARG_INT, "a NUMA cell"},
	{"pagesize", ARG_INT, "size of a page, in KiB without a unit"},
	{"all", ARG_BOOL, "every NUMA cell"},
	{NULL},
};

static const struct arg allocpages_args[] = {
	{"pagesize", ARG_INT, "size of a page, in KiB without a unit", ARG_REQUIRED},
	{"pagecount", ARG_INT, "how many pages", ARG_REQUIRED},
	{"cellno", ARG_INT, "a NUMA cell"},
	{"add", ARG_BOOL, "as many more instead of as many in all"},
	{"all", ARG_BOOL, "every NUMA cell"},
	{NULL},
};

static const struct arg cpumap_args[] = {
	{"pretty", ARG_BOOL, "the CPUs as a list such as 0-3"},
	{NULL},
};

static const struct arg memory_tune_args[] = {
	{"shm-pages-to-scan", ARG_INT, "pages to look at before a rest"},
	{"shm-sleep-millisecs", ARG_INT, "milliseconds of a rest"},
	{"shm-merge-across-nodes", ARG_INT, "whether pages of several NUMA cells are merged: 0 or 1"},
	{NULL},
};

const struct cmd *cmd_node_rows(void)
{
	static const struct cmd rows[] = {
		{"freepages", "host", "free pages of NUMA cells",
		 "Shows how many pages of each size a NUMA cell has free.", freepages_args, 0,
		 freepages_run},
		{"allocpages", "host", "reserve pages on NUMA cells",
		 "Sets how many pages of a size the host keeps for guests.", allocpages_args, CMD_WRITES,
		 allocpages_run},
		{"nodecpumap", "host", "which CPUs of the host are online",
		 "Shows how many CPUs the host has and which of them are online.", cpumap_args, 0,
		 nodecpumap_run},
		{"node-memory-tune", "host", "the host's merging of equal pages",
		 "Shows the parameters of the host's memory, or sets those that are given.",
		 memory_tune_args, 0, memory_tune_run},
		{"nodesevinfo", "host", "what the host offers for encrypted guests",
		 "Shows what the host knows of AMD's encryption of guests.", NULL, 0, sevinfo_run},
		{NULL},
	};

	return rows;
}
