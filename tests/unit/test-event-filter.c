/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which events of a monitor a client gets: by name, by pattern, and what patterns are not taken.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "daemon/event-filter.h"

static bool fits(const char *wanted, bool regex, bool no_case, const char *name)
{
	struct event_filter *f = event_filter_new(wanted, regex, no_case);
	bool answer;

	assert_non_null(f);
	answer = event_filter_fits(f, name);
	event_filter_free(f);
	return answer;
}

static void without_a_name_all_fit(void **state)
{
	(void)state;
	assert_true(fits(NULL, false, false, "STOP"));
	assert_true(fits(NULL, true, true, "STOP"));
}

static void a_name_is_compared_whole(void **state)
{
	(void)state;
	assert_true(fits("STOP", false, false, "STOP"));
	assert_false(fits("STOP", false, false, "STOPPED"));
	assert_false(fits("STO", false, false, "STOP"));
	assert_false(fits("stop", false, false, "STOP"));
	assert_true(fits("stop", false, true, "STOP"));
	assert_false(fits("stopp", false, true, "STOP"));
	/* and is no pattern */
	assert_false(fits("ST.P", false, false, "STOP"));
	assert_true(fits("a{9}", false, false, "a{9}"));
}

static void a_pattern_fits_anywhere(void **state)
{
	(void)state;
	assert_true(fits("TO", true, false, "STOP"));
	assert_true(fits("^(STOP|RESUME)$", true, false, "RESUME"));
	assert_false(fits("^TO", true, false, "STOP"));
	assert_false(fits("to", true, false, "STOP"));
	assert_true(fits("to", true, true, "STOP"));
	assert_true(fits("BLOCK_.*ERROR", true, false, "BLOCK_IO_ERROR"));
}

static void refused(const char *pattern)
{
	assert_null(event_filter_new(pattern, true, false));
	assert_int_equal(error_last()->code, ERR_INVALID_ARG);
	assert_non_null(strstr(error_last()->message, "failed to compile regex"));
	error_reset();
}

static void what_is_no_pattern_or_costs_too_much_is_refused(void **state)
{
	char longest[258];

	(void)state;
	refused("(");
	refused("[a");
	refused("(.{1,99}){1,99}");
	memset(longest, 'a', sizeof longest - 1);
	longest[257] = '\0';
	refused(longest);
	longest[256] = '\0';
	assert_false(fits(longest, true, false, "STOP"));
}

static void nothing_is_freed(void **state)
{
	(void)state;
	event_filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_name_all_fit),
		cmocka_unit_test(a_name_is_compared_whole),
		cmocka_unit_test(a_pattern_fits_anywhere),
		cmocka_unit_test(what_is_no_pattern_or_costs_too_much_is_refused),
		cmocka_unit_test(nothing_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
