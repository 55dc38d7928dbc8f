/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver: its state, connections to it, and what they are told.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "base/log.h"
#include "conf/pool.h"
#include "drivers/storage/ops.h"
#include "transport/uri.h"

#include <string.h>

struct storage_event {
	struct storage_event *next;
	int procedure;
	union {
		struct rvirt_wire_storage_pool_event_lifecycle_msg lifecycle;
		struct rvirt_wire_storage_pool_event_refresh_msg refresh;
	} msg;
};

int storage_check_flags(uint32_t flags, uint32_t allowed, const char *function)
{
	if (!(flags & ~allowed))
		return 0;
	return storage_refuse(ERR_INVALID_ARG, "unsupported flags (0x%x) in function %s",
						  flags & ~allowed, function);
}

/* -- events -- */

static struct storage_event *queue(struct storage *st, int procedure)
{
	struct storage_event *e;

	/* an event that can't be remembered is lost */
	e = st->conns ? calloc(1, sizeof *e) : NULL;
	if (!e)
		return NULL;
	e->procedure = procedure;
	*st->events_end = e;
	st->events_end = &e->next;
	return e;
}

void storage_tell(struct storage *st, const struct storage_pool *pool, int event)
{
	struct storage_event *e = queue(st, RVIRT_PROC_STORAGE_POOL_EVENT_LIFECYCLE);

	if (!e)
		return;
	e->msg.lifecycle.event = event;
	storage_pool_wire(pool, &e->msg.lifecycle.pool);
}

void storage_tell_refresh(struct storage *st, const struct storage_pool *pool)
{
	struct storage_event *e = queue(st, RVIRT_PROC_STORAGE_POOL_EVENT_REFRESH);

	if (e)
		storage_pool_wire(pool, &e->msg.refresh.pool);
}

static struct storage_event *take_event(struct storage *st)
{
	struct storage_event *e;

	pthread_mutex_lock(&st->lock);
	e = st->events;
	if (e)
		st->events = e->next;
	if (!st->events)
		st->events_end = &st->events;
	pthread_mutex_unlock(&st->lock);
	return e;
}

/* Without the lock: tells all that has happened, one thread at a time, so that it stays in order.
 */
static void deliver(struct storage *st)
{
	struct storage_event *e;

	pthread_mutex_lock(&st->telling);
	while ((e = take_event(st))) {
		for (struct storage_conn *c = st->conns; c; c = c->next)
			if (c->conn.sink)
				c->conn.sink->event(c->conn.sink, e->procedure, &e->msg);
		wire_clear(wire_op_by_number(e->procedure)->args, &e->msg);
		free(e);
	}
	pthread_mutex_unlock(&st->telling);
}

struct storage *storage_lock(struct driver_conn *conn)
{
	struct storage *st = ((struct storage_conn *)conn)->storage;

	pthread_mutex_lock(&st->lock);
	return st;
}

void storage_unlock(struct storage **st)
{
	bool news = (*st)->events != NULL;

	pthread_mutex_unlock(&(*st)->lock);
	if (news)
		deliver(*st);
}

/* -- the state -- */

static void state_free(void *opaque)
{
	struct storage *st = opaque;

	while (st->pools)
		storage_pool_remove(st, st->pools);
	pthread_mutex_destroy(&st->lock);
	pthread_mutex_destroy(&st->telling);
	store_clear(&st->store);
	free(st);
}

static void *state_new(struct driver_host *host, const struct driver_host_options *options)
{
	struct storage *st = calloc(1, sizeof *st);

	(void)host;
	if (!st) {
		error_oom();
		return NULL;
	}
	pthread_mutex_init(&st->lock, NULL);
	pthread_mutex_init(&st->telling, NULL);
	st->events_end = &st->events;
	if (!options->daemon)
		return st;
	if (store_init(&st->store, options->state_dir, "storage", def_kind_pool()) < 0) {
		state_free(st);
		return NULL;
	}
	/* a daemon without storage is better than none */
	pthread_mutex_lock(&st->lock);
	if (storage_load(st) < 0) {
		log_error("storage pools can't be kept: %s", error_last()->message);
		error_reset();
	}
	pthread_mutex_unlock(&st->lock);
	return st;
}

/* -- connections -- */

static bool claims(const struct uri *uri)
{
	return strcmp(uri->driver, "storage") == 0;
}

static int open_conn(void *opaque, const struct uri *uri, struct driver_sink *sink,
					 struct driver_conn **ret_conn)
{
	bool root = geteuid() == 0;
	struct storage *st = opaque;
	struct storage_conn *conn;

	if (strcmp(uri->path, "/session") != 0 && !(root && strcmp(uri->path, "/system") == 0))
		return storage_refuse(ERR_INTERNAL_ERROR,
							  "unexpected storage URI path '%s', try storage:///%s", uri->path,
							  root ? "system" : "session");
	conn = calloc(1, sizeof *conn);
	if (!conn)
		return error_oom();
	conn->conn.sink = sink;
	conn->storage = st;
	pthread_mutex_lock(&st->telling);
	pthread_mutex_lock(&st->lock);
	conn->next = st->conns;
	st->conns = conn;
	pthread_mutex_unlock(&st->lock);
	pthread_mutex_unlock(&st->telling);
	*ret_conn = &conn->conn;
	return 0;
}

static void close_conn(struct driver_conn *opaque)
{
	struct storage_conn *conn = (struct storage_conn *)opaque, **at = &conn->storage->conns;

	pthread_mutex_lock(&conn->storage->telling);
	pthread_mutex_lock(&conn->storage->lock);
	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	pthread_mutex_unlock(&conn->storage->lock);
	pthread_mutex_unlock(&conn->storage->telling);
	free(conn);
}

int storage_connect_get_type(struct driver_conn *conn, struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	return storage_copy("storage", &ret->type);
}

const struct driver storage_driver = {
	.name = "storage",
	.daemon_only = true,
	.secondary = true,
	.claims = claims,
	.state_new = state_new,
	.state_free = state_free,
	.open = open_conn,
	.close = close_conn,
	.ops =
		{
#define OP(name) .name = storage_##name,
#include "drivers/storage/ops.def"
#undef OP
		},
};
