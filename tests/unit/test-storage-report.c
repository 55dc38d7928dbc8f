/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What parted and LVM report, as they really do, and as they should not; and where a partition
 * finds room.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "drivers/storage/command.h"
#include "drivers/storage/disk.h"
#include "drivers/storage/logical.h"

/* -- LVM -- */

#define ROW(name_, origin_, devices_, type_, size_, attr_)                                         \
	"{\"lv_name\":\"" name_ "\", \"origin\":\"" origin_ "\", \"lv_uuid\":\"uuid-" name_            \
	"\", \"devices\":\"" devices_ "\", \"segtype\":\"" type_ "\", \"seg_size\":\"" size_           \
	"\", \"vg_extent_size\":\"4194304\", \"lv_size\":\"12582912\", \"lv_attr\":\"" attr_ "\"}"
#define REPORT(name_, rows_) "{\"report\": [{\"" name_ "\": [" rows_ "]}]}"

static struct storage_volume *read_volumes(const char *json)
{
	struct storage_volume *list = NULL;

	assert_int_equal(logical_read_volumes(json, "/dev/vg", &list), 0);
	return list;
}

static void a_volume_of_two_segments_has_both_extents(void **state)
{
	struct storage_volume *vol = read_volumes(
		REPORT("lv", ROW("one", "", "/dev/a(0)", "linear", "8388608", "-wi-a-----") "," ROW(
						 "one", "", "/dev/b(5)", "linear", "4194304", "-wi-a-----")));

	(void)state;
	assert_string_equal(vol->name, "one");
	assert_string_equal(vol->path, "/dev/vg/one");
	assert_string_equal(vol->key, "uuid-one");
	assert_null(vol->next);
	assert_null(vol->origin);
	assert_int_equal(vol->image.capacity, 12582912);
	assert_int_equal(vol->n_extents, 2);
	assert_string_equal(vol->extents[1].path, "/dev/b");
	assert_int_equal(vol->extents[1].start, 5 * 4194304);
	assert_int_equal(vol->extents[1].end, 6 * 4194304);
	storage_volumes_free(vol);
}

static void stripes_share_a_segment(void **state)
{
	struct storage_volume *vol = read_volumes(
		REPORT("lv", ROW("s", "", "/dev/a(2),/dev/b(0)", "striped", "16777216", "-wi-a-----")));

	(void)state;
	assert_int_equal(vol->n_extents, 2);
	assert_int_equal(vol->extents[0].end - vol->extents[0].start, 8388608);
	assert_int_equal(vol->extents[1].end, 8388608);
	storage_volumes_free(vol);
}

static void snapshots_have_an_origin_and_what_is_off_is_none(void **state)
{
	struct storage_volume *vol = read_volumes(REPORT(
		"lv", ROW("off", "", "/dev/a(0)", "linear", "4194304", "-wi-------") "," ROW(
				  "pool", "", "t(0)", "thin-pool", "4194304",
				  "twi-aotz--") "," ROW("snap", "one", "/dev/a(1)", "linear", "4194304",
										"swi-a-s---") "," ROW("thin", "[x_vorigin]", "", "thin",
															  "4194304", "Vwi-a-tz--")));

	(void)state;
	assert_string_equal(vol->name, "snap");
	assert_string_equal(vol->origin, "/dev/vg/one");
	assert_string_equal(vol->next->name, "thin");
	assert_null(vol->next->origin);
	assert_int_equal(vol->next->n_extents, 0);
	assert_true(vol->next->device);
	assert_null(vol->next->next);
	storage_volumes_free(vol);
}

static void a_report_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "[]", "{}", "{\"report\": []}", REPORT("vg", ""), "{\"report\": [{\"lv\": 7}]}"};
	struct storage_volume *list = NULL;
	uint64_t capacity, available;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(logical_read_volumes(wrong[i], "/dev/vg", &list), -1);
	assert_int_equal(logical_read_volumes(REPORT("lv", "7, {}, [], null"), "/dev/vg", &list), 0);
	assert_int_equal(logical_read_volumes(REPORT("lv", ROW("x", "", "/dev/a(99999999999999999)",
														   "linear", "1", "-wi-a-----")),
										  "/dev/vg", &list),
					 -1);
	storage_volumes_free(list);
	assert_int_equal(logical_read_space(REPORT("vg", ""), &capacity, &available), -1);
	assert_int_equal(logical_read_space(REPORT("vg", "{\"vg_size\": \"1\", \"vg_free\": \"2\"}"),
										&capacity, &available),
					 -1);
}

static void groups_are_told_with_their_devices(void **state)
{
	CLEANUP_BUF struct buf out = {0};

	(void)state;
	assert_int_equal(
		logical_read_sources(REPORT("pv", "{\"pv_name\": \"/dev/a\", \"vg_name\": \"g\"},"
										  "{\"pv_name\": \"/dev/<\", \"vg_name\": \"h\"},"
										  "{\"pv_name\": \"/dev/b\", \"vg_name\": \"g\"},"
										  "{\"pv_name\": \"/dev/c\", \"vg_name\": \"\"}"),
							 &out),
		0);
	assert_string_equal((char *)buf_at(&out),
						"  <source>\n    <device path='/dev/a'/>\n    <device path='/dev/b'/>\n"
						"    <name>g</name>\n    <format type='lvm2'/>\n  </source>\n"
						"  <source>\n    <device path='/dev/&lt;'/>\n"
						"    <name>h</name>\n    <format type='lvm2'/>\n  </source>\n");
}

/* -- parted -- */

#define PART(number_, start_, end_, type_)                                                         \
	"{\"number\": " number_ ", \"start\": \"" start_ "B\", \"end\": \"" end_                       \
	"B\", \"size\": \"1B\", \"type\": \"" type_ "\"}"
#define DISK(parts_)                                                                               \
	"{\"disk\": {\"path\": \"/dev/x\", \"logical-sector-size\": 512, \"partitions\": [" parts_ "]" \
	"}"                                                                                            \
	"}"

static const char dos[] = DISK(
	PART("0", "1024", "1048575", "free") "," PART("1", "1048576", "10485759", "primary") "," PART(
		"0", "10485760", "20971519",
		"free") "," PART("2", "20971520", "94371839",
						 "extended") "," PART("0", "20972544", "21934079",
											  "free") "," PART("5", "22020096", "31457279",
															   "logical") "," PART("0", "31457280",
																				   "94371839",
																				   "free") "," PART("0",
																									"94371840",
																									"104857599",
																									"free"));

static void a_table_is_read(void **state)
{
	CLEANUP_TABLE struct disk_table table = {0};

	(void)state;
	assert_int_equal(disk_table_parse(dos, &table), 0);
	assert_int_equal(table.n, 8);
	assert_int_equal(table.parts[1].kind, DISK_PRIMARY);
	assert_int_equal(table.parts[1].end, 10485760);
	assert_int_equal(table.parts[5].kind, DISK_LOGICAL);
	assert_int_equal(table.parts[5].number, 5);
	assert_false(disk_is_inside(&table, &table.parts[2]));
	assert_true(disk_is_inside(&table, &table.parts[6]));
}

static void a_partition_begins_with_a_mib_where_it_fits_best(void **state)
{
	enum { MIB = 1024 * 1024 };
	CLEANUP_TABLE struct disk_table table = {0};
	uint64_t start, end;

	(void)state;
	assert_int_equal(disk_table_parse(dos, &table), 0);
	assert_int_equal(disk_find_room(&table, 5 * MIB + 1, false, &start, &end), 0);
	assert_int_equal(start, 10 * MIB);
	assert_int_equal(end, 15 * MIB + 512);
	/* behind the sector that describes it */
	assert_int_equal(disk_find_room(&table, 5 * MIB, true, &start, &end), 0);
	assert_int_equal(start, 31 * MIB);
	assert_int_equal(disk_find_room(&table, 11 * MIB, false, &start, &end), -1);
	assert_int_equal(disk_find_room(&table, 60 * MIB, true, &start, &end), -1);
	assert_int_equal(disk_find_room(&table, 0, false, &start, &end), -1);
	assert_int_equal(disk_find_room(&table, UINT64_MAX, false, &start, &end), -1);
}

static void a_table_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {"",
										"[]",
										"{}",
										"{\"disk\": {}}",
										"{\"disk\": {\"logical-sector-size\": 0}}",
										DISK(PART("1", "1", "2", "strange")),
										DISK(PART("-1", "1", "2", "primary")),
										DISK(PART("1", "9", "2", "primary")),
										DISK(PART("1", "0", "18446744073709551615", "primary")),
										DISK("7")};
	struct disk_table table;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(disk_table_parse(wrong[i], &table), -1);
}

/* -- commands -- */

static void a_command_is_read_to_its_end_and_fails_with_its_words(void **state)
{
	const char *const both[] = {"sh", "-c", "echo out; echo err >&2; exit 3", NULL};
	const char *const much[] = {"head", "-c", "9000000", "/dev/zero", NULL};
	const char *const none[] = {"no-such-program", NULL};
	const char *preloaded = getenv("LD_PRELOAD");
	CLEANUP_COMMAND struct command_end end = {0};
	struct command_end unused;

	(void)state;
	assert_int_equal(command_try(both, &end), 0);
	assert_string_equal(end.out, "out");
	assert_string_equal(end.err, "err");
	assert_int_equal(end.status, 3);
	assert_int_equal(command_run(both), -1);
	assert_non_null(strstr(error_last()->message, "unexpected exit status 3: err"));
	assert_int_equal(command_try(much, &unused), -1);
	/* under valgrind a program that is not there seems to start */
	if (strstr(preloaded ? preloaded : "", "vgpreload"))
		return;
	assert_int_equal(command_try(none, &unused), -1);
	assert_non_null(strstr(error_last()->message, "Cannot find 'no-such-program' in path"));
}

static void words_that_could_be_options_are_refused(void **state)
{
	static const char *const wrong[] = {"", "-x", "--", "a\nb", "\x7f"};

	(void)state;
	assert_int_equal(command_word(NULL, "word"), -1);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(command_word(wrong[i], "word"), -1);
	assert_int_equal(command_word("a-b,c", "word"), 0);
	assert_int_equal(command_path("a/b", "path"), -1);
	assert_int_equal(command_path("/a b", "path"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_volume_of_two_segments_has_both_extents),
		cmocka_unit_test(stripes_share_a_segment),
		cmocka_unit_test(snapshots_have_an_origin_and_what_is_off_is_none),
		cmocka_unit_test(a_report_that_is_none_is_refused),
		cmocka_unit_test(groups_are_told_with_their_devices),
		cmocka_unit_test(a_table_is_read),
		cmocka_unit_test(a_partition_begins_with_a_mib_where_it_fits_best),
		cmocka_unit_test(a_table_that_is_none_is_refused),
		cmocka_unit_test(a_command_is_read_to_its_end_and_fails_with_its_words),
		cmocka_unit_test(words_that_could_be_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
