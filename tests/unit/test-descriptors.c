/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that travel with messages: each has one owner, whatever a peer does with them.
 */
#include "config.h"

#include "daemon-fixture.h"

#include "base/fds.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <rvirt/protocol.h>
#include <sys/socket.h>

static unsigned count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void add_open(struct rvirt_fds *fds, unsigned n)
{
	while (n-- > 0)
		fds_add(fds, open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static void what_is_above_the_limit_is_closed(void **state)
{
	unsigned before = count_open();
	struct rvirt_fds fds = {0}, some = {0};

	(void)state;
	add_open(&fds, RVIRT_FDS_MAX + 5);
	assert_int_equal(fds.n, RVIRT_FDS_MAX);
	assert_int_equal(count_open(), before + RVIRT_FDS_MAX);
	assert_false(fds_take(&fds, RVIRT_FDS_MAX + 1, &some));
	assert_true(fds_take(&fds, 3, &some));
	fds_clear(&some);
	assert_int_equal(fds.n, RVIRT_FDS_MAX - 3);
	fds_clear(&fds);
	assert_int_equal(count_open(), before);
}

static void each_travels_with_its_byte(void **state)
{
	unsigned before = count_open();
	struct rvirt_fds fds = {0}, got = {0};
	struct fds_queue queue = {0};
	char data[16];
	size_t n = 10;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	add_open(&fds, 2);
	assert_int_equal(fds_queue_add(&queue, &fds, 107), 0);
	assert_int_equal(fds_queue_next(&queue, 100, &n), -1);
	assert_int_equal(n, 7);
	for (uint64_t at = 107; at < 109; at++) {
		int fd = fds_queue_next(&queue, at, &n);

		assert_int_equal(n, 1);
		assert_int_equal(fds_send(pair[0], "", 1, fd), 1);
		fds_queue_sent(&queue, at + 1);
	}
	n = 10;
	assert_int_equal(fds_queue_next(&queue, 109, &n), -1);
	assert_int_equal(n, 10);
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(fds_receive(pair[1], data, sizeof data, 0, &got), 1);
		assert_int_equal(got.n, i);
	}
	fds_clear(&got);
	fds_clear(&fds);
	fds_queue_clear(&queue);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(count_open(), before);
}

/* A call with an announcement of descriptors and the bytes of so many. */
static void put_announced(struct buf *bytes, int procedure, uint32_t announced, unsigned carried)
{
	struct rvirt_wire_dom_idx_flags_args args = {.dom = {.name = (char[]){"x"}}};
	struct frame_header h = {.type = FRAME_CALL_WITH_FDS};
	const struct wire_op *op = wire_op_by_number(procedure);
	uint32_t count = htobe32(announced);
	struct buf payload = {0};

	frame_address(&h, op);
	buf_add(&payload, &count, sizeof count);
	assert_int_equal(wire_encode(op->args, op->args ? &args : NULL, &payload), 0);
	frame_put_bytes(bytes, &h, buf_at(&payload), buf_len(&payload));
	while (carried-- > 0)
		buf_add(bytes, "", 1);
	buf_clear(&payload);
}

/* The code of the answer to such a call of a client that sends so many. */
static int code_with(struct fixture *f, int procedure, uint32_t announced, unsigned sent)
{
	struct buf bytes = {0};
	struct answer a, next;

	add_open(&f->client.in_fds, sent);
	put_announced(&bytes, procedure, announced, announced);
	fixture_put_call(&bytes, RVIRT_PROC_CONNECT_GET_TYPE, NULL, 0);
	assert_int_equal(fixture_feed(f, &bytes), 0);
	assert_true(fixture_take(f, &a));
	assert_true(fixture_take(f, &next));
	assert_int_equal(next.code, 0);
	assert_int_equal(f->client.in_fds.n, 0);
	return a.code;
}

static void a_call_gets_those_that_it_announces(void **state)
{
	enum { TAKES = RVIRT_PROC_DOMAIN_OPEN_GRAPHICS, OTHER = RVIRT_PROC_CONNECT_GET_TYPE };
	unsigned before = count_open();
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	f.client.passes_fds = false;
	assert_int_equal(code_with(&f, TAKES, 2, 0), ERR_ARGUMENT_UNSUPPORTED);
	f.client.passes_fds = true;
	assert_int_equal(code_with(&f, TAKES, 2, 2), 0);
	assert_int_equal(fake()->fds_seen, 2);
	assert_int_equal(code_with(&f, TAKES, RVIRT_FDS_MAX, RVIRT_FDS_MAX), 0);
	assert_int_equal(fake()->fds_seen, RVIRT_FDS_MAX);
	/* more than announced, fewer, and for a call that takes none */
	assert_int_equal(code_with(&f, TAKES, 1, 3), 0);
	assert_int_equal(fake()->fds_seen, 1);
	assert_int_equal(code_with(&f, TAKES, 3, 1), ERR_RPC);
	assert_int_equal(code_with(&f, OTHER, 1, 1), ERR_NO_SUPPORT);
	assert_int_equal(code_with(&f, OTHER, 0, 1), 0);
	fixture_end(&f);
	assert_int_equal(count_open(), before);
}

static void a_number_above_the_limit_ends_the_client(void **state)
{
	struct buf bytes = {0};
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	put_announced(&bytes, RVIRT_PROC_DOMAIN_OPEN_GRAPHICS, RVIRT_FDS_MAX + 1, 0);
	assert_int_equal(fixture_feed(&f, &bytes), -1);
	fixture_end(&f);
}

static void a_message_is_whole_with_the_bytes_of_its_descriptors(void **state)
{
	unsigned before = count_open();
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	put_announced(&bytes, RVIRT_PROC_DOMAIN_OPEN_GRAPHICS, 2, 0);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	for (int i = 0; i < 2; i++) {
		assert_false(fixture_take(&f, &a));
		add_open(&f.client.in_fds, 1);
		buf_add(&bytes, "", 1);
		assert_int_equal(fixture_feed(&f, &bytes), 0);
	}
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.code, 0);
	assert_int_equal(fake()->fds_seen, 2);
	/* what comes with half a message goes with the client */
	put_announced(&bytes, RVIRT_PROC_DOMAIN_OPEN_GRAPHICS, 2, 1);
	add_open(&f.client.in_fds, 1);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_int_equal(f.client.in_fds.n, 1);
	fixture_end(&f);
	assert_int_equal(count_open(), before);
}

static void an_answer_carries_its_descriptor_behind_it(void **state)
{
	struct rvirt_wire_dom_idx_flags_args args = {.dom = {.name = (char[]){"x"}}};
	const struct wire_op *op = wire_op_by_number(RVIRT_PROC_DOMAIN_OPEN_GRAPHICS_FD);
	struct frame_header h = {.type = FRAME_CALL};
	unsigned before = count_open();
	struct buf bytes = {0};
	struct fixture f;
	struct answer a;
	struct buf *out;
	size_t n;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	f.client.passes_fds = false;
	fixture_call_shape(&f, RVIRT_PROC_DOMAIN_OPEN_GRAPHICS_FD, &args, &a);
	assert_int_equal(a.code, ERR_ARGUMENT_UNSUPPORTED);
	f.client.passes_fds = true;
	frame_address(&h, op);
	frame_put(&bytes, &h, op->args, &args);
	fixture_put_call(&bytes, RVIRT_PROC_CONNECT_GET_TYPE, NULL, 0);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.type, FRAME_REPLY_WITH_FDS);
	assert_memory_equal(a.payload, "\0\0\0\1", 4);
	out = client_next_output(&f.client);
	n = buf_len(out);
	assert_true(client_next_fd(&f.client, out, &n) >= 0);
	assert_int_equal(n, 1);
	client_wrote(&f.client, out, n);
	n = buf_len(out);
	assert_int_equal(client_next_fd(&f.client, out, &n), -1);
	assert_true(fixture_take(&f, &a));
	assert_int_equal(a.header.type, FRAME_REPLY);
	assert_int_equal(count_open(), before);
	fixture_end(&f);
}

static void a_client_that_takes_none_gets_no_more(void **state)
{
	struct rvirt_wire_dom_idx_flags_args args = {.dom = {.name = (char[]){"x"}}};
	const struct wire_op *op = wire_op_by_number(RVIRT_PROC_DOMAIN_OPEN_GRAPHICS_FD);
	struct frame_header h = {.type = FRAME_CALL};
	unsigned before = count_open();
	struct buf bytes = {0};
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	frame_address(&h, op);
	for (int i = 0; i < 100; i++)
		frame_put(&bytes, &h, op->args, &args);
	assert_int_equal(fixture_feed(&f, &bytes), 0);
	assert_int_equal(f.client.out_fds.n, 64);
	fixture_end(&f);
	assert_int_equal(count_open(), before);
}

static void only_who_may_write_brings_any(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f, AUTH_NONE, true);
	assert_false(client_takes_fds(&f.client));
	fixture_open(&f, 0);
	assert_false(client_takes_fds(&f.client));
	fixture_end(&f);
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, DRIVER_OPEN_READONLY);
	assert_false(client_takes_fds(&f.client));
	fixture_end(&f);
	fixture_begin(&f, AUTH_NONE, false);
	fixture_open(&f, 0);
	assert_true(client_takes_fds(&f.client));
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_above_the_limit_is_closed),
		cmocka_unit_test(each_travels_with_its_byte),
		cmocka_unit_test(a_call_gets_those_that_it_announces),
		cmocka_unit_test(a_number_above_the_limit_ends_the_client),
		cmocka_unit_test(a_message_is_whole_with_the_bytes_of_its_descriptors),
		cmocka_unit_test(an_answer_carries_its_descriptor_behind_it),
		cmocka_unit_test(a_client_that_takes_none_gets_no_more),
		cmocka_unit_test(only_who_may_write_brings_any),
	};

	sem_init(&fake()->woken, 0, 0);
	fake()->takes_fds = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
