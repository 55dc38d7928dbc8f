/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Machines come and go: define, create from XML, undefine, rename.
 */
#include "config.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/helper.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/save.h"
#include "drivers/qemu/snapshot.h"

#include "base/log.h"

#include <string.h>

int qemu_read_def(const struct qemu *q, const char *xml, bool validate, struct domain_def **ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;

	if (qemu_define(q->caps, xml, validate ? DOMAIN_PARSE_VALIDATE : 0, &def, NULL) < 0)
		return -1;
	if (strchr(def->name, '\n'))
		return error_set(FROM_XML, ERR_XML_DETAIL, "invalid char in name: \n");
	if (strchr(def->name, '/'))
		return error_set(FROM_DOMAIN, ERR_XML_ERROR, "name %s cannot contain '/'", def->name);
	*ret = steal(&def);
	return 0;
}

/* Waits for what others do with the machine that a definition is of, if there is one. 0 with *ret
 * (NULL: there is none) and its job held, or -1. */
static int enter_by_def(struct qemu *q, const struct domain_def *def, struct vm **ret)
{
	struct domain *d = domains_by_uuid(&q->domains, def->uuid);

	*ret = NULL;
	while (d) {
		if (vm_job_begin(vm_of(d), VM_JOB_MODIFY, "define") < 0)
			return -1;
		if (!vm_of(d)->removed) {
			*ret = vm_of(d);
			return 0;
		}
		vm_job_end(vm_of(d));
		d = domains_by_uuid(&q->domains, def->uuid);
	}
	return 0;
}

/* -- create from XML -- */

static int create(struct qemu *q, struct domain_def **def, unsigned flags, struct vm **ret)
{
	struct domain *d;
	struct vm *vm;
	bool is_new;

	if (!(d = domains_add(&q->domains, def, true, &is_new)))
		return -1;
	vm = vm_of(d);
	if (is_new && vm_job_begin(vm, VM_JOB_MODIFY, "create") < 0)
		return -1;
	*ret = vm;
	if (vm_start(vm, NULL) < 0 || vm_boot(vm, flags & RVIRT_DOMAIN_START_PAUSED) < 0) {
		if (!vm->d.persistent && !vm->removed)
			domains_remove(&q->domains, d);
		return -1;
	}
	return 0;
}

int qemu_domain_create_xml(struct driver_conn *conn,
						   const struct rvirt_wire_xml_desc_flags_args *args,
						   struct rvirt_wire_dom_ret *ret)
{
	enum { SERVED = RVIRT_DOMAIN_START_PAUSED | RVIRT_DOMAIN_START_VALIDATE };
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;

	if (qemu_flags(args->flags, SERVED, "qemuDomainCreateXML") < 0 ||
		qemu_read_def(qemu_of(conn), args->xml_desc, args->flags & RVIRT_DOMAIN_START_VALIDATE,
					  &def) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	CLEANUP(vm_leave) struct vm *vm = NULL;

	if (enter_by_def(q, def, &vm) < 0 || create(q, &def, args->flags, &vm) < 0)
		return -1;
	return domain_wire(&vm->d, &ret->dom);
}

int qemu_domain_create_xml_with_files(struct driver_conn *conn,
									  const struct rvirt_wire_xml_desc_flags_args *args,
									  struct rvirt_wire_dom_ret *ret, const struct rvirt_fds *fds)
{
	(void)fds;
	return qemu_domain_create_xml(conn, args, ret);
}

/* -- define -- */

static int define(struct driver_conn *conn, const char *xml, unsigned flags,
				  struct rvirt_wire_dom_ret *ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct domain *d;
	bool is_new, was_persistent;

	if (qemu_flags(flags, RVIRT_DOMAIN_DEFINE_VALIDATE, "qemuDomainDefineXMLFlags") < 0 ||
		qemu_read_def(qemu_of(conn), xml, flags & RVIRT_DOMAIN_DEFINE_VALIDATE, &def) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	CLEANUP(vm_leave) struct vm *vm = NULL;

	if (enter_by_def(q, def, &vm) < 0 || domains_check_add(&q->domains, def, false, &d) < 0 ||
		qemu_save_def(q, def) < 0 || !(d = domains_add(&q->domains, &def, false, &is_new)))
		return -1;
	was_persistent = d->persistent;
	d->persistent = true;
	vm_tell_lifecycle(vm_of(d), RVIRT_DOMAIN_EVENT_DEFINED,
					  is_new || !was_persistent ? RVIRT_DOMAIN_EVENT_DEFINED_ADDED
												: RVIRT_DOMAIN_EVENT_DEFINED_UPDATED);
	return domain_wire(d, &ret->dom);
}

int qemu_domain_define_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
						   struct rvirt_wire_dom_ret *ret)
{
	return define(conn, args->xml, 0, ret);
}

int qemu_domain_define_xml_flags(struct driver_conn *conn,
								 const struct rvirt_wire_xml_flags_args *args,
								 struct rvirt_wire_dom_ret *ret)
{
	return define(conn, args->xml, args->flags, ret);
}

/* -- undefine -- */

static int undefine(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags)
{
	enum {
		SERVED = RVIRT_DOMAIN_UNDEFINE_MANAGED_SAVE | RVIRT_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
				 RVIRT_DOMAIN_UNDEFINE_NVRAM | RVIRT_DOMAIN_UNDEFINE_KEEP_NVRAM |
				 RVIRT_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | RVIRT_DOMAIN_UNDEFINE_TPM |
				 RVIRT_DOMAIN_UNDEFINE_KEEP_TPM
	};
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);
	unsigned n;

	if (!vm || qemu_flags(flags, SERVED, "qemuDomainUndefineFlags") < 0 ||
		args_either(flags, RVIRT_DOMAIN_UNDEFINE_TPM, "tpm", RVIRT_DOMAIN_UNDEFINE_KEEP_TPM,
					"keep_tpm", "virDomainUndefineFlags") < 0)
		return -1;
	if (!vm->d.persistent)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "cannot undefine transient domain");
	n = moments_count(&vm->d.snapshots);
	if (!vm_active(vm) && n && !(flags & RVIRT_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot delete inactive domain with %u snapshots", n);
	if (vm->d.managed_save && !(flags & RVIRT_DOMAIN_UNDEFINE_MANAGED_SAVE))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "Refusing to undefine while domain managed save image exists");
	if ((vm->d.managed_save && save_drop_managed(vm) < 0) ||
		(!vm_active(vm) && snapshots_drop_all(vm) < 0) || vm_forget_config(vm) < 0)
		return -1;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_UNDEFINED, RVIRT_DOMAIN_EVENT_UNDEFINED_REMOVED);
	vm->d.persistent = vm->d.autostart = false;
	if (!vm_active(vm)) {
		tpm_forget(q, vm->d.def, flags);
		domains_remove(&q->domains, &vm->d);
	}
	return 0;
}

int qemu_domain_undefine(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return undefine(conn, &args->dom, 0);
}

int qemu_domain_undefine_flags(struct driver_conn *conn,
							   const struct rvirt_wire_dom_flags_args *args)
{
	return undefine(conn, &args->dom, args->flags);
}

/* -- rename -- */

static int check_rename(const struct qemu *q, const struct vm *vm, const char *name)
{
	if (!vm->d.persistent)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "cannot rename a transient domain");
	if (vm_active(vm))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "cannot rename active domain");
	if (vm->d.managed_save)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "domain with a managed saved state can't be renamed");
	if (moments_count(&vm->d.snapshots))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "cannot rename domain with snapshots");
	if (strcmp(vm->d.name, name) == 0)
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "Can't rename domain to itself");
	if (domains_by_name(&q->domains, name))
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain with name '%s' already exists",
						 name);
	if (strchr(name, '/') || strchr(name, '\n'))
		return error_set(FROM_QEMU, ERR_XML_ERROR, "name %s cannot contain '/'", name);
	return 0;
}

int qemu_domain_rename(struct driver_conn *conn,
					   const struct rvirt_wire_dom_new_name_flags_args *args,
					   struct rvirt_wire_retcode_ret *ret)
{
	static const char function[] = "virDomainRename";

	if (!args->new_name)
		return args_there(NULL, "new_name", function);
	if (!*args->new_name)
		return args_refuse(FROM_DOMAIN, function, "new_name",
						   "string new_name in %s must not be empty", function);
	if (qemu_flags(args->flags, 0, "qemuDomainRename") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);
	CLEANUP_FREE char *old = NULL;

	if (!vm || check_rename(q, vm, args->new_name) < 0)
		return -1;
	if (!(old = strdup(vm->d.name)))
		return error_oom();
	if (domains_rename(&q->domains, &vm->d, args->new_name) < 0)
		return -1;
	if (vm_save_config(vm) < 0 || vm_save_autostart(vm) < 0) {
		domains_rename(&q->domains, &vm->d, old);
		return -1;
	}
	qemu_forget_name(q, old);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_UNDEFINED, RVIRT_DOMAIN_EVENT_UNDEFINED_RENAMED);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_DEFINED, RVIRT_DOMAIN_EVENT_DEFINED_RENAMED);
	ret->retcode = 0;
	return 0;
}
