/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A lock over the objects of a driver, and the events that are queued under it. They are told to
 * every connection once the lock is released, in the order in which they were caused: one thread
 * delivers at a time, another that causes an event meanwhile leaves it in the queue.
 */
#ifndef DRIVERS_HUB_H
#define DRIVERS_HUB_H

#include "drivers/driver.h"

#include <pthread.h>

struct hub_event;

/* A connection that is told of events. */
struct hub_member {
	struct hub_member *next;
	struct driver_sink *sink; /* NULL: it does not listen */
};

struct hub {
	pthread_mutex_t lock;
	struct hub_member *members;
	struct hub_event *first, **last; /* not yet delivered */
	bool delivering;
	pthread_t deliverer;
	unsigned long delivered; /* counts deliveries */
	pthread_cond_t idle;     /* signalled after each */
};

void hub_init(struct hub *h);
void hub_clear(struct hub *h); /* drops what was not delivered */

void hub_lock(struct hub *h);
/* Delivers what is queued. The thread's error stays. */
void hub_unlock(struct hub *h);

/* Queues an event; the hub is locked. msg is of the event's shape: it is copied as it is and what
 * it holds changes owner. An event that can't be remembered is lost. */
void hub_tell(struct hub *h, int procedure, void *msg);

void hub_join(struct hub *h, struct hub_member *member);
/* After this the member's sink is not called again. */
void hub_leave(struct hub *h, struct hub_member *member);

#endif
