/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parsing with libxml2, and the few things of its trees that the rest needs.
 */
#include "config.h"
#include "conf/xml.h"

#include <libxml/parser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A longer line would make a message that the protocol can't carry. */
#define LINE_SHOWN_MAX 65536

struct xml_reading {
	const char *what;
	int domain;
	bool failed;
};

/* libxml2's message with the line that it is about and a pointer below the place. */
static void report(const struct xml_reading *r, const xmlParserCtxt *ctxt)
{
	const xmlError *e = &ctxt->lastError;
	const char *at = (const char *)ctxt->input->cur, *base = (const char *)ctxt->input->base;
	CLEANUP_BUF struct buf b = {0};
	size_t column, length;

	while (at > base && (*at == '\n' || *at == '\r'))
		at--;
	while (at > base && *at != '\n' && *at != '\r')
		at--;
	if (*at == '\n' || *at == '\r')
		at++;
	column =
		(const char *)ctxt->input->cur > at ? (size_t)((const char *)ctxt->input->cur - at) : 0;
	length = strcspn(at, "\r\n");
	if (length > LINE_SHOWN_MAX) {
		error_set((enum error_domain)r->domain, ERR_XML_DETAIL, "%s:%d: %s(a line of %zu bytes)",
				  e->file ? e->file : r->what, e->line, e->message, length);
		return;
	}
	if (buf_printf(&b, "%s:%d: %s", e->file ? e->file : r->what, e->line, e->message) < 0 ||
		(length ? buf_add(&b, at, length) : buf_puts(&b, "(null)")) < 0 || buf_puts(&b, "\n") < 0)
		return;
	for (size_t i = 0; i < column && i < length; i++)
		buf_puts(&b, at[i] == '\t' ? "\t" : "-");
	if (buf_puts(&b, "^") == 0)
		error_set((enum error_domain)r->domain, ERR_XML_DETAIL, "%s", (char *)buf_at(&b));
}

static void on_error(void *data, const char *msg, ...) __attribute__((format(printf, 2, 3)));
static void on_error(void *data, const char *msg, ...)
{
	xmlParserCtxt *ctxt = data;
	struct xml_reading *r = ctxt ? ctxt->_private : NULL;

	(void)msg;
	if (!r || r->failed || !ctxt->input || ctxt->lastError.level != XML_ERR_FATAL ||
		!ctxt->lastError.message)
		return;
	r->failed = true;
	report(r, ctxt);
}

static xmlDoc *read_text(const char *text, size_t len, struct xml_reading *r)
{
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	xmlDoc *doc;

	if (!ctxt) {
		error_oom();
		return NULL;
	}
	ctxt->_private = r;
	ctxt->sax->error = on_error;
	doc = xmlCtxtReadMemory(ctxt, text, (int)len, r->what, NULL,
							XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS);
	xmlFreeParserCtxt(ctxt);
	if (!doc && !r->failed)
		error_set((enum error_domain)r->domain, ERR_XML_ERROR, "failed to parse xml document '%s'",
				  r->what);
	return doc;
}

/* No tag can have more attributes than there are equals signs before quotes from one '<' to the
 * next. libxml2 compares the attributes of a tag each with each. */
static bool has_attrs_within(const char *text, unsigned most)
{
	unsigned count = 0;

	for (const char *p = text; *p && count <= most; p++) {
		if (*p == '<')
			count = 0;
		else if (*p == '=' && strchr("'\" \t\r\n", p[1]))
			count++;
	}
	return count <= most;
}

xmlDoc *xml_parse(const char *text, const char *what, const char *root, int domain)
{
	struct xml_reading r = {.what = what, .domain = domain};
	size_t len = strnlen(text, XML_MAX + 1);
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	const xmlNode *top;

	if (len > XML_MAX) {
		error_set((enum error_domain)domain, ERR_XML_ERROR, "%s is longer than %u bytes", what,
				  XML_MAX);
		return NULL;
	}
	if (!has_attrs_within(text, XML_ATTRS_MAX)) {
		error_set((enum error_domain)domain, ERR_XML_ERROR,
				  "%s has more than %u attributes at once", what, XML_ATTRS_MAX);
		return NULL;
	}
	if (!(doc = read_text(text, len, &r)))
		return NULL;
	if (doc->intSubset) {
		error_set((enum error_domain)domain, ERR_XML_ERROR,
				  "%s has a document type declaration, which is not allowed here", what);
		return NULL;
	}
	top = xmlDocGetRootElement(doc);
	if (!top) {
		error_set((enum error_domain)domain, ERR_INTERNAL_ERROR, "missing root element");
		return NULL;
	}
	if (root && !xml_is(top, root)) {
		error_set(FROM_XML, ERR_XML_ERROR, "expecting root element of '%s', not '%s'", root,
				  (const char *)top->name);
		return NULL;
	}
	return steal(&doc);
}

static const xmlNode *first_of(const xmlNode *n, const char *name)
{
	while (n && !(xml_is(n, name) && !n->ns))
		n = n->next;
	return n;
}

const xmlNode *xml_child(const xmlNode *n, const char *name)
{
	return n ? first_of(n->children, name) : NULL;
}

const xmlNode *xml_next(const xmlNode *n)
{
	return first_of(n->next, (const char *)n->name);
}

size_t xml_count(const xmlNode *n, const char *name)
{
	size_t count = 0;

	for (n = xml_child(n, name); n; n = xml_next(n))
		count++;
	return count;
}

static char *own(xmlChar *text)
{
	char *copy = text ? strdup((const char *)text) : NULL;

	xmlFree(text);
	return copy;
}

char *xml_attr(const xmlNode *n, const char *name)
{
	return n ? own(xmlGetProp(n, (const xmlChar *)name)) : NULL;
}

char *xml_text(const xmlNode *n)
{
	return n ? own(xmlNodeGetContent(n)) : NULL;
}

xmlDoc *xml_copy(const xmlNode *n)
{
	xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNode *copy = doc ? xmlDocCopyNode((xmlNode *)(uintptr_t)n, doc, 1) : NULL;

	if (copy) {
		xmlDocSetRootElement(doc, copy);
		return doc;
	}
	xmlFreeDoc(doc);
	error_oom();
	return NULL;
}

static const char *escaped(unsigned char c)
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
		return c < 0x1a && c != '\t' && c != '\n' && c != '\r' ? "" : NULL;
	}
}

int xml_escape(struct buf *b, const char *text)
{
	const char *done = text;

	for (const char *p = text; *p; p++) {
		const char *instead = escaped((unsigned char)*p);

		if (!instead)
			continue;
		if (buf_add(b, done, (size_t)(p - done)) < 0 || buf_puts(b, instead) < 0)
			return -1;
		done = p + 1;
	}
	return buf_puts(b, done);
}

int xml_write(struct buf *b, xmlNode *n, unsigned indent)
{
	xmlBuffer *x = xmlBufferCreate();
	int saved = xmlIndentTreeOutput, ret = -1;
	const char *text;

	if (!x)
		return error_oom();
	xmlIndentTreeOutput = 1; /* a variable of the thread */
	if (xmlNodeDump(x, n->doc, n, (int)indent / 2, 1) < 0) {
		error_set(FROM_XML, ERR_INTERNAL_ERROR, "Unable to format metadata element");
	} else {
		text = (const char *)xmlBufferContent(x);
		text += strspn(text, " \t\r\n"); /* newer libxml2 indents the first line as well */
		ret = buf_printf(b, "%*s%s", (int)indent, "", text);
	}
	xmlIndentTreeOutput = saved;
	xmlBufferFree(x);
	return ret;
}
