/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trees of moments. No function calls itself: a chain may be as long as the list.
 */
#include "config.h"
/* a moment for which there is no memory in the table is not added */
#define HASH_NONFATAL_OOM 1
#include "drivers/domains/moments.h"

#include "base/error.h"

#include <string.h>

struct placed_moment *moments_find(const struct moments *all, const char *name)
{
	struct placed_moment *t;

	HASH_FIND(hh, all->by_name, name, strlen(name), t);
	return t;
}

static void link_to(struct placed_moment *t, struct placed_moment *parent)
{
	t->parent = parent;
	t->sibling = parent->children;
	parent->children = t;
}

static void unlink_from_parent(struct placed_moment *t)
{
	struct placed_moment **at = &t->parent->children;

	while (*at != t)
		at = &(*at)->sibling;
	*at = t->sibling;
}

/* Takes it out of the table and frees it; it must have no place in the tree any more. */
static void forget(struct moments *all, struct placed_moment *t)
{
	if (all->current == t)
		all->current = NULL;
	HASH_DELETE(hh, all->by_name, t);
	moment_free(t->m);
	free(t);
}

void moments_clear(struct moments *all)
{
	struct placed_moment *t, *next;

	HASH_ITER(hh, all->by_name, t, next)
	{
		forget(all, t);
	}
	all->root.children = NULL;
}

struct placed_moment *moments_add(struct moments *all, struct moment **m)
{
	const char *name = moment_name(*m), *parent_name = moment_parent(*m);
	struct placed_moment *parent = parent_name ? moments_find(all, parent_name) : NULL, *t;

	if (moments_find(all, name)) {
		error_set(FROM_DOMAIN, ERR_OPERATION_FAILED, "domain moment %s already exists", name);
		return NULL;
	}
	if (moments_count(all) >= MOMENTS_MAX) {
		error_set(FROM_TEST, ERR_OPERATION_FAILED, "more than %d moments of a domain", MOMENTS_MAX);
		return NULL;
	}
	if (!(t = calloc(1, sizeof *t))) {
		error_oom();
		return NULL;
	}
	t->m = *m;
	HASH_ADD_KEYPTR(hh, all->by_name, name, strlen(name), t);
	if (!t->hh.tbl) {
		free(t);
		error_oom();
		return NULL;
	}
	*m = NULL;
	link_to(t, parent ? parent : &all->root);
	return t;
}

static long long moment_time(const struct moment *m)
{
	const char *text = def_text(m->def, "creationTime");

	return text ? strtoll(text, NULL, 10) : 0;
}

static int by_time(const struct placed_moment *a, const struct placed_moment *b)
{
	long long first = moment_time(a->m), second = moment_time(b->m);

	return first < second ? -1 : first > second;
}

/* Links those that name no parent, or one that has its place; how many. */
static unsigned link_some(struct moments *all)
{
	struct placed_moment *t;
	unsigned n = 0;

	for (t = all->by_name; t; t = t->hh.next) {
		const char *name = moment_parent(t->m);
		struct placed_moment *parent = name ? moments_find(all, name) : &all->root;

		if (t->parent || !parent || (parent != &all->root && !parent->parent))
			continue;
		link_to(t, parent);
		n++;
	}
	return n;
}

int moments_link(struct moments *all)
{
	unsigned n, left = moments_count(all);
	struct placed_moment *t;

	HASH_SORT(all->by_name, by_time);
	all->root.children = NULL;
	for (t = all->by_name; t; t = t->hh.next)
		t->parent = t->children = t->sibling = NULL;
	while (left && (n = link_some(all)))
		left -= n;
	for (t = all->by_name; left && t; t = t->hh.next)
		if (!t->parent)
			link_to(t, &all->root);
	return left ? -1 : 0;
}

int moments_check_parent(const struct moments *all, const struct moment *m)
{
	const char *name = moment_name(m), *parent = moment_parent(m);
	const struct placed_moment *t;

	if (!parent)
		return 0;
	if (strcmp(parent, name) == 0)
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "cannot set moment %s as its own parent",
						 name);
	if (!(t = moments_find(all, parent)))
		return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "parent %s for moment %s not found", parent,
						 name);
	for (; t != &all->root; t = t->parent)
		if (strcmp(moment_name(t->m), name) == 0)
			return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "parent %s would create cycle to %s",
							 parent, name);
	return 0;
}

int moments_replace(struct moments *all, struct placed_moment *old, struct moment **m)
{
	const char *name = moment_name(*m), *parent_name = moment_parent(*m);
	struct placed_moment *parent = parent_name ? moments_find(all, parent_name) : NULL;
	bool current = all->current == old;

	/* the key belongs to the definition */
	HASH_DELETE(hh, all->by_name, old);
	moment_free(old->m);
	old->m = steal(m);
	HASH_ADD_KEYPTR(hh, all->by_name, name, strlen(name), old);
	if (!old->hh.tbl)
		return error_oom();
	if (current)
		all->current = old;
	unlink_from_parent(old);
	link_to(old, parent ? parent : &all->root);
	return 0;
}

/* The next one below top, parents before children; NULL at the end. */
static struct placed_moment *next_below(const struct placed_moment *top, struct placed_moment *t,
										bool children)
{
	if (t->children && !children)
		return t->children;
	while (t != top && !t->sibling)
		t = t->parent;
	return t == top ? NULL : t->sibling;
}

int moments_list(const struct moments *all, const struct moments_filter *f,
				 struct placed_moment ***ret)
{
	const struct placed_moment *top = f->from ? f->from : &all->root;
	struct placed_moment **list = calloc(moments_count(all) + 1, sizeof(struct placed_moment *));
	int n = 0;

	if (!list)
		return error_oom();
	for (struct placed_moment *t = top->children; t; t = next_below(top, t, f->children)) {
		if ((f->leaves && t->children) || (f->no_leaves && !t->children))
			continue;
		if (!f->passes || f->passes(t, f->flags))
			list[n++] = t;
	}
	*ret = list;
	return n;
}

static int move_children(struct placed_moment *t)
{
	const char *name = t->parent->m ? moment_name(t->parent->m) : NULL;
	struct placed_moment *last = NULL;

	for (struct placed_moment *c = t->children; c; c = c->sibling) {
		if (moment_set_parent(c->m, name) < 0)
			return -1;
		c->parent = t->parent;
		last = c;
	}
	if (last) {
		last->sibling = t->parent->children;
		t->parent->children = t->children;
		t->children = NULL;
	}
	return 0;
}

int moments_delete(struct moments *all, struct placed_moment *t, enum moments_delete what)
{
	struct placed_moment **below, *parent = t->parent;
	bool current = all->current == t, lost = false;
	int n;

	if (what == MOMENT_ALONE) {
		if (move_children(t) < 0)
			return -1;
	} else {
		n = moments_list(all, &(struct moments_filter){.from = t}, &below);
		if (n < 0)
			return -1;
		for (int i = 0; i < n; i++) {
			lost = lost || all->current == below[i];
			forget(all, below[i]);
		}
		free(below);
		t->children = NULL;
		if (lost)
			all->current = t;
	}
	if (what == MOMENT_CHILDREN_ONLY)
		return 0;
	unlink_from_parent(t);
	forget(all, t);
	if (current || lost)
		all->current = parent == &all->root ? NULL : parent;
	return 0;
}
