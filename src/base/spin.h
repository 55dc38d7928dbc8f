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

/* After looking: whether what was waited for came. */
void spin_learn(struct spin *s, bool came);

/* Microseconds of the monotonic clock. */
int64_t now_us(void);

/* Gives the processor's other half a moment; shorter than a system call. */
static inline void spin_pause(void)
{
	for (int i = 0; i < 4; i++)
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#else
		__asm__ volatile("" ::: "memory");
#endif
}

#endif
