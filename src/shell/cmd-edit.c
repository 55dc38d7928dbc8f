/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * edit: a domain's definition in an editor.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "output.h"
#include "table.h"

#include <stdlib.h>

struct editing {
	struct rvirt_wire_domain dom;
	struct rvirt_wire_dom_ret edited;
	bool validate;
};

static char *get(struct shell *sh, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_dom_flags_args args =
		domain_flags_args(&e->dom, RVIRT_DOMAIN_XML_SECURE | RVIRT_DOMAIN_XML_INACTIVE);
	struct rvirt_wire_xml_ret ret = {0};

	return rvirt_call_domain_get_xml_desc(sh->conn, &args, &ret) < 0 ? NULL : ret.xml;
}

static int put(struct shell *sh, const char *xml, bool relaxed, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_xml_flags_args args = {
		borrow(xml), e->validate && !relaxed ? RVIRT_DOMAIN_DEFINE_VALIDATE : 0};
	struct rvirt_wire_xml_args plain = {borrow(xml)};

	if (args.flags && rvirt_call_domain_define_xml_flags(sh->conn, &args, &e->edited) == 0)
		return 0;
	/* a host that can't validate, or does not know of it */
	if (args.flags && rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT &&
		rvirt_last_error().code != RVIRT_ERR_INVALID_ARG)
		return -1;
	return rvirt_call_domain_define_xml(sh->conn, &plain, &e->edited);
}

static int edit_run(struct shell *sh, const struct invocation *in)
{
	struct editing e = {.validate = !args_given(in, "skip-validate")};
	struct document d = {.get = get, .put = put, .can_relax = e.validate, .opaque = &e};
	CLEANUP_FREE char *unchanged = NULL;
	int rc;

	if (domain_find(sh, in, BY_ANY, &e.dom) < 0)
		return -1;
	unchanged = shell_printf("Domain '%s' XML configuration not changed.\n", e.dom.name);
	d.unchanged = unchanged;
	if ((rc = document_edit(sh, &d)) > 0) {
		out_note(sh, "Domain '%s' XML configuration edited.\n", e.edited.dom.name);
		rc = domain_done(sh, &e.edited.dom, "edited");
		domain_clear(&e.edited.dom);
	} else if (rc == 0) {
		domain_done(sh, &e.dom, "unchanged");
	}
	domain_clear(&e.dom);
	return rc;
}

static const struct arg edit_args[] = {
	ARG_DOMAIN_ANY(0),
	{"skip-validate", ARG_BOOL, "do not check the XML against the schema"},
	{NULL},
};

const struct cmd *cmd_edit_rows(void)
{
	static const struct cmd rows[] = {
		{"edit", "domain", "edit a domain's XML",
		 "Opens a domain's XML in an editor and defines what is saved.", edit_args, CMD_WRITES,
		 edit_run},
		{NULL},
	};

	return rows;
}
