/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fork and exec where many threads run: the child calls only what may be called then, and tells by
 * a pipe that closes on exec what went wrong.
 */
#include "config.h"
#include "drivers/qemu/proc.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUPS_MAX = 256, N_SIGNALS = 32 };

/* What the child tells: which step failed, and why. */
struct failure {
	int step, errnum;
};

enum { STEP_CGROUP, STEP_GROUPS, STEP_GROUP, STEP_USER, STEP_FILES, STEP_EXEC };

static const char *const step_words[] = {
	[STEP_CGROUP] = "cannot join its cgroup", [STEP_GROUPS] = "cannot take the user's groups",
	[STEP_GROUP] = "cannot change its group", [STEP_USER] = "cannot change its user",
	[STEP_FILES] = "cannot set up its files", [STEP_EXEC] = "cannot execute it",
};

struct child {
	const struct proc_spec *spec;
	gid_t groups[GROUPS_MAX];
	int n_groups, tell_fd, null_fd;
};

static void fail(const struct child *c, int step)
{
	struct failure f = {.step = step, .errnum = errno};
	ssize_t n = write(c->tell_fd, &f, sizeof f);

	_exit(n < 0 ? 126 : 127);
}

static void default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < N_SIGNALS; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_user(const struct child *c)
{
	const struct proc_spec *spec = c->spec;

	if (!spec->drop)
		return;
	if (setgroups((size_t)c->n_groups, c->groups) < 0)
		fail(c, STEP_GROUPS);
	if (setresgid(spec->gid, spec->gid, spec->gid) < 0)
		fail(c, STEP_GROUP);
	if (setresuid(spec->uid, spec->uid, spec->uid) < 0)
		fail(c, STEP_USER);
}

/* In the child. */
__attribute__((noreturn)) static void run_child(const struct child *c)
{
	const struct proc_spec *spec = c->spec;

	setsid();
	default_signals();
	umask(0002);
	if (spec->cgroup_fd >= 0 && write(spec->cgroup_fd, "0", 1) < 0)
		fail(c, STEP_CGROUP);
	if (dup2(c->null_fd, STDIN_FILENO) < 0 || dup2(spec->log_fd, STDOUT_FILENO) < 0 ||
		dup2(spec->log_fd, STDERR_FILENO) < 0)
		fail(c, STEP_FILES);
	/* nor what whoever started the daemon had left open */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < spec->n_fds; i++)
		if (fcntl(spec->fds[i], F_SETFD, 0) < 0)
			fail(c, STEP_FILES);
	become_user(c);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	execve(spec->argv[0], spec->argv, spec->env);
	fail(c, STEP_EXEC);
	_exit(127);
}

static int user_groups(const struct proc_spec *spec, struct child *c)
{
	struct passwd entry, *found = NULL;
	char data[4096];

	c->n_groups = 0;
	if (!spec->drop)
		return 0;
	c->n_groups = GROUPS_MAX;
	if (getpwuid_r(spec->uid, &entry, data, sizeof data, &found) != 0 || !found) {
		c->groups[0] = spec->gid;
		c->n_groups = 1;
		return 0;
	}
	if (getgrouplist(entry.pw_name, spec->gid, c->groups, &c->n_groups) < 0)
		return error_set(FROM_QEMU, ERR_SYSTEM_ERROR, "user %s is in more than %d groups",
						 entry.pw_name, GROUPS_MAX);
	return 0;
}

/* What the child has said: 0 if it runs, or -1 with the error set. */
static int hear(int fd, const char *program)
{
	struct failure f;
	ssize_t n;

	do
		n = read(fd, &f, sizeof f);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != sizeof f)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s did not start", program);
	return error_errno(FROM_QEMU, f.errnum, "%s: %s", program, step_words[f.step]);
}

int proc_start(const struct proc_spec *spec, pid_t *ret_pid, int *ret_pidfd)
{
	CLEANUP_CLOSE int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC), hear_fd = -1;
	struct child child = {.spec = spec, .null_fd = null_fd};
	sigset_t all, before;
	int pipe_fds[2];
	pid_t pid;

	if (null_fd < 0)
		return error_errno(FROM_QEMU, errno, "cannot open /dev/null");
	if (user_groups(spec, &child) < 0)
		return -1;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_errno(FROM_QEMU, errno, "cannot make a pipe");
	hear_fd = pipe_fds[0];
	child.tell_fd = pipe_fds[1];
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		run_child(&child);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(child.tell_fd);
	if (pid < 0)
		return error_errno(FROM_QEMU, errno, "cannot fork");
	if (hear(hear_fd, spec->argv[0]) < 0) {
		waitpid(pid, NULL, 0);
		return -1;
	}
	*ret_pid = pid;
	*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

/* The fields of a process's or a thread's file behind the name; NULL, without an error, if there is
 * none. */
static char *read_stat(const char *path, char **ret_fields)
{
	char *text, *end;
	struct error saved;

	error_take(&saved);
	text = fd_read_file(path, 4096, NULL);
	error_give(&saved);
	end = text ? strrchr(text, ')') : NULL;
	if (!end) {
		free(text);
		return NULL;
	}
	*ret_fields = end + 1;
	return text;
}

unsigned long long proc_start_time(pid_t pid)
{
	char path[64], *fields = NULL;
	CLEANUP_FREE char *text = NULL;
	unsigned long long time = 0;
	char state = 'Z';

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	text = read_stat(path, &fields);
	if (!text || sscanf(fields,
						" %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
						"%*s %llu",
						&state, &time) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : time;
}

/* The times in the fields of a process or a thread; false, with zeros, if they are none. */
static bool read_times(const char *fields, struct proc_times *ret)
{
	unsigned long long user = 0, system = 0;
	long ticks = sysconf(_SC_CLK_TCK);

	*ret = (struct proc_times){0};
	if (!fields || ticks <= 0 ||
		sscanf(fields, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system) !=
			2)
		return false;
	ret->user_ns = user * (1000000000ull / (unsigned long long)ticks);
	ret->system_ns = system * (1000000000ull / (unsigned long long)ticks);
	return true;
}

bool proc_cpu_times(pid_t pid, struct proc_times *ret_times)
{
	char path[64], *fields = NULL;
	CLEANUP_FREE char *text = NULL;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	text = read_stat(path, &fields);
	return read_times(fields, ret_times);
}

uint64_t proc_cpu_ns(pid_t pid)
{
	struct proc_times times;

	proc_cpu_times(pid, &times);
	return times.user_ns + times.system_ns;
}

uint64_t proc_thread_ns(pid_t pid, pid_t thread)
{
	char path[64], *fields = NULL;
	CLEANUP_FREE char *text = NULL;
	struct proc_times times;

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)thread);
	text = read_stat(path, &fields);
	read_times(fields, &times);
	return times.user_ns + times.system_ns;
}

int proc_thread_processor(pid_t pid, pid_t thread)
{
	enum { PROCESSOR = 37 }; /* the field's place behind the name, which is the second one */
	char path[64], *fields = NULL, *rest = NULL, *field;
	CLEANUP_FREE char *text = NULL;

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)thread);
	text = read_stat(path, &fields);
	field = text ? strtok_r(fields, " ", &rest) : NULL;
	for (int i = 1; field && i < PROCESSOR; i++)
		field = strtok_r(NULL, " ", &rest);
	return field ? (int)strtol(field, NULL, 10) : 0;
}

uint64_t proc_thread_delay_ns(pid_t pid, pid_t thread)
{
	CLEANUP_FREE char *text = NULL;
	unsigned long long delay = 0;
	struct error saved;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)thread);
	error_take(&saved);
	text = fd_read_file(path, 4096, NULL);
	error_give(&saved);
	return text && sscanf(text, "%*u %llu", &delay) == 1 ? delay : 0;
}

int proc_open(pid_t pid, unsigned long long start_time)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 || proc_start_time(pid) == start_time)
		return fd;
	close(fd);
	return -1;
}

/* Reaps it where it is a child; whether it has ended. */
static bool has_ended(pid_t pid)
{
	pid_t r = waitpid(pid, NULL, WNOHANG);

	if (r == pid)
		return true;
	return r < 0 && proc_start_time(pid) == 0;
}

bool proc_wait(pid_t pid, int pidfd, int timeout_ms)
{
	enum { LOOK_MS = 20 };
	int64_t deadline = now_ms() + timeout_ms;

	while (!has_ended(pid)) {
		int64_t left = deadline - now_ms();
		struct pollfd p = {.fd = pidfd, .events = POLLIN};

		if (left <= 0)
			return false;
		/* without a pidfd there is nothing but to look again */
		poll(&p, 1, (int)(pidfd < 0 && left > LOOK_MS ? LOOK_MS : left));
	}
	return true;
}
