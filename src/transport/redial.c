/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The channel that is opened again. It waits by a timer's descriptor and never blocks. It knows
 * nothing of why ways break: its owner does.
 */
#include "config.h"
#include "transport/redial.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>

enum {
	MAX_KEPT = 64 * 1024,    /* bytes written; with more, there is no other way */
	MAX_ATTEMPTS = 6,        /* after the first */
	FIRST_PAUSE_MS = 200,    /* doubled each time … */
	LONGEST_PAUSE_MS = 2000, /* … up to here */
	ATTEMPT_MS = 500,        /* with less time left, it is not worth while */
};

struct redial {
	struct channel head;
	const struct redial_ops *ops;
	void *state;
	long long deadline_ms;
	struct channel *way; /* NULL: between two, or none can be opened */
	int timer;           /* -1: nothing is waited for */
	bool recording;      /* nothing was read yet, and all that was written is in kept */
	struct buf kept;
	size_t replayed; /* bytes of kept that the way has */
	bool shut;       /* no more will be written … */
	bool way_shut;   /* … and the way knows it */
	int broken;      /* ways so far */
};

static struct redial *self(struct channel *ch)
{
	return (struct redial *)ch;
}

int redial_pause_ms(int n)
{
	unsigned chance = 0;
	int pause = FIRST_PAUSE_MS;

	if (n >= MAX_ATTEMPTS)
		return -1;
	while (n-- > 0 && pause < LONGEST_PAUSE_MS)
		pause *= 2;
	if (pause > LONGEST_PAUSE_MS)
		pause = LONGEST_PAUSE_MS;
	(void)!getrandom(&chance, sizeof chance, GRND_NONBLOCK);
	return pause / 2 + (int)(chance % (unsigned)pause);
}

int redial_pause(int n, long long deadline_ms)
{
	int ms = redial_pause_ms(n);
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	if (ms < 0 || (deadline_ms >= 0 && now_ms() + ms + ATTEMPT_MS >= deadline_ms))
		return n > 0 ? error_suffix("tried %d times", n + 1) : -1;
	log_info("again in %d ms: %s", ms, error_last()->message);
	nanosleep(&t, NULL);
	return 0;
}

static void forget(struct redial *rc)
{
	rc->recording = false;
	buf_clear(&rc->kept);
	rc->replayed = 0;
}

static int set_timer(struct redial *rc, int ms)
{
	struct itimerspec when = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}};

	if (ms == 0)
		when.it_value.tv_nsec = 1;
	rc->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return rc->timer < 0 ? -1 : timerfd_settime(rc->timer, 0, &when, NULL);
}

/* The way broke: it ended, or failed as the thread's error says. True if there will be another;
 * else the error is as it was. */
static bool another_way(struct redial *rc, bool failed)
{
	struct error before;
	int ms = -1;

	if (!rc->recording)
		return false;
	error_take(&before);
	if (failed)
		error_copy(&before);
	else
		error_set(FROM_RPC, ERR_RPC, "the connection ended");
	if (channel_explain(rc->way) || failed)
		ms = rc->ops->again(rc->state, error_last()->message);
	if (ms < 0 || (rc->deadline_ms >= 0 && now_ms() + ms + ATTEMPT_MS >= rc->deadline_ms) ||
		set_timer(rc, ms) < 0) {
		error_give(&before);
		return false;
	}
	log_info("again in %d ms: %s", ms, error_last()->message);
	error_clear(&before);
	error_reset();
	channel_close(steal(&rc->way));
	rc->broken++;
	rc->replayed = 0;
	rc->way_shut = false;
	return true;
}

/* Opens the next way once its time has come. */
static int end_pause(struct redial *rc)
{
	uint64_t times;

	if (rc->timer >= 0) {
		if (read(rc->timer, &times, sizeof times) < 0 && errno == EAGAIN)
			return CHANNEL_AGAIN;
		close(steal_fd(&rc->timer));
		if (rc->ops->open(rc->state, &rc->way) < 0)
			return CHANNEL_FAILED;
	}
	return rc->way ? 0 : error_set(FROM_RPC, ERR_RPC, "the connection is closed, %s", rc->head.how);
}

/* Tells the way all that was written. */
static int replay(struct redial *rc)
{
	while (rc->replayed < buf_len(&rc->kept)) {
		struct iovec piece = {.iov_base = buf_at(&rc->kept) + rc->replayed,
							  .iov_len = buf_len(&rc->kept) - rc->replayed};
		ssize_t n = channel_write(rc->way, &piece, 1);

		if (n == CHANNEL_FAILED && another_way(rc, true))
			return CHANNEL_AGAIN;
		if (n < 0)
			return (int)n;
		rc->replayed += (size_t)n;
	}
	if (rc->shut && !rc->way_shut) {
		int r = channel_shutdown_write(rc->way);

		if (r != 0)
			return r;
		rc->way_shut = true;
	}
	return 0;
}

/* 0 if the way is open and knows all that it must. */
static int make_ready(struct redial *rc)
{
	int r = end_pause(rc);

	return r == 0 ? replay(rc) : r;
}

static ssize_t redial_read(struct channel *ch, void *data, size_t n)
{
	struct redial *rc = self(ch);
	int r = make_ready(rc);
	ssize_t got;

	/* a way that takes no more may still have an answer */
	if (r != 0 && !rc->way)
		return r;
	got = channel_read(rc->way, data, n);
	if (got > 0 && rc->recording && rc->replayed == buf_len(&rc->kept))
		forget(rc);
	else if (got > 0)
		rc->recording = false;
	if ((got == 0 || got == CHANNEL_FAILED) && another_way(rc, got != 0))
		return CHANNEL_AGAIN;
	return got;
}

static void keep(struct redial *rc, const struct iovec *pieces, size_t n)
{
	if (buf_len(&rc->kept) + n > MAX_KEPT) {
		forget(rc);
		return;
	}
	for (; n > 0; pieces++) {
		size_t part = n < pieces->iov_len ? n : pieces->iov_len;

		if (buf_add(&rc->kept, pieces->iov_base, part) < 0) {
			error_reset();
			forget(rc);
			return;
		}
		n -= part;
	}
	rc->replayed = buf_len(&rc->kept);
}

static ssize_t redial_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	struct redial *rc = self(ch);
	int r = make_ready(rc);
	ssize_t n;

	if (r != 0)
		return r;
	n = channel_write(rc->way, pieces, n_pieces);
	if (n == CHANNEL_FAILED && another_way(rc, true))
		return CHANNEL_AGAIN;
	if (n > 0 && rc->recording)
		keep(rc, pieces, (size_t)n);
	return n;
}

static int redial_shutdown_write(struct channel *ch)
{
	struct redial *rc = self(ch);

	rc->shut = true;
	return make_ready(rc);
}

static int redial_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct redial *rc = self(ch);
	bool behind = rc->replayed < buf_len(&rc->kept) || rc->shut != rc->way_shut;

	if (rc->timer >= 0) {
		ret[0] = (struct pollfd){.fd = rc->timer, .events = POLLIN};
		return 1;
	}
	return rc->way ? channel_poll(rc->way, want_read, want_write || behind, ret) : 0;
}

static bool redial_explain(struct channel *ch)
{
	struct redial *rc = self(ch);
	bool failed = rc->way && channel_explain(rc->way);

	if (failed && rc->broken > 0)
		error_suffix("tried %d times", rc->broken + 1);
	return failed;
}

static void redial_close(struct channel *ch)
{
	struct redial *rc = self(ch);

	channel_close(rc->way);
	cleanup_close(&rc->timer);
	buf_clear(&rc->kept);
	rc->ops->free(rc->state);
	free(ch->how);
	free(rc);
}

static const struct channel_ops redial_channel_ops = {
	.read = redial_read,
	.write = redial_write,
	.shutdown_write = redial_shutdown_write,
	.poll = redial_poll,
	.explain = redial_explain,
	.close = redial_close,
};

int redial_open(const struct redial_ops *ops, void *state, long long deadline_ms,
				struct channel **ret_channel)
{
	struct redial *rc = calloc(1, sizeof *rc);

	if (!rc) {
		ops->free(state);
		return error_oom();
	}
	*rc = (struct redial){
		.head.ops = &redial_channel_ops,
		.ops = ops,
		.state = state,
		.deadline_ms = deadline_ms,
		.timer = -1,
		.recording = true,
	};
	if (ops->open(state, &rc->way) < 0) {
		redial_close(&rc->head);
		return -1;
	}
	rc->head.how = strdup(rc->way->how);
	if (!rc->head.how) {
		redial_close(&rc->head);
		return error_oom();
	}
	*ret_channel = &rc->head;
	return 0;
}
