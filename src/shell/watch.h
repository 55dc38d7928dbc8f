/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A call that takes as long as a domain's job: it waits in a thread of its own while this one shows
 * how far the job is, ends it on Ctrl-C, and does something when it takes too long.
 */
#ifndef SHELL_WATCH_H
#define SHELL_WATCH_H

#include "shell.h"

struct watch {
	struct shell *sh;
	const struct rvirt_wire_domain *dom;
	const char *label; /* "Migration" */
	bool verbose;      /* show how far it is */

	int (*work)(void *opaque); /* in the other thread: 0, or -1 with the library's error set */

	/* in this thread, a few times a second; NULL: nothing is to be done. seconds: since the host
	 * has begun with the job, or negative */
	void (*tick)(void *opaque, double seconds);
	void *opaque;
};

/* Runs the work and waits for it. 0, or -1 with the work's error reported. */
int watch_run(const struct watch *w);

#endif
