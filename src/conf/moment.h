/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moments of a domain, which are kept as trees: snapshots and checkpoints. A moment is a document
 * of its own with the domain's definition of that time inside.
 */
#ifndef CONF_MOMENT_H
#define CONF_MOMENT_H

#include "conf/def.h"
#include "conf/domain.h"

const struct def_kind *def_kind_snapshot(void);
const struct def_kind *def_kind_checkpoint(void);

struct moment {
	struct def *def;
	struct domain_def *domain, *inactive; /* what it was then, and what it was to be; or NULL */
};

enum moment_parse {
	MOMENT_VALIDATE = 1, /* against libvirt's schema */
	MOMENT_REDEFINE = 2, /* of a moment that there was: it says when, and which state */
	MOMENT_OFFLINE = 4,  /* a snapshot of disks alone: one that wants memory is refused */
};

/* Reads a document. One without a name is called by its time, which is now unless it was before. 0,
 * or -1 with the error set as libvirt sets it. */
int moment_parse(const struct def_kind *kind, const char *xml, unsigned flags,
				 struct moment **ret_moment);

enum moment_format {
	MOMENT_SECURE = 1,
	MOMENT_NO_DOMAIN = 2,
};

/* The document, owned by the caller; NULL with NO_MEMORY. uuid is of the domain of a snapshot,
 * which is named where its definition is not known; or NULL. */
char *moment_format(const struct moment *m, const unsigned char *uuid, unsigned flags);

void moment_free(struct moment *m);
DEFINE_CLEANUP(moment, struct moment *, moment_free)

static inline const char *moment_name(const struct moment *m)
{
	return def_name(m->def);
}

/* The name of the moment before it, or NULL. */
static inline const char *moment_parent(const struct moment *m)
{
	return def_text(m->def, "parent/name");
}

/* 0 or -1 with NO_MEMORY; NULL: it is the first. */
int moment_set_parent(struct moment *m, const char *name);

/* Sets the text of an element below the root. 0 or -1. */
int moment_set_text(struct moment *m, const char *element, const char *text);

/* What says where a source of a disk is, or NULL. n may be NULL. */
const char *moment_source_path(const struct node *n);

/* Refuses a snapshot that wants memory where there is none to keep: what MOMENT_OFFLINE does, for
 * who does not know it before. 0 or -1. */
int moment_check_offline(const struct moment *m);

/* Drops what reading has added to disks of which the document says no place. */
void moment_forget_places(struct moment *m);

/* Completes and checks the list of disks by those of the moment's domain: each is there once, in
 * the domain's order, with what is done with it. internal: a snapshot inside of the images, which
 * leaves out none; otherwise disks of which nothing else is said get new images, which get names.
 * 0, or -1 with the error set. */
int moment_align_snapshot(struct moment *m, bool internal);
int moment_align_checkpoint(struct moment *m);

#endif
