/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffers, errors and UUIDs.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/spin.h"
#include "base/uuid.h"

#include <sched.h>

static void buffer_keeps_order_across_growth_and_consumption(void **state)
{
	CLEANUP_BUF struct buf b = {0};
	unsigned next_in = 0, next_out = 0;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		for (int i = 0; i < 37; i++, next_in++)
			assert_int_equal(buf_add(&b, &next_in, sizeof next_in), 0);
		for (int i = 0; i < 31; i++, next_out++) {
			unsigned v;

			memcpy(&v, buf_at(&b), sizeof v);
			assert_int_equal(v, next_out);
			buf_consume(&b, sizeof v);
		}
	}
	assert_int_equal(buf_len(&b), (next_in - next_out) * sizeof next_in);
}

static void buffer_text_ends_with_nul(void **state)
{
	CLEANUP_BUF struct buf b = {0};
	char *text;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_printf(&b, "%d,%s", i, i % 2 ? "" : "a rather longer piece of text"),
						 0);
	text = buf_steal_text(&b);
	assert_int_equal(strncmp(text, "0,a rather longer piece of text1,2,a", 35), 0);
	assert_int_equal(strcmp(text + strlen(text) - 3, "99,"), 0);
	assert_int_equal(buf_len(&b), 0);
	free(text);
}

static void long_errors_keep_their_beginning_and_their_end(void **state)
{
	char value[20001];
	const char *message;

	(void)state;
	/* characters of two bytes, at odd places */
	for (size_t i = 0; i < 20000; i += 2)
		memcpy(value + i, "\u00e4", 2);
	value[20000] = '\0';
	error_set(FROM_NONE, ERR_XML_ERROR, "bad value '%s' of name", value);
	message = error_last()->message;
	assert_int_equal(strncmp(message, "XML error: bad value '\u00e4", 24), 0);
	assert_non_null(strstr(message, "\u00e4[... 16948 bytes left out ...]\u00e4"));
	assert_string_equal(message + strlen(message) - 11, "\u00e4' of name");
	assert_in_range(strlen(message), 3000, 3300);
	error_prefix("%s", value);
	assert_in_range(strlen(error_last()->message), 6000, 6600);
	value[4000] = '\0';
	error_set(FROM_NONE, ERR_XML_ERROR, "bad value '%s' of name", value);
	assert_null(strstr(error_last()->message, "left out"));
}

static void error_text_comes_from_the_table(void **state)
{
	struct error saved;

	(void)state;
	assert_int_equal(error_set(FROM_TEST, ERR_NO_DOMAIN, "no domain with matching name '%s'", "x"),
					 -1);
	assert_string_equal(error_last()->message,
						"Domain not found: no domain with matching name 'x'");
	assert_int_equal(error_last()->code, 42);
	assert_int_equal(error_last()->domain, 12);
	error_take(&saved);
	assert_int_equal(error_last()->code, ERR_OK);
	error_set(FROM_NONE, ERR_NO_DOMAIN, NULL);
	assert_string_equal(error_last()->message, "Domain not found");
	error_give(&saved);
	error_prefix("on host %s", "h");
	assert_string_equal(error_last()->message,
						"on host h: Domain not found: no domain with matching name 'x'");
	error_reset();
}

static void uuid_text_is_read_and_written(void **state)
{
	unsigned char uuid[UUID_LEN], again[UUID_LEN];
	char text[UUID_TEXT_LEN];

	(void)state;
	assert_int_equal(uuid_parse(" 6695EB01-f6a4-8304-79aa-97f2502e193f\n", uuid), 0);
	assert_string_equal(uuid_format(uuid, text), "6695eb01-f6a4-8304-79aa-97f2502e193f");
	assert_int_equal(uuid_parse("6695eb01f6a4830479aa97f2502e193f", again), 0);
	assert_memory_equal(uuid, again, UUID_LEN);
	assert_int_equal(uuid_parse("6695eb01f6a4830479aa97f2502e193", again), -1);
	assert_int_equal(uuid_parse("6695eb01f6a4830479aa97f2502e193f0", again), -1);
	assert_int_equal(uuid_parse("", again), -1);
}

/* How many of n waits begin with looking, when what comes of it is always the same. */
static int looks(struct spin *s, int n, bool came)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		if (spin_pays(s)) {
			count++;
			spin_learn(s, came, 5);
		}
	return count;
}

static void spinning_is_given_up_where_it_does_not_pay_and_taken_up_where_it_does(void **state)
{
	struct spin s = {0};
	cpu_set_t all, one;

	(void)state;
	assert_int_equal(looks(&s, 15, true), 0);
	looks(&s, 10000, false);
	assert_in_range(looks(&s, 10240, false), 0, 10);
	assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
	if (CPU_COUNT(&all) < 2)
		return;
	looks(&s, 10000, true);
	assert_int_equal(looks(&s, 100, true), 100);
	assert_in_range(looks(&s, 100, false), 3, 8);

	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	assert_int_equal(looks(&s, 10000, true), 0);
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_keeps_order_across_growth_and_consumption),
		cmocka_unit_test(buffer_text_ends_with_nul),
		cmocka_unit_test(error_text_comes_from_the_table),
		cmocka_unit_test(long_errors_keep_their_beginning_and_their_end),
		cmocka_unit_test(uuid_text_is_read_and_written),
		cmocka_unit_test(spinning_is_given_up_where_it_does_not_pay_and_taken_up_where_it_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
