/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Joins two channels.
 */
#ifndef HELPER_BRIDGE_H
#define HELPER_BRIDGE_H

#include "transport/channel.h"

/* Copies from each channel to the other until both directions have ended; the end of one is passed
 * on and leaves the other running. far is the peer, near the user's side; both stay the caller's.
 * 0, or -1 with the error: a direction broke, or the peer was gone before anything came from it or
 * before the user's side ended. Once the end of far was passed on and was in
 * order, nothing more is said on stderr.
 * Every byte that can still arrive is delivered first. */
int bridge_run(struct channel *near, struct channel *far);

#endif
