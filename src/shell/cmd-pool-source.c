/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What pools there could be, and what happens to those that there are.
 */
#include "config.h"

#include "domain.h"
#include "event.h"
#include "file.h"
#include "output.h"
#include "storage.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>

/* -- sources -- */

static int print_xml(struct shell *sh, const char *xml)
{
	out_text(sh, "%s\n", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return 0;
}

/* What is looked for, of options; NULL: anything. */
static char *describe(const struct invocation *in)
{
	CLEANUP_FREE char *host = NULL, *port = NULL, *iqn = NULL, *port_xml = NULL, *iqn_xml = NULL;

	if (!args_text(in, "host"))
		return NULL;
	host = xml_escape(args_text(in, "host"));
	if (args_text(in, "port")) {
		port = xml_escape(args_text(in, "port"));
		port_xml = shell_printf(" port='%s'", port);
	}
	if (args_text(in, "initiator")) {
		iqn = xml_escape(args_text(in, "initiator"));
		iqn_xml = shell_printf("  <initiator>\n    <iqn name='%s'/>\n  </initiator>\n", iqn);
	}
	return shell_printf("<source>\n  <host name='%s'%s/>\n%s</source>\n", host,
						port_xml ? port_xml : "", iqn_xml ? iqn_xml : "");
}

static int find(struct shell *sh, const char *type, const char *spec)
{
	struct rvirt_wire_type_src_spec_flags_args args = {.type = borrow(type)};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_xml_ret ret = {0};

	args.src_spec = spec ? borrow(spec) : NULL;
	if (rvirt_call_connect_find_storage_pool_sources(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to find any %s pool sources", type);
	xml = ret.xml;
	return print_xml(sh, xml);
}

static int find_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *spec = NULL;
	const char *type, *file;

	if (args_get_text(sh, in, "type", &type) < 0 || args_get_text(sh, in, "srcSpec", &file) < 0 ||
		(file && !(spec = file_read(sh, file))))
		return -1;
	return find(sh, type, spec);
}

static int find_as_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *spec = NULL;
	const char *type, *text;

	if (args_get_text(sh, in, "type", &type) < 0 || args_get_text(sh, in, "host", &text) < 0 ||
		args_get_text(sh, in, "port", &text) < 0 || args_get_text(sh, in, "initiator", &text) < 0)
		return -1;
	spec = describe(in);
	return find(sh, type, spec);
}

static int capabilities_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_flags_args args = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_capabilities_ret ret = {0};

	(void)in;
	if (rvirt_call_connect_get_storage_pool_capabilities(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get storage pool capabilities");
	xml = ret.capabilities;
	return print_xml(sh, xml);
}

/* -- events -- */

static const char *describe_lifecycle(const void *msg, char buf[37], char **ret_text)
{
	static const char *const events[] = {"Defined", "Undefined", "Started",
										 "Stopped", "Created",   "Deleted"};
	const struct rvirt_wire_storage_pool_event_lifecycle_msg *m = msg;

	(void)buf;
	*ret_text = shell_strdup(m->event >= 0 && m->event < 6 ? events[m->event] : "unknown");
	return m->pool.name;
}

static const char *describe_refresh(const void *msg, char buf[37], char **ret_text)
{
	(void)buf;
	*ret_text = NULL;
	return ((const struct rvirt_wire_storage_pool_event_refresh_msg *)msg)->pool.name;
}

static const struct event_type types[] = {
	{"lifecycle", RVIRT_PROC_STORAGE_POOL_EVENT_LIFECYCLE, describe_lifecycle},
	{"refresh", RVIRT_PROC_STORAGE_POOL_EVENT_REFRESH, describe_refresh},
	{NULL}};

static int event_run_pool(struct shell *sh, const struct invocation *in)
{
	static const struct event_class c = {"storage pool", types,
										 RVIRT_PROC_CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY,
										 RVIRT_PROC_CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY};
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	bool one = args_given(in, "pool");
	int rc = event_prepare(sh, in, &c);

	if (rc <= 0)
		return rc;
	if (one && storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	return event_run(sh, in, &c, one ? &pool : NULL);
}

static void event_complete_pool(struct shell *sh, const struct invocation *in, unsigned what,
								struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	event_complete(types, to);
}

static const struct arg find_args[] = {
	{"type", ARG_DATA, "type of the pools"},
	{"srcSpec", ARG_STRING, "file with the XML of a source that is looked for", 0, file_complete},
	{NULL},
};
static const struct arg find_as_args[] = {
	{"type", ARG_DATA, "type of the pools"},
	{"host", ARG_STRING, "host that has them"},
	{"port", ARG_STRING, "its port"},
	{"initiator", ARG_STRING, "IQN of who asks"},
	{NULL},
};
static const struct arg event_args[] = {
	{"pool", ARG_STRING, "only of this pool, by name or UUID", 0, storage_complete_pool},
	ARGS_EVENT(event_complete_pool),
	{NULL},
};

const struct cmd *cmd_pool_source_rows(void)
{
	static const struct cmd rows[] = {
		{"find-storage-pool-sources", "pool", "find what pools could be made of", NULL, find_args,
		 0, find_run},
		{"find-storage-pool-sources-as", "pool",
		 "find what pools could be made of, described by options", NULL, find_as_args, 0,
		 find_as_run},
		{"pool-capabilities", "pool", "what types of pools a host serves, as XML", NULL, NULL, 0,
		 capabilities_run},
		{"pool-event", "pool", "wait for events of pools",
		 "Prints what happens to pools: one event, or with --loop all of them.", event_args, 0,
		 event_run_pool},
		{NULL},
	};

	return rows;
}
