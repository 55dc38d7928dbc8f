/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The channel to a child process. Its stdin is a socket pair, so that writing never raises SIGPIPE;
 * its stdout a pipe, which can be given more room when much comes.
 */
#include "config.h"
#include "transport/process.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/fd-io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
	EXPLAIN_MS = 1000,   /* how long a child that ends its output may take to end itself */
	CLOSE_MS = 100,      /* the same for one whose input ended */
	TERMINATE_MS = 1000, /* and for one that was asked to end */
	PIPE_WIDE = 1024 * 1024,
};

struct process {
	struct channel head;
	int in, out, err; /* our ends; -1 when ended */
	pid_t pid;        /* 0 once waited for */
	int pidfd;
	bool wide;         /* the pipe from it has been given more room */
	bool output_ended; /* the child closed stdout, or takes no more input */
	struct ending ending;
};

static struct process *self(struct channel *ch)
{
	return (struct process *)ch;
}

/* Takes what stderr has, so that the child never waits for us to read it. */
static void drain(struct process *p)
{
	char data[1024];
	ssize_t n = 0;

	while (p->err >= 0 &&
		   ((n = read(p->err, data, sizeof data)) > 0 || (n < 0 && errno == EINTR))) {
		if (n > 0)
			ending_hear(&p->ending, data, (size_t)n);
	}
	if (p->err >= 0 && (n == 0 || errno != EAGAIN))
		close(steal_fd(&p->err));
}

/* A child that fills its pipe has to wait at every turn, and then to keep what it could not write.
 * The kernel may refuse: it grants a user so much and no more. */
static void widen(struct process *p, size_t got)
{
	if (p->wide || got < 64 * 1024)
		return;
	p->wide = true;
	fcntl(p->out, F_SETPIPE_SZ, PIPE_WIDE);
}

/* What the child says on stderr is taken when nothing else is left to do. If it waits for that, it
 * neither writes nor reads. */
static ssize_t process_read(struct channel *ch, void *data, size_t n)
{
	struct process *p = self(ch);
	ssize_t got = fd_io_read(p->out, data, n, ch->how);

	if (got > 0) {
		widen(p, (size_t)got);
		return got;
	}
	drain(p);
	if (got != CHANNEL_AGAIN)
		p->output_ended = true;
	return got;
}

static ssize_t process_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	struct process *p = self(ch);
	ssize_t n = fd_io_send(p->in, pieces, n_pieces, ch->how);

	if (n < 0)
		drain(p);
	if (n == CHANNEL_FAILED)
		p->output_ended = true;
	return n;
}

static int process_shutdown_write(struct channel *ch)
{
	struct process *p = self(ch);

	if (p->in >= 0)
		shutdown(p->in, SHUT_WR);
	return 0;
}

/* Where there is a place left, stderr is waited for too: a child may have to get rid of a message
 * before it answers. */
static int process_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct process *p = self(ch);
	int n = 0;

	if (want_read && want_write)
		drain(p);
	if (want_read)
		ret[n++] = (struct pollfd){.fd = p->out, .events = POLLIN};
	if (want_write)
		ret[n++] = (struct pollfd){.fd = p->in, .events = POLLOUT};
	if (n == 1 && p->err >= 0)
		ret[n++] = (struct pollfd){.fd = p->err, .events = POLLIN};
	return n;
}

static void note_end(struct process *p, const siginfo_t *status)
{
	p->ending.known = true;
	if (status->si_code == CLD_EXITED)
		p->ending.status = status->si_status;
	else
		snprintf(p->ending.signal, sizeof p->ending.signal, "%d", status->si_status);
}

/* Waits for the child's end for so long, taking what it says meanwhile. True once it has ended. */
static bool ended_within(struct process *p, int ms)
{
	int64_t deadline = now_ms() + ms;

	while (p->pid) {
		struct pollfd fds[2] = {{.fd = p->pidfd, .events = POLLIN},
								{.fd = p->err, .events = POLLIN}};
		siginfo_t status = {0};
		int64_t left;

		if (waitid(P_PID, (id_t)p->pid, &status, WEXITED | WNOHANG) < 0 && errno != EINTR) {
			p->pid = 0; /* the program around us waits for every child, or for none */
			break;
		}
		if (status.si_pid) {
			p->pid = 0;
			note_end(p, &status);
			break;
		}
		left = deadline - now_ms();
		if (left <= 0)
			return false;
		/* without a descriptor for the child (an old kernel, a sandbox), look again and again */
		poll(fds, 2, p->pidfd < 0 && left > 10 ? 10 : (int)left);
		drain(p);
	}
	drain(p);
	return true;
}

bool process_wait(struct channel *ch, long long deadline_ms, int *ret_status)
{
	struct process *p = self(ch);
	bool ended = false;

	while (!ended) {
		long long left = deadline_ms < 0 ? INT_MAX : deadline_ms - now_ms();

		ended = ended_within(p, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
		if (left <= 0)
			break;
	}
	if (ended)
		*ret_status = p->ending.known && !p->ending.signal[0] ? p->ending.status : -1;
	return ended;
}

static bool process_explain(struct channel *ch)
{
	struct process *p = self(ch);
	bool ended = ended_within(p, p->output_ended ? EXPLAIN_MS : 0);

	drain(p);
	return ending_explain(&p->ending, ch->how, ended);
}

static void process_close(struct channel *ch)
{
	struct process *p = self(ch);

	cleanup_close(&p->in);
	cleanup_close(&p->out);
	if (!ended_within(p, CLOSE_MS)) {
		kill(p->pid, SIGTERM);
		if (!ended_within(p, TERMINATE_MS)) {
			log_warning("%s does not end: killed", ch->how);
			kill(p->pid, SIGKILL);
			ended_within(p, TERMINATE_MS);
		}
	}
	cleanup_close(&p->err);
	cleanup_close(&p->pidfd);
	ending_clear(&p->ending);
	free(ch->how);
	free(p);
}

static const struct channel_ops process_ops = {
	.read = process_read,
	.write = process_write,
	.shutdown_write = process_shutdown_write,
	.poll = process_poll,
	.explain = process_explain,
	.close = process_close,
};

/* The child's side of its three descriptors. Above 2, so that none is overwritten by another's
 * copy. */
struct child_fds {
	int in, out, err;
};

static void child_fds_close(const struct child_fds *c)
{
	cleanup_close(&c->in);
	cleanup_close(&c->out);
	cleanup_close(&c->err);
}

static int lift(int *fd)
{
	int high;

	if (*fd > STDERR_FILENO)
		return 0;
	high = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (high < 0)
		return -1;
	close(*fd);
	*fd = high;
	return 0;
}

static int make_fds(struct process *p, struct child_fds *c)
{
	int in[2], out[2], err[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return -1;
	p->in = in[0];
	c->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	p->out = out[0];
	c->out = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return -1;
	p->err = err[0];
	c->err = err[1];
	if (lift(&c->in) < 0 || lift(&c->out) < 0 || lift(&c->err) < 0)
		return -1;
	return fd_set_nonblocking(p->in) < 0 || fd_set_nonblocking(p->out) < 0 ||
				   fd_set_nonblocking(p->err) < 0
			   ? -1
			   : 0;
}

/* An errno. */
static int spawn(struct process *p, char *const argv[], const struct child_fds *c)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int r;

	sigfillset(&all);
	sigemptyset(&none);
	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if ((r = posix_spawn_file_actions_adddup2(&actions, c->in, STDIN_FILENO)) == 0 &&
		(r = posix_spawn_file_actions_adddup2(&actions, c->out, STDOUT_FILENO)) == 0 &&
		(r = posix_spawn_file_actions_adddup2(&actions, c->err, STDERR_FILENO)) == 0 &&
		(r = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)) == 0)
		r = posix_spawnp(&p->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int process_open(char *const argv[], const char *how, const struct process_cause *causes,
				 struct channel **ret_channel)
{
	struct child_fds c = {-1, -1, -1};
	struct process *p = calloc(1, sizeof *p);
	int errnum;

	if (!p)
		return error_oom();
	*p = (struct process){.head.ops = &process_ops, .ending.causes = causes};
	p->in = p->out = p->err = p->pidfd = -1;
	p->head.how = strdup(how);
	if (!p->head.how) {
		process_close(&p->head);
		return error_oom();
	}
	errnum = make_fds(p, &c) < 0 ? errno : spawn(p, argv, &c);
	child_fds_close(&c);
	if (errnum) {
		p->pid = 0;
		process_close(&p->head);
		return error_errno(FROM_RPC, errnum, "%s: cannot run %s", how, argv[0]);
	}
	p->pidfd = pidfd_open(p->pid, 0);
	log_debug("%s: process %d, %s", how, (int)p->pid, argv[0]);
	*ret_channel = &p->head;
	return 0;
}
