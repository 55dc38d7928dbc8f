/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an agent tells of its guest, in the words of DOMAIN_GET_GUEST_INFO. Names of the guest's
 * disks are those that the definition has where both have the same address.
 */
#include "config.h"
#include "drivers/qemu/guest-info.h"

#include "drivers/params.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TARGETS_MAX = 256, MOUNTS_MAX = 256 }; /* as the protocol has them */

const char *guest_text(const json_t *object, const char *key, const char *command)
{
	const char *text = qmp_text(object, key);

	if (!text)
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "'%s' missing in reply of %s", key, command);
	return text;
}

const json_t *guest_list(const json_t *value, const char *command)
{
	if (json_is_array(value))
		return value;
	error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s reply was missing return data", command);
	return NULL;
}

/* -- which disk is which -- */

static bool is_at(const struct node *device, const json_t *pci)
{
	static const char *const parts[] = {"domain", "bus", "slot", "function"};
	const struct node *address = node_child(device, "address");

	if (!has_address(device, "pci"))
		return false;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (node_attr_num(address, parts[i], 0) != qmp_int(pci, parts[i], -1))
			return false;
	return true;
}

/* The kind of controller that a disk stands on, as documents call it. */
static bool stands_on(const struct node *disk, const struct node *controller)
{
	const struct node *address = node_child(disk, "address");

	return controller &&
		   text_is(child_attr(disk, "target", "bus"), node_attr(controller, "type")) &&
		   node_attr_num(address, "controller", 0) == node_attr_num(controller, "index", 0);
}

/* Its name in the definition, or NULL. */
static const char *target_of(const struct domain_def *def, const json_t *address)
{
	const struct node *devices = node_child(def->root, "devices"), *controller = NULL;
	const json_t *pci = json_object_get(address, "pci-controller");

	NODE_EACH(c, devices, "controller")
	{
		if (is_at(c, pci))
			controller = c;
	}
	NODE_EACH(disk, devices, "disk")
	{
		const struct node *a = node_child(disk, "address");
		bool same = has_address(disk, "drive") && stands_on(disk, controller) &&
					node_attr_num(a, "bus", 0) == qmp_int(address, "bus", -1) &&
					node_attr_num(a, "target", 0) == qmp_int(address, "target", -1) &&
					node_attr_num(a, "unit", 0) == qmp_int(address, "unit", -1);

		if (same || is_at(disk, pci))
			return child_attr(disk, "target", "dev");
	}
	return NULL;
}

/* -- file systems -- */

static int add_targets(const struct domain_def *def, const json_t *disks,
					   struct rvirt_wire_domain_fsinfo *info)
{
	const json_t *disk;
	size_t i;

	if (!(info->dev_aliases = calloc(json_array_size(disks) + 1, sizeof *info->dev_aliases)))
		return error_oom();
	json_array_foreach(disks, i, disk)
	{
		const char *target = target_of(def, disk);

		if (!target || info->n_dev_aliases == TARGETS_MAX)
			continue;
		if (!(info->dev_aliases[info->n_dev_aliases] = strdup(target)))
			return error_oom();
		info->n_dev_aliases++;
	}
	return 0;
}

static int take_mount(const struct domain_def *def, const json_t *entry,
					  struct rvirt_wire_domain_fsinfo *info)
{
	static const char command[] = "guest-get-fsinfo";
	const char *point = guest_text(entry, "mountpoint", command);
	const char *name = point ? guest_text(entry, "name", command) : NULL;
	const char *type = name ? guest_text(entry, "type", command) : NULL;

	if (!type)
		return -1;
	info->mountpoint = strdup(point);
	info->name = strdup(name);
	info->fstype = strdup(type);
	if (!info->mountpoint || !info->name || !info->fstype)
		return error_oom();
	return add_targets(def, json_object_get(entry, "disk"), info);
}

int qemu_domain_get_fsinfo(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						   struct rvirt_wire_info_count_ret *ret)
{
	CLEANUP_JSON json_t *value = NULL;
	const json_t *list;

	if (qemu_flags(args->flags, 0, "qemuDomainGetFSInfo") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || guest_call(vm, "guest-get-fsinfo", NULL, &value) < 0 ||
		!(list = guest_list(value, "guest-get-fsinfo")))
		return -1;
	if (json_array_size(list) > MOUNTS_MAX)
		return error_set(FROM_RPC, ERR_RPC, "Too many mountpoints in fsinfo: %zu for limit %d",
						 json_array_size(list), MOUNTS_MAX);
	if (!(ret->info = calloc(json_array_size(list) + 1, sizeof *ret->info)))
		return error_oom();
	/* agents list the last mount first */
	for (size_t i = json_array_size(list); i > 0; i--)
		if (take_mount(vm->d.def, json_array_get(list, i - 1), &ret->info[ret->n_info++]) < 0)
			return -1;
	ret->count = ret->n_info;
	return 0;
}

/* -- everything -- */

/* A parameter's name; names of more than 80 bytes do not travel. */
struct name {
	char text[80];
};

static const char *name_of(struct name *n, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static const char *name_of(struct name *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->text, sizeof n->text, fmt, ap);
	va_end(ap);
	return n->text;
}

static void add_text(struct params *p, const json_t *object, const char *key, const char *name)
{
	const char *text = qmp_text(object, key);

	if (text)
		params_string(p, name, text);
}

static int add_users(const struct domain_def *def, const json_t *value, struct params *p)
{
	static const char command[] = "guest-get-users";
	const json_t *list = guest_list(value, command), *entry;
	struct name n;
	size_t i;

	(void)def;
	if (!list)
		return -1;
	params_uint(p, "user.count", (unsigned)json_array_size(list));
	json_array_foreach(list, i, entry)
	{
		if (!guest_text(entry, "user", command))
			return -1;
		add_text(p, entry, "user", name_of(&n, "user.%zu.name", i));
		add_text(p, entry, "domain", name_of(&n, "user.%zu.domain", i));
		params_ull(
			p, name_of(&n, "user.%zu.login-time", i),
			(unsigned long long)(json_number_value(json_object_get(entry, "login-time")) * 1000));
	}
	return 0;
}

static int add_os(const struct domain_def *def, const json_t *value, struct params *p)
{
	static const char *const keys[] = {
		"id",      "name",    "pretty-name", "version",        "version-id",
		"machine", "variant", "variant-id",  "kernel-release", "kernel-version"};
	struct name n;

	(void)def;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		add_text(p, value, keys[i], name_of(&n, "os.%s", keys[i]));
	return 0;
}

static int add_timezone(const struct domain_def *def, const json_t *value, struct params *p)
{
	(void)def;
	add_text(p, value, "zone", "timezone.name");
	params_int(p, "timezone.offset", (int)qmp_int(value, "offset", 0));
	return 0;
}

static int add_hostname(const struct domain_def *def, const json_t *value, struct params *p)
{
	(void)def;
	if (!guest_text(value, "host-name", "guest-get-host-name"))
		return -1;
	add_text(p, value, "host-name", "hostname");
	return 0;
}

static void add_size(struct params *p, const json_t *entry, const char *key, const char *name)
{
	if (json_object_get(entry, key))
		params_ull(p, name, qmp_ull(entry, key, 0));
}

static void add_disks_of(const struct domain_def *def, const json_t *disks, size_t i,
						 struct params *p)
{
	const json_t *disk;
	struct name n;
	size_t j;

	params_uint(p, name_of(&n, "fs.%zu.disk.count", i), (unsigned)json_array_size(disks));
	json_array_foreach(disks, j, disk)
	{
		const char *target = target_of(def, disk);

		if (target)
			params_string(p, name_of(&n, "fs.%zu.disk.%zu.alias", i, j), target);
		add_text(p, disk, "serial", name_of(&n, "fs.%zu.disk.%zu.serial", i, j));
		add_text(p, disk, "dev", name_of(&n, "fs.%zu.disk.%zu.device", i, j));
	}
}

static int add_mounts(const struct domain_def *def, const json_t *value, struct params *p)
{
	static const char command[] = "guest-get-fsinfo";
	const json_t *list = guest_list(value, command);
	size_t count = json_array_size(list);
	struct name n;

	if (!list)
		return -1;
	params_uint(p, "fs.count", (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, count - 1 - i);

		if (!guest_text(entry, "name", command) || !guest_text(entry, "mountpoint", command) ||
			!guest_text(entry, "type", command))
			return -1;
		add_text(p, entry, "name", name_of(&n, "fs.%zu.name", i));
		add_text(p, entry, "mountpoint", name_of(&n, "fs.%zu.mountpoint", i));
		add_text(p, entry, "type", name_of(&n, "fs.%zu.fstype", i));
		add_size(p, entry, "total-bytes", name_of(&n, "fs.%zu.total-bytes", i));
		add_size(p, entry, "used-bytes", name_of(&n, "fs.%zu.used-bytes", i));
		add_disks_of(def, json_object_get(entry, "disk"), i, p);
	}
	return 0;
}

static void add_dependencies(const json_t *list, size_t i, struct params *p)
{
	const json_t *entry;
	struct name n;
	size_t j;

	if (json_array_size(list) == 0)
		return;
	params_uint(p, name_of(&n, "disk.%zu.dependency.count", i), (unsigned)json_array_size(list));
	json_array_foreach(list, j, entry)
	{
		if (json_is_string(entry))
			params_string(p, name_of(&n, "disk.%zu.dependency.%zu.name", i, j),
						  json_string_value(entry));
	}
}

static int add_disks(const struct domain_def *def, const json_t *value, struct params *p)
{
	static const char command[] = "guest-get-disks";
	const json_t *list = guest_list(value, command), *entry;
	struct name n;
	size_t i;

	if (!list)
		return -1;
	params_uint(p, "disk.count", (unsigned)json_array_size(list));
	json_array_foreach(list, i, entry)
	{
		const json_t *address = json_object_get(entry, "address");
		const char *target = target_of(def, address);

		if (!guest_text(entry, "name", command))
			return -1;
		add_text(p, entry, "name", name_of(&n, "disk.%zu.name", i));
		params_bool(p, name_of(&n, "disk.%zu.partition", i), qmp_bool(entry, "partition", false));
		add_dependencies(json_object_get(entry, "dependencies"), i, p);
		add_text(p, address, "serial", name_of(&n, "disk.%zu.serial", i));
		if (address && target)
			params_string(p, name_of(&n, "disk.%zu.alias", i), target);
		add_text(p, entry, "alias", name_of(&n, "disk.%zu.guest_alias", i));
	}
	return 0;
}

static void add_interface(const struct rvirt_wire_domain_interface *f, size_t i, struct params *p)
{
	struct name n;

	params_string(p, name_of(&n, "if.%zu.name", i), f->name);
	if (f->hwaddr)
		params_string(p, name_of(&n, "if.%zu.hwaddr", i), f->hwaddr);
	params_uint(p, name_of(&n, "if.%zu.addr.count", i), f->n_addrs);
	for (size_t j = 0; j < f->n_addrs; j++) {
		params_string(p, name_of(&n, "if.%zu.addr.%zu.type", i, j),
					  f->addrs[j].type == RVIRT_IP_ADDR_TYPE_IPV4 ? "ipv4" : "ipv6");
		params_string(p, name_of(&n, "if.%zu.addr.%zu.addr", i, j), f->addrs[j].addr);
		params_uint(p, name_of(&n, "if.%zu.addr.%zu.prefix", i, j), f->addrs[j].prefix);
	}
}

static int add_interfaces(const struct domain_def *def, const json_t *value, struct params *p)
{
	struct rvirt_wire_ifaces_ret all = {0};
	int r = guest_take_interfaces(value, &all);

	(void)def;
	if (r == 0) {
		params_uint(p, "if.count", all.n_ifaces);
		for (size_t i = 0; i < all.n_ifaces; i++)
			add_interface(&all.ifaces[i], i, p);
	}
	wire_clear(wire_op_by_number(RVIRT_PROC_DOMAIN_INTERFACE_ADDRESSES)->ret, &all);
	return r;
}

/* In the order in which they are told. To add a kind: its function and a row. */
static const struct {
	unsigned type;
	const char *command;
	int (*add)(const struct domain_def *def, const json_t *value, struct params *p);
} kinds[] = {
	{RVIRT_DOMAIN_GUEST_INFO_USERS, "guest-get-users", add_users},
	{RVIRT_DOMAIN_GUEST_INFO_OS, "guest-get-osinfo", add_os},
	{RVIRT_DOMAIN_GUEST_INFO_TIMEZONE, "guest-get-timezone", add_timezone},
	{RVIRT_DOMAIN_GUEST_INFO_HOSTNAME, "guest-get-host-name", add_hostname},
	{RVIRT_DOMAIN_GUEST_INFO_FILESYSTEM, "guest-get-fsinfo", add_mounts},
	{RVIRT_DOMAIN_GUEST_INFO_DISKS, "guest-get-disks", add_disks},
	{RVIRT_DOMAIN_GUEST_INFO_INTERFACES, "guest-network-get-interfaces", add_interfaces},
};

/* wanted: the agent must have the command. */
static int add_kind(struct vm *vm, size_t i, bool wanted, struct params *p)
{
	CLEANUP_JSON json_t *value = NULL;
	int r = wanted ? guest_call(vm, kinds[i].command, NULL, &value)
				   : guest_try(vm, kinds[i].command, NULL, &value);

	return r == 0 ? kinds[i].add(vm->d.def, value, p) : r < 0 ? -1 : 0;
}

int qemu_domain_get_guest_info(struct driver_conn *conn,
							   const struct rvirt_wire_dom_types_flags_args *args,
							   struct rvirt_wire_domain_get_guest_info_ret *ret)
{
	enum { KNOWN = 127 };
	struct params p = {0};
	int r = 0;

	if (qemu_flags(args->flags, 0, "qemuDomainGetGuestInfo") < 0)
		return -1;
	if (args->types & ~KNOWN)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "unsupported guest information types '0x%x'",
						 args->types & ~KNOWN);

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm)
		return -1;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && r == 0; i++)
		if (!args->types || args->types & kinds[i].type)
			r = add_kind(vm, i, args->types != 0, &p);
	/* what has come is freed with the answer */
	return params_give(&p, &ret->n_params, &ret->params) < 0 ? -1 : r;
}
