/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Titles and descriptions of domains; from the XML where a host has no call for them.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "xml.h"

#include <stdlib.h>

struct rvirt_call *domain_send_description(struct shell *sh, const struct rvirt_wire_domain *dom,
										   int type, unsigned flags)
{
	struct rvirt_wire_domain_get_metadata_args args = {*dom, type, NULL, flags};

	return rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_GET_METADATA, &args);
}

char *domain_wait_description(struct shell *sh, const struct rvirt_wire_domain *dom, int type,
							  unsigned flags, struct rvirt_call *call)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, flags);
	struct rvirt_wire_metadata_ret ret = {0};
	struct rvirt_wire_xml_ret xml = {0};
	CLEANUP_XML xmlDoc *doc = NULL;
	char *text;

	if (domain_wait(call, &ret) == 0)
		return ret.metadata;
	switch (rvirt_last_error().code) {
	case RVIRT_ERR_NO_DOMAIN_METADATA:
		return shell_strdup("");
	case RVIRT_ERR_NO_SUPPORT:
		break;
	default:
		return NULL;
	}
	if (rvirt_call_domain_get_xml_desc(sh->conn, &args, &xml) < 0)
		return NULL;
	doc = xml_parse(xml.xml, true);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_XML_DESC, &xml);
	text = doc ? xml_string(doc, NULL,
							type == RVIRT_DOMAIN_METADATA_TITLE ? "string(./title[1])"
																: "string(./description[1])")
			   : NULL;
	return text ? text : shell_strdup("");
}
