/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A driver's event is encoded once, in the thread that raised it, and only if the client wants such
 * events; the loop then looks who wants it of this object and fills in the callback's id.
 */
#include "config.h"
#include "daemon/events.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/uuid.h"
#include "daemon/client.h"
#include "daemon/event-filter.h"

#include <endian.h>
#include <rvirt/protocol.h>
#include <stdlib.h>
#include <string.h>

enum {
	QUEUED_MAX = 4096,            /* events of one client that the loop has not seen */
	OUTPUT_MAX = 4 * 1024 * 1024, /* untaken output of a client at which events end it */
	WISHES_MAX = 4096,
	CALLBACK_ID_LEN = 4, /* the first member of every event's message */
};

/* Each event by the number that clients register for; legacy is the event without a callback's id,
 * 0 where there is none. To add one: its row, and those in ops.def and events.def. */
static const struct event_kind {
	enum event_class class;
	int id, procedure, legacy;
} kinds[] = {
	{EVENT_DOMAIN, 0, 318, 107},    /* lifecycle */
	{EVENT_DOMAIN, 1, 319, 169},    /* reboot */
	{EVENT_DOMAIN, 2, 320, 170},    /* clock */
	{EVENT_DOMAIN, 3, 321, 171},    /* watchdog */
	{EVENT_DOMAIN, 4, 322, 172},    /* I/O error */
	{EVENT_DOMAIN, 5, 323, 173},    /* graphics */
	{EVENT_DOMAIN, 6, 324, 195},    /* I/O error with reason */
	{EVENT_DOMAIN, 7, 325, 224},    /* control error */
	{EVENT_DOMAIN, 8, 326, 241},    /* block job */
	{EVENT_DOMAIN, 9, 327, 248},    /* disk change */
	{EVENT_DOMAIN, 10, 328, 268},   /* tray change */
	{EVENT_DOMAIN, 11, 329, 269},   /* wakeup */
	{EVENT_DOMAIN, 12, 330, 270},   /* suspend to memory */
	{EVENT_DOMAIN, 13, 331, 276},   /* balloon */
	{EVENT_DOMAIN, 14, 332, 292},   /* suspend to disk */
	{EVENT_DOMAIN, 15, 333, 311},   /* device removed */
	{EVENT_DOMAIN, 16, 339, 0},     /* block job, second form */
	{EVENT_DOMAIN, 17, 346, 0},     /* tunable */
	{EVENT_DOMAIN, 18, 348, 0},     /* agent */
	{EVENT_DOMAIN, 19, 354, 0},     /* device added */
	{EVENT_DOMAIN, 20, 359, 0},     /* migration iteration */
	{EVENT_DOMAIN, 21, 363, 0},     /* job completed */
	{EVENT_DOMAIN, 22, 367, 0},     /* device removal failed */
	{EVENT_DOMAIN, 23, 379, 0},     /* metadata */
	{EVENT_DOMAIN, 24, 385, 0},     /* block threshold */
	{EVENT_DOMAIN, 25, 423, 0},     /* memory failure */
	{EVENT_DOMAIN, 26, 438, 0},     /* memory device size */
	{EVENT_NETWORK, 0, 315, 0},     /* lifecycle */
	{EVENT_POOL, 0, 370, 0},        /* lifecycle */
	{EVENT_POOL, 1, 373, 0},        /* refresh */
	{EVENT_NODE_DEVICE, 0, 376, 0}, /* lifecycle */
	{EVENT_NODE_DEVICE, 1, 377, 0}, /* update */
	{EVENT_SECRET, 0, 382, 0},      /* lifecycle */
	{EVENT_SECRET, 1, 383, 0},      /* value changed */
	{EVENT_MONITOR, 0, 1006, 0},    /* whatever QEMU tells */
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };
_Static_assert(N_KINDS <= 64, "the events' table has more rows than struct events.wanted has bits");

/* What errors call a class, the procedure whose presence says that a driver has such objects, and
 * the domain of the error where it has none. */
static const struct {
	const char *words;
	int list;
	int error_domain;
} classes[] = {
	[EVENT_DOMAIN] = {"", 273, FROM_DOMAIN},
	[EVENT_NETWORK] = {"network ", 283, FROM_NETWORK},
	[EVENT_POOL] = {"storage pool ", 281, FROM_STORAGE},
	[EVENT_NODE_DEVICE] = {"node device ", 285, FROM_NODEDEV},
	[EVENT_SECRET] = {"secret ", 287, FROM_SECRET},
	[EVENT_MONITOR] = {"qemu monitor ", 1001, FROM_NONE},
};

struct event_wish {
	struct event_wish *next;
	const struct event_kind *kind;
	int32_t id; /* of the callback */
	bool legacy;
	char *object;                /* NULL: any */
	struct event_filter *filter; /* NULL: all */
};

struct event_entry {
	struct event_entry *next;
	struct events *owner;
	const struct event_kind *kind;
	char *object;
	char *word; /* of a monitor's event: its name */
	struct buf message;
};

/* What identifies an object: its UUID if it has one, else its name; owned by the caller. */
static char *object_key(const struct wire_shape *shape, const void *object)
{
	const char *name = NULL;
	char text[UUID_TEXT_LEN];

	for (uint32_t i = 0; i < shape->n_fields; i++) {
		const struct wire_field *f = &shape->fields[i];
		const char *at = (const char *)object + f->offset;

		if (f->kind == WIRE_UUID)
			return strdup(uuid_format((const unsigned char *)at, text));
		if (f->kind == WIRE_TEXT && !name)
			name = *(char *const *)at;
	}
	return strdup(name ? name : "");
}

/* The key of the object that a message is about: it follows the callback's id, or begins what
 * follows it. */
static char *message_key(const struct wire_shape *shape, const void *msg)
{
	const struct wire_field *f = &shape->fields[1];
	const char *at = msg;
	size_t len;

	for (;;) {
		at += f->offset;
		len = strlen(f->shape->name);
		if (len < 4 || strcmp(f->shape->name + len - 4, "_msg") != 0)
			return object_key(f->shape, at);
		f = &f->shape->fields[0];
	}
}

static void entry_free(struct event_entry *entry)
{
	free(entry->object);
	free(entry->word);
	buf_clear(&entry->message);
	free(entry);
}
DEFINE_CLEANUP(entry, struct event_entry *, entry_free)

static const struct event_kind *kind_of_procedure(int procedure)
{
	for (int i = 0; i < N_KINDS; i++)
		if (kinds[i].procedure == procedure)
			return &kinds[i];
	return NULL;
}

static const struct event_kind *kind_of(enum event_class class, int id)
{
	for (int i = 0; i < N_KINDS; i++)
		if (kinds[i].class == class && kinds[i].id == id)
			return &kinds[i];
	return NULL;
}

/* NULL where there is no memory, or the driver's message can't be encoded. */
static struct event_entry *entry_new(struct events *owner, const struct event_kind *kind,
									 const struct wire_shape *shape, const void *msg)
{
	CLEANUP(cleanup_entry) struct event_entry *entry = calloc(1, sizeof *entry);

	if (!entry)
		return NULL;
	*entry = (struct event_entry){.owner = owner, .kind = kind, .object = message_key(shape, msg)};
	if (!entry->object || wire_encode(shape, msg, &entry->message) < 0)
		return NULL;
	if (kind->class == EVENT_MONITOR &&
		!(entry->word =
			  strdup(((const struct rvirt_wire_domain_qemu_monitor_event_msg *)msg)->event)))
		return NULL;
	return steal(&entry);
}

static void raised(struct driver_sink *sink, int procedure, const void *msg)
{
	struct events *e = (struct events *)sink; /* its first member */
	uint64_t wanted = atomic_load_explicit(&e->wanted, memory_order_relaxed);
	const struct event_kind *kind;
	struct event_entry *entry;

	if (!wanted)
		return;
	kind = kind_of_procedure(procedure);
	if (!kind || !(wanted >> (kind - kinds) & 1))
		return;
	entry = entry_new(e, kind, wire_op_by_number(procedure)->args, msg);
	pthread_mutex_lock(&e->queue->lock);
	if (!entry || e->n_queued >= QUEUED_MAX) {
		e->overflow = true;
		if (entry)
			entry_free(entry);
	} else {
		e->n_queued++;
		*e->queue->end = entry;
		e->queue->end = &entry->next;
	}
	pthread_mutex_unlock(&e->queue->lock);
	e->queue->wake(e->queue->opaque);
}

void event_queue_init(struct event_queue *q, void (*wake)(void *opaque), void *opaque)
{
	*q = (struct event_queue){.end = &q->first, .wake = wake, .opaque = opaque};
	pthread_mutex_init(&q->lock, NULL);
}

void event_queue_clear(struct event_queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

void events_init(struct events *e, struct event_queue *q)
{
	*e = (struct events){.sink = {.event = raised}, .queue = q};
}

static void wish_free(struct event_wish *w)
{
	free(w->object);
	event_filter_free(w->filter);
	free(w);
}
DEFINE_CLEANUP(wish, struct event_wish *, wish_free)

static void drop_queued(struct events *e)
{
	struct event_entry **p, *entry;

	pthread_mutex_lock(&e->queue->lock);
	for (p = &e->queue->first; e->n_queued && (entry = *p);) {
		if (entry->owner != e) {
			p = &entry->next;
			continue;
		}
		*p = entry->next;
		if (e->queue->end == &entry->next)
			e->queue->end = p;
		entry_free(entry);
		e->n_queued--;
	}
	pthread_mutex_unlock(&e->queue->lock);
}

void events_clear(struct events *e)
{
	struct event_wish *w, *next;

	drop_queued(e);
	for (w = e->wishes; w; w = next) {
		next = w->next;
		wish_free(w);
	}
	e->wishes = NULL;
}

static void update_wanted(struct events *e)
{
	uint64_t wanted = 0;

	for (struct event_wish *w = e->wishes; w; w = w->next)
		wanted |= (uint64_t)1 << (w->kind - kinds);
	atomic_store(&e->wanted, wanted);
}

/* The same registration is there already: of clients, only one in error asks twice. */
static bool is_known(const struct events *e, const struct event_wish *wish)
{
	for (const struct event_wish *w = e->wishes; w; w = w->next)
		if (w->kind == wish->kind && w->legacy == wish->legacy && !w->object == !wish->object &&
			(!w->object || !strcmp(w->object, wish->object)))
			return true;
	return false;
}

/* filter changes owner on success only. */
static int add_wish(struct client *c, enum event_class class, int id, bool legacy,
					const struct wire_shape *shape, const void *object,
					struct event_filter **filter)
{
	struct events *e = &c->events;
	const struct event_kind *kind = kind_of(class, id);
	const struct wire_op *list = wire_op_by_number(classes[class].list);
	CLEANUP(cleanup_wish) struct event_wish *wish = NULL;
	struct event_wish **end;

	if (!kind || (legacy && !kind->legacy))
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "unsupported %sevent ID %d",
						 classes[class].words, id);
	if (!driver_supports(c->conn, list))
		return error_set(classes[class].error_domain, ERR_NO_SUPPORT, "%s: %sevents",
						 c->conn->driver->name, classes[class].words);
	wish = calloc(1, sizeof *wish);
	if (!wish)
		return error_oom();
	*wish = (struct event_wish){.kind = kind, .legacy = legacy};
	if (object && !(wish->object = object_key(shape, object)))
		return error_oom();
	if (!filter && is_known(e, wish))
		return error_set(FROM_NONE, ERR_INVALID_ARG, "event callback already tracked");
	if (e->n_wishes >= WISHES_MAX)
		return error_set(FROM_RPC, ERR_RPC, "more than %d event callbacks", WISHES_MAX);
	wish->filter = filter ? steal(filter) : NULL;
	e->n_wishes++;
	id = wish->id = e->next_id++;
	/* an event goes to those that want it in the order in which they asked */
	for (end = &e->wishes; *end; end = &(*end)->next)
		;
	*end = steal(&wish);
	update_wanted(e);
	return id;
}

int events_register(struct client *c, enum event_class class, int id, bool legacy,
					const struct wire_shape *shape, const void *object)
{
	return add_wish(c, class, id, legacy, shape, object, NULL);
}

int events_register_filtered(struct client *c, const struct wire_shape *shape, const void *object,
							 struct event_filter *filter)
{
	int r = add_wish(c, EVENT_MONITOR, 0, false, shape, object, &filter);

	event_filter_free(filter);
	return r;
}

int events_deregister(struct client *c, enum event_class class, int id, bool legacy)
{
	struct events *e = &c->events;

	if (legacy && (!kind_of(class, id) || !kind_of(class, id)->legacy))
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "unsupported event ID %d", id);
	for (struct event_wish **p = &e->wishes; *p; p = &(*p)->next) {
		struct event_wish *w = *p;

		if (w->kind->class != class || w->legacy != legacy || (legacy ? w->kind->id : w->id) != id)
			continue;
		*p = w->next;
		wish_free(w);
		e->n_wishes--;
		update_wanted(e);
		return 0;
	}
	return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "%sevent %s%d not registered",
					 class == EVENT_DOMAIN ? "domain " : classes[class].words,
					 legacy ? "" : "callback ", id);
}

/* Puts the event out once for each registration that it fits. */
static int put_event(struct client *c, const struct event_entry *entry)
{
	for (const struct event_wish *w = c->events.wishes; w; w = w->next) {
		int procedure = w->legacy ? w->kind->legacy : w->kind->procedure;
		struct frame_header h = {.type = FRAME_MESSAGE};
		size_t from = w->legacy ? CALLBACK_ID_LEN : 0;
		uint32_t id = htobe32((uint32_t)w->id);

		if (w->kind != entry->kind || (w->object && strcmp(w->object, entry->object) != 0) ||
			(w->filter && !event_filter_fits(w->filter, entry->word)))
			continue;
		frame_address(&h, wire_op_by_number(procedure));
		memcpy(buf_at(&entry->message), &id, sizeof id);
		if (frame_put_bytes(client_output(c), &h, buf_at(&entry->message) + from,
							buf_len(&entry->message) - from) < 0)
			return -1;
	}
	return 0;
}

static struct event_entry *take_first(struct event_queue *q, bool *ret_overflow)
{
	struct event_entry *entry;

	pthread_mutex_lock(&q->lock);
	entry = q->first;
	if (entry) {
		q->first = entry->next;
		if (!q->first)
			q->end = &q->first;
		entry->owner->n_queued--;
		*ret_overflow = entry->owner->overflow;
	}
	pthread_mutex_unlock(&q->lock);
	return entry;
}

/* An event that is lost in silence is worse than a connection that ends: its peer will look again.
 */
static void end_client(struct client *c)
{
	unsigned queued;

	pthread_mutex_lock(&c->events.queue->lock);
	queued = c->events.n_queued;
	pthread_mutex_unlock(&c->events.queue->lock);
	log_warning("%s: ended: it does not take its events: %u wait, and %zu bytes of output",
				c->how ? c->how : "a client", queued + 1, buf_len(&c->out));
	client_step(c, CLIENT_ENDED);
	buf_clear(&c->out);
}

void events_deliver(struct event_queue *q)
{
	struct client *before = NULL; /* has events in its output that are not on their way */
	struct event_entry *entry;
	bool overflow;

	while ((entry = take_first(q, &overflow))) {
		struct client *c =
			(struct client *)((char *)entry->owner - offsetof(struct client, events));

		if (before && before != c)
			before->host->stirred(before);
		before = c;
		/* the rest of what an ended one was to have is dropped without a word */
		if (c->state != CLIENT_CLOSING &&
			(overflow || buf_len(&c->out) > OUTPUT_MAX || put_event(c, entry) < 0))
			end_client(c);
		entry_free(entry);
	}
	if (before)
		before->host->stirred(before);
}
