/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions by descriptions.
 */
#include "config.h"
#include "conf/def.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/format.h"
#include "conf/schema.h"
#include "conf/xml.h"

int def_parse_node(const struct def_kind *kind, const xmlNode *element, struct def **ret_def)
{
	CLEANUP(cleanup_def) struct def *def = calloc(1, sizeof *def);
	struct conf c = {.error_domain = kind->error_domain, .data = (void *)(uintptr_t)kind->data};

	if (!def)
		return error_oom();
	def->kind = kind;
	if (!(def->root = format_read(&c, kind->format(), element, NULL)))
		return -1;
	*ret_def = steal(&def);
	return 0;
}

xmlDoc *def_read_xml(const struct def_kind *kind, const char *xml, unsigned flags)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;

	if (strnlen(xml, DEF_XML_MAX + 1) > DEF_XML_MAX) {
		error_set((enum error_domain)kind->error_domain, ERR_CONFIG_UNSUPPORTED,
				  "a definition of a %s may have %u bytes at most", kind->root, DEF_XML_MAX);
		return NULL;
	}
	if (!(doc = xml_parse(xml, kind->what, kind->own_root ? NULL : kind->root, kind->error_domain)))
		return NULL;
	if (!xml_is(xmlDocGetRootElement(doc), kind->root)) {
		error_set((enum error_domain)kind->error_domain, ERR_XML_ERROR,
				  "XML does not contain expected '%s' element", kind->root);
		return NULL;
	}
	if ((flags & DEF_VALIDATE) && schema_validate(kind->schema, doc) < 0)
		return NULL;
	return steal(&doc);
}

int def_parse(const struct def_kind *kind, const char *xml, unsigned flags, struct def **ret_def)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = def_read_xml(kind, xml, flags);

	return doc ? def_parse_node(kind, xmlDocGetRootElement(doc), ret_def) : -1;
}

int def_reparse(const struct def *def, struct def **ret_def)
{
	CLEANUP_FREE char *xml = def_format(def, 0);

	return xml ? def_parse(def->kind, xml, 0, ret_def) : -1;
}

char *def_format(const struct def *def, unsigned hidden)
{
	CLEANUP_BUF struct buf b = {0};

	return node_write(def->root, &b, 0, hidden) < 0 ? NULL : buf_steal_text(&b);
}

struct def *def_copy(const struct def *def)
{
	CLEANUP(cleanup_def) struct def *copy = calloc(1, sizeof *copy);

	if (!copy) {
		error_oom();
		return NULL;
	}
	copy->kind = def->kind;
	return (copy->root = node_copy(def->root)) ? steal(&copy) : NULL;
}

void def_free(struct def *def)
{
	if (!def)
		return;
	node_free(def->root);
	free(def);
}

const char *def_text(const struct def *def, const char *path)
{
	const struct node *n = node_child(def->root, path);

	return n ? n->text : NULL;
}

const char *def_name(const struct def *def)
{
	return def->kind->name_attr ? node_attr(def->root, "name") : def_text(def, "name");
}

bool def_uuid(const struct def *def, unsigned char ret_uuid[UUID_LEN])
{
	const char *text = def_text(def, "uuid");

	memset(ret_uuid, 0, UUID_LEN);
	return text && uuid_parse(text, ret_uuid) == 0;
}
