/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions of objects other than domains: what comes back is what libvirt would write, parts
 * change in their place, what is wrong is refused by its code.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "conf/address.h"
#include "conf/network.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

static struct def *parse(const struct def_kind *kind, const char *xml)
{
	struct def *def = NULL;

	if (def_parse(kind, xml, 0, &def) < 0)
		print_error("%s\n", error_last()->message);
	return def;
}

static void assert_written(const struct def *def, const char *wanted)
{
	char *text = def_format(def, 0);

	assert_string_equal(text, wanted);
	free(text);
}

static void network_is_completed_and_put_in_order(void **state)
{
	struct def *def =
		parse(def_kind_network(), "<network><ip netmask='255.255.255.0' address='10.0.0.1'>"
								  "<dhcp><host ip='10.0.0.3' mac='52:54:00:00:00:01'/>"
								  "<range start='10.0.0.5' end='10.0.0.9'/></dhcp></ip>"
								  "<forward/><unknown/><uuid>" UUID "</uuid>"
								  "<metadata><a:b xmlns:a='urn:a'> <c/></a:b><plain/></metadata>"
								  "<name>a</name></network>");

	(void)state;
	assert_written(def, "<network>\n"
						"  <name>a</name>\n"
						"  <uuid>" UUID "</uuid>\n"
						"  <metadata>\n"
						"    <a:b xmlns:a=\"urn:a\">\n"
						"      <c/>\n"
						"    </a:b>\n"
						"  </metadata>\n"
						"  <forward mode='nat'/>\n"
						"  <bridge stp='on' delay='0'/>\n"
						"  <ip address='10.0.0.1' netmask='255.255.255.0'>\n"
						"    <dhcp>\n"
						"      <range start='10.0.0.5' end='10.0.0.9'/>\n"
						"      <host mac='52:54:00:00:00:01' ip='10.0.0.3'/>\n"
						"    </dhcp>\n"
						"  </ip>\n"
						"</network>\n");
	def_free(def);
}

static void copy_is_independent(void **state)
{
	struct def *def = parse(def_kind_network(), "<network><name>a</name><uuid>" UUID
												"</uuid><metadata><x xmlns='u'/></metadata>"
												"</network>");
	struct def *copy = def_copy(def), *changed = NULL;
	char *text = def_format(def, 0);

	(void)state;
	assert_int_equal(network_update(copy, 3, 11, -1, "<txt name='t' value='v'/>", &changed), 0);
	def_free(copy);
	assert_written(def, text);
	assert_non_null(node_child(changed->root, "dns/txt"));
	def_free(changed);
	def_free(def);
	free(text);
}

static void broken_parts_leave_the_network_as_it_is(void **state)
{
	static const struct {
		unsigned command, section;
		const char *xml;
		int code;
	} rows[] = {
		{3, 11, "<txt", ERR_XML_DETAIL},
		{3, 11, "<srv/>", ERR_XML_ERROR},
		{9, 11, "<txt name='t' value='v'/>", ERR_OPERATION_UNSUPPORTED},
		{3, 99, "<txt name='t' value='v'/>", ERR_OPERATION_UNSUPPORTED},
		{3, 4, "<host/>", ERR_OPERATION_INVALID},
		{1, 12, "<srv service='a' protocol='tcp'/>", ERR_OPERATION_UNSUPPORTED},
	};
	struct def *def = parse(def_kind_network(), "<network><name>a</name></network>");
	struct def *changed = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(
			network_update(def, rows[i].command, rows[i].section, -1, rows[i].xml, &changed), -1);
		assert_int_equal(error_last()->code, rows[i].code);
		assert_null(changed);
	}
	def_free(def);
}

static void documents_that_are_too_long_are_refused_by_name(void **state)
{
	char *text = malloc(DEF_XML_MAX + 2);
	struct def *def = NULL;

	(void)state;
	memset(text, ' ', DEF_XML_MAX + 1);
	text[DEF_XML_MAX + 1] = '\0';
	assert_int_equal(def_parse(def_kind_network(), text, 0, &def), -1);
	assert_non_null(strstr(error_last()->message, "network may have 4194304 bytes at most"));
	free(text);
}

static void ranges_are_within_their_network(void **state)
{
	struct address start, end, own;

	(void)state;
	assert_int_equal(address_parse("10.0.0.5", AF_UNSPEC, &start), 0);
	assert_int_equal(address_parse("10.0.0.9", AF_UNSPEC, &end), 0);
	assert_int_equal(address_parse("10.0.0.1", AF_UNSPEC, &own), 0);
	assert_int_equal(address_check_range(&start, &end, &own, 24), 0);
	assert_int_equal(address_check_range(&start, &end, &own, 30), -1);
	assert_int_equal(address_check_range(&start, &end, &own, 33), -1);
	assert_int_equal(address_check_range(&end, &start, &own, 24), -1);
	assert_int_equal(address_parse("255.255.240.0", AF_UNSPEC, &own), 0);
	assert_int_equal(address_mask_prefix(&own), 20);
	assert_int_equal(address_parse("255.0.255.0", AF_UNSPEC, &own), 0);
	assert_int_equal(address_mask_prefix(&own), -1);
	assert_int_equal(address_parse("host", AF_UNSPEC, &own), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_is_completed_and_put_in_order),
		cmocka_unit_test(copy_is_independent),
		cmocka_unit_test(broken_parts_leave_the_network_as_it_is),
		cmocka_unit_test(documents_that_are_too_long_are_refused_by_name),
		cmocka_unit_test(ranges_are_within_their_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
