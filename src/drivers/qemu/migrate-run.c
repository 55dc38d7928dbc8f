/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happens between two QEMUs: limits, the way, and watching until it is over.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"

#include "base/fd.h"
#include "base/log.h"
#include "transport/uri.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LOOK_MS = 100 /* between two looks at how far it is */ };

/* -- the way -- */

static int connect_unix(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof addr.sun_path)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "the path of the migration URI is too long: %s", path);
	strcpy(addr.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		return error_errno(FROM_QEMU, errno, "unable to connect to '%s' for the migration", path);
	return steal_fd(&fd);
}

static int connect_tcp(const char *host, int port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	char service[8];
	int r, fd = -1, cause = 0;

	snprintf(service, sizeof service, "%d", port);
	r = getaddrinfo(host, service, &hints, &found);
	if (r)
		return error_set(FROM_QEMU, ERR_SYSTEM_ERROR,
						 "Unable to resolve address '%s' service '%s': %s", host, service,
						 gai_strerror(r));
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		cause = errno;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd >= 0 ? fd
				   : error_errno(FROM_QEMU, cause, "unable to connect to server at '%s:%d'", host,
								 port);
}

int migrate_connect(const char *text)
{
	CLEANUP(cleanup_uri) struct uri *uri = NULL;
	CLEANUP_FREE char *full = NULL;

	/* what older hosts send: tcp:host:port */
	if (strncmp(text, "tcp:", 4) == 0 && strncmp(text, "tcp://", 6) != 0) {
		if (asprintf(&full, "tcp://%s", text + 4) < 0) {
			full = NULL;
			return error_oom();
		}
		text = full;
	}
	if (uri_parse(text, &uri) < 0)
		return -1;
	if (strcmp(uri->scheme, "unix") == 0)
		return connect_unix(uri->path);
	if (strcmp(uri->scheme, "tcp") != 0)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "unsupported scheme %s in migration URI %s", uri->scheme, text);
	if (!uri->host || !uri->port)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "missing host or port in migration URI: %s",
						 text);
	return connect_tcp(uri->host, uri->port);
}

/* -- with the job that nests in the asynchronous one -- */

int migrate_give_fd(struct vm *vm, int fd)
{
	int r;

	if (vm_nested_begin(vm) < 0)
		return -1;
	r = vm_call_for(vm, "getfd", json_pack("{s:s}", "fdname", "migrate"), fd, VM_CALL_MS, NULL);
	vm_job_end(vm);
	return r;
}

int migrate_run_cpus(struct vm *vm, int reason)
{
	int r;

	if (vm_nested_begin(vm) < 0)
		return -1;
	r = vm_run_cpus(vm, reason);
	vm_job_end(vm);
	return r;
}

int migrate_pause_cpus(struct vm *vm, int reason)
{
	int r;

	if (vm_nested_begin(vm) < 0)
		return -1;
	r = vm_pause_cpus(vm, reason);
	vm_job_end(vm);
	return r;
}

/* -- until it is over -- */

static void tell_iteration(struct vm *vm, uint64_t before)
{
	struct rvirt_wire_domain_event_callback_migration_iteration_msg msg = {
		.iteration = (int32_t)vm->migration->stats.values[MIGRATE_STAT_memory_iteration]};

	if ((uint64_t)msg.iteration != before)
		vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION, &msg, &msg.dom);
}

/* "active", "completed" …; *ret_answer holds it. NULL with the error set. */
static const char *look(struct vm *vm, json_t **ret_answer)
{
	struct migrate_stats *stats = &vm->migration->stats;
	uint64_t before = stats->values[MIGRATE_STAT_memory_iteration];
	const char *status;

	if (!vm_active(vm) || vm_async_call(vm, "query-migrate", NULL, ret_answer) < 0) {
		error_set(FROM_QEMU, ERR_OPERATION_FAILED, "domain is not running");
		return NULL;
	}
	status = qmp_text(*ret_answer, "status");
	migrate_stats_read(stats, *ret_answer);
	stats->elapsed = migrate_clock() - stats->started;
	if (vm->async == VM_ASYNC_MIGRATION_OUT)
		tell_iteration(vm, before);
	return status ? status : "none";
}

/* For messages. */
static const char *job_name(const struct vm *vm)
{
	switch (vm->async) {
	case VM_ASYNC_MIGRATION_OUT:
		return "migration out";
	case VM_ASYNC_MIGRATION_IN:
		return "migration in";
	case VM_ASYNC_SAVE:
		return "domain save";
	case VM_ASYNC_DUMP:
		return "domain core dump";
	case VM_ASYNC_SNAPSHOT:
		return "snapshot";
	default:
		return "start";
	}
}

static int fail(const struct vm *vm, const json_t *answer)
{
	const char *why = qmp_text(answer, "error-desc");

	return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "job '%s' failed: %s", job_name(vm),
					 why ? why : "the other side has given up");
}

/* 1: it is over, 0: it goes on, -1: it failed. */
static int judge(const struct vm *vm, const char *status, const json_t *answer)
{
	if (!status)
		return -1;
	if (strcmp(status, "completed") == 0)
		return 1;
	if (strcmp(status, "postcopy-active") == 0 && !vm->migration->switched) {
		vm->migration->postcopy = vm->migration->switched = true;
		return 1;
	}
	if (strcmp(status, "postcopy-paused") == 0)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "job '%s' failed in post-copy phase",
						 job_name(vm));
	if (strcmp(status, "failed") == 0)
		return fail(vm, answer);
	if (strcmp(status, "cancelled") == 0)
		return error_set(FROM_QEMU, ERR_OPERATION_ABORTED, "job '%s' canceled by client",
						 job_name(vm));
	return 0;
}

/* The guest stands still: what its disks have is all that they will have. */
static int switch_over(struct vm *vm)
{
	if (migrate_disks_finish(vm) < 0)
		return -1;
	return vm_async_call(vm, "migrate-continue", json_pack("{s:s}", "state", "pre-switchover"),
						 NULL);
}

/* A disk's error is to end it. */
static bool failed_disk(const struct vm *vm)
{
	return vm->async == VM_ASYNC_MIGRATION_OUT &&
		   vm->migration->flags & RVIRT_MIGRATE_ABORT_ON_ERROR && !vm->migration->switched &&
		   vm->d.state == RVIRT_DOMAIN_PAUSED && vm->d.reason == RVIRT_DOMAIN_PAUSED_IOERROR;
}

static int watch(struct vm *vm)
{
	bool cancelled = false;

	for (;;) {
		CLEANUP_JSON json_t *answer = NULL;
		const char *status = look(vm, &answer);
		int r = judge(vm, status, answer);

		if (r)
			return r > 0 ? 0 : -1;
		if (strcmp(status, "pre-switchover") == 0 && !cancelled && switch_over(vm) < 0)
			return -1;
		if (failed_disk(vm) && !cancelled)
			return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "%s: failed due to I/O error",
							 job_name(vm));
		if (vm->abort_wanted && !cancelled && !vm->migration->postcopy) {
			cancelled = true;
			vm_async_call(vm, "migrate_cancel", NULL, NULL);
		}
		/* events of QEMU end the wait early */
		vm_wait(vm, now_ms() + LOOK_MS);
	}
}

/* Whatever QEMU still does of it, ends. The error that is set stays. */
static void stop(struct vm *vm)
{
	struct error cause;

	error_take(&cause);
	if (vm_active(vm) && vm_async_call(vm, "migrate_cancel", NULL, NULL) == 0)
		watch(vm);
	error_give(&cause);
}

/* uri: where QEMU connects to by itself, or that of the descriptor it was given. */
static int send_by(struct vm *vm, const char *uri)
{
	if (vm_async_call(vm, "migrate", json_pack("{s:s}", "uri", uri), NULL) < 0)
		return -1;
	if (watch(vm) < 0) {
		stop(vm);
		return -1;
	}
	vm->migration->stats.sent = migrate_clock();
	/* of a migration only confirm() knows it */
	vm->migration->completed = vm->async != VM_ASYNC_MIGRATION_OUT;
	return 0;
}

static int check_abort(const struct vm *vm)
{
	return vm->abort_wanted ? error_set(FROM_QEMU, ERR_OPERATION_ABORTED,
										"job '%s' canceled by client", job_name(vm))
							: 0;
}

int migrate_send(struct vm *vm, int fd)
{
	int r = check_abort(vm) < 0 ? -1 : migrate_give_fd(vm, fd);

	/* so that its other side sees the end when QEMU's copy is closed */
	close(fd);
	return r < 0 ? -1 : send_by(vm, "fd:migrate");
}

int migrate_send_to(struct vm *vm, const char *text)
{
	CLEANUP(cleanup_uri) struct uri *uri = NULL;
	CLEANUP_FREE char *where = NULL;
	bool wraps;

	if (check_abort(vm) < 0 || uri_parse(text, &uri) < 0)
		return -1;
	if (strcmp(uri->scheme, "tcp") != 0 || !uri->host || !uri->port)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "several connections need a migration URI tcp://HOST:PORT, not %s", text);
	wraps = strchr(uri->host, ':');
	if (asprintf(&where, "tcp:%s%s%s:%d", wraps ? "[" : "", uri->host, wraps ? "]" : "",
				 uri->port) < 0) {
		where = NULL;
		return error_oom();
	}
	return send_by(vm, where);
}

int migrate_receive(struct vm *vm)
{
	return watch(vm);
}

void migrate_restore(struct vm *vm)
{
	if (vm_active(vm) && vm->migration->switched) {
		/* it runs on the other host, whatever else is known */
		log_error("domain %s: its migration failed in the post-copy phase", vm->d.name);
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_POSTCOPY_FAILED);
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED,
						  RVIRT_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED);
		vm_save_status(vm);
		return;
	}
	if (!vm_active(vm) || !vm->migration->was_running || vm->d.state == RVIRT_DOMAIN_RUNNING)
		return;
	if (migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_MIGRATION_CANCELED) < 0)
		log_error("domain %s can't go on after its migration failed: %s", vm->d.name,
				  error_last()->message);
}
