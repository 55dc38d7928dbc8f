/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A migration between the calls of its client, and what both hosts say of themselves.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"

#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

struct migration *migration_of(struct vm *vm)
{
	if (!vm->migration && !(vm->migration = calloc(1, sizeof *vm->migration)))
		error_oom();
	return vm->migration;
}

void migration_begin(struct vm *vm, struct driver_conn *conn, unsigned flags, int operation)
{
	struct migration *m = vm->migration;

	m->conn = conn;
	m->busy = true;
	m->persisted = m->copies_disks = m->completed = m->postcopy = m->switched = false;
	m->flags = flags;
	m->operation = operation;
	m->was_running = vm->d.state == RVIRT_DOMAIN_RUNNING;
	m->stats = (struct migrate_stats){.started = migrate_clock()};
}

int migration_continue(struct vm *vm, enum vm_async async)
{
	struct migration *m = vm->migration;
	const char *job = async == VM_ASYNC_MIGRATION_OUT ? "outgoing" : "incoming";

	if (vm->async != async || !m || !m->conn)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "domain '%s' is not processing %s migration", vm->d.name, job);
	if (m->busy)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "another call works on the %s migration of domain '%s'", job, vm->d.name);
	m->busy = true;
	return 0;
}

void migration_rest(struct vm *vm)
{
	vm->migration->busy = false;
}

void migration_end(struct vm *vm)
{
	struct migration *m = vm->migration;

	m->conn = NULL;
	m->busy = false;
	m->stats.elapsed = migrate_clock() - m->stats.started;
	vm_async_end(vm);
}

/* -- a connection that is gone -- */

static struct vm *dropped(struct qemu *q, const struct driver_conn *conn)
{
	for (struct domain *d = q->domains.all; d; d = d->hh.next) {
		struct vm *vm = vm_of(d);

		if (vm->migration && vm->migration->conn == conn && !vm->migration->busy)
			return vm;
	}
	return NULL;
}

/* The guest is the destination's: what is missing there follows, without a client that waits. */
static void go_on_alone(struct vm *vm)
{
	vm_locked(vm);
	migrate_out_confirm(vm, vm->migration->flags, false);
	error_reset();
	vm_unlocked(vm);
}

/* It may run on the destination by now, and must not run twice. */
static void keep_still(struct vm *vm)
{
	log_warning("domain %s: all of it was sent, but whether it runs on the other host is not known "
				"here: it stays paused",
				vm->d.name);
	migrate_disks_cancel(vm);
	migration_end(vm);
}

void migrations_drop(struct qemu *q, struct driver_conn *conn)
{
	struct vm *vm;

	while ((vm = dropped(q, conn))) {
		bool out = vm->async == VM_ASYNC_MIGRATION_OUT;

		log_warning("domain %s: the client of its %s migration is gone", vm->d.name,
					out ? "outgoing" : "incoming");
		vm->migration->busy = true;
		if (out && vm->migration->switched) {
			vm->migration->conn = NULL;
			vm_task(vm, go_on_alone);
		} else if (out && vm->migration->stats.sent)
			keep_still(vm);
		else if (out)
			migrate_out_confirm(vm, vm->migration->flags, true);
		else
			migrate_in_cancel(vm);
	}
	error_reset();
}

int migrate_found(struct vm *vm)
{
	CLEANUP_JSON json_t *answer = NULL;
	const char *status;

	if (vm_call(vm, "query-migrate", NULL, &answer) < 0)
		return -1;
	status = qmp_text(answer, "status");
	if (!status || strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0 ||
		strcmp(status, "cancelled") == 0)
		return 0;
	if (strncmp(status, "postcopy", 8) == 0) {
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_POSTCOPY_FAILED);
		return vm_save_status(vm);
	}
	log_warning("domain %s: its outgoing migration ends with the daemon that conducted it",
				vm->d.name);
	return vm_call(vm, "migrate_cancel", NULL, NULL);
}

/* -- cookies -- */

/* false if there is no file, or no UUID in it. */
static bool uuid_from(const char *path, unsigned char ret[UUID_LEN])
{
	size_t n;
	CLEANUP_FREE char *text = fd_read_regular_file(path, 128, &n);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && uuid_parse(text, ret) == 0)
		return true;
	error_reset();
	return false;
}

int migrate_host_uuid(const char *configured, unsigned char ret[UUID_LEN])
{
	if (configured)
		return uuid_parse(configured, ret) < 0
				   ? error_set(FROM_CONF, ERR_CONF_SYNTAX, "host_uuid is no UUID: %s", configured)
				   : 0;
	if (uuid_from("/sys/class/dmi/id/product_uuid", ret) || uuid_from("/etc/machine-id", ret))
		return 0;
	return uuid_generate(ret);
}

int migrate_cookie_ours(const struct vm *vm, struct migrate_cookie *ret)
{
	char hostname[256] = "";

	if (gethostname(hostname, sizeof hostname - 1) < 0)
		return error_errno(FROM_QEMU, errno, "failed to determine host name");
	*ret = (struct migrate_cookie){.name = strdup(vm->d.name), .hostname = strdup(hostname)};
	if (!ret->name || !ret->hostname) {
		migrate_cookie_clear(ret);
		return error_oom();
	}
	memcpy(ret->uuid, vm->d.uuid, UUID_LEN);
	memcpy(ret->host_uuid, vm->qemu->host_uuid, UUID_LEN);
	return 0;
}

int migrate_cookie_check(const struct qemu *q, const struct migrate_cookie *c,
						 const unsigned char uuid[UUID_LEN])
{
	char ours[UUID_TEXT_LEN], theirs[UUID_TEXT_LEN];

	if (!c->name)
		return 0;
	if (memcmp(c->uuid, uuid, UUID_LEN) != 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "Incoming cookie data had unexpected UUID %s vs %s",
						 uuid_format(c->uuid, theirs), uuid_format(uuid, ours));
	if (memcmp(c->host_uuid, q->host_uuid, UUID_LEN) == 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "Attempt to migrate guest to the same host %s",
						 uuid_format(c->host_uuid, theirs));
	return 0;
}
