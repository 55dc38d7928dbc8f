/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether to look again and again for a moment before going to sleep. To be woken on another
 * processor can take ten times as long as the peer needs for its answer; but looking takes the
 * processor from the peer if both share it. So it is learnt, from what came of it.
 */
#ifndef BASE_SPIN_H
#define BASE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIN_MAX_US = 50 }; /* longer than it takes to be woken */

/* Zeroed: nothing is known yet, and the first waits go to sleep. */
struct spin {
	unsigned doubt; /* as a power of two: how many waits go to sleep for one that does not */
	unsigned slept; /* waits that did since */
	bool begun;
};

/* Before a wait: whether it should begin with looking, for SPIN_MAX_US at most. */
bool spin_pays(struct spin *s);

/* After looking: whether what was waited for came, and how long it took. */
void spin_learn(struct spin *s, bool came, int64_t took_us);

/* Microseconds of the monotonic clock. */
int64_t now_us(void);

#endif
