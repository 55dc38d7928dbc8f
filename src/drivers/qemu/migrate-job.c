/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients ask of a long job, and limit: how far it is, its end, the speed and the pause of
 * migrations.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

#include "base/fd.h"

#define SPEED_MAX ((uint64_t)INT64_MAX >> 20) /* MiB a second */

/* -- how far -- */

void migrate_tell_completed(struct vm *vm)
{
	struct rvirt_wire_domain_event_callback_job_completed_msg msg = {0};

	if (migrate_stats_params(&vm->migration->stats, vm->migration->operation, &msg.n_params,
							 &msg.params) == 0)
		vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_JOB_COMPLETED, &msg, &msg.dom);
}

/* The numbers of what goes on, and their type. 0, or -1 with OPERATION_INVALID. */
static int current(struct vm *vm, int *ret_type, struct migrate_stats *ret)
{
	*ret = (struct migrate_stats){0};
	*ret_type = RVIRT_DOMAIN_JOB_NONE;
	if (vm->async == VM_ASYNC_MIGRATION_IN)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "migration statistics are available only on the source host");
	if (!vm->async)
		return 0;
	*ret_type = RVIRT_DOMAIN_JOB_UNBOUNDED;
	if (vm->migration && (vm->migration->conn || vm->migration->busy)) {
		*ret = vm->migration->stats;
		ret->elapsed = migrate_clock() - ret->started;
	} else {
		ret->elapsed = (uint64_t)(now_ms() - vm->async_since_ms);
	}
	return 0;
}

int qemu_domain_get_job_info(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							 struct rvirt_wire_domain_get_job_info_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm = vm_find(q, &args->dom);
	struct migrate_stats stats;
	int type;

	if (!vm || current(vm, &type, &stats) < 0)
		return -1;
	migrate_stats_info(&stats, type, ret);
	return 0;
}

static int completed_stats(struct vm *vm, bool keep, struct rvirt_wire_type_params_ret *ret)
{
	struct migration *m = vm->migration;

	if (!m || !m->completed || m->conn || m->busy)
		return 0;
	if (migrate_stats_params(&m->stats, m->operation, &ret->n_params, &ret->params) < 0)
		return -1;
	ret->type = RVIRT_DOMAIN_JOB_COMPLETED;
	m->completed = keep;
	return 0;
}

int qemu_domain_get_job_stats(struct driver_conn *conn,
							  const struct rvirt_wire_dom_flags_args *args,
							  struct rvirt_wire_type_params_ret *ret)
{
	enum { SERVED = RVIRT_DOMAIN_JOB_STATS_COMPLETED | RVIRT_DOMAIN_JOB_STATS_KEEP_COMPLETED };
	QEMU_LOCKED(q, conn);
	struct vm *vm = vm_find(q, &args->dom);
	struct migrate_stats stats;
	int type;

	if (!vm || qemu_flags(args->flags, SERVED, "qemuDomainGetJobStats") < 0)
		return -1;
	if (args->flags & RVIRT_DOMAIN_JOB_STATS_COMPLETED)
		return completed_stats(vm, args->flags & RVIRT_DOMAIN_JOB_STATS_KEEP_COMPLETED, ret);
	if (current(vm, &type, &stats) < 0)
		return -1;
	ret->type = type;
	if (!type)
		return 0;
	return migrate_stats_params(&stats, vm->migration ? vm->migration->operation : 0,
								&ret->n_params, &ret->params);
}

/* -- its end -- */

static int abort_job(struct driver_conn *conn, const struct rvirt_wire_domain *dom)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_ABORT);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (!vm->async)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "no job is active on the domain");
	if (vm->async == VM_ASYNC_MIGRATION_IN)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot abort incoming migration; use virDomainDestroy instead");
	if (vm->migration && vm->migration->postcopy)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot abort migration in post-copy mode");
	vm->abort_wanted = true;
	pthread_cond_broadcast(&vm->changed);
	return 0;
}

int qemu_domain_abort_job(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return abort_job(conn, &args->dom);
}

int qemu_domain_abort_job_flags(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args)
{
	if (args->flags & RVIRT_DOMAIN_ABORT_JOB_POSTCOPY)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "a migration in post-copy mode can't be interrupted on this host, which "
						 "could not resume it");
	return qemu_flags(args->flags, 0, "qemuDomainAbortJobFlags") < 0 ? -1
																	 : abort_job(conn, &args->dom);
}

/* -- limits -- */

static int set_parameter(struct vm *vm, const char *name, uint64_t value)
{
	return vm_call(vm, "migrate-set-parameters", json_pack("{s:I}", name, (json_int_t)value), NULL);
}

static int get_parameter(struct vm *vm, const char *name, uint64_t *ret)
{
	CLEANUP_JSON json_t *answer = NULL;

	if (vm_check_active(vm) < 0 || vm_call(vm, "query-migrate-parameters", NULL, &answer) < 0)
		return -1;
	*ret = qmp_ull(answer, name, 0);
	return 0;
}

int qemu_domain_migrate_set_max_speed(struct driver_conn *conn,
									  const struct rvirt_wire_dom_bandwidth_flags_args *args)
{
	bool after = args->flags & RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY,
				   "qemuDomainMigrateSetMaxSpeed") < 0)
		return -1;
	if (args->bandwidth > SPEED_MAX)
		return error_set(FROM_QEMU, ERR_OVERFLOW, "bandwidth must be less than %llu",
						 (unsigned long long)SPEED_MAX + 1);

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);
	struct migration *m = vm ? migration_of(vm) : NULL;

	if (!m)
		return -1;
	if (vm->async == VM_ASYNC_MIGRATION_OUT && vm_active(vm) &&
		set_parameter(vm, after ? "max-postcopy-bandwidth" : "max-bandwidth",
					  args->bandwidth << 20) < 0)
		return -1;
	*(after ? &m->postcopy_speed : &m->max_speed) = args->bandwidth;
	return 0;
}

int qemu_domain_migrate_get_max_speed(struct driver_conn *conn,
									  const struct rvirt_wire_dom_flags_args *args,
									  struct rvirt_wire_bandwidth_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm = vm_find(q, &args->dom);
	bool after = args->flags & RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY;
	const struct migration *m;

	if (!vm || qemu_flags(args->flags, RVIRT_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY,
						  "qemuDomainMigrateGetMaxSpeed") < 0)
		return -1;
	m = vm->migration;
	if (after)
		ret->bandwidth = m ? m->postcopy_speed : 0;
	else
		ret->bandwidth = m && m->max_speed ? m->max_speed : SPEED_MAX;
	return 0;
}

int qemu_domain_migrate_start_post_copy(struct driver_conn *conn,
										const struct rvirt_wire_dom_flags_args *args)
{
	if (qemu_flags(args->flags, 0, "qemuDomainMigrateStartPostCopy") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	if (vm->async != VM_ASYNC_MIGRATION_OUT || !vm->migration)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "post-copy can only be started while outgoing migration is in progress");
	if (!(vm->migration->flags & RVIRT_MIGRATE_POSTCOPY))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "switching to post-copy requires migration to be started with "
						 "VIR_MIGRATE_POSTCOPY flag");
	/* before its events */
	vm->migration->postcopy = true;
	if (vm_call(vm, "migrate-start-postcopy", NULL, NULL) == 0)
		return 0;
	if (!vm->migration->switched)
		vm->migration->postcopy = false;
	return -1;
}

int qemu_domain_migrate_set_max_downtime(struct driver_conn *conn,
										 const struct rvirt_wire_dom_downtime_flags_args *args)
{
	if (qemu_flags(args->flags, 0, "qemuDomainMigrateSetMaxDowntime") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0 || !migration_of(vm) ||
		set_parameter(vm, "downtime-limit", args->downtime) < 0)
		return -1;
	vm->migration->downtime_ms = args->downtime;
	return 0;
}

int qemu_domain_migrate_get_max_downtime(struct driver_conn *conn,
										 const struct rvirt_wire_dom_flags_args *args,
										 struct rvirt_wire_downtime_ret *ret)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || qemu_flags(args->flags, 0, "qemuDomainMigrateGetMaxDowntime") < 0)
		return -1;
	return get_parameter(vm, "downtime-limit", &ret->downtime);
}

int qemu_domain_migrate_set_compression_cache(
	struct driver_conn *conn, const struct rvirt_wire_dom_cache_size_flags_args *args)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || qemu_flags(args->flags, 0, "qemuDomainMigrateSetCompressionCache") < 0 ||
		vm_check_active(vm) < 0)
		return -1;
	return set_parameter(vm, "xbzrle-cache-size", args->cache_size);
}

int qemu_domain_migrate_get_compression_cache(struct driver_conn *conn,
											  const struct rvirt_wire_dom_flags_args *args,
											  struct rvirt_wire_cache_size_ret *ret)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || qemu_flags(args->flags, 0, "qemuDomainMigrateGetCompressionCache") < 0)
		return -1;
	return get_parameter(vm, "xbzrle-cache-size", &ret->cache_size);
}
