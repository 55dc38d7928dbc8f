/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for answers. Of the threads that wait one is the reader; the others sleep, each on the
 * word of its own call. A reader whose answer has come chooses its successor.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"
#include "lib/futex.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>

enum {
	READ_CHUNK = 32 * 1024,
	IN_KEPT_MAX = 1024 * 1024, /* a larger buffer is given back when it is empty */
	HOLD_BACK_MAX = 16 * 1024, /* more than this is not held back */
	UNSENT_MAX = 1024 * 1024,  /* a sender waits while the channel leaves more than this */
	WRITER_MS = 10,            /* another thread is trusted to write our bytes for so long */
};

/* -- times: monotonic milliseconds, negative for never -- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Milliseconds from now until a time. */
static int64_t until(int64_t when)
{
	int64_t left;

	if (when < 0)
		return -1;
	left = when - now_ms();
	return left > 0 ? left : 0;
}

static bool expired(int64_t deadline)
{
	return deadline >= 0 && until(deadline) == 0;
}

/* Polls until the channel is ready or the time has come. 1 if it is ready (or a signal came), 0 at
 * the time, -1 with the error set. */
static int poll_channel(struct remote *r, bool want_read, bool want_write, int64_t when)
{
	struct pollfd fds[2];
	int n = channel_poll(r->ch, want_read, want_write, fds);
	int64_t left = until(when);

	if (n == 0)
		return 1;
	n = poll(fds, (nfds_t)n, left > INT_MAX ? INT_MAX : (int)left);
	if (n < 0 && errno != EINTR)
		return error_errno(FROM_RPC, errno, "cannot wait for an answer, %s", r->ch->how);
	return n != 0;
}

/* -- the reader -- */

static void break_unlocked(struct remote *r)
{
	remote_lock(r);
	remote_break(r);
	remote_unlock(r);
}

/* Reads once, waiting for at most wait_ms (negative: for ever) where the channel can. The count, or
 * CHANNEL_AGAIN, or CHANNEL_FAILED with the error set. */
static ssize_t receive_waiting(struct remote *r, int64_t wait_ms)
{
	size_t room = READ_CHUNK;
	unsigned char *at;
	ssize_t n;

	if (buf_len(&r->in) == 0 && r->in.size > IN_KEPT_MAX)
		buf_clear(&r->in);
	at = r->large ? stream_room(&r->in, &room) : buf_reserve(&r->in, room);
	if (!at)
		return CHANNEL_FAILED;
	n = wait_ms ? r->ch->ops->read_waiting(r->ch, at, room, wait_ms)
				: channel_read(r->ch, at, room);
	r->more = n == (ssize_t)room;
	if (n == 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "End of file while reading data: the daemon closed the connection%s, %s",
						 buf_len(&r->in) ? " in the middle of a message" : "", r->ch->how);
	if (n > 0) {
		buf_grow(&r->in, (size_t)n);
		r->quiet_ms = now_ms_about();
		r->silent_pings = 0;
	}
	return n;
}

static ssize_t receive(struct remote *r)
{
	return receive_waiting(r, 0);
}

/* Looks for bytes again and again for a moment, if that pays. As receive(). */
static ssize_t spin(struct remote *r)
{
	ssize_t n = CHANNEL_AGAIN;
	int64_t start, took;

	if (!spin_pays(&r->spin))
		return CHANNEL_AGAIN;
	start = now_us();
	do {
		/* for whoever is needed for the answer: the peer, or this program's other callers */
		sched_yield();
		n = receive(r);
		took = now_us() - start;
	} while (n == CHANNEL_AGAIN && took < SPIN_MAX_US);
	spin_learn(&r->spin, n > 0, took);
	return n;
}

static ssize_t poll_until(struct remote *r, bool want_write, int64_t when)
{
	int ready = poll_channel(r, true, want_write, when);

	return ready > 0 ? CHANNEL_AGAIN : ready;
}

/* Waits for bytes, at most until a time, and reads them if the channel can wait by reading. As
 * receive(), CHANNEL_AGAIN meaning that there may be something to read; 0 at the time. */
static ssize_t receive_until(struct remote *r, int64_t when)
{
	int64_t left = when < 0 ? -1 : when - now_ms_about();
	ssize_t n = CHANNEL_AGAIN;

	if (when >= 0 && left <= 0)
		return poll_until(r, false, when);
	n = spin(r);
	if (n == CHANNEL_AGAIN && r->ch->ops->read_waiting)
		n = receive_waiting(r, left);
	if (n != CHANNEL_AGAIN)
		return n;
	return poll_until(r, false, when);
}

/* Writes what is left to write, then waits for bytes until the deadline, as receive_until() does.
 */
static ssize_t await_input(struct remote *r, int64_t deadline)
{
	for (;;) {
		int64_t ping_due = remote_ping_due(r), when = earlier(deadline, ping_due);
		bool unsent, others, broken;
		ssize_t n;

		remote_lock(r);
		remote_write(r);
		unsent = r->written < r->queued;
		others = r->writing;
		broken = r->broken;
		atomic_store_explicit(&r->polling, !broken, memory_order_relaxed);
		remote_unlock(r);
		if (broken)
			return CHANNEL_FAILED;
		if (unsent && others)
			when = earlier(when, now_ms() + WRITER_MS);
		n = unsent ? poll_until(r, !others, when) : receive_until(r, when);
		atomic_store_explicit(&r->polling, false, memory_order_relaxed);
		if (n != 0)
			return n;
		if (expired(deadline))
			return 0;
		if (expired(ping_due))
			remote_ping(r);
	}
}

/* Reads for all until the call is done, its deadline has come, or the connection is broken.
 * at_once: there may be something to read already. */
static void lead(struct remote *r, struct rvirt_call *call, bool at_once)
{
	for (;;) {
		ssize_t n = CHANNEL_AGAIN;

		if (remote_input(r) < 0) {
			break_unlocked(r);
			return;
		}
		if (call_is_done(call))
			return;
		if (at_once)
			n = receive(r);
		if (n == CHANNEL_AGAIN)
			n = await_input(r, call->deadline_ms);
		if (n == CHANNEL_FAILED)
			break_unlocked(r);
		if (n == CHANNEL_FAILED || n == 0)
			return;
		at_once = n == CHANNEL_AGAIN || r->more;
	}
}

/* With the lock held, which is released meanwhile, by the reader: whoever has slept longest reads
 * from now on; nobody, if nobody sleeps. */
static void pass_reading_on(struct remote *r)
{
	remote_write(r);
	if (r->asleep)
		remote_rouse(r, r->asleep, CALL_READS);
	else
		r->reading = false;
}

/* With the lock held, which is released meanwhile: the thread, being the reader, reads for all, and
 * passes it on. at_once as for lead(). */
static void read_for_all(struct remote *r, struct rvirt_call *call, bool at_once)
{
	bool events;

	remote_unlock(r);
	lead(r, call, at_once);
	remote_lock(r);
	pass_reading_on(r);
	events = r->events.n > 0;
	if (!events)
		return;
	remote_unlock(r);
	remote_deliver_events(r);
	remote_lock(r);
}

/* -- those who sleep -- */

/* Gives the processor away again and again for a moment, until the call's state is no longer
 * CALL_LOOKS, or else makes it CALL_ASLEEP. Whether the state changed, and how long it took. */
static bool look_at(struct rvirt_call *call, int64_t *ret_took_us)
{
	int64_t start = now_us();
	uint32_t state = CALL_LOOKS;

	do {
		sched_yield();
		*ret_took_us = now_us() - start;
		if (atomic_load_explicit(&call->state, memory_order_relaxed) != CALL_LOOKS)
			return true;
	} while (*ret_took_us < SPIN_MAX_US);
	return !atomic_compare_exchange_strong(&call->state, &state, CALL_ASLEEP);
}

/* With the lock held, which is released meanwhile: sleeps until the call is done, its deadline has
 * come, it is this thread's turn to read, or something has changed. */
static void sleep_on(struct remote *r, struct rvirt_call *call)
{
	bool looks = spin_pays(&r->look), came = false;
	uint32_t state = CALL_OUT;
	int64_t took_us = 0;

	if (!atomic_compare_exchange_strong(&call->state, &state, looks ? CALL_LOOKS : CALL_ASLEEP))
		return;
	if (call->listed) /* else its answer is being decoded */
		remote_lie_down(r, call);
	remote_unlock(r);
	if (looks)
		came = look_at(call, &took_us);
	while (atomic_load(&call->state) == CALL_ASLEEP && !expired(call->deadline_ms))
		futex_sleep(&call->state, CALL_ASLEEP, until(call->deadline_ms));
	remote_lock(r);
	if (looks)
		spin_learn(&r->look, came, took_us);
	state = CALL_ASLEEP;
	if (atomic_compare_exchange_strong(&call->state, &state, CALL_OUT)) {
		remote_get_up(r, call);
	} else if (state == CALL_READS) {
		atomic_compare_exchange_strong(&call->state, &state, CALL_OUT);
		read_for_all(r, call, true);
	}
}

/* Whether streams have so much waiting that more is better left to the channel. */
static bool is_full(struct remote *r)
{
	return atomic_load_explicit(&r->n_full, memory_order_relaxed) > 0;
}

/* With the lock held, which is released meanwhile: another reads, and the thread's bytes are not
 * out yet. Waits for the channel to take some; also for bytes to read, as the reader may be gone by
 * then. */
static void push(struct remote *r, int64_t deadline_ms)
{
	int ready;

	remote_unlock(r);
	ready = poll_channel(r, !is_full(r), true, deadline_ms);
	remote_lock(r);
	if (ready < 0)
		remote_break(r);
	else
		remote_write(r);
}

/* With the lock held: the deadline has come before the answer. */
static void time_out(struct remote *r, struct rvirt_call *call)
{
	remote_unlist_call(r, call);
	error_set(FROM_RPC, ERR_OPERATION_TIMEOUT, "no answer to %s in time, %s", call->op->name,
			  r->ch->how);
	if (!r->heard)
		channel_explain(r->ch); /* what it says instead */
	stage_put(r->stage);
	call_complete(call, -1);
}

/* With the lock held: the reader is not polling, and before it polls or leaves it writes what has
 * gathered. Then the calls of those whom it has just woken leave together. */
static bool reader_will_write(struct remote *r)
{
	return r->reading && !atomic_load_explicit(&r->polling, memory_order_relaxed);
}

void remote_wait_locked(struct remote *r, struct rvirt_call *call)
{
	bool at_once = r->written == r->queued;

	if (!reader_will_write(r))
		remote_write(r);
	while (!call_is_done(call)) {
		if (call->listed && expired(call->deadline_ms)) {
			time_out(r, call);
		} else if (!r->reading) {
			r->reading = true;
			r->quiet_ms = now_ms_about();
			read_for_all(r, call, at_once);
		} else if (call->listed && r->written < call->end && !r->writing && !reader_will_write(r)) {
			push(r, call->deadline_ms);
		} else {
			sleep_on(r, call);
		}
	}
	remote_unlock(r);
}

void remote_wait(struct remote *r, struct rvirt_call *call)
{
	if (call_is_done(call))
		return;
	remote_lock(r);
	remote_wait_locked(r, call);
}

int remote_call(struct remote *r, struct rvirt_call *call, const void *args)
{
	remote_lock(r);
	if (remote_queue_call(r, call, args) < 0) {
		remote_unlock(r);
		return -1;
	}
	remote_wait_locked(r, call);
	return 0;
}

/* As the reader, without the lock: reads what is there. */
static void drain(struct remote *r)
{
	do {
		if (receive(r) == CHANNEL_FAILED || remote_input(r) < 0) {
			break_unlocked(r);
			return;
		}
	} while (r->more && !is_full(r));
}

/* With the lock held, which is released meanwhile: the channel does not take what is sent. Answers
 * are read meanwhile, as the daemon may not read before they are. */
static void make_room(struct remote *r, int64_t deadline_ms)
{
	int ready;

	if (r->reading || is_full(r)) {
		push(r, deadline_ms);
		return;
	}
	r->reading = true;
	remote_unlock(r);
	ready = poll_channel(r, true, true, deadline_ms);
	if (ready < 0)
		break_unlocked(r);
	else if (ready)
		drain(r);
	remote_lock(r);
	pass_reading_on(r);
}

void remote_push_all(struct remote *r)
{
	remote_write(r);
	while (!r->broken && r->written < r->queued)
		make_room(r, -1);
}

void remote_look(struct remote *r)
{
	struct pollfd fds[2];
	int n;

	if (r->broken || r->reading || is_full(r))
		return;
	n = channel_poll(r->ch, true, false, fds);
	if (n > 0 && poll(fds, (nfds_t)n, 0) <= 0)
		return;
	r->reading = true;
	remote_unlock(r);
	drain(r);
	remote_lock(r);
	pass_reading_on(r);
}

int remote_send(struct remote *r, struct rvirt_call *call, const void *args)
{
	int result;

	remote_lock(r);
	result = remote_queue_call(r, call, args);
	if (result == 0 && r->queued - r->written > HOLD_BACK_MAX) {
		remote_write(r);
		while (!r->broken && r->queued - r->written > UNSENT_MAX && !expired(call->deadline_ms))
			make_room(r, call->deadline_ms);
	}
	remote_unlock(r);
	return result;
}

int remote_dispatch(struct remote *r)
{
	int result;

	remote_lock(r);
	remote_write(r);
	if (!r->broken && !r->reading && !is_full(r)) {
		r->reading = true;
		remote_unlock(r);
		drain(r);
		if (expired(remote_ping_due(r)))
			remote_ping(r);
		remote_lock(r);
		pass_reading_on(r);
	}
	result = r->broken ? remote_broken_error(r) : 0;
	remote_unlock(r);
	remote_deliver_events(r);
	return result;
}

int remote_poll_fd(struct remote *r, short *ret_events)
{
	struct pollfd fds[2] = {{.fd = -1}};

	remote_lock(r);
	channel_poll(r->ch, true, r->written < r->queued, fds);
	remote_unlock(r);
	*ret_events = fds[0].events;
	return fds[0].fd;
}
