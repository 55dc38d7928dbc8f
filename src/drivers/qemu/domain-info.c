/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a machine is and how it is doing, as far as the driver knows it without asking QEMU: none of
 * this waits for a machine that hangs.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"

#include <string.h>

int qemu_domain_get_info(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						 struct rvirt_wire_domain_get_info_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->state = (uint8_t)vm->d.state;
	ret->max_mem = vm->d.def->memory;
	ret->memory = vm->d.def->current_memory;
	ret->nr_virt_cpu = (uint16_t)vm->d.def->vcpus;
	ret->cpu_time = vm_active(vm) ? proc_cpu_ns(vm->pid) : 0;
	return 0;
}

int qemu_domain_get_state(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						  struct rvirt_wire_state_reason_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainGetState") < 0 || !(vm = vm_find(q, &args->dom)))
		return -1;
	ret->state = vm->d.state;
	ret->reason = vm->d.reason;
	return 0;
}

int qemu_domain_get_xml_desc(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_xml_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm;
	const struct domain_def *def;

	if (qemu_flags(args->flags,
				   DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE | RVIRT_DOMAIN_XML_UPDATE_CPU |
					   DOMAIN_FORMAT_MIGRATABLE,
				   "qemuDomainGetXMLDesc") < 0 ||
		!(vm = vm_find(q, &args->dom)))
		return -1;
	def = args->flags & DOMAIN_FORMAT_INACTIVE && vm->d.next ? vm->d.next : vm->d.def;
	ret->xml = domain_def_format(def, args->flags);
	return ret->xml ? 0 : -1;
}

int qemu_domain_get_os_type(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							struct rvirt_wire_type_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->type = strdup(vm->d.def->os_type);
	return ret->type ? 0 : error_oom();
}

int qemu_domain_get_max_memory(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							   struct rvirt_wire_memory_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->memory = vm->d.def->memory;
	return 0;
}

/* What its control interface is doing, so that a machine that hangs can be seen to. */
int qemu_domain_get_control_info(struct driver_conn *conn,
								 const struct rvirt_wire_dom_flags_args *args,
								 struct rvirt_wire_state_details_state_time_ret *ret)
{
	enum { CONTROL_OK, CONTROL_JOB, CONTROL_OCCUPIED, CONTROL_ERROR };
	enum { ERROR_MONITOR = 2 };
	QEMU_LOCKED(q, conn);
	const struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainGetControlInfo") < 0 ||
		!(vm = vm_find(q, &args->dom)) || vm_check_active(vm) < 0)
		return -1;
	if (!vm->monitor) {
		ret->state = CONTROL_ERROR;
		ret->details = ERROR_MONITOR;
	} else if (vm->calls) {
		ret->state = CONTROL_OCCUPIED;
		ret->state_time = (uint64_t)(now_ms() - vm->job_since_ms);
	} else if (vm->async) {
		ret->state = CONTROL_JOB;
		ret->state_time = (uint64_t)(now_ms() - vm->async_since_ms);
	}
	return 0;
}

int qemu_domain_get_autostart(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_autostart_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->autostart = vm->d.autostart;
	return 0;
}

int qemu_domain_set_autostart(struct driver_conn *conn,
							  const struct rvirt_wire_dom_autostart_args *args)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);
	bool before;

	if (!vm)
		return -1;
	if (!vm->d.persistent)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot set autostart for transient domain");
	before = vm->d.autostart;
	vm->d.autostart = args->autostart != 0;
	if (vm->d.autostart == before || vm_save_autostart(vm) == 0)
		return 0;
	vm->d.autostart = before;
	return -1;
}

int qemu_domain_is_active(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						  struct rvirt_wire_active_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->active = vm_active(vm);
	return 0;
}

int qemu_domain_is_persistent(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_persistent_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);

	if (!vm)
		return -1;
	ret->persistent = vm->d.persistent;
	return 0;
}

/* What is kept is always what is known here. */
int qemu_domain_is_updated(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
						   struct rvirt_wire_updated_ret *ret)
{
	QEMU_LOCKED(q, conn);

	ret->updated = 0;
	return vm_find(q, &args->dom) ? 0 : -1;
}

int qemu_domain_get_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_get_metadata_args *args,
							 struct rvirt_wire_metadata_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;

	if (domain_check_get_metadata(args) < 0 ||
		qemu_flags(args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "virDomainObjGetMetadata") < 0 ||
		!(vm = vm_find(q, &args->dom)))
		return -1;
	return domain_get_metadata(&vm->d, args, &ret->metadata);
}

int qemu_domain_set_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_set_metadata_args *args)
{
	QEMU_LOCKED(q, conn);
	struct rvirt_wire_domain_event_callback_metadata_change_msg m;
	struct domain_def *live, *config;

	if (domain_check_set_metadata(args) < 0 ||
		qemu_flags(args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "qemuDomainSetMetadata") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		domain_set_metadata(&vm->d, args) < 0 || (live && vm_save_status(vm) < 0) ||
		(config && vm_save_config(vm) < 0))
		return -1;
	if (domain_metadata_event(&vm->d, args->type, args->uri, &m) == 0)
		hub_tell(&q->hub, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, &m);
	return 0;
}
