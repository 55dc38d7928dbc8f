/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processors of documents: compared, described, settled.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

#include <rvirt/constants.h>

static struct def *read_cpu(const char *xml)
{
	struct def *def;

	assert_int_equal(def_parse(def_kind_cpu(), xml, 0, &def), 0);
	return def;
}

static int compared(const char *host, const char *guest, bool fail)
{
	CLEANUP(cleanup_def) struct def *h = read_cpu(host), *g = read_cpu(guest);
	int result = 0;

	return cpu_compare(h->root, g->root, fail, &result) < 0 ? -1 : result;
}

#define HOST(rest) "<cpu><arch>x86_64</arch>" rest "</cpu>"
#define GUEST(rest) "<cpu match='exact'>" rest "</cpu>"

static void test_compares(void **state)
{
	static const char host[] = HOST("<model>Nehalem</model><vendor>Intel</vendor>");

	(void)state;
	assert_int_equal(compared(host, host, false), RVIRT_CPU_COMPARE_IDENTICAL);
	assert_int_equal(compared(host, GUEST("<model>Penryn</model>"), false),
					 RVIRT_CPU_COMPARE_SUPERSET);
	assert_int_equal(compared(host, GUEST("<model>Westmere</model>"), false),
					 RVIRT_CPU_COMPARE_INCOMPATIBLE);
	assert_int_equal(compared(host, GUEST("<model>Penryn</model><vendor>AMD</vendor>"), false),
					 RVIRT_CPU_COMPARE_INCOMPATIBLE);
	assert_int_equal(compared(host, "<cpu match='strict'><model>Penryn</model></cpu>", false),
					 RVIRT_CPU_COMPARE_INCOMPATIBLE);
	assert_int_equal(compared(host, GUEST("<model>Westmere</model>"), true), -1);
	assert_int_equal(error_last()->code, ERR_CPU_INCOMPATIBLE);
	assert_non_null(strstr(error_last()->message, "required features: aes"));
	assert_int_equal(
		compared(host, GUEST("<model>Penryn</model><feature policy='forbid' name='popcnt'/>"),
				 true),
		-1);
	assert_non_null(strstr(error_last()->message, "forbidden features: popcnt"));
	assert_int_equal(compared(host, GUEST("<model>none</model>"), false), -1);
	assert_int_equal(compared(host, GUEST("<model>Penryn</model><feature name='none'/>"), false),
					 -1);
	error_reset();
}

/* A model and nothing beside for its own features; the signature decides between models. */
static void test_describes(void **state)
{
	static const struct cpu_wish any = {.models = NULL};
	struct cpu_data data = {.features = cpu_model_find("Haswell")->features, .vendor = "Intel"};
	CLEANUP(cleanup_def) struct def *def = cpu_decode(&data, &any), *old = NULL;

	(void)state;
	assert_string_equal(def_text(def, "model"), "Haswell");
	assert_null(node_child(def->root, "feature"));
	/* where its transactions are broken, they are not there */
	data.has_signature = true;
	data.family = 6;
	data.model = 60;
	old = cpu_decode(&data, &any);
	assert_string_equal(def_text(old, "model"), "Haswell-noTSX");
}

static void test_settles(void **state)
{
	CLEANUP(cleanup_def)
	struct def *host =
		read_cpu(GUEST("<model>Nehalem</model><vendor>Intel</vendor><feature name='vmx'/>"));
	CLEANUP(cleanup_def)
	struct def *guest = read_cpu("<cpu mode='host-model'><feature policy='optional' name='avx'/>"
								 "<feature policy='disable' name='vmx'/></cpu>");
	CLEANUP_FREE char *text = NULL;

	(void)state;
	assert_int_equal(cpu_settle(guest->root, host->root), 0);
	text = def_format(guest, 0);
	assert_string_equal(text, "<cpu mode='custom' match='exact'>\n"
							  "  <model>Nehalem</model>\n"
							  "  <vendor>Intel</vendor>\n"
							  "  <feature policy='disable' name='vmx'/>\n"
							  "  <feature policy='disable' name='avx'/>\n"
							  "</cpu>\n");
	assert_int_equal(cpu_settle(guest->root, NULL), 0);
	node_set(guest->root, "match", "minimum");
	assert_int_equal(cpu_settle(guest->root, NULL), -1);
	error_reset();
}

static void test_reads_this_host(void **state)
{
	struct cpu_data data;

	(void)state;
	if (!cpu_host_data(&data))
		skip();
	assert_true(cpu_set_count(&data.features) > 10);
	assert_true(cpu_set_has(&data.features, (size_t)cpu_feature_find("fpu")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compares),
		cmocka_unit_test(test_describes),
		cmocka_unit_test(test_settles),
		cmocka_unit_test(test_reads_this_host),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
