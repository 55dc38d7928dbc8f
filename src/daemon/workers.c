/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pool: one queue in, one queue out, one lock.
 */
#include "config.h"
#include "daemon/workers.h"

#include "base/error.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct queue {
	struct job *first, **end;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work_there;
	struct queue waiting, ready;
	unsigned n_threads, n_idle, n_waiting, n_working, max;
	bool ending;
	void (*wake)(void *opaque);
	void *opaque;
	pthread_t threads[];
};

static void push(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct job *pop(struct queue *q)
{
	struct job *job = q->first;

	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	return job;
}

static void *thread_main(void *opaque)
{
	struct workers *w = opaque;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct job *job;

		w->n_idle++;
		while (!w->waiting.first && !w->ending)
			pthread_cond_wait(&w->work_there, &w->lock);
		w->n_idle--;
		if (!w->waiting.first)
			break;
		job = pop(&w->waiting);
		w->n_waiting--;
		w->n_working++;
		pthread_mutex_unlock(&w->lock);
		job->work(job);
		pthread_mutex_lock(&w->lock);
		w->n_working--;
		push(&w->ready, job);
		w->wake(w->opaque);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct workers *workers_new(unsigned max, void (*wake)(void *opaque), void *opaque)
{
	struct workers *w = calloc(1, sizeof *w + max * sizeof w->threads[0]);

	if (!w) {
		error_oom();
		return NULL;
	}
	w->max = max;
	w->wake = wake;
	w->opaque = opaque;
	w->waiting.end = &w->waiting.first;
	w->ready.end = &w->ready.first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work_there, NULL);
	return w;
}

/* Starts a thread that gets no signals: they are the loop's. The lock is held. */
static int start_thread(struct workers *w)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->threads[w->n_threads], NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		w->n_threads++;
	return r;
}

int workers_give(struct workers *w, struct job *job)
{
	int r = 0;

	pthread_mutex_lock(&w->lock);
	if (w->n_idle <= w->n_waiting && w->n_threads < w->max)
		r = start_thread(w);
	if (w->n_threads) {
		r = 0;
		push(&w->waiting, job);
		w->n_waiting++;
		pthread_cond_signal(&w->work_there);
	}
	pthread_mutex_unlock(&w->lock);
	return r ? error_errno(FROM_RPC, r, "cannot start a worker") : 0;
}

bool workers_busy(struct workers *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->n_working || w->n_waiting;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void workers_collect(struct workers *w)
{
	struct job *job, *next;

	pthread_mutex_lock(&w->lock);
	job = w->ready.first;
	w->ready = (struct queue){.end = &w->ready.first};
	pthread_mutex_unlock(&w->lock);
	for (; job; job = next) {
		next = job->next;
		job->done(job);
	}
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->work_there);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->work_there);
	free(w);
}
