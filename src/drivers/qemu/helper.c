/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting, remembering and ending the programs beside a guest's QEMU.
 */
#include "config.h"
#include "drivers/qemu/helper.h"

#include "base/log.h"
#include "conf/xml.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/launch.h"
#include "drivers/qemu/proc.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	LEAVE_MS = 2000, /* that one has to see that its QEMU is gone */
	TERM_MS = 5000,  /* that it has to end when it is asked to */
	KILL_MS = 5000
};

/* -- the list -- */

static struct helper *add(struct helper **list)
{
	struct helper *h = calloc(1, sizeof *h);

	if (!h) {
		error_oom();
		return NULL;
	}
	h->pidfd = -1;
	h->next = *list;
	*list = h;
	return h;
}

static void free_first(struct helper **list)
{
	struct helper *h = *list;

	*list = h->next;
	if (h->pidfd >= 0)
		close(h->pidfd);
	free(h);
}

void helpers_forget(struct helper **list)
{
	while (*list)
		free_first(list);
}

/* -- start -- */

int helper_listen(const struct qemu *q, const char *path)
{
	CLEANUP_CLOSE int fd = launch_listen(path);

	if (fd >= 0 && q->drop && chown(path, q->uid, q->gid) < 0)
		return error_errno(FROM_QEMU, errno, "cannot give '%s' to the guest's user", path);
	return steal_fd(&fd);
}

int helper_start(const struct qemu *q, const struct helper_spec *spec, struct helper **list)
{
	static char path_env[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[] = {path_env, NULL};
	const struct proc_spec proc = {
		.argv = spec->argv,
		.env = env,
		.fds = &spec->socket_fd,
		.n_fds = 1,
		.log_fd = spec->log_fd,
		.cgroup_fd = spec->cgroup_fd,
		.drop = q->drop && !spec->as_root,
		.uid = q->uid,
		.gid = q->gid,
	};
	struct helper *h = add(list);

	if (!h)
		return -1;
	if (proc_start(&proc, &h->pid, &h->pidfd) < 0) {
		free_first(list);
		return -1;
	}
	h->start_time = proc_start_time(h->pid);
	return 0;
}

int helpers_start(const struct vm *vm, const struct domain_def *def, bool incoming, int log_fd,
				  int cgroup_fd, struct helper **ret_list)
{
	const struct node *devices = node_child(def->root, "devices");
	struct helper_spec spec = {.log_fd = log_fd, .cgroup_fd = cgroup_fd};

	NODE_EACH(n, devices, "tpm")
	{
		if (child_is(n, "backend", "type", "emulator") &&
			tpm_start(vm, n, incoming, &spec, ret_list) < 0)
			return -1;
	}
	NODE_EACH(n, devices, "filesystem")
	{
		if (child_is(n, "driver", "type", "virtiofs") && !child_attr(n, "source", "socket") &&
			virtiofs_start(vm, n, &spec, ret_list) < 0)
			return -1;
	}
	return 0;
}

/* -- end -- */

static void send_signal(const struct helper *h, int number)
{
	if (h->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, h->pidfd, number, NULL, 0);
	else if (proc_start_time(h->pid) == h->start_time)
		kill(h->pid, number);
}

static void end(const struct helper *h)
{
	if (proc_wait(h->pid, h->pidfd, LEAVE_MS))
		return;
	send_signal(h, SIGTERM);
	if (proc_wait(h->pid, h->pidfd, TERM_MS))
		return;
	send_signal(h, SIGKILL);
	if (!proc_wait(h->pid, h->pidfd, KILL_MS))
		log_error("process %d, which was beside a guest, does not end", (int)h->pid);
}

void helpers_end(struct helper **list)
{
	struct error saved;

	error_take(&saved);
	while (*list) {
		end(*list);
		free_first(list);
	}
	error_give(&saved);
}

/* -- in the state's document -- */

int helpers_write(const struct helper *list, struct buf *b)
{
	for (const struct helper *h = list; h; h = h->next)
		if (buf_printf(b, "  <helper pid='%d' start='%llu'/>\n", (int)h->pid, h->start_time) < 0)
			return -1;
	return 0;
}

static unsigned long long number(const xmlNode *n, const char *name)
{
	CLEANUP_FREE char *text = xml_attr(n, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

int helpers_read(const xmlNode *state, struct helper **ret_list)
{
	for (const xmlNode *n = xml_child(state, "helper"); n; n = xml_next(n)) {
		pid_t pid = (pid_t)number(n, "pid");
		unsigned long long start = number(n, "start");
		int pidfd = pid > 0 ? proc_open(pid, start) : -1;
		struct helper *h;

		if (pidfd < 0)
			continue; /* it has ended */
		if (!(h = add(ret_list))) {
			close(pidfd);
			return -1;
		}
		*h = (struct helper){.next = h->next, .pid = pid, .start_time = start, .pidfd = pidfd};
	}
	return 0;
}
