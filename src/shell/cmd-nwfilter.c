/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Filters of network traffic, and what they are bound to.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "table.h"

#include <stdlib.h>
#include <strings.h>

static int by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct rvirt_wire_nwfilter *)a)->name,
					  ((const struct rvirt_wire_nwfilter *)b)->name);
}

static void print(struct shell *sh, struct table *table, const char *key, json_t *all)
{
	CLEANUP_FREE char *text = table_format(table, !sh->quiet);

	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", key, all));
	table_free(table);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"UUID", "Name"};
	struct rvirt_wire_need_results_flags_args args = {1, 0};
	struct rvirt_wire_filters_count_ret found = {0};
	struct rvirt_wire_num_ret num;
	struct table *table;
	json_t *all;

	(void)in;
	if (rvirt_call_connect_list_all_nwfilters(sh->conn, &args, &found) < 0) {
		if (rvirt_last_error().code == RVIRT_ERR_NO_SUPPORT &&
			rvirt_call_connect_num_of_nwfilters(sh->conn, &num) < 0)
			return out_fail_at(sh, "Failed to count network filters");
		return out_fail_at(sh, "Failed to list network filters");
	}
	table = table_new(2, heads);
	all = json_array();
	if (found.n_filters)
		qsort(found.filters, found.n_filters, sizeof(*found.filters), by_name);
	for (uint32_t i = 0; i < found.n_filters; i++) {
		char uuid[OUT_UUID_SIZE];
		const char *cells[] = {out_uuid(found.filters[i].uuid, uuid), found.filters[i].name};

		table_add(table, cells);
		json_array_append_new(all, json_pack("{s:s, s:o}", "uuid", uuid, "name",
											 out_json_text(found.filters[i].name)));
	}
	print(sh, table, "filters", all);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_NWFILTERS, &found);
	return 0;
}

static int by_port(const void *a, const void *b)
{
	return strcasecmp(((const struct rvirt_wire_nwfilter_binding *)a)->portdev,
					  ((const struct rvirt_wire_nwfilter_binding *)b)->portdev);
}

static int bindings_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Port Dev", "Filter"};
	struct rvirt_wire_need_results_flags_args args = {1, 0};
	struct rvirt_wire_bindings_count_ret found = {0};
	struct table *table;
	json_t *all;

	(void)in;
	if (rvirt_call_connect_list_all_nwfilter_bindings(sh->conn, &args, &found) < 0)
		return out_fail_at(sh, "Failed to list network filter bindings");
	table = table_new(2, heads);
	all = json_array();
	if (found.n_bindings)
		qsort(found.bindings, found.n_bindings, sizeof(*found.bindings), by_port);
	for (uint32_t i = 0; i < found.n_bindings; i++) {
		const char *cells[] = {found.bindings[i].portdev, found.bindings[i].filtername};

		table_add(table, cells);
		json_array_append_new(all, json_pack("{s:o, s:o}", "port", out_json_text(cells[0]),
											 "filter", out_json_text(cells[1])));
	}
	print(sh, table, "bindings", all);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_NWFILTER_BINDINGS, &found);
	return 0;
}

static const struct arg no_args[] = {{NULL}};
static const struct arg any_args[] = {ARG_NWFILTER, {NULL}};
static const struct arg dumpxml_args[] = {ARG_NWFILTER, ARGS_XPATH, {NULL}};
static const struct arg file_args[] = {
	{"file", ARG_DATA, "file with the filter's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg binding_args[] = {ARG_BINDING, {NULL}};
static const struct arg binding_dumpxml_args[] = {ARG_BINDING, ARGS_XPATH, {NULL}};
static const struct arg binding_file_args[] = {
	{"file", ARG_DATA, "file with the binding's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};

const struct cmd *cmd_nwfilter_rows(void)
{
	static const struct cmd rows[] = {
		{"nwfilter-define", "filter", "define a filter from an XML file",
		 "Defines a filter of network traffic, or changes one.", file_args, CMD_WRITES,
		 object_make_run},
		{"nwfilter-dumpxml", "filter", "show a filter's XML", "Prints the XML of a filter.",
		 dumpxml_args, 0, object_dump_run},
		{"nwfilter-edit", "filter", "edit a filter's XML",
		 "Opens a filter's XML in an editor and defines what is saved.", any_args, CMD_WRITES,
		 object_edit_run},
		{"nwfilter-list", "filter", "list filters", "Lists the filters of network traffic.",
		 no_args, 0, list_run},
		{"nwfilter-undefine", "filter", "undefine a filter", "Removes a filter.", any_args,
		 CMD_WRITES, object_act_run},
		{"nwfilter-binding-create", "filter", "bind a filter to a port by an XML file",
		 "Binds a filter to the device of a port.", binding_file_args, CMD_WRITES, object_make_run},
		{"nwfilter-binding-delete", "filter", "delete a binding",
		 "Takes the filter away from the device of a port.", binding_args, CMD_WRITES,
		 object_act_run},
		{"nwfilter-binding-dumpxml", "filter", "show a binding's XML",
		 "Prints the XML of a binding.", binding_dumpxml_args, 0, object_dump_run},
		{"nwfilter-binding-list", "filter", "list bindings",
		 "Lists the devices of ports that have a filter.", no_args, 0, bindings_run},
		{NULL},
	};

	return rows;
}
