/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a document has become after reading it by a description (format.h): a tree of elements with
 * canonical values, in the order in which they are written. Names are compared by value and belong
 * to the description; values belong to the tree.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"

struct row;
struct _xmlDoc;
struct _xmlNode;

/* Which writings an attribute or element takes part in. */
enum show {
	SHOW_LIVE = 1,   /* only of a running domain */
	SHOW_SECURE = 2, /* only when secrets are asked for */
	SHOW_MIG = 4,    /* only in what is sent to another host */
	SHOW_NOMIG = 8,  /* not in what is sent to another host */
	SHOW_NEVER = 16,
};

struct attr {
	const char *name;
	char *value;
	unsigned show;
};

struct node {
	const struct row *row;
	struct node *parent, *next, *children, *last; /* children to last */
	struct attr *attrs;
	size_t nattrs;
	char *text;
	struct _xmlDoc *raw; /* of a row with ROW_RAW: the element as it was, as the root; or NULL */
	unsigned show;
	const struct _xmlNode *in; /* while reading: what it was read from, or NULL */
};

struct node *node_new(const struct row *row, struct node *parent);
struct node *node_copy(const struct node *n);
void node_free(struct node *n);
DEFINE_CLEANUP(node, struct node *, node_free)

const char *node_name(const struct node *n);

/* The attribute's value or NULL. n may be NULL. */
const char *node_attr(const struct node *n, const char *name);
bool node_attr_is(const struct node *n, const char *name, const char *value);
bool node_text_is(const struct node *n, const char *value);
/* The attribute (or text) as a number; missing when there is none. */
long long node_attr_num(const struct node *n, const char *name, long long missing);
unsigned long long node_attr_ull(const struct node *n, const char *name,
								 unsigned long long missing);
long long node_num(const struct node *n, long long missing);

/* Sets (value NULL: removes) an attribute, in its place by the description. 0 or -1 with NO_MEMORY.
 */
int node_set(struct node *n, const char *name, const char *value);
int node_setf(struct node *n, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void node_show(struct node *n, const char *name, unsigned show);
int node_set_text(struct node *n, const char *text);
int node_set_textf(struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The first child of that name ("a/b" descends), the next sibling of the same name, how many there
 * are. */
struct node *node_child(const struct node *n, const char *path);
struct node *node_next(const struct node *n);
size_t node_count(const struct node *n, const char *name);

/* A new child, after those of the same name, in its place by the description; NULL with NO_MEMORY.
 */
struct node *node_add(struct node *n, const char *name);
/* The child, made if there is none. */
struct node *node_need(struct node *n, const char *name);
/* Takes a node out of its parent without freeing it, and puts a node before another child (NULL:
 * last of its name). */
void node_unlink(struct node *n);
void node_insert(struct node *parent, struct node *n, struct node *before);
void node_insert_after(struct node *before, struct node *n);
void node_append(struct node *parent, struct node *n); /* behind all others */
void node_remove(struct node *n);
/* Sorts the children of that name, which stand together, by an attribute; equal ones stay in order.
 */
typedef int node_compare(const struct node *a, const struct node *b, const char *attr);
void node_sort(struct node *parent, const char *name, node_compare *compare, const char *attr);
node_compare node_compare_number, node_compare_text;
/* Removes every child of that name. */
void node_remove_all(struct node *n, const char *name);

#define NODE_EACH(child, parent, name)                                                             \
	for (struct node *child = node_child(parent, name); child; child = node_next(child))

/* Writes the tree as XML: two blanks for each level, single quotes. hidden is the set of enum show
 * that is left out. 0 or -1 with NO_MEMORY. */
int node_write(const struct node *n, struct buf *b, unsigned indent, unsigned hidden);

#endif
