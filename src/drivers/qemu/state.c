/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What survives the daemon: a file for each definition, a link for each machine that starts by
 * itself, and a document of the state of each that runs, by which it is found again.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"
#include "drivers/qemu/save.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "conf/xml.h"
#include "drivers/place.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/helper.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/snapshot.h"
#include "drivers/qemu/state.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *file_of(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s.xml", dir, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

/* -- definitions -- */

int qemu_save_def(struct qemu *q, const struct domain_def *def)
{
	CLEANUP_FREE char *path = file_of(q->config_dir, def->name);
	CLEANUP_FREE char *xml =
		path ? domain_def_format(def, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE) : NULL;

	return xml && place_make(FROM_QEMU, q->config_dir) == 0 ? place_write(FROM_QEMU, path, xml)
															: -1;
}

int vm_save_config(struct vm *vm)
{
	return qemu_save_def(vm->qemu, vm->d.next ? vm->d.next : vm->d.def);
}

/* Whether machines that start by themselves are to: once for each start of the host, which empties
 * the folder of states. */
static bool is_first_start(struct qemu *q)
{
	CLEANUP_FREE char *mark = NULL;
	struct stat info;

	if (asprintf(&mark, "%s/autostarted", q->run_dir) < 0) {
		mark = NULL;
		return false;
	}
	if (lstat(mark, &info) == 0)
		return false;
	return place_make(FROM_QEMU, q->run_dir) == 0 && place_write_volatile(FROM_QEMU, mark, "") == 0;
}

int vm_save_autostart(struct vm *vm)
{
	struct qemu *q = vm->qemu;
	CLEANUP_FREE char *link = file_of(q->autostart_dir, vm->d.name);
	CLEANUP_FREE char *target = file_of(q->config_dir, vm->d.name);

	if (!link || !target)
		return -1;
	if (!vm->d.autostart) {
		if (unlink(link) < 0 && errno != ENOENT)
			return error_errno(FROM_QEMU, errno, "Failed to delete symlink '%s'", link);
		return 0;
	}
	/* it is to start with the host, and not with the next daemon */
	is_first_start(q);
	if (place_make(FROM_QEMU, q->autostart_dir) < 0)
		return -1;
	if (symlink(target, link) < 0 && errno != EEXIST)
		return error_errno(FROM_QEMU, errno, "Failed to create symlink '%s' to '%s'", link, target);
	return place_sync(FROM_QEMU, link);
}

void qemu_forget_name(struct qemu *q, const char *name)
{
	CLEANUP_FREE char *link = file_of(q->autostart_dir, name);
	CLEANUP_FREE char *path = file_of(q->config_dir, name);

	if (link)
		unlink(link);
	if (path && unlink(path) == 0)
		place_sync(FROM_QEMU, path);
}

int vm_forget_config(struct vm *vm)
{
	CLEANUP_FREE char *path = file_of(vm->qemu->config_dir, vm->d.name);

	if (!path)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(FROM_QEMU, errno, "cannot remove config %s", path);
	qemu_forget_name(vm->qemu, vm->d.name);
	return 0;
}

/* -- states -- */

/* The source still has it, so that nothing is lost when it ends. */
static bool is_coming(const struct vm *vm)
{
	return vm->async == VM_ASYNC_MIGRATION_IN && !vm->migration->switched;
}

static int write_status(const struct vm *vm, struct buf *b)
{
	if (buf_printf(b, "<domstatus state='%d' reason='%d' pid='%d' start='%llu'", vm->d.state,
				   vm->d.reason, (int)vm->pid, vm->start_time) < 0 ||
		buf_printf(b,
				   " shutdown='%d' reboot='%d' starting='%d' clock='%lld' agent-timeout='%d' dir='",
				   vm->shutdown_seen, vm->reboot_wanted, vm->starting || is_coming(vm),
				   vm->clock_began_at, vm->agent_timeout) < 0 ||
		xml_escape(b, vm->dir ? vm->dir : "") < 0 || buf_puts(b, "'>\n") < 0)
		return -1;
	if (vm->cgroup && (buf_puts(b, "  <cgroup path='") < 0 || xml_escape(b, vm->cgroup) < 0 ||
					   buf_puts(b, "'/>\n") < 0))
		return -1;
	if (access_write(vm->given, b) < 0 || blockjobs_write(vm, b) < 0 ||
		helpers_write(vm->helpers, b) < 0 ||
		domain_def_write(vm->d.def, DOMAIN_FORMAT_SECURE, 2, b) < 0)
		return -1;
	return buf_puts(b, "</domstatus>\n");
}

int vm_save_status(struct vm *vm)
{
	CLEANUP_FREE char *path = file_of(vm->qemu->run_dir, vm->d.name);
	CLEANUP_BUF struct buf b = {0};

	if (!path || write_status(vm, &b) < 0 || place_make(FROM_QEMU, vm->qemu->run_dir) < 0)
		return -1;
	return place_write_volatile(FROM_QEMU, path, (const char *)buf_at(&b));
}

void vm_forget_status(struct vm *vm)
{
	CLEANUP_FREE char *path = file_of(vm->qemu->run_dir, vm->d.name);

	if (path)
		unlink(path);
}

/* -- reading -- */

int qemu_each_file(struct qemu *q, const char *folder,
				   int (*each)(struct qemu *q, const char *name, const char *text))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT
				   ? 0
				   : error_errno(FROM_QEMU, errno, "cannot open directory '%s'", folder);
	while ((entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL, *text = NULL, *name = NULL;
		size_t len = strlen(entry->d_name);

		if (len <= 4 || strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		if (!(name = strndup(entry->d_name, len - 4)) || !(path = file_of(folder, name)))
			break;
		text = fd_read_regular_file(path, 2 * DOMAIN_XML_MAX, NULL);
		if (text && each(q, name, text) == 0)
			continue;
		log_error("domain of %s is not loaded: %s", path, error_last()->message);
		error_reset();
	}
	closedir(dir);
	return 0;
}

static int check_name(const struct domain_def *def, const char *name)
{
	return strcmp(def->name, name) == 0
			   ? 0
			   : error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the name in it is '%s'", def->name);
}

static int load_defined(struct qemu *q, const char *name, const char *text)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_FREE char *link = file_of(q->autostart_dir, name);
	struct stat info;
	struct domain *d;
	bool is_new;

	if (!link || domain_def_parse(text, 0, &def) < 0 || check_name(def, name) < 0 ||
		!(d = domains_add(&q->domains, &def, false, &is_new)))
		return -1;
	d->persistent = true;
	d->autostart = lstat(link, &info) == 0;
	save_find_managed(vm_of(d));
	return 0;
}

static int number_of(const xmlNode *n, const char *attr, unsigned long long *ret)
{
	CLEANUP_FREE char *text = xml_attr(n, attr);
	char *end;

	if (!text || !*text)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "its state lacks '%s'", attr);
	*ret = strtoull(text, &end, 10);
	return *end ? error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "its state has no number in '%s'", attr)
				: 0;
}

/* Its id, which only the document of the state has. */
static int id_of(const xmlNode *domain, int *ret)
{
	unsigned long long id;

	if (number_of(domain, "id", &id) < 0)
		return -1;
	if (id > INT32_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "its id is out of range");
	*ret = (int)id;
	return 0;
}

/* Fills in what the document says beside the definition. */
static int take_status(struct vm *vm, const xmlNode *root)
{
	unsigned long long state, reason, pid, start, shutdown, reboot, starting, clock;
	const xmlNode *cgroup = xml_child(root, "cgroup");
	CLEANUP_FREE char *timeout = xml_attr(root, "agent-timeout");

	if (number_of(root, "state", &state) < 0 || number_of(root, "reason", &reason) < 0 ||
		number_of(root, "pid", &pid) < 0 || number_of(root, "start", &start) < 0 ||
		number_of(root, "shutdown", &shutdown) < 0 || number_of(root, "reboot", &reboot) < 0 ||
		number_of(root, "starting", &starting) < 0 || number_of(root, "clock", &clock) < 0 ||
		!(vm->dir = xml_attr(root, "dir")))
		return -1;
	if (access_read(vm->qemu, root, &vm->given) < 0 || blockjobs_read(vm, root) < 0 ||
		helpers_read(root, &vm->helpers) < 0)
		return -1;
	if (cgroup && !(vm->cgroup = xml_attr(cgroup, "path")))
		return error_oom();
	domain_set_state(&vm->d, (int)state, (int)reason);
	vm->pid = (pid_t)pid;
	vm->start_time = start;
	vm->shutdown_seen = shutdown;
	vm->reboot_wanted = reboot;
	vm->starting = starting;
	vm->clock_began_at = (long long)clock;
	if (timeout) /* a daemon of before did not write it */
		vm->agent_timeout = atoi(timeout);
	return 0;
}

static int load_status(struct qemu *q, const char *name, const char *text)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = xml_parse(text, "(domain_status)", "domstatus", FROM_QEMU);
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	const xmlNode *domain = root ? xml_child(root, "domain") : NULL;
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct domain *d;
	bool is_new;
	int id = -1;

	if (!root)
		return -1;
	if (!domain)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "there is no domain in it");
	if (id_of(domain, &id) < 0 || qemu_define_running(domain, &def) < 0 ||
		check_name(def, name) < 0 || !(d = domains_add(&q->domains, &def, true, &is_new)))
		return -1;
	domains_take_id(&q->domains, d, id);
	return take_status(vm_of(d), root);
}

int qemu_load(struct qemu *q)
{
	/* what nobody has asked for leaves no trace */
	bool first = access(q->autostart_dir, F_OK) == 0 && is_first_start(q);

	if (qemu_each_file(q, q->config_dir, load_defined) < 0 ||
		qemu_each_file(q, q->run_dir, load_status) < 0)
		return -1;
	snapshots_load(q);
	for (struct domain *d = q->domains.all; d; d = d->hh.next) {
		/* nothing may be asked of it before it is found again */
		if (domain_active(d) && vm_job_begin(vm_of(d), VM_JOB_MODIFY, "reconnect") == 0)
			vm_task(vm_of(d), vm_found);
		else if (first && d->autostart)
			vm_task(vm_of(d), vm_autostart);
	}
	return 0;
}
