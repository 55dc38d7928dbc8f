/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptions of XML formats, and the one function that reads a document by a description: it
 * checks, fills in what is missing, drops what means nothing and puts the rest in the order of
 * writing. The descriptions are .fmt files (their language is explained in scripts/gen-conf, which
 * turns them into these tables).
 */
#ifndef CONF_FORMAT_H
#define CONF_FORMAT_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "conf/tree.h"

enum row_kind { ROW_END, ROW_ATTR, ROW_TEXT, ROW_ELEMENT, ROW_GROUP, ROW_CHECK };

enum value_type {
	VALUE_STR,   /* as it is; empty is a value */
	VALUE_TEXT,  /* empty is as good as missing */
	VALUE_PATH,  /* VALUE_STR without doubled slashes */
	VALUE_ENUM,  /* one of row.values */
	VALUE_INT,   /* 32 bit */
	VALUE_UINT,  /* 32 bit, no sign */
	VALUE_UINTW, /* 32 bit, where -1 is the greatest */
	VALUE_ULL,   /* 64 bit, no sign */
	VALUE_ULLW,  /* 64 bit, where -1 is the greatest */
	VALUE_LL,    /* 64 bit */
	VALUE_UUID,
	VALUE_MEM,    /* an amount with an attribute "unit", kept in KiB, rounded up */
	VALUE_SCALED, /* an amount with an attribute "unit", kept in bytes; row.scale is the default
					 unit */
	VALUE_BITMAP, /* a set of numbers below 16384, not empty */
};

enum row_flags {
	ROW_LIST = 1,       /* element: every one, not only the first */
	ROW_KEEP = 2,       /* element: written even if nothing is in it */
	ROW_OPEN = 4,       /* element: written with an end tag, always */
	ROW_ALWAYS = 8,     /* element: made if it is missing */
	ROW_REQUIRED = 16,  /* value: must be there */
	ROW_NONZERO = 32,   /* number: 0 is refused */
	ROW_LENIENT = 64,   /* value: an unreadable one is as good as missing */
	ROW_NONNEG = 128,   /* number: negative is refused */
	ROW_CONST = 256,    /* value: row.def, whatever was there */
	ROW_NOUNIT = 512,   /* amount: the unit is not read */
	ROW_NOEMPTY = 1024, /* value: an empty one is as good as missing */
	ROW_RAW = 2048,     /* element: kept with all that is inside, as it was */
	ROW_MIXED = 4096,   /* element: in the document's order among others of its parent like it */
};

/* An error of a description's own: {} in the text stands for the value, {element} for the element,
 * {/place} for the text of a place below the root. */
struct row_error {
	int code, domain;
	const char *text;
};

/* True if the value at a place of the tree is (not) one of values; without values, if there is one.
 * The place is `up` levels up (-1: the root), then down path ("a/b"), then an attribute or the
 * text. */
struct cond {
	int up;
	const char *path, *attr;
	bool not ;
	const char *const *values;
};

/* A list is no longer, unless its row says so: rules compare each with each. */
#define FORMAT_LIST_MAX 1024

struct conf;

struct row {
	enum row_kind kind;
	enum value_type type;
	const char *name;
	unsigned flags, show, base;
	unsigned turn; /* when it is read: in the order of turns, then of rows */
	unsigned most; /* of a list; 0: FORMAT_LIST_MAX */
	unsigned long long scale;
	const char *as; /* how a number is written: a letter of x X o, and a width */
	const char *def, *drop;
	const char *const *values;
	const char *path; /* how messages name the place */
	const struct cond *when;
	size_t nwhen;
	const struct row_error *bad, *missing, *many, *strict;
	const struct row *rows;
	int (*hook)(struct conf *c, struct node *n); /* after the element was read, or in a check */
};

/* One reading. */
struct conf {
	struct node *root;
	int error_domain; /* of messages that a description does not give another */
	void *data;       /* the caller's */
	bool live;        /* what only a running domain has is read too */
};

/* Reads an element and what is below by its row into a new node under parent (which may be NULL);
 * in may be NULL. NULL with the error set: on what, and what was expected. */
struct node *format_read(struct conf *c, const struct row *row, const xmlNode *in,
						 struct node *parent);

/* The row of an attribute or element of that name below row (conditions hold for n, if n is given),
 * and its place in the order; NULL if there is none. */
const struct row *format_find(const struct row *row, enum row_kind kind, const char *name,
							  const struct node *n, int *ret_place);

/* Adds to place how many rows stand before row, in rows and their groups; false if it is not there.
 */
bool format_place(const struct row *rows, const struct row *row, int *place);

/* The canonical text of a value of the row's type; owned by the caller. NULL, with no error set, if
 * it is not one. */
char *format_value(const struct row *row, const char *text);

/* True if the condition holds at n. */
bool format_holds(const struct cond *when, size_t count, const struct node *n);

#endif
