/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection to a daemon: its life, the calls that are out, and its end.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"
#include "lib/futex.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

struct remote *remote_new(struct channel *ch, const struct remote_options *options)
{
	CLEANUP_FREE struct remote *r = calloc(1, sizeof *r);
	pthread_mutexattr_t attr;

	if (r)
		r->pending.slots = calloc(FIRST_SLOTS, sizeof(struct rvirt_call *));
	if (!r || !r->pending.slots) {
		error_oom();
		return NULL;
	}
	r->pending.n_slots = FIRST_SLOTS;
	r->ch = ch;
	if (ch->ops->write_fd)
		ch->fds = &r->in_fds;
	r->options = *options;
	r->stage = ch->stage ? ch->stage : "socket";
	r->quiet_ms = now_ms();
	r->events.last = &r->events.first;
	/* the lock is held for a microsecond at a time: less than going to sleep takes */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&r->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return steal(&r);
}

void remote_forget(struct remote *r)
{
	if (!r)
		return;
	while (r->events.first) {
		struct event *e = r->events.first;

		r->events.first = e->next;
		wire_clear(e->op->args, e->msg);
		free(e);
	}
	remote_forget_streams(r);
	free(r->pending.slots);
	buf_clear(&r->in);
	buf_clear(&r->out);
	buf_clear(&r->sending);
	fds_clear(&r->in_fds);
	fds_queue_clear(&r->out_fds);
	error_clear(&r->cause);
	call_free(r->ping_question);
	free(r);
}

void remote_free(struct remote *r)
{
	if (!r)
		return;
	remote_lock(r);
	if (!r->broken) {
		error_set(FROM_RPC, ERR_INTERNAL_ERROR, "the connection to %s was closed", r->ch->how);
		r->broken = true;
		error_take(&r->cause);
	}
	remote_break(r);
	remote_unlock(r);
	pthread_mutex_destroy(&r->lock);
	channel_close(r->ch);
	remote_forget(r);
}

/* All calls that are out fail for the connection's cause. */
static void fail_calls(struct remote *r)
{
	struct error saved;

	error_take(&saved);
	for (unsigned i = 0; i < r->pending.n_slots; i++)
		while (r->pending.slots[i]) {
			struct rvirt_call *call = r->pending.slots[i];

			remote_unlist_call(r, call);
			error_copy(&r->cause);
			call_complete(call, -1);
		}
	remote_fail_streams(r);
	error_give(&saved);
}

void remote_break(struct remote *r)
{
	if (!r->broken) {
		channel_explain(r->ch);
		stage_put(r->stage);
		r->broken = true;
		error_take(&r->cause);
	}
	fail_calls(r);
}

int remote_broken_error(struct remote *r)
{
	return error_copy(&r->cause);
}

bool remote_is_broken(struct remote *r)
{
	bool broken;

	remote_lock(r);
	broken = r->broken;
	remote_unlock(r);
	return broken;
}

const char *remote_how(const struct remote *r)
{
	return r->ch->how;
}

/* -- calls that are out -- */

static struct rvirt_call **slot_of(struct pending *p, uint32_t serial)
{
	return &p->slots[serial & (p->n_slots - 1)];
}

/* More slots, so that the lists stay short. Without memory they grow longer. */
static void grow(struct pending *p)
{
	struct pending more = {.n_slots = p->n_slots * 2, .n = p->n};

	more.slots = calloc(more.n_slots, sizeof(struct rvirt_call *));
	if (!more.slots)
		return;
	for (unsigned i = 0; i < p->n_slots; i++)
		while (p->slots[i]) {
			struct rvirt_call *call = p->slots[i], **slot = slot_of(&more, call->serial);

			p->slots[i] = call->next_in_slot;
			call->next_in_slot = *slot;
			*slot = call;
		}
	free(p->slots);
	*p = more;
}

void remote_list_call(struct remote *r, struct rvirt_call *call)
{
	struct rvirt_call **slot;

	if (r->pending.n >= r->pending.n_slots)
		grow(&r->pending);
	slot = slot_of(&r->pending, call->serial);
	call->next_in_slot = *slot;
	*slot = call;
	call->listed = true;
	r->pending.n++;
}

void remote_unlist_call(struct remote *r, struct rvirt_call *call)
{
	struct rvirt_call **at = call->waits_for ? remote_stream_waiters(call->waits_for)
											 : slot_of(&r->pending, call->serial);

	while (*at != call)
		at = &(*at)->next_in_slot;
	*at = call->next_in_slot;
	call->listed = false;
	r->pending.n -= !call->waits_for;
	remote_get_up(r, call);
}

struct rvirt_call *remote_find_call(struct remote *r, uint32_t serial)
{
	struct rvirt_call *call = *slot_of(&r->pending, serial);

	while (call && call->serial != serial)
		call = call->next_in_slot;
	return call;
}

/* -- calls whose owners sleep -- */

void remote_lie_down(struct remote *r, struct rvirt_call *call)
{
	call->lies = true;
	call->next_asleep = NULL;
	call->prev_asleep = r->asleep_last;
	*(r->asleep_last ? &r->asleep_last->next_asleep : &r->asleep) = call;
	r->asleep_last = call;
}

void remote_get_up(struct remote *r, struct rvirt_call *call)
{
	if (!call->lies)
		return;
	call->lies = false;
	*(call->prev_asleep ? &call->prev_asleep->next_asleep : &r->asleep) = call->next_asleep;
	*(call->next_asleep ? &call->next_asleep->prev_asleep : &r->asleep_last) = call->prev_asleep;
}

void remote_rouse(struct remote *r, struct rvirt_call *call, enum call_state state)
{
	remote_get_up(r, call);
	if (atomic_exchange(&call->state, state) == CALL_ASLEEP)
		futex_wake(&call->state);
}
