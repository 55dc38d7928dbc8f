/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A machine becomes what it was. What runs is ended first, whatever it is to become: QEMU takes a
 * machine's memory only when it starts.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/log.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

#include <string.h>

enum { STARTS = RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING | RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED };

static int check(const struct vm *vm, const struct moment *m, unsigned flags)
{
	bool memory = snapshot_has_memory(m);

	if (!vm->d.persistent && !memory && !(flags & STARTS))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "transient domain needs to request run or pause to revert to inactive "
						 "snapshot");
	if (snapshot_is_external(m))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "revert to external snapshot not supported yet");
	if (!m->domain)
		return error_set(FROM_QEMU, ERR_SNAPSHOT_REVERT_RISKY,
						 "snapshot '%s' lacks domain '%s' rollback info", moment_name(m),
						 vm->d.name);
	if (vm->d.managed_save && !memory && !(flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_FORCE))
		return error_set(FROM_QEMU, ERR_SNAPSHOT_REVERT_RISKY,
						 "snapshot without memory state, removal of existing managed saved state "
						 "strongly recommended to avoid corruption");
	if (snapshot_is(m, "pmsuspended"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "qemu doesn't support reversion of snapshot taken in PMSUSPENDED state");
	if (!memory && !snapshot_is(m, "shutdown") && !snapshot_is(m, "shutoff") &&
		!snapshot_is(m, "crashed"))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "Invalid target domain state '%s'. Refusing snapshot reversion",
						 def_text(m->def, "state"));
	return 0;
}

/* -- definitions -- */

/* What the machine will be while it runs (NULL: it will not), and what it is to be defined as. */
struct past {
	struct domain_def *live, *defined;
};

static void past_clear(struct past *p)
{
	domain_def_free(p->live);
	domain_def_free(p->defined);
}

static struct domain_def *copy_as(const struct domain_def *def, const char *name)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = domain_def_copy(def);

	return !copy || domain_def_set_name(copy, name) < 0 ? NULL : steal(&copy);
}

static int recall(const struct vm *vm, const struct moment *m, struct past *ret)
{
	if (snapshot_has_memory(m) && !(ret->live = copy_as(m->domain, vm->d.name)))
		return -1;
	ret->defined = copy_as(m->inactive ? m->inactive : m->domain, vm->d.name);
	return ret->defined ? 0 : -1;
}

/* -- the way -- */

/* Ends what runs; a transient machine stays in the list. Then it is defined as it was. */
static int go_back(struct vm *vm, struct past *p)
{
	if (vm_active(vm)) {
		if (!vm->d.persistent && !(vm->d.next = domain_def_copy(vm->d.def)))
			return -1;
		vm->staying = true;
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FROM_SNAPSHOT,
				   RVIRT_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
		vm->staying = false;
	}
	domain_def_free(vm->d.def);
	vm->d.def = steal(&p->defined);
	if (!p->live)
		return 0;
	if (vm->d.persistent)
		vm->d.next = steal(&vm->d.def);
	domain_def_free(vm->d.def);
	vm->d.def = steal(&p->live);
	return 0;
}

/* Runs one that goes on, or not, and tells of both. */
static int go_on(struct vm *vm, bool paused)
{
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
	if (!paused)
		return migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_FROM_SNAPSHOT);
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_FROM_SNAPSHOT);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, RVIRT_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
	return vm_save_status(vm);
}

/* The same of one that begins anew, in libvirt's order and with its reasons. */
static int boot(struct vm *vm, bool paused)
{
	if (!paused && migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_BOOTED) < 0)
		return -1;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
	if (!paused)
		return 0;
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_USER);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, RVIRT_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
	return vm_save_status(vm);
}

static int revert_running(struct vm *vm, const struct moment *m, struct past *p, unsigned flags)
{
	bool paused = !(flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING) &&
				  (snapshot_is(m, "paused") || flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED);

	if (go_back(vm, p) < 0 || vm_start_from(vm, moment_name(m)) < 0)
		return -1;
	return go_on(vm, paused);
}

static int revert_shutoff(struct vm *vm, const struct moment *m, struct past *p, unsigned flags)
{
	if (go_back(vm, p) < 0 || snapshot_images(vm, m, SNAPSHOT_IMAGE_APPLY) < 0)
		return -1;
	if (!(flags & STARTS))
		return 0;
	if (vm_start(vm, NULL) < 0)
		return -1;
	return boot(vm, flags & RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED);
}

static int revert(struct vm *vm, const char *name, unsigned flags)
{
	struct placed_moment *t = snapshots_find(&vm->qemu->domains, &vm->d, name);
	CLEANUP(past_clear) struct past p = {0};
	int r;

	if (!t || check(vm, t->m, flags) < 0 || recall(vm, t->m, &p) < 0)
		return -1;
	r = snapshot_has_memory(t->m) ? revert_running(vm, t->m, &p, flags)
								  : revert_shutoff(vm, t->m, &p, flags);
	/* a transient machine that could not start again is gone */
	if (r < 0 && !vm->d.persistent && !vm_active(vm) && !vm->removed) {
		snapshots_drop_all(vm);
		domains_remove(&vm->qemu->domains, &vm->d);
	}
	if (r < 0)
		return -1;
	if (snapshot_make_current(vm, t) < 0)
		return -1;
	if (!vm->d.persistent)
		return 0;
	if (vm_save_config(vm) < 0)
		return -1;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_DEFINED, RVIRT_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT);
	return 0;
}

int qemu_domain_revert_to_snapshot(struct driver_conn *conn,
								   const struct rvirt_wire_snap_flags_args *args)
{
	static const char operation[] = "qemuSnapshotRevert";
	QEMU_LOCKED(q, conn);
	struct vm *vm;
	int r;

	if (snapshots_check_revert(args->flags) < 0 ||
		qemu_flags(args->flags, STARTS | RVIRT_DOMAIN_SNAPSHOT_REVERT_FORCE, operation) < 0 ||
		!(vm = snapshot_enter(q, &args->snap.dom, RVIRT_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT,
							  operation)))
		return -1;
	r = revert(vm, args->snap.name, args->flags);
	migration_end(vm);
	return r;
}
