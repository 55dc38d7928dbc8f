/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions of domains: what comes back is what libvirt would write, what is wrong is refused by
 * its code, changes keep the order.
 */
#include "config.h"
#include "unit.h"

#include <time.h>

#include "base/error.h"
#include "conf/domain.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define SMALL                                                                                      \
	"<domain type='test'><name>a</name><uuid>" UUID "</uuid><memory unit='MiB'>512</memory>"       \
	"<os><type>hvm</type></os>"

static struct domain_def *parse(const char *xml)
{
	struct domain_def *def = NULL;

	if (domain_def_parse(xml, 0, &def) < 0)
		print_error("%s\n", error_last()->message);
	return def;
}

static void minimal_domain_gets_defaults(void **state)
{
	struct domain_def *def = parse(SMALL "</domain>");
	char *text = domain_def_format(def, 0);

	(void)state;
	assert_string_equal(text, "<domain type='test'>\n"
							  "  <name>a</name>\n"
							  "  <uuid>" UUID "</uuid>\n"
							  "  <memory unit='KiB'>524288</memory>\n"
							  "  <currentMemory unit='KiB'>524288</currentMemory>\n"
							  "  <vcpu placement='static'>1</vcpu>\n"
							  "  <os>\n"
							  "    <type arch='i686'>hvm</type>\n"
							  "    <boot dev='hd'/>\n"
							  "  </os>\n"
							  "  <clock offset='utc'/>\n"
							  "  <on_poweroff>destroy</on_poweroff>\n"
							  "  <on_reboot>restart</on_reboot>\n"
							  "  <on_crash>destroy</on_crash>\n"
							  "  <devices>\n"
							  "  </devices>\n"
							  "</domain>\n");
	assert_string_equal(def->name, "a");
	assert_string_equal(def->os_type, "hvm");
	assert_int_equal(def->memory, 524288);
	assert_int_equal(def->max_vcpus, 1);
	free(text);
	domain_def_free(def);
}

static void written_form_reads_back_the_same(void **state)
{
	struct domain_def *def =
		parse(SMALL "<vcpu current='2'>4</vcpu><title>t</title><devices>"
					"<disk type='file' device='disk'><source file='/a'/><target dev='sda'/></disk>"
					"<interface type='network'><source network='default'/></interface>"
					"<graphics type='vnc' port='-1'/><console type='pty'/></devices></domain>");
	struct domain_def *again, *copy = domain_def_copy(def);
	char *first = domain_def_format(def, 0), *second, *third = domain_def_format(copy, 0);

	(void)state;
	again = parse(first);
	second = domain_def_format(again, 0);
	assert_string_equal(first, second);
	assert_string_equal(first, third);
	assert_non_null(strstr(first, "<controller type='scsi' index='0'/>"));
	assert_non_null(strstr(first, "<model type='cirrus' vram='16384' heads='1' primary='yes'/>"));
	free(first);
	free(second);
	free(third);
	domain_def_free(def);
	domain_def_free(again);
	domain_def_free(copy);
}

static void changes_keep_the_order(void **state)
{
	struct domain_def *def = parse(SMALL "<description>d</description></domain>");
	char *text;

	(void)state;
	assert_int_equal(domain_def_set_title(def, "new <title>"), 0);
	assert_int_equal(domain_def_set_description(def, NULL), 0);
	assert_int_equal(domain_def_set_name(def, "b"), 0);
	assert_int_equal(domain_def_set_max_vcpus(def, 8), 0);
	assert_int_equal(domain_def_set_current_memory(def, 1024), 0);
	assert_int_equal(domain_def_set_text(def, "cputune/shares", "100"), 0);
	assert_int_equal(domain_def_set_text(def, "memtune/hard_limit", "77"), 0);
	assert_int_equal(
		domain_def_set_metadata(def, "http://example.org/x", "x", "<note>hello</note>"), 0);
	domain_def_set_id(def, 3);
	text = domain_def_format(def, 0);
	assert_non_null(strstr(text, "<domain type='test' id='3'>\n  <name>b</name>\n"));
	assert_non_null(strstr(text, "</uuid>\n  <title>new &lt;title&gt;</title>\n  <metadata>\n"
								 "    <x:note xmlns:x=\"http://example.org/x\">hello</x:note>\n"
								 "  </metadata>\n  <memory "));
	assert_non_null(strstr(text, "<memtune>\n    <hard_limit unit='KiB'>77</hard_limit>\n"));
	assert_non_null(strstr(text, "<vcpu placement='static' current='1'>8</vcpu>\n  <cputune>\n"
								 "    <shares>100</shares>\n  </cputune>\n  <os>"));
	free(text);
	text = domain_def_metadata(def, "http://example.org/x");
	assert_string_equal(text, "<note>hello</note>");
	free(text);
	assert_null(domain_def_metadata(def, "http://example.org/y"));
	assert_int_equal(error_last()->code, ERR_NO_DOMAIN_METADATA);
	domain_def_free(def);
}

static void wrong_documents_are_refused_by_code(void **state)
{
	static const struct {
		const char *xml;
		int code;
		const char *message;
	} wrong[] = {
		{"hello", ERR_XML_DETAIL,
		 "(domain_definition):1: Start tag expected, '<' not found\nhello\n^"},
		{"<network/>", ERR_XML_ERROR,
		 "XML error: expecting root element of 'domain', not 'network'"},
		{"<domain type='test'/>", ERR_NO_NAME, "missing name information"},
		{"<domain type='x'><name>a</name><os><type>hvm</type></os></domain>",
		 ERR_CONFIG_UNSUPPORTED, "unsupported configuration: invalid domain type x"},
		{SMALL "<vcpu>x</vcpu></domain>", ERR_XML_ERROR,
		 "XML error: maximum vcpus count must be an integer"},
		{SMALL "<on_crash>x</on_crash></domain>", ERR_CONFIG_UNSUPPORTED,
		 "unsupported configuration: unknown on_crash action: x"},
		{SMALL "<devices><sound/></devices></domain>", ERR_XML_ERROR,
		 "XML error: Missing required attribute 'model' in element 'sound'"},
		{"<!DOCTYPE d [<!ENTITY e 'x'>]><domain/>", ERR_XML_ERROR, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct domain_def *def = NULL;

		assert_int_equal(domain_def_parse(wrong[i].xml, 0, &def), -1);
		assert_null(def);
		assert_int_equal(error_last()->code, wrong[i].code);
		if (wrong[i].message)
			assert_string_equal(error_last()->message, wrong[i].message);
	}
}

static void secrets_are_written_only_when_asked(void **state)
{
	struct domain_def *def =
		parse(SMALL "<devices><graphics type='vnc' passwd='sesame'/></devices></domain>");
	char *text = domain_def_format(def, 0);

	(void)state;
	assert_null(strstr(text, "sesame"));
	free(text);
	text = domain_def_format(def, DOMAIN_FORMAT_SECURE);
	assert_non_null(strstr(text, " passwd='sesame'"));
	free(text);
	domain_def_free(def);
}

/* A document's head with the same element again and again inside of `where`. */
static char *many(const char *open, const char *element, size_t count, const char *close)
{
	struct buf b = {0};

	buf_printf(&b, "%s%s", SMALL, open);
	while (count--)
		buf_puts(&b, element);
	buf_printf(&b, "%s</domain>", close);
	return buf_steal_text(&b);
}

/* Each of these takes long if every one is compared with every other. */
static void hostile_documents_are_bounded(void **state)
{
	static const struct {
		const char *open, *element, *close;
		size_t count;
		int code; /* 0: taken */
	} documents[] = {
		{"<devices>", "<serial type='pty'/>", "</devices>", 1025, ERR_CONFIG_UNSUPPORTED},
		{"<vcpu cpuset='", "0-16383,", "1'>1</vcpu>", 400000, 0},
		{"<devices>",
		 "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>"
		 "<address bus='0' target='0' unit='0'/></source></hostdev>",
		 "</devices>", 1024, ERR_XML_ERROR},
		{"<x ", "a='' ", "/>", 500000, ERR_XML_ERROR},
		{"<metadata>", "<a:a xmlns:a='b'/>", "</metadata>", 200000, ERR_CONFIG_UNSUPPORTED},
		{"<x>", "123456789 ", "</x>", 500000, ERR_CONFIG_UNSUPPORTED},
		{"<vcpu>", "<y>", "</vcpu>", 300, ERR_XML_DETAIL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		CLEANUP_FREE char *xml =
			many(documents[i].open, documents[i].element, documents[i].count, documents[i].close);
		CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
		clock_t begin = clock();

		error_reset();
		assert_int_equal(domain_def_parse(xml, 0, &def), documents[i].code ? -1 : 0);
		assert_int_equal(error_last()->code, documents[i].code);
		assert_true(!def || !documents[i].code);
		assert_true((clock() - begin) / CLOCKS_PER_SEC < 20);
	}
}

/* The free units of controllers are given to host devices in turn. */
static void scsi_host_devices_get_the_free_units(void **state)
{
	struct domain_def *def =
		parse(SMALL "<devices>"
					"<disk type='file'><source file='/a'/><target dev='sdb' bus='scsi'/></disk>"
					"<controller type='scsi' index='1' model='lsisas1068'/>"
					"<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>"
					"<address bus='0' target='0' unit='0'/></source>"
					"<address type='drive' controller='0' bus='0' target='0' unit='3'/></hostdev>"
					"<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>"
					"<address bus='0' target='0' unit='1'/></source></hostdev>"
					"<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>"
					"<address bus='0' target='0' unit='2'/></source></hostdev></devices></domain>");
	static const long long units[] = {3, 0, 2};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			node_attr_num(node_child(domain_def_device(def, "hostdev", i), "address"), "unit", -1),
			units[i]);
	domain_def_free(def);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_domain_gets_defaults),
		cmocka_unit_test(written_form_reads_back_the_same),
		cmocka_unit_test(changes_keep_the_order),
		cmocka_unit_test(wrong_documents_are_refused_by_code),
		cmocka_unit_test(secrets_are_written_only_when_asked),
		cmocka_unit_test(hostile_documents_are_bounded),
		cmocka_unit_test(scsi_host_devices_get_the_free_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
