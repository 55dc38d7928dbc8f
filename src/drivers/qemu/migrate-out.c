/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The source of a migration: begin says what is to come, perform sends it, confirm drops what was
 * sent, or lets it go on here.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statfs.h>

/* -- what may go -- */

/* File systems that other hosts see too. */
static bool is_shared(const char *path)
{
	static const unsigned shared[] = {
		0x6969 /* NFS */,       0xff534d42 /* CIFS */,
		0xfe534d42 /* SMB2 */,  0x00c36400 /* Ceph */,
		0x7461636f /* OCFS2 */, 0x01161970 /* GFS2 */,
		0x5346414f /* AFS */,   0x65735546 /* FUSE, which Gluster uses */,
	};
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
		if ((unsigned)fs.f_type == shared[i])
			return true;
	return false;
}

static int check_disk(const struct migrate_wish *w, const struct node *disk)
{
	const struct node *source = node_child(disk, "source");
	const char *file = node_attr(source, "file"), *cache;

	if (!source || node_child(disk, "readonly") || node_child(disk, "shareable") ||
		migrate_wish_copies(w, disk))
		return 0;
	if (file && !is_shared(file))
		return error_set(FROM_QEMU, ERR_MIGRATE_UNSAFE,
						 "Migration without shared storage is unsafe");
	cache = node_attr(node_child(disk, "driver"), "cache");
	if (cache && (strcmp(cache, "none") == 0 || strcmp(cache, "directsync") == 0))
		return 0;
	if (node_attr_is(disk, "type", "network"))
		return 0;
	return error_set(FROM_QEMU, ERR_MIGRATE_UNSAFE,
					 "Migration may lead to data corruption if disks use cache other than none or "
					 "directsync");
}

static int check_disks(const struct vm *vm, const struct migrate_wish *w)
{
	const struct domain_def *def = vm->d.def;
	const struct node *disk;

	for (size_t i = 0; i < w->n_disks; i++)
		if (!domain_def_find_device(def, "disk", w->disks[i]))
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "disk target %s not found", w->disks[i]);
	if (w->flags & RVIRT_MIGRATE_UNSAFE || !vm_active(vm))
		return 0;
	for (size_t i = 0; (disk = domain_def_device(def, "disk", i)); i++)
		if (check_disk(w, disk) < 0)
			return -1;
	return 0;
}

/* What a guest has open there is known to virtiofsd alone. */
static bool shares_folder(const struct domain_def *def)
{
	NODE_EACH(n, node_child(def->root, "devices"), "filesystem")
	{
		if (child_is(n, "driver", "type", "virtiofs"))
			return true;
	}
	return false;
}

static int check_allowed(const struct vm *vm, const struct migrate_wish *w)
{
	if (w->flags & RVIRT_MIGRATE_OFFLINE) {
		if (!vm->d.persistent)
			return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
							 "cannot perform offline migration on a transient domain");
	} else if (vm_check_active(vm) < 0) {
		return -1;
	}
	if (moments_count(&vm->d.snapshots))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot migrate domain with %u snapshots",
						 moments_count(&vm->d.snapshots));
	if (blockjob_check_any(vm) < 0)
		return -1;
	if (vm_active(vm) && domain_def_device(vm->d.def, "hostdev", 0))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "cannot migrate a domain with <hostdev>: it can't go with the guest");
	if (vm_active(vm) && shares_folder(vm->d.def))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "migration with virtiofs device is not supported");
	return check_disks(vm, w);
}

/* -- begin -- */

/* The client's own XML for the destination must be about the same machine. */
static int check_same(const struct domain_def *ours, const struct domain_def *theirs)
{
	char a[UUID_TEXT_LEN], b[UUID_TEXT_LEN];

	if (memcmp(ours->uuid, theirs->uuid, UUID_LEN) != 0)
		return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED,
						 "Target domain uuid %s does not match source %s",
						 uuid_format(theirs->uuid, a), uuid_format(ours->uuid, b));
	if (ours->memory != theirs->memory)
		return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED,
						 "Target domain memory %llu does not match source %llu", theirs->memory,
						 ours->memory);
	if (ours->max_vcpus != theirs->max_vcpus)
		return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED,
						 "Target domain vCPU max %u does not match source %u", theirs->max_vcpus,
						 ours->max_vcpus);
	return 0;
}

static char *format_for_destination(const struct vm *vm, const struct migrate_wish *w)
{
	unsigned flags = DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_MIGRATABLE |
					 (w->flags & RVIRT_MIGRATE_OFFLINE ? DOMAIN_FORMAT_INACTIVE : 0);
	const struct domain_def *def =
		w->flags & RVIRT_MIGRATE_OFFLINE && vm->d.next ? vm->d.next : vm->d.def;
	CLEANUP(cleanup_domain_def) struct domain_def *theirs = NULL;

	if (!w->xml)
		return domain_def_format(def, flags);
	if (domain_def_parse(w->xml, 0, &theirs) < 0 || check_same(def, theirs) < 0)
		return NULL;
	return domain_def_format(theirs, flags);
}

/* Which disks are to be copied, and how large they have to be. */
static int add_disks(struct vm *vm, const struct migrate_wish *w, struct migrate_cookie *c)
{
	const struct node *disk;

	if (!(w->flags & (RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC)))
		return 0;
	c->has_nbd = true;
	for (size_t i = 0; (disk = domain_def_device(vm->d.def, "disk", i)); i++) {
		uint64_t capacity;

		if (migrate_wish_copies(w, disk) &&
			(migrate_disk_capacity(vm, disk, &capacity) < 0 ||
			 migrate_cookie_add_disk(c, node_attr(node_child(disk, "target"), "dev"), capacity) <
				 0))
			return -1;
	}
	return 0;
}

static int begin(struct vm *vm, const struct migrate_wish *w,
				 struct rvirt_wire_cookie_out_xml_ret *ret)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};
	CLEANUP_FREE char *xml = NULL;

	if (check_allowed(vm, w) < 0 || !(xml = format_for_destination(vm, w)) ||
		migrate_cookie_ours(vm, &c) < 0)
		return -1;
	if (vm_active(vm) && !(w->flags & RVIRT_MIGRATE_OFFLINE)) {
		c.caps = migrate_caps(vm);
		if (add_disks(vm, w, &c) < 0)
			return -1;
	}
	if (migrate_cookie_format(&c, &ret->n_cookie_out, &ret->cookie_out) < 0)
		return -1;
	ret->xml = steal(&xml);
	return 0;
}

static int enter(struct vm *vm, struct driver_conn *conn, unsigned flags)
{
	enum { ALLOWED = VM_ASYNC_ALLOWS | 1 << VM_JOB_SUSPEND };

	if (!migration_of(vm) ||
		vm_async_begin(vm, VM_ASYNC_MIGRATION_OUT, ALLOWED, "qemuDomainMigrate") < 0)
		return -1;
	migration_begin(vm, conn, flags, RVIRT_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
	return 0;
}

int migrate_out_begin(struct vm *vm, struct driver_conn *conn, const struct migrate_wish *w,
					  struct rvirt_wire_cookie_out_xml_ret *ret)
{
	if (enter(vm, conn, w->flags) < 0)
		return -1;
	if (begin(vm, w, ret) == 0)
		return 0;
	migration_end(vm);
	return -1;
}

int qemu_domain_migrate_begin3_params(struct driver_conn *conn,
									  const struct rvirt_wire_dom_params64_flags_args *args,
									  struct rvirt_wire_cookie_out_xml_ret *ret)
{
	struct migrate_wish w;
	struct vm *vm;

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;

	QEMU_LOCKED(q, conn);

	if (!(vm = vm_find(q, &args->dom)) || migrate_out_begin(vm, conn, &w, ret) < 0)
		return -1;
	migration_rest(vm);
	return 0;
}

/* -- perform -- */

/* What the destination is to define; the live XML goes another way. */
static int add_persistent(const struct vm *vm, const struct migrate_wish *w,
						  struct migrate_cookie *c)
{
	const struct domain_def *def = vm->d.next ? vm->d.next : vm->d.def;

	if (!(w->flags & RVIRT_MIGRATE_PERSIST_DEST))
		return 0;
	if (w->persistent_xml)
		return domain_def_parse(w->persistent_xml, 0, &c->persistent);
	c->persistent = domain_def_copy(def);
	if (!c->persistent)
		return -1;
	return w->name ? domain_def_set_name(c->persistent, w->name) : 0;
}

static int write_results(struct vm *vm, const struct migrate_wish *w,
						 struct rvirt_wire_cookie_out_ret *ret)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};

	if (migrate_cookie_ours(vm, &c) < 0 || add_persistent(vm, w, &c) < 0 ||
		!(c.stats = malloc(sizeof *c.stats)))
		return -1;
	*c.stats = vm->migration->stats;
	/* libvirt stops its NBD server only if it is reminded of it */
	c.has_nbd = w->flags & (RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC);
	return migrate_cookie_format(&c, &ret->n_cookie_out, &ret->cookie_out);
}

static int connect_to(struct vm *vm, const char *uri)
{
	int fd;

	if (!uri)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "missing migration URI");
	vm_unlocked(vm);
	fd = migrate_connect(uri);
	vm_locked(vm);
	return fd;
}

static int send_disks(struct vm *vm, const struct migrate_wish *w, const struct migrate_cookie *c)
{
	if (!(w->flags & (RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC)) || !c->has_nbd)
		return 0;
	return migrate_disks_copy(vm, w, c);
}

/* 0 once the guest stands still and all of it is there. */
static int send_all(struct vm *vm, const struct migrate_wish *w, const void *cookie, size_t n,
					int given_fd)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0};
	CLEANUP_CLOSE int fd = given_fd;

	if (migrate_cookie_parse(cookie, n, &c) < 0 ||
		migrate_cookie_check(vm->qemu, &c, vm->d.uuid) < 0)
		return -1;
	if (!(w->flags & RVIRT_MIGRATE_LIVE) && vm->d.state == RVIRT_DOMAIN_RUNNING &&
		migrate_pause_cpus(vm, RVIRT_DOMAIN_PAUSED_MIGRATION) < 0)
		return -1;
	if (migrate_apply(vm, w) < 0)
		return -1;
	if (w->flags & RVIRT_MIGRATE_PARALLEL)
		return send_disks(vm, w, &c) < 0 ? -1 : migrate_send_to(vm, w->uri);
	/* first, so that nothing is copied in vain; but once it is connected to, a QEMU that expects
	 * TLS serves nothing else until that is spoken */
	if (fd < 0 && !(w->flags & RVIRT_MIGRATE_TLS) && (fd = connect_to(vm, w->uri)) < 0)
		return -1;
	if (send_disks(vm, w, &c) < 0 || (fd < 0 && (fd = connect_to(vm, w->uri)) < 0))
		return -1;
	return migrate_send(vm, steal_fd(&fd));
}

int migrate_out_perform(struct vm *vm, const struct migrate_wish *w, const void *cookie, size_t n,
						int fd, struct rvirt_wire_cookie_out_ret *ret)
{
	struct error cause;

	vm->migration->was_running = vm->d.state == RVIRT_DOMAIN_RUNNING;
	if (vm_check_active(vm) == 0 && send_all(vm, w, cookie, n, fd) == 0 &&
		write_results(vm, w, ret) == 0)
		return 0;
	error_take(&cause);
	migrate_disks_cancel(vm);
	migrate_restore(vm);
	error_give(&cause);
	return -1;
}

static int perform(struct vm *vm, const struct rvirt_wire_domain_migrate_perform3_params_args *args,
				   const struct migrate_wish *w, struct driver_conn *conn,
				   struct rvirt_wire_cookie_out_ret *ret)
{
	/* without protection from changes, nothing was begun with */
	if (!(w->flags & RVIRT_MIGRATE_CHANGE_PROTECTION) && vm->async != VM_ASYNC_MIGRATION_OUT) {
		if (enter(vm, conn, w->flags) < 0)
			return -1;
	} else if (migration_continue(vm, VM_ASYNC_MIGRATION_OUT) < 0) {
		return -1;
	}
	if (migrate_out_perform(vm, w, args->cookie_in, args->n_cookie_in, -1, ret) < 0) {
		migration_end(vm);
		return -1;
	}
	migration_rest(vm);
	return 0;
}

int qemu_domain_migrate_perform3_params(
	struct driver_conn *conn, const struct rvirt_wire_domain_migrate_perform3_params_args *args,
	struct rvirt_wire_cookie_out_ret *ret)
{
	struct migrate_wish w;
	struct vm *vm;

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;

	QEMU_LOCKED(q, conn);

	if (!(vm = vm_find(q, &args->dom)))
		return -1;
	if (args->flags & RVIRT_MIGRATE_PEER2PEER)
		return migrate_p2p(vm, conn, args, &w);
	if (args->dconnuri)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "Unexpected dconnuri parameter with non-peer2peer migration");
	return perform(vm, args, &w, conn, ret);
}

/* -- confirm -- */

static void undefine(struct vm *vm)
{
	if (vm_forget_config(vm) < 0) {
		log_error("domain %s stays defined after its migration: %s", vm->d.name,
				  error_last()->message);
		return;
	}
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_UNDEFINED, RVIRT_DOMAIN_EVENT_UNDEFINED_REMOVED);
	vm->d.persistent = vm->d.autostart = false;
	if (!vm_active(vm) && !vm->removed)
		domains_remove(&vm->qemu->domains, &vm->d);
}

/* The other host has it. */
static void drop(struct vm *vm, unsigned flags)
{
	if (flags & RVIRT_MIGRATE_UNDEFINE_SOURCE && vm->d.persistent)
		undefine(vm);
	if (!(flags & RVIRT_MIGRATE_OFFLINE) && vm_active(vm))
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_MIGRATED, RVIRT_DOMAIN_EVENT_STOPPED_MIGRATED);
}

int migrate_out_confirm(struct vm *vm, unsigned flags, bool cancelled)
{
	struct error cause;
	int r = 0;

	/* what the guest there still lacks */
	if (!cancelled && vm->migration->switched)
		r = migrate_receive(vm);
	error_take(&cause);
	if (cancelled || r < 0) {
		migrate_disks_cancel(vm);
		migrate_restore(vm);
	} else {
		vm->migration->completed = true;
		migrate_tell_completed(vm);
		drop(vm, flags);
	}
	migration_end(vm);
	error_give(&cause);
	return r;
}

int qemu_domain_migrate_confirm3_params(
	struct driver_conn *conn, const struct rvirt_wire_domain_migrate_confirm3_params_args *args)
{
	struct migrate_wish w;
	struct vm *vm;

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;

	QEMU_LOCKED(q, conn);

	if (!(vm = vm_find(q, &args->dom)) || migration_continue(vm, VM_ASYNC_MIGRATION_OUT) < 0)
		return -1;
	return migrate_out_confirm(vm, w.flags, args->cancelled);
}
