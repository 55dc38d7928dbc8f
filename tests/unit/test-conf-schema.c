/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Schemas: the first file that is there counts, it is parsed once, what is wrong is told.
 */
#include "config.h"
#include "unit.h"

#include <unistd.h>

#include "base/error.h"
#include "conf/domain.h"
#include "conf/schema.h"
#include "conf/xml.h"

#define DOMAIN                                                                                     \
	"<domain type='test'><name>a</name><memory>1</memory><os><type>hvm</type></os></domain>"

static const char rules[] =
	"<element name='box' xmlns='http://relaxng.org/ns/structure/1.0'>"
	"<zeroOrMore><element name='thing'><attribute name='id'/></element></zeroOrMore></element>";

static void write_file(char *path, const char *content)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static int validate(struct schema *s, const char *xml)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = xml_parse(xml, "(box)", NULL, FROM_NONE);

	assert_non_null(doc);
	return schema_validate(s, doc);
}

static void schema_is_found_once_and_asked(void **state)
{
	char path[] = "/tmp/rvirt-schema-XXXXXX", message[256];
	const char *files[] = {"/nonexistent/box.rng", path, NULL};
	struct schema s = SCHEMA(files);

	(void)state;
	write_file(path, rules);
	assert_int_equal(validate(&s, "<box><thing id='1'/> <thing id='2'/></box>"), 0);
	unlink(path);
	assert_int_equal(validate(&s, "<box><thing/></box>"), -1);
	assert_int_equal(error_last()->code, ERR_XML_INVALID_SCHEMA);
	snprintf(message, sizeof message,
			 "XML document failed to validate against schema: Unable to validate doc against %s\n"
			 "Element thing failed to validate attributes\n",
			 path);
	assert_string_equal(error_last()->message, message);
	schema_clear(&s);
}

static void large_documents_are_not_validated(void **state)
{
	const char *files[] = {"/nonexistent/box.rng", NULL};
	struct schema s = SCHEMA(files);
	struct buf b = {0};
	CLEANUP_FREE char *xml = NULL;

	(void)state;
	buf_puts(&b, "<box>");
	for (int i = 0; i < 16384; i++)
		buf_puts(&b, "<thing/>");
	buf_puts(&b, "</box>");
	xml = buf_steal_text(&b);
	assert_int_equal(validate(&s, xml), -1);
	assert_int_equal(error_last()->code, ERR_CONFIG_UNSUPPORTED);
	assert_string_equal(error_last()->message,
						"unsupported configuration: a document of more than 16384 elements can't "
						"be validated");
}

static void missing_schema_is_named(void **state)
{
	const char *files[] = {"/nonexistent/box.rng", "/nonexistent/too.rng", NULL};
	struct schema s = SCHEMA(files);

	(void)state;
	assert_int_equal(validate(&s, "<box/>"), -1);
	assert_int_equal(error_last()->code, ERR_CONFIG_UNSUPPORTED);
	assert_string_equal(error_last()->message,
						"unsupported configuration: no schema to validate against: there is no "
						"/nonexistent/box.rng and no /nonexistent/too.rng");
}

static void broken_schema_is_refused(void **state)
{
	char path[] = "/tmp/rvirt-schema-XXXXXX";
	const char *files[] = {path, NULL};
	struct schema s = SCHEMA(files);

	(void)state;
	write_file(path, "<grammar/>");
	assert_int_equal(validate(&s, "<box/>"), -1);
	assert_int_equal(error_last()->code, ERR_INTERNAL_ERROR);
	assert_non_null(strstr(error_last()->message, path));
	unlink(path);
}

/* Whichever is installed: a valid document never fails for another reason than that none is. */
static void domains_are_validated_when_asked(void **state)
{
	struct domain_def *def = NULL;

	(void)state;
	if (domain_def_parse(DOMAIN, DOMAIN_PARSE_VALIDATE, &def) < 0)
		assert_int_equal(error_last()->code, ERR_CONFIG_UNSUPPORTED);
	domain_def_free(def);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_is_found_once_and_asked),
		cmocka_unit_test(large_documents_are_not_validated),
		cmocka_unit_test(missing_schema_is_named),
		cmocka_unit_test(broken_schema_is_refused),
		cmocka_unit_test(domains_are_validated_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
