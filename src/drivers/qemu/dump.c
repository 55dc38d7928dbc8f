/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a machine in a file, for those who look for a fault in it.
 */
#include "config.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"
#include "base/log.h"
#include "drivers/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	FLAGS = RVIRT_DUMP_CRASH | RVIRT_DUMP_LIVE | RVIRT_DUMP_BYPASS_CACHE | RVIRT_DUMP_RESET |
			RVIRT_DUMP_MEMORY_ONLY,
	LOOK_MS = 100,
	CRASH_NAME_MAX = 100,
};

/* QEMU's names of the formats. */
static const char *const formats[] = {
	[RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW] = "elf",
	[RVIRT_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB] = "kdump-zlib",
	[RVIRT_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO] = "kdump-lzo",
	[RVIRT_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY] = "kdump-snappy",
	[RVIRT_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP] = "win-dmp",
};

/* How far it is, for who asks of the job. */
static void count(struct vm *vm, const json_t *answer)
{
	struct migrate_stats *stats = &vm->migration->stats;
	uint64_t total = qmp_ull(answer, "total", 0), done = qmp_ull(answer, "completed", 0);

	migrate_stats_set(stats, MIGRATE_STAT_memory_total, total);
	migrate_stats_set(stats, MIGRATE_STAT_memory_processed, done);
	migrate_stats_set(stats, MIGRATE_STAT_memory_remaining, total > done ? total - done : 0);
}

/* Waits until QEMU has written all of it. */
static int wait_for_dump(struct vm *vm)
{
	for (;;) {
		CLEANUP_JSON json_t *answer = NULL;
		const char *status;

		if (!vm_active(vm) || vm_async_call(vm, "query-dump", NULL, &answer) < 0)
			return -1;
		status = qmp_text(answer, "status");
		count(vm, answer);
		if (text_is(status, "completed"))
			return 0;
		if (!text_is(status, "active"))
			return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
							 "memory-only dump failed: QEMU says that it is '%s'",
							 status ? status : "none");
		if (vm->abort_wanted)
			return error_set(FROM_QEMU, ERR_OPERATION_ABORTED,
							 "job 'domain core dump' can't be canceled any more: QEMU goes on");
		vm_wait(vm, now_ms() + LOOK_MS);
	}
}

/* Only the memory, in a format that debuggers read. */
static int dump_memory(struct vm *vm, int fd, int format)
{
	json_t *args = json_pack("{s:b, s:s, s:b, s:s}", "paging", 0, "protocol", "fd:migrate",
							 "detach", 1, "format", formats[format]);

	if (migrate_give_fd(vm, fd) < 0) {
		json_decref(args);
		return -1;
	}
	return vm_async_call(vm, "dump-guest-memory", args, NULL) < 0 ? -1 : wait_for_dump(vm);
}

/* All of the machine's state, as QEMU migrates it. */
static int dump_all(struct vm *vm, int fd)
{
	static const struct migrate_wish unlimited;
	int copy;

	if (migrate_apply(vm, &unlimited) < 0)
		return -1;
	copy = dup(fd);
	if (copy < 0)
		return error_errno(FROM_QEMU, errno, "cannot dump domain '%s'", vm->d.name);
	return migrate_send(vm, copy);
}

static int dump_to(struct vm *vm, int fd, const char *path, int format, unsigned flags)
{
	int r;

	if (!(flags & RVIRT_DUMP_LIVE) && vm->migration->was_running &&
		migrate_pause_cpus(vm, RVIRT_DOMAIN_PAUSED_DUMP) < 0)
		return -1;
	r = flags & RVIRT_DUMP_MEMORY_ONLY ? dump_memory(vm, fd, format) : dump_all(vm, fd);
	if (r == 0 && fsync(fd) < 0)
		r = error_errno(FROM_QEMU, errno, "unable to write %s", path);
	return r;
}

/* What becomes of the machine afterwards. */
static int end(struct vm *vm, int r, unsigned flags)
{
	struct error cause;

	if (!vm_active(vm))
		return r;
	if (r == 0 && flags & RVIRT_DUMP_CRASH) {
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_CRASHED, RVIRT_DOMAIN_EVENT_STOPPED_CRASHED);
		return 0;
	}
	if (r == 0 && flags & RVIRT_DUMP_RESET)
		r = vm_async_call(vm, "system_reset", NULL, NULL);
	error_take(&cause);
	if (vm->migration->was_running && vm->d.state != RVIRT_DOMAIN_RUNNING &&
		migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_UNPAUSED) < 0)
		log_error("domain %s can't go on after its dump: %s", vm->d.name, error_last()->message);
	error_give(&cause);
	return r;
}

/* -- of a guest that has crashed -- */

/* Where its memory goes, as libvirt names it; NULL with the error set. */
static char *crash_path(const struct vm *vm)
{
	CLEANUP_FREE char *dir = NULL;
	time_t now = time(NULL);
	char stamp[32], *path;
	struct tm tm;

	if (asprintf(&dir, "%s/dump", vm->qemu->lib_dir) < 0) {
		dir = NULL;
		error_oom();
		return NULL;
	}
	if (place_make(FROM_QEMU, dir) < 0)
		return NULL;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%d-%H:%M:%S", &tm);
	if (asprintf(&path, "%s/%d-%.*s-%s", dir, vm->d.id, CRASH_NAME_MAX, vm->d.name, stamp) >= 0)
		return path;
	error_oom();
	return NULL;
}

static int dump_crashed(struct vm *vm)
{
	CLEANUP_FREE char *path = crash_path(vm);
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (!path)
		return -1;
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(FROM_QEMU, errno, "Failed to create file '%s'", path);
	r = dump_memory(vm, fd, RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW);
	if (r < 0)
		unlink(path);
	else
		log_info("domain %s has crashed, its memory is in %s", vm->d.name, path);
	return r;
}

void vm_dump_crashed(struct vm *vm)
{
	vm_locked(vm);
	if (vm_active(vm) && !vm->dying) {
		if (!migration_of(vm) || vm_async_begin(vm, VM_ASYNC_DUMP, VM_ASYNC_ALLOWS, "crash") < 0) {
			log_error("domain %s has crashed: %s", vm->d.name, error_last()->message);
		} else {
			migration_begin(vm, NULL, 0, RVIRT_DOMAIN_JOB_OPERATION_DUMP);
			if (vm_active(vm) && dump_crashed(vm) < 0)
				log_error("domain %s has crashed, its memory is not kept: %s", vm->d.name,
						  error_last()->message);
			migration_end(vm);
		}
	}
	error_reset();
	vm_unlocked(vm);
}

/* -- as clients ask for it -- */

static int core_dump(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
					 const char *path, unsigned format, unsigned flags)
{
	QEMU_LOCKED(q, conn);
	CLEANUP_CLOSE int fd = -1;
	struct vm *vm;
	int r;

	if (qemu_flags(flags, FLAGS, "qemuDomainCoreDumpWithFormat") < 0)
		return -1;
	if (format >= sizeof formats / sizeof formats[0])
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "unknown dumpformat '%u'", format);
	if (format != RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW && !(flags & RVIRT_DUMP_MEMORY_ONLY))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "kdump-compressed format is only supported with memory-only dump");
	if (!(vm = vm_find(q, dom)) || vm_check_active(vm) < 0 || !migration_of(vm) ||
		vm_async_begin(vm, VM_ASYNC_DUMP, VM_ASYNC_ALLOWS, "qemuDomainCoreDump") < 0)
		return -1;
	migration_begin(vm, NULL, 0, RVIRT_DOMAIN_JOB_OPERATION_DUMP);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0) {
		r = error_errno(FROM_QEMU, errno, "Failed to create file '%s'", path);
	} else {
		r = vm_check_active(vm) < 0 ? -1 : dump_to(vm, fd, path, (int)format, flags);
		if (r < 0)
			unlink(path);
		r = end(vm, r, flags);
	}
	migration_end(vm);
	return r;
}

int qemu_domain_core_dump(struct driver_conn *conn, const struct rvirt_wire_dom_to_flags_args *args)
{
	return core_dump(conn, &args->dom, args->to, RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW, args->flags);
}

int qemu_domain_core_dump_with_format(
	struct driver_conn *conn, const struct rvirt_wire_domain_core_dump_with_format_args *args)
{
	return core_dump(conn, &args->dom, args->to, args->dumpformat, args->flags);
}
