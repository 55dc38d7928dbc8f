/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon serves to whom: every procedure in every state, on read-only and read-write
 * connections.
 */
#include "config.h"

#include "daemon-fixture.h"

#include <rvirt/protocol.h>

/* The procedures that change something or show what only the owner may see, whatever their
 * arguments: the protocol's fact, held against our table. */
static const short write_access[] = {
	8,   9,   10,  11,  12,  13,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  39,  40,
	41,  42,  48,  49,  53,  54,  55,  58,  61,  62,  63,  75,  76,  77,  78,  79,  80,  81,
	82,  83,  90,  93,  94,  103, 104, 108, 109, 118, 119, 120, 123, 124, 125, 131, 132, 133,
	134, 135, 136, 142, 144, 145, 146, 148, 160, 161, 164, 165, 166, 174, 180, 181, 182, 184,
	185, 192, 193, 196, 197, 199, 201, 204, 205, 207, 208, 209, 210, 211, 213, 214, 215, 216,
	217, 218, 219, 220, 221, 222, 225, 226, 231, 232, 233, 234, 235, 236, 237, 239, 240, 242,
	245, 249, 250, 251, 252, 254, 256, 258, 259, 260, 261, 264, 266, 267, 277, 279, 288, 290,
	291, 294, 295, 296, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 334, 335, 336,
	337, 338, 342, 343, 345, 347, 349, 350, 352, 355, 356, 357, 358, 364, 371, 372, 384, 386,
	389, 392, 393, 394, 395, 399, 400, 402, 406, 408, 410, 411, 417, 420, 421, 424, 425, 427,
	428, 429, 430, 431, 432, 433, 434, 437, 440, 441, 442, 443,
};

static bool writes(int number)
{
	for (size_t i = 0; i < sizeof write_access / sizeof write_access[0]; i++)
		if (write_access[i] == number)
			return true;
	return false;
}

static bool is_procedure(int number)
{
	const struct wire_op *op = wire_op_by_number(number);

	return op && !(op->flags & WIRE_OP_EVENT);
}

static void
unknown_procedures_programs_and_versions_are_refused_and_the_connection_is_kept(void **state)
{
	struct frame_header h = {
		.program = 0x12345678, .version = 1, .procedure = 1, .type = FRAME_CALL};
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	for (int number = -1; number < wire_n_ops + 5; number++) {
		if (is_procedure(number))
			continue;
		assert_int_equal(fixture_call(&f, number, NULL, 0, &a), ERR_RPC);
		assert_int_equal(a.domain, FROM_RPC);
		assert_non_null(strstr(a.message, "unknown procedure: "));
	}
	frame_put_bytes(&bytes, &h, NULL, 0);
	h.program = FRAME_PROGRAM_REMOTE;
	h.version = 2;
	frame_put_bytes(&bytes, &h, NULL, 0);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_true(fixture_take(&f, &a));
	assert_string_equal(a.message, "Cannot find program 305419896 version 1");
	assert_int_equal(a.code, ERR_RPC);
	assert_true(fixture_take(&f, &a));
	assert_string_equal(a.message, "Cannot find program 536903814 version 2");
	fixture_open(&f, 0);
	assert_int_equal(fixture_call(&f, 3, NULL, 0, &a), 0);
	fixture_end(&f);
}

static void before_authentication_only_its_procedures_are_served(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_SASL, false);
	for (int number = 1; number < wire_n_ops; number++) {
		if (!is_procedure(number))
			continue;
		fixture_call(&f, number, NULL, 0, &a);
		if (number >= 66 && number <= 70)
			assert_string_not_equal(a.message, "authentication required");
		else
			assert_string_equal(a.message, "authentication required");
	}
	assert_int_equal(f.client.state, CLIENT_ACCEPTED);
	fixture_end(&f);
}

static void before_open_only_its_procedures_are_served(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	for (int number = 3; number < wire_n_ops; number++) {
		if (!is_procedure(number) || number == 60 || (number >= 66 && number <= 70))
			continue;
		assert_int_equal(fixture_call(&f, number, NULL, 0, &a), ERR_INTERNAL_ERROR);
		assert_int_equal(a.domain, FROM_RPC);
		assert_string_equal(a.message, "internal error: hypervisor connection not open");
	}
	assert_int_equal(fixture_call(&f, 60, "\0\0\0\12", 4, &a), 0);
	assert_int_equal(fixture_call(&f, 60, "\0\0\0\16", 4, &a), ERR_INTERNAL_ERROR);
	fixture_end(&f);
}

static void refusals_name_what_people_know(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, true);
	fixture_open(&f, 0);
	fixture_call(&f, RVIRT_PROC_DOMAIN_DESTROY, NULL, 0, &a);
	assert_int_equal(a.domain, FROM_DOMAIN);
	assert_string_equal(a.message,
						"operation forbidden: read only access prevents virDomainDestroy");
	fixture_call(&f, RVIRT_PROC_NETWORK_DEFINE_XML, NULL, 0, &a);
	assert_int_equal(a.domain, FROM_NETWORK);
	assert_string_equal(a.message,
						"operation forbidden: read only access prevents virNetworkDefineXML");
	fixture_end(&f);
}

/* Everything that writes is refused, without a look at its arguments; the rest is not refused as a
 * write. */
static void try_readonly(struct fixture *f)
{
	struct answer a;

	for (int number = 3; number < wire_n_ops; number++) {
		if (!is_procedure(number))
			continue;
		fixture_call(f, number, NULL, 0, &a);
		if (writes(number)) {
			assert_int_equal(a.code, ERR_OPERATION_DENIED);
			assert_non_null(strstr(a.message, "read only access prevents vir"));
		} else if (wire_op_by_number(number)->flags & WIRE_OP_READ) {
			assert_int_not_equal(a.code, ERR_OPERATION_DENIED);
		}
	}
}

static void read_only_socket_refuses_every_write_whatever_the_client_claims(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, true);
	fixture_open(&f, 0);
	assert_true(fake()->conn.readonly);
	try_readonly(&f);
	fixture_end(&f);
}

static void read_only_open_refuses_every_write(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, DRIVER_OPEN_READONLY);
	try_readonly(&f);
	fixture_end(&f);
}

static void read_only_looks_at_arguments_where_they_decide(void **state)
{
	char name[] = "demo";
	struct rvirt_wire_dom_flags_args args = {.dom = {.name = name, .id = -1}};
	struct rvirt_wire_dom_source_flags_args addresses = {.dom = {.name = name, .id = -1}};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, true);
	fixture_open(&f, 0);
	assert_int_equal(fixture_call_shape(&f, 14, &args, &a), REACHED);
	args.flags = 1; /* secure */
	assert_int_equal(fixture_call_shape(&f, 14, &args, &a), ERR_OPERATION_DENIED);
	assert_int_equal(fixture_call_shape(&f, 200, &args, &a), REACHED);
	args.flags = 8; /* ask the guest */
	assert_int_equal(fixture_call_shape(&f, 200, &args, &a), ERR_OPERATION_DENIED);
	assert_int_equal(fixture_call_shape(&f, 353, &addresses, &a), REACHED);
	addresses.source = 1; /* the same */
	assert_int_equal(fixture_call_shape(&f, 353, &addresses, &a), ERR_OPERATION_DENIED);
	fixture_end(&f);
}

static void read_write_reaches_the_driver_with_every_call_or_says_why_not(void **state)
{
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	for (int number = 3; number < wire_n_ops; number++) {
		const struct wire_op *op = wire_op_by_number(number);

		if (!is_procedure(number) || op->flags & WIRE_OP_SESSION)
			continue;
		fixture_call(&f, number, NULL, 0, &a);
		if (op->args && op->args->min)
			assert_int_equal(a.code, ERR_RPC); /* no payload */
		else
			assert_int_equal(a.code, number == 3 ? 0 : REACHED);
	}
	fixture_end(&f);
}

static void who_has_something_to_prove_is_told_what_and_cannot(void **state)
{
	static const struct {
		enum auth_scheme scheme;
		int procedure;
	} rows[] = {{AUTH_SASL, 67}, {AUTH_POLKIT, 70}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		struct answer a;

		fixture_begin(&f, rows[i].scheme, false);
		assert_int_equal(fixture_call(&f, 66, NULL, 0, &a), 0);
		assert_memory_equal(a.payload, i ? "\0\0\0\1\0\0\0\2" : "\0\0\0\1\0\0\0\1", 8);
		assert_int_equal(fixture_call(&f, rows[i].procedure, NULL, 0, &a), ERR_AUTH_FAILED);
		assert_int_equal(fixture_call(&f, 1, NULL, 0, &a), ERR_RPC);
		assert_int_equal(f.client.state, CLIENT_ACCEPTED);
		fixture_end(&f);
	}
}

static void a_failed_open_can_be_tried_again_and_a_second_one_not(void **state)
{
	char name[] = "nosuch:///", good[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	assert_int_equal(fixture_call_shape(&f, 1, &args, &a), ERR_NO_CONNECT);
	args.name = good;
	assert_int_equal(fixture_call_shape(&f, 1, &args, &a), 0);
	assert_int_equal(fixture_call_shape(&f, 1, &args, &a), ERR_INTERNAL_ERROR);
	assert_int_equal(fixture_call(&f, 3, NULL, 0, &a), 0);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			unknown_procedures_programs_and_versions_are_refused_and_the_connection_is_kept),
		cmocka_unit_test(before_authentication_only_its_procedures_are_served),
		cmocka_unit_test(before_open_only_its_procedures_are_served),
		cmocka_unit_test(read_only_socket_refuses_every_write_whatever_the_client_claims),
		cmocka_unit_test(read_only_open_refuses_every_write),
		cmocka_unit_test(refusals_name_what_people_know),
		cmocka_unit_test(read_only_looks_at_arguments_where_they_decide),
		cmocka_unit_test(read_write_reaches_the_driver_with_every_call_or_says_why_not),
		cmocka_unit_test(who_has_something_to_prove_is_told_what_and_cannot),
		cmocka_unit_test(a_failed_open_can_be_tried_again_and_a_second_one_not),
	};

	sem_init(&fake()->woken, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
