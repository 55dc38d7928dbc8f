/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of procedures, and messages in bytes.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "protocol/frame.h"
#include "protocol/ops.h"
#include "protocol/shapes.h"

#include <rvirt/protocol.h>

static void every_number_of_both_programs_has_its_row(void **state)
{
	int events = 0, calls = 0;

	(void)state;
	assert_int_equal(wire_n_ops, 1008);
	for (int n = 1; n < wire_n_ops; n++) {
		const struct wire_op *op = wire_op_by_number(n);

		assert_int_equal(op != NULL, n <= 443 || n > 1000);
		if (!op)
			continue;
		assert_int_equal(op->number, n);
		assert_ptr_equal(wire_op_by_name(op->name), op);
		if (op->flags & WIRE_OP_EVENT)
			events++;
		else
			calls++;
	}
	assert_int_equal(calls, 392 + 6);
	assert_int_equal(events, 51 + 1);
	assert_null(wire_op_by_number(0));
	assert_null(wire_op_by_number(-1));
	assert_null(wire_op_by_number(444));
	assert_null(wire_op_by_number(1008));
}

static void each_program_has_its_numbers(void **state)
{
	struct frame_header h = {
		.program = FRAME_PROGRAM_QEMU, .version = FRAME_VERSION, .procedure = 1};
	struct frame_header again = {.serial = 7};

	(void)state;
	assert_ptr_equal(frame_op(&h), wire_op_by_number(RVIRT_PROC_DOMAIN_QEMU_MONITOR_COMMAND));
	frame_address(&again, frame_op(&h));
	assert_int_equal(again.program, FRAME_PROGRAM_QEMU);
	assert_int_equal(again.version, FRAME_VERSION);
	assert_int_equal(again.procedure, 1);
	h.program = FRAME_PROGRAM_REMOTE;
	assert_ptr_equal(frame_op(&h), wire_op_by_number(RVIRT_PROC_CONNECT_OPEN));
	frame_address(&again, frame_op(&h));
	assert_int_equal(again.program, FRAME_PROGRAM_REMOTE);
	assert_int_equal(again.procedure, 1);
	h.procedure = RVIRT_PROC_DOMAIN_QEMU_MONITOR_COMMAND; /* it is none of that program */
	assert_null(frame_op(&h));
	h.program = FRAME_PROGRAM_QEMU;
	h.procedure = 8;
	assert_null(frame_op(&h));
	h.procedure = -999;
	assert_null(frame_op(&h));
	h.procedure = INT32_MAX;
	assert_null(frame_op(&h));
	h.procedure = 1;
	h.version = 2;
	assert_null(frame_op(&h));
	assert_false(frame_program_known(&h));
}

static bool readonly_allows(int procedure, const void *args)
{
	return wire_op_allows_readonly(wire_op_by_number(procedure), args);
}

static void read_only_follows_table_and_flags(void **state)
{
	struct rvirt_wire_dom_flags_args xml = {.flags = 2};
	struct rvirt_wire_dom_args dom = {0};
	struct rvirt_wire_dom_source_flags_args addresses = {.source = 0};

	(void)state;
	assert_true(readonly_allows(RVIRT_PROC_DOMAIN_GET_INFO, &dom));
	assert_false(readonly_allows(RVIRT_PROC_DOMAIN_CREATE, &dom));
	assert_false(readonly_allows(RVIRT_PROC_DOMAIN_DESTROY, &dom));
	assert_true(readonly_allows(RVIRT_PROC_DOMAIN_GET_XML_DESC, &xml));
	xml.flags = 1; /* with secrets */
	assert_false(readonly_allows(RVIRT_PROC_DOMAIN_GET_XML_DESC, &xml));
	assert_true(readonly_allows(RVIRT_PROC_DOMAIN_INTERFACE_ADDRESSES, &addresses));
	addresses.source = 1; /* by the guest's agent */
	assert_false(readonly_allows(RVIRT_PROC_DOMAIN_INTERFACE_ADDRESSES, &addresses));
}

static void only_authentication_comes_before_it(void **state)
{
	(void)state;
	for (int n = 1; n < wire_n_ops; n++) {
		const struct wire_op *op = wire_op_by_number(n);

		if (!op)
			continue;
		assert_int_equal(!!(op->flags & WIRE_OP_PREAUTH), n >= 66 && n <= 70);
		assert_int_equal(!!(op->flags & WIRE_OP_PREOPEN),
						 (n >= 66 && n <= 70) || n <= 2 || n == 60);
	}
}

static void message_has_the_documented_bytes(void **state)
{
	static const unsigned char expected[] = {
		0, 0, 0, 56, 0x20, 0, 0x80, 0x86, 0,  0,  0,  1,  0,  0,   0,   16,  0,   0,   0,
		0, 0, 0, 0,  7,    0, 0,    0,    0,  0,  0,  0,  4,  'd', 'e', 'm', 'o', 1,   2,
		3, 4, 5, 6,  7,    8, 9,    10,   11, 12, 13, 14, 15, 16,  255, 255, 255, 255,
	};
	struct rvirt_wire_dom_args args = {.dom = {.name = (char[]){"demo"}, .id = -1}};
	struct frame_header h = {FRAME_PROGRAM_REMOTE, FRAME_VERSION, 16, FRAME_CALL, 7, FRAME_OK}, got;
	const unsigned char *payload;
	size_t payload_len, len;
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	for (int i = 0; i < 16; i++)
		args.dom.uuid[i] = (unsigned char)(i + 1);
	assert_int_equal(frame_put(&out, &h, &wire_shape_dom_args, &args), 0);
	assert_int_equal(buf_len(&out), sizeof expected);
	assert_memory_equal(buf_at(&out), expected, sizeof expected);
	for (size_t n = 0; n < sizeof expected; n++) {
		assert_int_equal(frame_next(expected, n, &got, &payload, &payload_len, &len), 0);
		assert_int_equal(len, n < 4 ? 4 : sizeof expected);
	}
	assert_int_equal(frame_next(expected, sizeof expected, &got, &payload, &payload_len, &len), 1);
	assert_memory_equal(&got, &h, sizeof h);
	assert_int_equal(payload_len, sizeof expected - 28);
	assert_int_equal(len, sizeof expected);
}

static int next_of(const void *data)
{
	struct frame_header h;
	const unsigned char *payload;
	size_t payload_len, len;

	return frame_next(data, 28, &h, &payload, &payload_len, &len);
}

static void lengths_out_of_bounds_end_the_connection(void **state)
{
	unsigned char data[28] = {0};

	(void)state;
	assert_int_equal(next_of(data), -1);
	memcpy(data, "\0\0\0\033", 4);
	assert_int_equal(next_of(data), -1);
	memcpy(data, "\0\0\0\034", 4);
	assert_int_equal(next_of(data), 1);
	memcpy(data, "\2\0\0\4", 4);
	assert_int_equal(next_of(data), 0);
	memcpy(data, "\2\0\0\5", 4);
	assert_int_equal(next_of(data), -1);
	assert_non_null(strstr(error_last()->message, "33554437 bytes"));
}

static void strangers_are_named(void **state)
{
	(void)state;
	assert_int_equal(next_of("HTTP/1.1 400 Bad Request\r\n  "), -1);
	assert_string_equal(error_last()->message, "the peer speaks HTTP, not the remote protocol");
	assert_int_equal(next_of("SSH-2.0-OpenSSH_9.2p1 Debian  "), -1);
	assert_string_equal(error_last()->message, "the peer speaks ssh, not the remote protocol");
	assert_int_equal(next_of("Last login: Sun Nov 22 from x "), -1);
	assert_non_null(strstr(error_last()->message, "text that begins with 'Last'"));
}

static void errors_travel_whole(void **state)
{
	struct frame_header h = {FRAME_PROGRAM_REMOTE, FRAME_VERSION, 16, FRAME_CALL, 7, FRAME_OK}, got;
	struct rvirt_wire_remote_error e = {0};
	const unsigned char *payload;
	size_t payload_len, len;
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	error_set(FROM_TEST, ERR_NO_DOMAIN, "no domain with matching name '%s'", "x");
	assert_int_equal(frame_put_error(&out, &h), 0);
	error_reset();
	assert_int_equal(frame_next(buf_at(&out), buf_len(&out), &got, &payload, &payload_len, &len),
					 1);
	assert_int_equal(got.type, FRAME_REPLY);
	assert_int_equal(got.status, FRAME_ERROR);
	assert_int_equal(got.serial, 7);
	assert_int_equal(wire_decode(&wire_shape_remote_error, payload, payload_len, &e), 0);
	assert_int_equal(frame_error_to_thread(&e), -1);
	wire_clear(&wire_shape_remote_error, &e);
	assert_int_equal(error_last()->code, ERR_NO_DOMAIN);
	assert_int_equal(error_last()->domain, FROM_TEST);
	assert_string_equal(error_last()->message,
						"Domain not found: no domain with matching name 'x'");
	error_reset();
}

static void any_number_but_zero_says_that_an_optional_is_there(void **state)
{
	/* the name of CONNECT_OPEN, as go-libvirt sends it */
	static const unsigned char turned_round[] = {1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 0, 0, 0, 0, 0};
	struct rvirt_wire_name_flags_args args = {0};
	const struct wire_shape *shape = wire_op_by_number(1)->args;

	(void)state;
	assert_int_equal(wire_decode(shape, turned_round, sizeof turned_round, &args), 0);
	assert_string_equal(args.name, "x");
	wire_clear(shape, &args);
}

static void messages_over_the_limit_are_refused(void **state)
{
	struct frame_header h = {FRAME_PROGRAM_REMOTE, FRAME_VERSION, 209, FRAME_STREAM, 7,
							 FRAME_CONTINUE};
	unsigned char *data = calloc(1, FRAME_LEN_MAX);
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	assert_int_equal(frame_put_bytes(&out, &h, data, FRAME_LEN_MAX - FRAME_HEADER_LEN), 0);
	assert_int_equal(buf_len(&out), FRAME_LEN_MAX);
	assert_int_equal(frame_put_bytes(&out, &h, data, FRAME_LEN_MAX - FRAME_HEADER_LEN + 1), -1);
	assert_int_equal(buf_len(&out), FRAME_LEN_MAX);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_both_programs_has_its_row),
		cmocka_unit_test(each_program_has_its_numbers),
		cmocka_unit_test(read_only_follows_table_and_flags),
		cmocka_unit_test(only_authentication_comes_before_it),
		cmocka_unit_test(message_has_the_documented_bytes),
		cmocka_unit_test(lengths_out_of_bounds_end_the_connection),
		cmocka_unit_test(strangers_are_named),
		cmocka_unit_test(errors_travel_whole),
		cmocka_unit_test(any_number_but_zero_says_that_an_optional_is_there),
		cmocka_unit_test(messages_over_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
