/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices come and go: what runs, what is defined, or both. What is defined is read first, since
 * that changes nothing, and kept last.
 */
#include "config.h"
#include "drivers/qemu/hotplug.h"

#include "conf/xml.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG };

int hotplug_keep_config(struct vm *vm, struct domain_def **def)
{
	struct domain_def **slot = vm->d.next ? &vm->d.next : &vm->d.def;
	struct domain_def *before = *slot;

	*slot = *def;
	if (vm_save_config(vm) < 0) {
		*slot = before;
		return -1;
	}
	steal(def);
	domain_def_free(before);
	return 0;
}

/* -- update -- */

/* Reads a definition again with a device in place of one that it has. */
static int read_instead(struct vm *vm, const struct domain_def *base, const struct node *old,
						xmlDoc *device, struct domain_def **ret_def, struct node **ret_device)
{
	CLEANUP(cleanup_domain_def) struct domain_def *without = domain_def_copy(base);
	const char *name = node_name(old);
	struct node *n, *before;
	size_t place = 0;

	if (!without)
		return -1;
	for (n = domain_def_device(base, name, 0); n && n != old; n = node_next(n))
		place++;
	node_remove(domain_def_device(without, name, place));
	if (hotplug_read(vm, without, device, ret_def, &n) < 0)
		return -1;
	node_unlink(n);
	before = domain_def_device(*ret_def, name, place);
	node_insert(node_child((*ret_def)->root, "devices"), n, before);
	*ret_device = n;
	return 0;
}

static int update_live(struct vm *vm, xmlDoc *device, struct node *old, bool force)
{
	CLEANUP(cleanup_domain_def) struct domain_def *read = NULL;
	struct node *wish;

	if (!is_called(old, "disk") && !is_called(old, "interface") && !is_called(old, "graphics"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "live update of device '%s' is not supported", node_name(old));
	if (read_instead(vm, vm->d.def, old, device, &read, &wish) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (is_called(old, "graphics"))
		return hotplug_change_password(vm, old, wish);
	return is_called(old, "disk") ? hotplug_change_medium(vm, old, wish, force)
								  : hotplug_change_link(vm, old, wish);
}

int qemu_domain_update_device_flags(struct driver_conn *conn,
									const struct rvirt_wire_dom_xml_flags_args *args)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *device = NULL;
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	struct domain_def *live, *config;
	struct node *old, *wish;

	if (qemu_flags(args->flags, AFFECT | RVIRT_DOMAIN_DEVICE_MODIFY_FORCE,
				   "qemuDomainUpdateDeviceFlags") < 0 ||
		!(device = hotplug_parse(args->xml)))
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags & AFFECT, &live, &config) < 0)
		return -1;
	if (config && (!(old = hotplug_find(config, device)) ||
				   read_instead(vm, config, old, device, &next, &wish) < 0))
		return -1;
	if (live && (!(old = hotplug_find(live, device)) ||
				 update_live(vm, device, old, args->flags & RVIRT_DOMAIN_DEVICE_MODIFY_FORCE) < 0))
		return -1;
	return next ? hotplug_keep_config(vm, &next) : 0;
}

/* -- attach -- */

/* The name that a disk has in the guest is taken. */
static int check_target(const struct domain_def *def, xmlDoc *device)
{
	const xmlNode *disk = xmlDocGetRootElement(device);
	CLEANUP_FREE char *target = xml_attr(xml_child(disk, "target"), "dev");

	if (xml_is(disk, "disk") && target && domain_def_find_device(def, "disk", target))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "target %s already exists", target);
	return 0;
}

/* What was made up for one definition is the same in the other. */
static int make_alike(struct node *live, const struct node *config)
{
	const char *mac = child_attr(config, "mac", "address");

	return mac && is_called(live, "interface") ? node_set(node_child(live, "mac"), "address", mac)
											   : 0;
}

/* The device that a disk's document with media is put into, or NULL. */
static struct node *find_drive(const struct domain_def *live, xmlDoc *device)
{
	const xmlNode *disk = xmlDocGetRootElement(device);
	CLEANUP_FREE char *target = xml_attr(xml_child(disk, "target"), "dev");
	CLEANUP_FREE char *kind = xml_attr(disk, "device");

	if (!xml_is(disk, "disk") || !target || (!text_is(kind, "cdrom") && !text_is(kind, "floppy")))
		return NULL;
	return domain_def_find_device(live, "disk", target);
}

static int attach(struct vm *vm, xmlDoc *device, struct domain_def *live, struct domain_def *config)
{
	CLEANUP(cleanup_domain_def) struct domain_def *read = NULL;
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	struct node *n = NULL, *n_next = NULL;

	if (config &&
		(check_target(config, device) < 0 || hotplug_read(vm, config, device, &next, &n_next) < 0))
		return -1;
	if (live && find_drive(live, device)) {
		if (update_live(vm, device, find_drive(live, device), false) < 0)
			return -1;
	} else if (live) {
		if (hotplug_read(vm, live, device, &read, &n) < 0 || (next && make_alike(n, n_next) < 0) ||
			vm_check_active(vm) < 0 || hotplug_attach(vm, read, n) < 0)
			return -1;
	}
	return next ? hotplug_keep_config(vm, &next) : 0;
}

static int attach_device(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						 const char *xml, unsigned flags)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *device = NULL;
	struct domain_def *live, *config;

	if (qemu_flags(flags, AFFECT, "qemuDomainAttachDeviceLiveAndConfig") < 0 ||
		!(device = hotplug_parse(xml)))
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, flags, &live, &config) < 0)
		return -1;
	return attach(vm, device, live, config);
}

int qemu_domain_attach_device(struct driver_conn *conn, const struct rvirt_wire_dom_xml_args *args)
{
	return attach_device(conn, &args->dom, args->xml, RVIRT_DOMAIN_AFFECT_LIVE);
}

int qemu_domain_attach_device_flags(struct driver_conn *conn,
									const struct rvirt_wire_dom_xml_flags_args *args)
{
	return attach_device(conn, &args->dom, args->xml, args->flags);
}

/* -- detach -- */

/* The device of either definition, by a document, or else by its alias. */
static struct node *find(const struct domain_def *def, xmlDoc *device, const char *alias)
{
	struct node *n = device   ? hotplug_find(def, device)
					 : *alias ? qemu_alias_find(def, alias)
							  : NULL;

	if (!n && !device)
		error_set(FROM_QEMU, ERR_DEVICE_MISSING, "no device found with alias %s", alias);
	return n;
}

static int detach(struct vm *vm, xmlDoc *device, const char *alias, struct domain_def *live,
				  struct domain_def *config)
{
	CLEANUP(cleanup_domain_def) struct domain_def *next = NULL;
	struct node *n;

	if (config) {
		if (!(next = domain_def_copy(config)) || !(n = find(next, device, alias)))
			return -1;
		node_remove(n);
	}
	if (live && (!(n = find(live, device, alias)) || hotplug_detach(vm, n) < 0))
		return -1;
	return next ? hotplug_keep_config(vm, &next) : 0;
}

static int detach_device(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						 const char *xml, const char *alias, unsigned flags, const char *function)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *device = NULL;
	struct domain_def *live, *config;

	if (qemu_flags(flags, AFFECT, function) < 0 || (xml && !(device = hotplug_parse(xml))))
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, flags, &live, &config) < 0)
		return -1;
	return detach(vm, device, alias, live, config);
}

int qemu_domain_detach_device(struct driver_conn *conn, const struct rvirt_wire_dom_xml_args *args)
{
	return detach_device(conn, &args->dom, args->xml, NULL, RVIRT_DOMAIN_AFFECT_LIVE,
						 "qemuDomainDetachDeviceFlags");
}

int qemu_domain_detach_device_flags(struct driver_conn *conn,
									const struct rvirt_wire_dom_xml_flags_args *args)
{
	return detach_device(conn, &args->dom, args->xml, NULL, args->flags,
						 "qemuDomainDetachDeviceFlags");
}

int qemu_domain_detach_device_alias(struct driver_conn *conn,
									const struct rvirt_wire_dom_alias_flags_args *args)
{
	return detach_device(conn, &args->dom, NULL, args->alias, args->flags,
						 "qemuDomainDetachDeviceAlias");
}
