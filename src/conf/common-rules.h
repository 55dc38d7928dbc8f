/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the rules of several kinds of documents share. Private to conf.
 */
#ifndef CONF_COMMON_RULES_H
#define CONF_COMMON_RULES_H

#include <string.h>

#include "base/error.h"
#include "conf/common-format.h" /* the rules that common.fmt names: rule_NAME() */
#include "conf/format.h"

/* What is wanted of a <virtualport>. */
enum virtualport {
	VIRTUALPORT_TYPE = 1,     /* a type */
	VIRTUALPORT_COMPLETE = 2, /* every parameter of the type */
	VIRTUALPORT_GENERATE = 4, /* identifiers are made up where they are missing */
};
int common_virtualport(struct node *n, unsigned wanted);

/* The unicast MAC address of a text, in its usual spelling, as an attribute. 0, 1 if it is none, 2
 * if it is for many, -1 with the error set. */
int common_set_mac(struct node *n, const char *attr, const char *text);

/* A PCI address that stands for none. */
bool common_pci_is_empty(const struct node *n);

/* A world wide name, or NULL. 0, or -1 with INTERNAL_ERROR. */
int common_check_wwn(const char *text);

static inline bool is(const struct node *n, const char *name, const char *value)
{
	return node_attr_is(n, name, value);
}

/* Both are missing, or both are there and the same. */
static inline bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The text of a place below the root, or "(null)" as libvirt says where there is none. */
static inline const char *common_text(const struct conf *c, const char *place)
{
	const struct node *n = node_child(c->root, place);

	return n && n->text ? n->text : "(null)";
}

#endif
