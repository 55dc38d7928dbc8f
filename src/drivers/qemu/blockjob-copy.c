/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk is copied while its guest runs. The copy stands in the disk as its <mirror>, from before
 * QEMU opens it until the copy is ended.
 */
#include "config.h"
#include "drivers/qemu/blockjob-copy.h"

#include "base/fd.h"
#include "conf/format.h"
#include "conf/xml.h"
#include "drivers/params.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/chain.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/storage/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One copy under way to begin. */
struct copying {
	struct vm *vm;
	const struct blockjob_copy *how;
	struct node *disk;   /* of the live definition */
	struct node *own;    /* a copy of it, with the mirror */
	struct node *mirror; /* in own */
	bool shallow, reuse;
	unsigned long long size;
	bool made; /* the file is new */
	struct access_file *given;
};

/* -- the target, without the lock -- */

/* What is at a path must fit what is wanted of it. */
static int check_file(const struct copying *c, const char *target, const char *path)
{
	bool block = is(c->mirror, "type", "block");
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return error_errno(FROM_QEMU, errno, "unable to access '%s'", path);
		return c->reuse || block
				   ? error_errno(FROM_QEMU, errno, "missing destination file for disk %s: %s",
								 target, path)
				   : 0;
	}
	if (block && !S_ISBLK(st.st_mode))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "blockdev flag requested for disk %s, but file '%s' is not a block device",
						 target, path);
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "'%s' is no file and no block device",
						 path);
	if (!S_ISBLK(st.st_mode) && st.st_size && !c->reuse)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "external destination file for disk %s already exists and is not a block "
						 "device: %s",
						 target, path);
	return 0;
}

/* The format of an image that a client has made for the copy, and says nothing of. NULL with the
 * error set. */
static const char *probe(const char *path)
{
	CLEANUP_FREE unsigned char *head = malloc(STORAGE_IMAGE_HEAD);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP(storage_image_clear) struct storage_image image = {0};
	ssize_t n = head && fd >= 0 ? pread(fd, head, STORAGE_IMAGE_HEAD, 0) : -1;

	if (n < 0) {
		error_errno(FROM_QEMU, errno, "cannot read header '%s'", path);
		return NULL;
	}
	return storage_image_read(head, (size_t)n, &image) < 0 ? NULL : image.format;
}

static int set_format(const struct copying *c, const char *format)
{
	struct node *n = node_need(c->mirror, "format");

	if (!n || node_set(n, "type", format) < 0)
		return -1;
	return is(c->mirror, "type", "file") ? node_set(c->mirror, "file", store_path(c->mirror)) < 0 ||
												   node_set(c->mirror, "format", format) < 0
											   ? -1
											   : 0
										 : 0;
}

/* Files come to be, or are looked into, and are given to the guest's user. */
static int prepare_files(struct copying *c)
{
	const char *path = store_path(c->mirror), *format = child_attr(c->how->to, "driver", "type");
	const char *target = child_attr(c->disk, "target", "dev");

	if (path && check_file(c, target, path) < 0)
		return -1;
	if (!format && !(format = c->reuse && path ? probe(path) : store_format(c->own)))
		return -1;
	if (set_format(c, format) < 0)
		return -1;
	if (!c->reuse && is(c->mirror, "type", "file") &&
		blockjob_make_file(path, strcmp(format, "raw") == 0, c->size, &c->made) < 0)
		return -1;
	if (c->reuse && qemu_chain_find(c->mirror) < 0)
		return -1;
	for (const struct node *store = c->mirror; store; store = store_below(store))
		if (store_path(store) &&
			access_give(c->vm->qemu, store_path(store), store == c->mirror, &c->given) < 0)
			return -1;
	return 0;
}

/* -- the mirror -- */

static int make_mirror(struct copying *c)
{
	const struct node *source = node_child(c->how->to, "source");
	const char *type = node_attr(c->how->to, "type");

	if (!text_is(type, "file") && !text_is(type, "block") && !text_is(type, "network"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "a copy to a disk of type '%s' is not supported", type);
	if (text_is(type, "network") && !is(source, "protocol", "nbd"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "a copy over the network is only supported by NBD");
	if (qemu_disk_is_empty(c->how->to))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "the copy has no source");
	c->own = node_copy(c->disk);
	if (!c->own || !(c->mirror = node_add(c->own, "mirror")) ||
		node_set(c->mirror, "type", type) < 0 || node_set(c->mirror, "job", "copy") < 0 ||
		!store_graft(c->mirror, source))
		return -1;
	node_set(node_child(c->mirror, "source"), "startupPolicy", NULL);
	return 0;
}

/* With numbers of its own; a shallow copy stands on the very nodes that the disk stands on. */
static int number_mirror(struct copying *c)
{
	if (qemu_number_store(c->vm->d.def, c->mirror, 0) < 0)
		return -1;
	return c->reuse ? 0 : store_put_below(c->mirror, c->shallow ? store_below(c->own) : NULL);
}

static int add_below(struct copying *c, const struct node *store)
{
	const struct node *below = store_below(store);

	return below && (add_below(c, below) < 0 || store_add_nodes(c->vm, c->own, below) < 0) ? -1 : 0;
}

static int add_nodes(struct copying *c)
{
	if (!c->reuse)
		return blockjob_make_image(c->vm, c->own, c->mirror, c->size,
								   c->shallow ? store_below(c->own) : NULL);
	if (add_below(c, c->mirror) < 0)
		return -1;
	return store_add_nodes(c->vm, c->own, c->mirror);
}

/* -- the job -- */

static json_t *mirror_args(const struct copying *c, const struct blockjob *job)
{
	char top[QEMU_NODE_NAME_LEN], target[QEMU_NODE_NAME_LEN];
	json_t *args =
		json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "job-id", job->name, "device",
				  qemu_disk_top(c->disk, top), "target",
				  qemu_node_format(qemu_store_index(c->mirror), target), "sync",
				  c->shallow ? "top" : "full", "auto-finalize", true, "auto-dismiss", false);

	if (c->how->speed)
		json_object_set_new(args, "speed", json_integer((json_int_t)c->how->speed));
	if (c->how->granularity)
		json_object_set_new(args, "granularity", json_integer((json_int_t)c->how->granularity));
	if (c->how->buf_size)
		json_object_set_new(args, "buf-size", json_integer((json_int_t)c->how->buf_size));
	if (c->how->flags & RVIRT_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES)
		json_object_set_new(args, "copy-mode", json_string("write-blocking"));
	return args;
}

static int begin(struct copying *c)
{
	struct blockjob *job =
		blockjob_add(c->vm, c->disk, RVIRT_DOMAIN_BLOCK_JOB_TYPE_COPY, qemu_store_index(c->disk));

	if (!job)
		return -1;
	/* that it stands on the disk's own images is known */
	if (c->shallow && !c->reuse)
		node_remove_all(c->mirror, "backingStore");
	if (store_graft(c->disk, c->mirror) && vm_save_status(c->vm) == 0 &&
		vm_call(c->vm, "blockdev-mirror", mirror_args(c, job), NULL) == 0)
		return 0;
	node_remove_all(c->disk, "mirror");
	blockjob_drop(c->vm, job);
	return -1;
}

static void undo(struct copying *c)
{
	CLEANUP(cleanup_node) struct node *without = c->own ? node_copy(c->own) : NULL;
	struct error cause;

	error_take(&cause);
	if (without && vm_active(c->vm) && qemu_store_index(c->mirror)) {
		node_remove_all(without, "mirror");
		store_drop_nodes(c->vm, c->own, without);
	}
	vm_unlocked(c->vm);
	access_take_back(&c->given);
	if (c->made)
		unlink(store_path(c->mirror));
	vm_locked(c->vm);
	error_give(&cause);
}

static int copy(struct copying *c)
{
	int r;

	if (make_mirror(c) < 0 || blockjob_size(c->vm, c->disk, &c->size) < 0)
		return -1;
	vm_unlocked(c->vm);
	r = prepare_files(c);
	vm_locked(c->vm);
	if (r == 0 && number_mirror(c) == 0 && vm_check_active(c->vm) == 0 && add_nodes(c) == 0 &&
		begin(c) == 0) {
		access_join(&c->vm->given, &c->given);
		return vm_save_status(c->vm);
	}
	undo(c);
	return -1;
}

int blockjob_copy(struct vm *vm, struct node *disk, const struct blockjob_copy *how)
{
	struct copying c = {.vm = vm,
						.how = how,
						.disk = disk,
						.shallow = how->flags & RVIRT_DOMAIN_BLOCK_COPY_SHALLOW,
						.reuse = how->flags & RVIRT_DOMAIN_BLOCK_COPY_REUSE_EXT};
	int r;

	if (vm->d.persistent && !(how->flags & RVIRT_DOMAIN_BLOCK_COPY_TRANSIENT_JOB))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is not transient");
	if (child_is(disk, "driver", "copy_on_read", "on"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "a disk with copy_on_read='on' can't be copied while it is in use");
	r = copy(&c);
	node_free(c.own);
	return r;
}

/* -- the call -- */

static const struct param_rule rules[] = {{"bandwidth", RVIRT_TYPED_PARAM_ULLONG},
										  {"granularity", RVIRT_TYPED_PARAM_UINT},
										  {"buf-size", RVIRT_TYPED_PARAM_ULLONG},
										  {0}};

static int read_params(const struct rvirt_wire_domain_block_copy_args *args,
					   struct blockjob_copy *how)
{
	const struct rvirt_wire_typed_param *p;

	if (params_check(args->params, args->n_params, rules) < 0)
		return -1;
	if ((p = params_find(args->params, args->n_params, "bandwidth"))) {
		if (p->value.u.ul > LLONG_MAX)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "bandwidth must be less than '%llu' bytes/s (%llu MiB/s)", LLONG_MAX,
							 LLONG_MAX >> 20);
		how->speed = p->value.u.ul;
	}
	if ((p = params_find(args->params, args->n_params, "granularity"))) {
		if (p->value.u.ui & (p->value.u.ui - 1))
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "granularity must be power of 2");
		how->granularity = p->value.u.ui;
	}
	if ((p = params_find(args->params, args->n_params, "buf-size"))) {
		if (p->value.u.ul > LLONG_MAX)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "buffer size must be less than '%llu'",
							 LLONG_MAX);
		how->buf_size = p->value.u.ul;
	}
	return 0;
}

int qemu_domain_block_copy(struct driver_conn *conn,
						   const struct rvirt_wire_domain_block_copy_args *args)
{
	enum {
		FLAGS = RVIRT_DOMAIN_BLOCK_COPY_SHALLOW | RVIRT_DOMAIN_BLOCK_COPY_REUSE_EXT |
				RVIRT_DOMAIN_BLOCK_COPY_TRANSIENT_JOB | RVIRT_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES
	};
	struct blockjob_copy how = {.flags = args->flags};
	struct conf c = {.error_domain = FROM_DOMAIN};
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	CLEANUP(cleanup_node) struct node *to = NULL;
	struct node *disk;

	if (qemu_flags(args->flags, FLAGS, "qemuDomainBlockCopy") < 0 || read_params(args, &how) < 0 ||
		!(doc = xml_parse(args->destxml, "(disk_definition)", "disk", FROM_XML)))
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 || !(disk = blockjob_disk(vm, args->path)) ||
		!(to = format_read(&c, disk->row, xmlDocGetRootElement(doc), NULL)) ||
		blockjob_check_none(vm, disk) < 0)
		return -1;
	if (qemu_disk_is_empty(disk))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "disk '%s' has no image", args->path);
	how.to = to;
	return blockjob_copy(vm, disk, &how);
}
