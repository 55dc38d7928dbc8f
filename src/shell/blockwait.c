/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A job ends with an event; how far it is has to be asked.
 */
#include "config.h"
#include "blockwait.h"

#include "domain.h"
#include "interrupt.h"
#include "output.h"

#include <poll.h>
#include <string.h>
#include <time.h>

enum {
	LOOK_MS = 500,  /* between two looks at the job */
	LOOKS_FULL = 5, /* with all done, after which a job whose event is missing is taken for ready */
};

static void on_event(int procedure, const void *msg, void *opaque)
{
	const struct rvirt_wire_domain_event_callback_block_job_msg *job = msg;
	const struct rvirt_wire_domain_event_block_job_2_msg *job2 = msg;
	struct block_wait *w = opaque;

	if (procedure == RVIRT_PROC_DOMAIN_EVENT_CALLBACK_BLOCK_JOB &&
		strcmp(job->msg.path, w->disk) == 0)
		w->status = job->msg.status;
	if (procedure == RVIRT_PROC_DOMAIN_EVENT_BLOCK_JOB_2 && strcmp(job2->dst, w->disk) == 0)
		w->status = job2->status;
}

void block_wait_begin(struct block_wait *w)
{
	static const int events[] = {RVIRT_DOMAIN_EVENT_ID_BLOCK_JOB,
								 RVIRT_DOMAIN_EVENT_ID_BLOCK_JOB_2};
	struct rvirt_wire_domain dom = *w->dom;

	w->status = -1;
	w->percent = -1;
	w->n_ids = 0;
	rvirt_conn_set_event_handler(w->sh->conn, on_event, w);
	for (size_t i = 0; i < 2; i++) {
		struct rvirt_wire_event_id_dom_args args = {events[i], &dom};
		struct rvirt_wire_callback_id_ret ret;

		if (rvirt_call_connect_domain_event_callback_register_any(w->sh->conn, &args, &ret) == 0)
			w->ids[w->n_ids++] = ret.callback_id;
	}
}

void block_wait_end(struct block_wait *w)
{
	for (unsigned i = 0; i < w->n_ids; i++) {
		struct rvirt_wire_callback_id_args args = {w->ids[i]};

		rvirt_call_connect_domain_event_callback_deregister_any(w->sh->conn, &args);
	}
	w->n_ids = 0;
	rvirt_conn_set_event_handler(w->sh->conn, NULL, NULL);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void show(struct block_wait *w, uint64_t done, uint64_t all)
{
	int percent = all ? (int)((double)done / (double)all * 100) : 100;

	/* 100 is for what is over */
	if (done < all && percent > 99)
		percent = 99;
	if (w->verbose && percent != w->percent)
		out_progress(w->sh, "%s: [%3d %%]", w->label, percent);
	w->percent = percent;
}

int block_abort(struct shell *sh, const struct rvirt_wire_domain *dom, const char *disk, bool pivot,
				bool async)
{
	struct rvirt_wire_dom_path_flags_args args = {
		*dom, borrow(disk),
		(async ? RVIRT_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0) |
			(pivot ? RVIRT_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0)};

	return rvirt_call_domain_block_job_abort(sh->conn, &args);
}

static int give_up(struct block_wait *w)
{
	if (block_abort(w->sh, w->dom, w->disk, false, w->async) < 0)
		return out_fail_at(w->sh, "failed to abort job for disk '%s'", w->disk);
	return RVIRT_DOMAIN_BLOCK_JOB_CANCELED;
}

/* Until something comes from the host, or it is time to look again. */
static void rest(struct block_wait *w)
{
	struct pollfd p = {.fd = -1};

	p.fd = rvirt_conn_poll_fd(w->sh->conn, &p.events);
	/* what goes wrong here is told by the next call */
	if (poll(&p, 1, LOOK_MS) > 0)
		rvirt_conn_dispatch(w->sh->conn);
}

/* Looks at the job once: its status if it is known, -1 with the error reported, or -2: it goes on.
 */
static int look(struct block_wait *w, int *looks_full)
{
	struct rvirt_wire_dom_path_flags_args args = {*w->dom, borrow(w->disk), 0};
	struct rvirt_wire_domain_get_block_job_info_ret job;

	if (rvirt_call_domain_get_block_job_info(w->sh->conn, &args, &job) < 0)
		return out_fail_at(w->sh, "failed to query job for disk %s", w->disk);
	if (w->status != -1)
		return w->status;
	if (w->n_ids < 2 && !job.found)
		return RVIRT_DOMAIN_BLOCK_JOB_COMPLETED;
	if (w->n_ids < 2 && job.cur == job.end && (!w->n_ids || ++*looks_full == LOOKS_FULL))
		return RVIRT_DOMAIN_BLOCK_JOB_READY;
	if (job.found)
		show(w, job.cur, job.end);
	return -2;
}

int block_wait(struct block_wait *w)
{
	long long end = now_ms() + w->timeout_ms;
	struct interrupt old;
	int status, looks_full = 0;

	interrupt_begin(&old);
	while ((status = look(w, &looks_full)) == -2) {
		if (interrupt_came() || (w->timeout_ms && now_ms() > end)) {
			status = give_up(w);
			break;
		}
		rest(w);
	}
	interrupt_end(&old);
	if (status == RVIRT_DOMAIN_BLOCK_JOB_COMPLETED || status == RVIRT_DOMAIN_BLOCK_JOB_READY)
		show(w, 1, 1);
	return status;
}

int block_get_bandwidth(struct shell *sh, const struct invocation *in, uint64_t *ret)
{
	const char *text = args_text(in, "bandwidth");
	int64_t number;
	int rc;

	*ret = 0;
	if (text && text[strspn(text, " \t")] == '-' &&
		args_get_llong(sh, in, "bandwidth", &number) > 0) {
		*ret = (uint64_t)number;
		return 1;
	}
	out_forget(sh);
	rc = args_read_size(sh, in, "bandwidth", 1, ret);
	if (rc >= 0)
		return rc;
	return out_refuse(sh,
					  "Scaled numeric value '%s' for <--bandwidth> option is malformed or out of "
					  "range",
					  text ? text : "");
}
