/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Machines saved to a file and started from one: a migration whose other side is later.
 */
#include "config.h"
#include "drivers/qemu/save.h"
#include "drivers/qemu/blockjob.h"

#include "drivers/place.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/save-image.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATE_FLAGS = RVIRT_DOMAIN_SAVE_RUNNING | RVIRT_DOMAIN_SAVE_PAUSED };

/* -- the managed image -- */

char *save_managed_path(const struct qemu *q, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s.save", q->lib_dir, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

void save_find_managed(struct vm *vm)
{
	CLEANUP_FREE char *path = save_managed_path(vm->qemu, vm->d.name);

	vm->d.managed_save = path && access(path, F_OK) == 0;
}

int save_drop_managed(struct vm *vm)
{
	CLEANUP_FREE char *path = save_managed_path(vm->qemu, vm->d.name);

	if (!path)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(FROM_QEMU, errno, "Failed to remove managed save file '%s'", path);
	vm->d.managed_save = false;
	return 0;
}

/* -- out -- */

/* Everything up to QEMU's part: the file, with the asynchronous job. The descriptor or -1. */
static int begin(struct vm *vm, const char *path, const char *dxml, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *xml = NULL;
	bool running = vm->migration->was_running;

	if (flags & STATE_FLAGS)
		running = flags & RVIRT_DOMAIN_SAVE_RUNNING;
	if (dxml && qemu_read_def(vm->qemu, dxml, false, &def) < 0)
		return -1;
	if (def && memcmp(def->uuid, vm->d.uuid, UUID_LEN) != 0)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "the new definition is that of another domain, '%s'", def->name);
	xml = domain_def_format(def ? def : vm->d.def, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_MIGRATABLE);
	return xml ? save_image_create(path, xml, running) : -1;
}

/* QEMU's part, of a guest that stands still. 0, or -1. */
static int send(struct vm *vm, int fd, const char *path)
{
	static const struct migrate_wish unlimited;
	int copy, r;

	if (migrate_apply(vm, &unlimited) < 0)
		return -1;
	copy = dup(fd);
	if (copy < 0)
		return error_errno(FROM_QEMU, errno, "unable to write %s", path);
	if (migrate_send(vm, copy) < 0)
		return -1;
	vm_unlocked(vm);
	r = save_image_finish(fd, path);
	vm_locked(vm);
	return r;
}

/* The guest goes on, as if nothing had been. The error that is set stays. */
static void give_up(struct vm *vm, const char *path)
{
	struct error cause;

	error_take(&cause);
	unlink(path);
	if (vm_active(vm) && vm->migration->was_running && vm->d.state != RVIRT_DOMAIN_RUNNING &&
		migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_SAVE_CANCELED) < 0)
		log_error("domain %s can't go on after it could not be saved: %s", vm->d.name,
				  error_last()->message);
	error_give(&cause);
}

/* managed: the image is the machine's own. */
static int save(struct vm *vm, const char *path, const char *dxml, unsigned flags, bool managed)
{
	CLEANUP_CLOSE int fd = -1;
	int r = -1;

	if (!migration_of(vm) ||
		vm_async_begin(vm, VM_ASYNC_SAVE, VM_ASYNC_ALLOWS, "qemuDomainSaveFlags") < 0)
		return -1;
	migration_begin(vm, NULL, 0, RVIRT_DOMAIN_JOB_OPERATION_SAVE);
	if (vm_check_active(vm) == 0 && blockjob_check_any(vm) == 0 &&
		(fd = begin(vm, path, dxml, flags)) >= 0) {
		if (!vm->migration->was_running || migrate_pause_cpus(vm, RVIRT_DOMAIN_PAUSED_SAVE) == 0)
			r = send(vm, fd, path);
		if (r < 0)
			give_up(vm, path);
		if (r == 0 && managed)
			vm->d.managed_save = true;
		if (r == 0 && vm_active(vm))
			vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_SAVED, RVIRT_DOMAIN_EVENT_STOPPED_SAVED);
	}
	migration_end(vm);
	return r;
}

int save_memory(struct vm *vm, const char *path)
{
	CLEANUP_CLOSE int fd = begin(vm, path, NULL, 0);
	struct error cause;

	if (fd < 0)
		return -1;
	if (send(vm, fd, path) == 0)
		return 0;
	error_take(&cause);
	unlink(path);
	error_give(&cause);
	return -1;
}

static int save_by_name(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						const char *path, const char *dxml, unsigned flags)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;

	if (qemu_flags(flags, RVIRT_DOMAIN_SAVE_BYPASS_CACHE | STATE_FLAGS, "qemuDomainSaveFlags") <
			0 ||
		args_either(flags, RVIRT_DOMAIN_SAVE_RUNNING, "running", RVIRT_DOMAIN_SAVE_PAUSED, "paused",
					"virDomainSaveFlags") < 0)
		return -1;
	vm = vm_find(q, dom);
	return !vm || vm_check_active(vm) < 0 ? -1 : save(vm, path, dxml, flags, false);
}

int qemu_domain_save(struct driver_conn *conn, const struct rvirt_wire_dom_to_args *args)
{
	return save_by_name(conn, &args->dom, args->to, NULL, 0);
}

int qemu_domain_save_flags(struct driver_conn *conn,
						   const struct rvirt_wire_domain_save_flags_args *args)
{
	return save_by_name(conn, &args->dom, args->to, args->dxml, args->flags);
}

int qemu_domain_managed_save(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	QEMU_LOCKED(q, conn);
	CLEANUP_FREE char *path = NULL;
	struct vm *vm;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_SAVE_BYPASS_CACHE | STATE_FLAGS,
				   "qemuDomainManagedSave") < 0 ||
		!(vm = vm_find(q, &args->dom)) || vm_check_active(vm) < 0)
		return -1;
	if (!vm->d.persistent)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot do managed save for transient domain");
	path = save_managed_path(q, vm->d.name);
	if (!path || place_make(FROM_QEMU, q->lib_dir) < 0)
		return -1;
	return save(vm, path, NULL, args->flags, true);
}

/* -- in -- */

/* Starts it, with the asynchronous job, from QEMU's part of an image, which it takes over. */
static int resume(struct vm *vm, int fd, bool running)
{
	CLEANUP_CLOSE int image = fd;

	if (vm_start(vm, "defer") < 0)
		return -1;
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_MIGRATION);
	if (migrate_give_fd(vm, image) < 0 ||
		vm_async_call(vm, "migrate-incoming", json_pack("{s:s}", "uri", "fd:migrate"), NULL) < 0 ||
		migrate_receive(vm) < 0) {
		struct error cause;

		error_take(&cause);
		if (vm_active(vm))
			vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FAILED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
		error_give(&cause);
		return -1;
	}
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_RESTORED);
	if (running)
		return migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_RESTORED);
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_FROM_SNAPSHOT);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, RVIRT_DOMAIN_EVENT_SUSPENDED_RESTORED);
	return vm_save_status(vm);
}

/* Puts what an image defines in the list and starts it. Takes the descriptor over. */
static int restore_def(struct qemu *q, struct domain_def **def, int fd, bool running)
{
	struct domain *d = domains_by_uuid(&q->domains, (*def)->uuid);
	struct vm *vm;
	bool is_new;
	int r;

	if (d && vm_active(vm_of(d))) {
		close(fd);
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain '%s' is already active",
						 d->name);
	}
	if (!(d = domains_add(&q->domains, def, true, &is_new))) {
		close(fd);
		return -1;
	}
	vm = vm_of(d);
	if (!migration_of(vm) ||
		vm_async_begin(vm, VM_ASYNC_START, VM_ASYNC_ALLOWS, "qemuDomainRestoreFlags") < 0) {
		close(fd);
		return -1;
	}
	migration_begin(vm, NULL, 0, RVIRT_DOMAIN_JOB_OPERATION_RESTORE);
	r = resume(vm, fd, running);
	if (r < 0 && !vm->d.persistent && !vm->removed)
		domains_remove(&q->domains, d);
	migration_end(vm);
	return r;
}

static int restore_file(struct qemu *q, const char *path, const char *dxml, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *xml = NULL;
	CLEANUP_CLOSE int fd = -1;
	bool running;

	if (save_image_open(path, &fd, &xml, &running) < 0 ||
		qemu_read_def(q, dxml ? dxml : xml, false, &def) < 0)
		return -1;
	if (flags & STATE_FLAGS)
		running = flags & RVIRT_DOMAIN_SAVE_RUNNING;
	return restore_def(q, &def, steal_fd(&fd), running);
}

static int restore(struct driver_conn *conn, const char *path, const char *dxml, unsigned flags)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(flags, RVIRT_DOMAIN_SAVE_BYPASS_CACHE | STATE_FLAGS, "qemuDomainRestoreFlags") <
			0 ||
		args_either(flags, RVIRT_DOMAIN_SAVE_RUNNING, "running", RVIRT_DOMAIN_SAVE_PAUSED, "paused",
					"virDomainRestoreFlags") < 0)
		return -1;
	return restore_file(q, path, dxml, flags);
}

int qemu_domain_restore(struct driver_conn *conn, const struct rvirt_wire_from_args *args)
{
	return restore(conn, args->from, NULL, 0);
}

int qemu_domain_restore_flags(struct driver_conn *conn,
							  const struct rvirt_wire_from_dxml_flags_args *args)
{
	return restore(conn, args->from, args->dxml, args->flags);
}

int save_start_managed(struct vm *vm, unsigned flags)
{
	CLEANUP_FREE char *path = save_managed_path(vm->qemu, vm->d.name);
	unsigned as = flags & RVIRT_DOMAIN_START_PAUSED ? RVIRT_DOMAIN_SAVE_PAUSED : 0;
	int r;

	if (!path)
		return -1;
	vm_ref(vm);
	r = restore_file(vm->qemu, path, NULL, as);
	if (r == 0)
		r = save_drop_managed(vm);
	vm_unref(vm);
	return r;
}
