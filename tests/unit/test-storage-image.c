/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What image files say of themselves, and what they say that must not be believed.
 */
#include "config.h"
#include "unit.h"

#include "drivers/storage/image.h"

#include <endian.h>

/* A qcow2 header of 64 KiB clusters. */
static unsigned char head[4096];

static void put(size_t at, uint64_t value, int width)
{
	for (int i = 0; i < width; i++)
		head[at + (size_t)i] = (unsigned char)(value >> (8 * (width - 1 - i)));
}

static void make_qcow2(unsigned version, uint64_t capacity)
{
	memset(head, 0, sizeof head);
	memcpy(head, "QFI\xfb", 4);
	put(4, version, 4);
	put(20, 16, 4);
	put(24, capacity, 8);
	put(100, 104, 4);
}

static struct storage_image read_image(size_t n)
{
	struct storage_image image;

	assert_int_equal(storage_image_read(head, n, &image), 0);
	return image;
}

static void what_is_no_image_is_raw(void **state)
{
	struct storage_image image;

	(void)state;
	memset(head, 0, sizeof head);
	image = read_image(sizeof head);
	assert_string_equal(image.format, "raw");
	assert_int_equal(image.capacity, 0);
	image = read_image(0);
	assert_string_equal(image.format, "raw");
}

static void a_qcow2_image_says_its_size_and_what_it_stands_on(void **state)
{
	struct storage_image image;

	(void)state;
	make_qcow2(3, 123456789);
	put(8, 1000, 8);
	put(16, 5, 4);
	memcpy(head + 1000, "/base", 5);
	put(104, 0xe2792aca, 4);
	put(108, 5, 4);
	memcpy(head + 112, "qcow2", 5);
	image = read_image(sizeof head);
	assert_string_equal(image.format, "qcow2");
	assert_int_equal(image.capacity, 123456789);
	assert_int_equal(image.cluster_size, 65536);
	assert_true(image.compat_1_1);
	assert_string_equal(image.backing, "/base");
	assert_string_equal(image.backing_format, "qcow2");
	storage_image_clear(&image);
}

/* Every place that a number in it points to may be nowhere. */
static void numbers_that_lead_nowhere_are_not_followed(void **state)
{
	static const uint64_t places[] = {1, 4095, 4096, 4097, UINT32_MAX, UINT64_MAX, UINT64_MAX - 5};
	static const uint32_t lengths[] = {0, 1, 1023, 1024, 4096, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
			for (unsigned version = 2; version <= 3; version++) {
				struct storage_image image;

				make_qcow2(version, UINT64_MAX);
				put(8, places[i], 8);
				put(16, lengths[k], 4);
				put(20, lengths[k], 4);
				put(100, (uint32_t)places[i], 4);
				put(104, 0xe2792aca, 4);
				put(108, lengths[k], 4);
				image = read_image(sizeof head);
				assert_string_equal(image.format, "qcow2");
				assert_null(image.backing_format);
				storage_image_clear(&image);
			}
}

static void every_beginning_of_an_image_can_be_read(void **state)
{
	(void)state;
	make_qcow2(3, 1000);
	put(8, 200, 8);
	put(16, 5, 4);
	memcpy(head + 200, "/base", 5);
	for (size_t n = 0; n < 300; n++) {
		unsigned char *copy = malloc(n + 1);
		struct storage_image image;

		memcpy(copy, head, n);
		assert_int_equal(storage_image_read(copy, n, &image), 0);
		storage_image_clear(&image);
		free(copy);
	}
}

static void sizes_that_overflow_are_none(void **state)
{
	struct storage_image image;

	(void)state;
	memset(head, 0xff, sizeof head);
	memcpy(head, "KDMV", 4);
	image = read_image(sizeof head);
	assert_string_equal(image.format, "vmdk");
	assert_int_equal(image.capacity, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_image_is_raw),
		cmocka_unit_test(a_qcow2_image_says_its_size_and_what_it_stands_on),
		cmocka_unit_test(numbers_that_lead_nowhere_are_not_followed),
		cmocka_unit_test(every_beginning_of_an_image_can_be_read),
		cmocka_unit_test(sizes_that_overflow_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
