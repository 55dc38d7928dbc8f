/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What qmp.c (calls), qmp-loop.c (reading) and agent.c (guests' agents, which talk much the same)
 * share. Private to them.
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

/* What the lines of a peer are. */
struct qmp_dialect {
	size_t line_max; /* a longer one ends the conversation */
	/* Looks at a line without its end, in the loop's thread. 0, or -1 if that can't be read. */
	int (*take)(struct qmp *q, const char *line, size_t len);
	const char *too_long, *broken, *ended; /* why a conversation ended */
};
extern const struct qmp_dialect qmp_of_monitors;

struct qmp {
	struct qmp_loop *loop;
	const struct qmp_dialect *dialect;
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

/* Fills in what was zeroed. */
void qmp_init(struct qmp *q, struct qmp_loop *loop, const struct qmp_dialect *dialect, int fd,
			  const struct qmp_handler *handler, void *opaque);

/* Frees what was taken out, once the last caller has left. */
void qmp_free(struct qmp *q);
/* Makes all calls fail from now on, the first reason counts. */
void qmp_fail(struct qmp *q, const char *why);
/* Sends a text, with a descriptor (or -1). 0, 1 if the peer has not taken all of it at the
 * deadline, -1 with errno. q->writing is held. */
int qmp_send(struct qmp *q, const char *text, size_t n, int fd, int64_t deadline_ms);
/* Until q->changed; false at the deadline. q->lock is held. */
bool qmp_wait(struct qmp *q, int64_t deadline_ms);
/* A line of JSON; NULL: it is none. */
json_t *qmp_parse_line(const char *line, size_t len);
/* What came from QEMU: hands answers over. Called by the loop's thread. */
void qmp_take_answer(struct qmp *q, json_t *answer);

#endif
