/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scope-exit cleanup. A variable declared with one of these attributes is released when its scope
 * ends, whichever way it ends; steal() hands the value over instead.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines cleanup_NAME for variables of type `type`, calling fn(value) unless it is NULL. */
#define DEFINE_CLEANUP(name, type, fn)                                                             \
	static inline void cleanup_##name(type *p)                                                     \
	{                                                                                              \
		if (*p)                                                                                    \
			fn(*p);                                                                                \
	}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define CLEANUP_FREE CLEANUP(cleanup_free)
#define CLEANUP_CLOSE CLEANUP(cleanup_close)

/* Takes the pointer out of *pp, leaving NULL. */
#define steal(pp)                                                                                  \
	({                                                                                             \
		__typeof__(pp) steal_from = (pp);                                                          \
		__typeof__(*steal_from) stolen = *steal_from;                                              \
		*steal_from = NULL;                                                                        \
		stolen;                                                                                    \
	})

/* Takes the descriptor out of *fd, leaving -1. */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
