/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Storage pools: defining, editing, starting, stopping.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "storage.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* -- defining -- */

/* Appends a piece of XML, its % being the value, if there is one. */
static void put(char **xml, const char *piece, const char *value)
{
	CLEANUP_FREE char *clean = value ? xml_escape(value) : NULL;
	const char *at = strchr(piece, '%');
	char *longer;

	if (!clean)
		return;
	longer = shell_printf("%s%.*s%s%s", *xml, (int)(at - piece), piece, clean, at + 1);
	free(*xml);
	*xml = longer;
}

/* A host bus adapter, by its own numbers and those of what it hangs on, or by its name. */
static void put_adapter(char **xml, const struct invocation *in)
{
	const char *wwnn = args_text(in, "adapter-wwnn"), *wwpn = args_text(in, "adapter-wwpn");
	const char *parent = args_text(in, "adapter-parent");
	const char *parent_wwnn = args_text(in, "adapter-parent-wwnn");
	const char *parent_wwpn = args_text(in, "adapter-parent-wwpn");

	if (!wwnn || !wwpn) {
		put(xml, "    <adapter type='scsi_host' name='%'/>\n", args_text(in, "adapter-name"));
		return;
	}
	put(xml, "    <adapter type='fc_host'%", "");
	if (parent) {
		put(xml, " parent='%'", parent);
	} else if (parent_wwnn && parent_wwpn) {
		put(xml, " parent_wwnn='%'", parent_wwnn);
		put(xml, " parent_wwpn='%'", parent_wwpn);
	} else {
		put(xml, " parent_fabric_wwn='%'", args_text(in, "adapter-parent-fabric-wwn"));
	}
	put(xml, " wwnn='%'", wwnn);
	put(xml, " wwpn='%'/>\n", wwpn);
}

static void put_auth(char **xml, const struct invocation *in)
{
	const char *type = args_text(in, "auth-type"), *user = args_text(in, "auth-username");
	const char *usage = args_text(in, "secret-usage"), *uuid = args_text(in, "secret-uuid");

	if (!type || !user || (!usage && !uuid))
		return;
	put(xml, "    <auth type='%'", type);
	put(xml, " username='%'>\n", user);
	put(xml, usage ? "      <secret usage='%'/>\n" : "      <secret uuid='%'/>\n",
		usage ? usage : uuid);
	put(xml, "    </auth>\n%", "");
}

/* Whether what is said makes a source: how to log in, and the version of a protocol, do not. */
static bool has_source(const struct invocation *in)
{
	static const char *const options[] = {"source-host",   "source-path", "source-dev",
										  "source-format", "source-name", "source-initiator",
										  "adapter-name",  NULL};

	for (const char *const *option = options; *option; option++)
		if (args_text(in, *option))
			return true;
	return args_text(in, "adapter-wwnn") && args_text(in, "adapter-wwpn");
}

static void put_source(char **xml, const struct invocation *in)
{
	if (!has_source(in))
		return;
	put(xml, "  <source>\n%", "");
	put(xml, "    <host name='%'/>\n", args_text(in, "source-host"));
	put(xml, "    <dir path='%'/>\n", args_text(in, "source-path"));
	put(xml, "    <device path='%'/>\n", args_text(in, "source-dev"));
	put(xml, "    <initiator>\n      <iqn name='%'/>\n    </initiator>\n",
		args_text(in, "source-initiator"));
	put_adapter(xml, in);
	put_auth(xml, in);
	put(xml, "    <format type='%'/>\n", args_text(in, "source-format"));
	put(xml, "    <name>%</name>\n", args_text(in, "source-name"));
	put(xml, "    <protocol ver='%'/>\n", args_text(in, "source-protocol-ver"));
	put(xml, "  </source>\n%", "");
}

static char *make_xml(const struct invocation *in)
{
	char *xml = shell_strdup("");

	put(&xml, "<pool type='%'>\n", args_text(in, "type"));
	put(&xml, "  <name>%</name>\n", args_text(in, "name"));
	put_source(&xml, in);
	put(&xml, "  <target>\n    <path>%</path>\n  </target>\n", args_text(in, "target"));
	put(&xml, "</pool>%\n", "");
	return xml;
}

/* Options that may not be empty. */
static int check_texts(struct shell *sh, const struct invocation *in)
{
	const char *text;

	for (const struct arg *arg = in->cmd->args; arg->name; arg++)
		if ((arg->type == ARG_STRING || arg->type == ARG_DATA) &&
			args_get_text(sh, in, arg->name, &text) < 0)
			return -1;
	return 0;
}

static unsigned build_flags(const struct invocation *in)
{
	return (args_given(in, "build") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD : 0) |
		   (args_given(in, "overwrite") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE : 0) |
		   (args_given(in, "no-overwrite") ? RVIRT_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE : 0);
}

/* pool-define, pool-create, and both with -as. */
static int make_run(struct shell *sh, const struct invocation *in)
{
	bool as = strstr(in->cmd->name, "-as"), create = strstr(in->cmd->name, "create");
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_xml_flags_args args;
	struct rvirt_wire_pool_ret ret = {0};
	const char *from;
	int r;

	if (args_exclusive(sh, in, "overwrite", "no-overwrite") < 0 ||
		args_exclusive(sh, in, "secret-usage", "secret-uuid") < 0 || check_texts(sh, in) < 0 ||
		args_get_text(sh, in, as ? "name" : "file", &from) < 0 ||
		!(xml = as ? make_xml(in) : file_read(sh, from)))
		return -1;
	if (as && args_given(in, "print-xml")) {
		out_text(sh, "%s", xml);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
		return 0;
	}
	args = (struct rvirt_wire_xml_flags_args){xml, create ? build_flags(in)
												   : args_given(in, "validate")
													   ? RVIRT_STORAGE_POOL_DEFINE_VALIDATE
													   : 0};
	r = create ? rvirt_call_storage_pool_create_xml(sh->conn, &args, &ret)
			   : rvirt_call_storage_pool_define_xml(sh->conn, &args, &ret);
	if (r < 0)
		return out_fail_at(sh, "Failed to %s pool %s%s", create ? "create" : "define",
						   as ? "" : "from ", from);
	pool = ret.pool;
	if (as)
		out_note(sh, "Pool %s %s\n", pool.name, create ? "created" : "defined");
	else
		out_note(sh, "Pool %s %s from %s\n", pool.name, create ? "created" : "defined", from);
	return storage_pool_done(sh, &pool, create ? "created" : "defined");
}

/* -- one call on one pool -- */

static const struct act {
	const char *command;
	enum rvirt_proc proc;
	const char *verb, *done;
	bool flags;
} acts[] = {
	{"pool-build", RVIRT_PROC_STORAGE_POOL_BUILD, "build", "built", true},
	{"pool-start", RVIRT_PROC_STORAGE_POOL_CREATE, "start", "started", true},
	{"pool-destroy", RVIRT_PROC_STORAGE_POOL_DESTROY, "destroy", "destroyed", false},
	{"pool-delete", RVIRT_PROC_STORAGE_POOL_DELETE, "delete", "deleted", true},
	{"pool-refresh", RVIRT_PROC_STORAGE_POOL_REFRESH, "refresh", "refreshed", true},
	{"pool-undefine", RVIRT_PROC_STORAGE_POOL_UNDEFINE, "undefine", "has been undefined", false},
};

static int act_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	const struct act *act = acts;
	struct rvirt_wire_pool_flags_args args = {0};
	struct rvirt_call *call;

	while (strcmp(act->command, in->cmd->name) != 0)
		act++;
	/* what can be built is asked of the host */
	if ((act->proc != RVIRT_PROC_STORAGE_POOL_BUILD &&
		 args_exclusive(sh, in, "overwrite", "no-overwrite") < 0) ||
		storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (act->proc == RVIRT_PROC_STORAGE_POOL_CREATE)
		args.flags = build_flags(in);
	if (act->proc == RVIRT_PROC_STORAGE_POOL_BUILD)
		args.flags = (args_given(in, "overwrite") ? RVIRT_STORAGE_POOL_BUILD_OVERWRITE : 0) |
					 (args_given(in, "no-overwrite") ? RVIRT_STORAGE_POOL_BUILD_NO_OVERWRITE : 0);
	/* the pool comes first in both kinds of arguments */
	call = rvirt_call_send(sh->conn, act->proc, &args);
	if (domain_wait(call, NULL) < 0)
		return out_fail_at(sh, "Failed to %s pool %s", act->verb, pool.name);
	out_note(sh, "Pool %s %s\n", pool.name, act->done);
	return storage_pool_done(sh, &pool, act->done);
}

static int autostart_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_POOL struct rvirt_wire_storage_pool pool = {0};
	bool on = !args_given(in, "disable");
	struct rvirt_wire_pool_autostart_args args = {.autostart = on};

	if (storage_find_pool(sh, in, "pool", &pool) < 0)
		return -1;
	args.pool = pool;
	if (rvirt_call_storage_pool_set_autostart(sh->conn, &args) < 0)
		return out_fail_at(sh, "failed to %s pool %s as autostarted", on ? "mark" : "unmark",
						   pool.name);
	out_note(sh, "Pool %s %s as autostarted\n", pool.name, on ? "marked" : "unmarked");
	return storage_pool_done(sh, &pool, on ? "marked" : "unmarked");
}

/* -- editing -- */

struct editing {
	struct rvirt_wire_storage_pool pool, edited;
};

static char *edit_get(struct shell *sh, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_pool_flags_args args = {e->pool, RVIRT_STORAGE_XML_INACTIVE};
	struct rvirt_wire_xml_ret ret = {0};

	if (rvirt_call_storage_pool_get_xml_desc(sh->conn, &args, &ret) == 0)
		return ret.xml;
	/* a host that does not know the flag */
	args.flags = 0;
	if (rvirt_last_error().code == RVIRT_ERR_INVALID_ARG &&
		rvirt_call_storage_pool_get_xml_desc(sh->conn, &args, &ret) == 0)
		return ret.xml;
	return NULL;
}

static int edit_put(struct shell *sh, const char *xml, bool relaxed, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_xml_flags_args args = {borrow(xml), 0};
	struct rvirt_wire_pool_ret ret = {0};

	(void)relaxed;
	if (rvirt_call_storage_pool_define_xml(sh->conn, &args, &ret) < 0)
		return -1;
	storage_pool_clear(&e->edited);
	e->edited = ret.pool;
	return 0;
}

static int edit_run(struct shell *sh, const struct invocation *in)
{
	struct editing e = {0};
	struct document d = {.get = edit_get, .put = edit_put, .opaque = &e};
	CLEANUP_FREE char *unchanged = NULL;
	int rc;

	if (storage_find_pool(sh, in, "pool", &e.pool) < 0)
		return -1;
	unchanged = shell_printf("Pool %s XML configuration not changed.\n", e.pool.name);
	d.unchanged = unchanged;
	if ((rc = document_edit(sh, &d)) > 0) {
		out_note(sh, "Pool %s XML configuration edited.\n", e.edited.name);
		rc = storage_pool_done(sh, &e.edited, "edited");
	} else if (rc == 0) {
		storage_pool_done(sh, &e.pool, "unchanged");
	}
	storage_pool_clear(&e.edited);
	storage_pool_clear(&e.pool);
	return rc;
}

#define ARGS_BUILD                                                                                 \
	{"build", ARG_BOOL, "build the pool as normal"},                                               \
		{"no-overwrite", ARG_BOOL, "build it only if nothing is there"},                           \
	{                                                                                              \
		"overwrite", ARG_BOOL, "build it over what is there"                                       \
	}
#define ARGS_AS                                                                                    \
	{"name", ARG_DATA, "name of the pool"}, {"type", ARG_DATA, "type of the pool"},                \
		{"print-xml", ARG_BOOL, "print the XML, and do nothing"},                                  \
		{"source-host", ARG_STRING, "host that the source is on"},                                 \
		{"source-path", ARG_STRING, "path of the source"},                                         \
		{"source-dev", ARG_STRING, "device of the source"},                                        \
		{"source-name", ARG_STRING, "name of the source"},                                         \
		{"target", ARG_STRING, "where the volumes are"},                                           \
		{"source-format", ARG_STRING, "format of the source"},                                     \
		{"auth-type", ARG_STRING, "how to log in: chap, ceph"},                                    \
		{"auth-username", ARG_STRING, "as whom"},                                                  \
		{"secret-usage", ARG_STRING, "the secret, by what it is for"},                             \
		{"secret-uuid", ARG_STRING, "the secret, by its UUID"},                                    \
		{"adapter-name", ARG_STRING, "name of the adapter"},                                       \
		{"adapter-wwnn", ARG_STRING, "WWNN of the adapter"},                                       \
		{"adapter-wwpn", ARG_STRING, "WWPN of the adapter"},                                       \
		{"adapter-parent", ARG_STRING, "what the adapter hangs on: scsi_hostN"},                   \
		{"adapter-parent-wwnn", ARG_STRING, "the same, by its WWNN"},                              \
		{"adapter-parent-wwpn", ARG_STRING, "the same, by its WWPN"},                              \
		{"adapter-parent-fabric-wwn", ARG_STRING, "the same, by its fabric's WWN"},                \
		{"source-protocol-ver", ARG_STRING, "version of NFS"},                                     \
	{                                                                                              \
		"source-initiator", ARG_STRING, "IQN of the initiator"                                     \
	}

static const struct arg pool_args[] = {ARG_POOL(0), {NULL}};
static const struct arg start_args[] = {ARG_POOL(0), ARGS_BUILD, {NULL}};
static const struct arg build_args[] = {
	ARG_POOL(0),
	{"no-overwrite", ARG_BOOL, "only if nothing is there"},
	{"overwrite", ARG_BOOL, "over what is there"},
	{NULL},
};
static const struct arg autostart_args[] = {
	ARG_POOL(0), {"disable", ARG_BOOL, "do not start it"}, {NULL}};
static const struct arg define_args[] = {
	{"file", ARG_DATA, "file with the XML of a pool", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg create_args[] = {
	{"file", ARG_DATA, "file with the XML of a pool", 0, file_complete}, ARGS_BUILD, {NULL}};
static const struct arg define_as_args[] = {ARGS_AS, {NULL}};
static const struct arg create_as_args[] = {ARGS_AS, ARGS_BUILD, {NULL}};

const struct cmd *cmd_pool_change_rows(void)
{
	static const struct cmd rows[] = {
		{"pool-autostart", "pool", "start a pool with the host", NULL, autostart_args, CMD_WRITES,
		 autostart_run},
		{"pool-build", "pool", "make what a pool stands on", NULL, build_args, CMD_WRITES, act_run},
		{"pool-create", "pool", "start a pool from an XML file", NULL, create_args, CMD_WRITES,
		 make_run},
		{"pool-create-as", "pool", "start a pool described by options", NULL, create_as_args,
		 CMD_WRITES, make_run},
		{"pool-define", "pool", "define a pool from an XML file", NULL, define_args, CMD_WRITES,
		 make_run},
		{"pool-define-as", "pool", "define a pool described by options", NULL, define_as_args,
		 CMD_WRITES, make_run},
		{"pool-delete", "pool", "delete what a pool stands on", NULL, pool_args, CMD_WRITES,
		 act_run},
		{"pool-destroy", "pool", "stop a pool", NULL, pool_args, CMD_WRITES, act_run},
		{"pool-edit", "pool", "edit a pool's XML",
		 "Opens a pool's XML in an editor and defines what is saved.", pool_args, CMD_WRITES,
		 edit_run},
		{"pool-refresh", "pool", "look again what is in a pool", NULL, pool_args, CMD_WRITES,
		 act_run},
		{"pool-start", "pool", "start a pool that is defined", NULL, start_args, CMD_WRITES,
		 act_run},
		{"pool-undefine", "pool", "undefine a pool that is not active", NULL, pool_args, CMD_WRITES,
		 act_run},
		{NULL},
	};

	return rows;
}
