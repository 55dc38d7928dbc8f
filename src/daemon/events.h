/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events: what each client wants, and the way from a driver's thread to the clients' output.
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include "base/buf.h"
#include "drivers/driver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct client;
struct event_entry;
struct event_filter;

/* Events that drivers have raised and that the loop has not delivered. */
struct event_queue {
	pthread_mutex_t lock;
	struct event_entry *first, **end;
	void (*wake)(void *opaque); /* from any thread: events_deliver() is to be called */
	void *opaque;
};

enum event_class {
	EVENT_DOMAIN,
	EVENT_NETWORK,
	EVENT_POOL,
	EVENT_NODE_DEVICE,
	EVENT_SECRET,
	EVENT_MONITOR
};

/* A client's registrations, and where its driver's events go. */
struct events {
	struct driver_sink sink;
	struct event_queue *queue;
	struct event_wish *wishes;
	int32_t next_id;
	unsigned n_wishes;
	unsigned n_queued;       /* under the queue's lock */
	bool overflow;           /* the same: more was queued than a client may have */
	_Atomic uint64_t wanted; /* by row of the events' table */
};

void event_queue_init(struct event_queue *q, void (*wake)(void *opaque), void *opaque);
void event_queue_clear(struct event_queue *q);

void events_init(struct events *e, struct event_queue *q);

/* No driver may use the sink any more. */
void events_clear(struct events *e);

/* Registers for an event of an object (of this shape; NULL: of any). legacy: the forms without
 * callback ids. The callback's id, or -1 with the error set. */
int events_register(struct client *c, enum event_class class, int id, bool legacy,
					const struct wire_shape *shape, const void *object);

/* The same for those of a monitor's events that the filter, which is taken over whatever comes of
 * it, lets through. */
int events_register_filtered(struct client *c, const struct wire_shape *shape, const void *object,
							 struct event_filter *filter);

/* Undoes it: by the callback's id, or by the event's for the legacy forms. 0, or -1 with the error
 * set. */
int events_deregister(struct client *c, enum event_class class, int id, bool legacy);

/* Puts what is queued into the outputs of its clients, and stirs them. */
void events_deliver(struct event_queue *q);

#endif
