/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The socket of the monitor listens before the process is there, so that connecting to it needs no
 * second try: QEMU answers when it is ready.
 */
#include "config.h"
#include "drivers/qemu/launch.h"

#include "base/buf.h"
#include "base/fd.h"
#include "drivers/place.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/helper.h"
#include "drivers/qemu/plug.h"
#include "drivers/qemu/proc.h"
#include "drivers/qemu/tune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum { NAME_IN_PATH = 20, EXPLANATION_MAX = 1024 };

/* -- the folder -- */

char *launch_dir(const struct vm *vm)
{
	char *dir;

	if (asprintf(&dir, "%s/domain-%d-%.*s", vm->qemu->lib_dir, vm->d.id, NAME_IN_PATH,
				 vm->d.name) >= 0)
		return dir;
	error_oom();
	return NULL;
}

static int make_dir(struct vm *vm)
{
	const struct qemu *q = vm->qemu;

	launch_clean(vm);
	if (place_make(FROM_QEMU, q->lib_dir) < 0 || place_make(FROM_QEMU, vm->dir) < 0)
		return -1;
	if (q->drop && (chown(vm->dir, q->uid, q->gid) < 0 || chmod(q->lib_dir, 0711) < 0))
		return error_errno(FROM_QEMU, errno, "cannot give '%s' to the guest's user", vm->dir);
	return 0;
}

void launch_clean(struct vm *vm)
{
	DIR *dir = vm->dir ? opendir(vm->dir) : NULL;
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(vm->dir);
}

/* -- the monitor -- */

char *launch_monitor_path(const struct vm *vm)
{
	char *path;

	if (asprintf(&path, "%s/monitor.sock", vm->dir) >= 0)
		return path;
	error_oom();
	return NULL;
}

int launch_listen(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = -1;

	if (strlen(path) >= sizeof addr.sun_path)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "the path of the socket is longer than %zu bytes: %s",
						 sizeof addr.sun_path - 1, path);
	strcpy(addr.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, 1) < 0)
		return error_errno(FROM_QEMU, errno, "cannot listen on %s", path);
	return steal_fd(&fd);
}

/* -- the log -- */

static int open_log(const struct vm *vm, struct launched *l)
{
	CLEANUP_FREE char *path = NULL;

	if (place_make(FROM_QEMU, vm->qemu->log_dir) < 0)
		return -1;
	if (asprintf(&path, "%s/%s.log", vm->qemu->log_dir, vm->d.name) < 0) {
		path = NULL;
		return error_oom();
	}
	l->log_fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return l->log_fd < 0 ? error_errno(FROM_QEMU, errno, "cannot open %s", path) : 0;
}

/* What is started, before it writes itself. */
static int write_head(struct launched *l, char *const *argv)
{
	CLEANUP_BUF struct buf b = {0};
	time_t now = time(NULL);
	char stamp[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S+0000", &tm);
	if (buf_printf(&b, "%s: starting up rvirt version: %s\n", stamp, PACKAGE_VERSION) < 0)
		return -1;
	for (size_t i = 0; argv[i]; i++)
		if (buf_printf(&b, "%s%s", i ? " \\\n" : "", argv[i]) < 0)
			return -1;
	if (buf_puts(&b, "\n") < 0)
		return -1;
	if (write(l->log_fd, buf_at(&b), buf_len(&b)) < 0)
		return error_errno(FROM_QEMU, errno, "cannot write the log of the domain");
	l->log_from = lseek(l->log_fd, 0, SEEK_END);
	return 0;
}

void launch_explain(const struct launched *l)
{
	off_t end = lseek(l->log_fd, 0, SEEK_END);
	off_t from = end - l->log_from > EXPLANATION_MAX ? end - EXPLANATION_MAX : l->log_from;
	char text[EXPLANATION_MAX + 1];
	ssize_t n = pread(l->log_fd, text, EXPLANATION_MAX, from);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n > 0 ? n : 0] = '\0';
	error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "process exited while connecting to monitor%s%s",
			  *text ? ": " : "", text);
}

/* -- the process -- */

static int run(struct vm *vm, char *const *argv, const int *fds, size_t n_fds, struct launched *l)
{
	static char path_env[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	CLEANUP_CLOSE int cgroup_fd = l->cgroup ? cgroup_open(l->cgroup) : -1;
	CLEANUP_FREE char *home = NULL;
	char *env[] = {path_env, NULL, NULL};
	struct proc_spec spec = {
		.argv = argv,
		.env = env,
		.fds = fds,
		.n_fds = n_fds,
		.log_fd = l->log_fd,
		.cgroup_fd = cgroup_fd,
		.drop = vm->qemu->drop,
		.uid = vm->qemu->uid,
		.gid = vm->qemu->gid,
	};

	if (asprintf(&home, "HOME=%s", vm->dir) < 0) {
		home = NULL;
		return error_oom();
	}
	env[1] = home;
	return proc_start(&spec, &l->pid, &l->pidfd);
}

/* What the command line says of this host. */
static int build(const struct vm *vm, const struct launch *how, const struct plugs *plugs,
				 int monitor_fd, struct qemu_command *ret)
{
	struct qemu_command_env env = {
		.dir = vm->dir,
		.monitor_fd = monitor_fd,
		.interfaces = plugs->backends,
		.n_interfaces = plugs->n,
		.vsock_fd = -1,
		.incoming = how->incoming,
		.snapshot = how->snapshot,
	};

	return qemu_command_build(how->def, how->caps, &env, ret);
}

/* The descriptors that the process inherits, counted; owned by the caller. NULL with NO_MEMORY. */
static int *inherited(int listener, const struct plugs *plugs, size_t *ret_n)
{
	int *fds = calloc(1 + plugs->n * NETWORK_TAP_QUEUES_MAX, sizeof *fds);

	*ret_n = 0;
	if (!fds) {
		error_oom();
		return NULL;
	}
	fds[(*ret_n)++] = listener;
	for (size_t i = 0; i < plugs->n; i++)
		for (unsigned j = 0; j < plugs->taps[i].n_fds; j++)
			fds[(*ret_n)++] = plugs->taps[i].fds[j];
	return fds;
}

static int build_and_run(struct vm *vm, const struct launch *how, int listener,
						 const struct plugs *plugs, struct launched *l)
{
	CLEANUP_QEMU_COMMAND struct qemu_command command = {0};
	size_t n_fds;
	CLEANUP_FREE int *fds = inherited(listener, plugs, &n_fds);

	if (!fds || build(vm, how, plugs, listener, &command) < 0 || write_head(l, command.argv) < 0)
		return -1;
	return run(vm, command.argv, fds, n_fds, l);
}

/* What its process has before it begins. 0 or -1. */
static int make_room(struct vm *vm, const struct launch *how, struct launched *l)
{
	char name[64];

	snprintf(name, sizeof name, "qemu-%d-%d", (int)getpid(), vm->d.id);
	l->cgroup = cgroup_make(name);
	if (tune_group(l->cgroup, how->def) < 0 || access_give_all(vm->qemu, how->def, &l->given) < 0)
		return -1;
	CLEANUP_CLOSE int cgroup_fd = l->cgroup ? cgroup_open(l->cgroup) : -1;
	return helpers_start(vm, how->def, how->incoming, l->log_fd, cgroup_fd, &l->helpers);
}

int launch_process(struct vm *vm, const struct launch *how, struct launched *l)
{
	CLEANUP_FREE char *path = launch_monitor_path(vm);
	CLEANUP(plugs_clear) struct plugs plugs = {0};
	CLEANUP_CLOSE int listener = -1;

	if (!path || make_dir(vm) < 0 || open_log(vm, l) < 0 || (listener = launch_listen(path)) < 0 ||
		plug_all(vm->qemu->host, how->def, &plugs) < 0)
		return -1;
	if (make_room(vm, how, l) < 0 || build_and_run(vm, how, listener, &plugs, l) < 0 ||
		(l->monitor_fd = qmp_connect(path)) < 0) {
		unplug_all(vm->qemu->host, how->def);
		return -1;
	}
	return 0;
}

void launch_clear(struct launched *l)
{
	if (l->monitor_fd >= 0)
		close(l->monitor_fd);
	if (l->log_fd >= 0)
		close(l->log_fd);
}
