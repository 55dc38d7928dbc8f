/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots are deleted: what they keep, or only their documents.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/log.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

struct vm *snapshot_enter(struct qemu *q, const struct rvirt_wire_domain *dom, int job,
						  const char *owner)
{
	struct vm *vm = vm_find(q, dom);

	if (!vm || !migration_of(vm) || vm_async_begin(vm, VM_ASYNC_SNAPSHOT, 0, owner) < 0)
		return NULL;
	migration_begin(vm, NULL, 0, job);
	if (!vm->removed)
		return vm;
	migration_end(vm);
	vm_find(q, dom); /* says that it is gone */
	return NULL;
}

/* -- what can be deleted -- */

static bool same_image(const struct node *a, const struct node *b)
{
	static const char *const places[] = {"file", "dev"};

	for (size_t i = 0; i < 2; i++) {
		const char *path = child_attr(a, "source", places[i]);

		if (path && !child_is(b, "source", places[i], path))
			return false;
	}
	return true;
}

/* What QEMU deletes is in the images that it has open. */
static int check_images(const struct vm *vm, const struct moment *m)
{
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const char *name = node_attr(row, "name");
		const struct node *now = domain_def_find_device(vm->d.def, "disk", name);
		const struct node *then = m->domain ? domain_def_find_device(m->domain, "disk", name) : now;

		if (!now || !then)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "no such disk in the domain: %s", name);
		if (!same_image(now, then))
			return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
							 "disk image '%s' for internal snapshot '%s' is not the same as disk "
							 "image currently used by VM",
							 name, moment_name(m));
	}
	return 0;
}

/* Those below, which are deleted with it. */
static int check_below(const struct vm *vm, const struct placed_moment *t)
{
	CLEANUP_FREE struct placed_moment **below = NULL;
	int n = moments_list(&vm->d.snapshots, &(struct moments_filter){.from = t}, &below);
	int external = 0;

	for (int i = 0; i < n; i++)
		external += snapshot_is_external(below[i]->m);
	if (n < 0)
		return -1;
	if (external && external < n)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "deletion of external and internal children disk snapshots not supported");
	if (external)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "deletion of external children disk snapshots not supported");
	return 0;
}

static int check(const struct vm *vm, const struct placed_moment *t, enum moments_delete what)
{
	bool external = snapshot_is_external(t->m);

	if (!external && vm_active(vm) && check_images(vm, t->m) < 0)
		return -1;
	if (what != MOMENT_ALONE && check_below(vm, t) < 0)
		return -1;
	if (!external)
		return 0;
	if (what == MOMENT_AND_CHILDREN || (what == MOMENT_ALONE && t->children))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "deletion of external disk snapshots with children not supported");
	return what == MOMENT_CHILDREN_ONLY ? 0 : snapshot_check_merge(vm, t->m);
}

/* -- deleting -- */

/* What it keeps in the images; what can't be deleted there is passed over, as it may have been
 * deleted by others. */
static int discard(struct vm *vm, const struct moment *m)
{
	int r = vm_active(vm) ? snapshot_discard(vm, moment_name(m))
						  : (m->domain ? snapshot_images(vm, m, SNAPSHOT_IMAGE_DELETE) : 0);

	if (r < 0) {
		log_warning("domain %s: snapshot %s: %s", vm->d.name, moment_name(m),
					error_last()->message);
		error_reset();
	}
	return 0;
}

static int delete_one(struct vm *vm, struct placed_moment *t, bool documents)
{
	if (!documents &&
		(snapshot_is_external(t->m) ? snapshot_merge(vm, t->m) : discard(vm, t->m)) < 0)
		return -1;
	return snapshot_drop(vm, t);
}

static int delete_below(struct vm *vm, const struct placed_moment *t, bool documents)
{
	CLEANUP_FREE struct placed_moment **below = NULL;
	int n = moments_list(&vm->d.snapshots, &(struct moments_filter){.from = t}, &below);

	if (n < 0)
		return -1;
	/* children after parents: from the end each is a leaf */
	for (int i = n - 1; i >= 0; i--)
		if (delete_one(vm, below[i], documents) < 0)
			return -1;
	return 0;
}

static int delete (struct vm *vm, const char *name, enum moments_delete what, bool documents)
{
	struct placed_moment *t = snapshots_find(&vm->qemu->domains, &vm->d, name);

	if (!t || (!documents && check(vm, t, what) < 0))
		return -1;
	if (what != MOMENT_ALONE && delete_below(vm, t, documents) < 0)
		return -1;
	return what == MOMENT_CHILDREN_ONLY ? 0 : delete_one(vm, t, documents);
}

int qemu_domain_snapshot_delete(struct driver_conn *conn,
								const struct rvirt_wire_snap_flags_args *args)
{
	enum {
		SERVED = RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN |
				 RVIRT_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY |
				 RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY
	};
	static const char operation[] = "qemuSnapshotDelete";
	QEMU_LOCKED(q, conn);
	enum moments_delete what;
	struct vm *vm;
	int r;

	if (snapshots_check_delete(args->flags, &what) < 0 ||
		qemu_flags(args->flags, SERVED, operation) < 0 ||
		!(vm = snapshot_enter(q, &args->snap.dom, RVIRT_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE,
							  operation)))
		return -1;
	r = delete (vm, args->snap.name, what,
				args->flags & RVIRT_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY);
	migration_end(vm);
	return r;
}
