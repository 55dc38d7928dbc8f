/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trees of a domain's snapshots and checkpoints. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_MOMENT_H
#define DRIVERS_TEST_MOMENT_H

#include "conf/moment.h"

#include <uthash.h>

enum { TEST_MOMENTS_MAX = 16384 }; /* as many as one answer lists */

struct test_moment {
	struct moment *m;
	struct test_moment *parent, *children, *sibling; /* the newest child comes first */
	UT_hash_handle hh;                               /* by name */
};

struct test_moments {
	struct test_moment *by_name;
	struct test_moment root; /* parent of those without one */
	struct test_moment *current;
};

void test_moments_clear(struct test_moments *all);

/* NULL, without an error, if there is none. */
struct test_moment *test_moments_find(const struct test_moments *all, const char *name);

static inline unsigned test_moments_count(const struct test_moments *all)
{
	return HASH_COUNT(all->by_name);
}

/* Adds one, which it takes over, under the parent that it names. NULL with the error set. */
struct test_moment *test_moments_add(struct test_moments *all, struct moment **m);

/* Whether a moment may be defined (again) under the parent that it names. 0 or -1. */
int test_moments_check_parent(const struct test_moments *all, const struct moment *m);

/* Puts a definition, which it takes over, in place of the one that there was. 0 or -1. */
int test_moments_replace(struct test_moments *all, struct test_moment *old, struct moment **m);

/* Which are meant by listing: all below from (NULL: of the domain), or only its children (roots).
 */
struct test_moment_filter {
	const struct test_moment *from;
	bool children;
	bool leaves, no_leaves;                                      /* one of them: only such */
	bool (*passes)(const struct test_moment *t, unsigned flags); /* NULL: every one */
	unsigned flags;
};

/* Those that pass, parents before children, at most max; *ret belongs to the caller. The number, or
 * -1 with NO_MEMORY. */
int test_moments_list(const struct test_moments *all, const struct test_moment_filter *f,
					  struct test_moment ***ret);

enum test_moments_delete { TEST_MOMENT_ALONE, TEST_MOMENT_AND_CHILDREN, TEST_MOMENT_CHILDREN_ONLY };

/* Removes one, its children going to its parent, or what is below it, or both. 0 or -1. */
int test_moments_delete(struct test_moments *all, struct test_moment *t,
						enum test_moments_delete what);

#endif
