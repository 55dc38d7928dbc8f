/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffers, errors and UUIDs.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/uuid.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_keeps_order_across_growth_and_consumption),
		cmocka_unit_test(buffer_text_ends_with_nul),
		cmocka_unit_test(error_text_comes_from_the_table),
		cmocka_unit_test(uuid_text_is_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
