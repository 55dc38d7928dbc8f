/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Definitions of domains as XML: dumpxml, define, create, domrename.
 */
#include "config.h"

#include "console.h"
#include "document.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"

static int dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *xpath = args_text(in, "xpath");
	unsigned flags = (args_given(in, "inactive") ? RVIRT_DOMAIN_XML_INACTIVE : 0) |
					 (args_given(in, "security-info") ? RVIRT_DOMAIN_XML_SECURE : 0) |
					 (args_given(in, "update-cpu") ? RVIRT_DOMAIN_XML_UPDATE_CPU : 0) |
					 (args_given(in, "migratable") ? RVIRT_DOMAIN_XML_MIGRATABLE : 0);

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (args_given(in, "xpath") && !xpath)
		return out_refuse(sh, "Failed to get option 'xpath': Option argument is empty");
	if (!(xml = domain_xml(sh, &dom, flags)))
		return -1;
	return document_print(sh, in, xml);
}

static int define_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_dom_ret ret = {0};
	const char *file;
	int result;

	if (args_get_text(sh, in, "file", &file) < 0 || !(xml = file_read(sh, file)))
		return -1;
	if (args_given(in, "validate")) {
		struct rvirt_wire_xml_flags_args args = {xml, RVIRT_DOMAIN_DEFINE_VALIDATE};

		result = rvirt_call_domain_define_xml_flags(sh->conn, &args, &ret);
	} else {
		struct rvirt_wire_xml_args args = {xml};

		result = rvirt_call_domain_define_xml(sh->conn, &args, &ret);
	}
	if (result < 0)
		return out_fail_at(sh, "Failed to define domain from %s", file);
	out_note(sh, "Domain '%s' defined from %s\n", ret.dom.name, file);
	domain_done(sh, &ret.dom, "defined");
	domain_clear(&ret.dom);
	return 0;
}

static int create_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_xml_desc_flags_args args = {
		.flags = (args_given(in, "paused") ? RVIRT_DOMAIN_START_PAUSED : 0) |
				 (args_given(in, "autodestroy") ? RVIRT_DOMAIN_START_AUTODESTROY : 0) |
				 (args_given(in, "validate") ? RVIRT_DOMAIN_START_VALIDATE : 0) |
				 (args_given(in, "reset-nvram") ? RVIRT_DOMAIN_START_RESET_NVRAM : 0) |
				 console_start_flags(in),
	};
	struct rvirt_wire_dom_ret ret = {0};
	struct rvirt_fds fds;
	const char *file;
	int r;

	if (args_get_fds(sh, in, &fds) < 0 || args_get_text(sh, in, "file", &file) < 0 ||
		!(xml = file_read(sh, file)))
		return -1;
	args.xml_desc = xml;
	r = fds.n ? rvirt_call_domain_create_xml_with_files(sh->conn, &args, &ret, &fds)
			  : rvirt_call_domain_create_xml(sh->conn, &args, &ret);
	if (r < 0)
		return out_fail_at(sh, "Failed to create domain from %s", file);
	out_note(sh, "Domain '%s' created from %s\n", ret.dom.name, file);
	domain_done(sh, &ret.dom, "created");
	r = console_after_start(sh, in, &ret.dom);
	domain_clear(&ret.dom);
	return r;
}

static int domrename_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_new_name_flags_args args;
	struct rvirt_wire_retcode_ret ret;
	const char *name;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "new-name", &name) < 0)
		return -1;
	args = (struct rvirt_wire_dom_new_name_flags_args){dom, borrow(name), 0};
	if (rvirt_call_domain_rename(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	out_note(sh, "Domain successfully renamed\n");
	out_value(sh, json_pack("{s:o, s:o, s:s}", "name", out_json_text(name), "uuid",
							out_json_uuid(dom.uuid), "result", "renamed"));
	return 0;
}

static const struct arg dumpxml_args[] = {
	ARG_DOMAIN_ANY(0),
	{"inactive", ARG_BOOL, "the definition for the next boot"},
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	{"update-cpu", ARG_BOOL, "with the guest's CPU as the host makes it"},
	{"migratable", ARG_BOOL, "in the form that a migration sends"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg define_args[] = {
	{"file", ARG_DATA, "file with the XML of a domain", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg create_args[] = {
	{"file", ARG_DATA, "file with the XML of a domain", 0, file_complete},
	{"console", ARG_BOOL, "attach to the console after the start"},
	{"paused", ARG_BOOL, "leave the guest paused"},
	{"autodestroy", ARG_BOOL, "destroy the guest when rvsh disconnects"},
	{"pass-fds", ARG_STRING, "file descriptors N,M,... for the guest"},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{"reset-nvram", ARG_BOOL, "make the NVRAM anew from its template"},
	{NULL},
};
static const struct arg domrename_args[] = {
	ARG_DOMAIN("name or UUID of the domain", RVIRT_CONNECT_LIST_DOMAINS_INACTIVE),
	{"new-name", ARG_DATA, "its new name"},
	{NULL},
};

const struct cmd *cmd_xml_rows(void)
{
	static const struct cmd rows[] = {
		{"dumpxml", "domain", "XML of a domain", "Prints the XML of a domain.", dumpxml_args, 0,
		 dumpxml_run},
		{"define", "domain", "define a domain from an XML file, without starting it",
		 "Defines a domain, or changes the definition of one that is there.", define_args,
		 CMD_WRITES, define_run},
		{"create", "domain", "start a domain from an XML file",
		 "Starts a domain that is gone when it stops, unless it is defined as well.", create_args,
		 CMD_WRITES, create_run},
		{"domrename", "domain", "rename a domain", "Renames an inactive domain.", domrename_args,
		 CMD_WRITES, domrename_run},
		{NULL},
	};

	return rows;
}
