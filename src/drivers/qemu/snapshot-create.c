/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots are made, or described again.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/log.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/save.h"

#include <string.h>
#include <unistd.h>

static const char operation[] = "qemuSnapshotCreateXML";

static int check_flags(unsigned flags)
{
	enum {
		SERVED = RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE | RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT |
				 RVIRT_DOMAIN_SNAPSHOT_CREATE_NO_METADATA | RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT |
				 RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | RVIRT_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT |
				 RVIRT_DOMAIN_SNAPSHOT_CREATE_QUIESCE | RVIRT_DOMAIN_SNAPSHOT_CREATE_ATOMIC |
				 RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE | RVIRT_DOMAIN_SNAPSHOT_CREATE_VALIDATE
	};

	if (snapshots_check_create(flags) < 0 || qemu_flags(flags, SERVED, operation) < 0)
		return -1;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_QUIESCE &&
		!(flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY))
		return args_refuse(FROM_QEMU, operation, "ctl", "Flag '%s' is required by flag '%s'",
						   "VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY",
						   "VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE");
	return args_either_of(FROM_QEMU, flags, RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE,
						  "VIR_DOMAIN_SNAPSHOT_CREATE_LIVE", RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
						  "VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE", operation);
}

static int read_wish(const char *xml, unsigned flags, struct moment **ret)
{
	unsigned how = 0;

	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
		how |= MOMENT_REDEFINE;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_VALIDATE)
		how |= MOMENT_VALIDATE;
	return moment_parse(def_kind_snapshot(), xml, how, ret);
}

/* Refuses what no snapshot of the machine can be. 0 or -1. */
static int check_wish(const struct vm *vm, const struct moment *m, unsigned flags)
{
	bool again = flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
	bool offline = flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY || !vm_active(vm);

	if ((offline && !again && moment_check_offline(m) < 0) ||
		(!(flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_NO_METADATA) && snapshot_check_name(m) < 0))
		return -1;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE &&
		(!vm_active(vm) || !child_is(m->def->root, "memory", "snapshot", "external")))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "live snapshot creation is supported only during full system snapshots");
	if (again ? snapshot_is(m, "pmsuspended") : vm->d.state == RVIRT_DOMAIN_PMSUSPENDED)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "qemu doesn't support taking snapshots of PMSUSPENDED guests");
	if (again && (snapshot_is(m, "nostate") || snapshot_is(m, "blocked")))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "Invalid domain state %s",
						 def_text(m->def, "state"));
	return 0;
}

/* -- described again -- */

static struct placed_moment *redefine(struct vm *vm, struct moment **m, unsigned flags)
{
	struct placed_moment *t = snapshots_redefine(&vm->d, m, flags);

	if (!t)
		return NULL;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT)
		return snapshot_make_current(vm, t) < 0 ? NULL : t;
	return snapshot_save(vm, t) < 0 ? NULL : t;
}

/* -- made -- */

/* Images of a running machine that stand on nothing are known to, and are to do so again. */
static int take_chains(const struct vm *vm, struct moment *m)
{
	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		struct node *to =
			domain_def_find_device(m->domain, "disk", child_attr(disk, "target", "dev"));
		const struct node *chain = node_child(disk, "backingStore");
		struct node *copy;

		if (!to || !chain || node_attr(chain, "type") || node_child(to, "backingStore"))
			continue;
		if (!(copy = node_copy(chain)))
			return error_oom();
		node_insert(to, copy, node_child(to, "target"));
		copy->show &= ~SHOW_LIVE;
	}
	return 0;
}

/* The definitions that go into it, as they are to be defined. 0 or -1. */
static int take_definitions(const struct vm *vm, struct moment *m)
{
	CLEANUP_FREE char *xml = NULL;

	domain_def_free(steal(&m->domain));
	domain_def_free(steal(&m->inactive));
	if (!vm_active(vm))
		return (m->domain = domain_def_copy(vm->d.def)) ? 0 : -1;
	xml = domain_def_format(vm->d.def, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE |
										   DOMAIN_FORMAT_MIGRATABLE);
	if (!xml || domain_def_parse(xml, 0, &m->domain) < 0 || take_chains(vm, m) < 0)
		return -1;
	return !vm->d.next || (m->inactive = domain_def_copy(vm->d.next)) ? 0 : -1;
}

static bool has_memory_file(const struct moment *m)
{
	return child_is(m->def->root, "memory", "snapshot", "external");
}

/* What it is a snapshot of, and which parts. 0 or -1. */
static int complete(struct vm *vm, struct moment *m, unsigned flags)
{
	struct node *memory = node_need(m->def->root, "memory");
	bool disks = flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY;
	bool external = has_memory_file(m);
	const char *state = snapshot_state_of(&vm->d);

	if (!memory || take_definitions(vm, m) < 0)
		return -1;
	if (disks && vm_active(vm))
		state = "disk-snapshot";
	if (moment_set_text(m, "state", state) < 0)
		return -1;
	if (disks)
		return node_set(memory, "snapshot", "no") < 0 ? -1 : moment_align_snapshot(m, false);
	if (external)
		return moment_align_snapshot(m, false);
	if (vm_active(vm) && is(memory, "snapshot", "no"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "internal snapshot of a running VM must include the memory state");
	if (node_set(memory, "snapshot", vm_active(vm) ? "internal" : "no") < 0)
		return -1;
	return moment_align_snapshot(m, true);
}

/* The memory into a file of its own, and new images beside those that there are. */
static int keep_outside(struct vm *vm, const struct moment *m, bool reuse)
{
	const char *path = child_attr(m->def->root, "memory", "file");
	struct error cause;

	if (blockjob_check_any(vm) < 0 || save_memory(vm, path) < 0)
		return -1;
	if (vm_check_active(vm) == 0 && snapshot_stack_running(vm, m, reuse) == 0)
		return 0;
	error_take(&cause);
	unlink(path);
	error_give(&cause);
	return -1;
}

/* The memory and disks of a machine that runs, which stands still meanwhile. */
static int keep_running(struct vm *vm, const struct moment *m, bool halt, bool reuse)
{
	bool running = vm->d.state == RVIRT_DOMAIN_RUNNING;
	struct error cause;
	int r;

	if (running && migrate_pause_cpus(vm, RVIRT_DOMAIN_PAUSED_SAVE) < 0)
		return -1;
	r = has_memory_file(m) ? keep_outside(vm, m, reuse) : snapshot_keep(vm, moment_name(m));
	if (!running || !vm_active(vm) || (halt && r == 0))
		return r;
	if (r < 0)
		error_take(&cause);
	if (migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_UNPAUSED) < 0) {
		log_error("domain %s can't go on after its snapshot: %s", vm->d.name,
				  error_last()->message);
		if (r == 0)
			return -1;
	}
	if (r < 0)
		error_give(&cause);
	return r;
}

/* What the guest had to write is written, and nothing more comes until the new images are there. */
static int stack_quiesced(struct vm *vm, const struct moment *m, bool reuse)
{
	struct error cause;
	int r;

	if (guest_freeze(vm, NULL, 0, NULL) < 0)
		return -1;
	r = vm_check_active(vm) < 0 ? -1 : snapshot_stack_running(vm, m, reuse);
	if (r < 0)
		error_take(&cause);
	if (vm_active(vm) && guest_thaw(vm, NULL) < 0) {
		log_error("domain %s is not thawed after its snapshot: %s", vm->d.name,
				  error_last()->message);
		error_reset();
	}
	if (r < 0)
		error_give(&cause);
	return r;
}

static int make(struct vm *vm, struct moment *m, unsigned flags)
{
	bool reuse = flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT;

	bool halt = flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT;

	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_LIVE)
		return error_set(
			FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
			"a snapshot with memory pauses its guest meanwhile: without pausing it (live) "
			"is not supported");
	if (has_memory_file(m))
		return keep_running(vm, m, halt, reuse);
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_QUIESCE && vm_active(vm))
		return stack_quiesced(vm, m, reuse);
	if (snapshot_is_external(m))
		return vm_active(vm) ? snapshot_stack_running(vm, m, reuse)
							 : snapshot_stack_images(vm, m, reuse);
	if (!vm_active(vm))
		return snapshot_images(vm, m, SNAPSHOT_IMAGE_CREATE);
	return keep_running(vm, m, halt, reuse);
}

static void halt(struct vm *vm)
{
	if (vm_active(vm))
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FROM_SNAPSHOT,
				   RVIRT_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
}

/* Puts it into the tree, below what was current. The name goes to the caller. 0 or -1. */
static int keep_document(struct vm *vm, struct moment **m)
{
	struct placed_moment *before = vm->d.snapshots.current;
	struct placed_moment *t = moments_add(&vm->d.snapshots, m);

	if (!t)
		return -1;
	if (snapshot_make_current(vm, t) == 0)
		return 0;
	error_prefix("unable to save metadata for snapshot %s", moment_name(t->m));
	moments_delete(&vm->d.snapshots, t, MOMENT_ALONE);
	vm->d.snapshots.current = before;
	return -1;
}

static int create(struct vm *vm, struct moment **m, unsigned flags)
{
	const struct placed_moment *current = vm->d.snapshots.current;
	bool kept = !(flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);

	if (complete(vm, *m, flags) < 0 || snapshot_check(vm, *m, flags) < 0)
		return -1;
	if (kept && moments_find(&vm->d.snapshots, moment_name(*m)))
		return error_set(FROM_DOMAIN, ERR_OPERATION_FAILED, "domain moment %s already exists",
						 moment_name(*m));
	if (moment_set_parent(*m, kept && current ? moment_name(current->m) : NULL) < 0 ||
		make(vm, *m, flags) < 0)
		return -1;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT)
		halt(vm);
	return kept ? keep_document(vm, m) : 0;
}

static int create_or_redefine(struct vm *vm, struct moment **m, unsigned flags)
{
	if (!vm->d.persistent && flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot halt after transient domain snapshot");
	if (check_wish(vm, *m, flags) < 0)
		return -1;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE)
		return redefine(vm, m, flags) ? 0 : -1;
	return create(vm, m, flags);
}

int qemu_domain_snapshot_create_xml(struct driver_conn *conn,
									const struct rvirt_wire_dom_xml_desc_flags_args *args,
									struct rvirt_wire_snap_ret *ret)
{
	CLEANUP(cleanup_moment) struct moment *m = NULL;
	CLEANUP_FREE char *name = NULL;
	struct vm *vm;
	int r;

	if (check_flags(args->flags) < 0 || read_wish(args->xml_desc, args->flags, &m) < 0)
		return -1;
	if (!(name = strdup(moment_name(m))))
		return error_oom();

	QEMU_LOCKED(q, conn);

	if (!(vm = snapshot_enter(q, &args->dom, RVIRT_DOMAIN_JOB_OPERATION_SNAPSHOT, operation)))
		return -1;
	r = create_or_redefine(vm, &m, args->flags);
	if (r == 0)
		r = domain_wire(&vm->d, &ret->snap.dom);
	if (r == 0)
		ret->snap.name = steal(&name);
	migration_end(vm);
	return r;
}
