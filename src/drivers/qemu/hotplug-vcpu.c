/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many virtual CPUs a machine has: in its definition, and, while it runs, those that its board
 * still has sockets for.
 */
#include "config.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/guest-info.h"
#include "drivers/qemu/hotplug.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include "base/fd.h"

#include <stdio.h>

enum {
	AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
	UNPLUG_MS = 5000,
	LOOK_MS = 200,
	VCPUS_MAX = 4096 /* more than any board has; its own limit is checked with the definition */
};

static int get_vcpus(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags,
					 int *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm = vm_find(q, dom);
	const struct domain_def *def = vm ? domain_one_def(&vm->d, flags & AFFECT, NULL) : NULL;

	if (!def)
		return -1;
	*ret = (int)(flags & RVIRT_DOMAIN_VCPU_MAXIMUM ? def->max_vcpus : def->vcpus);
	return 0;
}

int qemu_domain_get_vcpus_flags(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_num_ret *ret)
{
	if (args_exclusive(args->flags, "virDomainGetVcpusFlags") < 0 ||
		qemu_flags(args->flags, AFFECT | RVIRT_DOMAIN_VCPU_MAXIMUM | RVIRT_DOMAIN_VCPU_GUEST,
				   "qemuDomainGetVcpusFlags") < 0)
		return -1;
	if (args->flags & RVIRT_DOMAIN_VCPU_GUEST) {
		QEMU_LOCKED(q, conn);

		if (args->flags & RVIRT_DOMAIN_AFFECT_CONFIG)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "vCPU count provided by the guest agent can only be requested for "
							 "live domains");
		return guest_count_vcpus(q, &args->dom, args->flags & RVIRT_DOMAIN_VCPU_MAXIMUM, &ret->num);
	}
	return get_vcpus(conn, &args->dom, args->flags, &ret->num);
}

int qemu_domain_get_max_vcpus(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_num_ret *ret)
{
	struct vm *vm;
	bool active;

	{
		QEMU_LOCKED(q, conn);

		if (!(vm = vm_find(q, &args->dom)))
			return -1;
		active = vm_active(vm);
	}
	return get_vcpus(conn, &args->dom,
					 RVIRT_DOMAIN_VCPU_MAXIMUM |
						 (active ? RVIRT_DOMAIN_AFFECT_LIVE : RVIRT_DOMAIN_AFFECT_CONFIG),
					 &ret->num);
}

/* -- changes -- */

/* The definition with another number of CPUs, read again: what does not fit it is refused. */
static int changed(struct vm *vm, const struct domain_def *def, unsigned n, bool maximum,
				   struct domain_def **ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = domain_def_copy(def);
	CLEANUP_FREE char *xml = NULL;
	int r;

	if (!copy ||
		(maximum ? domain_def_set_max_vcpus(copy, n) : domain_def_set_vcpus(copy, n)) < 0 ||
		!(xml = domain_def_format(copy, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE)))
		return -1;
	vm_unlocked(vm);
	r = qemu_define(vm->qemu->caps, xml, 0, ret, NULL);
	vm_locked(vm);
	return r;
}

/* The next socket that is free, of a list that begins with the last one; NULL: none. */
static const json_t *next_free(const json_t *list)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		const json_t *entry = json_array_get(list, i - 1);

		if (!json_object_get(entry, "qom-path"))
			return entry;
	}
	return NULL;
}

static int plug_one(struct vm *vm)
{
	CLEANUP_JSON json_t *list = NULL;
	const json_t *entry;
	json_t *args;
	char id[32];

	if (vm_call(vm, "query-hotpluggable-cpus", NULL, &list) < 0)
		return -1;
	if (!(entry = next_free(list)))
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "the machine has no free socket for another virtual CPU");
	snprintf(id, sizeof id, "vcpu%u", vm->d.def->vcpus);
	if (!(args = json_deep_copy(json_object_get(entry, "props"))))
		return error_oom();
	json_object_set_new(args, "driver", json_string(qmp_text(entry, "type")));
	json_object_set_new(args, "id", json_string(id));
	if (vm_call(vm, "device_add", args, NULL) < 0 || vm_check_active(vm) < 0)
		return -1;
	return domain_def_set_vcpus(vm->d.def, vm->d.def->vcpus + 1);
}

/* Those that came while it ran can go, the last one first. */
static int check_removable(struct vm *vm, unsigned n)
{
	static const char place[] = "/machine/peripheral/vcpu";
	CLEANUP_JSON json_t *list = NULL;
	unsigned removable = 0;

	if (vm_call(vm, "query-hotpluggable-cpus", NULL, &list) < 0 || vm_check_active(vm) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++)
		removable += starts(qmp_text(json_array_get(list, i), "qom-path"), place);
	if (vm->d.def->vcpus - n <= removable)
		return 0;
	return error_set(FROM_QEMU, ERR_INVALID_ARG,
					 "failed to find appropriate hotpluggable vcpus to reach the desired target "
					 "vcpu count");
}

int hotplug_count_vcpus(struct vm *vm)
{
	CLEANUP_VM_THREADS struct vm_threads threads = {0};

	if (vm_vcpu_threads(vm, &threads) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (threads.n == 0 || threads.n > vm->d.def->max_vcpus || threads.n == vm->d.def->vcpus)
		return 0;
	return domain_def_set_vcpus(vm->d.def, (unsigned)threads.n) < 0 ? -1 : vm_save_status(vm);
}

static int unplug_one(struct vm *vm)
{
	unsigned before = vm->d.def->vcpus;
	int64_t deadline = now_ms() + UNPLUG_MS;
	char id[32];
	int r;

	snprintf(id, sizeof id, "vcpu%u", before - 1);
	r = vm_call(vm, "device_del", json_pack("{s:s}", "id", id), NULL);
	/* an emulated one goes without QEMU telling of it */
	while (r == 0 && (r = hotplug_count_vcpus(vm)) == 0 && vm->d.def->vcpus == before &&
		   now_ms() < deadline)
		vm_wait(vm, now_ms() + LOOK_MS);
	if (r == 0 && vm->d.def->vcpus == before)
		return error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT,
						 "vcpu unplug request timed out. Unplug result must be manually inspected "
						 "in the domain");
	return r;
}

/* Each one that came or went stays so, though the next one can't. */
static int set_live(struct vm *vm, unsigned n)
{
	int r = 0;

	if (hotplug_count_vcpus(vm) < 0 || (n < vm->d.def->vcpus && check_removable(vm, n) < 0))
		return -1;
	while (r == 0 && vm->d.def->vcpus != n)
		r = vm->d.def->vcpus < n ? plug_one(vm) : unplug_one(vm);
	if (r == 0)
		r = tune_threads(vm);
	if (vm_check_active(vm) < 0)
		return -1;
	return vm_save_status(vm) < 0 ? -1 : r;
}

static int check_maximum(const struct domain_def *def, unsigned n)
{
	if (!def || n <= def->max_vcpus)
		return 0;
	return error_set(
		FROM_QEMU, ERR_INVALID_ARG,
		"requested vcpus is greater than max allowable vcpus for the %s domain: %u > %u",
		def->id == -1 ? "persistent" : "live", n, def->max_vcpus);
}

static int set_vcpus(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned n,
					 unsigned flags)
{
	bool maximum = flags & RVIRT_DOMAIN_VCPU_MAXIMUM;
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	struct domain_def *live, *config;

	if (qemu_flags(flags, AFFECT | RVIRT_DOMAIN_VCPU_MAXIMUM, "qemuDomainSetVcpusFlags") < 0)
		return -1;
	if (n > VCPUS_MAX)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "no machine has %u virtual CPUs", n);

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, flags & AFFECT, &live, &config) < 0)
		return -1;
	if (maximum && live)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "maximum vcpu count of a live domain can't be modified");
	if (check_maximum(live, n) < 0 || (!maximum && check_maximum(config, n) < 0) ||
		(config && changed(vm, config, n, maximum, &next) < 0) ||
		(live && (vm_check_active(vm) < 0 || set_live(vm, n) < 0)))
		return -1;
	return next ? hotplug_keep_config(vm, &next) : 0;
}

int qemu_domain_set_vcpus(struct driver_conn *conn, const struct rvirt_wire_dom_nvcpus_args *args)
{
	if (args_nonzero(args->nvcpus, "nvcpus", "virDomainSetVcpus") < 0)
		return -1;
	return set_vcpus(conn, &args->dom, args->nvcpus, RVIRT_DOMAIN_AFFECT_LIVE);
}

int qemu_domain_set_vcpus_flags(struct driver_conn *conn,
								const struct rvirt_wire_dom_nvcpus_flags_args *args)
{
	static const char function[] = "virDomainSetVcpusFlags";

	if (args_either(args->flags, RVIRT_DOMAIN_VCPU_GUEST, "VIR_DOMAIN_VCPU_GUEST",
					RVIRT_DOMAIN_AFFECT_CONFIG, "VIR_DOMAIN_AFFECT_CONFIG", function) < 0 ||
		args_nonzero(args->nvcpus, "nvcpus", function) < 0)
		return -1;
	if (args->flags & RVIRT_DOMAIN_VCPU_GUEST) {
		QEMU_LOCKED(q, conn);

		if (qemu_flags(args->flags, RVIRT_DOMAIN_VCPU_GUEST | RVIRT_DOMAIN_AFFECT_LIVE,
					   "qemuDomainSetVcpusFlags") < 0)
			return -1;
		return guest_set_vcpus(q, &args->dom, args->nvcpus);
	}
	return set_vcpus(conn, &args->dom, args->nvcpus, args->flags);
}
