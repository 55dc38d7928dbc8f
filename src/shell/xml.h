/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Questions to XML that a host sent, as XPath expressions; text for XML that goes to one. Documents
 * are parsed without network and without entities from outside.
 */
#ifndef SHELL_XML_H
#define SHELL_XML_H

#include "base/cleanup.h"

#include <libxml/tree.h>
#include <stdbool.h>
#include <stdio.h>

struct strings;

/* NULL if it is not well-formed. blanks: text that only indents is kept. */
xmlDoc *xml_parse(const char *text, bool blanks);
DEFINE_CLEANUP(xml_doc, xmlDoc *, xmlFreeDoc)
#define CLEANUP_XML CLEANUP(cleanup_xml_doc)

/* The value of an expression at a node (NULL: the document), owned by the caller; NULL if it is
 * empty. */
char *xml_string(xmlDoc *doc, xmlNode *at, const char *xpath);

/* The same as a number of at least 0; -1 if it is none. */
int xml_number(xmlDoc *doc, xmlNode *at, const char *xpath);

/* The nodes that an expression finds, in the document's order, the array owned by the caller. 0, or
 * -1 if it is no expression. */
int xml_nodes(xmlDoc *doc, const char *xpath, xmlNode ***ret_nodes, size_t *ret_n);

/* A node as text, owned by the caller. */
char *xml_format(xmlDoc *doc, xmlNode *node);

/* Writes text so that XML has it as it is, in an element or between quotes of either kind. */
void xml_put_text(FILE *to, const char *text);

/* The same as a text of its own, owned by the caller. */
char *xml_escape(const char *text);

/* An attribute with such a text, and an element on a line of its own; nothing if text is NULL. */
void xml_put_attr(FILE *to, const char *name, const char *text);
void xml_put_element(FILE *to, const char *name, const char *text);

#endif
