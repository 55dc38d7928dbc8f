/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The destination of a migration: prepare starts a machine that waits, finish lets it run, or drops
 * it.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"

#include "base/log.h"
#include "transport/uri.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* -- where it waits -- */

struct place {
	char *listen; /* what migrate-incoming is given */
	char *uri;    /* what the source is told, or NULL: what it said */
	int port;     /* 0: one is to be found */
};

static void clear_place(struct place *p)
{
	free(p->listen);
	free(p->uri);
}

int migrate_free_port(void)
{
	static atomic_uint next;

	/* not the same twice in a row: QEMU listens only later */
	for (unsigned i = 0; i < MIGRATE_PORTS; i++) {
		int port = MIGRATE_PORT_FIRST + (int)(atomic_fetch_add(&next, 1) % MIGRATE_PORTS);
		struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
		struct sockaddr_in addr4 = {.sin_family = AF_INET, .sin_port = addr.sin6_port};
		CLEANUP_CLOSE int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CLEANUP_CLOSE int fd4 = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int on = 1;

		if (fd >= 0)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
		if ((fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0) && fd4 >= 0 &&
			bind(fd4, (struct sockaddr *)&addr4, sizeof addr4) == 0)
			return port;
	}
	error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
			  "Unable to find an unused port in range 'migration' (%d-%d)", MIGRATE_PORT_FIRST,
			  MIGRATE_PORT_FIRST + MIGRATE_PORTS - 1);
	return 0;
}

static int set_text(char **ret, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int set_text(char **ret, const char *fmt, ...)
{
	va_list ap;
	int r;

	free(steal(ret));
	va_start(ap, fmt);
	r = vasprintf(ret, fmt, ap);
	va_end(ap);
	if (r >= 0)
		return 0;
	*ret = NULL;
	return error_oom();
}

/* The name by which the source finds this host. */
static int our_name(char name[256])
{
	if (gethostname(name, 255) < 0)
		return error_errno(FROM_QEMU, errno, "failed to determine host name");
	name[255] = '\0';
	if (strncmp(name, "localhost", 9) == 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "hostname on destination resolved to localhost, but migration requires an "
						 "FQDN; name an address by %s",
						 RVIRT_MIGRATE_PARAM_URI);
	return 0;
}

static int place_at(struct place *p, const struct migrate_wish *w, const char *host, bool told)
{
	const char *listen = w->listen ? w->listen : "::";
	bool wraps = strchr(listen, ':');
	bool host_wraps = strchr(host, ':');

	if (!p->port && !(p->port = migrate_free_port()))
		return -1;
	if (set_text(&p->listen, "tcp:%s%s%s:%d", wraps ? "[" : "", listen, wraps ? "]" : "", p->port) <
		0)
		return -1;
	return told ? 0
				: set_text(&p->uri, "tcp://%s%s%s:%d", host_wraps ? "[" : "", host,
						   host_wraps ? "]" : "", p->port);
}

static int choose_place(const struct migrate_wish *w, struct place *p)
{
	CLEANUP(cleanup_uri) struct uri *uri = NULL;
	CLEANUP_FREE char *full = NULL;
	char name[256];

	if (!w->uri)
		return our_name(name) < 0 ? -1 : place_at(p, w, name, false);
	if (strncmp(w->uri, "tcp:", 4) == 0 && strncmp(w->uri, "tcp://", 6) != 0) {
		if (set_text(&full, "tcp://%s", w->uri + 4) < 0)
			return -1;
	} else if (!(full = strdup(w->uri))) {
		return error_oom();
	}
	if (!strstr(full, ":/"))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "missing scheme in migration URI: %s", w->uri);
	if (uri_parse(full, &uri) < 0)
		return -1;
	if (strcmp(uri->scheme, "unix") == 0)
		return set_text(&p->listen, "unix:%s", uri->path);
	if (strcmp(uri->scheme, "tcp") != 0)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "unsupported scheme %s in migration URI %s", uri->scheme, w->uri);
	if (!uri->host)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "missing host in migration URI: %s", w->uri);
	p->port = uri->port;
	return place_at(p, w, uri->host, uri->port != 0);
}

/* -- prepare -- */

static int read_def(const struct qemu *q, const struct migrate_wish *w, struct domain_def **ret)
{
	if (!w->xml)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "no domain XML passed");
	if (qemu_read_def(q, w->xml, false, ret) < 0)
		return -1;
	return w->name ? domain_def_set_name(*ret, w->name) : 0;
}

/* The machine that is to come, with the asynchronous job. */
static struct vm *enter(struct qemu *q, struct driver_conn *conn, struct domain_def **def,
						const struct migrate_wish *w)
{
	struct domain *d = domains_by_uuid(&q->domains, (*def)->uuid);
	struct vm *vm;
	bool is_new;

	if (d && vm_of(d)->async) {
		error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain '%s' is already being worked on",
				  d->name);
		return NULL;
	}
	if (!(d = domains_add(&q->domains, def, true, &is_new)))
		return NULL;
	vm = vm_of(d);
	if (!migration_of(vm) || vm_async_begin(vm, VM_ASYNC_MIGRATION_IN, VM_ASYNC_ALLOWS,
											"qemuDomainMigratePrepare") < 0) {
		if (is_new)
			domains_remove(&q->domains, d);
		return NULL;
	}
	migration_begin(vm, conn, w->flags, RVIRT_DOMAIN_JOB_OPERATION_MIGRATION_IN);
	return vm;
}

static int incoming(struct vm *vm, const char *where)
{
	return vm_async_call(vm, "migrate-incoming", json_pack("{s:s}", "uri", where), NULL);
}

/* Starts the process and has it wait at the place, or (fd not negative) for what comes by fd. */
static int start(struct vm *vm, const struct migrate_wish *w, const struct place *place, int fd,
				 struct migrate_cookie *c)
{
	if (vm_start(vm, "defer") < 0)
		return -1;
	domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_MIGRATION);
	c->caps = migrate_caps(vm);
	if (migrate_apply(vm, w) < 0)
		return -1;
	if (c->has_nbd && migrate_disks_serve(vm, w, &c->nbd_port) < 0)
		return -1;
	if (fd >= 0 && migrate_give_fd(vm, fd) < 0)
		return -1;
	if (incoming(vm, fd >= 0 ? "fd:migrate" : place->listen) < 0)
		return -1;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_MIGRATED);
	return vm_save_status(vm);
}

void migrate_in_cancel(struct vm *vm)
{
	struct qemu *q = vm->qemu;

	if (vm->migration->persisted && vm_forget_config(vm) == 0)
		vm->d.persistent = false;
	if (vm_active(vm))
		vm_abandon(vm, RVIRT_DOMAIN_SHUTOFF_FAILED, RVIRT_DOMAIN_EVENT_STOPPED_FAILED);
	if (!vm->d.persistent && !vm->removed)
		domains_remove(&q->domains, &vm->d);
	migration_end(vm);
}

static int prepare(struct driver_conn *conn, const struct migrate_wish *w,
				   const struct rvirt_wire_params_cookie_in_flags_args *args, int fd,
				   uint32_t *ret_n, uint8_t **ret_cookie, char **ret_uri)
{
	CLEANUP_COOKIE struct migrate_cookie theirs = {0}, ours = {0};
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP(clear_place) struct place place = {0};
	struct error cause;
	struct vm *vm;

	if (read_def(qemu_of(conn), w, &def) < 0 ||
		migrate_cookie_parse(args->cookie_in, args->n_cookie_in, &theirs) < 0 ||
		migrate_cookie_check(qemu_of(conn), &theirs, def->uuid) < 0 ||
		(fd < 0 && choose_place(w, &place) < 0))
		return -1;

	QEMU_LOCKED(q, conn);

	if (!(vm = enter(q, conn, &def, w)))
		return -1;
	if (migrate_cookie_ours(vm, &ours) == 0 &&
		(ours.has_nbd = theirs.has_nbd &&
						w->flags & (RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC),
		 true) &&
		(w->flags & RVIRT_MIGRATE_OFFLINE || start(vm, w, &place, fd, &ours) == 0) &&
		migrate_cookie_format(&ours, ret_n, ret_cookie) == 0) {
		migration_rest(vm);
		if (ret_uri)
			*ret_uri = steal(&place.uri);
		return 0;
	}
	error_take(&cause);
	migrate_in_cancel(vm);
	error_give(&cause);
	return -1;
}

int qemu_domain_migrate_prepare3_params(struct driver_conn *conn,
										const struct rvirt_wire_params_cookie_in_flags_args *args,
										struct rvirt_wire_cookie_out_uri_out_ret *ret)
{
	struct migrate_wish w;

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;
	if (w.flags & RVIRT_MIGRATE_TUNNELLED)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "Tunnelled migration requested but invalid RPC method called");
	return prepare(conn, &w, args, -1, &ret->n_cookie_out, &ret->cookie_out, &ret->uri_out);
}

/* What comes by the stream goes to QEMU through a pair of sockets. */
int qemu_domain_migrate_prepare_tunnel3_params(
	struct driver_conn *conn, const struct rvirt_wire_params_cookie_in_flags_args *args,
	struct rvirt_wire_cookie_out_ret *ret, struct driver_stream **ret_stream)
{
	static const struct driver_stream_fd_options options = {.writes = true};
	CLEANUP_CLOSE int ours = -1;
	CLEANUP_CLOSE int theirs = -1;
	struct migrate_wish w;
	int pair[2];

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(FROM_QEMU, errno, "cannot make a tunnel for the migration");
	ours = pair[0];
	theirs = pair[1];
	/* first, for it can be taken back */
	if (!(*ret_stream = driver_stream_from_fd(steal_fd(&ours), &options)))
		return -1;
	if (prepare(conn, &w, args, theirs, &ret->n_cookie_out, &ret->cookie_out, NULL) == 0)
		return 0;
	driver_stream_close(steal(ret_stream));
	return -1;
}

/* -- finish -- */

/* A name's machine is the one that comes in. */
static struct vm *find_incoming(struct qemu *q, const char *name)
{
	struct domain *d = domains_by_name(&q->domains, name);

	if (!d) {
		error_set(FROM_QEMU, ERR_NO_DOMAIN, "no domain with matching name '%s'", name);
		return NULL;
	}
	return migration_continue(vm_of(d), VM_ASYNC_MIGRATION_IN) < 0 ? NULL : vm_of(d);
}

static int persist(struct vm *vm, struct migrate_cookie *c)
{
	bool was = vm->d.persistent;
	struct domain_def *def = steal(&c->persistent);

	if (!def && !(def = domain_def_copy(vm->d.def)))
		return -1;
	if (qemu_save_def(vm->qemu, def) < 0) {
		domain_def_free(def);
		return -1;
	}
	if (vm_active(vm)) {
		domain_def_free(vm->d.next);
		vm->d.next = def;
	} else {
		domain_def_free(vm->d.def);
		vm->d.def = def;
	}
	vm->d.persistent = true;
	vm->migration->persisted = !was;
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_DEFINED,
					  was ? RVIRT_DOMAIN_EVENT_DEFINED_UPDATED : RVIRT_DOMAIN_EVENT_DEFINED_ADDED);
	return 0;
}

/* The post-copy phase: the guest runs while its memory comes. */
static int run_before_the_rest(struct vm *vm, const struct migrate_wish *w)
{
	if (!(w->flags & RVIRT_MIGRATE_PAUSED) &&
		migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_POSTCOPY) < 0)
		return -1;
	return vm_save_status(vm) < 0 ? -1 : migrate_receive(vm);
}

/* What only a machine that runs has to do. */
static int take_over(struct vm *vm, const struct migrate_wish *w, const struct migrate_cookie *c)
{
	struct migration *m = vm->migration;
	uint64_t started = m->stats.started;

	if (!vm_active(vm))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "guest unexpectedly quit");
	if ((m->copies_disks && migrate_disks_stop(vm) < 0) || migrate_receive(vm) < 0 ||
		(m->switched && run_before_the_rest(vm, w) < 0))
		return -1;
	if (c->stats)
		m->stats = *c->stats;
	m->stats.elapsed =
		migrate_clock() - (c->stats && c->stats->started ? c->stats->started : started);
	if (w->flags & RVIRT_MIGRATE_PAUSED) {
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_USER);
		vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_SUSPENDED, RVIRT_DOMAIN_EVENT_SUSPENDED_PAUSED);
		return vm_save_status(vm);
	}
	if (!m->switched)
		return migrate_run_cpus(vm, RVIRT_DOMAIN_RUNNING_MIGRATED);
	domain_set_state(&vm->d, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_MIGRATED);
	vm_tell_lifecycle(vm, RVIRT_DOMAIN_EVENT_RESUMED, RVIRT_DOMAIN_EVENT_RESUMED_MIGRATED);
	return vm_save_status(vm);
}

/* The source has given the guest away, so that it is here or nowhere. */
static void keep_half(struct vm *vm)
{
	log_error("domain %s: its migration failed in the post-copy phase", vm->d.name);
	if (vm->d.state == RVIRT_DOMAIN_RUNNING)
		domain_set_state(&vm->d, RVIRT_DOMAIN_RUNNING, RVIRT_DOMAIN_RUNNING_POSTCOPY_FAILED);
	else
		domain_set_state(&vm->d, RVIRT_DOMAIN_PAUSED, RVIRT_DOMAIN_PAUSED_POSTCOPY_FAILED);
	vm_save_status(vm);
	migration_end(vm);
}

static int finish(struct vm *vm, const struct migrate_wish *w,
				  const struct rvirt_wire_domain_migrate_finish3_params_args *args,
				  struct rvirt_wire_dom_cookie_out_ret *ret)
{
	CLEANUP_COOKIE struct migrate_cookie c = {0}, ours = {0};

	if (args->cancelled)
		return error_set(FROM_QEMU, ERR_MIGRATE_FINISH_OK, NULL);
	if (migrate_cookie_parse(args->cookie_in, args->n_cookie_in, &c) < 0 ||
		migrate_cookie_check(vm->qemu, &c, vm->d.uuid) < 0 ||
		(w->flags & RVIRT_MIGRATE_PERSIST_DEST && persist(vm, &c) < 0) ||
		(!(w->flags & RVIRT_MIGRATE_OFFLINE) && take_over(vm, w, &c) < 0) ||
		migrate_cookie_ours(vm, &ours) < 0 || !(ours.stats = malloc(sizeof *ours.stats)))
		return -1;
	*ours.stats = vm->migration->stats;
	vm->migration->completed = true;
	return migrate_cookie_format(&ours, &ret->n_cookie_out, &ret->cookie_out) < 0 ||
				   domain_wire(&vm->d, &ret->dom) < 0
			   ? -1
			   : 0;
}

int qemu_domain_migrate_finish3_params(
	struct driver_conn *conn, const struct rvirt_wire_domain_migrate_finish3_params_args *args,
	struct rvirt_wire_dom_cookie_out_ret *ret)
{
	struct migrate_wish w;
	struct error cause;
	struct vm *vm;

	if (migrate_wish_read(args->params, args->n_params, args->flags, &w) < 0)
		return -1;
	if (!w.name)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "missing domain name");

	QEMU_LOCKED(q, conn);

	if (!(vm = find_incoming(q, w.name)))
		return -1;
	if (finish(vm, &w, args, ret) == 0) {
		int r;

		vm_ref(vm);
		migration_end(vm);
		/* until here a daemon that starts anew would end it: the client has not heard of it */
		r = vm_active(vm) ? vm_save_status(vm) : 0;
		vm_unref(vm);
		return r;
	}
	error_take(&cause);
	if (vm_active(vm) && vm->migration->switched)
		keep_half(vm);
	else
		migrate_in_cancel(vm);
	error_give(&cause);
	return -1;
}
