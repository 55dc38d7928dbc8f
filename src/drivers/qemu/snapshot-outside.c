/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots beside the images: from now on what changes goes into new images, which stand on those
 * that there were.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/buf.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/blockjob-copy.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/hotplug.h"
#include "drivers/storage/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_outside(const struct node *row)
{
	return is(row, "snapshot", "external");
}

static const char *path_of(const struct node *row)
{
	const char *file = child_attr(row, "source", "file");

	return file ? file : child_attr(row, "source", "dev");
}

/* The disk's image becomes that of the row; what that stands on is found out when it is needed. 0
 * or -1. */
static int become(struct node *disk, const struct node *row)
{
	struct node *driver = node_need(disk, "driver");

	node_remove_all(disk, "source");
	node_remove_all(disk, "backingStore");
	if (!driver || node_set(driver, "type", child_attr(row, "driver", "type")) < 0 ||
		node_set(disk, "type", node_attr(row, "type")) < 0)
		return -1;
	return store_graft(disk, node_child(row, "source")) ? 0 : -1;
}

/* A definition with the new images in the place of those of what. 0 with nothing where it has none
 * of these, or -1. */
static int next_definition(const struct domain_def *def, const struct domain_def *what,
						   const struct moment *m, struct domain_def **ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = domain_def_copy(def);
	bool changed = false;

	if (!next)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const char *name = node_attr(row, "name");
		struct node *disk = domain_def_find_device(next, "disk", name);
		const struct node *own = domain_def_find_device(what, "disk", name);

		if (!is_outside(row) || !disk || !store_path(disk) || !own ||
			!text_is(store_path(own), store_path(disk)))
			continue;
		if (become(disk, row) < 0)
			return -1;
		changed = true;
	}
	if (changed)
		*ret = steal(&next);
	return 0;
}

/* -- of a machine that does not run -- */

static int make_image(const struct node *row, const struct node *disk)
{
	const char *format = child_attr(row, "driver", "type");
	CLEANUP_BUF struct buf b = {0};
	CLEANUP_FREE char *options = NULL;

	if (buf_printf(&b, "backing_fmt=%s,backing_file=", store_format(disk)) < 0)
		return -1;
	for (const char *p = store_path(disk); *p; p++)
		if (buf_add(&b, p, 1) < 0 || (*p == ',' && buf_puts(&b, ",") < 0))
			return -1;
	if (!(options = buf_steal_text(&b)))
		return error_oom();
	return command_run((const char *const[]){"qemu-img", "create", "-q", "-f", format, "-o",
											 options, path_of(row), NULL});
}

/* Without the lock. *made gets a bit for each new file, in the order of the rows. */
static int make_images(const struct domain_def *def, const struct moment *m, bool *made)
{
	size_t i = 0;

	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const struct node *disk = domain_def_find_device(def, "disk", node_attr(row, "name"));
		size_t n = i++;

		if (!is_outside(row))
			continue;
		if (!store_path(disk) || *store_path(disk) != '/')
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "disk '%s' has no image",
							 node_attr(row, "name"));
		made[n] = access(path_of(row), F_OK) < 0 && errno == ENOENT;
		if (make_image(row, disk) < 0)
			return -1;
	}
	return 0;
}

static void remove_images(const struct moment *m, const bool *made)
{
	size_t i = 0;

	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		if (made[i++])
			unlink(path_of(row));
	}
}

int snapshot_stack_images(struct vm *vm, const struct moment *m, bool reuse)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	CLEANUP_FREE bool *made =
		calloc(node_count(node_child(m->def->root, "disks"), "disk") + 1, sizeof *made);
	int r = 0;

	if (!made)
		return error_oom();
	if (!reuse) {
		vm_unlocked(vm);
		r = make_images(vm->d.def, m, made);
		vm_locked(vm);
	}
	if (r == 0 && next_definition(vm->d.def, vm->d.def, m, &next) == 0 && next &&
		hotplug_keep_config(vm, &next) == 0)
		return 0;
	remove_images(m, made);
	return -1;
}

/* -- of one that runs -- */

/* One disk of it. */
struct overlay {
	const struct node *row;
	struct node *disk;  /* of the live definition */
	struct node *own;   /* a copy of it that is to be in its place */
	struct node *below; /* what that stands on: the image that there was */
	bool made;
	bool added; /* QEMU has its nodes */
	struct access_file *given;
};

/* The image that there was as what another one stands on. NULL with the error set. */
static struct node *old_store(const struct node *disk)
{
	CLEANUP(cleanup_node) struct node *copy = node_copy(disk);
	const struct node *chain = node_child(disk, "backingStore");
	struct node *store, *format;

	if (!copy)
		return NULL;
	node_remove_all(copy, "backingStore");
	if (!(store = node_add(copy, "backingStore")) ||
		node_set(store, "type", node_attr(disk, "type")) < 0 ||
		!(format = node_add(store, "format")) || node_set(format, "type", store_format(disk)) < 0 ||
		!store_graft(store, node_child(disk, "source")) || (chain && !store_graft(store, chain)))
		return NULL;
	store->show |= SHOW_LIVE;
	if (node_set(node_child(store, "source"), "index", NULL) < 0 ||
		qemu_store_set_index(store, qemu_store_index(disk)) < 0)
		return NULL;
	node_unlink(store);
	return store;
}

static int prepare(struct vm *vm, struct overlay *o, bool reuse, unsigned *taken)
{
	int r;

	if (!(o->own = node_copy(o->disk)) || !(o->below = old_store(o->disk)) ||
		become(o->own, o->row) < 0 || qemu_number_store(vm->d.def, o->own, *taken) < 0 ||
		store_put_below(o->own, NULL) < 0)
		return -1;
	*taken = qemu_store_index(o->own);
	vm_unlocked(vm);
	r = !reuse && is(o->row, "type", "file")
			? blockjob_make_file(path_of(o->row), false, 0, &o->made)
			: 0;
	if (r == 0)
		r = access_give(vm->qemu, path_of(o->row), true, &o->given);
	vm_locked(vm);
	return r;
}

static int add_nodes(struct vm *vm, struct overlay *o, bool reuse)
{
	unsigned long long size;

	if (reuse) {
		if (store_add_nodes(vm, o->own, o->own) < 0)
			return -1;
	} else if (blockjob_size(vm, o->disk, &size) < 0 ||
			   blockjob_make_image(vm, o->own, o->own, size, o->below) < 0) {
		return -1;
	}
	o->added = true;
	return 0;
}

static int switch_all(struct vm *vm, const struct overlay *all, size_t n)
{
	char node[QEMU_NODE_NAME_LEN], overlay[QEMU_NODE_NAME_LEN];
	json_t *actions = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			actions, json_pack("{s:s, s:{s:s, s:s}}", "type", "blockdev-snapshot", "data", "node",
							   qemu_node_format(qemu_store_index(all[i].disk), node), "overlay",
							   qemu_node_format(qemu_store_index(all[i].own), overlay)));
	return vm_call(vm, "transaction", json_pack("{s:o}", "actions", actions), NULL);
}

/* QEMU writes into the new images: so do the definitions say. */
static int take_over(struct vm *vm, const struct moment *m, struct overlay *all, size_t n)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;

	if (vm->d.next && next_definition(vm->d.next, vm->d.def, m, &next) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		access_join(&vm->given, &all[i].given);
		all[i].made = all[i].added = false;
		if (store_become(all[i].disk, all[i].own) < 0 ||
			store_put_below(all[i].disk, all[i].below) < 0)
			return -1;
	}
	if (vm_save_status(vm) < 0)
		return -1;
	return next ? hotplug_keep_config(vm, &next) : 0;
}

/* What was not taken over goes. The error that is set stays. */
static void overlay_clear(struct vm *vm, struct overlay *o)
{
	struct error cause;

	error_take(&cause);
	if (o->added && vm_active(vm))
		store_drop_nodes(vm, o->own, o->disk);
	access_take_back(&o->given);
	if (o->made)
		unlink(path_of(o->row));
	node_free(o->own);
	node_free(o->below);
	error_give(&cause);
}

int snapshot_stack_running(struct vm *vm, const struct moment *m, bool reuse)
{
	size_t n = 0, max = node_count(node_child(m->def->root, "disks"), "disk");
	CLEANUP_FREE struct overlay *all = calloc(max + 1, sizeof *all);
	unsigned taken = 0;
	int r = 0;

	if (!all)
		return error_oom();
	if (blockjob_check_any(vm) < 0 || vm_nested_begin(vm) < 0)
		return -1;
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		struct overlay *o = &all[n];

		if (r < 0 || !is_outside(row))
			continue;
		n++;
		o->row = row;
		o->disk = domain_def_find_device(vm->d.def, "disk", node_attr(row, "name"));
		if (prepare(vm, o, reuse, &taken) < 0 || add_nodes(vm, o, reuse) < 0)
			r = -1;
	}
	if (r == 0 && (r = switch_all(vm, all, n)) == 0)
		r = take_over(vm, m, all, n);
	for (size_t i = 0; i < n; i++)
		overlay_clear(vm, &all[i]);
	vm_job_end(vm);
	return r;
}
