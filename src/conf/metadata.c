/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata of a domain: one element for each namespace, which belongs to whoever uses that
 * namespace.
 */
#include "config.h"

#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/common-format.h"
#include "conf/domain.h"
#include "conf/format.h"
#include "conf/metadata.h"
#include "conf/xml.h"

static void drop(xmlNode *n)
{
	xmlUnlinkNode(n);
	xmlFreeNode(n);
}

int metadata_tidy(xmlNode *metadata, int error_domain)
{
	unsigned count = 0;
	xmlNode *next;

	for (xmlNode *n = metadata->children; n; n = next) {
		next = n->next;
		if (n->type != XML_ELEMENT_NODE || !n->ns || !n->ns->href)
			drop(n);
		else if (count++ == FORMAT_LIST_MAX)
			return error_set((enum error_domain)error_domain, ERR_CONFIG_UNSUPPORTED,
							 "more than %u elements in '%s'", FORMAT_LIST_MAX, "metadata");
	}
	for (const xmlNode *n = metadata->children; n; n = n->next) {
		for (xmlNode *later = n->next; later; later = next) {
			next = later->next;
			if (xmlStrEqual(n->ns->href, later->ns->href))
				drop(later);
		}
	}
	return 0;
}

int rule_metadata(struct conf *c, struct node *n)
{
	return metadata_tidy(xmlDocGetRootElement(n->raw), c->error_domain);
}

static xmlNode *find(const struct domain_def *def, const char *uri)
{
	xmlNode *n = def->metadata ? xmlDocGetRootElement(def->metadata)->children : NULL;

	while (n && !(n->type == XML_ELEMENT_NODE && n->ns &&
				  xmlStrEqual(n->ns->href, (const xmlChar *)uri)))
		n = n->next;
	return n;
}

/* Takes the namespace away from an element and all below that are in it. */
static void strip(xmlNode *n, const xmlChar *uri)
{
	for (xmlNs **at = &n->nsDef; *at;) {
		xmlNs *ns = *at;

		if (!xmlStrEqual(ns->href, uri)) {
			at = &ns->next;
			continue;
		}
		*at = ns->next;
		ns->next = NULL;
		xmlFreeNs(ns);
	}
}

static void forget(xmlNode *n, const xmlChar *uri)
{
	if (n->type != XML_ELEMENT_NODE)
		return;
	if (n->ns && xmlStrEqual(n->ns->href, uri))
		n->ns = NULL;
	for (xmlNode *c = n->children; c; c = c->next)
		forget(c, uri);
	strip(n, uri);
}

char *domain_def_metadata(const struct domain_def *def, const char *uri)
{
	xmlNode *n = find(def, uri), *copy;
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	CLEANUP_BUF struct buf b = {0};

	if (!n) {
		error_set(FROM_DOMAIN, ERR_NO_DOMAIN_METADATA, "Requested metadata element is not present");
		return NULL;
	}
	if (!(doc = xmlNewDoc((const xmlChar *)"1.0")) || !(copy = xmlDocCopyNode(n, doc, 1))) {
		error_oom();
		return NULL;
	}
	xmlDocSetRootElement(doc, copy);
	forget(copy, (const xmlChar *)uri);
	return xml_write(&b, copy, 0) < 0 ? NULL : buf_steal_text(&b);
}

static xmlNode *need_root(struct domain_def *def)
{
	xmlNode *root;

	if (def->metadata)
		return xmlDocGetRootElement(def->metadata);
	if (!(def->metadata = xmlNewDoc((const xmlChar *)"1.0")) ||
		!(root = xmlNewDocNode(def->metadata, NULL, (const xmlChar *)"metadata", NULL))) {
		error_oom();
		return NULL;
	}
	xmlDocSetRootElement(def->metadata, root);
	return root;
}

/* Puts an element and all below that are in no namespace into this one. */
static void adopt(xmlNode *n, xmlNs *ns)
{
	if (n->type != XML_ELEMENT_NODE)
		return;
	if (!n->ns)
		xmlSetNs(n, ns);
	for (xmlNode *c = n->children; c; c = c->next)
		adopt(c, ns);
}

int domain_def_set_metadata(struct domain_def *def, const char *uri, const char *key,
							const char *xml)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	xmlNode *old = find(def, uri), *root, *copy;
	xmlNs *ns;

	if (xml && !(doc = xml_parse(xml, "(metadata_xml)", NULL, FROM_DOMAIN)))
		return -1;
	if (xml && xmlValidateNCName((const xmlChar *)key, 0) != 0)
		return error_set(FROM_XML, ERR_INTERNAL_ERROR,
						 "failed to validate prefix for a new XML namespace");
	if (old) {
		xmlUnlinkNode(old);
		xmlFreeNode(old);
	}
	if (!xml)
		return 0;
	if (!(root = need_root(def)))
		return -1;
	if (!(copy = xmlDocCopyNode(xmlDocGetRootElement(doc), def->metadata, 1)) ||
		!(ns = xmlNewNs(copy, (const xmlChar *)uri, (const xmlChar *)key))) {
		xmlFreeNode(copy);
		return error_set(FROM_DOMAIN, ERR_INTERNAL_ERROR, "failed to create a namespace");
	}
	xmlSetNs(copy, NULL);
	adopt(copy, ns);
	xmlAddChild(root, copy);
	return 0;
}
