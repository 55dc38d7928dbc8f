/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the beginning of an image file says of it: its format, how large the disk in it is, on what
 * other image it stands. The bytes are a guest's to write: nothing in them is believed.
 */
#ifndef DRIVERS_STORAGE_IMAGE_H
#define DRIVERS_STORAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storage_image {
	const char *format;         /* "raw", "qcow2", … */
	uint64_t capacity;          /* 0: as large as the file */
	char *backing;              /* another image, or NULL */
	const char *backing_format; /* or NULL: it does not say */
	uint32_t cluster_size;      /* of qcow2, else 0 */
	bool compat_1_1;            /* qcow2, version 3 */
	bool lazy_refcounts;        /* the same */
};

enum { STORAGE_IMAGE_HEAD = 64 * 1024 }; /* bytes that are looked at */

/* Reads the first n bytes of a file. 0, or -1 with NO_MEMORY. */
int storage_image_read(const unsigned char *data, size_t n, struct storage_image *ret);
void storage_image_clear(struct storage_image *image);

/* One of the formats that are known, by its name; NULL if there is none. */
const char *storage_image_format(const char *name);

#endif
