/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a document by a description. It knows nothing of domains or networks: what a description
 * can't say is done by its hooks.
 */
#include "config.h"
#include "conf/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/value.h"
#include "conf/xml.h"

static const char *text_of(const struct node *n, const struct cond *w)
{
	for (int up = w->up; n && up != 0 && n->parent; up--)
		n = n->parent;
	if (w->path)
		n = node_child(n, w->path);
	if (!n)
		return NULL;
	if (!w->attr)
		return n->text;
	return strcmp(w->attr, ".") == 0 ? "" : node_attr(n, w->attr);
}

static bool one_of(const char *const *values, const char *text)
{
	for (; *values; values++) {
		if (strcmp(*values, text) == 0)
			return true;
	}
	return false;
}

bool format_holds(const struct cond *when, size_t count, const struct node *n)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = text_of(n, &when[i]);
		bool is = text && (!when[i].values || one_of(when[i].values, text));

		if (is == when[i].not )
			return false;
	}
	return true;
}

const struct row *format_find(const struct row *row, enum row_kind kind, const char *name,
							  const struct node *n, int *ret_place)
{
	int unused = 0;

	if (!ret_place)
		ret_place = &unused;
	for (const struct row *r = row->rows; r && r->kind != ROW_END; r++) {
		const struct row *found;

		++*ret_place;
		if (n && !format_holds(r->when, r->nwhen, n))
			continue;
		if (r->kind == kind && strcmp(r->name, name) == 0)
			return r;
		if (r->kind == ROW_GROUP && (found = format_find(r, kind, name, n, ret_place)))
			return found;
	}
	return NULL;
}

bool format_place(const struct row *rows, const struct row *row, int *place)
{
	for (; rows && rows->kind != ROW_END; rows++, ++*place) {
		if (rows == row || (rows->kind == ROW_GROUP && format_place(rows->rows, row, place)))
			return true;
	}
	return false;
}

static void put_text_at(struct buf *b, const struct node *root, const char *place, size_t len)
{
	CLEANUP_FREE char *path = strndup(place, len);
	const struct node *n = path ? node_child(root, path) : NULL;

	buf_puts(b, n && n->text ? n->text : "(null)");
}

/* Puts the error of a description, with what stands in braces replaced. */
static int refuse(const struct conf *c, const struct row_error *e, const char *value,
				  const xmlNode *in)
{
	CLEANUP_BUF struct buf b = {0};
	const char *p = e->text ? e->text : "";
	enum error_domain domain = (enum error_domain)(e->domain >= 0 ? e->domain : c->error_domain);

	while (*p) {
		size_t plain = strcspn(p, "{"), len;

		buf_add(&b, p, plain);
		p += plain;
		len = strcspn(p, "}") + 1;
		if (strncmp(p, "{}", 2) == 0)
			buf_puts(&b, value ? value : "<null>");
		else if (strncmp(p, "{element}", 9) == 0)
			buf_puts(&b, in ? (const char *)in->name : "");
		else if (strncmp(p, "{/", 2) == 0)
			put_text_at(&b, c->root, p + 2, len - 3);
		else if (*p)
			buf_add(&b, p, len = 1);
		else
			len = 0;
		p += len;
	}
	if (!e->text)
		return error_set(domain, (enum error_code)e->code, NULL);
	return error_set(domain, (enum error_code)e->code, "%s", buf_len(&b) ? (char *)buf_at(&b) : "");
}

static const char *expectation(const struct row *row)
{
	switch (row->type) {
	case VALUE_INT:
	case VALUE_LL:
		return " Expected integer value";
	case VALUE_UINT:
	case VALUE_UINTW:
	case VALUE_ULL:
	case VALUE_ULLW:
		return " Expected non-negative integer value";
	case VALUE_UUID:
		return " Expected UUID";
	default:
		return "";
	}
}

static int refuse_value(const struct conf *c, const struct row *row, const char *value,
						const xmlNode *in)
{
	if (row->bad && (row->type != VALUE_BITMAP || value_is_empty_set(value)))
		return refuse(c, row->bad, value, in);
	if (row->type == VALUE_BITMAP) {
		if (value_is_empty_set(value))
			return error_set((enum error_domain)c->error_domain, ERR_CONFIG_UNSUPPORTED,
							 "Invalid value of '%s': %s", row->name, value);
		return error_set(FROM_NONE, ERR_INVALID_ARG, "Failed to parse bitmap '%s'", value);
	}
	return error_set(FROM_XML, ERR_XML_ERROR,
					 "Invalid value for attribute '%s' in element '%s': '%s'.%s", row->name,
					 (const char *)in->name, value, expectation(row));
}

static int refuse_missing(const struct conf *c, const struct row *row, const xmlNode *in,
						  const struct node *n)
{
	if (row->missing)
		return refuse(c, row->missing, NULL, in);
	if (row->type == VALUE_MEM || row->type == VALUE_SCALED)
		return error_set((enum error_domain)c->error_domain, ERR_XML_ERROR,
						 "missing element or attribute '%s'", row->path ? row->path : row->name);
	return error_set(FROM_XML, ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'",
					 row->name, in ? (const char *)in->name : node_name(n));
}

char *format_value(const struct row *row, const char *text)
{
	switch (row->type) {
	case VALUE_PATH:
		return value_path(text);
	case VALUE_ENUM:
		return one_of(row->values, text) ? strdup(text) : NULL;
	case VALUE_INT:
	case VALUE_UINT:
	case VALUE_UINTW:
	case VALUE_ULL:
	case VALUE_ULLW:
	case VALUE_LL:
		return value_number(row, text);
	case VALUE_UUID:
		return value_uuid(text);
	case VALUE_BITMAP:
		return value_set(text);
	default:
		return strdup(text);
	}
}

/* An amount: the number with its unit. 1 with *ret_value set, or -1 with the error set. */
static int read_amount(const struct conf *c, const struct row *row, const xmlNode *in,
					   const char *text, char **ret_value)
{
	CLEANUP_FREE char *unit = row->flags & ROW_NOUNIT ? NULL : xml_attr(in, "unit");
	unsigned long long amount, scale = row->type == VALUE_MEM ? 1024 : row->scale;
	unsigned long long limit = row->type == VALUE_MEM ? LLONG_MAX : ULLONG_MAX;

	if (value_parse_ull(text, 10, &amount) < 0) {
		if (row->bad)
			return refuse(c, row->bad, text, in);
		return error_set((enum error_domain)c->error_domain, ERR_XML_ERROR,
						 "Invalid value '%s' for element or attribute '%s'", text,
						 row->path ? row->path : row->name);
	}
	if (value_scale(&amount, unit, scale, limit) < 0)
		return row->bad ? refuse(c, row->bad, text, in) : -1;
	if (row->type == VALUE_MEM) {
		amount = amount / 1024 + (amount % 1024 != 0);
		if (amount > LLONG_MAX / 1024)
			return error_set((enum error_domain)c->error_domain, ERR_OVERFLOW,
							 "size value too large");
	}
	*ret_value = value_print(row, amount);
	return *ret_value ? 1 : -1;
}

/* Checks and canonicalises text. 1 with the value, 0 if it counts as missing, -1 with the error
 * set. */
static int read_text(const struct conf *c, const struct row *row, const xmlNode *in,
					 const char *text, char **ret_value)
{
	bool number = row->type >= VALUE_INT && row->type <= VALUE_LL;

	if (row->type == VALUE_MEM || row->type == VALUE_SCALED)
		return read_amount(c, row, in, text, ret_value);
	*ret_value = format_value(row, text);
	if (!*ret_value)
		return row->flags & ROW_LENIENT ? 0 : refuse_value(c, row, text, in);
	if (number && (row->flags & ROW_NONNEG) && **ret_value == '-')
		return error_set(FROM_XML, ERR_XML_ERROR,
						 "Invalid value for attribute '%s' in element '%s': '%s'. Expected "
						 "non-negative value",
						 row->name, (const char *)in->name, text);
	if (number && (row->flags & ROW_NONZERO) && strtoull(*ret_value, NULL, 0) == 0)
		return row->bad ? refuse(c, row->bad, text, in)
						: error_set(FROM_XML, ERR_XML_ERROR,
									"Invalid value for attribute '%s' in element '%s': Zero is not "
									"permitted",
									row->name, (const char *)in->name);
	return 1;
}

/* Reads one value. 1 with it (the caller's), 0 if there is none, -1 with the error set. */
static int read_value(const struct conf *c, const struct row *row, const xmlNode *in,
					  const struct node *n, char **ret_value)
{
	CLEANUP_FREE char *text = NULL, *value = NULL;
	int rc = 0;

	if (row->flags & ROW_CONST)
		text = strdup(row->def);
	else
		text = row->kind == ROW_ATTR ? xml_attr(in, row->name) : xml_text(in);
	if (text && !*text &&
		(row->type == VALUE_TEXT || row->kind == ROW_TEXT || (row->flags & ROW_NOEMPTY)))
		free(steal(&text));
	if (text && (rc = read_text(c, row, in, text, &value)) < 0)
		return -1;
	if (rc == 0 && (row->flags & ROW_REQUIRED))
		return refuse_missing(c, row, in, n);
	if (rc == 0 && row->def) {
		free(value);
		value = strdup(row->def);
		rc = 1;
	}
	if (rc == 1 && row->drop && strcmp(value, row->drop) == 0)
		return 0;
	if (rc == 1)
		*ret_value = steal(&value);
	return rc;
}

static int read_attr(struct conf *c, const struct row *row, const xmlNode *in, struct node *n)
{
	CLEANUP_FREE char *value = NULL;
	int rc = 0;

	if (c->live || !(row->show & SHOW_LIVE))
		rc = read_value(c, row, in, n, &value);
	if (rc <= 0)
		return rc;
	if (node_set(n, row->name, value) < 0)
		return -1;
	if (row->type == VALUE_MEM)
		return node_set(n, "unit", "KiB");
	return 0;
}

static int read_rows(struct conf *c, const struct row *rows, const xmlNode *in, struct node *n);

static int read_elements(struct conf *c, const struct row *row, const xmlNode *in, struct node *n)
{
	const xmlNode *e = xml_child(in, row->name);
	unsigned count = 0, most = row->most ? row->most : FORMAT_LIST_MAX;

	if (row->many && e && xml_next(e))
		return refuse(c, row->many, NULL, e);
	if (!e && row->missing)
		return refuse(c, row->missing, NULL, in);
	if (!e && !(row->flags & ROW_ALWAYS))
		return 0;
	do {
		if (count++ == most)
			return error_set((enum error_domain)c->error_domain, ERR_CONFIG_UNSUPPORTED,
							 "more than %u elements '%s'", most, row->name);
		if (!format_read(c, row, e, n))
			return -1;
	} while ((row->flags & ROW_LIST) && e && (e = xml_next(e)));
	return 0;
}

static int read_row(struct conf *c, const struct row *row, const xmlNode *in, struct node *n)
{
	CLEANUP_FREE char *text = NULL;

	switch (row->kind) {
	case ROW_ATTR:
		return read_attr(c, row, in, n);
	case ROW_TEXT:
		if (read_value(c, row, in, n, &text) < 0)
			return -1;
		if (text && (row->type == VALUE_MEM) && node_set(n, "unit", "KiB") < 0)
			return -1;
		n->text = steal(&text);
		return 0;
	case ROW_ELEMENT:
		return read_elements(c, row, in, n);
	case ROW_CHECK:
		return row->hook(c, n);
	case ROW_GROUP:
		return read_rows(c, row->rows, in, n);
	case ROW_END:
		break;
	}
	return 0;
}

static struct node *take(struct node **from, const struct row *row)
{
	while (*from && (*from)->row != row)
		from = &(*from)->next;

	struct node *n = *from;

	if (n)
		*from = n->next;
	return n;
}

/* Puts the children that rows describe, taken from a list, behind the others in the order of rows.
 */
static void arrange(struct node *parent, struct node **from, const struct row *rows)
{
	for (; rows && rows->kind != ROW_END; rows++) {
		struct node **rest = from, *n;

		if (rows->kind == ROW_GROUP)
			arrange(parent, from, rows->rows);
		while (rows->kind == ROW_ELEMENT && (n = take(rest, rows)))
			node_append(parent, n);
	}
}

static int read_rows(struct conf *c, const struct row *rows, const xmlNode *in, struct node *n)
{
	unsigned turn = 0, last = 0;

	do {
		for (const struct row *r = rows; r && r->kind != ROW_END; r++) {
			if (r->turn > last)
				last = r->turn;
			if (r->turn == turn && format_holds(r->when, r->nwhen, n) && read_row(c, r, in, n) < 0)
				return -1;
		}
	} while (turn++ < last);
	if (last) {
		struct node *read = n->children;

		n->children = n->last = NULL;
		arrange(n, &read, rows);
		while (read) {
			struct node *other = read;

			read = other->next;
			node_append(n, other);
		}
	}
	return 0;
}

/* Puts the children of rows that are mixed behind the others, in the order of the document. */
static void mix(struct node *n, const xmlNode *in)
{
	struct node **at = &n->children, *mixed = NULL, **end = &mixed, *last = NULL;

	while (*at) {
		struct node *child = *at;

		if (!(child->row->flags & ROW_MIXED)) {
			last = child;
			at = &child->next;
			continue;
		}
		*at = child->next;
		*end = child;
		end = &child->next;
		*end = NULL;
	}
	n->last = last;
	for (const xmlNode *e = in ? in->children : NULL; e && mixed; e = e->next) {
		for (at = &mixed; *at && (*at)->in != e;)
			at = &(*at)->next;
		if (*at) {
			struct node *next = *at;

			*at = next->next;
			node_append(n, next);
		}
	}
}

static bool has_mixed(const struct row *rows)
{
	for (; rows && rows->kind != ROW_END; rows++) {
		if (rows->flags & ROW_MIXED)
			return true;
	}
	return false;
}

static int check_strict(const struct conf *c, const struct row *row, const xmlNode *in)
{
	for (const xmlNode *e = in ? in->children : NULL; row->strict && e; e = e->next) {
		if (e->type == XML_ELEMENT_NODE &&
			!format_find(row, ROW_ELEMENT, (const char *)e->name, NULL, NULL))
			return refuse(c, row->strict, (const char *)e->name, in);
	}
	return 0;
}

/* Reads what is below an element. */
static int read_below(struct conf *c, const struct row *row, const xmlNode *in, struct node *n)
{
	if (((row->flags & ROW_RAW) && !(n->raw = xml_copy(in))) || check_strict(c, row, in) < 0 ||
		read_rows(c, row->rows, in, n) < 0)
		return -1;
	if (has_mixed(row->rows))
		mix(n, in);
	return row->hook ? row->hook(c, n) : 0;
}

struct node *format_read(struct conf *c, const struct row *row, const xmlNode *in,
						 struct node *parent)
{
	CLEANUP(cleanup_node) struct node *n = node_new(row, NULL);
	struct node *done = n;

	if (!n)
		return NULL;
	n->in = in;
	if (parent)
		node_append(parent, n);
	else
		c->root = n;
	if (read_below(c, row, in, n) < 0) {
		if (parent)
			node_unlink(n);
		return NULL;
	}
	steal(&n);
	return done;
}
