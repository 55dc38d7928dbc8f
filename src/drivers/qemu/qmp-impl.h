/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What qmp.c (calls) and qmp-loop.c (reading) share. Private to them.
 */
#ifndef DRIVERS_QEMU_QMP_IMPL_H
#define DRIVERS_QEMU_QMP_IMPL_H

#include <pthread.h>

#include "base/buf.h"
#include "drivers/qemu/qmp.h"

/* A call that waits for its answer, on the stack of its thread. */
struct qmp_pending {
	struct qmp_pending *next;
	long long id;
	json_t *answer;
};

struct qmp {
	struct qmp_loop *loop;
	const struct qmp_handler *handler;
	void *opaque;
	int fd;

	/* of the loop's thread */
	struct buf in;
	size_t scanned; /* of in: there is no newline in so much of it */

	/* of the loop, under its lock */
	struct qmp *next;
	uint64_t key; /* what epoll knows it by */
	bool doomed;  /* closed by its own handler: the loop frees it */

	pthread_mutex_t writing; /* one message after the other */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct qmp_pending *pending;
	long long last_id;
	unsigned callers; /* threads within a call */
	int version;
	bool greeted;
	char *gone; /* why it can't be used any more, or NULL */
};

/* Puts a monitor into the loop, and takes it out: then no handler runs for it, and none will. false
 * if that is the loop's to do, since its own handler asks. */
int qmp_loop_add(struct qmp_loop *loop, struct qmp *q);
bool qmp_loop_remove(struct qmp_loop *loop, struct qmp *q);
bool qmp_loop_is_me(const struct qmp_loop *loop);

/* Frees what was taken out, once the last caller has left. */
void qmp_free(struct qmp *q);
/* Makes all calls fail from now on, the first reason counts. */
void qmp_fail(struct qmp *q, const char *why);
/* What came from QEMU: hands answers over. Called by the loop's thread. */
void qmp_take_answer(struct qmp *q, json_t *answer);

#endif
