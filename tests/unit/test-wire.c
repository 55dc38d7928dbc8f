/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The walker against rpcgen and libtirpc, and against damaged bytes, for every shape of remote.x.
 */
#include "config.h"
#include "unit.h"

#include "oracle.h"
#include "random-value.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "protocol/shapes.h"

#include <rvirt/protocol.h>

static const struct wire_shape *const shapes[] = {
#define SHAPE(name) &wire_shape_##name,
	WIRE_SHAPES(SHAPE)
#undef SHAPE
};
#define N_SHAPES (sizeof shapes / sizeof shapes[0])
#define VALUES_PER_SHAPE 40

static void encode_random(const struct wire_shape *s, uint64_t seed, struct buf *ret)
{
	void *value = calloc(1, s->size);

	random_value(s, seed, value);
	assert_int_equal(wire_encode(s, value, ret), 0);
	wire_clear(s, value);
	free(value);
}

/* Decodes, and checks that what was accepted is written back as bytes that the oracle agrees with.
 */
static int decode_and_compare(const struct wire_shape *s, const unsigned char *data, size_t n)
{
	CLEANUP_FREE void *value = calloc(1, s->size);
	CLEANUP_FREE unsigned char *oracle = malloc(n + 64);
	CLEANUP_BUF struct buf again = {0};

	if (wire_decode(s, data, n, value) < 0) {
		assert_int_not_equal(error_last()->code, 0);
		return -1;
	}
	assert_int_equal(wire_encode(s, value, &again), 0);
	wire_clear(s, value);
	assert_int_equal(buf_len(&again), n);
	assert_int_equal(oracle_recode(s->name, data, n, oracle, n + 64), (long)n);
	if (n)
		assert_memory_equal(buf_at(&again), oracle, n);
	return 0;
}

static void every_shape_has_the_oracles_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++)
		for (uint64_t seed = 0; seed < VALUES_PER_SHAPE; seed++) {
			CLEANUP_BUF struct buf b = {0};
			CLEANUP_FREE unsigned char *oracle = NULL;

			encode_random(shapes[i], seed * 1000 + i, &b);
			assert_true(buf_len(&b) >= shapes[i]->min);
			oracle = malloc(buf_len(&b));
			assert_int_equal(
				oracle_recode(shapes[i]->name, buf_at(&b), buf_len(&b), oracle, buf_len(&b)),
				(long)buf_len(&b));
			assert_memory_equal(oracle, buf_at(&b), buf_len(&b));
			assert_int_equal(decode_and_compare(shapes[i], buf_at(&b), buf_len(&b)), 0);
		}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++)
		for (uint64_t seed = 0; seed < 4; seed++) {
			CLEANUP_BUF struct buf b = {0};

			encode_random(shapes[i], seed * 1000 + i, &b);
			for (size_t n = 0; n < buf_len(&b); n++)
				assert_int_equal(decode_and_compare(shapes[i], buf_at(&b), n), -1);
			assert_int_equal(buf_add(&b, "\0\0\0\0", 4), 0);
			assert_int_equal(decode_and_compare(shapes[i], buf_at(&b), buf_len(&b)), -1);
		}
}

static void every_damaged_byte_is_refused_or_decoded(void **state)
{
	static const unsigned char damage[] = {0x01, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++)
		for (uint64_t seed = 0; seed < 2; seed++) {
			CLEANUP_BUF struct buf b = {0};

			encode_random(shapes[i], seed * 1000 + i, &b);
			for (size_t at = 0; at < buf_len(&b); at++)
				for (size_t d = 0; d < sizeof damage; d++) {
					buf_at(&b)[at] ^= damage[d];
					decode_and_compare(shapes[i], buf_at(&b), buf_len(&b));
					buf_at(&b)[at] ^= damage[d];
				}
		}
}

static void json_keeps_every_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++)
		for (uint64_t seed = 0; seed < VALUES_PER_SHAPE; seed++) {
			const struct wire_shape *s = shapes[i];
			CLEANUP_FREE void *value = calloc(1, s->size), *again = calloc(1, s->size);
			CLEANUP_FREE char *json = NULL, *json_again = NULL;

			random_value(s, seed * 1000 + i, value);
			json = wire_to_json(s, value);
			assert_non_null(json);
			wire_clear(s, value);
			if (wire_from_json(s, json, again) < 0)
				fail_msg("%s: %s: %s", s->name, json, error_last()->message);
			json_again = wire_to_json(s, again);
			assert_string_equal(json, json_again);
			wire_clear(s, again);
		}
}

static void json_refuses_what_is_wrong(void **state)
{
	static const struct {
		const struct wire_shape *shape;
		const char *json;
	} wrong[] = {
		{&wire_shape_domain, "{"},
		{&wire_shape_domain, "[]"},
		{&wire_shape_domain, "{\"nome\": \"x\"}"},
		{&wire_shape_domain, "{\"id\": 2147483648}"},
		{&wire_shape_domain, "{\"id\": \"1x\"}"},
		{&wire_shape_domain, "{\"name\": 1}"},
		{&wire_shape_domain, "{\"name\": \"a\\u0000b\"}"},
		{&wire_shape_domain, "{\"uuid\": \"123\"}"},
		{&wire_shape_typed_param, "{\"field\": \"x\", \"value\": {\"i\": 1, \"ui\": 2}}"},
		{&wire_shape_typed_param, "{\"field\": \"x\", \"value\": {\"z\": 1}}"},
		{&wire_shape_typed_param, "{\"field\": \"x\", \"value\": 7}"},
		{&wire_shape_domain_iothread_info, "{\"cpumap\": \"0\"}"},
		{&wire_shape_domain_iothread_info, "{\"cpumap\": \"0g\"}"},
		{&wire_shape_names_ret, "{\"names\": \"x\"}"},
		{&wire_shape_node_get_info_ret, "{\"model\": \"a text of more than thirty-two bytes\"}"},
		{NULL, "{\"x\": 1}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char value[4096] = {0};

		if (wire_from_json(wrong[i].shape, wrong[i].json, value) == 0)
			fail_msg("accepted: %s", wrong[i].json);
		assert_int_equal(error_last()->code, ERR_INVALID_ARG);
	}
}

static void json_has_the_documented_form(void **state)
{
	struct rvirt_wire_typed_param param = {.field = (char[]){"cpu_shares"}, .value = {.type = 4}};
	CLEANUP_FREE char *json = NULL;

	(void)state;
	param.value.u.ul = UINT64_MAX;
	json = wire_to_json(&wire_shape_typed_param, &param);
	assert_string_equal(json,
						"{\"field\":\"cpu_shares\",\"value\":{\"ul\":\"18446744073709551615\"}}");
}

static void printing_shortens_and_hides(void **state)
{
	struct rvirt_wire_domain_set_user_password_args args = {
		.dom = {.name = (char[]){"de\nmo"}, .id = -1},
		.user = (char[]){"root"},
		.password = (char[]){"hunter2"},
	};
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	assert_int_equal(wire_print(&wire_shape_domain_set_user_password_args, &args, &out), 0);
	assert_string_equal(
		(char *)buf_at(&out),
		"(dom = (name = \"de\\x0amo\", uuid = 00000000-0000-0000-0000-000000000000, "
		"id = -1), user = \"root\", password = (secret), flags = 0)");
}

static void every_shape_prints(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++) {
		CLEANUP_FREE void *value = calloc(1, shapes[i]->size);
		CLEANUP_BUF struct buf out = {0};

		random_value(shapes[i], i, value);
		assert_int_equal(wire_print(shapes[i], value, &out), 0);
		assert_int_equal(buf_at(&out)[0], '(');
		assert_int_equal(buf_at(&out)[buf_len(&out) - 1], ')');
		assert_null(memchr(buf_at(&out), '\n', buf_len(&out)));
		wire_clear(shapes[i], value);
	}
}

static void encoding_refuses_null_texts_and_long_lists(void **state)
{
	struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_types_ret types = {.n_types = 21};
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	assert_int_equal(buf_puts(&out, "kept"), 0);
	assert_int_equal(wire_encode(&wire_shape_domain, &dom, &out), -1);
	assert_int_equal(wire_encode(&wire_shape_types_ret, &types, &out), -1);
	assert_int_equal(buf_len(&out), 4);
}

/* A count that promises more than the message holds must not take memory for it. */
static void huge_counts_take_no_memory(void **state)
{
	static const unsigned char bytes[] = {0, 0, 0x40, 0, 0, 0, 0, 1, 'x', 0, 0, 0};
	struct rvirt_wire_names_ret ret = {0};

	(void)state;
	assert_int_equal(wire_decode(&wire_shape_names_ret, bytes, sizeof bytes, &ret), -1);
	assert_int_equal(ret.n_names, 0);
	assert_null(ret.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_has_the_oracles_bytes),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_damaged_byte_is_refused_or_decoded),
		cmocka_unit_test(json_keeps_every_value),
		cmocka_unit_test(json_refuses_what_is_wrong),
		cmocka_unit_test(json_has_the_documented_form),
		cmocka_unit_test(printing_shortens_and_hides),
		cmocka_unit_test(every_shape_prints),
		cmocka_unit_test(encoding_refuses_null_texts_and_long_lists),
		cmocka_unit_test(huge_counts_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
