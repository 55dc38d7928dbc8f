/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for the end of a disk's job, or for the moment at which it can be ended by changing over.
 */
#ifndef SHELL_BLOCKWAIT_H
#define SHELL_BLOCKWAIT_H

#include "args.h"

struct block_wait {
	struct shell *sh;
	const struct rvirt_wire_domain *dom;
	const char *disk;  /* as the user wrote it */
	const char *label; /* "Block Copy" */
	bool verbose;      /* show on stderr how far it is */
	bool async;        /* what ends the job is not waited for */
	int timeout_ms;    /* 0: none */

	/* the wait's own */
	int status;     /* what an event told, or -1 */
	int percent;    /* what is shown */
	int32_t ids[2]; /* of the events that are asked for */
	unsigned n_ids;
};

/* Asks for the events of the disk's jobs, before the job is started. An old host that has none is
 * asked again and again instead. */
void block_wait_begin(struct block_wait *w);

/* Waits: a value of enum rvirt_domain_block_job_status, CANCELED on Ctrl-C and when the time is up;
 * or -1 with the error reported. */
int block_wait(struct block_wait *w);

void block_wait_end(struct block_wait *w);

/* Ends a job, or changes over to what it wrote. 0, or -1 with the library's error set. */
int block_abort(struct shell *sh, const struct rvirt_wire_domain *dom, const char *disk, bool pivot,
				bool async);

/* --bandwidth: a number, which may be negative and is then taken as libvirt takes it, or a size. As
 * the functions of args.h, but *ret is 0 where it is absent. */
int block_get_bandwidth(struct shell *sh, const struct invocation *in, uint64_t *ret);

#endif
