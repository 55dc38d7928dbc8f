/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What images stand on.
 */
#include "config.h"
#include "drivers/qemu/chain.h"

#include "base/error.h"
#include "drivers/qemu/device.h"
#include "drivers/storage/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CHAIN_MAX = 200 };

/* Reads the head of a file or block device; never waits for whoever is behind a pipe. */
static int read_image(const char *path, struct storage_image *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP_FREE unsigned char *head = malloc(STORAGE_IMAGE_HEAD);
	struct stat st;
	ssize_t n;

	if (!head)
		return error_oom();
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(FROM_NONE, errno, "Cannot access storage file '%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "'%s' is no file and no block device",
						 path);
	n = pread(fd, head, STORAGE_IMAGE_HEAD, 0);
	if (n < 0)
		return error_errno(FROM_NONE, errno, "cannot read header '%s'", path);
	return storage_image_read(head, (size_t)n, ret);
}

/* The path below, owned by the caller: beside the image where it is relative. */
static char *resolve(const char *image, const char *backing)
{
	size_t plain = strcspn(backing, ":/");
	const char *slash = strrchr(image, '/');
	char *path = NULL;

	if (backing[plain] == ':') {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
				  "backing image '%s' of '%s' is no path of a file", backing, image);
		return NULL;
	}
	if (backing[0] == '/' || !slash)
		path = strdup(backing);
	else if (asprintf(&path, "%.*s/%s", (int)(slash - image), image, backing) < 0)
		path = NULL;
	if (!path)
		error_oom();
	return path;
}

/* The end of a chain: nothing is below. */
static int add_end(struct node *store)
{
	struct node *end = node_child(store, "backingStore") ? NULL : node_add(store, "backingStore");

	if (end)
		end->show |= SHOW_LIVE;
	return end || node_child(store, "backingStore") ? 0 : -1;
}

static struct node *add_store(struct node *above, const char *path, const char *format)
{
	struct node *store = node_add(above, "backingStore"), *n;
	struct stat st;
	bool block = stat(path, &st) == 0 && S_ISBLK(st.st_mode);

	if (!store || node_set(store, "type", block ? "block" : "file") < 0)
		return NULL;
	store->show |= SHOW_LIVE;
	n = node_add(store, "format");
	if (!n || node_set(n, "type", format) < 0)
		return NULL;
	n = node_add(store, "source");
	return n && node_set(n, block ? "dev" : "file", path) == 0 ? store : NULL;
}

static const char *path_of(const struct node *store)
{
	const struct node *source = node_child(store, "source");
	const char *file = node_attr(source, "file");

	return file ? file : node_attr(source, "dev");
}

/* Adds what is below a store, NULL in *ret_below at the end. */
static int go_down(struct node *store, struct node **ret_below)
{
	struct storage_image image = {0};
	CLEANUP_FREE char *path = NULL;
	int res = 0;

	*ret_below = NULL;
	if (read_image(path_of(store), &image) < 0)
		return -1;
	if (!image.backing) {
		res = add_end(store);
	} else if (!image.backing_format) {
		res = error_set(FROM_NONE, ERR_OPERATION_INVALID,
						"format of backing image '%s' of image '%s' was not specified in the image "
						"metadata (See https://libvirt.org/kbase/backing_chains.html for "
						"troubleshooting)",
						image.backing, path_of(store));
	} else if (!(path = resolve(path_of(store), image.backing)) ||
			   !(*ret_below = add_store(store, path, image.backing_format))) {
		res = -1;
	}
	storage_image_clear(&image);
	return res;
}

int qemu_chain_find(struct node *disk)
{
	const char *format = child_attr(disk, "driver", "type");
	struct node *store = disk, *below;

	format = format ? format : child_attr(disk, "format", "type");
	if (is(disk, "type", "network") || is(disk, "type", "dir") || !path_of(disk))
		return 0;
	for (int depth = 0; depth < CHAIN_MAX; depth++) {
		if (node_child(store, "backingStore")) { /* the document says it */
			below = node_child(store, "backingStore");
			if (!node_attr(below, "type") || !path_of(below))
				return 0;
		} else if (!text_is(format, "qcow2")) {
			return add_end(store);
		} else if (go_down(store, &below) < 0) {
			return -1;
		} else if (!below) {
			return 0;
		}
		store = below;
		format = child_attr(store, "format", "type");
	}
	return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
					 "more than %d images stand on each other below '%s', or it stands on itself",
					 CHAIN_MAX, path_of(disk));
}

/* The name that stands in an image, seen from the folder of name; owned by the caller. */
static char *go_on(const char *name, const char *backing)
{
	const char *slash = strrchr(name, '/');
	char *next = NULL;

	if (asprintf(&next, "%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, backing) >= 0)
		return next;
	error_oom();
	return NULL;
}

char *qemu_chain_relative(const char *from, const char *path)
{
	CLEANUP_FREE char *at = strdup(from), *name = strdup("");

	for (int depth = 0; at && name && depth < CHAIN_MAX; depth++) {
		CLEANUP(storage_image_clear) struct storage_image image = {0};
		char *next;

		if (read_image(at, &image) < 0)
			return NULL;
		if (!image.backing || *image.backing == '/' || strchr(image.backing, ':'))
			break;
		if (!(next = go_on(name, image.backing)))
			return NULL;
		free(name);
		name = next;
		if (!(next = resolve(at, image.backing)))
			return NULL;
		free(at);
		at = next;
		if (strcmp(at, path) == 0)
			return steal(&name);
	}
	if (at && name)
		error_set(FROM_QEMU, ERR_OPERATION_INVALID, "can't keep relative backing relationship");
	else
		error_oom();
	return NULL;
}
