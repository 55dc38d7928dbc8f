/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one place where documents from outside become libxml2 trees: no network, no DTD, bounded size
 * and depth, and errors in the words that libvirt's users know.
 */
#ifndef CONF_XML_H
#define CONF_XML_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* More than any document that is stored or sent. */
#define XML_MAX (32u << 20)
/* More than any element has. */
#define XML_ATTRS_MAX 1024u

/* Parses a text. what names it in messages ("(domain_definition)"); domain is the error's domain
 * (enum error_domain). If root is given, the root element must have that name. NULL with the error
 * set, e.g. "(domain_definition):1: Start tag expected, '<' not found" with the line and the place.
 */
xmlDoc *xml_parse(const char *text, const char *what, const char *root, int domain);
DEFINE_CLEANUP(xml_doc, xmlDoc *, xmlFreeDoc)

/* The first child element of that name (without namespace); the next sibling of the same name. */
const xmlNode *xml_child(const xmlNode *n, const char *name);
const xmlNode *xml_next(const xmlNode *n);
size_t xml_count(const xmlNode *n, const char *name);
static inline bool xml_is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, (const xmlChar *)name);
}

/* An attribute's value or all text inside an element, owned by the caller (free()); NULL if there
 * is no such attribute (or no element). */
char *xml_attr(const xmlNode *n, const char *name);
char *xml_text(const xmlNode *n);

/* A document of a copy of an element. NULL with NO_MEMORY. */
xmlDoc *xml_copy(const xmlNode *n);

/* Appends text with < > & ' " escaped, without control characters. 0 or -1 with NO_MEMORY. */
int xml_escape(struct buf *b, const char *text);

/* Appends an element as it is, indented for a place `indent` blanks deep, without a newline at the
 * end. */
int xml_write(struct buf *b, xmlNode *n, unsigned indent);

#endif
