/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trees of a domain's snapshots and checkpoints. Everything here wants the node locked.
 */
#ifndef DRIVERS_DOMAINS_MOMENTS_H
#define DRIVERS_DOMAINS_MOMENTS_H

#include "conf/moment.h"

#include <uthash.h>

enum { MOMENTS_MAX = 16384 }; /* as many as one answer lists */

struct placed_moment {
	struct moment *m;
	struct placed_moment *parent, *children, *sibling; /* the newest child comes first */
	UT_hash_handle hh;                                 /* by name */
};

struct moments {
	struct placed_moment *by_name;
	struct placed_moment root; /* parent of those without one */
	struct placed_moment *current;
};

void moments_clear(struct moments *all);

/* NULL, without an error, if there is none. */
struct placed_moment *moments_find(const struct moments *all, const char *name);

static inline unsigned moments_count(const struct moments *all)
{
	return HASH_COUNT(all->by_name);
}

/* Adds one, which it takes over, under the parent that it names. NULL with the error set. */
struct placed_moment *moments_add(struct moments *all, struct moment **m);

/* Puts all below the parents that they name, in the order of their times: for those that were added
 * in any order. 0, or -1, without an error, if some name one that is not there, or each other;
 * these have no parent then. */
int moments_link(struct moments *all);

/* Whether a moment may be defined (again) under the parent that it names. 0 or -1. */
int moments_check_parent(const struct moments *all, const struct moment *m);

/* Puts a definition, which it takes over, in place of the one that there was. 0 or -1. */
int moments_replace(struct moments *all, struct placed_moment *old, struct moment **m);

/* Which are meant by listing: all below from (NULL: of the domain), or only its children (roots).
 */
struct moments_filter {
	const struct placed_moment *from;
	bool children;
	bool leaves, no_leaves;                                        /* one of them: only such */
	bool (*passes)(const struct placed_moment *t, unsigned flags); /* NULL: every one */
	unsigned flags;
};

/* Those that pass, parents before children, at most max; *ret belongs to the caller. The number, or
 * -1 with NO_MEMORY. */
int moments_list(const struct moments *all, const struct moments_filter *f,
				 struct placed_moment ***ret);

enum moments_delete { MOMENT_ALONE, MOMENT_AND_CHILDREN, MOMENT_CHILDREN_ONLY };

/* Removes one, its children going to its parent, or what is below it, or both. 0 or -1. */
int moments_delete(struct moments *all, struct placed_moment *t, enum moments_delete what);

#endif
