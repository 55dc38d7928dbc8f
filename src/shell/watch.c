/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Watching a job of a domain. The library lets threads share a connection; errors belong to the
 * thread that got them, so the worker's is carried over.
 */
#include "config.h"
#include "watch.h"

#include "domain.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 300 }; /* between two looks at the job */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

struct worker {
	const struct watch *watch;
	int done; /* written to when the work is over */
	int result;
	int code, domain;
	char *message;
};

static void *run(void *opaque)
{
	struct worker *worker = opaque;

	worker->result = worker->watch->work(worker->watch->opaque);
	if (worker->result < 0) {
		struct rvirt_error error = rvirt_last_error();

		worker->code = error.code;
		worker->domain = error.domain;
		worker->message = shell_strdup(error.message ? error.message : "unknown error");
	}
	close(worker->done);
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Nothing is said of a job that the host has not begun with: what fails is the work's to tell. */
static void look(const struct watch *w, double *started)
{
	const struct rvirt_wire_dom_args args = domain_args(w->dom);
	struct rvirt_wire_domain_get_job_info_ret job;
	double part;

	if (rvirt_call_domain_get_job_info(w->sh->conn, &args, &job) < 0)
		return;
	if (*started < 0 &&
		(job.type == RVIRT_DOMAIN_JOB_BOUNDED || job.type == RVIRT_DOMAIN_JOB_UNBOUNDED))
		*started = now();
	if (!w->verbose || !job.data_total)
		return;
	part = 1 - (double)job.data_remaining / (double)job.data_total;
	/* 100 is for what is over */
	out_progress(w->sh, "%s: [%3d %%]", w->label, part < 0.99 ? (int)(part * 100) : 99);
}

static void follow(const struct watch *w, int done)
{
	const struct rvirt_wire_dom_args args = domain_args(w->dom);
	struct pollfd p = {.fd = done, .events = POLLIN};
	double started = -1;

	for (;;) {
		int r = poll(&p, 1, LOOK_MS);

		if (interrupted) {
			interrupted = 0;
			/* the work fails for it, or was just over */
			rvirt_call_domain_abort_job(w->sh->conn, &args);
		}
		if (r > 0 || (r < 0 && errno != EINTR))
			return;
		look(w, &started);
		if (w->tick)
			w->tick(w->opaque, started < 0 ? -1 : now() - started);
	}
}

/* Starts the worker, which gets no signals. */
static int start(struct worker *worker, pthread_t *ret)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(ret, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int watch_run(const struct watch *w)
{
	struct sigaction act = {.sa_handler = on_signal}, old;
	struct worker worker = {.watch = w};
	pthread_t thread;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return out_refuse(w->sh, "cannot make a pipe: %s", strerror(errno));
	worker.done = fds[1];
	interrupted = 0;
	sigaction(SIGINT, &act, &old);
	r = start(&worker, &thread);
	if (r == 0) {
		follow(w, fds[0]);
		pthread_join(thread, NULL);
	} else {
		close(fds[1]);
	}
	sigaction(SIGINT, &old, NULL);
	close(fds[0]);
	if (r)
		return out_refuse(w->sh, "cannot start a thread: %s", strerror(r));
	if (worker.result < 0)
		out_cause(w->sh, worker.code, worker.domain, "%s", worker.message);
	else if (w->verbose)
		out_progress(w->sh, "%s: [100 %%]", w->label);
	free(worker.message);
	return worker.result;
}
