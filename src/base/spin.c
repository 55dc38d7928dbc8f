/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Learning whether spinning pays: each wait that it did not help makes it twice as rare, each that
 * it did makes it twice as frequent again. What it can cost is one thousandth of SPIN_MAX_US for
 * each wait in the end.
 */
#include "config.h"
#include "base/spin.h"

#include <sched.h>
#include <time.h>

enum { DOUBT_FIRST = 4, DOUBT_MAX = 10 };

/* On one processor the peer can't answer while this thread looks. */
static bool alone(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) < 2;
}

bool spin_pays(struct spin *s)
{
	if (!s->begun) {
		s->begun = true;
		s->doubt = DOUBT_FIRST;
	}
	if (s->doubt == 0)
		return true;
	if (++s->slept < 1U << s->doubt)
		return false;
	s->slept = 0;
	if (!alone())
		return true;
	s->doubt = DOUBT_MAX;
	return false;
}

void spin_learn(struct spin *s, bool came, int64_t took_us)
{
	/* somebody else had the processor: who sleeps gets it back sooner */
	if (took_us > 4 * SPIN_MAX_US)
		s->doubt += 4;
	else if (!came)
		s->doubt++;
	else if (s->doubt > 0)
		s->doubt--;
	if (s->doubt > DOUBT_MAX)
		s->doubt = DOUBT_MAX;
}

int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
