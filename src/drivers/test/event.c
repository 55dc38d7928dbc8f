/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Events of the made-up host, from the operation that causes one to every connection that looks at
 * the host, in the order in which they were caused. One thread delivers at a time, without the
 * node's lock; another that causes an event meanwhile leaves it in the queue.
 */
#include "config.h"
#include "drivers/test/node.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

struct test_event {
	struct test_event *next;
	const struct wire_op *op;
	void *msg;
};

static void event_free(struct test_event *e)
{
	wire_clear(e->op->args, e->msg);
	free(e->msg);
	free(e);
}

void test_event_queue(struct test_node *node, int procedure, void *msg)
{
	const struct wire_op *op = wire_op_by_number(procedure);
	struct test_event *e = calloc(1, sizeof *e);

	if (e)
		e->msg = malloc(op->args->size);
	if (!e || !e->msg) {
		free(e);
		wire_clear(op->args, msg);
		return;
	}
	e->op = op;
	memcpy(e->msg, msg, op->args->size);
	*node->last = e;
	node->last = &e->next;
}

/* The sinks of the connections, counted; NULL if there are none (or no memory). */
static struct driver_sink **list_sinks(const struct test_node *node, size_t *ret_n)
{
	struct driver_sink **sinks;
	size_t n = 0;

	for (const struct test_conn *c = node->conns; c; c = c->next)
		n++;
	sinks = calloc(n + 1, sizeof(struct driver_sink *));
	*ret_n = 0;
	for (const struct test_conn *c = node->conns; sinks && c; c = c->next)
		if (c->conn.sink)
			sinks[(*ret_n)++] = c->conn.sink;
	return sinks;
}

/* Takes the first event out of the queue and tells it to all, releasing the lock meanwhile. */
static void deliver_one(struct test_node *node)
{
	struct test_event *e = node->first;
	size_t n;
	CLEANUP_FREE struct driver_sink **sinks = list_sinks(node, &n);

	node->first = e->next;
	if (!node->first)
		node->last = &node->first;
	pthread_mutex_unlock(&node->lock);
	for (size_t i = 0; i < n; i++)
		sinks[i]->event(sinks[i], e->op->number, e->msg);
	event_free(e);
	pthread_mutex_lock(&node->lock);
	node->delivered++;
	pthread_cond_broadcast(&node->idle);
}

void test_node_unlock_and_deliver(struct test_node **nodep)
{
	struct test_node *node = *nodep;

	if (node->first && !node->delivering) {
		struct error saved;

		error_take(&saved);
		node->delivering = true;
		node->deliverer = pthread_self();
		while (node->first)
			deliver_one(node);
		node->delivering = false;
		error_give(&saved);
	}
	pthread_mutex_unlock(&node->lock);
}

void test_event_join(struct test_node *node, struct test_conn *conn)
{
	pthread_mutex_lock(&node->lock);
	conn->next = node->conns;
	node->conns = conn;
	pthread_mutex_unlock(&node->lock);
}

void test_event_leave(struct test_node *node, struct test_conn *conn)
{
	struct test_conn **at;
	unsigned long now;

	pthread_mutex_lock(&node->lock);
	for (at = &node->conns; *at != conn; at = &(*at)->next)
		;
	*at = conn->next;
	/* a delivery that began before may still know the sink */
	now = node->delivered;
	while (node->delivering && node->delivered == now &&
		   !pthread_equal(node->deliverer, pthread_self()))
		pthread_cond_wait(&node->idle, &node->lock);
	pthread_mutex_unlock(&node->lock);
}

void test_event_drop_all(struct test_node *node)
{
	while (node->first) {
		struct test_event *e = node->first;

		node->first = e->next;
		event_free(e);
	}
	node->last = &node->first;
}
