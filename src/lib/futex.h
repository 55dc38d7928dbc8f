/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sleeping until a word changes (futex(2)), within one process. What a word means is its owner's
 * affair.
 */
#ifndef LIB_FUTEX_H
#define LIB_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleeps while *word is expected, at most timeout_ms (negative: for ever). May also return for no
 * reason: the caller looks at the word and the clock again. */
static inline void futex_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t timeout_ms)
{
	struct timespec t = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000};

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ms < 0 ? NULL : &t, NULL, 0);
}

/* Wakes the one who sleeps on word. The word may be gone already: then nobody is woken, or somebody
 * for no reason. */
static inline void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
