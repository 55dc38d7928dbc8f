/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events from the operation that causes one to every connection, without the lock.
 */
#include "config.h"
#include "drivers/hub.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

struct hub_event {
	struct hub_event *next;
	const struct wire_op *op;
	void *msg;
};

static void event_free(struct hub_event *e)
{
	wire_clear(e->op->args, e->msg);
	free(e->msg);
	free(e);
}

void hub_init(struct hub *h)
{
	*h = (struct hub){.last = &h->first};
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->idle, NULL);
}

void hub_clear(struct hub *h)
{
	while (h->first) {
		struct hub_event *e = h->first;

		h->first = e->next;
		event_free(e);
	}
	h->last = &h->first;
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->idle);
}

void hub_lock(struct hub *h)
{
	pthread_mutex_lock(&h->lock);
}

void hub_tell(struct hub *h, int procedure, void *msg)
{
	const struct wire_op *op = wire_op_by_number(procedure);
	struct hub_event *e = h->members ? calloc(1, sizeof *e) : NULL;

	if (e)
		e->msg = malloc(op->args->size);
	if (!e || !e->msg) {
		free(e);
		wire_clear(op->args, msg);
		return;
	}
	e->op = op;
	memcpy(e->msg, msg, op->args->size);
	*h->last = e;
	h->last = &e->next;
}

/* The sinks of the members, counted; NULL if there is no memory. */
static struct driver_sink **list_sinks(const struct hub *h, size_t *ret_n)
{
	struct driver_sink **sinks;
	size_t n = 0;

	for (const struct hub_member *m = h->members; m; m = m->next)
		n++;
	sinks = calloc(n + 1, sizeof(struct driver_sink *));
	*ret_n = 0;
	for (const struct hub_member *m = h->members; sinks && m; m = m->next)
		if (m->sink)
			sinks[(*ret_n)++] = m->sink;
	return sinks;
}

/* Takes the first event out of the queue and tells it to all, releasing the lock meanwhile. */
static void deliver_one(struct hub *h)
{
	struct hub_event *e = h->first;
	size_t n;
	CLEANUP_FREE struct driver_sink **sinks = list_sinks(h, &n);

	h->first = e->next;
	if (!h->first)
		h->last = &h->first;
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < n; i++)
		sinks[i]->event(sinks[i], e->op->number, e->msg);
	event_free(e);
	pthread_mutex_lock(&h->lock);
	h->delivered++;
	pthread_cond_broadcast(&h->idle);
}

void hub_unlock(struct hub *h)
{
	if (h->first && !h->delivering) {
		struct error saved;

		error_take(&saved);
		h->delivering = true;
		h->deliverer = pthread_self();
		while (h->first)
			deliver_one(h);
		h->delivering = false;
		error_give(&saved);
	}
	pthread_mutex_unlock(&h->lock);
}

void hub_join(struct hub *h, struct hub_member *member)
{
	pthread_mutex_lock(&h->lock);
	member->next = h->members;
	h->members = member;
	pthread_mutex_unlock(&h->lock);
}

void hub_leave(struct hub *h, struct hub_member *member)
{
	struct hub_member **at;
	unsigned long now;

	pthread_mutex_lock(&h->lock);
	for (at = &h->members; *at != member; at = &(*at)->next)
		;
	*at = member->next;
	/* a delivery that began before may still know the sink */
	now = h->delivered;
	while (h->delivering && h->delivered == now && !pthread_equal(h->deliverer, pthread_self()))
		pthread_cond_wait(&h->idle, &h->lock);
	pthread_mutex_unlock(&h->lock);
}
