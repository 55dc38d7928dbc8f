/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver: its state, connections to it, and its machines as objects that outlive their place in
 * the list while somebody works on them.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"

#include "base/log.h"
#include "drivers/place.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/helper.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/perf.h"
#include "drivers/qemu/ports.h"
#include "transport/uri.h"

#include <string.h>

struct qemu *qemu_lock(struct driver_conn *conn)
{
	struct qemu *q = qemu_of(conn);

	hub_lock(&q->hub);
	return q;
}

void qemu_unlock(struct qemu **q)
{
	hub_unlock(&(*q)->hub);
}

/* -- machines -- */

static struct qemu *owner_of(struct domains *list)
{
	return (struct qemu *)((char *)list - offsetof(struct qemu, domains));
}

static struct domain *vm_make(struct domains *list)
{
	struct vm *vm = calloc(1, sizeof *vm);
	pthread_condattr_t attr;

	if (!vm) {
		error_oom();
		return NULL;
	}
	vm->qemu = owner_of(list);
	vm->refs = 1;
	vm->pidfd = -1;
	vm->agent_timeout = RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vm->changed, &attr);
	pthread_condattr_destroy(&attr);
	return &vm->d;
}

static void vm_leave_list(struct domain *d)
{
	vm_of(d)->removed = true;
	vm_unref(vm_of(d));
}

void vm_ref(struct vm *vm)
{
	vm->refs++;
}

void vm_unref(struct vm *vm)
{
	if (!vm || --vm->refs > 0)
		return;
	domain_clear(&vm->d);
	qemu_caps_unref(vm->caps);
	if (vm->pidfd >= 0)
		close(vm->pidfd);
	perf_stop(vm);
	pthread_cond_destroy(&vm->changed);
	free(vm->migration);
	free(vm->dir);
	free(vm->cgroup);
	access_forget(&vm->given);
	helpers_forget(&vm->helpers);
	free(vm);
}

struct vm *vm_find(struct qemu *q, const struct rvirt_wire_domain *dom)
{
	struct domain *d = domains_find(&q->domains, dom);

	return d ? vm_of(d) : NULL;
}

int vm_check_active(const struct vm *vm)
{
	return vm_active(vm) ? 0
						 : error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
}

/* -- the state -- */

static void state_free(void *opaque)
{
	struct qemu *q = opaque;

	hub_lock(&q->hub);
	q->ending = true;
	while (q->n_tasks)
		pthread_cond_wait(&q->tasks_done, &q->hub.lock);
	for (struct domain *d = q->domains.all; d; d = d->hh.next) {
		vm_disconnect(vm_of(d));
		guest_disconnect(vm_of(d));
	}
	hub_unlock(&q->hub);
	domains_clear(&q->domains);
	access_end(q);
	qemu_caps_cache_free(q->caps);
	qemu_ports_free(q->ports);
	qmp_loop_free(q->loop);
	hub_clear(&q->hub);
	pthread_cond_destroy(&q->tasks_done);
	free(q->config_dir);
	free(q->autostart_dir);
	free(q->run_dir);
	free(q->lib_dir);
	free(q->nvram_dir);
	free(q->tpm_dir);
	free(q->migrate_tls_dir);
	free(q->log_dir);
	free(q->cache_dir);
	free(q);
}

static int choose_folders(struct qemu *q, const char *dir)
{
	q->config_dir = place_path(dir, PLACE_CONFIG, "qemu");
	q->autostart_dir = place_path(dir, PLACE_CONFIG, "qemu/autostart");
	q->run_dir = place_path(dir, PLACE_RUN, "qemu");
	q->lib_dir = place_path(dir, PLACE_LIB, "qemu");
	q->nvram_dir = place_path(dir, PLACE_LIB, "qemu/nvram");
	q->tpm_dir = place_path(dir, PLACE_LIB, "qemu/swtpm");
	q->log_dir = place_path(dir, PLACE_LOG, "qemu");
	q->cache_dir = place_path(dir, PLACE_CACHE, "qemu");
	return q->config_dir && q->autostart_dir && q->run_dir && q->lib_dir && q->nvram_dir &&
				   q->tpm_dir && q->log_dir && q->cache_dir
			   ? 0
			   : -1;
}

/* Those of migrations alone, else those that QEMU has for all that it does, as libvirt has it. */
static int choose_certificates(struct qemu *q, const char *configured)
{
	static const char own[] = "/etc/pki/libvirt-migrate", all[] = "/etc/pki/qemu";

	q->migrate_tls_dir = strdup(configured ? configured : access(own, F_OK) == 0 ? own : all);
	return q->migrate_tls_dir ? 0 : error_oom();
}

static void *state_new(struct driver_host *host, const struct driver_host_options *options)
{
	struct qemu *q = calloc(1, sizeof *q);

	if (!q) {
		error_oom();
		return NULL;
	}
	hub_init(&q->hub);
	pthread_cond_init(&q->tasks_done, NULL);
	q->host = host;
	q->peers = options->peers;
	q->privileged = geteuid() == 0;
	q->migrate_tls_verify = !options->migrate_tls_any;
	q->domains = (struct domains){.next_id = 1,
								  .error_domain = FROM_QEMU,
								  .prefix = "qemu",
								  .make = vm_make,
								  .free = vm_leave_list};
	if (!options->daemon)
		return q;
	if (migrate_host_uuid(options->host_uuid, q->host_uuid) < 0 ||
		access_choose_user(q, options->qemu_user, options->qemu_group) < 0 ||
		choose_folders(q, options->state_dir) < 0 ||
		choose_certificates(q, options->migrate_tls_dir) < 0 || !(q->loop = qmp_loop_new()) ||
		!(q->caps = qemu_caps_cache_new(q->cache_dir, q->loop)) || !(q->ports = qemu_ports_new())) {
		state_free(q);
		return NULL;
	}
	/* a daemon without machines is better than none */
	hub_lock(&q->hub);
	if (qemu_load(q) < 0) {
		log_error("domains can't be kept: %s", error_last()->message);
		error_reset();
	}
	hub_unlock(&q->hub);
	return q;
}

static bool is_busy(void *opaque)
{
	struct qemu *q = opaque;
	bool busy;

	hub_lock(&q->hub);
	busy = domains_num(&q->domains) > 0;
	hub_unlock(&q->hub);
	return busy;
}

/* -- connections -- */

static bool claims(const struct uri *uri)
{
	return uri->driver && strcmp(uri->driver, "qemu") == 0;
}

static bool opens_at_once(const struct uri *uri)
{
	(void)uri;
	return true;
}

static int check_path(const struct qemu *q, const char *path)
{
	const char *served = q->privileged ? "system" : "session";

	if (!*path || strcmp(path, "/") == 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "no QEMU URI path given, try qemu:///%s",
						 served);
	if (strcmp(path, "/session") != 0 && !(q->privileged && strcmp(path, "/system") == 0))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "unexpected QEMU URI path '%s', try qemu:///%s", path, served);
	return 0;
}

static int open_conn(void *opaque, const struct uri *uri, struct driver_sink *sink,
					 struct driver_conn **ret_conn)
{
	struct qemu *q = opaque;
	struct qemu_conn *conn;

	if (check_path(q, uri->path) < 0)
		return -1;
	conn = calloc(1, sizeof *conn);
	if (!conn)
		return error_oom();
	conn->conn.sink = conn->member.sink = sink;
	conn->qemu = q;
	hub_join(&q->hub, &conn->member);
	*ret_conn = &conn->conn;
	return 0;
}

static void close_conn(struct driver_conn *opaque)
{
	struct qemu_conn *conn = (struct qemu_conn *)opaque;

	hub_lock(&conn->qemu->hub);
	migrations_drop(conn->qemu, &conn->conn);
	hub_unlock(&conn->qemu->hub);
	hub_leave(&conn->qemu->hub, &conn->member);
	free(conn);
}

/* What is quick in other drivers and waits for a disk or a process here. */
static bool waits(const struct wire_op *op, const void *args)
{
	(void)args;
	switch (op->number) {
	case RVIRT_PROC_DOMAIN_DEFINE_XML:
	case RVIRT_PROC_DOMAIN_DEFINE_XML_FLAGS:
	case RVIRT_PROC_DOMAIN_UNDEFINE:
	case RVIRT_PROC_DOMAIN_UNDEFINE_FLAGS:
	case RVIRT_PROC_DOMAIN_DESTROY:
	case RVIRT_PROC_DOMAIN_DESTROY_FLAGS:
	case RVIRT_PROC_DOMAIN_SET_AUTOSTART:
	case RVIRT_PROC_DOMAIN_SET_MAX_MEMORY:
	case RVIRT_PROC_DOMAIN_GET_VCPUS:
	case RVIRT_PROC_DOMAIN_INTERFACE_STATS:
	case RVIRT_PROC_DOMAIN_SAVE_IMAGE_GET_XML_DESC:
	case RVIRT_PROC_DOMAIN_SAVE_IMAGE_DEFINE_XML:
		return true;
	default:
		return false;
	}
}

int qemu_connect_get_type(struct driver_conn *conn, struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	ret->type = strdup("QEMU");
	return ret->type ? 0 : error_oom();
}

const struct driver qemu_driver = {
	.name = "QEMU",
	.daemon_only = true,
	.wants_secondaries = true,
	.waits = waits,
	.claims = claims,
	.opens_at_once = opens_at_once,
	.state_new = state_new,
	.state_free = state_free,
	.is_busy = is_busy,
	.open = open_conn,
	.close = close_conn,
	.ops =
		{
#define OP(name) .name = qemu_##name,
#include "drivers/qemu/ops.def"
#undef OP
		},
};
