/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A definition of any kind of object that one description describes whole: read, copied, written.
 * Domains have more to them (domain.h). What a kind's document holds is reached through the tree.
 */
#ifndef CONF_DEF_H
#define CONF_DEF_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "conf/tree.h"

/* A document may be as long as a string of the protocol. */
#define DEF_XML_MAX (4u << 20)

/* A kind; made by def_kind_NAME() of its own header. */
struct def_kind {
	const char *root; /* the element: "network" */
	const char *what; /* how messages name a document: "(network_definition)" */
	bool name_attr;   /* its name is an attribute, not an element */
	bool own_root;    /* another element is refused in the kind's own error domain */
	const char *data; /* for its rules: what the document does not say; or NULL */
	int error_domain;
	const struct row *(*format)(void);
	struct schema *schema;
};

struct def {
	const struct def_kind *kind;
	struct node *root;
};

enum { DEF_VALIDATE = 1 }; /* against libvirt's schema first, if it is installed */

/* Reads a document. 0, or -1 with the error set as libvirt sets it. */
int def_parse(const struct def_kind *kind, const char *xml, unsigned flags, struct def **ret_def);
/* The same of an element inside another document, which nothing validates. */
int def_parse_node(const struct def_kind *kind, const xmlNode *element, struct def **ret_def);
/* Parses the text and validates it, without looking into it. NULL with the error set. */
xmlDoc *def_read_xml(const struct def_kind *kind, const char *xml, unsigned flags);
/* Reads what is written of a definition that was changed: 0, or -1 with the error set. */
int def_reparse(const struct def *def, struct def **ret_def);

/* The document, ending in a newline; owned by the caller. hidden is the set of enum show that is
 * left out. NULL with NO_MEMORY. */
char *def_format(const struct def *def, unsigned hidden);

struct def *def_copy(const struct def *def);
void def_free(struct def *def);
DEFINE_CLEANUP(def, struct def *, def_free)

/* The text at a path below the root, or NULL. */
const char *def_text(const struct def *def, const char *path);
const char *def_name(const struct def *def);
/* Its UUID: false, and zeros, if its kind has none. */
bool def_uuid(const struct def *def, unsigned char ret_uuid[UUID_LEN]);

#endif
