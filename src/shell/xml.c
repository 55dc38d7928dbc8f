/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Questions to XML that a host sent, and text for XML that goes to one.
 */
#include "config.h"
#include "xml.h"

#include "shell.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(xpath_context, xmlXPathContext *, xmlXPathFreeContext)
DEFINE_CLEANUP(xpath_object, xmlXPathObject *, xmlXPathFreeObject)

xmlDoc *xml_parse(const char *text, bool blanks)
{
	size_t len = strlen(text);
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				  (blanks ? 0 : XML_PARSE_NOBLANKS);

	return len <= INT_MAX ? xmlReadMemory(text, (int)len, NULL, NULL, options) : NULL;
}

static xmlXPathObject *evaluate(xmlDoc *doc, xmlNode *at, const char *xpath)
{
	CLEANUP(cleanup_xpath_context) xmlXPathContext *context = xmlXPathNewContext(doc);

	if (!context)
		return NULL;
	context->node = at ? at : xmlDocGetRootElement(doc);
	return xmlXPathEval((const xmlChar *)xpath, context);
}

char *xml_string(xmlDoc *doc, xmlNode *at, const char *xpath)
{
	CLEANUP(cleanup_xpath_object) xmlXPathObject *found = evaluate(doc, at, xpath);

	if (!found || found->type != XPATH_STRING || !found->stringval || !*found->stringval)
		return NULL;
	return shell_strdup((const char *)found->stringval);
}

int xml_number(xmlDoc *doc, xmlNode *at, const char *xpath)
{
	CLEANUP_FREE char *text = xml_string(doc, at, xpath);
	char *end;
	long n;

	if (!text)
		return -1;
	n = strtol(text, &end, 10);
	return *end || n < 0 || n > INT_MAX ? -1 : (int)n;
}

int xml_nodes(xmlDoc *doc, const char *xpath, xmlNode ***ret_nodes, size_t *ret_n)
{
	CLEANUP(cleanup_xpath_object) xmlXPathObject *found = evaluate(doc, NULL, xpath);
	size_t n;

	if (!found || found->type != XPATH_NODESET)
		return -1;
	n = found->nodesetval ? (size_t)found->nodesetval->nodeNr : 0;
	*ret_nodes = shell_alloc(n * sizeof(**ret_nodes));
	if (n)
		memcpy(*ret_nodes, found->nodesetval->nodeTab, n * sizeof(**ret_nodes));
	*ret_n = n;
	return 0;
}

char *xml_format(xmlDoc *doc, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *text;

	if (!buffer || xmlNodeDump(buffer, doc, node, 0, 1) < 0)
		text = shell_strdup("");
	else
		text = shell_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

/* What stands for a character, NULL: itself. */
static const char *entity_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

char *xml_escape(const char *text)
{
	char *escaped = shell_alloc(strlen("&quot;") * strlen(text) + 1), *to = escaped;

	for (; *text; text++) {
		const char *entity = entity_of(*text);

		if (entity)
			to = stpcpy(to, entity);
		else
			*to++ = *text;
	}
	*to = '\0';
	return escaped;
}

void xml_put_text(FILE *to, const char *text)
{
	CLEANUP_FREE char *escaped = xml_escape(text);

	fputs(escaped, to);
}

void xml_put_attr(FILE *to, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(to, " %s='", name);
	xml_put_text(to, text);
	fputc('\'', to);
}

void xml_put_element(FILE *to, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(to, "  <%s>", name);
	xml_put_text(to, text);
	fprintf(to, "</%s>\n", name);
}
