/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Saved machines looked into and changed, without starting them.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/save-image.h"
#include "drivers/qemu/save.h"

#include <string.h>

enum { STATE_FLAGS = RVIRT_DOMAIN_SAVE_RUNNING | RVIRT_DOMAIN_SAVE_PAUSED };

/* The definition in an image, as clients see it; NULL with the error set. */
static char *describe(const struct qemu *q, const char *path, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *xml = NULL;
	bool running;

	if (save_image_open(path, NULL, &xml, &running) < 0 || qemu_read_def(q, xml, false, &def) < 0)
		return NULL;
	return domain_def_format(def,
							 flags & RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE ? DOMAIN_FORMAT_SECURE : 0);
}

static int change(const struct qemu *q, const char *path, const char *dxml, unsigned flags)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL, *old = NULL;
	CLEANUP_FREE char *before = NULL;
	CLEANUP_FREE char *xml = NULL;
	bool running;

	if (save_image_open(path, NULL, &before, &running) < 0 ||
		qemu_read_def(q, before, false, &old) < 0 || qemu_read_def(q, dxml, false, &def) < 0)
		return -1;
	if (memcmp(def->uuid, old->uuid, UUID_LEN) != 0)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "the new definition is that of another domain, '%s'", def->name);
	if (!(xml = domain_def_format(def, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_MIGRATABLE)))
		return -1;
	return save_image_change(path, xml,
							 flags & STATE_FLAGS ? (flags & RVIRT_DOMAIN_SAVE_RUNNING) != 0 : -1);
}

int qemu_domain_save_image_get_xml_desc(struct driver_conn *conn,
										const struct rvirt_wire_file_flags_args *args,
										struct rvirt_wire_xml_ret *ret)
{
	if (qemu_flags(args->flags, RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE,
				   "qemuDomainSaveImageGetXMLDesc") < 0)
		return -1;
	ret->xml = describe(qemu_of(conn), args->file, args->flags);
	return ret->xml ? 0 : -1;
}

int qemu_domain_save_image_define_xml(struct driver_conn *conn,
									  const struct rvirt_wire_file_dxml_flags_args *args)
{
	if (qemu_flags(args->flags, STATE_FLAGS, "qemuDomainSaveImageDefineXML") < 0)
		return -1;
	return change(qemu_of(conn), args->file, args->dxml, args->flags);
}

/* -- the managed image -- */

int qemu_domain_has_managed_save_image(struct driver_conn *conn,
									   const struct rvirt_wire_dom_flags_args *args,
									   struct rvirt_wire_result_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainHasManagedSaveImage") < 0 ||
		!(vm = vm_find(q, &args->dom)))
		return -1;
	ret->result = vm->d.managed_save;
	return 0;
}

int qemu_domain_managed_save_remove(struct driver_conn *conn,
									const struct rvirt_wire_dom_flags_args *args)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags, 0, "qemuDomainManagedSaveRemove") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	return vm ? save_drop_managed(vm) : -1;
}

/* The machine that has one, with its path; NULL with the error set. */
static struct vm *find_managed(struct qemu *q, const struct rvirt_wire_domain *dom, char **ret_path)
{
	struct vm *vm = vm_find(q, dom);

	if (vm && !vm->d.managed_save) {
		error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain does not have managed save image");
		vm = NULL;
	}
	*ret_path = vm ? save_managed_path(q, vm->d.name) : NULL;
	return *ret_path ? vm : NULL;
}

int qemu_domain_managed_save_get_xml_desc(struct driver_conn *conn,
										  const struct rvirt_wire_dom_flags_args *args,
										  struct rvirt_wire_xml_ret *ret)
{
	QEMU_LOCKED(q, conn);
	CLEANUP_FREE char *path = NULL;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE,
				   "qemuDomainManagedSaveGetXMLDesc") < 0 ||
		!find_managed(q, &args->dom, &path))
		return -1;
	ret->xml = describe(q, path, args->flags);
	return ret->xml ? 0 : -1;
}

int qemu_domain_managed_save_define_xml(struct driver_conn *conn,
										const struct rvirt_wire_dom_dxml_flags_args *args)
{
	QEMU_LOCKED(q, conn);
	CLEANUP_FREE char *path = NULL;

	if (qemu_flags(args->flags, STATE_FLAGS, "qemuDomainManagedSaveDefineXML") < 0 ||
		!find_managed(q, &args->dom, &path))
		return -1;
	return change(q, path, args->dxml, args->flags);
}
