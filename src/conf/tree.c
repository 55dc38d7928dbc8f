/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tree of a document: making, finding, changing, writing. It knows the description only to keep
 * the order of writing.
 */
#include "config.h"
#include "conf/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/format.h"
#include "conf/xml.h"

struct node *node_new(const struct row *row, struct node *parent)
{
	struct node *n = calloc(1, sizeof *n);

	if (!n) {
		error_oom();
		return NULL;
	}
	n->row = row;
	n->show = row->show;
	n->parent = parent;
	return n;
}

void node_free(struct node *n)
{
	struct node *child;

	if (!n)
		return;
	while ((child = n->children)) {
		n->children = child->next;
		node_free(child);
	}
	for (size_t i = 0; i < n->nattrs; i++)
		free(n->attrs[i].value);
	free(n->attrs);
	free(n->text);
	xmlFreeDoc(n->raw);
	free(n);
}

struct node *node_copy(const struct node *n)
{
	CLEANUP(cleanup_node) struct node *copy = node_new(n->row, NULL);

	if (!copy)
		return NULL;
	copy->show = n->show;
	if ((n->text && !(copy->text = strdup(n->text))) ||
		(n->raw && !(copy->raw = xmlCopyDoc(n->raw, 1))))
		goto oom;
	if (n->nattrs && !(copy->attrs = calloc(n->nattrs, sizeof *copy->attrs)))
		goto oom;
	for (; copy->nattrs < n->nattrs; copy->nattrs++) {
		copy->attrs[copy->nattrs] = n->attrs[copy->nattrs];
		if (!(copy->attrs[copy->nattrs].value = strdup(n->attrs[copy->nattrs].value)))
			goto oom;
	}
	for (const struct node *c = n->children; c; c = c->next) {
		struct node *child = node_copy(c);

		if (!child)
			return NULL;
		node_append(copy, child);
	}
	return steal(&copy);
oom:
	error_oom();
	return NULL;
}

const char *node_name(const struct node *n)
{
	return n->row->name;
}

static struct attr *find_attr(const struct node *n, const char *name)
{
	for (size_t i = 0; n && i < n->nattrs; i++) {
		if (strcmp(n->attrs[i].name, name) == 0)
			return &n->attrs[i];
	}
	return NULL;
}

const char *node_attr(const struct node *n, const char *name)
{
	const struct attr *a = find_attr(n, name);

	return a ? a->value : NULL;
}

bool node_attr_is(const struct node *n, const char *name, const char *value)
{
	const char *v = node_attr(n, name);

	return v && strcmp(v, value) == 0;
}

bool node_text_is(const struct node *n, const char *value)
{
	return n && n->text && strcmp(n->text, value) == 0;
}

long long node_attr_num(const struct node *n, const char *name, long long missing)
{
	const char *v = node_attr(n, name);

	return v ? strtoll(v, NULL, 0) : missing;
}

unsigned long long node_attr_ull(const struct node *n, const char *name, unsigned long long missing)
{
	const char *v = node_attr(n, name);

	return v ? strtoull(v, NULL, 0) : missing;
}

long long node_num(const struct node *n, long long missing)
{
	return n && n->text ? strtoll(n->text, NULL, 10) : missing;
}

static int attr_place(const struct node *n, const char *name, const char **ret_name,
					  unsigned *ret_show)
{
	int place = 0;
	const struct row *row = format_find(n->row, ROW_ATTR, name, n, &place);

	if (row) {
		*ret_name = row->name;
		*ret_show = row->show;
	}
	return row ? place : -1;
}

/* The place of the i-th attribute; one that the description does not name belongs to the one
 * before. */
static int place_of(const struct node *n, size_t i)
{
	const char *unused;
	unsigned show;
	int place = -1;

	for (; place < 0 && i < n->nattrs; i--)
		place = attr_place(n, n->attrs[i].name, &unused, &show);
	return place;
}

static int insert_attr(struct node *n, const char *name, char *value)
{
	const char *own = name;
	unsigned show = 0;
	int place = attr_place(n, name, &own, &show);
	size_t i = n->nattrs;
	struct attr *more = realloc(n->attrs, (n->nattrs + 1) * sizeof *more);

	if (!more) {
		free(value);
		return error_oom();
	}
	n->attrs = more;
	while (place >= 0 && i > 0 && place_of(n, i - 1) > place)
		i--;
	memmove(&more[i + 1], &more[i], (n->nattrs - i) * sizeof *more);
	more[i] = (struct attr){.name = own, .value = value, .show = show};
	n->nattrs++;
	return 0;
}

int node_set(struct node *n, const char *name, const char *value)
{
	struct attr *a = find_attr(n, name);
	char *copy;

	if (!value) {
		if (a) {
			free(a->value);
			memmove(a, a + 1, (size_t)(&n->attrs[n->nattrs] - (a + 1)) * sizeof *a);
			n->nattrs--;
		}
		return 0;
	}
	if (!(copy = strdup(value)))
		return error_oom();
	if (!a)
		return insert_attr(n, name, copy);
	free(a->value);
	a->value = copy;
	return 0;
}

static char *vprint(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *vprint(const char *fmt, va_list ap)
{
	struct buf b = {0};

	return buf_vprintf(&b, fmt, ap) == 0 ? buf_steal_text(&b) : NULL;
}

int node_setf(struct node *n, const char *name, const char *fmt, ...)
{
	CLEANUP_FREE char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	value = vprint(fmt, ap);
	va_end(ap);
	return value ? node_set(n, name, value) : -1;
}

void node_show(struct node *n, const char *name, unsigned show)
{
	struct attr *a = find_attr(n, name);

	if (a)
		a->show = show;
}

int node_set_text(struct node *n, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return error_oom();
	free(n->text);
	n->text = copy;
	return 0;
}

int node_set_textf(struct node *n, const char *fmt, ...)
{
	CLEANUP_FREE char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	value = vprint(fmt, ap);
	va_end(ap);
	return value ? node_set_text(n, value) : -1;
}

struct node *node_child(const struct node *n, const char *path)
{
	size_t len = strcspn(path, "/");

	for (struct node *c = n ? n->children : NULL; c; c = c->next) {
		if (strncmp(node_name(c), path, len) == 0 && !node_name(c)[len])
			return path[len] ? node_child(c, path + len + 1) : c;
	}
	return NULL;
}

struct node *node_next(const struct node *n)
{
	struct node *c = n->next;

	while (c && strcmp(node_name(c), node_name(n)) != 0)
		c = c->next;
	return c;
}

size_t node_count(const struct node *n, const char *name)
{
	size_t count = 0;

	NODE_EACH(c, n, name)
	count++;
	return count;
}

void node_unlink(struct node *n)
{
	struct node *before = NULL;

	if (!n->parent)
		return;
	for (struct node *c = n->parent->children; c != n; c = c->next)
		before = c;
	if (before)
		before->next = n->next;
	else
		n->parent->children = n->next;
	if (n->parent->last == n)
		n->parent->last = before;
	n->next = NULL;
	n->parent = NULL;
}

void node_append(struct node *parent, struct node *n)
{
	if (parent->last)
		parent->last->next = n;
	else
		parent->children = n;
	parent->last = n;
	n->next = NULL;
	n->parent = parent;
}

static int child_place(const struct node *parent, const struct node *n)
{
	int place = 0;

	return format_place(parent->row->rows, n->row, &place) ? place : -1;
}

void node_insert(struct node *parent, struct node *n, struct node *before)
{
	struct node **at = &parent->children;
	int place = child_place(parent, n);

	if (!before && parent->last && child_place(parent, parent->last) <= place) {
		node_append(parent, n);
		return;
	}
	while (*at && *at != before && (before || child_place(parent, *at) <= place))
		at = &(*at)->next;
	if (!*at) {
		node_append(parent, n);
		return;
	}
	n->next = *at;
	n->parent = parent;
	*at = n;
}

void node_insert_after(struct node *before, struct node *n)
{
	n->next = before->next;
	n->parent = before->parent;
	before->next = n;
	if (n->parent->last == before)
		n->parent->last = n;
}

int node_compare_number(const struct node *a, const struct node *b, const char *attr)
{
	long long x = node_attr_num(a, attr, 0), y = node_attr_num(b, attr, 0);

	return x < y ? -1 : x > y;
}

int node_compare_text(const struct node *a, const struct node *b, const char *attr)
{
	const char *x = node_attr(a, attr), *y = node_attr(b, attr);

	return strcmp(x ? x : "", y ? y : "");
}

/* Sorts a list, count long. */
static struct node *sort_list(struct node *list, size_t count, node_compare *compare,
							  const char *attr)
{
	struct node *a = list, *b = list, *sorted = NULL, **end = &sorted;

	if (count < 2)
		return list;
	for (size_t i = 1; i < count / 2; i++)
		b = b->next;

	struct node *half = b;

	b = b->next;
	half->next = NULL;
	a = sort_list(a, count / 2, compare, attr);
	b = sort_list(b, count - count / 2, compare, attr);
	while (a && b) {
		struct node **from = compare(a, b, attr) <= 0 ? &a : &b;

		*end = *from;
		*from = (*from)->next;
		end = &(*end)->next;
	}
	*end = a ? a : b;
	return sorted;
}

void node_sort(struct node *parent, const char *name, node_compare *compare, const char *attr)
{
	struct node *first = node_child(parent, name), **at = &parent->children, *last = first, *after;
	size_t count = 1;

	if (!first)
		return;
	while (*at != first)
		at = &(*at)->next;
	for (; last->next && strcmp(node_name(last->next), name) == 0; count++)
		last = last->next;
	after = last->next;
	last->next = NULL;
	*at = sort_list(first, count, compare, attr);
	for (last = *at; last->next;)
		last = last->next;
	last->next = after;
	if (!after)
		parent->last = last;
}

struct node *node_add(struct node *n, const char *name)
{
	const struct row *row = format_find(n->row, ROW_ELEMENT, name, n, NULL);
	struct node *c;

	if (!row) {
		error_set(FROM_NONE, ERR_INTERNAL_ERROR, "no element '%s' in '%s'", name, node_name(n));
		return NULL;
	}
	c = node_new(row, NULL);
	if (c)
		node_insert(n, c, NULL);
	return c;
}

struct node *node_need(struct node *n, const char *name)
{
	struct node *c = node_child(n, name);

	return c ? c : node_add(n, name);
}

void node_remove(struct node *n)
{
	if (n) {
		node_unlink(n);
		node_free(n);
	}
}

void node_remove_all(struct node *n, const char *name)
{
	struct node *c;

	while ((c = node_child(n, name)))
		node_remove(c);
}

static int write_attrs(const struct node *n, struct buf *b, unsigned hidden)
{
	for (size_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];

		if (a->show & (hidden | SHOW_NEVER))
			continue;
		if (buf_printf(b, " %s='", a->name) < 0 || xml_escape(b, a->value) < 0 ||
			buf_puts(b, "'") < 0)
			return -1;
	}
	return 0;
}

static int write_children(const struct node *n, struct buf *b, unsigned indent, unsigned hidden)
{
	for (const struct node *c = n->children; c; c = c->next) {
		if (node_write(c, b, indent, hidden) < 0)
			return -1;
	}
	return 0;
}

int node_write(const struct node *n, struct buf *b, unsigned indent, unsigned hidden)
{
	size_t start = b->end, attrs, inside, children;
	const char *name = node_name(n);

	if (n->show & (hidden | SHOW_NEVER))
		return 0;
	if (n->raw)
		return xml_write(b, xmlDocGetRootElement(n->raw), indent) < 0 ? -1 : buf_puts(b, "\n");
	if (buf_printf(b, "%*s<%s", (int)indent, "", name) < 0)
		return -1;
	attrs = b->end;
	if (write_attrs(n, b, hidden) < 0)
		return -1;
	inside = b->end;
	if (n->text)
		return buf_puts(b, ">") < 0 || xml_escape(b, n->text) < 0 ||
					   buf_printf(b, "</%s>\n", name) < 0
				   ? -1
				   : 0;
	if (buf_puts(b, ">\n") < 0)
		return -1;
	children = b->end;
	if (write_children(n, b, indent + 2, hidden) < 0)
		return -1;
	if (b->end > children || (n->row->flags & ROW_OPEN))
		return buf_printf(b, "%*s</%s>\n", (int)indent, "", name);
	b->end = inside;
	if (inside == attrs && !(n->row->flags & ROW_KEEP)) {
		b->end = start;
		return 0;
	}
	return buf_puts(b, "/>\n");
}
