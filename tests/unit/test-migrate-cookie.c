/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Migration cookies: what libvirt writes is read, what is wrong is refused, what is written is read
 * back.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "drivers/qemu/migrate-cookie.h"

#define HEAD                                                                                       \
	"<qemu-migration>\n  <name>web</name>\n  <uuid>11111111-2222-4333-8444-555555555555</uuid>\n"  \
	"  <hostname>one</hostname>\n  <hostuuid>22222222-2222-4222-8222-222222222222</hostuuid>\n"
#define END "</qemu-migration>\n"

static int parse(const char *text, struct migrate_cookie *c)
{
	return migrate_cookie_parse(text, strlen(text) + 1, c);
}

static void what_libvirt_writes_is_read(void **state)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};

	(void)state;
	assert_int_equal(
		parse(HEAD "  <feature name='lockstate'/>\n  <lockstate driver='nop'/>\n"
				   "  <graphics type='vnc' port='5900' listen='127.0.0.1'/>\n"
				   "  <nbd port='49153'><disk target='vda' capacity='8388608'/></nbd>\n"
				   "  <statistics><started>5</started><memory_total>7</memory_total></statistics>\n"
				   "  <capabilities><cap name='events' auto='no'/></capabilities>\n" END,
			  &c),
		0);
	assert_string_equal(c.name, "web");
	assert_string_equal(c.hostname, "one");
	assert_int_equal(c.host_uuid[0], 0x22);
	assert_int_equal(c.nbd_port, 49153);
	assert_int_equal(c.n_disks, 1);
	assert_string_equal(c.disks[0].target, "vda");
	assert_int_equal(c.disks[0].capacity, 8388608);
	assert_int_equal(c.stats->values[MIGRATE_STAT_memory_total], 7);
	assert_null(c.persistent);
}

static void an_empty_cookie_says_nothing(void **state)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};

	(void)state;
	assert_int_equal(migrate_cookie_parse(NULL, 0, &c), 0);
	assert_null(c.name);
}

static void what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"<qemu-migration/>",
		"<domain/>",
		HEAD "<nbd port='0'/>" END,
		HEAD "<nbd port='65536'/>" END,
		HEAD "<nbd port='x'/>" END,
		HEAD "<nbd><disk target='vda'/></nbd>" END,
		HEAD "<nbd><disk target='vda' capacity='-1'/></nbd>" END,
		HEAD "<feature name='telepathy'/>" END,
		HEAD "<feature/>" END,
		HEAD "<lockstate driver='sanlock'/>" END,
		HEAD "<domain/>" END,
		HEAD,
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct migrate_cookie c = {0};

		error_reset();
		assert_int_equal(parse(wrong[i], &c), -1);
		assert_int_not_equal(error_last()->code, ERR_OK);
		assert_null(c.name);
	}
}

static void what_is_written_is_read_back(void **state)
{
	CLEANUP_COOKIE struct migrate_cookie c = {
		.name = strdup("a<b&c"), .hostname = strdup("two"), .has_nbd = true, .nbd_port = 49160};
	CLEANUP_COOKIE struct migrate_cookie back = {0};
	CLEANUP_FREE uint8_t *data = NULL;
	uint32_t n;

	(void)state;
	memset(c.uuid, 7, sizeof c.uuid);
	assert_int_equal(migrate_cookie_add_disk(&c, "vd'a", UINT64_MAX), 0);
	c.stats = calloc(1, sizeof *c.stats);
	migrate_stats_set(c.stats, MIGRATE_STAT_downtime, 12);
	c.stats->elapsed = 99;
	assert_int_equal(migrate_cookie_format(&c, &n, &data), 0);
	assert_int_equal(migrate_cookie_parse(data, n, &back), 0);
	assert_string_equal(back.name, "a<b&c");
	assert_memory_equal(back.uuid, c.uuid, sizeof c.uuid);
	assert_int_equal(back.nbd_port, 49160);
	assert_string_equal(back.disks[0].target, "vd'a");
	assert_true(back.disks[0].capacity == UINT64_MAX);
	assert_int_equal(back.stats->elapsed, 99);
	assert_int_equal(back.stats->present, 1u << MIGRATE_STAT_downtime);
}

static void disks_without_number_are_refused(void **state)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};

	(void)state;
	for (int i = 0; i < MIGRATE_DISKS_MAX; i++)
		assert_int_equal(migrate_cookie_add_disk(&c, "vda", 1), 0);
	assert_int_equal(migrate_cookie_add_disk(&c, "vda", 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libvirt_writes_is_read),
		cmocka_unit_test(an_empty_cookie_says_nothing),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(disks_without_number_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
