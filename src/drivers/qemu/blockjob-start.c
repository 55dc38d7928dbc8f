/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs within a chain of images: data is pulled up into the disk's own image, or committed down.
 * The job is in the state's document before QEMU begins it.
 */
#include "config.h"
#include "drivers/qemu/blockjob-copy.h"

#include "drivers/qemu/access.h"
#include "drivers/qemu/chain.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

#include <limits.h>
#include <string.h>

enum {
	PULL_FLAGS = RVIRT_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES | RVIRT_DOMAIN_BLOCK_REBASE_RELATIVE,
	REBASE_FLAGS = PULL_FLAGS | RVIRT_DOMAIN_BLOCK_REBASE_SHALLOW |
				   RVIRT_DOMAIN_BLOCK_REBASE_REUSE_EXT | RVIRT_DOMAIN_BLOCK_REBASE_COPY |
				   RVIRT_DOMAIN_BLOCK_REBASE_COPY_RAW | RVIRT_DOMAIN_BLOCK_REBASE_COPY_DEV,
	COMMIT_FLAGS = RVIRT_DOMAIN_BLOCK_COMMIT_SHALLOW | RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE |
				   RVIRT_DOMAIN_BLOCK_COMMIT_RELATIVE | RVIRT_DOMAIN_BLOCK_COMMIT_DELETE |
				   RVIRT_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES,
};

int blockjob_speed(uint64_t bandwidth, bool bytes, unsigned long long *ret)
{
	unsigned long long limit = (unsigned long long)LLONG_MAX >> (bytes ? 0 : 20);

	if (bandwidth > limit)
		return error_set(FROM_QEMU, ERR_OVERFLOW, "bandwidth must be less than %llu", limit);
	*ret = bytes ? bandwidth : bandwidth << 20;
	return 0;
}

struct node *blockjob_disk(const struct vm *vm, const char *path)
{
	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		if (child_is(disk, "target", "dev", path) || text_is(store_path(disk), path))
			return disk;
	}
	error_set(FROM_QEMU, ERR_INVALID_ARG, "disk '%s' not found in domain", path);
	return NULL;
}

/* The same for a job: what is in the drive is an image of ours. */
static struct node *disk_for_job(const struct vm *vm, const char *path)
{
	struct node *disk = blockjob_disk(vm, path);

	if (!disk || blockjob_check_none(vm, disk) < 0)
		return NULL;
	if (!qemu_disk_is_empty(disk))
		return disk;
	error_set(FROM_QEMU, ERR_INVALID_ARG, "disk '%s' has no image", path);
	return NULL;
}

/* The name of base in an image that will stand on it; owned by the caller. NULL with the error set
 * where it has none. */
static char *name_for(struct vm *vm, const struct node *above, const struct node *base,
					  bool relative)
{
	CLEANUP_FREE char *from = NULL, *path = NULL;
	char *name;

	if (!store_path(base) || (relative && !store_path(above))) {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "an image that is no file has no name");
		return NULL;
	}
	path = strdup(store_path(base));
	if (!relative || !path)
		return path ? steal(&path) : (error_oom(), NULL);
	if (!(from = strdup(store_path(above)))) {
		error_oom();
		return NULL;
	}
	vm_unlocked(vm);
	name = qemu_chain_relative(from, path);
	vm_locked(vm);
	return name;
}

/* Begins a job that is entered already; on failure it is dropped. */
static int begin(struct vm *vm, struct blockjob *job, const char *command, json_t *args)
{
	if (vm_save_status(vm) == 0 && args && vm_call(vm, command, args, NULL) == 0)
		return 0;
	blockjob_drop(vm, job);
	return -1;
}

/* -- pull -- */

static int pull(struct vm *vm, const char *path, const char *base_name, uint64_t bandwidth,
				unsigned flags)
{
	bool relative = flags & RVIRT_DOMAIN_BLOCK_REBASE_RELATIVE;
	CLEANUP_FREE char *name = NULL;
	char top[QEMU_NODE_NAME_LEN], node[QEMU_NODE_NAME_LEN];
	struct node *disk, *base = NULL;
	unsigned long long speed;
	struct blockjob *job;
	json_t *args;

	if (relative && !base_name)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "flag VIR_DOMAIN_BLOCK_REBASE_RELATIVE is valid only with non-null base");
	if (vm_check_active(vm) < 0 || !(disk = disk_for_job(vm, path)))
		return -1;
	if (base_name && !(base = store_lookup(disk, disk, base_name, NULL)))
		return -1;
	if ((base && !(name = name_for(vm, disk, base, relative))) ||
		blockjob_speed(bandwidth, flags & RVIRT_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES, &speed) < 0)
		return -1;
	job = blockjob_add(vm, disk, RVIRT_DOMAIN_BLOCK_JOB_TYPE_PULL, qemu_store_index(disk));
	if (!job)
		return -1;
	job->base = base ? qemu_store_index(base) : 0;
	args = json_pack("{s:s, s:s, s:I, s:b, s:b}", "job-id", job->name, "device",
					 qemu_disk_top(disk, top), "speed", (json_int_t)speed, "auto-finalize", true,
					 "auto-dismiss", false);
	if (base && args) {
		json_object_set_new(args, "base-node", json_string(qemu_node_format(job->base, node)));
		json_object_set_new(args, "backing-file", json_string(name));
	}
	return begin(vm, job, "block-stream", args);
}

int qemu_domain_block_pull(struct driver_conn *conn,
						   const struct rvirt_wire_dom_path_bandwidth_flags_args *args)
{
	if (qemu_flags(args->flags, RVIRT_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES, "qemuDomainBlockPull") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	return vm ? pull(vm, args->path, NULL, args->bandwidth, args->flags) : -1;
}

/* -- rebase: a pull to a base, or in older clients a copy -- */

/* A disk that is copied to a path, as the copy's document would have it; owned by the caller. */
static struct node *target_of(const struct node *disk, const char *path, unsigned flags)
{
	bool block = flags & RVIRT_DOMAIN_BLOCK_REBASE_COPY_DEV;
	CLEANUP(cleanup_node) struct node *to = node_copy(disk);
	struct node *source, *driver;

	if (!to || node_set(to, "type", block ? "block" : "file") < 0)
		return NULL;
	node_remove_all(to, "source");
	node_remove_all(to, "backingStore");
	if (!(source = node_add(to, "source")) || !(driver = node_need(to, "driver")) ||
		node_set(source, block ? "dev" : "file", path) < 0 ||
		node_set(driver, "type", flags & RVIRT_DOMAIN_BLOCK_REBASE_COPY_RAW ? "raw" : NULL) < 0)
		return NULL;
	return steal(&to);
}

static int copy_to(struct vm *vm, const struct rvirt_wire_domain_block_rebase_args *args)
{
	CLEANUP(cleanup_node) struct node *to = NULL;
	struct blockjob_copy how = {/* these two have the same numbers */
								.flags = args->flags & (RVIRT_DOMAIN_BLOCK_REBASE_SHALLOW |
														RVIRT_DOMAIN_BLOCK_REBASE_REUSE_EXT)};
	struct node *disk;

	if (!args->base)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "base in virDomainBlockRebase must not be NULL");
	if (args->flags & RVIRT_DOMAIN_BLOCK_REBASE_RELATIVE)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "Relative backing during copy not supported yet");
	if (vm_check_active(vm) < 0 || !(disk = disk_for_job(vm, args->path)) ||
		blockjob_speed(args->bandwidth, args->flags & RVIRT_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES,
					   &how.speed) < 0)
		return -1;
	if (!(to = target_of(disk, args->base, args->flags)))
		return error_oom();
	how.to = to;
	return blockjob_copy(vm, disk, &how);
}

int qemu_domain_block_rebase(struct driver_conn *conn,
							 const struct rvirt_wire_domain_block_rebase_args *args)
{
	bool copies = args->flags & RVIRT_DOMAIN_BLOCK_REBASE_COPY;

	if (qemu_flags(args->flags, REBASE_FLAGS, "qemuDomainBlockRebase") < 0)
		return -1;
	if (!copies && args->flags & ~(unsigned)PULL_FLAGS)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "use of flags in virDomainBlockRebase requires a copy job");

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm)
		return -1;
	return copies ? copy_to(vm, args)
				  : pull(vm, args->path, args->base, args->bandwidth, args->flags);
}

/* -- commit -- */

/* Images that are only read otherwise are written now. */
static int give(struct vm *vm, const struct node *a, const struct node *b)
{
	CLEANUP_FREE char *first = store_path(a) ? strdup(store_path(a)) : NULL;
	CLEANUP_FREE char *second = b && store_path(b) ? strdup(store_path(b)) : NULL;
	struct access_file *given = NULL;
	int r = 0;

	vm_unlocked(vm);
	if ((first && access_give(vm->qemu, first, true, &given) < 0) ||
		(second && access_give(vm->qemu, second, true, &given) < 0)) {
		access_take_back(&given);
		r = -1;
	}
	vm_locked(vm);
	access_join(&vm->given, &given);
	return r;
}

/* What is written into stands in the disk as its mirror. */
static int add_mirror(struct node *disk, const struct node *base)
{
	struct node *mirror = node_add(disk, "mirror"), *format;

	if (!mirror || node_set(mirror, "type", node_attr(base, "type")) < 0 ||
		node_set(mirror, "job", "active-commit") < 0 || !(format = node_add(mirror, "format")) ||
		node_set(format, "type", store_format(base)) < 0 ||
		!store_graft(mirror, node_child(base, "source")))
		return -1;
	return qemu_store_set_index(mirror, qemu_store_index(base));
}

int blockjob_commit(struct vm *vm, struct node *disk, const struct blockjob_commit *how)
{
	bool active = how->top == disk;
	char top[QEMU_NODE_NAME_LEN], base[QEMU_NODE_NAME_LEN], device[QEMU_NODE_NAME_LEN];
	struct node *above = disk;
	CLEANUP_FREE char *name = NULL;
	struct blockjob *job;
	json_t *args;

	if (blockjob_check_none(vm, disk) < 0)
		return -1;
	while (!active && store_below(above) != how->top)
		above = store_below(above);
	if (active && child_is(disk, "driver", "copy_on_read", "on"))
		return error_set(
			FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
			"the image of a disk with copy_on_read='on' can't be committed while it is "
			"in use");
	if ((!active && !(name = name_for(vm, above, how->base, how->relative))) ||
		give(vm, how->base, active || above == disk ? NULL : above) < 0 || vm_check_active(vm) < 0)
		return -1;
	job = blockjob_add(vm, disk,
					   active ? RVIRT_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT
							  : RVIRT_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
					   qemu_store_index(how->top));
	if (!job)
		return -1;
	job->top = qemu_store_index(how->top);
	job->base = qemu_store_index(how->base);
	job->above = active ? 0 : qemu_store_index(above);
	job->delete_images = how->delete_images;
	args =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:s*}", "job-id", job->name, "device",
				  qemu_disk_top(disk, device), "top-node", qemu_node_format(job->top, top),
				  "base-node", qemu_node_format(job->base, base), "speed", (json_int_t)how->speed,
				  "auto-finalize", true, "auto-dismiss", false, "backing-file", name);
	if (active && add_mirror(disk, how->base) < 0) {
		json_decref(args);
		args = NULL;
	}
	if (begin(vm, job, "block-commit", args) == 0)
		return 0;
	if (active)
		node_remove_all(disk, "mirror");
	vm_save_status(vm);
	return -1;
}

/* What a client wants committed, in how; flags are the call's. */
static int find_images(struct node *disk, const char *top, const char *base, unsigned flags,
					   struct blockjob_commit *how)
{
	bool active = flags & RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE;
	bool shallow = flags & RVIRT_DOMAIN_BLOCK_COMMIT_SHALLOW;
	const char *target = child_attr(disk, "target", "dev"), *path = store_path(disk);

	path = path ? path : target;
	how->top = !top || text_is(store_path(disk), top) || strcmp(target, top) == 0
				   ? disk
				   : store_lookup(disk, NULL, top, NULL);
	if (!how->top)
		return -1;
	if (how->top == disk && !active)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "commit of '%s' active layer requires active flag", target);
	if (how->top != disk && active)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "active commit requested but '%s' is not active", store_path(how->top));
	if (shallow && !base && !store_below(how->top))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "top '%s' in chain for '%s' has no backing file",
						 store_path(how->top) ? store_path(how->top) : target, path);
	how->base = shallow && !base ? store_below(how->top) : store_lookup(disk, how->top, base, NULL);
	if (!how->base)
		return -1;
	if (shallow && how->base != store_below(how->top))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "base '%s' is not immediately below '%s' in chain for '%s'", base,
						 store_path(how->top) ? store_path(how->top) : target, path);
	return 0;
}

int qemu_domain_block_commit(struct driver_conn *conn,
							 const struct rvirt_wire_domain_block_commit_args *args)
{
	struct blockjob_commit how = {
		.relative = args->flags & RVIRT_DOMAIN_BLOCK_COMMIT_RELATIVE,
		.delete_images = args->flags & RVIRT_DOMAIN_BLOCK_COMMIT_DELETE,
	};
	struct node *disk;

	if (qemu_flags(args->flags, COMMIT_FLAGS, "qemuDomainBlockCommit") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 ||
		blockjob_speed(args->bandwidth, args->flags & RVIRT_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES,
					   &how.speed) < 0 ||
		!(disk = blockjob_disk(vm, args->disk)) || blockjob_check_none(vm, disk) < 0 ||
		find_images(disk, args->top, args->base, args->flags, &how) < 0)
		return -1;
	return blockjob_commit(vm, disk, &how);
}
