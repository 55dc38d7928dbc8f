/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is read of a machine's disks and memory, which disks had errors, and how far one may be
 * written until that is told.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/event.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/stats.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEEK_MAX = 4194304 };

/* -- peeking -- */

static int check_size(uint32_t size)
{
	return size <= PEEK_MAX
			   ? 0
			   : error_set(FROM_QEMU, ERR_INVALID_ARG, "size must be no more than %d", PEEK_MAX);
}

/* As much as there is, up to size. 0 or -1. */
static int read_at(int fd, uint64_t offset, uint32_t size, struct rvirt_wire_buffer_ret *ret)
{
	uint32_t done = 0;

	/* one more, for a size of none */
	if (!(ret->buffer = malloc((size_t)size + 1)))
		return error_oom();
	while (done < size) {
		ssize_t n = pread(fd, ret->buffer + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(FROM_QEMU, errno, "unable to read");
		if (n == 0)
			break;
		done += (uint32_t)n;
	}
	ret->n_buffer = done;
	return 0;
}

static int peek(const char *path, uint64_t offset, uint32_t size, struct rvirt_wire_buffer_ret *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(FROM_QEMU, errno, "failed to open '%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "'%s' is no file and no block device",
						 path);
	if (offset > (uint64_t)INT64_MAX - size)
		return error_set(FROM_QEMU, ERR_OVERFLOW, "offset %llu is too large",
						 (unsigned long long)offset);
	if (read_at(fd, offset, size, ret) < 0)
		return -1;
	return ret->n_buffer == size ? 0
								 : error_set(FROM_QEMU, ERR_INVALID_ARG,
											 "'%s' starting from %llu has only %u bytes available",
											 path, (unsigned long long)offset, ret->n_buffer);
}

int qemu_domain_block_peek(struct driver_conn *conn,
						   const struct rvirt_wire_domain_block_peek_args *args,
						   struct rvirt_wire_buffer_ret *ret)
{
	CLEANUP_FREE char *path = NULL;
	const struct node *disk;
	int r;

	if (qemu_flags(args->flags, 0, "qemuDomainBlockPeek") < 0 || check_size(args->size) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || !(disk = blockjob_disk(vm, args->path)))
		return -1;
	if (strcmp(store_format(disk), "raw") != 0)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "peeking is only supported for disk with 'raw' format not '%s'",
						 store_format(disk));
	if (!store_path(disk))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "disk '%s' is no file and no block device", args->path);
	if (!(path = strdup(store_path(disk))))
		return error_oom();
	vm_unlocked(vm);
	r = peek(path, args->offset, args->size, ret);
	vm_locked(vm);
	return r;
}

/* QEMU writes it into a file of its own folder. */
static int save_memory(struct vm *vm, const struct rvirt_wire_domain_memory_peek_args *args,
					   const char *path)
{
	bool virtual = args->flags & RVIRT_MEMORY_VIRTUAL;
	json_t *call = json_pack("{s:I, s:I, s:s}", "val", (json_int_t)args->offset, "size",
							 (json_int_t)args->size, "filename", path);

	return vm_call(vm, virtual ? "memsave" : "pmemsave", call, NULL);
}

int qemu_domain_memory_peek(struct driver_conn *conn,
							const struct rvirt_wire_domain_memory_peek_args *args,
							struct rvirt_wire_buffer_ret *ret)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (args->flags != RVIRT_MEMORY_VIRTUAL && args->flags != RVIRT_MEMORY_PHYSICAL)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "flags parameter must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL");
	if (check_size(args->size) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (asprintf(&path, "%s/peek.XXXXXX", vm->dir) < 0) {
		path = NULL;
		return error_oom();
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return error_errno(FROM_QEMU, errno, "cannot make '%s'", path);
	if (q->drop && fchown(fd, q->uid, q->gid) < 0)
		r = error_errno(FROM_QEMU, errno, "cannot give '%s' to the guest's user", path);
	else
		r = save_memory(vm, args, path);
	if (r == 0)
		r = read_at(fd, 0, args->size, ret);
	unlink(path);
	return r;
}

/* -- errors -- */

int qemu_domain_get_disk_errors(struct driver_conn *conn,
								const struct rvirt_wire_dom_maxerrors_flags_args *args,
								struct rvirt_wire_errors_nerrors_ret *ret)
{
	enum { ERRORS_MAX = 256 };
	CLEANUP_JSON json_t *blocks = NULL;
	const struct node *devices;

	if (qemu_flags(args->flags, 0, "qemuDomainGetDiskErrors") < 0 ||
		args_max((int)args->maxerrors, ERRORS_MAX, "maxerrors", "256") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (!args->maxerrors) {
		ret->nerrors = (int)node_count(node_child(vm->d.def->root, "devices"), "disk");
		return 0;
	}
	if (vm_call(vm, "query-block", NULL, &blocks) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (!(ret->errors = calloc(args->maxerrors, sizeof *ret->errors)))
		return error_oom();
	devices = node_child(vm->d.def->root, "devices");
	NODE_EACH(disk, devices, "disk")
	{
		const char *status = qmp_text(disk_about(blocks, disk), "io-status");
		struct rvirt_wire_domain_disk_error *e = &ret->errors[ret->n_errors];

		if (!status || strcmp(status, "ok") == 0 || ret->n_errors == args->maxerrors)
			continue;
		if (!(e->disk = strdup(child_attr(disk, "target", "dev"))))
			return error_oom();
		e->error = strcmp(status, "nospace") == 0 ? RVIRT_DOMAIN_DISK_ERROR_NO_SPACE
												  : RVIRT_DOMAIN_DISK_ERROR_UNSPEC;
		ret->n_errors++;
	}
	ret->nerrors = (int)ret->n_errors;
	return 0;
}

/* -- thresholds -- */

/* The image that "vda" or "vda[2]" means; NULL with INVALID_ARG. */
static struct node *find_store(const struct vm *vm, const char *name)
{
	struct node *store;

	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		const char *target = child_attr(disk, "target", "dev");
		size_t n = strlen(target);

		if (strcmp(name, target) == 0)
			return disk;
		if (strncmp(name, target, n) == 0 && name[n] == '[' &&
			(store = store_lookup(disk, NULL, name, NULL)))
			return store;
	}
	error_set(FROM_QEMU, ERR_INVALID_ARG, "failed to find disk '%s'", name);
	return NULL;
}

int qemu_domain_set_block_threshold(struct driver_conn *conn,
									const struct rvirt_wire_domain_set_block_threshold_args *args)
{
	char name[QEMU_NODE_NAME_LEN];
	const struct node *store;

	if (qemu_flags(args->flags, 0, "qemuDomainSetBlockThreshold") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 || !(store = find_store(vm, args->dev)))
		return -1;
	if (!qemu_store_index(store))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "threshold currently can't be set for block device '%s'", args->dev);
	return vm_call(vm, "block-set-write-threshold",
				   json_pack("{s:s, s:I}", "node-name",
							 qemu_node_storage(qemu_store_index(store), name), "write-threshold",
							 (json_int_t)args->threshold),
				   NULL);
}

static void tell_threshold(struct vm *vm, const struct node *store, char *dev, const json_t *data)
{
	struct rvirt_wire_domain_event_block_threshold_msg m = {
		.dev = dev,
		.threshold = qmp_ull(data, "write-threshold", 0),
		.excess = qmp_ull(data, "amount-exceeded", 0)};

	m.path = store_path(store) ? strdup(store_path(store)) : NULL;
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_BLOCK_THRESHOLD, &m, &m.dom);
}

void event_write_threshold(struct vm *vm, const json_t *data)
{
	const char *node = qmp_text(data, "node-name");
	char name[QEMU_NODE_NAME_LEN], *numbered;

	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		const char *target = child_attr(disk, "target", "dev");

		for (const struct node *store = disk; store; store = store_below(store)) {
			if (!text_is(node, qemu_node_storage(qemu_store_index(store), name)))
				continue;
			/* the image on top by both of its names */
			if (store == disk)
				tell_threshold(vm, store, strdup(target), data);
			if (asprintf(&numbered, "%s[%u]", target, qemu_store_index(store)) >= 0)
				tell_threshold(vm, store, numbered, data);
			return;
		}
	}
}
