/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a machine: what is in its definition, and, while it runs, what its balloon leaves
 * it.
 */
#include "config.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include <stdio.h>

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG };

/* The balloon of a running machine; NULL with the error set. */
static const struct node *balloon_of(const struct vm *vm)
{
	const struct node *balloon = domain_def_device(vm->d.def, "memballoon", 0);

	if (balloon && !is(balloon, "model", "none"))
		return balloon;
	error_set(FROM_QEMU, ERR_OPERATION_INVALID,
			  "Unable to change memory of active domain without the balloon device and guest OS "
			  "balloon driver");
	return NULL;
}

/* Tells the balloon how much to leave; the guest takes its time, and tells. */
static int set_live(struct vm *vm, unsigned long long kib)
{
	if (!balloon_of(vm))
		return -1;
	return vm_call(vm, "balloon", json_pack("{s:I}", "value", (json_int_t)(kib * 1024)), NULL);
}

static int set_maximum(struct vm *vm, unsigned long long kib, struct domain_def *live,
					   struct domain_def *config)
{
	if (live)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot resize the maximum memory on an active domain");
	if (domain_change_max_memory(config, kib, FROM_QEMU) < 0)
		return -1;
	return vm_save_config(vm);
}

static int set_current(struct vm *vm, unsigned long long kib, struct domain_def *live,
					   struct domain_def *config)
{
	if ((live && kib > live->memory) || (config && kib > config->memory))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "cannot set memory higher than max memory");
	if (live && (set_live(vm, kib) < 0 || vm_check_active(vm) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_def_set_current_memory(config, kib) < 0 ? -1 : vm_save_config(vm);
}

static int set_memory(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
					  unsigned long long kib, unsigned flags)
{
	QEMU_LOCKED(q, conn);
	struct domain_def *live, *config;

	if (qemu_flags(flags, AFFECT | RVIRT_DOMAIN_MEM_MAXIMUM, "qemuDomainSetMemoryFlags") < 0)
		return -1;

	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, flags & AFFECT, &live, &config) < 0)
		return -1;
	return flags & RVIRT_DOMAIN_MEM_MAXIMUM ? set_maximum(vm, kib, live, config)
											: set_current(vm, kib, live, config);
}

int qemu_domain_set_memory(struct driver_conn *conn, const struct rvirt_wire_dom_memory_args *args)
{
	return set_memory(conn, &args->dom, args->memory, RVIRT_DOMAIN_AFFECT_LIVE);
}

int qemu_domain_set_max_memory(struct driver_conn *conn,
							   const struct rvirt_wire_dom_memory_args *args)
{
	return set_memory(conn, &args->dom, args->memory, RVIRT_DOMAIN_MEM_MAXIMUM);
}

int qemu_domain_set_memory_flags(struct driver_conn *conn,
								 const struct rvirt_wire_dom_memory_flags_args *args)
{
	return set_memory(conn, &args->dom, args->memory, args->flags);
}

/* How often the guest tells about its memory, in seconds; 0: never. */
static int set_period(struct domain_def *def, int period)
{
	struct node *balloon = domain_def_device(def, "memballoon", 0), *stats;

	if (!balloon || is(balloon, "model", "none"))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "No memory balloon device configured, can not set the collection period");
	stats = period ? node_need(balloon, "stats") : node_child(balloon, "stats");
	if (period)
		return stats ? node_setf(stats, "period", "%d", period) : -1;
	if (stats)
		node_remove(stats);
	return 0;
}

static int set_live_period(struct vm *vm, int period)
{
	const struct node *balloon = domain_def_device(vm->d.def, "memballoon", 0);
	CLEANUP_FREE char *path = NULL;

	if (set_period(vm->d.def, period) < 0)
		return -1;
	if (asprintf(&path, "/machine/peripheral/%s", qemu_alias(balloon)) < 0)
		return error_oom();
	if (vm_call(vm, "qom-set",
				json_pack("{s:s, s:s, s:i}", "path", path, "property",
						  "guest-stats-polling-interval", "value", period),
				NULL) < 0)
		return -1;
	return vm_save_status(vm);
}

int qemu_domain_set_memory_stats_period(struct driver_conn *conn,
										const struct rvirt_wire_dom_period_flags_args *args)
{
	QEMU_LOCKED(q, conn);
	struct domain_def *live, *config;

	if (qemu_flags(args->flags, AFFECT, "qemuDomainSetMemoryStatsPeriod") < 0 ||
		args_not_negative(args->period, "period", "virDomainSetMemoryStatsPeriod") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && set_live_period(vm, args->period) < 0) ||
		(config && set_period(config, args->period) < 0))
		return -1;
	return config ? vm_save_config(vm) : 0;
}
