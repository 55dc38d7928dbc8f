/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a type of pool can do: one struct of operations for each, in a file of its own. None of them
 * has the lock, and the definition that one gets does not change meanwhile. What a type lacks is
 * refused by name.
 */
#ifndef DRIVERS_STORAGE_TYPE_H
#define DRIVERS_STORAGE_TYPE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "conf/def.h"
#include "drivers/storage/image.h"

#include <sys/stat.h>

/* A piece of a device, in bytes: from start, up to end. */
struct storage_extent {
	char *path;
	uint64_t start, end;
};

struct storage_volume {
	struct storage_volume *next;
	char *name, *path;
	char *key; /* NULL: the path */
	struct storage_image image;
	struct stat st;
	unsigned users; /* streams and other work on its contents */
	bool building;  /* its creation is not done */
	bool scanned;   /* it was there when the pool was looked at: its image is described whole */

	bool device; /* it is no file, and all that follows is of these */
	uint64_t allocation, physical;
	struct storage_extent *extents;
	size_t n_extents;
	char *origin; /* of a snapshot: the path of what it is one of */
};

void storage_volume_free(struct storage_volume *vol);
DEFINE_CLEANUP(storage_volume, struct storage_volume *, storage_volume_free)
void storage_volumes_free(struct storage_volume *volumes);
/* Adds a piece. 0, or -1 with NO_MEMORY. */
int storage_volume_extent(struct storage_volume *vol, const char *path, uint64_t start,
						  uint64_t end);

/* What is found in a pool. */
struct storage_scan {
	struct storage_volume *volumes;
	uint64_t capacity, allocation, available;
	struct stat st;               /* of its folder; its mode is 0 if that tells nothing */
	struct storage_extent *holes; /* of a disk: what is free, without paths */
	size_t n_holes;
};

void storage_scan_clear(struct storage_scan *scan);

/* Another volume that a new one is a copy of. */
struct storage_from {
	const char *path, *format;
};

struct storage_type {
	const char *name;

	/* Completes a definition that is about to be used. NULL: nothing to do */
	int (*complete)(struct def *def);

	/* Makes what a pool stands on. flags: those of STORAGE_POOL_BUILD, at most one. */
	int (*build)(const struct def *def, unsigned flags);
	int (*remove)(const struct def *def);

	/* Makes it usable, and gives it back. NULL: nothing to do. To do it twice is no error. */
	int (*start)(const struct def *def);
	int (*stop)(const struct def *def);
	/* Whether it is, which a daemon asks that was gone for a while. NULL: if it can be scanned */
	bool (*is_up)(const struct def *def);

	int (*scan)(const struct def *def, struct storage_scan *ret);

	/* Appends elements <source> to a document. spec: what is looked for, a document, or NULL. NULL:
	 * there is no way to find any. */
	int (*find_sources)(const char *spec, struct buf *to);

	/* Volumes: what a document may say of their format; and whether they are devices, whose pool is
	 * scanned after each change. */
	enum { STORAGE_FILES, STORAGE_PARTITIONS, STORAGE_NO_FORMATS } formats;
	bool devices;
	/* def: of the volume; path: where it is to be; from: what it copies, or NULL; flags: those of
	 * STORAGE_VOL_CREATE_XML. On failure nothing is left. */
	int (*volume_make)(const struct def *pool, const struct def *def, const char *path,
					   const struct storage_from *from, unsigned flags);
	int (*volume_remove)(const struct def *pool, const struct storage_volume *vol);
	/* NULL: what it has is all that it will have */
	int (*volume_resize)(const struct storage_volume *vol, uint64_t capacity, bool allocate);
	/* Looks again at a volume. NULL with the error set, or without: it is none. */
	struct storage_volume *(*volume_look)(const struct def *pool, const char *name);
};

/* The type of a definition; NULL with the error set if nobody here can do anything with it. */
const struct storage_type *storage_type_of(const struct def *def);
const struct storage_type *storage_type_by_name(const char *name);

/* Every type that a document may have, in the order of the protocol's numbers; NULL ends them. */
const char *const *storage_type_names(void);
int storage_type_number(const char *name); /* -1: there is none */

/* Reads a document of a volume of such a pool. 0, or -1 with the error set. */
int storage_type_read_volume(const struct storage_type *type, const char *xml, unsigned flags,
							 struct def **ret);

/* One of the formats of partitions, by its name; NULL if there is none. */
const char *storage_partition_format(const char *name);

/* To add a type: its name here and its line in type.c. */
extern const struct storage_type storage_type_dir, storage_type_fs, storage_type_netfs,
	storage_type_logical, storage_type_disk;

#endif
