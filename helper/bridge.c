/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Joins two channels: one function copies in one direction and is used twice.
 */
#include "config.h"
#include "bridge.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>

/* A direction: what was read and is not yet written. */
struct pump {
	struct channel *from, *to;
	size_t start, end; /* the bytes in data */
	bool read_all;     /* from has ended */
	bool done;         /* and to knows it; or it broke */
	bool broken;
	bool lost; /* from failed: nothing can be written to it any more either */
	unsigned long long moved;
	unsigned char data[64 * 1024];
};

static void give_up(struct pump *p)
{
	p->broken = p->done = true;
}

static bool is_full(const struct pump *p)
{
	return p->start < p->end || p->read_all;
}

/* True if something came, or the end. */
static bool pump_read(struct pump *p)
{
	ssize_t n = channel_read(p->from, p->data, sizeof p->data);

	if (n == CHANNEL_AGAIN)
		return false;
	if (n == CHANNEL_FAILED) {
		give_up(p);
		p->lost = true;
	}
	p->read_all = n == 0;
	p->start = 0;
	p->end = n > 0 ? (size_t)n : 0;
	p->moved += p->end;
	return true;
}

/* True if something went, or nothing ever will. */
static bool pump_write(struct pump *p)
{
	struct iovec piece = {.iov_base = p->data + p->start, .iov_len = p->end - p->start};
	ssize_t n = channel_write(p->to, &piece, 1);

	if (n == CHANNEL_AGAIN)
		return false;
	if (n == CHANNEL_FAILED)
		give_up(p);
	else
		p->start += (size_t)n;
	return true;
}

static bool pump_end(struct pump *p)
{
	int r = channel_shutdown_write(p->to);

	if (r == CHANNEL_FAILED)
		p->broken = true;
	p->done = r != CHANNEL_AGAIN;
	return p->done;
}

/* Does one thing that can be done without waiting; false if there is none. */
static bool pump_step(struct pump *p)
{
	if (p->done)
		return false;
	if (p->start < p->end)
		return pump_write(p);
	return p->read_all ? pump_end(p) : pump_read(p);
}

/* What a direction waits for: the descriptors to read from, then the one to write to. */
struct watch {
	struct pollfd fds[4];
	int n_from, n;
	bool ready; /* without waiting */
};

/* While there is nothing to write, the writing side is watched with no event asked for: poll() then
 * says when nobody is left to read there. */
static void watch(struct pump *p, struct watch *w)
{
	int n_to;

	*w = (struct watch){0};
	if (p->done)
		return;
	if (!is_full(p)) {
		w->n = w->n_from = channel_poll(p->from, true, false, w->fds);
		w->ready = w->n == 0;
	}
	n_to = channel_poll(p->to, false, true, w->fds + w->n);
	if (n_to > 0 && !is_full(p))
		w->fds[w->n].events = 0;
	w->n += n_to > 0;
}

static int wait_for(struct pump pumps[2])
{
	struct watch w[2];
	struct pollfd all[8];
	int n = 0;

	for (int i = 0; i < 2; i++) {
		watch(&pumps[i], &w[i]);
		for (int k = 0; k < w[i].n; k++)
			all[n++] = w[i].fds[k];
	}
	if (poll(all, (nfds_t)n, w[0].ready || w[1].ready ? 0 : -1) < 0)
		return errno == EINTR ? 0 : error_errno(FROM_RPC, errno, "cannot wait");
	n = 0;
	for (int i = 0; i < 2; i++) {
		n += w[i].n;
		if (w[i].n > w[i].n_from && !is_full(&pumps[i]) &&
			(all[n - 1].revents & (POLLHUP | POLLERR)))
			pumps[i].done = true;
	}
	return 0;
}

/* What the end means: see bridge.h. */
static int judge(const struct pump *out, const struct pump *in, bool far_ended_first)
{
	bool failed = out->broken || in->broken;

	if (!failed)
		error_set(FROM_RPC, ERR_RPC, "the connection ended%s",
				  in->moved ? "" : " without an answer");
	if (far_ended_first && !in->moved)
		failed = true;
	if (channel_explain(in->from))
		failed = true;
	if (!failed)
		error_reset();
	return failed ? -1 : 0;
}

/* Who has read the end here may read stderr to its end too before it closes its own side, as
 * libvirt's client does, while this program waits for exactly that. */
static void close_stderr(void)
{
	CLEANUP_CLOSE int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
}

int bridge_run(struct channel *near, struct channel *far)
{
	struct pump *pumps = calloc(2, sizeof *pumps);
	struct pump *out = pumps, *in = pumps + 1;
	bool far_ended_first = false, judged = false;
	int r = 0;

	if (!pumps)
		return error_oom();
	out->from = in->to = near;
	out->to = in->from = far;
	while (r == 0 && !(out->done && in->done)) {
		bool moved = pump_step(out);

		moved = pump_step(in) || moved;
		if (in->lost)
			out->done = true;
		if (in->read_all && !out->read_all)
			far_ended_first = true;
		if (in->done && far_ended_first && !judged) {
			r = judge(out, in, far_ended_first);
			judged = true;
			if (r == 0)
				close_stderr();
		}
		if (r == 0 && !moved)
			r = wait_for(pumps);
	}
	if (r == 0)
		r = judge(out, in, far_ended_first);
	free(pumps);
	return r;
}
