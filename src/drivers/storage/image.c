/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A table of what formats begin with, and qcow2's header in some detail.
 */
#include "config.h"
#include "drivers/storage/image.h"

#include "base/error.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum order { BIG, LITTLE };

/* To add a format: its magic bytes, and where its size stands (width 0: it has none). */
static const struct format {
	const char *name;
	uint32_t magic_at;
	const char *magic;
	uint32_t magic_len;
	enum order order;
	uint32_t size_at, size_width, unit;
} formats[] = {
	{"qcow2", 0, "QFI\xfb\0\0\0\2", 8, BIG, 24, 8, 1},
	{"qcow2", 0, "QFI\xfb\0\0\0\3", 8, BIG, 24, 8, 1},
	{"qcow", 0, "QFI\xfb\0\0\0\1", 8, BIG, 24, 8, 1},
	{"qed", 0, "QED\0", 4, LITTLE, 48, 8, 1},
	{"vmdk", 0, "KDMV", 4, LITTLE, 12, 8, 512},
	{"vdi", 64, "\x7f\x10\xda\xbe", 4, LITTLE, 368, 8, 1},
	{"vpc", 0, "conectix", 8, BIG, 40, 8, 1},
	{"iso", 32769, "CD001", 5, LITTLE, 0, 0, 0},
};

const char *storage_image_format(const char *name)
{
	static const char *const names[] = {"none", "raw",  "dir",   "bochs", "cloop", "dmg",
										"iso",  "vpc",  "vdi",   "fat",   "vhd",   "ploop",
										"cow",  "qcow", "qcow2", "qed",   "vmdk",  NULL};

	for (const char *const *at = names; *at; at++)
		if (strcmp(*at, name) == 0)
			return *at;
	return NULL;
}

void storage_image_clear(struct storage_image *image)
{
	free(image->backing);
	*image = (struct storage_image){0};
}

static uint64_t number(const unsigned char *at, uint32_t width, enum order order)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < width; i++)
		n = n << 8 | at[order == BIG ? i : width - 1 - i];
	return n;
}

/* The format of the backing image, by the header's extension. */
static const char *backing_format(const unsigned char *data, size_t n, uint64_t at)
{
	enum { END = 0, BACKING_FORMAT = (int)0xe2792aca };
	char name[16];

	for (int i = 0; i < 64 && at + 8 <= n; i++) {
		uint64_t kind = number(data + at, 4, BIG), len = number(data + at + 4, 4, BIG);

		at += 8;
		if (kind == END || len > n - at)
			return NULL;
		if ((int)kind == BACKING_FORMAT) {
			if (len >= sizeof name)
				return NULL;
			memcpy(name, data + at, len);
			name[len] = '\0';
			return storage_image_format(name);
		}
		at += (len + 7) / 8 * 8;
	}
	return NULL;
}

static int read_backing(const unsigned char *data, size_t n, struct storage_image *ret)
{
	uint64_t at, len;

	if (n < 104)
		return 0;
	at = number(data + 8, 8, BIG);
	len = number(data + 16, 4, BIG);
	if (!at || !len || len > 1023 || at > n || len > n - at || memchr(data + at, '\0', len))
		return 0;
	ret->backing = strndup((const char *)data + at, len);
	if (!ret->backing)
		return error_oom();
	ret->backing_format =
		backing_format(data, n, ret->compat_1_1 ? number(data + 100, 4, BIG) : 72);
	return 0;
}

static void read_qcow2(const unsigned char *data, size_t n, struct storage_image *ret)
{
	uint64_t bits = number(data + 20, 4, BIG);

	ret->compat_1_1 = data[7] == 3;
	ret->cluster_size = bits >= 9 && bits <= 21 ? 1u << bits : 0;
	ret->lazy_refcounts = ret->compat_1_1 && n >= 88 && number(data + 80, 8, BIG) & 1;
}

static bool matches(const struct format *f, const unsigned char *data, size_t n)
{
	return n >= f->magic_at + f->magic_len && n >= f->size_at + f->size_width &&
		   memcmp(data + f->magic_at, f->magic, f->magic_len) == 0;
}

int storage_image_read(const unsigned char *data, size_t n, struct storage_image *ret)
{
	const struct format *f = formats, *end = formats + sizeof formats / sizeof formats[0];

	*ret = (struct storage_image){.format = "raw"};
	while (f < end && !matches(f, data, n))
		f++;
	if (f == end)
		return 0;
	ret->format = f->name;
	if (f->size_width && __builtin_mul_overflow(number(data + f->size_at, f->size_width, f->order),
												f->unit, &ret->capacity))
		ret->capacity = 0;
	if (strcmp(f->name, "qcow2") != 0)
		return 0;
	read_qcow2(data, n, ret);
	return read_backing(data, n, ret);
}
