/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A channel that may be opened again: what was written is kept until the first byte is read, so
 * that a way that breaks before can be replaced by another without anybody above noticing.
 */
#ifndef TRANSPORT_REDIAL_H
#define TRANSPORT_REDIAL_H

#include "transport/channel.h"

struct redial_ops {
	/* Opens the way; one that has nothing to start. */
	int (*open)(void *state, struct channel **ret_channel);

	/* The way broke before its first byte, why says how: after how many milliseconds to open
	 * another; negative: not at all. */
	int (*again)(void *state, const char *why);

	void (*free)(void *state);
};

/* The first way is opened at once. state is the channel's from now on, also on failure. No way is
 * opened after deadline_ms (as transport_open() has it). */
int redial_open(const struct redial_ops *ops, void *state, long long deadline_ms,
				struct channel **ret_channel);

/* Milliseconds to wait before the n-th attempt after the first, by chance a half more or less;
 * negative when it is time to give up. */
int redial_pause_ms(int n);

/* The same where waiting is in order: waits. 0, or -1 if it is time to give up, also because of the
 * deadline; the thread's error is then told how often it was tried. */
int redial_pause(int n, long long deadline_ms);

#endif
