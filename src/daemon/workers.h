/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bounded pool of threads for what may block. Knows nothing of calls.
 */
#ifndef DAEMON_WORKERS_H
#define DAEMON_WORKERS_H

#include <stdbool.h>

struct job {
	void (*work)(struct job *job); /* in a worker's thread */
	void (*done)(
		struct job *job); /* in the owner's, by workers_collect(); the job is its own again */
	struct job *next;
};

struct workers;

/* Threads start when there is work, at most max of them, and stay. wake is called from a worker's
 * thread when a job is ready for workers_collect(). NULL with the error set. */
struct workers *workers_new(unsigned max, void (*wake)(void *opaque), void *opaque);

/* Waits for the jobs that are being worked on, drops none: those not begun are worked on first.
 * Their done() is not called any more unless workers_collect() was. NULL is allowed. */
void workers_free(struct workers *w);

/* 0, or -1 with the error set, when no thread can be started at all. */
int workers_give(struct workers *w, struct job *job);

/* Whether a job is being worked on, or waits for that. */
bool workers_busy(struct workers *w);

/* Calls done() of every job that is ready. */
void workers_collect(struct workers *w);

#endif
