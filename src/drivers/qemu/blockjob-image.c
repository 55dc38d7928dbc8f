/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * New images of a running machine's disks. QEMU writes their headers, as the user that it runs as.
 */
#include "config.h"
#include "drivers/qemu/blockjob-copy.h"

#include "base/fd.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MS = 50 };

int blockjob_size(struct vm *vm, const struct node *disk, unsigned long long *ret)
{
	CLEANUP_JSON json_t *nodes = NULL;
	char name[QEMU_NODE_NAME_LEN];
	const json_t *node;
	size_t i;

	qemu_node_format(qemu_store_index(disk), name);
	if (vm_call(vm, "query-named-block-nodes", json_pack("{s:b}", "flat", true), &nodes) < 0)
		return -1;
	json_array_foreach(nodes, i, node)
	{
		if (!text_is(qmp_text(node, "node-name"), name))
			continue;
		*ret = qmp_ull(json_object_get(node, "image"), "virtual-size", 0);
		return 0;
	}
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "QEMU does not know the image of disk '%s'",
					 child_attr(disk, "target", "dev"));
}

int blockjob_make_file(const char *path, bool raw, unsigned long long size, bool *ret_made)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool made = fd >= 0;
	struct stat st;

	if (!made && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(FROM_QEMU, errno, "failed to create image file '%s'", path);
	if (raw && S_ISREG(st.st_mode) && ftruncate(fd, (off_t)size) < 0) {
		error_errno(FROM_QEMU, errno, "cannot give '%s' its size", path);
		if (made)
			unlink(path);
		return -1;
	}
	*ret_made = made;
	return 0;
}

/* Waits until a job of QEMU's own has ended, and has it forgotten. 0 or -1. */
static int wait_for_job(struct vm *vm, const char *id)
{
	for (;;) {
		CLEANUP_JSON json_t *jobs = NULL;
		const json_t *job;
		bool ended = true;
		size_t i;
		int r = 0;

		if (vm_call(vm, "query-jobs", NULL, &jobs) < 0)
			return -1;
		json_array_foreach(jobs, i, job)
		{
			if (!text_is(qmp_text(job, "id"), id))
				continue;
			ended = text_is(qmp_text(job, "status"), "concluded");
			if (ended && vm_call(vm, "job-dismiss", json_pack("{s:s}", "id", id), NULL) < 0)
				return -1;
			if (ended && qmp_text(job, "error"))
				r = error_set(FROM_QEMU, ERR_OPERATION_FAILED, "failed to format image: '%s'",
							  qmp_text(job, "error"));
		}
		if (ended)
			return r;
		vm_wait(vm, now_ms() + LOOK_MS);
	}
}

/* Has QEMU write the header of an image into the node of its file. */
static int write_header(struct vm *vm, const struct node *store, unsigned long long size,
						const struct node *backing)
{
	const char *format = store_format(store);
	char id[2 * QEMU_NODE_NAME_LEN], file[QEMU_NODE_NAME_LEN];
	json_t *options;

	snprintf(id, sizeof id, "create-%s", qemu_node_format(qemu_store_index(store), file));
	options = json_pack("{s:s, s:s, s:I}", "driver", format, "file",
						qemu_node_storage(qemu_store_index(store), file), "size", (json_int_t)size);
	if (!options)
		return error_oom();
	if (backing) {
		json_object_set_new(options, "backing-file", json_string(store_path(backing)));
		json_object_set_new(options, "backing-fmt", json_string(store_format(backing)));
	}
	if (vm_call(vm, "blockdev-create", json_pack("{s:s, s:o}", "job-id", id, "options", options),
				NULL) < 0)
		return -1;
	return wait_for_job(vm, id);
}

static int add(struct vm *vm, json_t *node)
{
	return node ? vm_call(vm, "blockdev-add", node, NULL) : -1;
}

int blockjob_make_image(struct vm *vm, const struct node *disk, const struct node *store,
						unsigned long long size, const struct node *backing)
{
	char name[QEMU_NODE_NAME_LEN];
	struct error cause;

	if (text_is(store_format(store), "raw"))
		return store_add_nodes(vm, disk, store);
	if (add(vm, qemu_storage_json(disk, store)) < 0)
		return -1;
	if (write_header(vm, store, size, backing) == 0 &&
		add(vm, qemu_format_json(disk, store, false)) == 0)
		return 0;
	error_take(&cause);
	vm_call(vm, "blockdev-del",
			json_pack("{s:s}", "node-name", qemu_node_storage(qemu_store_index(store), name)),
			NULL);
	error_give(&cause);
	return -1;
}
