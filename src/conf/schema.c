/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Schemas: found, parsed once, asked. A lock is held while one is asked, because libxml2 promises
 * nothing of a schema that several threads use.
 */
#include "config.h"
#include "conf/schema.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

/* A document can be wrong at many places; no message needs them all. */
#define REASONS_MAX 16384

/* libxml2 compares the elements of free content each with each. */
#define ELEMENTS_MAX 16384u

DEFINE_CLEANUP(parser, xmlRelaxNGParserCtxt *, xmlRelaxNGFreeParserCtxt)
DEFINE_CLEANUP(valid, xmlRelaxNGValidCtxt *, xmlRelaxNGFreeValidCtxt)

static void add_reason(void *data, const char *msg, ...) __attribute__((format(printf, 2, 3)));
static void add_reason(void *data, const char *msg, ...)
{
	struct buf *b = data;
	va_list ap;

	if (buf_len(b) > REASONS_MAX)
		return;
	va_start(ap, msg);
	buf_vprintf(b, msg, ap);
	va_end(ap);
}

static void ignore(void *data, const char *msg, ...) __attribute__((format(printf, 2, 3)));
static void ignore(void *data, const char *msg, ...)
{
	(void)data;
	(void)msg;
}

static const char *text(const struct buf *b)
{
	return buf_len(b) ? (const char *)buf_at(b) : "";
}

static int refuse_missing(const struct schema *s)
{
	CLEANUP_BUF struct buf b = {0};

	for (size_t i = 0; s->files[i]; i++)
		buf_printf(&b, "%s%s", i ? " and no " : "", s->files[i]);
	return error_set(FROM_XML, ERR_CONFIG_UNSUPPORTED,
					 "no schema to validate against: there is no %s", text(&b));
}

static int load(struct schema *s)
{
	CLEANUP(cleanup_parser) xmlRelaxNGParserCtxt *parser = NULL;
	CLEANUP_BUF struct buf reasons = {0};
	size_t i = 0;

	if (s->rules)
		return 0;
	while (s->files[i] && access(s->files[i], R_OK) < 0)
		i++;
	if (!s->files[i])
		return refuse_missing(s);
	if (!(parser = xmlRelaxNGNewParserCtxt(s->files[i])))
		return error_oom();
	xmlRelaxNGSetParserErrors(parser, add_reason, ignore, &reasons);
	if (!(s->rules = xmlRelaxNGParse(parser)))
		return error_set(FROM_XML, ERR_INTERNAL_ERROR, "Unable to parse RNG %s: %s", s->files[i],
						 text(&reasons));
	s->file = s->files[i];
	return 0;
}

static int ask(const struct schema *s, xmlDoc *doc)
{
	CLEANUP(cleanup_valid) xmlRelaxNGValidCtxt *valid = xmlRelaxNGNewValidCtxt(s->rules);
	CLEANUP_BUF struct buf reasons = {0};

	if (!valid)
		return error_oom();
	xmlRelaxNGSetValidErrors(valid, add_reason, ignore, &reasons);
	if (xmlRelaxNGValidateDoc(valid, doc) == 0)
		return 0;
	return error_set(FROM_XML, ERR_XML_INVALID_SCHEMA, "Unable to validate doc against %s\n%s",
					 s->file, text(&reasons));
}

static unsigned count_elements(const xmlNode *n)
{
	unsigned count = 0;

	for (; n; n = n->next) {
		if (n->type == XML_ELEMENT_NODE)
			count += 1 + count_elements(n->children);
	}
	return count;
}

int schema_validate(struct schema *s, xmlDoc *doc)
{
	int rc;

	if (count_elements(doc->children) > ELEMENTS_MAX)
		return error_set(FROM_XML, ERR_CONFIG_UNSUPPORTED,
						 "a document of more than %u elements can't be validated", ELEMENTS_MAX);

	pthread_mutex_lock(&s->lock);
	rc = load(s) < 0 ? -1 : ask(s, doc);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void schema_clear(struct schema *s)
{
	xmlRelaxNGFree(s->rules);
	s->rules = NULL;
}
